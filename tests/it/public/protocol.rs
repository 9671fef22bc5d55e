//! Requests and answers of Smithy's protocol tests for S3, and answers that were recorded from AWS.

use std::time::{Duration, UNIX_EPOCH};

use bytes::Bytes;
use http::Method;
use serde_json::Value;
use slim_s3::{
    Addressing, AmzDate, Call, Client, Credentials, Element, HeadObject, ListObjectsV2, Operation,
    PutObject, Request,
};

use super::operations::{Sent, answer, compare, receive, request};
use super::{base64, rows};
use crate::support::fixtures::text;

#[test]
fn smithy() {
    let skipped = [(
        "its document carries a checksum, which the crate does not make",
        &["smithy-rs/PutBucketLifecycleConfiguration"][..],
    )];
    for row in rows("protocol_s3.jsonl", 25, &skipped) {
        match text(&row, "kind") {
            "request" => check_request(&row),
            "response" => check_response(&row),
            kind => panic!("{kind}"),
        }
    }
}

fn check_response(row: &Value) {
    let (id, response) = (text(row, "id"), &row["response"]);
    let said = response["headers"].as_object().unwrap();
    let headers: Vec<(String, String)> = said
        .iter()
        .map(|(name, value)| (name.clone(), value.as_str().unwrap().to_owned()))
        .collect();
    let body = text(response, "body");
    // The model's name of an error stands where that of the operation is.
    let (name, code) = match text(row, "operation") {
        "NotFound" => ("HeadObject", Some("NoSuchKey")),
        code @ "NoSuchBucket" => ("ListObjectsV2", Some(code)),
        name => (name, None),
    };
    let came = || answer(&response["status"], &headers, body.as_bytes());
    let outcome = receive(name, &request(name), came());
    let Some(code) = code else {
        outcome.unwrap_or_else(|error| panic!("{id}: {error}"));
        compare(
            &Element::parse(body.as_bytes()).unwrap(),
            &row["expect"],
            id,
        );
        if name == "ListObjects" {
            let list = ListObjectsV2::receive(&request(name), came()).unwrap();
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

fn check_request(row: &Value) {
    let (id, params, expected) = (text(row, "id"), &row["params"], &row["expect"]);
    let settings = &row["config"]["scopedConfig"];
    let client = &settings["client"];
    let region = client["region"].as_str().unwrap_or("us-east-1");
    let is_on = |name: &str| client["s3"][name] == Value::Bool(true);
    let mut builder = Client::builder()
        .region(region)
        .credentials(Credentials::new("AK", "SK"));
    // The SDKs' switches are endpoints here.
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
    // What is set for an operation goes before what is set for the client.
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
        let valued = if parameter.contains('=') {
            parameter.to_owned()
        } else {
            format!("{parameter}=")
        };
        assert!(
            query.contains(&valued.as_str()),
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
            Call::new(s3, request, Sent).sign(at)
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

/// Each answer goes through its operation. A recording that has another number of bytes than its answer says is an
/// object cut short, or no object.
#[test]
fn recordings() {
    let mut exchanges = 0;
    for row in rows("recorded_replays.jsonl", 13, &[]) {
        for exchange in row["exchanges"].as_array().unwrap() {
            check_exchange(text(&row, "id"), exchange);
            exchanges += 1;
        }
    }
    println!("recorded_replays.jsonl: {exchanges} exchanges");
}

fn check_exchange(id: &str, exchange: &Value) {
    let (sent, response) = (&exchange["request"], &exchange["response"]);
    let said = response["headers"].as_object().unwrap();
    let headers: Vec<(String, String)> = said
        .iter()
        .map(|(name, values)| (name.clone(), values[0].as_str().unwrap().to_owned()))
        .collect();
    let header = |name: &str| {
        headers
            .iter()
            .find_map(|(known, value)| (known == name).then_some(value.as_str()))
    };
    let body = base64(text(response, "body_b64"));
    let uri: http::Uri = text(sent, "uri").parse().unwrap();
    let is_about_bucket = uri.path() == "/";
    let name = match text(sent, "method") {
        "PUT" => "PutObject",
        "HEAD" => "HeadObject",
        "GET" if !is_about_bucket => "GetObject",
        "GET" if uri.query().unwrap().contains("list-type=2") => "ListObjectsV2",
        "GET" => "ListObjects",
        method => panic!("{id}: {method}"),
    };
    let came = || answer(&response["status"], &headers, &body);
    let outcome = receive(name, &request(name), came());
    let length = header("content-length").map(|length| length.parse::<usize>().unwrap());
    let is_whole = length.is_none_or(|length| length == body.len());
    match (name, outcome) {
        (_, Err(error)) if response["status"] != 200 => {
            assert_eq!(
                (error.code(), error.is_retryable()),
                (Some("InternalError"), true),
                "{id}"
            );
            assert_eq!(error.request_id(), header("x-amz-request-id"), "{id}");
        }
        ("GetObject", Err(error)) if !is_whole => {
            assert!(
                error.to_string().contains("another length"),
                "{id}: {error}"
            );
        }
        ("HeadObject", Err(error)) if length.is_none() => {
            assert!(
                error.to_string().contains("no content-length header"),
                "{id}: {error}"
            );
        }
        ("HeadObject", Ok(())) => {
            let info = HeadObject::receive(&request(name), came()).unwrap();
            assert_eq!(
                Some(info.content_length),
                length.map(|length| length as u64),
                "{id}"
            );
            assert_eq!(
                info.etag.map(|etag| etag.to_string()).as_deref(),
                header("etag"),
                "{id}"
            );
            assert!(info.last_modified.is_some(), "{id}");
        }
        ("PutObject", Ok(())) => {
            let output = PutObject::receive(&request(name), came()).unwrap();
            assert_eq!(
                Some(output.etag.to_string().as_str()),
                header("etag"),
                "{id}"
            );
        }
        ("ListObjectsV2", Ok(())) => {
            let list = ListObjectsV2::receive(&request(name), came()).unwrap();
            let document = Element::parse(&body).unwrap();
            let keys: Vec<&str> = document
                .children("Contents")
                .map(|object| object.text("Key").unwrap())
                .collect();
            let found: Vec<&str> = list
                .contents
                .iter()
                .map(|object| object.key.as_str())
                .collect();
            assert!(!keys.is_empty() && keys == found, "{id}: {found:?}");
            assert_eq!(
                list.is_truncated,
                list.next_continuation_token.is_some(),
                "{id}"
            );
            assert_eq!(list.is_truncated, document.flag("IsTruncated"), "{id}");
        }
        ("ListObjects", Ok(())) => {}
        (name, outcome) => panic!("{id}, {name}: {outcome:?}"),
    }
}
