//! Copies of objects.

use super::{BUCKET, expect_error};
use crate::support::exchange::Session;

pub async fn run(session: &Session) {
    let client = session.client();
    let copy = client.copy_object(BUCKET, "copy", (BUCKET, "a+b/ü %.txt"));
    let copy = session.call("CopyObject/whole", copy.send()).await.unwrap();
    assert_eq!(copy.etag.as_str(), "7d793037a0760186574b0282f2f435e7");
    assert!(copy.last_modified.is_some());
    let absent = session
        .call(
            "CopyObject/absent",
            client
                .copy_object(BUCKET, "copy", (BUCKET, "absent"))
                .send(),
        )
        .await;
    expect_error(absent, 404, "NoSuchKey");
    let itself = session
        .call(
            "CopyObject/onto-itself",
            client.copy_object(BUCKET, "copy", (BUCKET, "copy")).send(),
        )
        .await;
    expect_error(itself, 400, "InvalidRequest");
    let changed = client
        .copy_object(BUCKET, "copy", (BUCKET, "a.txt"))
        .source_if_match("0123");
    expect_error(
        session.call("CopyObject/changed", changed.send()).await,
        412,
        "PreconditionFailed",
    );
}
