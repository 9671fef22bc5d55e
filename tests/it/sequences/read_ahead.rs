//! How far an upload reads ahead of what the store has accepted.

use std::fs;
use std::io::{self, Write};
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll};
use std::time::Duration;

use slim_s3::{Client, Upload};
use tokio::io::{AsyncRead, ReadBuf};

use super::{STORED, store_with_upload};
use crate::support::script::tiny_parts;
use crate::support::server::{self, Connection};

const PART: usize = 64 << 10;
const CONCURRENCY: usize = 3;

/// Long enough for an upload without a limit to read much more.
const MOMENT: Duration = Duration::from_millis(300);

#[derive(Clone, Default)]
struct Counts {
    read: Arc<AtomicUsize>,
    /// The parts to which the store has responded.
    accepted: Arc<AtomicUsize>,
    /// The maximum number of bytes that were read, but not yet accepted.
    ahead: Arc<AtomicUsize>,
}

/// Returns this many bytes, as much as there is room for.
struct Source(usize, Counts);

impl AsyncRead for Source {
    fn poll_read(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let count = self.0.min(buffer.remaining());
        buffer.put_slice(&vec![7; count]);
        self.0 -= count;
        let Counts {
            read,
            accepted,
            ahead,
        } = &self.1;
        let read = read.fetch_add(count, Ordering::SeqCst) + count;
        let accepted = accepted.load(Ordering::SeqCst) * PART;
        ahead.fetch_max(read.saturating_sub(accepted), Ordering::SeqCst);
        Poll::Ready(Ok(()))
    }
}

fn upload(s3: &Client, parts: usize, counts: &Counts) -> Upload {
    s3.upload_reader("bucket", "key", Source(parts * PART, counts.clone()))
        .threshold(1)
        .part_size(PART as u64)
        .part_limits(tiny_parts())
        .concurrency(CONCURRENCY)
}

#[tokio::test]
async fn a_reader_is_read_one_part_ahead_of_a_slow_store_at_most() {
    let counts = Counts::default();
    let accepted = counts.accepted.clone();
    let (address, _) = store_with_upload(move || {
        let accepted = accepted.clone();
        async move {
            tokio::time::sleep(MOMENT / 10).await;
            accepted.fetch_add(1, Ordering::SeqCst);
            STORED
        }
    })
    .await;
    let s3 = server::client(address);
    let stored = upload(&s3, 30, &counts).send().await.unwrap();
    assert_eq!((stored.parts, stored.size), (30, 30 * PART as u64));
    let ahead = counts.ahead.load(Ordering::SeqCst);
    let parts_in_flight = CONCURRENCY * PART;
    assert!(
        (parts_in_flight..=parts_in_flight + PART).contains(&ahead),
        "{ahead}"
    );
}

/// The number of bytes that `upload` reads if the store accepts nothing.
async fn read_without_responses(configure: impl FnOnce(Upload) -> Upload) -> usize {
    let counts = Counts::default();
    let (address, requests) = store_with_upload(std::future::pending).await;
    let upload = configure(upload(&server::client(address), 100, &counts));
    let upload = tokio::spawn(upload.send());
    // Once the store has all parts that are sent at a time.
    while requests.lock().unwrap().len() < 1 + CONCURRENCY {
        assert!(!upload.is_finished());
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    tokio::time::sleep(MOMENT).await;
    assert_eq!(requests.lock().unwrap().len(), 1 + CONCURRENCY);
    upload.abort();
    counts.read.load(Ordering::SeqCst)
}

#[tokio::test]
async fn a_reader_is_read_one_part_ahead_of_a_store_that_accepts_nothing_at_most() {
    let read = read_without_responses(|upload| upload).await;
    assert!(read <= (CONCURRENCY + 1) * PART, "{read}");
}

#[tokio::test]
async fn a_reader_is_read_up_to_the_threshold_if_that_is_more() {
    let threshold = 20 * PART + 1;
    let read = read_without_responses(|upload| upload.threshold(threshold as u64)).await;
    assert_eq!(read, threshold);
}

/// The store waits, replaces the rest of the file, and finds out how much of the old content the client still sends.
#[tokio::test]
async fn a_file_is_read_while_it_is_sent() {
    const SIZE: usize = 64 << 20;
    // The buffers of the sockets, and the pieces of the file in the client.
    const AHEAD: usize = 16 << 20;
    let path = std::env::temp_dir().join(format!("slim-s3-read-ahead-{}", std::process::id()));
    fs::File::create(&path)
        .unwrap()
        .set_len(SIZE as u64)
        .unwrap();
    let old = Arc::new(AtomicUsize::new(0));
    let (file, counted) = (path.clone(), old.clone());
    let address = server::serve(move |mut connection: Connection| {
        let (file, counted) = (file.clone(), counted.clone());
        async move {
            let head = connection.head().await.unwrap();
            tokio::time::sleep(MOMENT).await;
            let mut file = fs::OpenOptions::new().write(true).open(file).unwrap();
            file.write_all(&vec![1; SIZE]).unwrap();
            let length: usize = head.header("content-length").unwrap().parse().unwrap();
            let body = connection.body(length).await.unwrap();
            let old = body.iter().filter(|byte| **byte == 0).count();
            counted.store(old, Ordering::SeqCst);
            connection.respond(STORED, "").await;
        }
    })
    .await;
    let s3 = server::client(address);
    let stored = s3
        .upload_file("bucket", "key", &path)
        .threshold(1 << 30)
        .unsigned_payload()
        .send()
        .await
        .unwrap();
    fs::remove_file(&path).unwrap();
    assert_eq!(stored.size, SIZE as u64);
    let old = old.load(Ordering::SeqCst);
    assert!(old <= AHEAD, "{old} bytes were read ahead");
}
