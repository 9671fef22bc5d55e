//! Calls that are dropped, and calls under tokio's paused clock.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant, SystemTime};

use slim_s3::{Body, Credentials, RetryPolicy};

use super::Memory;
use crate::support::script::{Request, Wait, ok, play, quick, raw, reject};
use crate::support::server;

/// Dropped while its retry is in flight, which has neither failed nor succeeded.
#[tokio::test]
async fn a_call_that_is_dropped_during_a_retry_returns_its_tokens() {
    let slow = || vec![Request, Wait(Duration::from_secs(60))];
    let scripts = (0..40).flat_map(|_| [reject(500, "InternalError"), slow()]);
    let last = [reject(500, "InternalError"), ok()];
    let server = play(scripts.chain(last)).await;
    let policy = RetryPolicy {
        budget: 500,
        ..quick()
    };
    let s3 = server.builder().retry(policy).build().unwrap();
    for number in 1..=40 {
        let retried = server::until(|| server.requests().len() >= 2 * number);
        tokio::select! {
            outcome = s3.put_object("bucket", "key", "data").send() => panic!("{outcome:?}"),
            () = retried => {}
        }
    }
    let stored = s3
        .put_object("bucket", "key", "data")
        .send_with_metadata()
        .await;
    assert_eq!(stored.unwrap().attempts, 2);
}

/// Credentials that last a moment are still valid after a file was hashed.
#[tokio::test]
async fn the_credentials_provider_is_called_after_the_body_was_hashed() {
    let path = std::env::temp_dir().join(format!("slim-s3-hashed-{}", std::process::id()));
    std::fs::write(&path, vec![7; 32 << 20]).unwrap();
    let server = play([ok()]).await;
    let called_at = Arc::new(std::sync::Mutex::new(None));
    let called = called_at.clone();
    let s3 = server
        .builder()
        .credentials_provider(move || {
            *called.lock().unwrap() = Some(SystemTime::now());
            async { Ok::<_, std::io::Error>(Credentials::new("AK", "SK")) }
        })
        .build()
        .unwrap();
    let started = SystemTime::now();
    let body = Body::from_path(&path).unwrap();
    s3.put_object("bucket", "key", body).send().await.unwrap();
    std::fs::remove_file(&path).unwrap();
    let waited = called_at
        .lock()
        .unwrap()
        .unwrap()
        .duration_since(started)
        .unwrap();
    // Hashing 32 MiB takes some milliseconds at least, also with optimised hashing.
    assert!(waited > Duration::from_millis(5), "called after {waited:?}");
}

/// As in tests of users: the server responds after 50 ms of real time.
#[tokio::test(start_paused = true)]
async fn a_paused_clock_causes_no_timeout() {
    let (address, ready) = std::sync::mpsc::channel();
    let responded = Arc::new(AtomicBool::new(false));
    let (stop, done) = (responded.clone(), responded.clone());
    let thread = std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .unwrap();
        runtime.block_on(async move {
            let at = server::serve(move |mut connection| {
                let stop = stop.clone();
                async move {
                    connection.request().await;
                    tokio::time::sleep(Duration::from_millis(50)).await;
                    connection.respond("200 OK\r\netag: \"e\"", "").await;
                    stop.store(true, Ordering::SeqCst);
                }
            })
            .await;
            address.send(at).unwrap();
            while !done.load(Ordering::SeqCst) {
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
        });
    });
    let s3 = server::client(ready.recv().unwrap());
    let stored = s3
        .put_object("bucket", "key", "data")
        .send_with_metadata()
        .await;
    assert_eq!(stored.unwrap().attempts, 1);
    thread.join().unwrap();
}

/// On a runtime with one thread, which hashing would block. On a busy machine other programs may do so, but not each time.
#[tokio::test]
async fn hashing_a_large_body_does_not_block_other_tasks() {
    let bytes = bytes::Bytes::from(vec![7; 128 << 20]);
    let mut gaps = Vec::new();
    for _ in 0..5 {
        let (gap, hashing) = longest_gap_while_hashing(&bytes).await;
        if gap < hashing / 2 {
            return;
        }
        gaps.push((gap, hashing));
    }
    panic!("blocked for as long as hashing takes: {gaps:?}");
}

/// For how long a task was not run while a call hashed the body, and how long hashing takes.
async fn longest_gap_while_hashing(bytes: &bytes::Bytes) -> (Duration, Duration) {
    let started = Instant::now();
    slim_s3::PayloadHash::of(bytes);
    let hashing = started.elapsed();

    let longest_gap = Arc::new(std::sync::Mutex::new(Duration::ZERO));
    let gap = longest_gap.clone();
    let ticks = tokio::spawn(async move {
        loop {
            let started = Instant::now();
            tokio::time::sleep(Duration::from_millis(1)).await;
            let mut gap = gap.lock().unwrap();
            *gap = started.elapsed().max(*gap);
        }
    });
    tokio::task::yield_now().await;
    // Nothing listens there: the call ends after the body was hashed.
    let unused = std::net::TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap();
    server::put_error(&server::client(unused), bytes.clone()).await;
    ticks.abort();
    let gap = *longest_gap.lock().unwrap();
    (gap, hashing)
}

/// On a busy machine its thread may be late, but not each time.
#[tokio::test]
async fn hashing_ends_when_the_call_is_dropped() {
    let mut times = Vec::new();
    for _ in 0..3 {
        let (until_freed, hashing) = time_until_freed().await;
        if until_freed < hashing / 2 {
            return;
        }
        times.push((until_freed, hashing));
    }
    panic!("the body is hashed to its end: {times:?}");
}

/// For how long a dropped call keeps its body, and how long hashing takes.
async fn time_until_freed() -> (Duration, Duration) {
    let is_freed = Arc::new(AtomicBool::new(false));
    let bytes = bytes::Bytes::from_owner(Memory(vec![7; 512 << 20], is_freed.clone()));
    let started = Instant::now();
    slim_s3::PayloadHash::of(&bytes[..64 << 20]);
    let hashing = started.elapsed() * 8;

    let server = play([ok()]).await;
    let put = server.client().put_object("bucket", "key", bytes).send();
    let started = Instant::now();
    assert!(tokio::time::timeout(hashing / 16, put).await.is_err());
    while !is_freed.load(Ordering::SeqCst) {
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    (started.elapsed(), hashing)
}

#[cfg(unix)]
#[test]
fn a_body_from_a_pipe_is_an_error_without_a_writer() {
    let pipe = std::env::temp_dir().join(format!("slim-s3-fifo-{}", std::process::id()));
    assert!(
        std::process::Command::new("mkfifo")
            .arg(&pipe)
            .status()
            .unwrap()
            .success()
    );
    let error = Body::from_path(&pipe).unwrap_err();
    std::fs::remove_file(&pipe).unwrap();
    assert!(error.to_string().contains("upload_reader"), "{error}");
}

#[test]
fn a_call_outside_of_a_runtime_is_an_error() {
    use futures_util::FutureExt;

    let s3 = server::client("127.0.0.1:9".parse().unwrap());
    let put = s3.put_object("bucket", "key", "data").send();
    server::assert_invalid(&put.now_or_never().unwrap().unwrap_err(), "runtime");
    let upload = s3.upload_file("bucket", "key", file!()).send();
    server::assert_invalid(&upload.now_or_never().unwrap().unwrap_err(), "runtime");
    let reader = s3.upload_reader("bucket", "key", &b"data"[..]).send();
    server::assert_invalid(&reader.now_or_never().unwrap().unwrap_err(), "runtime");
    let mut pages = s3.list_objects_v2("bucket").pages();
    let page = pages.next_page().now_or_never().unwrap();
    server::assert_invalid(&page.unwrap_err(), "runtime");
    let deleted = s3.delete_many("bucket", ["key"]).send();
    server::assert_invalid(&deleted.now_or_never().unwrap().unwrap_err(), "runtime");

    // The body of an object, after its runtime.
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let mut object = runtime.block_on(async {
        let head = "HTTP/1.1 200 OK\r\netag: \"e\"\r\ncontent-length: 9\r\n\r\n";
        let script = vec![Request, raw(head), Wait(Duration::from_secs(9))];
        let server = play([script]).await;
        let get = server.client().get_object("bucket", "key").send();
        get.await.unwrap()
    });
    let chunk = object.body.chunk().now_or_never().unwrap();
    server::assert_invalid(&chunk.unwrap_err(), "runtime");
}
