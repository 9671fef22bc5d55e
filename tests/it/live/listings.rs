//! Listings, page by page and by common prefix.

use futures_util::{StreamExt, TryStreamExt, stream};

use super::boto3_etag;
use super::keys::listed_as;
use crate::support::live::{Store, store, with_bucket};

#[tokio::test]
#[ignore = "needs a store: tests/run"]
async fn a_listing_returns_every_key_page_by_page() {
    with_bucket(|s3, bucket| async move {
        let keys = ["a b", "a+b", "a/1", "a/2", "b/1", "c\u{1}d", "z%2Fz"];
        for key in keys {
            s3.put_object(&bucket, key, key).send().await.unwrap();
        }
        let keys_listed = keys.map(listed_as);
        let mut found = Vec::new();
        let mut pages = 0;
        let mut token: Option<String> = None;
        loop {
            let mut call = s3.list_objects_v2(&bucket).max_keys(3);
            if let Some(token) = &token {
                call = call.continuation_token(token);
            }
            let page = call.send().await.unwrap();
            pages += 1;
            found.extend(page.contents.iter().map(|object| {
                let at = keys_listed
                    .iter()
                    .position(|key| *key == object.key)
                    .unwrap();
                // s3s-fs can list two keys under the same name; these two have the same size.
                assert_eq!(object.size, keys[at].len() as u64);
                let etag = boto3_etag(keys[at].as_bytes());
                assert_eq!(object.etag, (store() != Store::S3sFs).then_some(etag));
                assert!(object.last_modified.is_some());
                object.key.clone()
            }));
            assert_eq!(page.is_truncated, page.next_continuation_token.is_some());
            token = page.next_continuation_token;
            if token.is_none() {
                break;
            }
        }
        assert_eq!((found, pages), (keys_listed.to_vec(), 3));

        let folders = s3
            .list_objects_v2(&bucket)
            .delimiter("/")
            .send()
            .await
            .unwrap();
        assert_eq!(folders.common_prefixes, ["a/", "b/"]);
        assert_eq!(folders.contents.len(), 4);
        let folder = s3
            .list_objects_v2(&bucket)
            .prefix("a/")
            .start_after("a/1")
            .send()
            .await
            .unwrap();
        assert_eq!(
            folder
                .contents
                .iter()
                .map(|object| object.key.as_str())
                .collect::<Vec<_>>(),
            ["a/2"]
        );
        let none = s3
            .list_objects_v2(&bucket)
            .prefix("missing")
            .send()
            .await
            .unwrap();
        assert!(none.contents.is_empty() && !none.is_truncated);
        // Not from the listing, which changes some keys.
        for key in keys {
            s3.delete_object(&bucket, key).send().await.unwrap();
        }
    })
    .await;
}

#[tokio::test]
#[ignore = "needs a store: tests/run"]
async fn pages_and_objects_cover_the_whole_listing() {
    with_bucket(|s3, bucket| async move {
        let keys: Vec<String> = (0..25)
            .map(|number| format!("folder {}/k_{number:02}", number % 3))
            .collect();
        let puts = keys
            .clone()
            .into_iter()
            .map(|key| s3.put_object(&bucket, &key, "x").send());
        stream::iter(puts)
            .buffer_unordered(8)
            .try_collect::<Vec<_>>()
            .await
            .unwrap();
        let mut sorted = keys.clone();
        sorted.sort();

        let listing = || s3.list_objects_v2(&bucket).max_keys(4);
        let objects: Vec<_> = listing().objects().try_collect().await.unwrap();
        let listed: Vec<&str> = objects.iter().map(|object| object.key.as_str()).collect();
        assert_eq!(listed, sorted);

        let mut pages = listing().pages();
        let mut counts = Vec::new();
        while let Some(page) = pages.next_page().await.unwrap() {
            counts.push(page.contents.len());
        }
        assert_eq!(counts, [4, 4, 4, 4, 4, 4, 1]);

        let from: Vec<_> = listing()
            .start_after(&sorted[9])
            .objects()
            .try_collect()
            .await
            .unwrap();
        assert_eq!(from.len(), 15);
        let folders = listing().delimiter("/").send().await.unwrap();
        assert_eq!(
            folders.common_prefixes,
            ["folder 0/", "folder 1/", "folder 2/"]
        );
        let owned = listing().fetch_owner().send().await.unwrap();
        assert_eq!(owned.contents[0].owner.is_some(), store() != Store::S3sFs);
    })
    .await;
}
