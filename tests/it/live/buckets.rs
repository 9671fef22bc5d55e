//! Buckets: made, asked for, removed.

use crate::support::live::with_bucket;

#[tokio::test]
#[ignore = "needs a store: tests/run"]
async fn buckets() {
    with_bucket(|s3, bucket| async move {
        s3.head_bucket(&bucket).send().await.unwrap();
        let again = s3.create_bucket(&bucket).send().await.unwrap_err();
        assert_eq!(
            (again.code(), again.status().unwrap().as_u16()),
            (Some("BucketAlreadyOwnedByYou"), 409)
        );
        assert!(
            again.request_id().is_some() && again.host_id().is_some(),
            "{again:?}"
        );

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
        assert_eq!(
            s3.delete_bucket(&bucket).send().await.unwrap_err().code(),
            Some("BucketNotEmpty")
        );
    })
    .await;
}
