//! Tags of objects.

use slim_s3::operation::Tag;

use crate::support::live::{Store, store, with_bucket};

#[tokio::test]
#[ignore = "needs a store: tests/run"]
async fn tags_are_stored_replaced_and_deleted() {
    with_bucket(|s3, bucket| async move {
        if store() == Store::S3sFs {
            let put = s3.put_object_tagging(&bucket, "key", [("a", "1")]);
            for error in [
                put.send().await.unwrap_err(),
                s3.get_object_tagging(&bucket, "key")
                    .send()
                    .await
                    .map(drop)
                    .unwrap_err(),
                s3.delete_object_tagging(&bucket, "key")
                    .send()
                    .await
                    .unwrap_err(),
            ] {
                assert_eq!(error.code(), Some("NotImplemented"), "{error}");
            }
            return;
        }
        s3.put_object(&bucket, "key", "x")
            .tag("from", "the put")
            .send()
            .await
            .unwrap();
        let tags_of_key = async || {
            let tags = s3.get_object_tagging(&bucket, "key").send().await;
            tags.unwrap().tag_set
        };
        assert_eq!(tags_of_key().await, [Tag::from(("from", "the put"))]);

        let tags = [("a", "1"), ("b", ""), ("c d", "+-=._:/@")];
        s3.put_object_tagging(&bucket, "key", tags)
            .send()
            .await
            .unwrap();
        let mut found = tags_of_key().await;
        found.sort_by(|one, other| one.key.cmp(&other.key));
        assert_eq!(found, tags.map(Tag::from));

        let duplicate = s3
            .put_object_tagging(&bucket, "key", [("a", "1"), ("a", "2")])
            .send()
            .await
            .unwrap_err();
        assert!(
            matches!(duplicate.code(), Some("InvalidTag" | "InvalidArgument")),
            "{duplicate}"
        );

        s3.delete_object_tagging(&bucket, "key")
            .send()
            .await
            .unwrap();
        assert_eq!(tags_of_key().await, []);
        assert!(
            s3.get_object_tagging(&bucket, "missing")
                .send()
                .await
                .unwrap_err()
                .is_not_found()
        );
    })
    .await;
}
