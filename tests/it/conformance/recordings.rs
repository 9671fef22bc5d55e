//! Responses recorded from AWS.

use serde_json::Value;
use slim_s3::Operation;
use slim_s3::operation::{HeadObject, ListObjectsV2, PutObject};
use slim_s3::xml::Element;

use super::operations::{http_response, receive, request};
use super::{base64, rows};
use crate::support::fixtures::text;

/// A recording whose body does not have its declared length is an incomplete object.
#[test]
fn recorded_responses_are_parsed() {
    let mut exchanges = 0;
    for row in rows("recorded_replays.jsonl", 13, &[]) {
        for exchange in row["exchanges"].as_array().unwrap() {
            assert_exchange(text(&row, "id"), exchange);
            exchanges += 1;
        }
    }
    println!("recorded_replays.jsonl: {exchanges} exchanges");
}

#[track_caller]
fn assert_exchange(id: &str, exchange: &Value) {
    let (sent, received) = (&exchange["request"], &exchange["response"]);
    let headers = received["headers"].as_object().unwrap();
    let headers: Vec<(String, String)> = headers
        .iter()
        .map(|(name, values)| (name.clone(), values[0].as_str().unwrap().to_owned()))
        .collect();
    let header = |name: &str| {
        headers
            .iter()
            .find_map(|(known, value)| (known == name).then_some(value.as_str()))
    };
    let body = base64(text(received, "body_b64"));
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
    let response = || http_response(&received["status"], &headers, &body);
    let outcome = receive(name, &request(name), response());
    let length = header("content-length").map(|length| length.parse::<usize>().unwrap());
    let is_whole = length.is_none_or(|length| length == body.len());
    match (name, outcome) {
        (_, Err(error)) if received["status"] != 200 => {
            assert_eq!(
                (error.code(), error.is_retryable()),
                (Some("InternalError"), true),
                "{id}"
            );
            assert_eq!(error.request_id(), header("x-amz-request-id"), "{id}");
        }
        ("GetObject", Err(error)) if !is_whole => {
            assert!(
                error
                    .to_string()
                    .contains("bytes as in Content-Length, got "),
                "{id}: {error}"
            );
        }
        ("HeadObject", Ok(())) => {
            let info = HeadObject::parse_http(&request(name), response()).unwrap();
            assert_eq!(
                info.content_length,
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
            let output = PutObject::parse_http(&request(name), response()).unwrap();
            assert_eq!(
                Some(output.etag.to_string().as_str()),
                header("etag"),
                "{id}"
            );
        }
        ("ListObjectsV2", Ok(())) => {
            let list = ListObjectsV2::parse_http(&request(name), response()).unwrap();
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
            assert_eq!(
                list.is_truncated,
                document.flag("IsTruncated").unwrap(),
                "{id}"
            );
        }
        ("ListObjects", Ok(())) => {}
        (name, outcome) => panic!("{id}, {name}: {outcome:?}"),
    }
}
