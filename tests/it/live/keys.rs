//! Keys that round-trip, and keys that stores change or reject.

use slim_s3::{Client, Error};

use super::{assert_missing, list, read};
use crate::support::live::{Store, store, with_bucket};

/// The key as this store returns it in a listing.
pub fn listed_as(key: &str) -> String {
    match store() {
        Store::Minio => key.to_owned(),
        // versitygw ignores encoding-type=url, and XML 1.0 allows only three control characters.
        Store::Versitygw => key.replace('\u{1}', "\u{fffd}"),
        // s3s-fs claims to encode the keys but does not, so decoding changes them. XML parsers read a raw CR as LF.
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

/// Stores, reads, lists and deletes one key.
async fn round_trip(s3: &Client, bucket: &str, key: &str) {
    let put = s3
        .put_object(bucket, key, key)
        .send()
        .await
        .unwrap_or_else(|error| panic!("{key:?}: {error}"));
    assert_eq!(read(s3, bucket, key).await, key, "{key:?}");
    let listed = list(s3, bucket).await;
    let keys: Vec<&str> = listed.iter().map(|object| object.key.as_str()).collect();
    assert_eq!(keys, [listed_as(key)], "{key:?}");
    let etag = (store() != Store::S3sFs).then_some(&put.etag);
    assert_eq!(listed[0].etag.as_ref(), etag, "{key:?}");
    s3.delete_object(bucket, key).send().await.unwrap();
    assert_missing(s3, bucket, key).await;
}

#[tokio::test]
#[ignore = "needs a store: tests/run"]
async fn keys_of_every_character_round_trip() {
    with_bucket(|s3, bucket| async move {
        let mut keys: Vec<String> = (' '..='~')
            .map(|character| format!("a{character}b"))
            .collect();
        let unusual = [
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
        keys.extend(unusual.map(str::to_owned));
        keys.push("€".repeat(85));
        keys.push(vec!["x".repeat(204); 5].join("/"));
        assert_eq!(keys.last().unwrap().len(), 1024);
        println!("{} keys", keys.len());
        for key in keys {
            // versitygw and s3s-fs map a key with a trailing slash to a directory, which cannot hold data.
            let no_data_in_directories = match store() {
                Store::Minio => None,
                Store::Versitygw => Some("DirectoryObjectContainsData"),
                Store::S3sFs => Some("UnexpectedContent"),
            };
            // s3s-fs names files by the base64 of the key, and a file name has at most 255 bytes.
            let too_long = (store() == Store::S3sFs && key.len() > 150).then_some("InternalError");
            let rejection = no_data_in_directories
                .filter(|_| key.ends_with('/'))
                .or(too_long);
            let Some(code) = rejection else {
                round_trip(&s3, &bucket, &key).await;
                continue;
            };
            let error = s3.put_object(&bucket, &key, "x").send().await;
            assert_eq!(error.unwrap_err().code(), Some(code), "{key:?}");
        }
    })
    .await;
}

/// Keys that the store rejects or stores under another name, or that the client rejects.
#[tokio::test]
#[ignore = "needs a store: tests/run"]
async fn unstorable_keys_are_rejected_or_renamed() {
    enum Fate {
        /// On MinIO, versitygw and s3s-fs: the key that the object is stored under, or the error code.
        Sent([Result<&'static str, &'static str>; 3]),
        RejectedByClient,
    }
    use Fate::{RejectedByClient, Sent};
    with_bucket(|s3, bucket| async move {
        let long = "x".repeat(1025);
        let segment = "x".repeat(256);
        let invalid_name = Err("XMinioInvalidObjectName");
        for (key, fate) in [
            ("a//b", Sent([invalid_name, Ok("a/b"), Ok("a/b")])),
            (
                "a//",
                Sent([
                    invalid_name,
                    Err("DirectoryObjectContainsData"),
                    Err("UnexpectedContent"),
                ]),
            ),
            (
                "a\0b",
                Sent([invalid_name, Err("InternalError"), Err("InternalError")]),
            ),
            (
                "a\\..\\b",
                Sent([
                    Err("XMinioInvalidResourceName"),
                    Ok("a\\..\\b"),
                    Ok("a\\..\\b"),
                ]),
            ),
            (
                &segment,
                Sent([invalid_name, Err("KeyTooLongError"), Err("InternalError")]),
            ),
            (".", RejectedByClient),
            ("..", RejectedByClient),
            ("../a", RejectedByClient),
            ("a/./b", RejectedByClient),
            ("./a", RejectedByClient),
            ("a/.", RejectedByClient),
            ("a/../b", RejectedByClient),
            ("/a", RejectedByClient),
            ("//a", RejectedByClient),
            ("/", RejectedByClient),
            ("", RejectedByClient),
            (&long, RejectedByClient),
        ] {
            let put = s3.put_object(&bucket, key, "x").send().await;
            let fate = match fate {
                Sent(fates) => fates[store() as usize],
                RejectedByClient => {
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
        let remaining = list(&s3, &bucket).await;
        assert!(remaining.is_empty(), "{remaining:?}");
    })
    .await;
}

/// The keys `a` and `a/b`. In a file system, `a` would have to be both a file and a folder.
#[tokio::test]
#[ignore = "needs a store: tests/run"]
async fn a_key_below_another_is_hidden_or_rejected() {
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
        // Listings hide `a/b`, whatever the prefix, until `a` is deleted.
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
