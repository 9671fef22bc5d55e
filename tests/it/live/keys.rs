//! Keys: what comes back as it was stored, and what does not.

use slim_s3::{Client, Error};

use super::read;
use crate::support::live::with_bucket;

/// Stores, reads, lists and removes one key.
async fn round_trip(s3: &Client, bucket: &str, key: &str) {
    let put = s3
        .put_object(bucket, key, key)
        .send()
        .await
        .unwrap_or_else(|error| panic!("{key:?}: {error}"));
    assert_eq!(read(s3, bucket, key).await, key, "{key:?}");
    let listed = s3.list_objects_v2(bucket).send().await.unwrap().contents;
    assert_eq!(
        listed
            .iter()
            .map(|object| object.key.as_str())
            .collect::<Vec<_>>(),
        [key]
    );
    assert_eq!(listed[0].etag.as_ref(), Some(&put.etag));
    s3.delete_object(bucket, key).send().await.unwrap();
    assert!(
        s3.head_object(bucket, key)
            .send()
            .await
            .unwrap_err()
            .is_not_found(),
        "{key:?}"
    );
}

#[tokio::test]
#[ignore = "needs a store: tests/run"]
async fn keys_of_every_character() {
    with_bucket(|s3, bucket| async move {
        let mut keys: Vec<String> = (' '..='~')
            .map(|character| format!("a{character}b"))
            .collect();
        let odd = [
            " ",
            " a",
            "a ",
            "+",
            "%",
            "%20",
            "a%2Fb",
            "\\",
            "a:b",
            "a.",
            "...",
            "..a",
            ".a",
            "a../b",
            "a/",
            "é",
            "cafe\u{301}",
            "日本語",
            "😀",
            "\u{7f}",
            "\u{1}",
            "a\tb\nc\rd",
            "a?b#c&d=e",
            "dir/sub dir/file (1).txt",
        ];
        keys.extend(odd.map(str::to_owned));
        keys.push("€".repeat(85));
        keys.push(vec!["x".repeat(204); 5].join("/"));
        assert_eq!(keys.last().unwrap().len(), 1024);
        println!("{} keys", keys.len());
        for key in keys {
            round_trip(&s3, &bucket, &key).await;
        }
    })
    .await;
}

/// What MinIO refuses or stores under another key: its error, or ours, and nothing is stored.
#[tokio::test]
#[ignore = "needs a store: tests/run"]
async fn keys_that_do_not_survive() {
    with_bucket(|s3, bucket| async move {
        let long = "x".repeat(1025);
        let segment = "x".repeat(256);
        for (key, code) in [
            ("a//b", Some("XMinioInvalidObjectName")),
            ("a//", Some("XMinioInvalidObjectName")),
            ("a\0b", Some("XMinioInvalidObjectName")),
            ("a\\..\\b", Some("XMinioInvalidResourceName")),
            (&segment, Some("XMinioInvalidObjectName")),
            (".", None),
            ("..", None),
            ("../a", None),
            ("a/./b", None),
            ("./a", None),
            ("a/.", None),
            ("a/../b", None),
            ("/a", None),
            ("//a", None),
            ("/", None),
            ("", None),
            (&long, None),
        ] {
            let error = s3
                .put_object(&bucket, key, "x")
                .send()
                .await
                .expect_err(key);
            assert_eq!(error.code(), code, "{key:?}: {error}");
            assert_eq!(
                matches!(error, Error::Invalid(_)),
                code.is_none(),
                "{key:?}: {error}"
            );
        }
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
