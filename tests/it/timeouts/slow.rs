//! Slow transfers succeed.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use slim_s3::{Body, Timeouts};
use tokio::io::AsyncReadExt;

use super::{STEP, STEPS, TIMEOUT, client_with, slow_pieces};
use crate::support::script::{Head, ReadSlowly, Wait, WriteSlowly, play};
use crate::support::server::{self, Connection, client_with_timeouts};

const STORED: &str = "200 OK\r\netag: \"e\"";

/// Reads a request's head and returns the length of its body.
async fn body_length(connection: &mut Connection) -> usize {
    let head = connection.head().await.unwrap();
    head.header("content-length").unwrap().parse().unwrap()
}

/// A store that pauses for `STEP` each time it has read `bytes` of a body.
async fn slow_store(bytes: usize) -> SocketAddr {
    server::serve(move |mut connection: Connection| async move {
        let length = body_length(&mut connection).await;
        let mut read = connection.buffered();
        let mut pause_at = 0;
        while read < length {
            if read >= pause_at {
                tokio::time::sleep(STEP).await;
                pause_at += bytes;
            }
            match connection.read().await {
                0 => return,
                count => read += count,
            }
        }
        connection.respond(STORED, "").await;
    })
    .await
}

#[tokio::test]
async fn a_slow_upload_succeeds() {
    let address = server::serve(|mut connection| async move {
        let request = connection.request().await.unwrap();
        assert!(request.body.len() > STEPS);
        connection.respond(STORED, "").await;
    })
    .await;
    let start = Instant::now();
    client_with_timeouts(address, TIMEOUT)
        .put_object("bucket", "key", Body::stream(STEPS as u64, slow_pieces()))
        .send()
        .await
        .unwrap();
    assert!(start.elapsed() > TIMEOUT * 9);
}

/// The store takes longer than the timeout to read the whole body.
#[tokio::test]
async fn an_upload_to_a_slow_store_succeeds() {
    let address = slow_store(4 << 20).await;
    let start = Instant::now();
    client_with_timeouts(address, TIMEOUT)
        .put_object("bucket", "key", vec![1; 64 << 20])
        .send()
        .await
        .unwrap();
    assert!(start.elapsed() > TIMEOUT * 3, "{:?}", start.elapsed());
}

/// A chunk of 16 MiB takes longer than the timeout, but its bytes move.
#[tokio::test]
async fn large_chunks_to_a_slow_store_succeed() {
    let address = slow_store(2 << 20).await;
    let start = Instant::now();
    let length = 20 << 20;
    let body = Body::reader(length, tokio::io::repeat(7).take(length));
    client_with_timeouts(address, TIMEOUT)
        .put_object("bucket", "key", body)
        .chunk_size(16 << 20)
        .send()
        .await
        .unwrap();
    assert!(start.elapsed() > TIMEOUT * 2, "{:?}", start.elapsed());
}

/// The operating system buffers the whole body: the client writes its last byte long before the store receives it.
#[tokio::test]
async fn a_slowly_read_body_in_the_send_buffer_succeeds() {
    let address = server::serve(|mut connection: Connection| async move {
        let mut head = vec![0; 1000];
        let _ = tokio::io::AsyncReadExt::read(&mut connection.stream, &mut head).await;
        // Nearly all of it, 32 KiB every `STEP`.
        for _ in 0..15 {
            tokio::time::sleep(STEP).await;
            let mut piece = vec![0; 32 << 10];
            if tokio::io::AsyncReadExt::read_exact(&mut connection.stream, &mut piece)
                .await
                .is_err()
            {
                break;
            }
        }
        connection.respond(STORED, "").await;
        std::future::pending().await
    })
    .await;
    let start = Instant::now();
    let call =
        client_with_timeouts(address, TIMEOUT).put_object("bucket", "key", vec![1; 512 << 10]);
    call.send().await.unwrap();
    assert!(start.elapsed() > TIMEOUT * 3, "{:?}", start.elapsed());
}

/// Neither the operating system nor reqwest ends the upload before the stall timeout; reqwest's default would be 30 s.
#[tokio::test]
async fn a_pause_of_33_seconds_is_within_the_default_timeouts() {
    let address = server::serve(|mut connection: Connection| async move {
        let length = body_length(&mut connection).await;
        tokio::time::sleep(Duration::from_secs(33)).await;
        let mut read = connection.buffered();
        while read < length {
            match connection.read().await {
                0 => return,
                count => read += count,
            }
        }
        connection.respond(STORED, "").await;
    })
    .await;
    let s3 = server::builder(address).build().unwrap();
    s3.put_object("bucket", "key", vec![1; 64 << 20])
        .send()
        .await
        .unwrap();
}

#[tokio::test]
async fn a_slow_download_succeeds() {
    let address = server::serve(|mut connection| async move {
        connection.head().await.unwrap();
        connection
            .write("HTTP/1.1 200 OK\r\netag: \"e\"\r\ncontent-length: 40\r\n\r\n")
            .await;
        for _ in 0..STEPS {
            tokio::time::sleep(STEP).await;
            connection.write("x").await;
        }
    })
    .await;
    let object = client_with_timeouts(address, TIMEOUT)
        .get_object("bucket", "key")
        .send()
        .await
        .unwrap();
    assert_eq!(object.body.bytes().await.unwrap().len(), STEPS);
}

/// The store reads the body slowly, delays its response, and sends it byte by byte.
#[tokio::test]
async fn slow_transfers_are_not_retried() {
    let limit = Duration::from_secs(1);
    let pause = Duration::from_millis(250);
    let response = b"HTTP/1.1 200 OK\r\netag: \"e\"\r\ncontent-length: 0\r\n\r\n";
    let script = vec![
        Head,
        ReadSlowly(4 << 20, pause),
        Wait(limit / 2),
        WriteSlowly(response.to_vec(), pause / 20),
    ];
    let server = play([script]).await;
    let put = server
        .client_with_timeouts(limit)
        .put_object("bucket", "key", vec![1; 64 << 20]);
    let start = Instant::now();
    assert_eq!(put.send_with_metadata().await.unwrap().attempts, 1);
    assert!(start.elapsed() > limit * 4, "{:?}", start.elapsed());
}

#[tokio::test]
async fn the_longest_timeouts_are_supported() {
    let (address, _) = server::record(STORED, "").await;
    let s3 = client_with(address, server::all_timeouts(Duration::MAX));
    for body in [
        Body::empty(),
        Body::from(vec![1; 1 << 20]),
        Body::stream(STEPS as u64, slow_pieces()),
    ] {
        s3.put_object("bucket", "key", body).send().await.unwrap();
    }
    assert!(server::read(&s3, "bucket", "key").await.is_empty());
}

#[tokio::test]
async fn slow_operations_have_a_longer_response_timeout() {
    let address = server::serve(|mut connection| async move {
        connection.request().await.unwrap();
        tokio::time::sleep(TIMEOUT * 4).await;
        let body =
            "<CompleteMultipartUploadResult><ETag>e-1</ETag></CompleteMultipartUploadResult>";
        connection.respond("200 OK", body).await;
    })
    .await;
    let timeouts = Timeouts {
        slow_response: TIMEOUT * 10,
        ..server::all_timeouts(TIMEOUT)
    };
    client_with(address, timeouts)
        .complete_multipart_upload("bucket", "key", "id", &crate::support::script::one_part())
        .send()
        .await
        .unwrap();
}
