//! Request bodies whose call has ended: nothing of them is sent any more, and their source is dropped.

use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use bytes::Bytes;
use futures_util::Stream;
use slim_s3::error::TransportKind;
use slim_s3::{Body, Client, Credentials, Error, PayloadHash, RetryPolicy, Timeouts};

use super::Memory;
use crate::support::script::quick;
use crate::support::server;

const CHUNK: usize = 64 << 10;

/// An endless source that counts what was read of it, and notes that it was dropped.
#[derive(Clone, Default)]
struct Source {
    read: Arc<AtomicU64>,
    dropped: Arc<AtomicBool>,
    /// After how many bytes it returns nothing any more.
    silent_after: u64,
}

struct Bytes64K(Source);

impl Drop for Bytes64K {
    fn drop(&mut self) {
        self.0.dropped.store(true, Ordering::SeqCst);
    }
}

impl Stream for Bytes64K {
    type Item = Result<Bytes, std::io::Error>;

    fn poll_next(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let read = self.0.read.fetch_add(CHUNK as u64, Ordering::SeqCst);
        if read >= self.0.silent_after {
            return Poll::Pending;
        }
        Poll::Ready(Some(Ok(Bytes::from_static(&[0; CHUNK]))))
    }
}

impl Source {
    fn endless() -> Source {
        Source {
            silent_after: u64::MAX,
            ..Source::default()
        }
    }

    fn silent_after(bytes: u64) -> Source {
        Source {
            silent_after: bytes,
            ..Source::default()
        }
    }

    fn body(&self) -> Body {
        Body::stream(1 << 40, Bytes64K(self.clone()))
    }

    async fn is_dropped_within(&self, limit: Duration) -> bool {
        let start = Instant::now();
        while start.elapsed() < limit {
            if self.dropped.load(Ordering::SeqCst) {
                return true;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        false
    }
}

fn client(address: std::net::SocketAddr) -> Client {
    Client::builder()
        .endpoint(&format!("http://{address}"))
        .credentials(Credentials::new("AK", "SK"))
        .retry(RetryPolicy::none())
        .timeouts(Timeouts {
            stall: Duration::from_secs(1),
            response: Duration::from_secs(1),
            ..Timeouts::default()
        })
        .build()
        .unwrap()
}

/// Rejects a request after the first bytes of its body, and keeps reading.
async fn early_rejection() -> std::net::SocketAddr {
    server::serve(|mut connection| async move {
        use tokio::io::{AsyncReadExt, AsyncWriteExt};
        let mut buffer = vec![0; CHUNK];
        let _ = connection.stream.read(&mut buffer).await;
        let response = b"HTTP/1.1 403 Forbidden\r\ncontent-length: 0\r\n\r\n";
        let _ = connection.stream.write_all(response).await;
        while connection
            .stream
            .read(&mut buffer)
            .await
            .is_ok_and(|read| read > 0)
        {}
    })
    .await
}

#[tokio::test]
async fn a_rejected_stream_is_dropped_with_its_call() {
    let s3 = client(early_rejection().await);
    let source = Source::endless();
    let error = s3
        .put_object("bucket", "key", source.body())
        .send()
        .await
        .unwrap_err();
    assert_eq!(
        error.status().map(|status| status.as_u16()),
        Some(403),
        "{error}"
    );
    assert!(source.is_dropped_within(Duration::from_secs(1)).await);
    let read = source.read.load(Ordering::SeqCst);
    tokio::time::sleep(Duration::from_millis(300)).await;
    assert_eq!(
        source.read.load(Ordering::SeqCst),
        read,
        "the stream was read on"
    );
}

#[tokio::test]
async fn a_silent_stream_is_dropped_with_its_call() {
    let s3 = client(early_rejection().await);
    let source = Source::silent_after(CHUNK as u64);
    let put = s3.put_object("bucket", "key", source.body());
    assert!(put.send().await.is_err());
    assert!(source.is_dropped_within(Duration::from_secs(1)).await);
}

#[tokio::test]
async fn a_stalled_stream_is_dropped_with_its_call() {
    let s3 = client(server::never_reading().await);
    let source = Source::endless();
    let put = s3.put_object("bucket", "key", source.body());
    let error = put.send().await.unwrap_err();
    assert!(
        error.to_string().contains("stalled while sending"),
        "{error}"
    );
    assert!(source.is_dropped_within(Duration::from_secs(1)).await);
}

#[tokio::test]
async fn the_body_of_a_dropped_call_is_dropped() {
    let s3 = client(server::never_reading().await);
    let source = Source::endless();
    let put = s3.put_object("bucket", "key", source.body()).send();
    assert!(
        tokio::time::timeout(Duration::from_millis(300), put)
            .await
            .is_err()
    );
    assert!(source.is_dropped_within(Duration::from_secs(1)).await);
}

/// The system closes the socket a few seconds after the stall timeout.
#[cfg(target_os = "linux")]
#[tokio::test]
async fn the_socket_of_a_stalled_upload_is_closed() {
    let address = server::never_reading().await;
    let s3 = client(address);
    let put = s3.put_object("bucket", "key", vec![1; 30 << 20]);
    assert!(put.send().await.is_err());
    let start = Instant::now();
    while server::sockets_to(address.port()) > 0 {
        assert!(
            start.elapsed() < Duration::from_secs(20),
            "the socket is still open"
        );
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}

#[tokio::test]
async fn a_source_that_panics_is_the_cause_of_the_error() {
    let s3 = client(server::never_reading().await);
    let stream =
        futures_util::stream::poll_fn(|_| -> Poll<Option<Result<Bytes, std::io::Error>>> {
            panic!("a panic of the source")
        });
    let put = s3.put_object("bucket", "key", Body::stream(10, stream));
    let error = put.send().await.unwrap_err();
    assert!(
        error.to_string().contains("the body's source panicked"),
        "{error}"
    );
    let Error::Transport(error) = error else {
        panic!("{error}");
    };
    assert_eq!(error.kind, TransportKind::Body);
}

#[tokio::test]
async fn the_memory_of_a_stalled_upload_is_freed() {
    let s3 = client(server::never_reading().await);
    let source = Source::default();
    let bytes = Bytes::from_owner(Memory(vec![1; 30 << 20], source.dropped.clone()));
    let put = s3
        .put_object("bucket", "key", bytes)
        .payload_hash(PayloadHash::Unsigned);
    assert!(put.send().await.is_err());
    assert!(source.is_dropped_within(Duration::from_secs(1)).await);
}

/// Otherwise the rest of the first body could arrive after the second, and replace a newer object.
#[tokio::test]
async fn a_body_whose_success_came_too_early_is_not_sent_on_during_the_retry() {
    const LENGTH: usize = 64 << 20;
    let received = Arc::new([AtomicU64::new(0), AtomicU64::new(0)]);
    let (counts, connections) = (received.clone(), AtomicU64::new(0));
    let address = server::serve(move |mut connection| {
        let index = connections.fetch_add(1, Ordering::SeqCst) as usize;
        let counts = counts.clone();
        async move {
            connection.head().await;
            let early = if index == 0 { CHUNK } else { LENGTH };
            let mut has_responded = false;
            loop {
                if connection.buffered() >= early && !has_responded {
                    has_responded = true;
                    connection.respond("200 OK\r\netag: \"e\"", "").await;
                }
                if connection.read().await == 0 {
                    return;
                }
                counts[index].store(connection.buffered() as u64, Ordering::SeqCst);
            }
        }
    })
    .await;
    let s3 = server::builder(address).retry(quick()).build().unwrap();
    let put = s3.put_object("bucket", "key", vec![1; LENGTH]);
    let stored = put.send_with_metadata().await.unwrap();
    assert_eq!(stored.attempts, 2);
    tokio::time::sleep(Duration::from_millis(300)).await;
    let [first, second] = &*received;
    assert!(
        first.load(Ordering::SeqCst) < (LENGTH / 2) as u64,
        "{first:?} bytes were received"
    );
    assert_eq!(second.load(Ordering::SeqCst), LENGTH as u64);
}
