//! Buckets: made, asked for, removed.

use crate::support::live::{Store, store, with_bucket};

#[tokio::test]
#[ignore = "needs a store: tests/run"]
async fn buckets() {
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

        let absent = format!("{bucket}-absent");
        let error = s3.head_bucket(&absent).send().await.unwrap_err();
        assert!(error.is_not_found(), "{error}");
        assert!(
            error
                .to_string()
                .starts_with(&format!("HeadBucket {absent}: 404 NoSuchBucket")),
            "{error}"
        );
        assert_eq!(
            s3.delete_bucket(&absent).send().await.unwrap_err().code(),
            Some("NoSuchBucket")
        );

        s3.put_object(&bucket, "key", "x").send().await.unwrap();
        let full = s3.delete_bucket(&bucket).send().await;
        if store() == Store::S3sFs {
            full.unwrap();
            let error = s3.head_bucket(&bucket).send().await.unwrap_err();
            assert!(error.is_not_found(), "{error}");
            s3.create_bucket(&bucket).send().await.unwrap();
            return;
        }
        assert_eq!(full.unwrap_err().code(), Some("BucketNotEmpty"));
    })
    .await;
}
