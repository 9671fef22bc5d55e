//! Answers that are lost: the store acts, and nobody hears of it. Done, not done and unknown are told apart.

use slim_s3::{Client, CompletedPart, Error, RetryPolicy, TransportKind, VersioningStatus};

use super::read;
use crate::support::live::{Store, store, with_bucket};
use crate::support::proxy::{Fault, Proxy};
use crate::support::script::{error_document, transport_kind};

/// A client whose first answer is lost, and one that does not try again.
fn losing() -> (Proxy, Client, Client) {
    let proxy = Proxy::at_first(Fault::Swallow);
    let s3 = proxy.client();
    let patient = proxy.builder().retry(RetryPolicy::none()).build().unwrap();
    (proxy, s3, patient)
}

/// Nobody knows, and the error is no store's: it cannot be taken for somebody else's doing.
fn check_unsettled(error: &Error, refusal: &str) {
    assert_eq!(transport_kind(error), TransportKind::Unsettled, "{error}");
    assert!(error.is_outcome_unknown(), "{error}");
    let is_told = error.is_precondition_failed() || error.is_not_found() || error.is_retryable();
    assert!(!is_told && error.code().is_none(), "{error}");
    assert!(error.to_string().contains(refusal), "{error}");
    assert_eq!(error.context().attempts, 2, "{error}");
    // The refusal itself, with the store's name for the request, is the cause.
    let cause = std::error::Error::source(error).unwrap();
    let cause = cause.downcast_ref::<Error>().unwrap();
    assert!(cause.to_string().contains(refusal), "{cause}");
}

/// The only attempt was lost.
fn check_unknown(error: &Error) {
    assert!(matches!(error, Error::Transport(_)), "{error}");
    assert!(
        error.is_outcome_unknown() && error.is_retryable(),
        "{error}"
    );
    assert_eq!(error.context().attempts, 1, "{error}");
}

#[tokio::test]
#[ignore = "needs a store: tests/run"]
async fn of_put_object() {
    with_bucket(|s3, bucket| async move {
        // Done: the second attempt says so.
        let (_proxy, losing_one, _) = losing();
        let stored = losing_one
            .put_object(&bucket, "key", "one")
            .send_answered()
            .await
            .unwrap();
        assert_eq!(stored.attempts, 2);
        assert_eq!(read(&s3, &bucket, "key").await, "one");
        // Unknown, and it was done.
        let (_proxy, _, losing_one) = losing();
        check_unknown(
            &losing_one
                .put_object(&bucket, "key", "two")
                .send()
                .await
                .unwrap_err(),
        );
        assert_eq!(read(&s3, &bucket, "key").await, "two");
        // Unknown, and it was not: the same, seen from here.
        let proxy = Proxy::at_first(Fault::Close);
        let off = proxy.builder().retry(RetryPolicy::none()).build().unwrap();
        check_unknown(
            &off.put_object(&bucket, "key", "three")
                .send()
                .await
                .unwrap_err(),
        );
        assert_eq!(read(&s3, &bucket, "key").await, "two");
        // Not done: the store was never asked, or has refused.
        let absent = format!("{bucket}-absent");
        let error = s3.delete_bucket(&absent).send().await.unwrap_err();
        assert!(!error.is_outcome_unknown(), "{error}");
        // A failure inside of the store says as little as no answer.
        let proxy = Proxy::at_first(Fault::Instead("500 Internal Server Error", String::new()));
        let off = proxy.builder().retry(RetryPolicy::none()).build().unwrap();
        let error = off
            .put_object(&bucket, "key", "four")
            .send()
            .await
            .unwrap_err();
        assert!(error.is_outcome_unknown(), "{error}");
        assert_eq!(read(&s3, &bucket, "key").await, "four");
        // That it is too busy says that it has not begun.
        let proxy = Proxy::at_first(Fault::Answer("503 Slow Down", error_document("SlowDown")));
        let off = proxy.builder().retry(RetryPolicy::none()).build().unwrap();
        let error = off
            .put_object(&bucket, "key", "five")
            .send()
            .await
            .unwrap_err();
        assert!(!error.is_outcome_unknown(), "{error}");
        // What reads changes nothing.
        let (_proxy, _, losing_one) = losing();
        let error = losing_one
            .get_object(&bucket, "key")
            .send()
            .await
            .unwrap_err();
        assert!(!error.is_outcome_unknown(), "{error}");
    })
    .await;
}

#[tokio::test]
#[ignore = "needs a store: tests/run"]
async fn of_put_object_under_a_condition() {
    with_bucket(|s3, bucket| async move {
        let (_proxy, losing_one, _) = losing();
        let put = losing_one
            .put_object(&bucket, "new", "mine")
            .if_none_match("*");
        check_unsettled(&put.send().await.unwrap_err(), "412 PreconditionFailed");
        assert_eq!(read(&s3, &bucket, "new").await, "mine");

        let first = s3
            .put_object(&bucket, "old", "one")
            .send()
            .await
            .unwrap()
            .etag;
        let (_proxy, losing_one, _) = losing();
        let put = losing_one
            .put_object(&bucket, "old", "two")
            .if_match(&first);
        check_unsettled(&put.send().await.unwrap_err(), "412 PreconditionFailed");
        assert_eq!(read(&s3, &bucket, "old").await, "two");

        // Where nothing was lost, somebody else has won, and that is told.
        let put = s3.put_object(&bucket, "new", "other").if_none_match("*");
        let error = put.send().await.unwrap_err();
        assert!(
            error.is_precondition_failed() && !error.is_outcome_unknown(),
            "{error}"
        );
        // A request that was lost on its way there has changed nothing.
        let proxy = Proxy::at_first(Fault::Close);
        let put = proxy
            .client()
            .put_object(&bucket, "newer", "mine")
            .if_none_match("*");
        assert_eq!(put.send_answered().await.unwrap().attempts, 2);
        // Nor has one that was put off.
        let proxy = Proxy::at_first(Fault::Answer("503 Slow Down", error_document("SlowDown")));
        let put = proxy
            .client()
            .put_object(&bucket, "newer", "mine")
            .if_none_match("*");
        let error = put.send().await.unwrap_err();
        assert!(
            error.is_precondition_failed() && !error.is_outcome_unknown(),
            "{error}"
        );
    })
    .await;
}

#[tokio::test]
#[ignore = "needs a store: tests/run"]
async fn of_create_bucket_and_delete_bucket() {
    with_bucket(|s3, bucket| async move {
        let other = format!("{bucket}-other");
        let (_proxy, losing_one, _) = losing();
        let error = losing_one.create_bucket(&other).send().await.unwrap_err();
        let says = match store() {
            Store::Minio | Store::Versitygw => "409 BucketAlreadyOwnedByYou",
            Store::S3sFs => "409 BucketAlreadyExists",
        };
        check_unsettled(&error, says);
        s3.head_bucket(&other).send().await.unwrap();
        let (_proxy, losing_one, _) = losing();
        let error = losing_one.delete_bucket(&other).send().await.unwrap_err();
        check_unsettled(&error, "404 NoSuchBucket");
        assert!(
            s3.head_bucket(&other)
                .send()
                .await
                .unwrap_err()
                .is_not_found()
        );
        let (_proxy, _, losing_one) = losing();
        check_unknown(&losing_one.create_bucket(&other).send().await.unwrap_err());
        let (_proxy, _, losing_one) = losing();
        check_unknown(&losing_one.delete_bucket(&other).send().await.unwrap_err());
    })
    .await;
}

/// Deleting twice does what deleting once does. Storing twice in a bucket that keeps versions leaves two.
#[tokio::test]
#[ignore = "needs a store: tests/run"]
async fn of_deletes() {
    with_bucket(|s3, bucket| async move {
        let is_gone = async |key: &str| {
            s3.head_object(&bucket, key)
                .send()
                .await
                .unwrap_err()
                .is_not_found()
        };
        for key in ["a", "b", "c"] {
            s3.put_object(&bucket, key, "x").send().await.unwrap();
        }
        let (_proxy, losing_one, _) = losing();
        let deleted = losing_one
            .delete_object(&bucket, "a")
            .send_answered()
            .await
            .unwrap();
        assert!(deleted.attempts == 2 && is_gone("a").await);
        let (_proxy, losing_one, _) = losing();
        let outcome = losing_one
            .delete_objects(&bucket, ["b"])
            .send()
            .await
            .unwrap();
        assert!(
            outcome.errors.is_empty() && is_gone("b").await,
            "{outcome:?}"
        );
        let (_proxy, _, losing_one) = losing();
        check_unknown(
            &losing_one
                .delete_object(&bucket, "c")
                .send()
                .await
                .unwrap_err(),
        );
        assert!(is_gone("c").await);

        if store() != Store::Minio {
            return;
        }
        let enabled = VersioningStatus::Enabled;
        s3.put_bucket_versioning(&bucket, enabled)
            .send()
            .await
            .unwrap();
        s3.put_object(&bucket, "v", "x").send().await.unwrap();
        let (_proxy, losing_one, _) = losing();
        losing_one.delete_object(&bucket, "v").send().await.unwrap();
        let all = s3.list_object_versions(&bucket).send().await.unwrap();
        // It puts no marker in front of a marker; AWS would.
        assert_eq!(all.delete_markers.len(), 1, "{all:?}");
        let (_proxy, losing_one, _) = losing();
        losing_one
            .put_object(&bucket, "v", "y")
            .send()
            .await
            .unwrap();
        let again = s3.list_object_versions(&bucket).send().await.unwrap();
        assert_eq!(again.versions.len(), all.versions.len() + 2, "{again:?}");
        for version in again.versions {
            let delete = s3
                .delete_object(&bucket, &version.key)
                .version_id(&version.version_id);
            delete.send().await.unwrap();
        }
        for marker in again.delete_markers {
            let delete = s3
                .delete_object(&bucket, &marker.key)
                .version_id(&marker.version_id);
            delete.send().await.unwrap();
        }
    })
    .await;
}

#[tokio::test]
#[ignore = "needs a store: tests/run"]
async fn of_an_upload_in_parts() {
    with_bucket(|s3, bucket| async move {
        // Not made twice: nobody would know the first one's ID.
        let (_proxy, losing_one, _) = losing();
        let create = losing_one.create_multipart_upload(&bucket, "lost");
        check_unknown(&create.send().await.unwrap_err());

        let upload_id = s3
            .create_multipart_upload(&bucket, "key")
            .send()
            .await
            .unwrap()
            .upload_id;
        let (_proxy, losing_one, _) = losing();
        let part = losing_one.upload_part(&bucket, "key", &upload_id, 1, "part");
        let part = part.send_answered().await.unwrap();
        assert_eq!(part.attempts, 2);
        let listed = s3
            .list_parts(&bucket, "key", &upload_id)
            .send()
            .await
            .unwrap();
        assert_eq!(listed.parts.len(), 1, "{listed:?}");

        let (_proxy, losing_one, _) = losing();
        let parts = [CompletedPart {
            part_number: 1,
            etag: part.output.etag,
        }];
        let complete = losing_one.complete_multipart_upload(&bucket, "key", &upload_id, &parts);
        match (store(), complete.send().await) {
            (Store::Minio, Err(error)) => check_unsettled(&error, "404 NoSuchUpload"),
            // It remembers what it has made.
            (Store::Versitygw, Ok(_)) => {}
            (Store::S3sFs, Err(error)) => {
                assert!(error.is_outcome_unknown(), "{error}");
                assert_eq!(error.context().attempts, 2, "{error}");
            }
            (store, outcome) => panic!("{store:?}: {outcome:?}"),
        }
        assert_eq!(read(&s3, &bucket, "key").await, "part");

        let (_proxy, losing_one, _) = losing();
        losing_one
            .copy_object(&bucket, "copy", &bucket, "key")
            .send()
            .await
            .unwrap();
        assert_eq!(read(&s3, &bucket, "copy").await, "part");
    })
    .await;
}
