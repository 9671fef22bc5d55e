//! Removing many objects.

use futures_util::{StreamExt, TryStreamExt, stream};

use crate::support::live::{Store, store, with_bucket};

#[tokio::test]
#[ignore = "needs a store: tests/run"]
async fn more_than_one_request_takes() {
    with_bucket(|s3, bucket| async move {
        let keys: Vec<String> = (0..1_003)
            .map(|number| format!("key {number} <&> ü"))
            .collect();
        let puts = keys
            .clone()
            .into_iter()
            .map(|key| s3.put_object(&bucket, &key, "").send());
        stream::iter(puts)
            .buffer_unordered(16)
            .try_collect::<Vec<_>>()
            .await
            .unwrap();

        let outcome = s3.delete_objects(&bucket, &keys).send().await.unwrap();
        assert_eq!((outcome.deleted.len(), outcome.errors.len()), (1_003, 0));
        assert_eq!(outcome.deleted[0].key, "key 0 <&> ü");
        assert!(
            s3.list_objects_v2(&bucket)
                .send()
                .await
                .unwrap()
                .contents
                .is_empty()
        );
    })
    .await;
}

/// Keys that are not there, that no document can carry, and that the store would not have stored.
#[tokio::test]
#[ignore = "needs a store: tests/run"]
async fn odd_keys() {
    with_bucket(|s3, bucket| async move {
        for key in ["a\rb", "a\nb", "a\tb", "a\u{1}b", "\"'"] {
            s3.put_object(&bucket, key, "x").send().await.unwrap();
        }
        let outcome = s3
            .delete_objects(
                &bucket,
                ["absent", "a\rb", "a\nb", "a\tb", "a\u{1}b", "\"'"],
            )
            .send()
            .await
            .unwrap();
        if store() == Store::S3sFs {
            // Its answer says LF where CR stood, so nobody knows what became of that key.
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
        assert!(
            s3.list_objects_v2(&bucket)
                .send()
                .await
                .unwrap()
                .contents
                .is_empty()
        );

        let outcome = s3
            .delete_objects(&bucket, ["x", "a//b"])
            .send()
            .await
            .unwrap();
        let told = outcome.deleted.len() + outcome.errors.len();
        assert_eq!(told, 2, "{outcome:?}");
    })
    .await;
}
