//! Writes and reads under conditions.

use super::{MIB, content, read};
use crate::support::live::with_bucket;

#[tokio::test]
#[ignore = "needs a store: tests/run"]
async fn conditions() {
    with_bucket(|s3, bucket| async move {
        let first = s3
            .put_object(&bucket, "key", "one")
            .if_none_match("*")
            .send()
            .await
            .unwrap()
            .etag;
        let taken = s3
            .put_object(&bucket, "key", "two")
            .if_none_match("*")
            .send()
            .await
            .unwrap_err();
        assert!(taken.is_precondition_failed(), "{taken}");
        let second = s3
            .put_object(&bucket, "key", "two")
            .if_match(&first)
            .send()
            .await
            .unwrap()
            .etag;
        assert!(
            s3.put_object(&bucket, "key", "three")
                .if_match(&first)
                .send()
                .await
                .unwrap_err()
                .is_precondition_failed()
        );
        assert_eq!(read(&s3, &bucket, "key").await, "two");

        assert!(
            s3.get_object(&bucket, "key")
                .if_none_match(&second)
                .send()
                .await
                .unwrap_err()
                .is_not_modified()
        );
        assert!(
            s3.head_object(&bucket, "key")
                .if_match(&first)
                .send()
                .await
                .unwrap_err()
                .is_precondition_failed()
        );
        let modified = s3
            .head_object(&bucket, "key")
            .send()
            .await
            .unwrap()
            .last_modified
            .unwrap();
        assert!(
            s3.get_object(&bucket, "key")
                .if_modified_since(modified)
                .send()
                .await
                .unwrap_err()
                .is_not_modified()
        );
        s3.get_object(&bucket, "key")
            .if_unmodified_since(modified)
            .send()
            .await
            .unwrap();

        // The same for an upload, in one request and in parts.
        for size in [3, 8 * MIB] {
            let upload = |data| {
                s3.upload_reader(&bucket, "key", std::io::Cursor::new(data))
                    .if_none_match("*")
            };
            let taken = upload(content(size)).send().await.unwrap_err();
            assert!(taken.is_precondition_failed(), "{taken}");
            assert_eq!(taken.context().upload_id, None);
        }
        assert_eq!(read(&s3, &bucket, "key").await, "two");
    })
    .await;
}
