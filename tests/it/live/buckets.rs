//! Buckets: creating, finding, listing, locating and deleting.

use crate::support::live::{Store, store, with_bucket};

#[tokio::test]
#[ignore = "needs a store: tests/run"]
async fn duplicate_and_missing_buckets_are_reported() {
    with_bucket(|s3, bucket| async move {
        s3.head_bucket(&bucket).send().await.unwrap();
        let again = s3.create_bucket(&bucket).send().await.unwrap_err();
        let taken = match store() {
            Store::Minio | Store::Versitygw => "BucketAlreadyOwnedByYou",
            Store::S3sFs => "BucketAlreadyExists",
        };
        assert_eq!(
            (again.code(), again.status().unwrap().as_u16()),
            (Some(taken), 409)
        );
        let has_ids = again.request_id().is_some() && again.host_id().is_some();
        assert_eq!(has_ids, store() != Store::S3sFs, "{again:?}");

        let missing = format!("{bucket}-missing");
        let error = s3.head_bucket(&missing).send().await.unwrap_err();
        assert!(error.is_not_found(), "{error}");
        assert!(
            error
                .to_string()
                .starts_with(&format!("HeadBucket {missing}: 404 NoSuchBucket")),
            "{error}"
        );
        assert_eq!(
            s3.delete_bucket(&missing).send().await.unwrap_err().code(),
            Some("NoSuchBucket")
        );

        s3.put_object(&bucket, "key", "x").send().await.unwrap();
        let not_empty = s3.delete_bucket(&bucket).send().await;
        if store() == Store::S3sFs {
            not_empty.unwrap();
            let error = s3.head_bucket(&bucket).send().await.unwrap_err();
            assert!(error.is_not_found(), "{error}");
            s3.create_bucket(&bucket).send().await.unwrap();
            return;
        }
        assert_eq!(not_empty.unwrap_err().code(), Some("BucketNotEmpty"));
    })
    .await;
}

#[tokio::test]
#[ignore = "needs a store: tests/run"]
async fn buckets_are_listed_and_located() {
    with_bucket(|s3, bucket| async move {
        let all = s3.list_buckets().send().await.unwrap();
        let listed = all
            .buckets
            .iter()
            .find(|found| found.name == bucket)
            .unwrap();
        assert!(listed.creation_date.is_some());
        assert_eq!(all.owner.is_some(), store() != Store::S3sFs);
        assert_eq!(
            s3.get_bucket_location(&bucket).send().await.unwrap().region,
            s3.region()
        );
        let missing = format!("{bucket}-missing");
        assert!(
            s3.get_bucket_location(&missing)
                .send()
                .await
                .unwrap_err()
                .is_not_found()
        );
    })
    .await;
}
