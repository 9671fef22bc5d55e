//! XML samples: responses to parse, and request documents to write.

use serde_json::Value;
use slim_s3::operation::{
    CompleteMultipartUpload, CompletedPart, CreateMultipartUpload, GetObject, HeadObject,
    ListObjectsV2, ListParts, PutObject,
};
use slim_s3::xml::{Element, Writer};
use slim_s3::{AmzDate, Client, Credentials, ETag, Error, Operation};

use super::{AnyDocument, request, response};
use crate::support::fixtures::{rows, text};

/// The expected values are those that botocore parsed from the same bytes.
#[test]
fn parsed_samples_match_botocore() {
    for row in rows("xml_samples.json", "responses", 30) {
        let (id, body, status) = (
            text(&row, "id"),
            text(&row, "body"),
            row["status"].as_u64().unwrap() as u16,
        );
        let mut headers: Vec<(&str, &str)> = row["headers"]
            .as_object()
            .unwrap()
            .iter()
            .map(|(name, value)| (name.as_str(), value.as_str().unwrap()))
            .collect();
        headers.push(("content-length", "0"));
        let receive = || response(status, &headers, body);
        let error = match text(&row, "operation") {
            "ListObjectsV2" => ListObjectsV2::parse_http(&request(), receive()).err(),
            "CreateMultipartUpload" => {
                CreateMultipartUpload::parse_http(&request(), receive()).err()
            }
            "CompleteMultipartUpload" => {
                CompleteMultipartUpload::parse_http(&request(), receive()).err()
            }
            "ListParts" => ListParts::parse_http(&request(), receive()).err(),
            "GetObject" => GetObject::parse_http(&request(), receive()).err(),
            "HeadObject" => HeadObject::parse_http(&request(), receive()).err(),
            "PutObject" => PutObject::parse_http(&request(), receive()).err(),
            _ => AnyDocument::parse_http(&request(), receive()).err(),
        };
        if row["is_error"] != Value::Bool(true) {
            assert!(error.is_none(), "{id}: {}", error.unwrap());
            if let Value::Object(parsed) = &row["parsed"] {
                let root = Element::parse(body.as_bytes()).unwrap();
                let unwrapped: Vec<(&String, &Value)> = parsed.iter().collect();
                for (name, value) in unwrapped {
                    compare(&root, name, value, &headers, id);
                }
            }
            continue;
        }
        let error = error.unwrap_or_else(|| panic!("{id}: expected an error, got a success"));
        assert!(
            !error.is_not_modified() && error.context().bucket.as_deref() == Some("bucket"),
            "{id}: {error}"
        );
        match (id, &row["code"]) {
            // botocore uses the status as the code here, and reads no code from a namespaced error.
            ("error-head-404", _) => assert_eq!(error.code(), Some("NoSuchKey"), "{id}"),
            ("error-html-502", _) => assert!(
                error.to_string().contains(
                    "502 InternalError (inferred from the status): <html><body><h1>502 Bad Gateway"
                ),
                "{error}"
            ),
            ("complete-truncated-200" | "complete-empty-200", _) => {
                assert!(matches!(error, Error::Malformed(_)), "{id}: {error}")
            }
            (_, Value::String(code)) => assert_eq!(error.code(), Some(code.as_str()), "{id}"),
            _ => assert!(
                matches!(error.code(), Some("InternalError" | "SlowDown")),
                "{id}: {error}"
            ),
        }
        if let Some(message) = row["parsed"]["Error"]["Message"]
            .as_str()
            .filter(|message| !message.is_empty() && body.contains("<Message>"))
        {
            assert_eq!(error.service().unwrap().message, message, "{id}");
        }
        let header = |name: &str| {
            headers
                .iter()
                .find_map(|(known, value)| (*known == name).then_some(*value))
        };
        assert_eq!(error.region(), header("x-amz-bucket-region"), "{id}");
        assert_eq!(
            error.request_id().is_some(),
            header("x-amz-request-id").is_some() || body.contains("<RequestId>"),
            "{id}"
        );
    }
}

/// Compares an element with the value that botocore parsed. botocore's names for lists differ from those of the elements.
fn compare(element: &Element, name: &str, value: &Value, headers: &[(&str, &str)], id: &str) {
    let child = |name: &str| element.child(name).unwrap();
    let element_name = match name {
        "Parts" => "Part",
        "Uploads" => "Upload",
        "Errors" => "Error",
        "VersionId" | "CopySourceVersionId" | "ChecksumType" if child(name).is_none() => {
            assert!(
                headers
                    .iter()
                    .any(|(_, header)| Some(*header) == value.as_str()),
                "{id}: {name}"
            );
            return;
        }
        "ChecksumAlgorithm" if child(name).is_none() => return,
        "CopyObjectResult" | "CopyPartResult" => {
            assert_eq!(element.name(), name, "{id}");
            value
                .as_object()
                .unwrap()
                .iter()
                .for_each(|(name, value)| compare(element, name, value, headers, id));
            return;
        }
        name => name,
    };
    match value {
        Value::Array(values) => {
            let list = match name {
                "Buckets" => child("Buckets")
                    .unwrap()
                    .children("Bucket")
                    .collect::<Vec<_>>(),
                "TagSet" => child("TagSet").unwrap().children("Tag").collect(),
                _ => element.children(element_name).collect(),
            };
            assert_eq!(list.len(), values.len(), "{id}: {name}");
            for (element, value) in list.into_iter().zip(values) {
                match value {
                    Value::Object(fields) => fields
                        .iter()
                        .for_each(|(name, value)| compare(element, name, value, headers, id)),
                    value => {
                        assert_eq!(element.own_text(), value.as_str().unwrap(), "{id}: {name}")
                    }
                }
            }
        }
        Value::Object(fields) => fields.iter().for_each(|(name, value)| {
            compare(child(element_name).unwrap(), name, value, headers, id)
        }),
        Value::Bool(flag) => assert_eq!(element.flag(name).unwrap(), *flag, "{id}: {name}"),
        Value::Number(number) => assert_eq!(
            Some(element.number(name).unwrap()),
            number.as_u64(),
            "{id}: {name}"
        ),
        Value::String(text) if text.ends_with(".000Z") => assert!(
            element.text(name).unwrap().starts_with(&text[..19]),
            "{id}: {name}"
        ),
        Value::String(text) => assert_eq!(
            child(name).map(Element::own_text),
            Some(text.as_str()),
            "{id}: {name}"
        ),
        Value::Null => panic!("{id}: {name}"),
    }
}

#[test]
fn request_documents_match_the_samples() {
    let at = AmzDate::from_unix_seconds(0);
    let client = Client::builder()
        .endpoint("http://h")
        .credentials(Credentials::new("a", "b"))
        .build()
        .unwrap();
    for row in rows("xml_samples.json", "requests", 6) {
        let input = &row["input"];
        let document = match text(&row, "id") {
            "complete" => {
                let part = |part: &Value| CompletedPart {
                    part_number: part["PartNumber"].as_u64().unwrap() as u32,
                    etag: ETag::from(text(part, "ETag")),
                };
                let parts: Vec<_> = input["MultipartUpload"]["Parts"]
                    .as_array()
                    .unwrap()
                    .iter()
                    .map(part)
                    .collect();
                let request = client
                    .complete_multipart_upload("b", "k", "u", &parts)
                    .sign(at)
                    .unwrap();
                String::from_utf8(request.into_body().to_vec()).unwrap()
            }
            "create-bucket" => {
                let request = client
                    .create_bucket("b")
                    .location_constraint("eu-central-1")
                    .sign(at)
                    .unwrap();
                String::from_utf8(request.into_body().to_vec()).unwrap()
            }
            "complete-checksums" => {
                let part = &input["MultipartUpload"]["Parts"][0];
                let mut writer = Writer::new("CompleteMultipartUpload");
                writer.open("Part");
                writer
                    .text("ChecksumCRC32", text(part, "ChecksumCRC32"))
                    .unwrap();
                writer.text("ETag", text(part, "ETag")).unwrap();
                writer
                    .text("PartNumber", &part["PartNumber"].to_string())
                    .unwrap();
                writer.finish()
            }
            "delete" | "delete-newlines" => {
                let mut writer = Writer::new("Delete");
                if input["Delete"]["Quiet"] == Value::Bool(true) {
                    writer.text("Quiet", "true").unwrap();
                }
                for object in input["Delete"]["Objects"].as_array().unwrap() {
                    writer.open("Object");
                    writer.text("Key", text(object, "Key")).unwrap();
                    if let Some(version_id) = object["VersionId"].as_str() {
                        writer.text("VersionId", version_id).unwrap();
                    }
                    writer.close();
                }
                writer.finish()
            }
            "tagging" => {
                let mut writer = Writer::new("Tagging");
                writer.open("TagSet");
                for tag in input["Tagging"]["TagSet"].as_array().unwrap() {
                    writer.open("Tag");
                    writer.text("Key", text(tag, "Key")).unwrap();
                    writer.text("Value", text(tag, "Value")).unwrap();
                    writer.close();
                }
                writer.finish()
            }
            id => panic!("{id}"),
        };
        assert_eq!(document, text(&row, "body"), "{}", text(&row, "id"));
        assert_eq!(
            Element::parse(document.as_bytes()).unwrap(),
            Element::parse(text(&row, "body").as_bytes()).unwrap()
        );
    }
}

#[test]
fn a_composite_etag_is_computed_from_the_part_etags() {
    for row in rows("checksums.json", "multipart_etag", 4) {
        let parts: Vec<ETag> = row["part_etags"]
            .as_array()
            .unwrap()
            .iter()
            .map(|etag| ETag::from(etag.as_str().unwrap()))
            .collect();
        assert_eq!(
            ETag::composite(&parts),
            Some(ETag::from(text(&row, "object_etag"))),
            "{row}"
        );
    }
}

#[test]
fn a_part_etag_that_is_not_an_md5_has_no_composite() {
    assert_eq!(ETag::composite(&[ETag::from("not an MD5")]), None);
}
