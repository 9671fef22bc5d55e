//! Smithy's protocol tests for S3: requests and responses.

use std::time::{Duration, UNIX_EPOCH};

use bytes::Bytes;
use http::Method;
use serde_json::Value;
use slim_s3::operation::ListObjectsV2;
use slim_s3::xml::Element;
use slim_s3::{Addressing, AmzDate, Call, Client, Credentials, Operation, Request};

use super::operations::{RequestOnly, assert_fields, http_response, receive, request};
use super::rows;
use crate::support::fixtures::text;

#[test]
fn smithy_protocol_tests_pass() {
    let skipped = [(
        "the document requires a checksum, which the crate does not support",
        &["smithy-rs/PutBucketLifecycleConfiguration"][..],
    )];
    for row in rows("protocol_s3.jsonl", 25, &skipped) {
        match text(&row, "kind") {
            "request" => assert_request(&row),
            "response" => assert_response(&row),
            kind => panic!("{kind}"),
        }
    }
}

#[track_caller]
fn assert_response(row: &Value) {
    let (id, given) = (text(row, "id"), &row["response"]);
    let headers = given["headers"].as_object().unwrap();
    let headers: Vec<(String, String)> = headers
        .iter()
        .map(|(name, value)| (name.clone(), value.as_str().unwrap().to_owned()))
        .collect();
    let body = text(given, "body");
    // Error rows name the error in place of the operation.
    let (name, code) = match text(row, "operation") {
        "NotFound" => ("HeadObject", Some("NoSuchKey")),
        code @ "NoSuchBucket" => ("ListObjectsV2", Some(code)),
        name => (name, None),
    };
    let response = || http_response(&given["status"], &headers, body.as_bytes());
    let outcome = receive(name, &request(name), response());
    let Some(code) = code else {
        outcome.unwrap_or_else(|error| panic!("{id}: {error}"));
        assert_fields(
            &Element::parse(body.as_bytes()).unwrap(),
            &row["expect"],
            id,
        );
        if name == "ListObjects" {
            let list = ListObjectsV2::parse_http(&request(name), response()).unwrap();
            for (object, expected) in list
                .contents
                .iter()
                .zip(row["expect"]["Contents"].as_array().unwrap())
            {
                let time = expected["LastModified"].as_u64().map(Duration::from_secs);
                assert_eq!(object.key, text(expected, "Key"), "{id}");
                assert_eq!(
                    object.last_modified,
                    time.map(|time| UNIX_EPOCH + time),
                    "{id}"
                );
            }
        }
        return;
    };
    let error = outcome.unwrap_err();
    assert_eq!(error.code(), Some(code), "{id}");
    assert!(error.is_not_found(), "{id}: {error}");
    let request_id = headers.iter().find(|(name, _)| name == "x-amz-request-id");
    assert_eq!(
        error.request_id(),
        request_id.map(|(_, value)| value.as_str()),
        "{id}"
    );
}

#[track_caller]
fn assert_request(row: &Value) {
    let (id, params, expected) = (text(row, "id"), &row["params"], &row["expect"]);
    let settings = &row["config"]["scopedConfig"];
    let client = &settings["client"];
    let region = client["region"].as_str().unwrap_or("us-east-1");
    let is_on = |name: &str| client["s3"][name] == Value::Bool(true);
    let mut builder = Client::builder()
        .region(region)
        .credentials(Credentials::new("AK", "SK"));
    // SDKs have settings for these; here they are endpoints.
    match (
        is_on("use_accelerate_endpoint"),
        is_on("use_dualstack_endpoint"),
    ) {
        (true, true) => builder = builder.endpoint("https://s3-accelerate.dualstack.amazonaws.com"),
        (true, false) => builder = builder.endpoint("https://s3-accelerate.amazonaws.com"),
        (false, true) => {
            builder = builder.endpoint(&format!("https://s3.dualstack.{region}.amazonaws.com"));
        }
        (false, false) => {}
    }
    // The operation's setting overrides the client's.
    let style = [&settings["operation"], client]
        .into_iter()
        .find_map(|settings| settings["s3"]["addressing_style"].as_str());
    builder = builder.addressing(match style {
        None => Addressing::Auto,
        Some("virtual") => Addressing::VirtualHosted,
        Some("path") => Addressing::Path,
        Some(style) => panic!("{id}: {style}"),
    });
    let s3 = builder.build().unwrap();
    let (bucket, key) = (
        text(params, "Bucket"),
        params["Key"].as_str().unwrap_or_default(),
    );
    let sent = sign(&s3, text(row, "operation"), bucket, key, params);

    let host = match expected["resolvedHost"].as_str() {
        Some(host) => host.to_owned(),
        None => format!("{bucket}.s3.{region}.amazonaws.com"),
    };
    assert_eq!(sent.method().as_str(), text(expected, "method"), "{id}");
    assert_eq!(sent.uri().host(), Some(host.as_str()), "{id}");
    assert_eq!(sent.uri().path(), text(expected, "uri"), "{id}");
    let query: Vec<&str> = sent.uri().query().unwrap_or_default().split('&').collect();
    for parameter in expected["queryParams"].as_array().into_iter().flatten() {
        let parameter = parameter.as_str().unwrap();
        let with_value = if parameter.contains('=') {
            parameter.to_owned()
        } else {
            format!("{parameter}=")
        };
        assert!(
            query.contains(&with_value.as_str()),
            "{id}: {parameter} in {query:?}"
        );
    }
    for (name, value) in expected["headers"].as_object().into_iter().flatten() {
        let found: Vec<&[u8]> = sent
            .headers()
            .get_all(name)
            .iter()
            .map(|value| value.as_bytes())
            .collect();
        assert_eq!(found, [value.as_str().unwrap().as_bytes()], "{id}: {name}");
    }
    if let Some(body) = expected["body"].as_str() {
        assert_eq!(sent.body(), body, "{id}");
    }
}

fn sign(
    s3: &Client,
    operation: &str,
    bucket: &str,
    key: &str,
    params: &Value,
) -> http::Request<Bytes> {
    let at = AmzDate::from_unix_seconds(0);
    let signed = match operation {
        "CreateMultipartUpload" => s3.create_multipart_upload(bucket, key).sign(at),
        "DeleteObjectTagging" => {
            let request = Request::object(Method::DELETE, bucket, key).with_query("tagging", "");
            Call::new(s3, request, RequestOnly).sign(at)
        }
        "GetObject" => {
            let mut call = s3.get_object(bucket, key);
            if let Some(time) = params["IfModifiedSince"].as_f64() {
                call = call.if_modified_since(UNIX_EPOCH + Duration::from_secs_f64(time));
            }
            call.sign(at)
        }
        "HeadObject" => s3.head_object(bucket, key).sign(at),
        "ListObjectsV2" => s3.list_objects_v2(bucket).sign(at),
        "PutObject" => {
            let content_type = text(params, "ContentType");
            s3.put_object(bucket, key, "")
                .content_type(content_type)
                .sign(at)
        }
        operation => panic!("{operation}"),
    };
    signed.unwrap()
}
