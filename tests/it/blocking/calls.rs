//! Single calls: what they return, retries, timeouts, bodies of responses, panics.

use std::io::{BufRead, Read};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::task::Poll;
use std::time::{Duration, Instant};

use bytes::Bytes;
use futures_util::stream;
use slim_s3::error::{Stage, TransportKind};
use slim_s3::{Body, Error, RetryPolicy};

use super::without_runtime;
use crate::live::content;
use crate::support::script::{
    Close, Request, Wait, Write, ok, play, raw, reject, response, transport_kind,
};
use crate::support::server::{client_with_timeouts, never_responding};

type Piece = Result<Bytes, std::io::Error>;

#[tokio::test]
async fn an_object_is_stored_and_read() {
    let scripts = [
        response("200 OK\r\netag: \"stored\"", ""),
        response("200 OK\r\netag: \"e\"", "one\ntwo\nthree"),
        response("200 OK\r\netag: \"e\"", "one\ntwo\nthree"),
        response("200 OK\r\netag: \"e\"", ""),
        response("204 No Content", ""),
    ];
    let server = play(scripts).await;
    let s3 = server.client();
    without_runtime(move || {
        let stored = s3.put_object("bucket", "key", "data").send_blocking();
        assert_eq!(stored.unwrap().etag.as_str(), "stored");
        let get = || s3.get_object("bucket", "key").send_blocking().unwrap();
        let bytes = get().body.bytes_blocking().unwrap();
        assert_eq!(bytes, "one\ntwo\nthree");
        let lines = get().body.into_blocking_reader().lines();
        assert_eq!(
            lines.map(Result::unwrap).collect::<Vec<_>>(),
            ["one", "two", "three"]
        );
        // An empty object.
        let mut reader = get().body.into_blocking_reader();
        for _ in 0..2 {
            assert_eq!(reader.read(&mut [0; 10]).unwrap(), 0);
        }
        let deleted = s3.delete_object("bucket", "key").send_with_metadata();
        assert_eq!(s3.block_on(deleted).unwrap().status, 204);
    })
    .await;
    let methods: Vec<String> = server.requests().into_iter().map(|r| r.method).collect();
    assert_eq!(methods, ["PUT", "GET", "GET", "GET", "DELETE"]);
}

#[tokio::test]
async fn a_failed_attempt_is_retried() {
    let server = play([vec![Request, Close], ok()]).await;
    let s3 = server.client();
    without_runtime(move || s3.put_object("bucket", "key", "data").send_blocking())
        .await
        .unwrap();
    assert_eq!(server.requests().len(), 2);
}

#[tokio::test]
async fn a_silent_server_ends_the_call_with_a_timeout() {
    let s3 = client_with_timeouts(never_responding().await, Duration::from_millis(300));
    let (error, elapsed) = without_runtime(move || {
        let started = Instant::now();
        let error = s3.put_object("bucket", "key", "data").send_blocking();
        (error.unwrap_err(), started.elapsed())
    })
    .await;
    let expected = TransportKind::Stalled(Stage::Waiting);
    assert_eq!(transport_kind(&error), expected);
    assert!(elapsed < Duration::from_secs(10), "{elapsed:?}");
}

#[tokio::test]
async fn a_truncated_body_is_an_error_at_every_read() {
    let head = "HTTP/1.1 200 OK\r\netag: \"e\"\r\ncontent-length: 100\r\n\r\n";
    let truncated = || vec![Request, raw(head), raw("data"), Close];
    let server = play([truncated(), truncated()]).await;
    let s3 = server.client();
    without_runtime(move || {
        let get = || s3.get_object("bucket", "key").no_continuation();
        let get = || get().send_blocking().unwrap();
        let error = get().body.bytes_blocking().unwrap_err();
        let expected = TransportKind::Broken(Stage::Receiving);
        assert_eq!(transport_kind(&error), expected);
        let mut reader = get().body.into_blocking_reader();
        let mut data = Vec::new();
        for _ in 0..3 {
            let error = reader.read_to_end(&mut data).unwrap_err();
            let inner = error.get_ref().unwrap().downcast_ref::<Error>().unwrap();
            assert_eq!(transport_kind(inner), expected);
        }
        assert_eq!(data, b"data");
    })
    .await;
}

#[tokio::test]
async fn a_body_is_read_after_its_client_is_gone() {
    // More than the buffers of the sockets hold.
    let data = content(16 << 20);
    let server = play([response("200 OK\r\netag: \"e\"", &data)]).await;
    let s3 = server.client();
    let read = without_runtime(move || {
        let object = s3.get_object("bucket", "key").send_blocking().unwrap();
        drop(s3);
        object.body.bytes_blocking().unwrap()
    });
    assert!(read.await == data);
}

#[tokio::test]
async fn a_body_is_read_by_either_kind_of_call() {
    let data = content(4 << 20);
    let get = || response("200 OK\r\netag: \"e\"", &data);
    let server = play([get(), get()]).await;
    let s3 = server.client();
    let get = s3.get_object("bucket", "key").send().await.unwrap();
    assert!(without_runtime(|| get.body.bytes_blocking().unwrap()).await == data);
    let get = without_runtime(move || s3.get_object("bucket", "key").send_blocking().unwrap());
    assert!(get.await.body.bytes().await.unwrap() == data);
}

#[tokio::test]
async fn a_panic_in_a_source_leaves_the_client_usable() {
    let server = play([ok()]).await;
    let s3 = server.builder().retry(RetryPolicy::none()).build().unwrap();
    without_runtime(move || {
        let panicking = || stream::poll_fn(|_| -> Poll<Option<Piece>> { panic!("the source") });
        // It is read by the connection, on the background thread.
        let put = s3.put_object("bucket", "key", Body::stream(4, panicking()));
        let error = put.send_blocking().unwrap_err();
        assert!(
            error.to_string().contains("the body's source panicked"),
            "{error}"
        );
        // It is read by the call, on this thread.
        let upload = s3.upload_stream("bucket", "key", panicking());
        catch_unwind(AssertUnwindSafe(|| upload.send_blocking())).unwrap_err();
        s3.put_object("bucket", "key", "data")
            .send_blocking()
            .unwrap();
    })
    .await;
}

/// The provider's call wakes and parks the thread that waits for the outer one.
#[tokio::test]
async fn a_credentials_provider_may_make_a_blocking_call() {
    let slow = vec![Request, Wait(Duration::from_millis(50)), {
        Write(b"HTTP/1.1 200 OK\r\netag: \"e\"\r\ncontent-length: 4\r\n\r\nkeys".to_vec())
    }];
    let vault = play([slow.clone(), slow]).await;
    let server = play([reject(503, "SlowDown"), ok()]).await;
    let keys = vault.client();
    let provide = move || {
        let read = || {
            let object = keys.get_object("vault", "keys").send_blocking()?;
            object.body.bytes_blocking()
        };
        let secret = read().map(|bytes| String::from_utf8(bytes.to_vec()).unwrap());
        async { secret.map(|secret| slim_s3::Credentials::new("AK", secret)) }
    };
    let s3 = server
        .builder()
        .credentials_provider(provide)
        .build()
        .unwrap();
    without_runtime(move || s3.put_object("bucket", "key", "data").send_blocking())
        .await
        .unwrap();
    assert_eq!(vault.requests().len(), 2);
}
