//! Keys: what comes back as it was stored, and what does not.

use slim_s3::{Client, Error};

use super::read;
use crate::support::live::{Store, store, with_bucket};

/// How a listing shows a key.
pub fn listed_as(key: &str) -> String {
    match store() {
        Store::Minio => key.to_owned(),
        // It ignores encoding-type=url, and XML can write only three of the control characters below the blank.
        Store::Versitygw => key.replace('\u{1}', "\u{fffd}"),
        // It says that it has encoded the keys, and has not: whoever believes it reads others. And to XML a raw CR is LF.
        Store::S3sFs => {
            let key = key.replace('\r', "\n");
            percent_decoded(&key.replace('+', " ")).unwrap_or(key)
        }
    }
}

fn percent_decoded(text: &str) -> Option<String> {
    let mut pieces = text.split('%');
    let mut decoded = pieces.next()?.to_owned();
    for piece in pieces {
        let byte = u8::from_str_radix(piece.get(..2)?, 16).ok()?;
        decoded.push(char::from(byte));
        decoded.push_str(piece.get(2..)?);
    }
    Some(decoded)
}

/// Stores, reads, lists and removes one key.
async fn round_trip(s3: &Client, bucket: &str, key: &str) {
    let put = s3
        .put_object(bucket, key, key)
        .send()
        .await
        .unwrap_or_else(|error| panic!("{key:?}: {error}"));
    assert_eq!(read(s3, bucket, key).await, key, "{key:?}");
    let listed = s3.list_objects_v2(bucket).send().await.unwrap().contents;
    let keys: Vec<&str> = listed.iter().map(|object| object.key.as_str()).collect();
    assert_eq!(keys, [listed_as(key)], "{key:?}");
    let etag = (store() != Store::S3sFs).then_some(&put.etag);
    assert_eq!(listed[0].etag.as_ref(), etag, "{key:?}");
    s3.delete_object(bucket, key).send().await.unwrap();
    let gone = s3.head_object(bucket, key).send().await.unwrap_err();
    assert!(gone.is_not_found(), "{key:?}: {gone}");
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
            // Such a key is a folder of theirs, which holds no data.
            let holds_no_data = match store() {
                Store::Minio => None,
                Store::Versitygw => Some("DirectoryObjectContainsData"),
                Store::S3sFs => Some("UnexpectedContent"),
            };
            // s3s-fs names files by the key in base64, and a name of a file has at most 255 bytes.
            let too_long = (store() == Store::S3sFs && key.len() > 150).then_some("InternalError");
            let refusal = holds_no_data.filter(|_| key.ends_with('/')).or(too_long);
            let Some(code) = refusal else {
                round_trip(&s3, &bucket, &key).await;
                continue;
            };
            let error = s3.put_object(&bucket, &key, "x").send().await;
            assert_eq!(error.unwrap_err().code(), Some(code), "{key:?}");
        }
    })
    .await;
}

/// What stores refuse or take for another key: their error, or ours, or the key that they take it for.
#[tokio::test]
#[ignore = "needs a store: tests/run"]
async fn keys_that_do_not_survive() {
    enum Fate {
        /// The store's code for it on MinIO, versitygw and s3s-fs; none if it stores the object.
        Theirs([Result<&'static str, &'static str>; 3]),
        Refused,
    }
    use Fate::{Refused, Theirs};
    with_bucket(|s3, bucket| async move {
        let long = "x".repeat(1025);
        let segment = "x".repeat(256);
        let name = Err("XMinioInvalidObjectName");
        for (key, fate) in [
            ("a//b", Theirs([name, Ok("a/b"), Ok("a/b")])),
            (
                "a//",
                Theirs([
                    name,
                    Err("DirectoryObjectContainsData"),
                    Err("UnexpectedContent"),
                ]),
            ),
            (
                "a\0b",
                Theirs([name, Err("InternalError"), Err("InternalError")]),
            ),
            (
                "a\\..\\b",
                Theirs([
                    Err("XMinioInvalidResourceName"),
                    Ok("a\\..\\b"),
                    Ok("a\\..\\b"),
                ]),
            ),
            (
                &segment,
                Theirs([name, Err("KeyTooLongError"), Err("InternalError")]),
            ),
            (".", Refused),
            ("..", Refused),
            ("../a", Refused),
            ("a/./b", Refused),
            ("./a", Refused),
            ("a/.", Refused),
            ("a/../b", Refused),
            ("/a", Refused),
            ("//a", Refused),
            ("/", Refused),
            ("", Refused),
            (&long, Refused),
        ] {
            let put = s3.put_object(&bucket, key, "x").send().await;
            let fate = match fate {
                Theirs(fates) => fates[store() as usize],
                Refused => {
                    let error = put.expect_err(key);
                    assert!(matches!(error, Error::Invalid(_)), "{key:?}: {error}");
                    continue;
                }
            };
            match fate {
                Ok(stored) => {
                    put.unwrap();
                    assert_eq!(read(&s3, &bucket, stored).await, "x", "{key:?}");
                    s3.delete_object(&bucket, stored).send().await.unwrap();
                }
                Err(code) => assert_eq!(put.expect_err(key).code(), Some(code), "{key:?}"),
            }
        }
        let left = s3.list_objects_v2(&bucket).send().await.unwrap().contents;
        assert!(left.is_empty(), "{left:?}");
    })
    .await;
}

/// An object, and one below it as if it were a folder.
#[tokio::test]
#[ignore = "needs a store: tests/run"]
async fn a_key_below_a_key() {
    with_bucket(|s3, bucket| async move {
        s3.put_object(&bucket, "a", "file").send().await.unwrap();
        let below = s3.put_object(&bucket, "a/b", "below").send().await;
        if store() != Store::Minio {
            let code = match store() {
                Store::S3sFs => "InternalError",
                _ => "ObjectParentIsFile",
            };
            assert_eq!(below.unwrap_err().code(), Some(code));
            return;
        }
        below.unwrap();
        assert_eq!(read(&s3, &bucket, "a").await, "file");
        assert_eq!(read(&s3, &bucket, "a/b").await, "below");
        // Every listing hides the one below, whatever the prefix, until the other is gone.
        let listed = async |prefix, delimiter| {
            let call = s3.list_objects_v2(&bucket).prefix(prefix);
            let page = call.delimiter(delimiter).send().await.unwrap();
            let keys = page.contents.into_iter().map(|object| object.key);
            keys.chain(page.common_prefixes).collect::<Vec<_>>()
        };
        let nothing: [&str; 0] = [];
        assert_eq!(listed("", "").await, ["a"]);
        assert_eq!(listed("", "/").await, ["a"]);
        assert_eq!(listed("a/", "").await, nothing);
        s3.delete_object(&bucket, "a").send().await.unwrap();
        assert_eq!(listed("", "").await, ["a/b"]);
        assert_eq!(listed("", "/").await, ["a/"]);
    })
    .await;
}
