//! Redirects, early responses, and errors with a success status.

use std::time::Duration;

use bytes::Bytes;
use slim_s3::Body;

use super::OK;
use crate::support::script::{Close, Request, Wait, ok, one_part, play, raw};
use crate::support::server::{self, client, record};

#[tokio::test]
async fn a_200_before_the_end_of_the_body_is_an_error() {
    let address = server::serve(|mut connection| async move {
        connection.head().await.unwrap();
        connection.respond(OK, "").await;
        tokio::time::sleep(Duration::from_secs(5)).await;
    })
    .await;
    let endless = futures_util::stream::unfold((), |()| async {
        tokio::time::sleep(Duration::from_millis(5)).await;
        Some((Ok::<_, std::io::Error>(Bytes::from_static(b"x")), ()))
    });
    let error = client(address)
        .put_object("bucket", "key", Body::stream(1 << 30, endless))
        .send()
        .await
        .unwrap_err();
    assert!(
        error
            .to_string()
            .contains("before it received the whole body"),
        "{error}"
    );
}

#[tokio::test]
async fn redirects_are_not_followed() {
    let (other, received_elsewhere) = record(OK, "").await;
    for status in [
        "301 Moved",
        "302 Found",
        "303 See Other",
        "307 Temporary Redirect",
        "308 Permanent Redirect",
    ] {
        let head: &'static str = Box::leak(
            format!(
                "{status}\r\nlocation: http://{other}/bucket/key\r\nx-amz-bucket-region: eu-west-1"
            )
            .into(),
        );
        let (address, _) = record(head, "").await;
        let error = client(address)
            .get_object("bucket", "key")
            .send()
            .await
            .unwrap_err();
        assert_eq!(
            (error.region(), error.status().unwrap().as_u16()),
            (Some("eu-west-1"), status[..3].parse().unwrap())
        );
        assert!(error.to_string().contains("region eu-west-1"), "{error}");
    }
    assert!(received_elsewhere.lock().unwrap().is_empty());
}

#[tokio::test]
async fn an_error_document_in_a_200_is_an_error() {
    let body = "\n<?xml version=\"1.0\"?>\n <Error><Code>SlowDown</Code><Message>Later.</Message><RequestId>R</RequestId></Error>";
    let (address, _) = record(OK, body).await;

    let s3 = client(address);
    let error = s3
        .complete_multipart_upload("bucket", "key", "id", &one_part())
        .send()
        .await
        .unwrap_err();
    assert_eq!(
        (
            error.code(),
            error.status().unwrap().as_u16(),
            error.is_retryable()
        ),
        (Some("SlowDown"), 200, true)
    );
    let error = s3
        .put_object("bucket", "key", "x")
        .send()
        .await
        .unwrap_err();
    assert_eq!(error.code(), Some("SlowDown"));
}

/// RFC 9110: neither has a body, whatever its Content-Length says. Reading one would take the next response for it.
#[tokio::test]
async fn a_204_and_a_304_have_no_body() {
    let server = play([
        vec![
            Request,
            raw("HTTP/1.1 204 No Content\r\ncontent-length: 5\r\n\r\n"),
        ],
        vec![
            Request,
            raw("HTTP/1.1 304 Not Modified\r\ncontent-length: 5\r\n\r\n"),
        ],
        vec![
            Request,
            raw("HTTP/1.1 204 No Content\r\ncontent-length: 5\r\n\r\n"),
        ],
    ])
    .await;
    let s3 = server.client();
    s3.delete_object("bucket", "key").send().await.unwrap();
    let get = s3.get_object("bucket", "key").if_none_match("e");
    assert!(get.send().await.unwrap_err().is_not_modified());
    let error = s3.get_object("bucket", "key").send().await.unwrap_err();
    assert!(error.to_string().contains("got 204"), "{error}");
}

/// Such as that of a gateway that generates or compresses objects.
#[tokio::test]
async fn a_chunked_object_is_whole_without_a_length() {
    let head = "HTTP/1.1 200 OK\r\netag: \"e\"\r\ntransfer-encoding: chunked\r\n\r\n5\r\nhello\r\n";
    let server = play([
        vec![Request, raw(format!("{head}0\r\n\r\n"))],
        vec![Request, raw(head), Close],
        vec![Request, raw("HTTP/1.1 200 OK\r\netag: \"e\"\r\n\r\n")],
    ])
    .await;
    let s3 = server.client();
    let object = s3.get_object("bucket", "key").send().await.unwrap();
    assert_eq!(object.content_length, None);
    assert_eq!(object.body.bytes().await.unwrap(), "hello");
    let truncated = s3.get_object("bucket", "key").send().await.unwrap();
    truncated.body.bytes().await.unwrap_err();
    let head = s3.head_object("bucket", "key").send().await.unwrap();
    assert_eq!(head.content_length, None);
}

/// Only `chunked` marks the end of a body.
#[tokio::test]
async fn a_body_in_another_transfer_encoding_is_malformed() {
    for encoding in ["identity", "gzip", "gzip, chunked", "chunked, gzip"] {
        let head =
            format!("HTTP/1.1 200 OK\r\netag: \"e\"\r\ntransfer-encoding: {encoding}\r\n\r\n");
        let server = play([vec![
            Request,
            raw(format!("{head}5\r\nhello\r\n0\r\n\r\n")),
            Close,
        ]])
        .await;
        let s3 = server
            .builder()
            .retry(slim_s3::RetryPolicy::none())
            .build()
            .unwrap();
        s3.get_object("bucket", "key")
            .send()
            .await
            .map(drop)
            .unwrap_err();
    }
}

#[tokio::test]
async fn a_range_may_be_chunked() {
    let head = "HTTP/1.1 206 Partial Content\r\netag: \"e\"\r\ncontent-range: bytes 2-6/9\r\ntransfer-encoding: chunked\r\n\r\n";
    let server = play([vec![Request, raw(format!("{head}5\r\nhello\r\n0\r\n\r\n"))]]).await;
    let get = server.client().get_object("bucket", "key").range(2..7);
    let object = get.send().await.unwrap();
    assert_eq!(object.body.bytes().await.unwrap(), "hello");
}

/// The body of a 204 arrives late, on the connection of the next call.
#[tokio::test]
async fn a_call_after_a_late_body_is_retried_on_another_connection() {
    let late = vec![
        Request,
        raw("HTTP/1.1 204 No Content\r\ncontent-length: 5\r\n\r\n"),
        Wait(std::time::Duration::from_millis(20)),
        raw("hello"),
    ];
    let server = play([late, ok(), ok()]).await;
    let s3 = server.client();
    s3.delete_object("bucket", "key").send().await.unwrap();
    let put = s3.put_object("bucket", "key", "data");
    put.send().await.unwrap();
}
