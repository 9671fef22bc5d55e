//! Status lines and headers.

use std::time::Duration;

use slim_s3::Error;

use super::{ErrorKind, Operation, assert_fails, call};
use crate::support::script::{Close, Flood, Request, Script, Wait, ok, play, raw};

/// Responds with only a status line and headers.
fn head(lines: &str) -> Script {
    vec![Request, raw(format!("{lines}\r\n\r\n")), Close]
}

/// The next response would be the same, so the call is not retried.
#[tokio::test]
async fn a_head_that_cannot_be_read_is_final_and_says_why() {
    let many: String = (0..2100)
        .map(|number| format!("x-{number}: y\r\n"))
        .collect();
    let long = "y".repeat(2 << 20);
    let too_large = "more than 2,000 headers (100 in response to a write or with unchecked_http_client), more than 400 KiB";
    let invalid_length = "invalid or contradictory Content-Length";
    for (name, script, problem) in [
        (
            "2,100 headers",
            head(&format!("HTTP/1.1 200 OK\r\n{many}content-length: 0")),
            too_large,
        ),
        (
            "a header of 2 MiB",
            head(&format!(
                "HTTP/1.1 200 OK\r\nx: {long}\r\ncontent-length: 0"
            )),
            too_large,
        ),
        (
            "a reason of 2 MiB",
            head(&format!("HTTP/1.1 200 {long}\r\ncontent-length: 0")),
            too_large,
        ),
        (
            "endless headers",
            vec![
                Request,
                raw("HTTP/1.1 200 OK\r\n"),
                Flood(b"x: y\r\n".to_vec()),
            ],
            too_large,
        ),
        (
            "an endless header",
            vec![
                Request,
                raw("HTTP/1.1 200 OK\r\nx: "),
                Flood(vec![b'y'; 8192]),
            ],
            too_large,
        ),
        (
            "no status",
            head("HTTP/1.1 OK"),
            "invalid HTTP status-code parsed",
        ),
        (
            "status 99",
            head("HTTP/1.1 99 Low\r\ncontent-length: 0"),
            "invalid HTTP status-code parsed",
        ),
        (
            "status 1000",
            head("HTTP/1.1 1000 High\r\ncontent-length: 0"),
            "invalid HTTP status-code parsed",
        ),
        (
            "NUL in a header",
            head("HTTP/1.1 200 OK\r\netag: a\0b\r\ncontent-length: 0"),
            "a header with an invalid name or value",
        ),
        (
            "a header without a name",
            head("HTTP/1.1 200 OK\r\n: value\r\ncontent-length: 0"),
            "a header with an invalid name or value",
        ),
        (
            "two different lengths",
            head("HTTP/1.1 200 OK\r\netag: e\r\ncontent-length: 0\r\ncontent-length: 1"),
            invalid_length,
        ),
        (
            "a length that is not a number",
            head("HTTP/1.1 200 OK\r\netag: e\r\ncontent-length: x"),
            invalid_length,
        ),
        (
            "a negative length",
            head("HTTP/1.1 200 OK\r\netag: e\r\ncontent-length: -1"),
            invalid_length,
        ),
        (
            "a length above 2^64",
            head("HTTP/1.1 200 OK\r\netag: e\r\ncontent-length: 99999999999999999999999"),
            invalid_length,
        ),
        (
            "a length of 2^64 - 1",
            head("HTTP/1.1 200 OK\r\netag: e\r\ncontent-length: 18446744073709551615"),
            "a length that no body has",
        ),
    ] {
        let malformed = ErrorKind::Malformed;
        assert_fails(
            name,
            Operation::PutObject,
            script.clone(),
            malformed,
            problem,
        )
        .await;
        let server = play([script, ok()]).await;
        let error = call(&server.client(), Operation::PutObject)
            .await
            .unwrap_err();
        assert_eq!(error.context().attempts, 1, "{name}: {error}");
        assert!(error.is_outcome_unknown(), "{name}: {error}");
    }
}

#[tokio::test]
async fn a_missing_or_endless_head_is_a_transport_error() {
    for (name, script) in [
        (
            "not HTTP",
            vec![Request, raw("220 mail.example ESMTP\r\n\r\n"), Close],
        ),
        (
            "TLS",
            vec![Request, raw(b"\x15\x03\x01\x00\x02\x02\x46"), Close],
        ),
        (
            "HTTP/2",
            vec![Request, raw(b"\x00\x00\x12\x04\x00\x00\x00\x00\x00"), Close],
        ),
        (
            "few empty lines, and silence",
            vec![Request, raw("\r\n\r\n"), Wait(Duration::from_secs(60))],
        ),
        (
            "endless 100s",
            vec![Request, Flood(b"HTTP/1.1 100 Continue\r\n\r\n".to_vec())],
        ),
        (
            "endless early hints",
            vec![
                Request,
                Flood(b"HTTP/1.1 103 Early Hints\r\nlink: x\r\n\r\n".to_vec()),
            ],
        ),
        ("silence", vec![Request, Wait(Duration::from_secs(60))]),
        ("closed without a response", vec![Request, Close]),
    ] {
        let transport = ErrorKind::Transport;
        let message = "PutObject bucket/key: ";
        assert_fails(name, Operation::PutObject, script, transport, message).await;
    }
}

/// The metadata of an object can be spread over as many headers. The first response shows that a client with a higher limit
/// is needed, which all later requests use.
#[tokio::test]
async fn an_object_with_2000_headers_is_readable() {
    let metadata: String = (0..1990)
        .map(|number| format!("x-amz-meta-{number}: y\r\n"))
        .collect();
    let lines = format!("HTTP/1.1 200 OK\r\n{metadata}etag: \"e\"\r\ncontent-length: 0");
    for operation in [Operation::HeadObject, Operation::GetObject] {
        let server = play([head(&lines), head(&lines), head(&lines)]).await;
        let s3 = server.client();
        call(&s3, operation).await.unwrap();
        assert_eq!(server.connections(), 2, "{operation:?}");
        call(&s3, operation).await.unwrap();
        assert_eq!(server.connections(), 3, "{operation:?}");
    }
}

/// A write is not sent twice for the sake of its headers, and what cannot be read either way is final.
#[tokio::test]
async fn only_a_read_is_repeated_for_its_headers() {
    let lines: String = (0..150)
        .map(|number| format!("x-{number}: y\r\n"))
        .collect();
    let script = head(&format!(
        "HTTP/1.1 200 OK\r\n{lines}etag: \"e\"\r\ncontent-length: 0"
    ));
    let server = play([script, ok()]).await;
    let error = call(&server.client(), Operation::PutObject)
        .await
        .unwrap_err();
    assert!(error.is_outcome_unknown(), "{error}");
    assert_eq!(server.connections(), 1);

    let endless = || {
        vec![
            Request,
            raw("HTTP/1.1 200 OK\r\n"),
            Flood(b"x: y\r\n".to_vec()),
        ]
    };
    let server = play([endless(), endless(), ok()]).await;
    let error = call(&server.client(), Operation::GetObject)
        .await
        .unwrap_err();
    assert!(matches!(error, Error::Malformed { .. }), "{error}");
    assert_eq!(server.connections(), 2);
}

#[tokio::test]
async fn repeated_lengths_and_interim_responses_are_harmless() {
    for lines in [
        "HTTP/1.1 200 OK\r\netag: \"e\"\r\ncontent-length: 0\r\ncontent-length: 0\r\n\r\n",
        "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\n\r\nHTTP/1.1 200 OK\r\netag: \"e\"\r\ncontent-length: 0\r\n\r\n",
    ] {
        let server = play([vec![Request, raw(lines)]]).await;
        call(&server.client(), Operation::PutObject).await.unwrap();
    }
}
