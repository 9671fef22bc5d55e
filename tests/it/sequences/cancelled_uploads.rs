//! Uploads that are cancelled, at each of their stages.

use std::future::pending;
use std::sync::Arc;
use std::task::Poll;
use std::time::Duration;

use bytes::Bytes;
use futures_util::stream;
use slim_s3::error::TransportKind;
use slim_s3::{Error, OnFailure};

use super::controlled_uploads::{aborted, completed, composite, part, upload};
use crate::support::script::{
    Request, Script, Server, Wait, ok, play, tiny_parts, transport_kind, upload_created,
};

/// A response that does not come.
fn held() -> Script {
    vec![Request, Wait(Duration::from_secs(60))]
}

fn assert_cancelled(error: &Error) {
    assert_eq!(transport_kind(error), TransportKind::Cancelled, "{error}");
    assert!(error.to_string().contains("the transfer was cancelled"));
}

#[tokio::test]
async fn an_upload_that_is_cancelled_before_it_begins_sends_nothing() {
    let server = play([]).await;
    let upload = upload(&server).cancel_on(async {});
    let error = upload.send().await.unwrap_err();
    assert_cancelled(&error);
    assert!(!error.is_outcome_unknown(), "{error}");
    assert!(server.requests().is_empty());
}

/// Cancels when the server has received this many requests.
async fn received(server: Arc<Server>, count: usize) {
    while server.requests().len() < count {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

#[tokio::test]
async fn an_upload_that_is_cancelled_during_a_part_is_aborted() {
    for (on_failure, requests) in [(OnFailure::Abort, 5), (OnFailure::Keep, 3)] {
        let [abort, list] = aborted();
        let scripts = [upload_created(), part("0123"), held(), abort, list];
        let server = Arc::new(play(scripts).await);
        let stop = received(server.clone(), 3);
        let upload = upload(&server).on_failure(on_failure).cancel_on(stop);
        let error = upload.send().await.unwrap_err();
        assert_cancelled(&error);
        assert_eq!(error.context().parts_done, Some(1));
        assert_eq!(
            error.context().resume_token.is_some(),
            on_failure == OnFailure::Keep
        );
        assert_eq!(server.requests().len(), requests, "{error}");
    }
}

#[tokio::test]
async fn an_upload_that_is_cancelled_while_its_reader_waits_is_aborted() {
    let [abort, list] = aborted();
    let server = Arc::new(play([upload_created(), part("0123"), abort, list]).await);
    let stop = received(server.clone(), 2);
    let (reader, mut writer) = tokio::io::duplex(64);
    tokio::io::AsyncWriteExt::write_all(&mut writer, b"01234")
        .await
        .unwrap();
    let upload = server
        .client()
        .upload_reader("bucket", "key", reader)
        .part_limits(tiny_parts())
        .part_size(4)
        .threshold(4)
        .cancel_on(stop);
    assert_cancelled(&upload.send().await.unwrap_err());
    assert_eq!(server.remaining(), 0);
}

#[tokio::test]
async fn a_cancelled_put_has_an_unknown_outcome() {
    let server = Arc::new(play([held()]).await);
    let stop = received(server.clone(), 1);
    let upload = upload(&server).threshold(11).cancel_on(stop);
    let error = upload.send().await.unwrap_err();
    assert_cancelled(&error);
    assert!(error.is_outcome_unknown(), "{error}");
}

/// Cancels when it is polled for the `count`th time.
async fn polled(count: u32) {
    let mut left = count;
    std::future::poll_fn(|_| {
        left -= 1;
        if left == 0 {
            Poll::Ready(())
        } else {
            Poll::Pending
        }
    })
    .await;
}

/// The MD5 of several MiB is computed in several steps. The first three polls are before the first step.
#[tokio::test]
async fn a_put_that_is_cancelled_while_its_md5_is_computed_was_not_stored() {
    let server = play([]).await;
    let upload = server
        .client()
        .upload("bucket", "key", vec![0; 8 << 20])
        .threshold(u64::MAX)
        .verify_etag()
        .cancel_on(polled(4));
    let error = upload.send().await.unwrap_err();
    assert_cancelled(&error);
    assert!(!error.is_outcome_unknown(), "{error}");
    assert!(server.requests().is_empty());
}

#[tokio::test]
async fn an_upload_that_is_cancelled_while_it_is_created_is_aborted() {
    let [abort, list] = aborted();
    let mut created = upload_created();
    created.insert(1, Wait(Duration::from_millis(100)));
    let server = Arc::new(play([created, abort, list]).await);
    let stop = received(server.clone(), 1);
    let error = upload(&server).cancel_on(stop).send().await.unwrap_err();
    assert_cancelled(&error);
    assert_eq!(server.remaining(), 0);
}

#[tokio::test]
async fn a_cancelled_upload_waits_ten_seconds_for_its_creation() {
    let server = Arc::new(play([held()]).await);
    let waiting = server.clone();
    let stop = async move {
        received(waiting, 1).await;
        // From here on, the clock goes to the next timer at once.
        tokio::time::pause();
    };
    let started = tokio::time::Instant::now();
    let error = upload(&server).cancel_on(stop).send().await.unwrap_err();
    assert_cancelled(&error);
    assert!(!error.is_outcome_unknown(), "{error}");
    let waited = started.elapsed().as_secs();
    assert!((10..20).contains(&waited), "{waited} s");
    assert_eq!(server.requests().len(), 1);
}

#[tokio::test]
async fn a_stream_of_empty_chunks_can_be_cancelled() {
    let mut chunks = 0;
    let empty = stream::iter(std::iter::from_fn(move || {
        chunks += 1;
        (chunks < 10_000_000).then_some(Ok::<_, std::io::Error>(Bytes::new()))
    }));
    let server = play([]).await;
    let upload = server.client().upload_stream("bucket", "key", empty);
    let stop = tokio::time::sleep(Duration::from_millis(10));
    assert_cancelled(&upload.cancel_on(stop).send().await.unwrap_err());
    assert!(server.requests().is_empty());
}

#[tokio::test]
async fn a_reader_that_is_always_ready_can_be_cancelled() {
    let mut chunks = 0;
    let bytes = stream::iter(std::iter::from_fn(move || {
        chunks += 1;
        (chunks < 10_000_000).then_some(Ok::<_, std::io::Error>(Bytes::from_static(b"a")))
    }));
    let server = play([]).await;
    let upload = server.client().upload_stream("bucket", "key", bytes);
    let stop = tokio::time::sleep(Duration::from_millis(10));
    let upload = upload.threshold(u64::MAX).cancel_on(stop);
    assert_cancelled(&upload.send().await.unwrap_err());
    assert!(server.requests().is_empty());
}

#[tokio::test]
async fn an_upload_is_not_cancelled_any_more_during_its_completion() {
    let server = play([
        upload_created(),
        part("0123"),
        part("4567"),
        part("89"),
        completed(composite().as_str()),
    ])
    .await;
    let server = Arc::new(server);
    let stop = received(server.clone(), 5);
    let stored = upload(&server).cancel_on(stop).send().await.unwrap();
    assert_eq!(stored.etag, composite());
}

#[tokio::test]
async fn an_upload_that_nobody_cancels_succeeds() {
    let server = play([ok()]).await;
    let upload = upload(&server).threshold(11).cancel_on(pending::<()>());
    upload.send().await.unwrap();
}
