//! Connections that the store closes early.

use slim_s3::Error;
use slim_s3::error::{Stage, TransportKind};

use super::TIMEOUT;
use crate::support::script::{Close, Head, Read, Reset, error_document, play, raw, transport_kind};
use crate::support::server::{self, client_with_timeouts, put_error, serve_bytes};

#[tokio::test]
async fn a_truncated_download_fails() {
    let response = "HTTP/1.1 200 OK\r\netag: \"e\"\r\ncontent-length: 20\r\n\r\nhello";
    let address = serve_bytes(response).await;
    let object = client_with_timeouts(address, TIMEOUT)
        .get_object("bucket", "key")
        .send()
        .await
        .unwrap();
    let error = object.body.bytes().await.unwrap_err();
    assert_eq!(
        transport_kind(&error),
        TransportKind::Broken(Stage::Receiving)
    );
    assert!(
        error
            .to_string()
            .starts_with("GetObject bucket/key: the response was truncated after 5 of 20 bytes"),
        "{error}"
    );
}

/// The Content-Length counts even if the transfer encoding disagrees.
#[tokio::test]
async fn a_chunked_download_shorter_than_its_content_length_fails() {
    let response = "HTTP/1.1 200 OK\r\netag: \"e\"\r\ncontent-length: 5\r\ntransfer-encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n";
    let address = serve_bytes(response).await;
    let outcome = match client_with_timeouts(address, TIMEOUT)
        .get_object("bucket", "key")
        .send()
        .await
    {
        Ok(object) => object.body.bytes().await.map(drop),
        Err(error) => Err(error),
    };
    let error = outcome.unwrap_err();
    assert!(matches!(error, Error::Transport(_)), "{error}");
}

#[tokio::test]
async fn a_connection_closed_while_sending_reports_the_bytes_sent() {
    let address = server::serve(|mut connection| async move {
        connection.head().await.unwrap();
        for _ in 0..20 {
            connection.read().await;
        }
    })
    .await;
    let error = put_error(
        &client_with_timeouts(address, TIMEOUT * 10),
        vec![1; 64 << 20],
    )
    .await;
    assert_eq!(
        transport_kind(&error),
        TransportKind::Broken(Stage::Sending),
        "{error}"
    );
    assert!(
        error.to_string().contains("of 67108864 bytes were sent"),
        "{error}"
    );
    assert!(std::error::Error::source(&error).is_some());
}

#[tokio::test]
async fn an_error_response_before_the_end_of_the_body_is_reported() {
    let address = server::serve(|mut connection| async move {
        connection.head().await.unwrap();
        connection
            .respond(
                "403 Forbidden",
                "<Error><Code>AccessDenied</Code><Message>No.</Message></Error>",
            )
            .await;
        // Keeps reading, as stores do: a reset could discard the response.
        while connection.read().await > 0 {}
    })
    .await;
    let error = put_error(&client_with_timeouts(address, TIMEOUT), vec![1; 32 << 20]).await;
    assert_eq!(error.code(), Some("AccessDenied"), "{error}");
}

/// The error is the store's response, or the number of bytes sent if only a reset arrives. On two threads, because a
/// real store does not share the client's.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_rejection_while_sending_is_reported_or_the_connection_broke() {
    let rejection = format!(
        "HTTP/1.1 403 Forbidden\r\nconnection: close\r\ncontent-length: {}\r\n\r\n{}",
        error_document("AccessDenied").len(),
        error_document("AccessDenied")
    );
    let (mut reported, mut broken) = (0, 0);
    for round in 0..20 {
        // MinIO rejects after 11 MiB, versitygw after 1.6 MiB. The last script sends no response at all.
        let script = match round % 4 {
            0 => vec![Head, raw(&rejection), Close],
            1 => vec![Head, Read(1 << 20), raw(&rejection), Close],
            2 => vec![Head, Read(11 << 20), raw(&rejection), Reset],
            _ => vec![Head, Read(1 << 20), Reset],
        };
        let server = play((0..3).map(|_| script.clone())).await;
        let error = put_error(&server.client(), vec![1; 32 << 20]).await;
        assert!(error.context().attempts <= 2, "{error}");
        match &error {
            Error::Service(_) => {
                assert_eq!(error.code(), Some("AccessDenied"));
                reported += 1;
            }
            Error::Transport(_) => {
                assert_eq!(
                    transport_kind(&error),
                    TransportKind::Broken(Stage::Sending),
                    "{error}"
                );
                let text = error.to_string();
                assert!(
                    text.contains("the store closed the connection while the body was being sent"),
                    "{text}"
                );
                assert!(text.contains("of 33554432 bytes were sent"), "{text}");
                broken += 1;
            }
            _ => panic!("{error}"),
        }
    }
    println!("{reported} rejections and {broken} broken connections were reported");
    // A quarter of the rounds send no response. In the others, a reset sometimes overtakes it.
    assert!(reported >= 10, "{reported} rejections were reported");
}
