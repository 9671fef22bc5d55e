//! The framing of bodies: endless, truncated, stalled, and with a wrong length.

use std::time::Duration;

use super::{ErrorKind, Operation, assert_fails, listing};
use crate::support::script::{Close, Flood, Request, Wait, raw};

#[tokio::test]
async fn a_hostile_body_is_an_error() {
    let chunked = "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n";
    let server_error = "HTTP/1.1 500 X\r\ntransfer-encoding: chunked\r\n\r\n";
    let letters = || Flood([b"2000\r\n".to_vec(), vec![b'x'; 0x2000], b"\r\n".to_vec()].concat());
    let blanks = || Flood([b"2000\r\n".to_vec(), vec![b' '; 0x2000], b"\r\n".to_vec()].concat());
    let whole = listing("");
    let closed = format!(
        "HTTP/1.1 200 OK\r\nconnection: close\r\n\r\n{}",
        &whole[..40]
    );
    let with_length = |length: usize, body: &str| {
        vec![
            Request,
            raw(format!(
                "HTTP/1.1 200 OK\r\netag: \"e\"\r\ncontent-length: {length}\r\n\r\n{body}"
            )),
            Close,
        ]
    };
    for (name, operation, script, kind, message) in [
        (
            "an endless document",
            Operation::ListObjectsV2,
            vec![Request, raw(chunked), letters()],
            ErrorKind::Malformed,
            "longer than 8388608 bytes",
        ),
        (
            "an endless document without a length",
            Operation::ListObjectsV2,
            vec![
                Request,
                raw("HTTP/1.1 200 OK\r\n\r\n"),
                Flood(vec![b'x'; 8192]),
            ],
            ErrorKind::Malformed,
            "longer than",
        ),
        (
            "endless blanks",
            Operation::CompleteMultipartUpload,
            vec![Request, raw(chunked), blanks()],
            ErrorKind::Malformed,
            "longer than",
        ),
        (
            "an endless error",
            Operation::ListObjectsV2,
            vec![Request, raw(server_error), letters()],
            ErrorKind::Service,
            "500 InternalError (inferred from the status): xxxx",
        ),
        (
            "a truncated error",
            Operation::ListObjectsV2,
            vec![
                Request,
                raw("HTTP/1.1 503 X\r\ncontent-length: 100\r\n\r\n<Error>"),
                Close,
            ],
            ErrorKind::Service,
            "503 SlowDown (inferred",
        ),
        (
            "a stalled error",
            Operation::ListObjectsV2,
            vec![
                Request,
                raw("HTTP/1.1 503 X\r\ncontent-length: 100\r\n\r\n<Error>"),
                Wait(Duration::from_secs(60)),
            ],
            ErrorKind::Service,
            "503 SlowDown (inferred",
        ),
        (
            "a document shorter than its length",
            Operation::ListObjectsV2,
            with_length(whole.len() + 1, &whole),
            ErrorKind::Transport,
            "truncated after",
        ),
        (
            "a document longer than its length",
            Operation::ListObjectsV2,
            with_length(whole.len() - 1, &whole),
            ErrorKind::Malformed,
            "malformed response",
        ),
        (
            "a document truncated by a close",
            Operation::ListObjectsV2,
            vec![Request, raw(closed), Close],
            ErrorKind::Malformed,
            "not well-formed at byte 36",
        ),
        (
            "a truncated chunk",
            Operation::ListObjectsV2,
            vec![Request, raw(format!("{chunked}40\r\n{whole}")), Close],
            ErrorKind::Transport,
            "truncated after",
        ),
        (
            "chunks without a last chunk",
            Operation::ListObjectsV2,
            vec![
                Request,
                raw(format!("{chunked}{:x}\r\n{whole}\r\n", whole.len())),
                Close,
            ],
            ErrorKind::Transport,
            "truncated after",
        ),
        (
            "a chunk size that is not a number",
            Operation::ListObjectsV2,
            vec![Request, raw(format!("{chunked}zz\r\n")), Close],
            ErrorKind::Transport,
            "truncated after 0 bytes",
        ),
        (
            "a chunk size above 2^64",
            Operation::ListObjectsV2,
            vec![
                Request,
                raw(format!("{chunked}ffffffffffffffff0\r\n")),
                Close,
            ],
            ErrorKind::Transport,
            "truncated after 0 bytes",
        ),
        (
            "an object shorter than its length",
            Operation::GetObject,
            with_length(10, "abc"),
            ErrorKind::Transport,
            "truncated after 3 of 10 bytes",
        ),
    ] {
        assert_fails(name, operation, script, kind, message).await;
    }
}
