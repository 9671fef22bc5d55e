//! All pages of a listing, and what else is listed.

use futures_util::{StreamExt, TryStreamExt, stream};

use crate::support::live::{Store, store, with_bucket};

#[tokio::test]
#[ignore = "needs a store: tests/run"]
async fn all_pages_of_a_listing() {
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

#[tokio::test]
#[ignore = "needs a store: tests/run"]
async fn buckets_and_where_they_are() {
    with_bucket(|s3, bucket| async move {
        let all = s3.list_buckets().send().await.unwrap();
        let own = all
            .buckets
            .iter()
            .find(|found| found.name == bucket)
            .unwrap();
        assert!(own.creation_date.is_some());
        assert_eq!(all.owner.is_some(), store() != Store::S3sFs);
        assert_eq!(
            s3.get_bucket_location(&bucket).send().await.unwrap(),
            s3.region()
        );
        let absent = format!("{bucket}-absent");
        assert!(
            s3.get_bucket_location(&absent)
                .send()
                .await
                .unwrap_err()
                .is_not_found()
        );
    })
    .await;
}

#[tokio::test]
#[ignore = "needs a store: tests/run"]
async fn open_uploads() {
    with_bucket(|s3, bucket| async move {
        if store() == Store::S3sFs {
            let error = s3.list_multipart_uploads(&bucket).send().await.unwrap_err();
            assert_eq!(error.code(), Some("NotImplemented"));
            return;
        }
        let begun = s3
            .create_multipart_upload(&bucket, "a+b")
            .send()
            .await
            .unwrap()
            .upload_id;
        let other = s3
            .create_multipart_upload(&bucket, "a+b")
            .send()
            .await
            .unwrap()
            .upload_id;
        let listing = || s3.list_multipart_uploads(&bucket).prefix("a+b");
        let page = listing().send().await.unwrap();
        let mut ids: Vec<&str> = page
            .uploads
            .iter()
            .map(|upload| upload.upload_id.as_str())
            .collect();
        ids.sort_unstable();
        let mut expected = [begun.as_str(), other.as_str()];
        expected.sort_unstable();
        assert_eq!(ids, expected);
        assert!(
            page.uploads
                .iter()
                .all(|upload| upload.key == "a+b" && upload.initiated.is_some())
        );
        let first = listing().max_uploads(1).send().await.unwrap();
        assert_eq!((first.uploads.len(), first.is_truncated), (1, true));
        for upload in page.uploads {
            s3.abort_multipart_upload(&bucket, &upload.key, &upload.upload_id)
                .send()
                .await
                .unwrap();
        }
        assert!(listing().send().await.unwrap().uploads.is_empty());
    })
    .await;
}

#[tokio::test]
#[ignore = "needs a store: tests/run"]
async fn headers_of_the_callers_choice() {
    with_bucket(|s3, bucket| async move {
        s3.put_object(&bucket, "key", "x")
            .content_type("image/jpeg")
            .send()
            .await
            .unwrap();
        let get = s3
            .get_object(&bucket, "key")
            .response_content_type("text/plain")
            .response_content_disposition("attachment; filename=\"a b.txt\"")
            .response_cache_control("no-cache")
            .response_content_language("en")
            .response_content_encoding("identity");
        let object = get.send().await.unwrap();
        let header = |name: &str| {
            object
                .info
                .headers
                .get(name)
                .map(|value| value.to_str().unwrap())
        };
        assert_eq!(object.info.content_type.as_deref(), Some("text/plain"));
        assert_eq!(
            header("content-disposition"),
            Some("attachment; filename=\"a b.txt\"")
        );
        assert_eq!(
            (header("cache-control"), header("content-language")),
            (Some("no-cache"), Some("en"))
        );
    })
    .await;
}
