//! Responses collected by other projects: documents, errors, and errors with a success status.

use serde_json::Value;
use slim_s3::operation::{GetObject, ListObjectsV2};
use slim_s3::xml::Element;
use slim_s3::{Error, Operation};

use super::operations::{assert_fields, http_response, receive, request};
use super::{percent_decode, rows};
use crate::support::fixtures::text;

/// The operation of a row; if the row does not name it, the document decides.
fn operation_of<'a>(row: &'a Value, body: &str) -> &'a str {
    if let Some(name) = row["operation"].as_str() {
        return name;
    }
    match Element::parse(body.as_bytes()).as_ref().map(Element::name) {
        Ok("AccessControlPolicy") => "GetBucketAcl",
        Ok("BucketLoggingStatus") => "GetBucketLogging",
        Ok("CompleteMultipartUploadResult") => "CompleteMultipartUpload",
        Ok("ListAllMyBucketsResult") => "ListBuckets",
        Ok("ListMultipartUploadsResult") => "ListMultipartUploads",
        Ok("ListVersionsResult") => "ListObjectVersions",
        Ok("LocationConstraint") => "GetBucketLocation",
        // A listing, or an error, which all operations share.
        _ => "ListObjectsV2",
    }
}

fn headers_of(row: &Value, body: &str) -> Vec<(String, String)> {
    let given = row["headers"].as_object().into_iter().flatten();
    let mut headers: Vec<(String, String)> = given
        .map(|(name, value)| (name.clone(), value.as_str().unwrap().to_owned()))
        .collect();
    // Every object response has these, but the rows omit them.
    headers.push(("content-length".to_owned(), body.len().to_string()));
    if row["operation"] == "GetObject" && row["headers"]["etag"].is_null() {
        headers.push(("etag".to_owned(), "\"e\"".to_owned()));
    }
    headers
}

#[test]
fn collected_documents_and_errors_are_parsed() {
    let skipped = [(
        "JSON instead of XML",
        &["xml/botocore/s3-get-bucket-policy"][..],
    )];
    for row in rows("xml_responses.jsonl", 31, &skipped) {
        let (id, body, expected) = (text(&row, "id"), text(&row, "body"), &row["expect"]);
        let name = operation_of(&row, body);
        let response = || http_response(&row["status"], &headers_of(&row, body), body.as_bytes());
        let outcome = receive(name, &request(name), response());
        if expected["Error"].is_object() {
            let error = outcome.expect_err(&format!("{id} was parsed as a success"));
            assert_error(&error, &row, body);
        } else if name == "GetObject" {
            let object = GetObject::parse_http(&request(name), response()).unwrap();
            assert_eq!(object.body.buffered().unwrap(), body, "{id}");
        } else if expected["policy"].is_string() {
            let error = outcome.expect_err(&format!("{id} was parsed as a success"));
            assert!(matches!(error, Error::Malformed(_)), "{id}: {error}");
        } else {
            outcome.unwrap_or_else(|error| panic!("{id}: {error}"));
            let root = Element::parse(body.as_bytes()).unwrap();
            match expected["Keys"].as_array() {
                Some(keys) => assert_listing(
                    ListObjectsV2::parse_http(&request(name), response()),
                    keys,
                    &row,
                ),
                None => assert_fields(&root, expected, id),
            }
        }
    }
}

#[track_caller]
fn assert_error(error: &Error, row: &Value, body: &str) {
    let (id, expected) = (text(row, "id"), &row["expect"]);
    let details = &expected["Error"];
    if details["kind"].is_string() {
        // The copy may have taken effect; repeating it does no harm.
        assert!(
            matches!(error, Error::Malformed(_)) && error.is_retryable(),
            "{id}: {error}"
        );
        return;
    }
    let service = error.service().unwrap_or_else(|| panic!("{id}: {error}"));
    assert_eq!(
        Some(u64::from(service.status.as_u16())),
        row["status"].as_u64(),
        "{id}"
    );
    assert_eq!(
        service.code_is_inferred,
        details["Code"].is_null(),
        "{id}: {error}"
    );
    for (name, found) in [
        ("Code", Some(service.code.as_str())),
        ("Message", Some(service.message.as_str())),
        ("RequestId", service.request_id.as_deref()),
    ] {
        if let Some(expected) = details[name].as_str() {
            assert_eq!(found, Some(expected), "{id}: {name}");
        }
    }
    if let Some(bucket) = details["BucketName"].as_str() {
        let document = Element::parse(body.as_bytes()).unwrap();
        assert_eq!(document.text("BucketName").unwrap(), bucket, "{id}");
    }
    if let Some(retryable) = expected["retryable"].as_bool() {
        assert_eq!(error.is_retryable(), retryable, "{id}: {error}");
    }
    if let Some(region) = expected["region_hint"].as_str() {
        assert_eq!(error.region(), Some(region), "{id}");
    }
}

/// For rows that list keys and prefixes decoded.
#[track_caller]
fn assert_listing(
    list: Result<slim_s3::operation::ListObjectsV2Output, Error>,
    keys: &[Value],
    row: &Value,
) {
    let (id, expected, list) = (text(row, "id"), &row["expect"], list.unwrap());
    let found: Vec<&str> = list
        .contents
        .iter()
        .map(|object| object.key.as_str())
        .collect();
    assert_eq!(keys, found, "{id}");
    for (name, value) in expected.as_object().unwrap() {
        let document = Element::parse(text(row, "body").as_bytes()).unwrap();
        match name.as_str() {
            "Keys" => {}
            "Sizes" => {
                let sizes: Vec<u64> = list.contents.iter().map(|object| object.size).collect();
                assert_eq!(*value, Value::from(sizes), "{id}");
            }
            "CommonPrefixes" => {
                assert_eq!(*value, Value::from(list.common_prefixes.clone()), "{id}");
            }
            "MaxKeys" => assert_eq!(document.number(name).ok(), value.as_u64(), "{id}"),
            "StartAfter" => {
                assert_eq!(*value, percent_decode(document.text(name).unwrap()), "{id}");
            }
            name => panic!("{id}: {name}"),
        }
    }
}
