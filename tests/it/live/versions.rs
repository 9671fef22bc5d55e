//! Object versions, in a bucket with versioning.

use slim_s3::CopySource;
use slim_s3::operation::VersioningStatus;

use super::read;
use crate::support::live::{Store, store, with_bucket};

#[tokio::test]
#[ignore = "needs a store: tests/run"]
async fn versions_are_listed_read_and_deleted() {
    with_bucket(|s3, bucket| async move {
        if store() != Store::Minio {
            // versitygw supports versions only if it is started with a folder for them, unlike in tests/run.
            let code = match store() {
                Store::Versitygw => "VersioningNotConfigured",
                _ => "NotImplemented",
            };
            let enabled = s3.put_bucket_versioning(&bucket, VersioningStatus::Enabled);
            assert_eq!(enabled.send().await.unwrap_err().code(), Some(code));
            let status = s3.get_bucket_versioning(&bucket).send().await;
            let listed = s3.list_object_versions(&bucket).send().await;
            if store() == Store::Versitygw {
                assert_eq!(status.unwrap().status, None);
                assert!(listed.unwrap().versions.is_empty());
            } else {
                assert_eq!(status.unwrap_err().code(), Some(code));
                assert_eq!(listed.unwrap_err().code(), Some(code));
            }
            return;
        }
        let status = async || {
            let versioning = s3.get_bucket_versioning(&bucket).send().await;
            versioning.unwrap().status
        };
        assert_eq!(status().await, None);
        s3.put_bucket_versioning(&bucket, VersioningStatus::Enabled)
            .send()
            .await
            .unwrap();
        assert_eq!(status().await, Some(VersioningStatus::Enabled));

        let put = |text: &'static str| {
            let call = s3.put_object(&bucket, "key", text);
            async move { call.send().await.unwrap().version_id.unwrap() }
        };
        let (first, second) = (put("one").await, put("two").await);
        assert_ne!(first, second);
        let old = s3
            .get_object(&bucket, "key")
            .version_id(&first)
            .send()
            .await
            .unwrap();
        assert_eq!(old.version_id.as_deref(), Some(first.as_str()));
        assert_eq!(old.body.bytes().await.unwrap(), "one");
        let old = s3
            .head_object(&bucket, "key")
            .version_id(&first)
            .send()
            .await
            .unwrap();
        assert_eq!(old.version_id.as_deref(), Some(first.as_str()));
        assert_eq!(read(&s3, &bucket, "key").await, "two");

        // Tags belong to a version.
        s3.put_object_tagging(&bucket, "key", [("age", "old")])
            .version_id(&first)
            .send()
            .await
            .unwrap();
        assert_eq!(
            s3.get_object_tagging(&bucket, "key")
                .version_id(&first)
                .send()
                .await
                .unwrap()
                .tag_set
                .len(),
            1
        );
        assert_eq!(
            s3.get_object_tagging(&bucket, "key")
                .send()
                .await
                .unwrap()
                .tag_set
                .len(),
            0
        );
        s3.delete_object_tagging(&bucket, "key")
            .version_id(&first)
            .send()
            .await
            .unwrap();

        let copy = s3
            .copy_object(
                &bucket,
                "copy",
                CopySource::new(&bucket, "key").version_id(&first),
            )
            .send()
            .await
            .unwrap();
        assert_eq!(copy.source_version_id.as_deref(), Some(first.as_str()));
        assert_eq!(read(&s3, &bucket, "copy").await, "one");

        // Deleting adds a marker with its own version ID.
        let marker = s3.delete_object(&bucket, "key").send().await.unwrap();
        assert!(marker.delete_marker);
        let marker = marker.version_id.unwrap();
        assert!(
            s3.get_object(&bucket, "key")
                .send()
                .await
                .unwrap_err()
                .is_not_found()
        );
        let page = s3
            .list_object_versions(&bucket)
            .prefix("key")
            .send()
            .await
            .unwrap();
        let ids: Vec<&str> = page
            .versions
            .iter()
            .map(|version| version.version_id.as_str())
            .collect();
        assert_eq!(ids, [second.as_str(), first.as_str()]);
        assert!(
            page.versions
                .iter()
                .all(|version| version.key == "key" && version.size == 3 && !version.is_latest)
        );
        assert_eq!(
            (
                page.delete_markers[0].version_id.as_str(),
                page.delete_markers[0].is_latest
            ),
            (marker.as_str(), true)
        );
        let page = s3
            .list_object_versions(&bucket)
            .prefix("key")
            .max_keys(2)
            .send()
            .await
            .unwrap();
        assert!(page.is_truncated);
        let next = s3
            .list_object_versions(&bucket)
            .prefix("key")
            .key_marker(&page.next_key_marker.unwrap())
            .version_id_marker(&page.next_version_id_marker.unwrap());
        assert_eq!(next.send().await.unwrap().versions[0].version_id, first);

        // Deleting the marker restores the object.
        let deleted = s3
            .delete_object(&bucket, "key")
            .version_id(&marker)
            .send()
            .await
            .unwrap();
        assert!(deleted.delete_marker);
        assert_eq!(read(&s3, &bucket, "key").await, "two");
        let outcome = s3
            .delete_many(&bucket, [("key", &second), ("key", &first)])
            .send()
            .await
            .unwrap();
        assert_eq!((outcome.deleted.len(), outcome.errors.len()), (2, 0));
        let unknown = "00000000-0000-0000-0000-000000000000";
        let error = s3
            .get_object(&bucket, "copy")
            .version_id(unknown)
            .send()
            .await
            .unwrap_err();
        assert_eq!(error.code(), Some("NoSuchVersion"));

        s3.put_bucket_versioning(&bucket, VersioningStatus::Suspended)
            .send()
            .await
            .unwrap();
        assert_eq!(status().await, Some(VersioningStatus::Suspended));
        // A bucket with versions cannot be deleted.
        let page = s3.list_object_versions(&bucket).send().await.unwrap();
        let versions = page
            .versions
            .iter()
            .map(|version| (&version.key, &version.version_id));
        let markers = page
            .delete_markers
            .iter()
            .map(|marker| (&marker.key, &marker.version_id));
        let outcome = s3
            .delete_many(&bucket, versions.chain(markers))
            .send()
            .await
            .unwrap();
        assert!(outcome.errors.is_empty(), "{outcome:?}");
    })
    .await;
}
