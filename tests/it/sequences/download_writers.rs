//! Downloads to a writer: in order, in bounded memory.

use std::io;
use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll};
use std::time::Duration;

use slim_s3::error::TransportKind;
use tokio::io::{AsyncReadExt, AsyncWrite};

use super::downloads::{Faults, assert_monotonic, events, store};
use crate::live::content;
use crate::support::script::transport_kind;
use crate::support::server::{self, until};

/// A writer that takes up to three bytes at a time, and fails after `limit`.
#[derive(Clone)]
struct Slow {
    bytes: Arc<Mutex<Vec<u8>>>,
    limit: usize,
    calls: Arc<Mutex<(u32, u32)>>,
}

impl Slow {
    fn new(limit: usize) -> Slow {
        Slow {
            bytes: Arc::default(),
            limit,
            calls: Arc::default(),
        }
    }
}

impl AsyncWrite for Slow {
    fn poll_write(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let mut all = self.bytes.lock().unwrap();
        if all.len() >= self.limit {
            return Poll::Ready(Err(io::ErrorKind::BrokenPipe.into()));
        }
        // Pending now and then.
        if all.len() % 7 == 3 && fastrand::bool() {
            cx.waker().wake_by_ref();
            return Poll::Pending;
        }
        let count = bytes.len().min(3);
        all.extend_from_slice(&bytes[..count]);
        Poll::Ready(Ok(count))
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.calls.lock().unwrap().0 += 1;
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.calls.lock().unwrap().1 += 1;
        Poll::Ready(Ok(()))
    }
}

#[tokio::test]
async fn a_writer_gets_the_bytes_in_order_and_is_flushed() {
    for size in [0, 1, 99, 100, 101, 350, 4_000] {
        for concurrency in [1, 2, 4, 100] {
            let data = content(size);
            let faults = Faults {
                truncated: &[1, 3, 4],
                ..Faults::default()
            };
            let (s3, _) = store(data.clone(), faults).await;
            let writer = Slow::new(usize::MAX);
            let (events, listener) = events();
            let downloaded = s3
                .download_writer("photos", "cat.jpg", writer.clone())
                .part_size(100)
                .concurrency(concurrency)
                .on_event(listener)
                .send()
                .await
                .unwrap();
            assert!(*writer.bytes.lock().unwrap() == data, "{size}");
            assert_eq!(downloaded.size, size as u64);
            assert_eq!(downloaded.parts as usize, size.div_ceil(100).max(1));
            assert_eq!(*writer.calls.lock().unwrap(), (1, 0));
            if size > 0 {
                assert_monotonic(&events.lock().unwrap(), size as u64);
            }
        }
    }
}

#[tokio::test]
async fn a_writer_may_be_borrowed() {
    let (s3, _) = store(content(350), Faults::default()).await;
    let mut all = Vec::new();
    let download = s3.download_writer("photos", "cat.jpg", &mut all);
    download.part_size(100).send().await.unwrap();
    assert_eq!(all, content(350));
}

#[tokio::test]
async fn a_writer_that_fails_ends_the_download() {
    let (s3, _) = store(content(350), Faults::default()).await;
    let writer = Slow::new(120);
    let download = s3.download_writer("photos", "cat.jpg", writer.clone());
    let error = download.part_size(100).send().await.unwrap_err();
    assert_eq!(transport_kind(&error), TransportKind::File);
    let text = error.to_string();
    assert!(
        text.starts_with("Download photos/cat.jpg: the writer cannot be written: broken pipe"),
        "{text}"
    );
    let written = writer.bytes.lock().unwrap();
    // In steps of at most three.
    assert!((120..123).contains(&written.len()));
    assert_eq!(written[..], content(350)[..written.len()]);
    assert_eq!(*writer.calls.lock().unwrap(), (0, 0));
}

/// The second range never ends, so the writer never gets the third.
#[tokio::test]
async fn at_most_as_many_ranges_as_may_be_requested_at_a_time_are_kept() {
    let faults = Faults {
        stalls: Some(2),
        ..Faults::default()
    };
    let (s3, ranges) = store(content(2_000), faults).await;
    let writer = Slow::new(usize::MAX);
    let download = s3.download_writer("photos", "cat.jpg", writer.clone());
    let download = download.part_size(100).concurrency(4).send();
    let waiting = async {
        until(|| ranges.lock().unwrap().len() >= 5).await;
        // No more come.
        tokio::time::sleep(Duration::from_millis(500)).await;
    };
    tokio::select! {
        output = download => panic!("{output:?}"),
        () = waiting => {}
    }
    // One range is written, one stalls, and three wait for it.
    assert_eq!(ranges.lock().unwrap().len(), 5);
    assert_eq!(*writer.bytes.lock().unwrap(), content(100));
}

#[tokio::test]
async fn a_replaced_object_leaves_the_first_bytes_of_the_old_one() {
    let faults = Faults {
        replaced: Some(3),
        ..Faults::default()
    };
    let (s3, _) = store(content(350), faults).await;
    let (mut reader, writer) = tokio::io::duplex(1 << 20);
    let download = s3.download_writer("photos", "cat.jpg", writer);
    let error = download.part_size(100).concurrency(1).send().await;
    let error = error.unwrap_err().to_string();
    assert!(
        error.contains("the object was replaced during the download"),
        "{error}"
    );
    let mut written = Vec::new();
    reader.read_to_end(&mut written).await.unwrap();
    assert_eq!(written, content(350)[..200]);

    let (s3, ranges) = store(content(350), Faults::default()).await;
    let download = s3.download_writer("photos", "cat.jpg", tokio::io::sink());
    let error = download.concurrency(0).send().await.unwrap_err();
    server::assert_invalid(&error, "concurrency");
    assert!(ranges.lock().unwrap().is_empty());
}
