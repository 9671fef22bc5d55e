//! Lost responses to puts, gets and deletes of objects.

use slim_s3::operation::VersioningStatus;

use super::super::{assert_missing, read};
use super::{assert_unknown, assert_unsettled, retrying, without_retries};
use crate::support::live::{Store, store, with_bucket};
use crate::support::proxy::Fault;
use crate::support::script::error_document;

#[tokio::test]
#[ignore = "needs a store: tests/run"]
async fn a_lost_put_is_retried_or_unknown() {
    with_bucket(|s3, bucket| async move {
        // The second attempt succeeds.
        let stored = retrying(Fault::DropResponse)
            .put_object(&bucket, "key", "one")
            .send_with_metadata()
            .await
            .unwrap();
        assert_eq!(stored.attempts, 2);
        assert_eq!(read(&s3, &bucket, "key").await, "one");
        // Unknown, and it had an effect.
        assert_unknown(
            &without_retries(Fault::DropResponse)
                .put_object(&bucket, "key", "two")
                .send()
                .await
                .unwrap_err(),
        );
        assert_eq!(read(&s3, &bucket, "key").await, "two");
        // Unknown, and it had no effect: the client cannot distinguish the two.
        let client = without_retries(Fault::Close);
        assert_unknown(
            &client
                .put_object(&bucket, "key", "three")
                .send()
                .await
                .unwrap_err(),
        );
        assert_eq!(read(&s3, &bucket, "key").await, "two");
        // No effect: the store rejected the request.
        let missing = format!("{bucket}-missing");
        let error = s3.delete_bucket(&missing).send().await.unwrap_err();
        assert!(!error.is_outcome_unknown(), "{error}");
        // An internal error of the store leaves the outcome unknown too.
        let internal_error = Fault::ReplaceResponse("500 Internal Server Error", String::new());
        let error = without_retries(internal_error)
            .put_object(&bucket, "key", "four")
            .send()
            .await
            .unwrap_err();
        assert!(error.is_outcome_unknown(), "{error}");
        assert_eq!(read(&s3, &bucket, "key").await, "four");
        // A throttled request had no effect.
        let throttled = Fault::Respond("503 Slow Down", error_document("SlowDown"));
        let error = without_retries(throttled)
            .put_object(&bucket, "key", "five")
            .send()
            .await
            .unwrap_err();
        assert!(!error.is_outcome_unknown(), "{error}");
        // A read has no effect.
        let error = without_retries(Fault::DropResponse)
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
async fn a_lost_conditional_put_is_unknown() {
    with_bucket(|s3, bucket| async move {
        let put = retrying(Fault::DropResponse)
            .put_object(&bucket, "new", "mine")
            .if_none_match("*");
        assert_unsettled(&put.send().await.unwrap_err(), "412 PreconditionFailed");
        assert_eq!(read(&s3, &bucket, "new").await, "mine");

        let first = s3
            .put_object(&bucket, "old", "one")
            .send()
            .await
            .unwrap()
            .etag;
        let put = retrying(Fault::DropResponse)
            .put_object(&bucket, "old", "two")
            .if_match(&first);
        assert_unsettled(&put.send().await.unwrap_err(), "412 PreconditionFailed");
        assert_eq!(read(&s3, &bucket, "old").await, "two");

        // Without a lost response, the conflict is reported.
        let put = s3.put_object(&bucket, "new", "other").if_none_match("*");
        let error = put.send().await.unwrap_err();
        assert!(
            error.is_precondition_failed() && !error.is_outcome_unknown(),
            "{error}"
        );
        // A request that did not reach the store had no effect.
        let put = retrying(Fault::Close)
            .put_object(&bucket, "newer", "mine")
            .if_none_match("*");
        assert_eq!(put.send_with_metadata().await.unwrap().attempts, 2);
        // Nor had a throttled one.
        let throttled = Fault::Respond("503 Slow Down", error_document("SlowDown"));
        let put = retrying(throttled)
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

/// A delete is idempotent. With versioning, a retried put creates two versions.
#[tokio::test]
#[ignore = "needs a store: tests/run"]
async fn lost_deletes_are_retried() {
    with_bucket(|s3, bucket| async move {
        for key in ["a", "b", "c"] {
            s3.put_object(&bucket, key, "x").send().await.unwrap();
        }
        let deleted = retrying(Fault::DropResponse)
            .delete_object(&bucket, "a")
            .send_with_metadata()
            .await
            .unwrap();
        assert_eq!(deleted.attempts, 2);
        assert_missing(&s3, &bucket, "a").await;
        let outcome = retrying(Fault::DropResponse)
            .delete_many(&bucket, ["b"])
            .send()
            .await
            .unwrap();
        assert!(outcome.errors.is_empty(), "{outcome:?}");
        assert_missing(&s3, &bucket, "b").await;
        assert_unknown(
            &without_retries(Fault::DropResponse)
                .delete_object(&bucket, "c")
                .send()
                .await
                .unwrap_err(),
        );
        assert_missing(&s3, &bucket, "c").await;

        if store() != Store::Minio {
            return;
        }
        let enabled = VersioningStatus::Enabled;
        s3.put_bucket_versioning(&bucket, enabled)
            .send()
            .await
            .unwrap();
        s3.put_object(&bucket, "v", "x").send().await.unwrap();
        retrying(Fault::DropResponse)
            .delete_object(&bucket, "v")
            .send()
            .await
            .unwrap();
        let all = s3.list_object_versions(&bucket).send().await.unwrap();
        // MinIO adds no second marker; AWS would.
        assert_eq!(all.delete_markers.len(), 1, "{all:?}");
        retrying(Fault::DropResponse)
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
