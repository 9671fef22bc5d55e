//! Status lines and headers.

use std::time::Duration;

use super::{ErrorKind, Operation, assert_fails, call};
use crate::support::script::{Close, Flood, Request, Script, Wait, play, raw};

/// Responds with only a status line and headers.
fn head(lines: &str) -> Script {
    vec![Request, raw(format!("{lines}\r\n\r\n")), Close]
}

#[tokio::test]
async fn a_hostile_head_is_a_transport_error() {
    let many: String = (0..200)
        .map(|number| format!("x-{number}: y\r\n"))
        .collect();
    let long = "y".repeat(2 << 20);
    for (name, script) in [
        (
            "200 headers",
            head(&format!("HTTP/1.1 200 OK\r\n{many}content-length: 0")),
        ),
        (
            "a header of 2 MiB",
            head(&format!(
                "HTTP/1.1 200 OK\r\nx: {long}\r\ncontent-length: 0"
            )),
        ),
        (
            "a reason of 2 MiB",
            head(&format!("HTTP/1.1 200 {long}\r\ncontent-length: 0")),
        ),
        (
            "endless headers",
            vec![
                Request,
                raw("HTTP/1.1 200 OK\r\n"),
                Flood(b"x: y\r\n".to_vec()),
            ],
        ),
        (
            "an endless header",
            vec![
                Request,
                raw("HTTP/1.1 200 OK\r\nx: "),
                Flood(vec![b'y'; 8192]),
            ],
        ),
        (
            "endless empty lines",
            vec![Request, Flood(b"\r\n".to_vec())],
        ),
        ("not HTTP", head("220 mail.example ESMTP")),
        (
            "HTTP/2",
            vec![Request, raw(b"\x00\x00\x12\x04\x00\x00\x00\x00\x00"), Close],
        ),
        ("no status", head("HTTP/1.1 OK")),
        ("status 99", head("HTTP/1.1 99 Low\r\ncontent-length: 0")),
        (
            "status 1000",
            head("HTTP/1.1 1000 High\r\ncontent-length: 0"),
        ),
        (
            "NUL in a header",
            head("HTTP/1.1 200 OK\r\netag: a\0b\r\ncontent-length: 0"),
        ),
        (
            "a header without a name",
            head("HTTP/1.1 200 OK\r\n: value\r\ncontent-length: 0"),
        ),
        (
            "two different lengths",
            head("HTTP/1.1 200 OK\r\netag: e\r\ncontent-length: 0\r\ncontent-length: 1"),
        ),
        (
            "a length that is not a number",
            head("HTTP/1.1 200 OK\r\netag: e\r\ncontent-length: x"),
        ),
        (
            "a negative length",
            head("HTTP/1.1 200 OK\r\netag: e\r\ncontent-length: -1"),
        ),
        (
            "a length above 2^64",
            head("HTTP/1.1 200 OK\r\netag: e\r\ncontent-length: 99999999999999999999999"),
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
        assert_fails(
            name,
            Operation::PutObject,
            script,
            ErrorKind::Transport,
            "PutObject bucket/key: ",
        )
        .await;
    }
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
