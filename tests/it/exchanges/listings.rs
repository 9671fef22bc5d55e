//! Listings of objects.

use super::BUCKET;
use crate::support::exchange::Session;

pub async fn run(session: &Session) {
    let client = session.client();
    let first = session
        .ok(
            "ListObjectsV2/first",
            client.list_objects_v2(BUCKET).max_keys(2).send(),
        )
        .await;
    let keys: Vec<&str> = first
        .contents
        .iter()
        .map(|object| object.key.as_str())
        .collect();
    assert_eq!(
        (keys, first.is_truncated),
        (vec!["a+b/ü %.txt", "a.txt"], true)
    );
    assert_eq!(
        (
            first.contents[1].size,
            first.contents[1].etag.as_ref().unwrap().as_str()
        ),
        (5, "5d41402abc4b2a76b9719d911017c592")
    );
    for object in &first.contents {
        assert!(object.last_modified.is_some() && object.owner.is_none());
        assert_eq!(object.storage_class.as_deref(), Some("STANDARD"));
    }
    let token = first.next_continuation_token.unwrap();
    let second = client
        .list_objects_v2(BUCKET)
        .max_keys(2)
        .continuation_token(&token);
    let second = session.ok("ListObjectsV2/second", second.send()).await;
    let keys: Vec<&str> = second
        .contents
        .iter()
        .map(|object| object.key.as_str())
        .collect();
    assert_eq!(keys, ["chunks", "copy"]);
    let folders = session
        .ok(
            "ListObjectsV2/folders",
            client.list_objects_v2(BUCKET).delimiter("/").send(),
        )
        .await;
    assert_eq!(folders.common_prefixes, ["a+b/"]);
    session
        .rejected(
            "ListObjectsV2/no-bucket",
            client.list_objects_v2("absent").send(),
            404,
            "NoSuchBucket",
        )
        .await;
}
