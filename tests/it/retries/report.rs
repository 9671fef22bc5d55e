//! What errors and outputs report about their attempts.

use std::time::Duration;

use slim_s3::{AmzDate, RetryPolicy};

use crate::support::script::{drop_response, play, quick, reject, response};
use crate::support::server::put_error;

#[tokio::test]
async fn the_error_lists_the_attempts() {
    let server = play([
        reject(500, "InternalError"),
        drop_response(),
        reject(503, "SlowDown"),
    ])
    .await;
    let error = put_error(&server.client(), "data").await;
    let context = error.context();
    assert_eq!(
        (context.attempts, context.earlier.len(), context.gave_up),
        (3, 2, None)
    );
    assert_eq!(context.earlier[0].cause, "500 InternalError");
    assert!(context.earlier[0].delay <= Duration::from_millis(1));
    assert!(
        context.earlier[1]
            .cause
            .starts_with("the connection failed before a response arrived"),
        "{error}"
    );
    let text = error.to_string();
    assert!(
        text.starts_with(
            "PutObject bucket/key: 503 SlowDown: m (attempts 3: 500 InternalError, retried after "
        ),
        "{text}"
    );
    assert!(
        text.contains("; the connection failed before a response arrived"),
        "{text}"
    );
    // Either of the first two attempts may have succeeded.
    assert!(error.is_outcome_unknown() && error.is_retryable());
}

#[tokio::test]
async fn a_success_reports_request_ids_and_earlier_attempts() {
    let ids = "200 OK\r\netag: \"e\"\r\nx-amz-request-id: R1\r\nx-amz-id-2: H2";
    let server = play([response("500 X", ""), response(ids, "")]).await;
    let deleted = server
        .client()
        .delete_object("bucket", "key")
        .send_with_metadata()
        .await
        .unwrap();
    assert_eq!(
        (deleted.request_id(), deleted.host_id()),
        (Some("R1"), Some("H2"))
    );
    assert_eq!((deleted.status.as_u16(), deleted.attempts), (200, 2));
    assert_eq!(deleted.earlier[0].cause, "500 InternalError");
}

#[tokio::test]
async fn long_error_codes_are_truncated_in_each_attempt() {
    let long = "x".repeat(1 << 19);
    let server = play((0..20).map(|_| reject(503, &long))).await;
    let policy = RetryPolicy {
        max_attempts: 20,
        max_delay: Duration::from_millis(1),
        budget: u32::MAX,
        ..quick()
    };
    let s3 = server.builder().retry(policy).build().unwrap();
    let error = put_error(&s3, "data").await;
    assert_eq!(error.context().earlier.len(), 19);
    assert!(format!("{:?}", error.context()).len() < 10_000);
    assert!(error.code().unwrap().len() <= 100);
}

#[tokio::test]
async fn equal_failures_in_a_row_are_printed_once_with_their_number() {
    let busy = || reject(503, "SlowDown");
    let server = play([busy(), busy(), busy(), reject(500, "InternalError"), busy()]).await;
    let policy = RetryPolicy {
        max_attempts: 5,
        base_delay: Duration::ZERO,
        throttled_delay: Duration::ZERO,
        ..quick()
    };
    let s3 = server.builder().retry(policy).build().unwrap();
    let error = put_error(&s3, "data").await;
    assert_eq!(error.context().earlier.len(), 4);
    assert_eq!(
        error.to_string(),
        "PutObject bucket/key: 503 SlowDown: m (attempts 5: 503 SlowDown (3 times), retried after 0ms; 500 InternalError, retried after 0ms)"
    );
}

/// With it, a signature can be explained that the store rejected.
#[tokio::test]
async fn the_error_of_a_signed_request_has_its_date() {
    let server = play([reject(403, "SignatureDoesNotMatch")]).await;
    let error = put_error(&server.client(), "data").await;
    let signed_at = AmzDate::from(error.context().signed_at.unwrap());
    let sent = server.requests().pop().unwrap();
    assert_eq!(sent.header("x-amz-date").unwrap(), signed_at.to_string());

    let server = play([reject(403, "AccessDenied")]).await;
    let anonymous = server.builder().anonymous().build().unwrap();
    let error = put_error(&anonymous, "data").await;
    assert_eq!(error.context().signed_at, None);
}
