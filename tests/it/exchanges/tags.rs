//! Tags of objects.

use slim_s3::operation::Tag;

use super::BUCKET;
use crate::support::exchange::Session;

pub async fn run(session: &Session) {
    let client = session.client();
    let put = client.put_object_tagging(BUCKET, "a.txt", [("a", "1"), ("b", "")]);
    session.ok("PutObjectTagging/two", put.send()).await;
    let tags = session
        .ok(
            "GetObjectTagging/two",
            client.get_object_tagging(BUCKET, "a.txt").send(),
        )
        .await;
    assert_eq!(tags.tag_set.len(), 2);
    assert!(
        tags.tag_set.contains(&Tag::from(("a", "1")))
            && tags.tag_set.contains(&Tag::from(("b", "")))
    );
    let twice = client.put_object_tagging(BUCKET, "a.txt", [("a", "1"), ("a", "2")]);
    session
        .rejected("PutObjectTagging/twice", twice.send(), 400, "InvalidTag")
        .await;
    session
        .ok(
            "DeleteObjectTagging/all",
            client.delete_object_tagging(BUCKET, "a.txt").send(),
        )
        .await;
    session
        .rejected(
            "GetObjectTagging/absent",
            client.get_object_tagging(BUCKET, "absent").send(),
            404,
            "NoSuchKey",
        )
        .await;
}
