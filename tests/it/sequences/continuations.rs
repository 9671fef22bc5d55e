//! Bodies that are interrupted, and continue with the rest.

use std::pin::{Pin, pin};
use std::time::Duration;

use bytes::Bytes;
use futures_util::{FutureExt, StreamExt, TryStreamExt};
use http_body::Body;
use slim_s3::{Error, ResponseBody, RetryPolicy};
use tokio::io::AsyncReadExt;

use crate::support::script::{
    Close, Request, Script, Server, Wait, play, quick, raw, reject, response,
};
use crate::support::server::until;

const CONTENT: &str = "0123456789";

/// Sends `sent` of the content, and closes the connection.
fn interrupted(sent: &str) -> Script {
    let head = "HTTP/1.1 200 OK\r\netag: \"e\"\r\ncontent-length: 10\r\n\r\n";
    vec![Request, raw(format!("{head}{sent}")), Close]
}

/// The response to `bytes=first-last`, of which only `sent` is sent.
fn part(first: usize, last: usize, sent: &str) -> Script {
    let length = last - first + 1;
    let head = format!(
        "HTTP/1.1 206 Partial Content\r\netag: \"e\"\r\ncontent-range: bytes {first}-{last}/10\r\ncontent-length: {length}\r\n\r\n{sent}"
    );
    let mut script = vec![Request, raw(head)];
    if sent.len() < length {
        script.push(Close);
    }
    script
}

async fn get(server: &Server) -> ResponseBody {
    let object = server.client().get_object("photos", "cat.jpg").send().await;
    object.unwrap().body
}

/// The range and the condition of each request.
fn requested(server: &Server) -> Vec<(Option<String>, Option<String>)> {
    let requests = server.requests();
    let owned = |value: Option<&str>| value.map(str::to_owned);
    requests
        .iter()
        .map(|request| {
            (
                owned(request.header("range")),
                owned(request.header("if-match")),
            )
        })
        .collect()
}

fn some(range: &str) -> (Option<String>, Option<String>) {
    (Some(range.to_owned()), Some("\"e\"".to_owned()))
}

async fn collected(mut body: impl Body<Data = Bytes, Error = Error> + Unpin) -> Vec<u8> {
    let mut all = Vec::new();
    while let Some(frame) = std::future::poll_fn(|cx| Pin::new(&mut body).poll_frame(cx)).await {
        all.extend_from_slice(frame.unwrap().data_ref().unwrap());
    }
    assert!(body.is_end_stream());
    all
}

#[tokio::test]
async fn every_kind_of_body_continues_from_the_byte_reached() {
    for kind in ["bytes", "chunk", "stream", "reader", "http_body"] {
        let scripts = [
            interrupted("0123"),
            part(4, 9, "4"),
            part(5, 9, ""),
            part(5, 9, "56789"),
        ];
        let server = play(scripts).await;
        let mut body = get(&server).await;
        let content = match kind {
            "bytes" => body.bytes().await.unwrap().to_vec(),
            "chunk" => {
                let mut all = Vec::new();
                while let Some(chunk) = body.chunk().await.unwrap() {
                    all.extend_from_slice(&chunk);
                }
                all
            }
            "stream" => {
                let chunks: Vec<Bytes> = body.into_stream().try_collect().await.unwrap();
                chunks.concat()
            }
            "reader" => {
                let mut all = Vec::new();
                let mut reader = pin!(body.into_reader());
                reader.read_to_end(&mut all).await.unwrap();
                all
            }
            _ => {
                assert_eq!(body.size_hint().exact(), Some(10));
                assert!(!body.is_end_stream());
                collected(body).await
            }
        };
        assert_eq!(content, CONTENT.as_bytes(), "{kind}");
        let expected = [
            (None, None),
            some("bytes=4-9"),
            some("bytes=5-9"),
            some("bytes=5-9"),
        ];
        assert_eq!(requested(&server), expected, "{kind}");
    }
}

#[tokio::test]
async fn a_range_continues_within_its_range_with_the_same_options() {
    let server = play([part(2, 6, "23"), part(4, 6, "456")]).await;
    let object = server
        .client()
        .get_object("photos", "cat.jpg")
        .range(2..7)
        .version_id("v1")
        .if_none_match("other")
        .header("x-amz-request-payer", "requester")
        .send()
        .await
        .unwrap();
    assert_eq!(object.body.bytes().await.unwrap(), "23456");
    let requests = server.requests();
    assert_eq!(requests[0].header("if-none-match"), Some("\"other\""));
    let rest = &requests[1];
    assert_eq!(rest.target, requests[0].target);
    assert!(rest.target.contains("versionId=v1"));
    assert_eq!(rest.header("x-amz-request-payer"), Some("requester"));
    assert_eq!(rest.header("range"), Some("bytes=4-6"));
    assert_eq!(rest.header("if-match"), Some("\"e\""));
    assert_eq!(rest.header("if-none-match"), None);

    // The last bytes, and a part of an upload, continue by their position.
    for query in ["", "partNumber"] {
        let server = play([part(7, 9, "7"), part(8, 9, "89")]).await;
        let call = server.client().get_object("photos", "cat.jpg");
        let call = if query.is_empty() {
            call.last_bytes(3)
        } else {
            call.part_number(2)
        };
        let object = call.send().await.unwrap();
        assert_eq!(object.body.bytes().await.unwrap(), "789");
        let rest = &server.requests()[1];
        assert_eq!(rest.header("range"), Some("bytes=8-9"));
        assert!(!rest.target.contains("partNumber"), "{}", rest.target);
    }
}

#[tokio::test]
async fn a_body_does_not_continue_without_an_etag_or_a_length_or_against_its_options() {
    let without_etag = "HTTP/1.1 200 OK\r\nlast-modified: Wed, 01 Jan 2025 00:00:00 GMT\r\ncontent-length: 10\r\n\r\n0123";
    let without_length =
        "HTTP/1.1 200 OK\r\netag: \"e\"\r\ntransfer-encoding: chunked\r\n\r\n4\r\n0123\r\n";
    for (name, script) in [
        ("no ETag", vec![Request, raw(without_etag), Close]),
        ("no length", vec![Request, raw(without_length), Close]),
        ("opt-out", interrupted("0123")),
        ("no retries", interrupted("0123")),
    ] {
        let server = play([script]).await;
        let call = server.client().get_object("photos", "cat.jpg");
        let call = match name {
            "opt-out" => call.no_continuation(),
            "no retries" => call.retry(RetryPolicy::none()),
            _ => call,
        };
        let mut body = call.send().await.unwrap().body;
        assert_eq!(body.chunk().await.unwrap().unwrap(), "0123", "{name}");
        let error = body.chunk().await.unwrap_err();
        let text = error.to_string();
        assert!(
            text.starts_with("GetObject photos/cat.jpg: the response was truncated after 4 "),
            "{name}: {text}"
        );
        assert_eq!(server.requests().len(), 1, "{name}");
        assert_eq!(body.chunk().await.unwrap_err().to_string(), text, "{name}");
    }
}

#[tokio::test]
async fn the_rest_of_another_object_is_an_error() {
    let head = |etag: &str, range: &str| {
        format!("206 Partial Content\r\netag: \"{etag}\"\r\ncontent-range: bytes {range}")
    };
    for (name, script, problem) in [
        (
            "replaced",
            reject(412, "PreconditionFailed"),
            "412 PreconditionFailed: the object was replaced while it was read, and cannot continue at byte 4: m",
        ),
        ("deleted", reject(404, "NoSuchKey"), "404 NoSuchKey"),
        (
            "another ETag",
            response(&head("f", "4-9/10"), "456789"),
            "expected bytes 4-9 of 10 with the ETag \"e\", got bytes 4-9 of 10 with the ETag \"f\"",
        ),
        (
            "another size",
            response(&head("e", "4-9/11"), "456789"),
            "got bytes 4-9 of 11",
        ),
        (
            "another range",
            response(&head("e", "3-8/10"), "345678"),
            "requested bytes=4-9, got 206 with bytes 3-8/10",
        ),
        (
            "the whole object",
            response("200 OK\r\netag: \"e\"", CONTENT),
            "requested bytes=4-9, got 200",
        ),
    ] {
        let server = play([interrupted("0123"), script]).await;
        let mut body = get(&server).await;
        assert_eq!(body.chunk().await.unwrap().unwrap(), "0123");
        let error = body.chunk().await.unwrap_err();
        assert!(error.to_string().contains(problem), "{name}: {error}");
        assert_eq!(error.is_precondition_failed(), name == "replaced");
        assert_eq!(error.is_not_found(), name == "deleted");
        // A second read must not look like an end.
        for _ in 0..2 {
            let again = body.chunk().await.unwrap_err();
            assert!(matches!(again, Error::Transport(_)), "{name}: {again}");
        }
        assert_eq!(server.requests().len(), 2, "{name}");
    }
}

#[tokio::test]
async fn attempts_without_progress_are_limited_by_the_policy() {
    let scripts = [
        interrupted("0123"),
        part(4, 9, "45"),
        part(6, 9, ""),
        part(6, 9, ""),
    ];
    let server = play(scripts).await;
    let mut body = get(&server).await;
    let mut read = 0;
    let error = loop {
        match body.chunk().await {
            Ok(chunk) => read += chunk.unwrap().len(),
            Err(error) => break error,
        }
    };
    assert_eq!((read, server.remaining()), (6, 0));
    let text = error.to_string();
    assert!(text.contains("truncated after 6 of 10 bytes"), "{text}");
    assert!(text.contains("(attempts 4: "), "{text}");
    assert_eq!(error.context().earlier.len(), 3);
    assert!(error.is_retryable());
    assert_eq!(body.chunk().await.unwrap_err().to_string(), text);
}

#[tokio::test]
async fn continuations_take_from_the_budget_of_the_client() {
    let policy = RetryPolicy {
        budget: 30,
        ..quick()
    };
    let server = play([
        interrupted("0"),
        part(1, 9, "1"),
        part(2, 9, "2"),
        part(3, 9, "3"),
    ])
    .await;
    let s3 = server.builder().retry(policy).build().unwrap();
    let object = s3.get_object("photos", "cat.jpg").send().await.unwrap();
    let error = object.body.bytes().await.unwrap_err();
    // 14 tokens for each of two continuations.
    assert_eq!(server.requests().len(), 3);
    assert!(
        error
            .to_string()
            .contains("the client's retry budget is used up"),
        "{error}"
    );

    // A success returns the tokens of its last retry.
    let scripts = (0..20).flat_map(|_| [interrupted("0123"), part(4, 9, "456789")]);
    let server = play(scripts).await;
    let s3 = server.builder().retry(policy).build().unwrap();
    for _ in 0..20 {
        let object = s3.get_object("photos", "cat.jpg").send().await.unwrap();
        assert_eq!(object.body.bytes().await.unwrap(), CONTENT);
    }
}

/// A large object survives any number of interruptions, if enough of it arrives between them.
#[tokio::test]
async fn a_continuation_with_a_mebibyte_returns_its_tokens() {
    const PART: usize = 1 << 20;
    let total = 5 * PART;
    let scripts = (0..5).map(|part| {
        let (first, last) = (part * PART, total - 1);
        let (status, range) = match part {
            0 => ("200 OK", String::new()),
            _ => (
                "206 X",
                format!("content-range: bytes {first}-{last}/{total}\r\n"),
            ),
        };
        let length = total - first;
        let head =
            format!("HTTP/1.1 {status}\r\netag: \"e\"\r\n{range}content-length: {length}\r\n\r\n");
        let body = "x".repeat(PART);
        vec![Request, raw(head + &body), Close]
    });
    let server = play(scripts).await;
    let policy = RetryPolicy {
        budget: 14,
        ..quick()
    };
    let s3 = server.builder().retry(policy).build().unwrap();
    let object = s3.get_object("photos", "cat.jpg").send().await.unwrap();
    assert_eq!(object.body.bytes().await.unwrap().len(), total);
    assert_eq!(server.requests().len(), 5);
}

#[tokio::test]
async fn a_chunk_that_is_dropped_while_the_body_continues_is_returned_later() {
    let mut slow = part(4, 9, "456789");
    slow.insert(1, Wait(Duration::from_millis(200)));
    let server = play([interrupted("0123"), slow]).await;
    let mut body = get(&server).await;
    assert_eq!(body.chunk().await.unwrap().unwrap(), "0123");
    while server.requests().len() < 2 {
        assert!(body.chunk().now_or_never().is_none());
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    assert!(body.chunk().now_or_never().is_none());
    assert_eq!(body.bytes().await.unwrap(), "456789");
    assert_eq!(server.requests().len(), 2);

    // A body that is dropped returns its tokens, and requests nothing more.
    let server = play([
        interrupted("0123"),
        vec![Request, Wait(Duration::from_secs(60))],
    ])
    .await;
    let policy = RetryPolicy {
        budget: 14,
        ..quick()
    };
    let s3 = server.builder().retry(policy).build().unwrap();
    let object = s3.get_object("photos", "cat.jpg").send().await.unwrap();
    tokio::select! {
        bytes = object.body.bytes() => panic!("{bytes:?}"),
        () = until(|| server.requests().len() == 2) => {}
    }
    tokio::time::sleep(Duration::from_millis(100)).await;
    assert_eq!(server.requests().len(), 2);
}

#[tokio::test]
async fn sixteen_bodies_continue_at_once() {
    let scripts = (0..16).map(|_| interrupted("0123"));
    let server = play(scripts.chain((0..16).map(|_| part(4, 9, "456789")))).await;
    let s3 = server.client();
    let mut objects = Vec::new();
    for _ in 0..16 {
        objects.push(s3.get_object("photos", "cat.jpg").send().await.unwrap());
    }
    let bodies = objects.into_iter().map(|object| object.body.bytes());
    let contents: Vec<_> = futures_util::stream::iter(bodies)
        .buffer_unordered(16)
        .collect()
        .await;
    for content in contents {
        assert_eq!(content.unwrap(), CONTENT);
    }
    assert_eq!(server.requests().len(), 32);
}

#[tokio::test]
async fn a_body_longer_than_the_limit_is_not_read() {
    let server = play([response("200 OK\r\netag: \"e\"", CONTENT)]).await;
    let error = get(&server).await.bytes_limited(9).await.unwrap_err();
    assert_eq!(
        error.to_string(),
        "GetObject photos/cat.jpg: malformed response: the body has 10 bytes, more than the limit of 9"
    );
    for (limit, is_enough) in [(9, false), (10, true), (usize::MAX, true)] {
        let chunked = "HTTP/1.1 200 OK\r\netag: \"e\"\r\ntransfer-encoding: chunked\r\n\r\n4\r\n0123\r\n6\r\n456789\r\n0\r\n\r\n";
        let server = play([
            response("200 OK\r\netag: \"e\"", CONTENT),
            vec![Request, raw(chunked)],
        ])
        .await;
        for _ in 0..2 {
            let read = get(&server).await.bytes_limited(limit).await;
            match read {
                Ok(content) => assert!(is_enough && content == CONTENT),
                Err(error) => {
                    assert!(!is_enough, "{error}");
                    assert!(error.to_string().contains("limit of 9"), "{error}");
                }
            }
        }
    }
    let body = ResponseBody::from(Bytes::from_static(b"data"));
    assert_eq!(body.bytes_limited(4).await.unwrap(), "data");
    let body = ResponseBody::from(Bytes::from_static(b"data"));
    assert!(body.bytes_limited(3).await.is_err());
}

#[tokio::test]
async fn a_body_without_a_length_has_no_exact_size() {
    let chunked = "HTTP/1.1 200 OK\r\netag: \"e\"\r\ntransfer-encoding: chunked\r\n\r\n4\r\n0123\r\n0\r\n\r\n";
    let server = play([vec![Request, raw(chunked)]]).await;
    let body = get(&server).await;
    assert_eq!(body.size_hint().exact(), None);
    assert_eq!(collected(body).await, b"0123");
    let empty = ResponseBody::from(Bytes::new());
    assert!(empty.is_end_stream());
    assert_eq!(empty.size_hint().exact(), Some(0));
    let buffered = ResponseBody::from(Bytes::from_static(b"data"));
    assert_eq!(buffered.size_hint().exact(), Some(4));
    assert_eq!(collected(buffered).await, b"data");
}
