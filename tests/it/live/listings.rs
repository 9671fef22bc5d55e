//! Listings, page by page and folder by folder.

use super::etag_of_boto3;
use super::keys::listed_as;
use crate::support::live::{Store, store, with_bucket};

#[tokio::test]
#[ignore = "needs a store: tests/run"]
async fn listings() {
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
                // Two keys of s3s-fs can be listed as one; all of these have the same size.
                assert_eq!(object.size, keys[at].len() as u64);
                let etag = etag_of_boto3(keys[at].as_bytes());
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
        let nothing = s3
            .list_objects_v2(&bucket)
            .prefix("absent")
            .send()
            .await
            .unwrap();
        assert!(nothing.contents.is_empty() && !nothing.is_truncated);
        // By name, as not each is listed under its own.
        for key in keys {
            s3.delete_object(&bucket, key).send().await.unwrap();
        }
    })
    .await;
}
