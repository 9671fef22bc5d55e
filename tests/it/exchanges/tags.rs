//! Tags of objects.

use slim_s3::operation::Tag;

use super::{BUCKET, expect_error};
use crate::support::exchange::Session;

pub async fn run(session: &Session) {
    let client = session.client();
    let put = client.put_object_tagging(BUCKET, "a.txt", [("a", "1"), ("b", "")]);
    session
        .call("PutObjectTagging/two", put.send())
        .await
        .unwrap();
    let tags = session
        .call(
            "GetObjectTagging/two",
            client.get_object_tagging(BUCKET, "a.txt").send(),
        )
        .await
        .unwrap();
    assert_eq!(tags.tag_set.len(), 2);
    assert!(
        tags.tag_set.contains(&Tag::from(("a", "1")))
            && tags.tag_set.contains(&Tag::from(("b", "")))
    );
    let twice = client.put_object_tagging(BUCKET, "a.txt", [("a", "1"), ("a", "2")]);
    let twice = session.call("PutObjectTagging/twice", twice.send()).await;
    expect_error(twice, 400, "InvalidTag");
    session
        .call(
            "DeleteObjectTagging/all",
            client.delete_object_tagging(BUCKET, "a.txt").send(),
        )
        .await
        .unwrap();
    let absent = session
        .call(
            "GetObjectTagging/absent",
            client.get_object_tagging(BUCKET, "absent").send(),
        )
        .await;
    expect_error(absent, 404, "NoSuchKey");
}
