//! Which bodies can be replayed.

use std::time::Duration;

use bytes::Bytes;
use slim_s3::{Body, Client, Credentials, RetryPolicy};

use crate::support::script::{Head, Read, Request, Reset, drop_response, ok, play, reject};
use crate::support::server::put_error;
use crate::support::verifier::verify;

fn stream(text: &'static str) -> Body {
    let pieces = futures_util::stream::iter([Ok::<_, std::io::Error>(Bytes::from(text))]);
    Body::stream(text.len() as u64, pieces)
}

#[tokio::test]
async fn a_file_is_read_again_for_each_attempt() {
    let path = std::env::temp_dir().join(format!("slim-s3-retry-{}", std::process::id()));
    std::fs::write(&path, vec![7; 1 << 20]).unwrap();
    let server = play([vec![Head, Read(1000), Reset], reject(503, "SlowDown"), ok()]).await;
    let file = std::fs::File::open(&path).unwrap();
    let stored = server
        .client()
        .put_object("bucket", "key", file)
        .send_with_metadata()
        .await
        .unwrap();
    assert_eq!(stored.attempts, 3);
    let last = server.requests().pop().unwrap();
    verify(&last);
    assert_eq!(last.body, vec![7; 1 << 20]);
    std::fs::remove_file(&path).unwrap();
}

#[tokio::test]
async fn a_partly_read_stream_is_not_retried() {
    for script in [
        reject(503, "SlowDown"),
        drop_response(),
        vec![Request, Reset],
    ] {
        let server = play([script, ok()]).await;
        let error = put_error(&server.client(), stream("data")).await;
        assert_eq!(
            (error.context().attempts, server.remaining()),
            (1, 1),
            "{error}"
        );
        let reason =
            "(not retried: the body is a stream that was partly consumed and cannot be replayed)";
        assert!(error.to_string().ends_with(reason), "{error}");
        assert!(error.is_retryable(), "{error}");
    }
}

#[tokio::test]
async fn a_permanent_error_does_not_blame_the_stream() {
    let server = play([reject(403, "AccessDenied")]).await;
    let error = put_error(&server.client(), stream("data")).await;
    assert_eq!(error.context().gave_up, None, "{error}");
}

#[tokio::test]
async fn an_unread_stream_is_retried() {
    let free = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = free.local_addr().unwrap();
    drop(free);
    let policy = RetryPolicy {
        max_attempts: 1000,
        base_delay: Duration::from_millis(20),
        max_delay: Duration::from_millis(20),
        budget: u32::MAX,
        ..RetryPolicy::default()
    };
    let s3 = Client::builder()
        .endpoint(&format!("http://{address}"))
        .credentials(Credentials::new("AKID", "SECRET"))
        .retry(policy)
        .build()
        .unwrap();
    let put = s3
        .put_object("bucket", "key", stream("data"))
        .send_with_metadata();
    let listen = async {
        tokio::time::sleep(Duration::from_millis(200)).await;
        let listener = tokio::net::TcpListener::bind(address).await.unwrap();
        let (mut socket, _) = listener.accept().await.unwrap();
        let mut received = Vec::new();
        while !received.ends_with(b"\r\n0;chunk-signature=")
            && !received.windows(4).any(|window| window == b"data")
        {
            let mut buffer = [0; 4096];
            let count = tokio::io::AsyncReadExt::read(&mut socket, &mut buffer)
                .await
                .unwrap();
            received.extend_from_slice(&buffer[..count]);
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
        let response = b"HTTP/1.1 200 OK\r\netag: \"e\"\r\ncontent-length: 0\r\n\r\n";
        tokio::io::AsyncWriteExt::write_all(&mut socket, response)
            .await
            .unwrap();
        socket
    };
    let (stored, _socket) = tokio::join!(put, listen);
    let stored = stored.unwrap();
    assert!(stored.attempts > 1, "{stored:?}");
    assert!(
        stored.earlier[0]
            .cause
            .starts_with("no connection to 127.0.0.1:"),
        "{stored:?}"
    );
}
