//! Readers and streams over a response body, after their end and after an error.

use futures_util::StreamExt;
use slim_s3::error::TransportKind;
use slim_s3::{Error, ResponseBody};
use tokio::io::{AsyncBufReadExt, AsyncReadExt, BufReader};

use crate::support::script::{Close, Request, play, raw, response};

async fn body_of(content: &'static str) -> ResponseBody {
    let server = play([response("200 OK\r\netag: \"e\"", content)]).await;
    let object = server.client().get_object("bucket", "key").send().await;
    object.unwrap().body
}

/// A body of which only the first 9 of 100 bytes arrive.
async fn truncated() -> ResponseBody {
    let head = "HTTP/1.1 200 OK\r\netag: \"e\"\r\ncontent-length: 100\r\n\r\n123456789";
    let server = play([vec![Request, raw(head), Close]]).await;
    let call = server
        .client()
        .get_object("bucket", "key")
        .no_continuation();
    call.send().await.unwrap().body
}

#[tokio::test]
async fn the_lines_of_an_object_end_without_a_final_newline() {
    let reader = BufReader::new(Box::pin(body_of("one\ntwo").await.into_reader()));
    let mut lines = reader.lines();
    let mut found = Vec::new();
    while let Some(line) = lines.next_line().await.unwrap() {
        found.push(line);
    }
    assert_eq!(found, ["one", "two"]);
    assert_eq!(lines.next_line().await.unwrap(), None);
}

#[tokio::test]
async fn a_reader_stays_at_its_end() {
    let mut reader = Box::pin(body_of("text").await.into_reader());
    let mut text = String::new();
    reader.read_to_string(&mut text).await.unwrap();
    assert_eq!(text, "text");
    for _ in 0..3 {
        assert_eq!(reader.read(&mut [0; 8]).await.unwrap(), 0);
    }
}

#[tokio::test]
async fn a_reader_of_a_truncated_body_repeats_its_error() {
    let mut reader = Box::pin(truncated().await.into_reader());
    let mut bytes = Vec::new();
    let error = reader.read_to_end(&mut bytes).await.unwrap_err();
    assert!(error.to_string().contains("truncated after 9 of 100"));
    for _ in 0..3 {
        let again = reader.read(&mut [0; 8]).await.unwrap_err();
        assert_eq!(again.to_string(), error.to_string());
    }
}

#[tokio::test]
async fn a_truncated_body_repeats_its_error() {
    let mut body = truncated().await;
    let first = loop {
        match body.chunk().await {
            Ok(Some(_)) => {}
            Ok(None) => panic!("a truncated body has ended"),
            Err(error) => break error,
        }
    };
    for _ in 0..3 {
        let again = body.chunk().await.unwrap_err();
        assert_eq!(again.to_string(), first.to_string());
        let Error::Transport(error) = again else {
            panic!("{again}");
        };
        assert!(matches!(error.kind, TransportKind::Broken(_)));
    }
}

#[tokio::test]
async fn a_body_stays_at_its_end() {
    let mut body = body_of("text").await;
    while body.chunk().await.unwrap().is_some() {}
    for _ in 0..3 {
        assert_eq!(body.chunk().await.unwrap(), None);
    }
}

#[tokio::test]
async fn a_stream_stays_at_its_end() {
    let mut stream = Box::pin(body_of("text").await.into_stream());
    while stream.next().await.is_some() {}
    assert!(stream.next().await.is_none());

    let mut stream = Box::pin(truncated().await.into_stream());
    while stream.next().await.is_some_and(|chunk| chunk.is_ok()) {}
    for _ in 0..3 {
        assert!(stream.next().await.is_none());
    }
}
