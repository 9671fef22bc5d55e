//! Creating, inspecting and listing buckets.

use super::BUCKET;
use crate::support::exchange::Session;

pub async fn run(session: &Session) {
    let client = session.client();
    let is_minio = session.store == "minio";
    let created = session
        .ok("CreateBucket/new", client.create_bucket(BUCKET).send())
        .await;
    assert_eq!(created.location.as_deref(), Some("/fixtures"));
    let again = session
        .rejected(
            "CreateBucket/again",
            client.create_bucket(BUCKET).send(),
            409,
            "BucketAlreadyOwnedByYou",
        )
        .await;
    assert!(again.request_id().is_some() && again.host_id().is_some());
    session
        .rejected(
            "CreateBucket/bad-name",
            client.create_bucket("Fixtures").send(),
            400,
            "InvalidBucketName",
        )
        .await;

    let head = session
        .ok("HeadBucket/there", client.head_bucket(BUCKET).send())
        .await;
    assert_eq!(
        head.region.as_deref(),
        if is_minio { None } else { Some("us-east-1") }
    );
    let absent = session
        .rejected(
            "HeadBucket/absent",
            client.head_bucket("absent").send(),
            404,
            "NoSuchBucket",
        )
        .await;
    // MinIO sends the code in a header.
    assert_eq!(absent.service().unwrap().code_is_inferred, !is_minio);

    let list = session
        .ok("ListBuckets/one", client.list_buckets().send())
        .await;
    assert_eq!(
        (list.buckets.len(), list.buckets[0].name.as_str()),
        (1, BUCKET)
    );
    assert!(list.buckets[0].creation_date.is_some());
    let owner = list.owner.unwrap();
    assert_eq!(owner.display_name.as_deref(), is_minio.then_some("minio"));
    let location = session
        .call(
            "GetBucketLocation/default",
            client.get_bucket_location(BUCKET).send(),
        )
        .await;
    assert_eq!(location.unwrap().region, "us-east-1");
    session
        .rejected(
            "GetBucketLocation/absent",
            client.get_bucket_location("absent").send(),
            404,
            "NoSuchBucket",
        )
        .await;
}
