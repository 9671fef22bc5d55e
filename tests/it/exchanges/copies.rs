//! Copies of objects.

use super::BUCKET;
use crate::support::exchange::Session;

pub async fn run(session: &Session) {
    let client = session.client();
    let copy = client.copy_object(BUCKET, "copy", (BUCKET, "a+b/ü %.txt"));
    let copy = session.ok("CopyObject/whole", copy.send()).await;
    assert_eq!(
        copy.etag.unwrap().as_str(),
        "7d793037a0760186574b0282f2f435e7"
    );
    assert!(copy.last_modified.is_some());
    session
        .rejected(
            "CopyObject/absent",
            client
                .copy_object(BUCKET, "copy", (BUCKET, "absent"))
                .send(),
            404,
            "NoSuchKey",
        )
        .await;
    session
        .rejected(
            "CopyObject/onto-itself",
            client.copy_object(BUCKET, "copy", (BUCKET, "copy")).send(),
            400,
            "InvalidRequest",
        )
        .await;
    let changed = client
        .copy_object(BUCKET, "copy", (BUCKET, "a.txt"))
        .source_if_match("0123");
    session
        .rejected(
            "CopyObject/changed",
            changed.send(),
            412,
            "PreconditionFailed",
        )
        .await;
}
