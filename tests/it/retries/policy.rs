//! How many attempts a call makes, and when.

use std::time::{Duration, Instant};

use slim_s3::{Client, RetryPolicy};

use super::upload_in_one_part;
use crate::support::script::{
    Script, Server, drop_response, ok, play, quick, reject, response, upload_completed,
    upload_created,
};

fn busy() -> Script {
    reject(503, "SlowDown")
}

fn two_attempts() -> RetryPolicy {
    RetryPolicy {
        max_attempts: 2,
        ..quick()
    }
}

#[tokio::test]
async fn the_policy_of_the_call_overrides_the_clients() {
    let put = |s3: &Client| s3.put_object("bucket", "key", "data");
    let server = play((0..9).map(|_| busy())).await;
    let error = put(&server.client()).send().await.unwrap_err();
    assert_eq!((error.context().attempts, server.remaining()), (3, 6));
    let error = put(&server.client())
        .retry(RetryPolicy::none())
        .send()
        .await
        .unwrap_err();
    assert_eq!((error.context().attempts, server.remaining()), (1, 5));
    let s3 = server.builder().retry(RetryPolicy::none()).build().unwrap();
    let error = put(&s3).send().await.unwrap_err();
    assert_eq!((error.context().attempts, server.remaining()), (1, 4));
    let error = put(&s3).retry(two_attempts()).send().await.unwrap_err();
    assert_eq!((error.context().attempts, server.remaining()), (2, 2));
    let error = put(&server.client())
        .retry(two_attempts())
        .send()
        .await
        .unwrap_err();
    assert_eq!((error.context().attempts, server.remaining()), (2, 0));
}

#[tokio::test]
async fn no_retry_is_made_after_give_up_after() {
    let server = play((0..9).map(|_| busy())).await;
    let late = RetryPolicy {
        give_up_after: Some(Duration::ZERO),
        ..quick()
    };
    let put = server.client().put_object("bucket", "key", "data");
    let error = put.retry(late).send().await.unwrap_err();
    assert_eq!((error.context().attempts, server.remaining()), (1, 8));
    assert!(
        error
            .to_string()
            .contains("not retried: the policy's give_up_after has passed"),
        "{error}"
    );
}

/// A budget of 28 covers two retries by any of the clones; a success returns the cost of its last retry.
#[tokio::test]
async fn clones_share_the_budget() {
    let policy = RetryPolicy {
        budget: 28,
        ..quick()
    };
    let fail = || response("500 X", "");
    let server = play([
        fail(),
        ok(),
        fail(),
        fail(),
        ok(),
        fail(),
        fail(),
        fail(),
        fail(),
        ok(),
        fail(),
    ])
    .await;
    let s3 = server.builder().retry(policy).build().unwrap();
    let put = || s3.clone().put_object("bucket", "key", "data");
    put().send().await.unwrap();
    // Two retries, the last of which is returned: 14 are left.
    assert_eq!(put().send_with_metadata().await.unwrap().attempts, 3);
    let error = put().send().await.unwrap_err();
    assert_eq!(
        (error.context().attempts, error.context().gave_up.is_some()),
        (2, true),
        "{error}"
    );
    let error = put().send().await.unwrap_err();
    assert_eq!(error.context().attempts, 1, "{error}");
    assert!(
        error.to_string().contains("retry budget is used up"),
        "{error}"
    );
    // Another client has its own budget.
    let other = server.builder().retry(policy).build().unwrap();
    assert_eq!(
        other
            .put_object("bucket", "key", "data")
            .send_with_metadata()
            .await
            .unwrap()
            .attempts,
        2
    );
}

#[tokio::test]
async fn a_dropped_call_returns_its_budget() {
    let policy = RetryPolicy {
        budget: 28,
        base_delay: Duration::from_secs(600),
        max_delay: Duration::from_secs(600),
        ..RetryPolicy::default()
    };
    let fail = || response("500 X\r\nx-amz-retry-after: 5000", "");
    let server = play((0..20).map(|_| fail())).await;
    let s3 = server.builder().retry(policy).build().unwrap();
    for _ in 0..10 {
        let put = s3.put_object("bucket", "key", "data").send();
        assert!(
            tokio::time::timeout(Duration::from_millis(50), put)
                .await
                .is_err(),
            "the call ended instead of waiting for its next attempt"
        );
    }
}

#[tokio::test]
async fn retry_after_headers_delay_the_next_attempt() {
    for (header, least) in [("x-amz-retry-after: 300", 300), ("retry-after: 1", 1000)] {
        let server = play([response(&format!("503 X\r\n{header}"), ""), ok()]).await;
        let start = Instant::now();
        let stored = server
            .client()
            .put_object("bucket", "key", "data")
            .send_with_metadata()
            .await
            .unwrap();
        let least = Duration::from_millis(least);
        assert!(
            stored.earlier[0].delay >= least && start.elapsed() >= least,
            "{header}: {stored:?}"
        );
        assert!(
            start.elapsed() < least + Duration::from_secs(3),
            "{header}: {:?}",
            start.elapsed()
        );
    }
}

#[tokio::test]
async fn an_upload_retries_each_request() {
    let server = play([
        busy(),
        upload_created(),
        drop_response(),
        ok(),
        response("200 OK", ""),
        upload_completed(),
    ])
    .await;
    upload_in_one_part(&server.client()).send().await.unwrap();
    assert_eq!(server.remaining(), 0);
}

#[tokio::test]
async fn a_policy_without_retries_applies_to_each_request_of_an_upload() {
    let upload_error = async |server: &Server| {
        let upload = upload_in_one_part(&server.client()).retry(RetryPolicy::none());
        upload.send().await.unwrap_err()
    };
    let aborted = || response("204 X", "");
    let not_found = || reject(404, "NoSuchUpload");
    let server = play([busy()]).await;
    let error = upload_error(&server).await;
    assert_eq!(
        (error.context().operation, error.context().attempts),
        ("CreateMultipartUpload", 1)
    );
    let server = play([upload_created(), drop_response(), aborted(), not_found()]).await;
    let error = upload_error(&server).await;
    assert_eq!(
        (error.context().operation, error.context().attempts),
        ("UploadPart", 1)
    );
    // The part may have been stored, but the object was not created.
    assert!(
        !error.is_outcome_unknown() && server.remaining() == 0,
        "{error}"
    );
    let server = play([
        upload_created(),
        ok(),
        drop_response(),
        aborted(),
        not_found(),
    ])
    .await;
    let error = upload_error(&server).await;
    assert_eq!(error.context().operation, "CompleteMultipartUpload");
    assert!(error.is_outcome_unknown(), "{error}");
}

#[tokio::test]
async fn a_policy_without_retries_applies_to_listings_and_bulk_deletes() {
    let server = play([busy(), ok()]).await;
    let mut pages = server
        .client()
        .list_objects_v2("bucket")
        .retry(RetryPolicy::none())
        .pages();
    assert_eq!(pages.next_page().await.unwrap_err().context().attempts, 1);
    let server = play([busy(), ok()]).await;
    let delete = server
        .client()
        .delete_many("bucket", ["key"])
        .retry(RetryPolicy::none());
    assert_eq!(delete.send().await.unwrap_err().context().attempts, 1);
}

/// A store that restarts fails every call for minutes, which uses up the budget of a usual policy.
#[tokio::test]
async fn a_patient_policy_retries_without_a_budget() {
    let server = play((0..60).map(|_| reject(500, "InternalError")).chain([ok()])).await;
    let patient = RetryPolicy {
        base_delay: Duration::ZERO,
        ..RetryPolicy::patient(Duration::from_secs(60))
    };
    // The client's own budget allows no retry.
    let none_left = RetryPolicy {
        budget: 0,
        ..quick()
    };
    let s3 = server.builder().retry(none_left).build().unwrap();
    let put = s3.put_object("bucket", "key", "data").retry(patient);
    assert_eq!(put.send_with_metadata().await.unwrap().attempts, 61);
}

#[tokio::test]
async fn a_patient_policy_gives_up_in_time() {
    let server = play((0..9).map(|_| busy())).await;
    let policy = RetryPolicy::patient(Duration::from_millis(1));
    let put = server.client().put_object("bucket", "key", "data");
    let error = put.retry(policy).send().await.unwrap_err();
    assert_eq!(
        error.context().gave_up,
        Some("the policy's give_up_after has passed")
    );
}
