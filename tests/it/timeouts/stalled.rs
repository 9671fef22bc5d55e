//! Stalled transfers fail, and their error reports the stage.

use std::time::{Duration, Instant};

use bytes::Bytes;
use slim_s3::error::{Stage, TransportKind};
use slim_s3::{Body, Error, Timeouts};

use super::{TIMEOUT, client_with};
use crate::support::script::{
    Head, Request, Wait, WriteSlowly, ok, play, raw, response, transport_kind,
};
use crate::support::server::{self, client_with_timeouts, never_reading, never_responding};

/// Checks that the call stalls in `stage`, not before the timeout and not long after it.
async fn check_stalled<T>(
    stage: Stage,
    message: &str,
    call: impl Future<Output = Result<T, Error>>,
) {
    let start = Instant::now();
    let error = call.await.map(drop).unwrap_err();
    assert_eq!(
        transport_kind(&error),
        TransportKind::Stalled(stage),
        "{error}"
    );
    assert!(error.to_string().contains(message), "{error}");
    assert!(error.is_retryable());
    assert!(
        (TIMEOUT..TIMEOUT * 8).contains(&start.elapsed()),
        "after {:?}: {error}",
        start.elapsed()
    );
}

#[tokio::test]
async fn a_store_that_does_not_read_stalls_sending() {
    let address = never_reading().await;
    let call =
        client_with_timeouts(address, TIMEOUT).put_object("bucket", "key", vec![1; 64 << 20]);
    check_stalled(
        Stage::Sending,
        "stalled while sending: the store accepted no data for 2s, after",
        call.send(),
    )
    .await;
}

/// The connect timeout no longer applies once the connection is established.
#[tokio::test]
async fn a_long_connect_timeout_does_not_hide_a_stall() {
    let address = never_reading().await;
    let timeouts = Timeouts {
        stall: TIMEOUT,
        ..server::all_timeouts(TIMEOUT * 40)
    };
    let s3 = client_with(address, timeouts);
    let call = s3.put_object("bucket", "key", vec![1; 64 << 20]);
    check_stalled(
        Stage::Sending,
        "the store accepted no data for 2s, after",
        call.send(),
    )
    .await;
}

#[tokio::test]
async fn a_source_that_stops_stalls_sending() {
    let address = server::serve(|mut connection| async move {
        connection.request().await;
    })
    .await;
    let stopping = futures_util::stream::unfold(0, |sent| async move {
        if sent == 2 {
            std::future::pending::<()>().await;
        }
        Some((
            Ok::<_, std::io::Error>(Bytes::from(vec![1; 70_000])),
            sent + 1,
        ))
    });
    let call = client_with_timeouts(address, TIMEOUT).put_object(
        "bucket",
        "key",
        Body::stream(1 << 20, stopping),
    );
    check_stalled(
        Stage::Sending,
        "the body's source returned no data for 2s, after 131072 of 1048576 bytes",
        call.send(),
    )
    .await;
}

#[tokio::test]
async fn a_source_of_empty_pieces_stalls_sending() {
    let (address, _) = server::record("200 OK\r\netag: \"e\"", "").await;
    for length in [0, 10] {
        let empty = futures_util::stream::repeat_with(|| Ok::<_, std::io::Error>(Bytes::new()));
        let call = client_with_timeouts(address, TIMEOUT).put_object(
            "bucket",
            "key",
            Body::stream(length, empty),
        );
        check_stalled(Stage::Sending, "the body's source", call.send()).await;
    }
}

/// Even a source of length 0 is read, to check that it ends.
#[tokio::test]
async fn a_source_of_length_zero_that_does_not_end_stalls_sending() {
    let (address, requests) = server::record("200 OK\r\netag: \"e\"", "").await;
    let (_writer, silent) = tokio::io::duplex(1);
    let call =
        client_with_timeouts(address, TIMEOUT).put_object("bucket", "key", Body::reader(0, silent));
    check_stalled(
        Stage::Sending,
        "the body's source did not end within 2s",
        call.send(),
    )
    .await;
    assert!(requests.lock().unwrap().is_empty());
}

#[tokio::test]
async fn a_missing_response_stalls_waiting() {
    // Without a body the client cannot tell when the connection is established, so it adds the connect timeout.
    for (body, message) in [
        (vec![], "no response within 4s"),
        (vec![1; 1000], "no response within 2s"),
    ] {
        let address = never_responding().await;
        let call = client_with_timeouts(address, TIMEOUT).put_object("bucket", "key", body);
        check_stalled(Stage::Waiting, message, call.send()).await;
    }
}

#[tokio::test]
async fn each_response_timeout_limits_its_own_operations() {
    let address = never_responding().await;
    let timeouts = Timeouts {
        slow_response: TIMEOUT * 10,
        ..server::all_timeouts(TIMEOUT)
    };
    let delete = client_with(address, timeouts).delete_object("bucket", "key");
    check_stalled(Stage::Waiting, "no response", delete.send()).await;
    let timeouts = Timeouts {
        response: TIMEOUT * 40,
        ..server::all_timeouts(TIMEOUT)
    };
    let copy = client_with(address, timeouts).copy_object("bucket", "key", ("bucket", "source"));
    check_stalled(Stage::Waiting, "no response within 4s", copy.send()).await;
}

#[tokio::test]
async fn a_response_body_that_stops_stalls_receiving() {
    let response = "HTTP/1.1 200 OK\r\netag: \"e\"\r\ncontent-length: 20\r\n\r\nhello";
    let address = server::serve(move |mut connection| async move {
        connection.head().await.unwrap();
        connection.write(response).await;
        std::future::pending().await
    })
    .await;
    let s3 = client_with_timeouts(address, TIMEOUT);
    let object = s3.get_object("bucket", "key").send().await.unwrap();
    let message = "stalled while receiving: no data for 2s, after 5 of 20 bytes";
    check_stalled(Stage::Receiving, message, object.body.bytes()).await;
    // The same for a response that the client buffers.
    check_stalled(
        Stage::Receiving,
        message,
        s3.list_objects_v2("bucket").send(),
    )
    .await;
}

#[tokio::test]
async fn stalls_are_retried() {
    let limit = Duration::from_secs(1);
    let stalled = || Wait(Duration::from_secs(60));
    let listing = "<ListBucketResult><IsTruncated>false</IsTruncated></ListBucketResult>";
    let half = "HTTP/1.1 200 OK\r\ncontent-length: 60\r\n\r\n<ListBucketResult>";
    let stalls = [
        (Stage::Sending, vec![Head, stalled()]),
        (Stage::Waiting, vec![Request, stalled()]),
        (Stage::Receiving, vec![Request, raw(half), stalled()]),
    ];
    for (stage, script) in stalls {
        let last = match stage {
            Stage::Receiving => response("200 OK", listing),
            _ => ok(),
        };
        let server = play([script.clone(), last, script.clone(), script.clone(), script]).await;
        let s3 = server.client_with_timeouts(limit);
        let call = || async {
            match stage {
                Stage::Sending => s3
                    .put_object("bucket", "key", vec![1; 32 << 20])
                    .send()
                    .await
                    .map(drop),
                Stage::Waiting => s3.put_object("bucket", "key", ()).send().await.map(drop),
                Stage::Receiving => s3.list_objects_v2("bucket").send().await.map(drop),
            }
        };
        call()
            .await
            .unwrap_or_else(|error| panic!("{stage:?}: {error}"));
        let start = Instant::now();
        let error = call().await.unwrap_err();
        assert_eq!(
            transport_kind(&error),
            TransportKind::Stalled(stage),
            "{error}"
        );
        assert_eq!(error.context().attempts, 3, "{error}");
        assert!(
            error.context().earlier[1]
                .cause
                .starts_with("stalled while "),
            "{error}"
        );
        assert!(start.elapsed() >= limit * 3, "{:?}", start.elapsed());
    }
}

/// Byte by byte, so that it never stalls.
#[tokio::test]
async fn an_error_body_that_drips_is_ended_by_the_response_timeout() {
    let limit = Duration::from_millis(500);
    let body = "<Error><Code>AccessDenied</Code></Error>";
    let head = format!(
        "HTTP/1.1 403 Forbidden\r\ncontent-length: {}\r\n\r\n",
        body.len()
    );
    let drip = WriteSlowly(body.into(), Duration::from_millis(100));
    let server = play([vec![Request, raw(head), drip]]).await;
    let start = Instant::now();
    let error = server::put_error(&server.client_with_timeouts(limit), "x").await;
    assert_eq!(error.status().unwrap().as_u16(), 403, "{error}");
    assert!(start.elapsed() < limit * 4, "{:?}", start.elapsed());
}
