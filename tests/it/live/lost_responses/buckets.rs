//! Lost responses to CreateBucket and DeleteBucket.

use super::{assert_unknown, assert_unsettled, retrying, without_retries};
use crate::support::live::{Store, store, with_bucket};
use crate::support::proxy::Fault;

#[tokio::test]
#[ignore = "needs a store: tests/run"]
async fn a_lost_bucket_change_is_unknown() {
    with_bucket(|s3, bucket| async move {
        let other = format!("{bucket}-other");
        let error = retrying(Fault::DropResponse)
            .create_bucket(&other)
            .send()
            .await
            .unwrap_err();
        let rejection = match store() {
            Store::Minio | Store::Versitygw => "409 BucketAlreadyOwnedByYou",
            Store::S3sFs => "409 BucketAlreadyExists",
        };
        assert_unsettled(&error, rejection);
        s3.head_bucket(&other).send().await.unwrap();
        let error = retrying(Fault::DropResponse)
            .delete_bucket(&other)
            .send()
            .await
            .unwrap_err();
        assert_unsettled(&error, "404 NoSuchBucket");
        assert!(
            s3.head_bucket(&other)
                .send()
                .await
                .unwrap_err()
                .is_not_found()
        );
        assert_unknown(
            &without_retries(Fault::DropResponse)
                .create_bucket(&other)
                .send()
                .await
                .unwrap_err(),
        );
        assert_unknown(
            &without_retries(Fault::DropResponse)
                .delete_bucket(&other)
                .send()
                .await
                .unwrap_err(),
        );
    })
    .await;
}
