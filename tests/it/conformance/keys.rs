//! Unusual keys, sent with reqwest; the received bytes are verified.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use serde_json::Value;
use slim_s3::sigv4::{Slash, uri_encode};
use slim_s3::{Client, Error};
use tokio::task::JoinSet;

use super::rows;
use crate::support::fixtures::text;
use crate::support::live::{Store, store, with_bucket};
use crate::support::server::{builder, record};
use crate::support::verifier::verify;

const NOT_UTF8: (&str, &[&str]) = ("not UTF-8, so not a &str", &["key/0036", "key/0068"]);

/// Part of the error message if the key must be rejected; `None` if it is sent.
fn expected_rejection(row: &Value) -> Option<&'static str> {
    match row["bytes"].as_u64().unwrap() {
        0 => Some("key: empty"),
        1025.. => Some("bytes long"),
        _ if row["dot_segment"] == true => Some("would act on another object"),
        _ => None,
    }
}

#[tokio::test]
async fn unusual_keys_are_sent_as_signed() {
    let (address, requests) = record("200 OK\r\netag: \"e\"", "").await;
    let s3 = builder(address).allow_leading_slash().build().unwrap();
    let rows = rows("keys.jsonl", 1_149, &[NOT_UTF8]);
    let (mut sent, mut rejected) = (0, 0);
    for row in &rows {
        let (id, key) = (text(row, "id"), text(row, "key"));
        assert_eq!(
            uri_encode(key, Slash::Encode),
            text(row, "encoded_query_value"),
            "{id}"
        );
        let outcome = s3.put_object("bucket", key, "x").send().await;
        let received = requests.lock().unwrap().pop();
        match (expected_rejection(row), outcome) {
            (None, Ok(_)) => {
                assert_eq!(row["valid_s3_key"], true, "{id}");
                let received = received.unwrap();
                assert_eq!(verify(&received), b"x", "{id}");
                assert_eq!(
                    received.target,
                    format!("/bucket/{}", text(row, "encoded")),
                    "{id}"
                );
                sent += 1;
            }
            (Some(reason), Err(error)) => {
                assert!(matches!(error, Error::Invalid(_)), "{id}: {error}");
                assert!(error.to_string().contains(reason), "{id}: {error}");
                assert!(received.is_none(), "{id} was sent");
                rejected += 1;
            }
            (reason, outcome) => panic!("{id}: expected {reason:?}, got {outcome:?}"),
        }
    }
    if !rows.is_empty() {
        println!("keys.jsonl: {sent} keys sent and verified, {rejected} rejected before sending");
        // 12 keys with dot segments, 3 longer than 1,024 bytes, and the empty key.
        assert!(
            sent >= 1_133 && rejected == 16,
            "{sent} sent, {rejected} rejected"
        );
    }
}

/// Whether a store that maps keys to files cannot hold both keys.
fn conflicts(a: &str, b: &str) -> bool {
    let is_in = |inner: &str, outer: &str| {
        inner
            .strip_prefix(outer)
            .is_some_and(|rest| rest.starts_with('/') || outer.ends_with('/'))
    };
    a == b || is_in(a, b) || is_in(b, a)
}

/// Puts, lists and deletes each key.
#[tokio::test]
#[ignore = "needs a store: tests/run"]
async fn unusual_keys_are_stored_and_listed() {
    // The rows claim that MinIO accepts these, but it responds 400 XMinioInvalidObjectName.
    let long_segments = [
        "key/0162", "key/0163", "key/0166", "key/0741", "key/0758", "key/0807", "key/0820",
        "key/0821", "key/0822", "key/0823",
    ];
    let skipped = [
        NOT_UTF8,
        (
            "MinIO accepts at most 255 bytes between two slashes",
            &long_segments[..],
        ),
    ];
    let accepted: Vec<String> = rows("keys.jsonl", 1_139, &skipped)
        .iter()
        .filter(|row| row["minio_accepts"] == true)
        .map(|row| text(row, "key").to_owned())
        .collect();
    if accepted.is_empty() {
        return;
    }
    println!(
        "keys.jsonl: {} keys to put and list; MinIO rejects the others",
        accepted.len()
    );
    assert!(accepted.len() >= 1_090);
    // Groups run one after another; the keys of a group run concurrently and must not conflict.
    let mut groups: Vec<Vec<String>> = Vec::new();
    for key in accepted {
        match groups
            .iter_mut()
            .find(|group| !group.iter().any(|other| conflicts(other, &key)))
        {
            Some(group) => group.push(key),
            None => groups.push(vec![key]),
        }
    }
    // The rows describe MinIO. Other stores reject a few keys and cannot list every key they store.
    let stored = Arc::new(AtomicU32::new(0));
    let count = stored.clone();
    with_bucket(|s3, bucket| async move {
        for group in groups {
            let group = Arc::new(group);
            let mut tasks = JoinSet::new();
            for first in 0..16 {
                let (s3, bucket, group) = (s3.clone(), bucket.clone(), group.clone());
                let stored = stored.clone();
                tasks.spawn(async move {
                    for key in group.iter().skip(first).step_by(16) {
                        match store() {
                            Store::Minio => put_and_list(&s3, &bucket, key).await,
                            _ => put_and_read(&s3, &bucket, key, &stored).await,
                        }
                    }
                });
            }
            while let Some(outcome) = tasks.join_next().await {
                outcome.unwrap();
            }
        }
        if store() == Store::Minio {
            let left = s3.list_objects_v2(&bucket).send().await.unwrap();
            assert!(left.contents.is_empty(), "{:?}", left.contents);
        }
    })
    .await;
    let count = count.load(Ordering::Relaxed);
    println!("keys.jsonl: {count} keys put and read, on stores other than MinIO");
    assert!(
        store() == Store::Minio || count > 1_000,
        "{count} keys were stored"
    );
}

/// A key is either stored and read back, or rejected by the store.
async fn put_and_read(s3: &Client, bucket: &str, key: &str, stored: &AtomicU32) {
    match s3.put_object(bucket, key, key.to_owned()).send().await {
        Err(Error::Service(_)) => {}
        Err(error) => panic!("{key:?}: {error}"),
        Ok(_) => {
            let object = s3.get_object(bucket, key).send().await;
            let object = object.unwrap_or_else(|error| panic!("{key:?}: {error}"));
            assert_eq!(object.body.bytes().await.unwrap(), key.as_bytes());
            s3.delete_object(bucket, key).send().await.unwrap();
            stored.fetch_add(1, Ordering::Relaxed);
        }
    }
}

async fn put_and_list(s3: &Client, bucket: &str, key: &str) {
    let put = s3.put_object(bucket, key, key.to_owned()).send().await;
    let put = put.unwrap_or_else(|error| panic!("{key:?}: {error}"));
    let list = s3.list_objects_v2(bucket).prefix(key).send().await;
    let list = list.unwrap_or_else(|error| panic!("{key:?}: {error}"));
    let listed = list.contents.iter().find(|object| object.key == key);
    // The content is the key, so size and ETag identify the object.
    let found = listed.map(|object| (object.size, object.etag.clone()));
    let expected = (key.len() as u64, Some(put.etag));
    assert_eq!(found, Some(expected), "{key:?} in {list:?}");
    let deleted = s3.delete_object(bucket, key).send().await;
    deleted.unwrap_or_else(|error| panic!("{key:?}: {error}"));
}
