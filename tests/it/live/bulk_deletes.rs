//! Deleting many objects in one call.

use super::{list, put_all};
use crate::support::live::{Store, store, with_bucket};

#[tokio::test]
#[ignore = "needs a store: tests/run"]
async fn more_than_1000_keys_are_deleted() {
    with_bucket(|s3, bucket| async move {
        let keys: Vec<String> = (0..1_003)
            .map(|number| format!("key {number} <&> ü"))
            .collect();
        put_all(&s3, &bucket, &keys).await;

        let outcome = s3.delete_many(&bucket, &keys).send().await.unwrap();
        assert_eq!((outcome.deleted.len(), outcome.errors.len()), (1_003, 0));
        // In the order of the store, which may sort them.
        let mut deleted: Vec<&str> = outcome.deleted.iter().map(|one| one.key.as_str()).collect();
        let mut sent: Vec<&str> = keys.iter().map(String::as_str).collect();
        deleted.sort_unstable();
        sent.sort_unstable();
        assert_eq!(deleted, sent);
        assert!(list(&s3, &bucket).await.is_empty());
    })
    .await;
}

/// Keys that are missing, that XML cannot represent, or that the store would reject in a put.
#[tokio::test]
#[ignore = "needs a store: tests/run"]
async fn unusual_keys_are_deleted_or_reported() {
    with_bucket(|s3, bucket| async move {
        for key in ["a\rb", "a\nb", "a\tb", "a\u{1}b", "\"'"] {
            s3.put_object(&bucket, key, "x").send().await.unwrap();
        }
        let outcome = s3
            .delete_many(
                &bucket,
                ["missing", "a\rb", "a\nb", "a\tb", "a\u{1}b", "\"'"],
            )
            .send()
            .await
            .unwrap();
        if store() == Store::S3sFs {
            // Its response has LF in place of CR, so the outcome for that key is unknown.
            let [error] = outcome.errors.as_slice() else {
                panic!("{outcome:?}")
            };
            assert_eq!(
                (error.key.as_str(), error.code.as_str()),
                ("a\rb", "Unconfirmed")
            );
            return;
        }
        assert_eq!((outcome.deleted.len(), outcome.errors.len()), (6, 0));
        assert!(list(&s3, &bucket).await.is_empty());

        let outcome = s3.delete_many(&bucket, ["x", "a//b"]).send().await.unwrap();
        let reported = outcome.deleted.len() + outcome.errors.len();
        assert_eq!(reported, 2, "{outcome:?}");
    })
    .await;
}
