//! Deleting objects, versions and buckets.

use slim_s3::operation::VersioningStatus;

use super::BUCKET;
use crate::support::exchange::{Session, expect_error};

pub async fn run(session: &Session) {
    delete_many(session).await;
    enable_versioning(session).await;
    delete_bucket(session).await;
}

async fn delete_many(session: &Session) {
    let client = session.client();
    session
        .rejected(
            "DeleteBucket/not-empty",
            client.delete_bucket(BUCKET).send(),
            409,
            "BucketNotEmpty",
        )
        .await;
    session
        .ok(
            "DeleteObject/there",
            client.delete_object(BUCKET, "copy").send(),
        )
        .await;
    session
        .ok(
            "DeleteObject/absent",
            client.delete_object(BUCKET, "copy").send(),
        )
        .await;
    let keys = ["a.txt", "a+b/ü %.txt", "chunks", "m+p", "absent"];
    let outcome = session
        .ok(
            "DeleteObjects/some",
            client.delete_many(BUCKET, keys).send(),
        )
        .await;
    let mut deleted: Vec<&str> = outcome
        .deleted
        .iter()
        .map(|deleted| deleted.key.as_str())
        .collect();
    deleted.sort_unstable();
    assert_eq!(deleted, ["a+b/ü %.txt", "a.txt", "absent", "chunks", "m+p"]);
    assert!(
        outcome
            .deleted
            .iter()
            .all(|deleted| !deleted.delete_marker && deleted.version_id.is_none())
    );
    assert_eq!((outcome.deleted.len(), outcome.errors.len()), (5, 0));
}

async fn enable_versioning(session: &Session) {
    let client = session.client();
    let is_minio = session.store == "minio";
    let never = session
        .call(
            "GetBucketVersioning/never",
            client.get_bucket_versioning(BUCKET).send(),
        )
        .await;
    let enabled = client.put_bucket_versioning(BUCKET, VersioningStatus::Enabled);
    let enabled = session
        .call("PutBucketVersioning/enabled", enabled.send())
        .await;
    assert_eq!(never.unwrap().status, None);
    if is_minio {
        enabled.unwrap();
        let now = session
            .call(
                "GetBucketVersioning/enabled",
                client.get_bucket_versioning(BUCKET).send(),
            )
            .await;
        assert_eq!(now.unwrap().status, Some(VersioningStatus::Enabled));
        delete_versions(session).await;
    } else {
        expect_error(enabled, 501, "VersioningNotConfigured");
        let encrypted = client.delete_object(BUCKET, "encrypted");
        session.ok("DeleteObject/encrypted", encrypted.send()).await;
    }
}

async fn delete_versions(session: &Session) {
    let client = session.client();
    let put = session
        .ok(
            "PutObject/version",
            client.put_object(BUCKET, "v", "one").send(),
        )
        .await;
    let version = put.version_id.unwrap();
    let deleted = session
        .ok(
            "DeleteObject/marker",
            client.delete_object(BUCKET, "v").send(),
        )
        .await;
    assert!(deleted.delete_marker);
    let marker = deleted.version_id.unwrap();
    let get = session
        .ok(
            "GetObject/version",
            client.get_object(BUCKET, "v").version_id(&version).send(),
        )
        .await;
    assert_eq!(get.version_id.as_deref(), Some(version.as_str()));
    assert_eq!(get.body.bytes().await.unwrap(), "one");
    let page = session
        .ok(
            "ListObjectVersions/both",
            client.list_object_versions(BUCKET).send(),
        )
        .await;
    let one = &page.versions[0];
    assert_eq!(
        (one.key.as_str(), one.size, one.storage_class.as_deref()),
        ("v", 3, Some("STANDARD"))
    );
    assert_eq!(one.etag.as_ref().unwrap(), &put.etag);
    assert!(one.last_modified.is_some() && one.owner.is_some());
    assert!(page.delete_markers[0].last_modified.is_some() && !page.is_truncated);
    assert_eq!(
        (
            page.versions[0].version_id.as_str(),
            page.versions[0].is_latest
        ),
        (version.as_str(), false)
    );
    assert_eq!(
        (
            page.delete_markers[0].version_id.as_str(),
            page.delete_markers[0].is_latest
        ),
        (marker.as_str(), true)
    );
    let outcome = client.delete_many(BUCKET, [("v", &version), ("v", &marker)]);
    let outcome = session.ok("DeleteObjects/versions", outcome.send()).await;
    assert_eq!((outcome.deleted.len(), outcome.errors.len()), (2, 0));
    let ids: Vec<Option<&str>> = outcome
        .deleted
        .iter()
        .map(|deleted| deleted.version_id.as_deref())
        .collect();
    assert!(ids.contains(&Some(&version)) && ids.contains(&Some(&marker)));
}

async fn delete_bucket(session: &Session) {
    let client = session.client();
    session
        .ok("DeleteBucket/empty", client.delete_bucket(BUCKET).send())
        .await;
    session
        .rejected(
            "DeleteBucket/absent",
            client.delete_bucket(BUCKET).send(),
            404,
            "NoSuchBucket",
        )
        .await;
}
