//! Multipart uploads.

use slim_s3::ETag;
use slim_s3::operation::{CompletedPart, UploadPartCopyOutput};

use super::BUCKET;
use crate::support::exchange::{Session, expect_error};

pub async fn run(session: &Session) {
    let (id, part, copied) = upload(session).await;
    list(session, &id, &part, &copied).await;
    complete(session, &id, &part, &copied.etag).await;
    abort(session).await;
}

/// Returns the upload ID, the ETag of part 1 and the copied part 2.
async fn upload(session: &Session) -> (String, ETag, UploadPartCopyOutput) {
    let client = session.client();
    let create = client
        .create_multipart_upload(BUCKET, "m+p")
        .content_type("text/plain");
    let id = session
        .ok("CreateMultipartUpload/new", create.send())
        .await
        .upload_id;
    session
        .rejected(
            "CreateMultipartUpload/no-bucket",
            client.create_multipart_upload("absent", "m").send(),
            404,
            "NoSuchBucket",
        )
        .await;

    let part = session
        .ok(
            "UploadPart/first",
            client.upload_part(BUCKET, "m+p", &id, 1, "hello").send(),
        )
        .await;
    assert_eq!(part.etag.as_str(), "5d41402abc4b2a76b9719d911017c592");
    session
        .rejected(
            "UploadPart/no-upload",
            client
                .upload_part(BUCKET, "m+p", "unknown", 1, "hello")
                .send(),
            404,
            "NoSuchUpload",
        )
        .await;
    let copied = client
        .upload_part_copy(BUCKET, "m+p", &id, 2, (BUCKET, "a.txt"))
        .source_range(1..=3);
    let copied = session.ok("UploadPartCopy/range", copied.send()).await;
    assert_eq!(copied.etag.as_str(), "3123059c1c816471780539f6b6b738dc");
    let out_of_range = client
        .upload_part_copy(BUCKET, "m+p", &id, 3, (BUCKET, "a.txt"))
        .source_range(1..=99);
    session
        .rejected(
            "UploadPartCopy/after-the-end",
            out_of_range.send(),
            400,
            "InvalidArgument",
        )
        .await;
    (id, part.etag, copied)
}

async fn list(session: &Session, id: &str, part: &ETag, copied: &UploadPartCopyOutput) {
    let client = session.client();
    let is_minio = session.store == "minio";
    let parts = session
        .ok("ListParts/two", client.list_parts(BUCKET, "m+p", id).send())
        .await;
    let sizes: Vec<(u32, u64)> = parts
        .parts
        .iter()
        .map(|part| (part.part_number, part.size))
        .collect();
    assert!(parts.parts.iter().all(|part| part.last_modified.is_some()));
    let etags: Vec<Option<&ETag>> = parts.parts.iter().map(|part| part.etag.as_ref()).collect();
    assert_eq!(etags, [Some(part), Some(&copied.etag)]);
    assert!(copied.last_modified.is_some());
    assert_eq!((sizes, parts.is_truncated), (vec![(1, 5), (2, 3)], false));
    let page = session
        .ok(
            "ListParts/first",
            client.list_parts(BUCKET, "m+p", id).max_parts(1).send(),
        )
        .await;
    assert_eq!(
        (page.parts.len(), page.next_part_number_marker),
        (1, Some(1))
    );
    let uploads = client.list_multipart_uploads(BUCKET).prefix("m+p");
    let uploads = session.ok("ListMultipartUploads/one", uploads.send()).await;
    assert!(uploads.uploads[0].initiated.is_some());
    assert!(uploads.uploads[0].owner.is_some());
    // MinIO leaves the storage class empty.
    let class = (!is_minio).then_some("STANDARD");
    assert_eq!(uploads.uploads[0].storage_class.as_deref(), class);
    assert_eq!(
        (
            uploads.uploads[0].key.as_str(),
            uploads.uploads[0].upload_id.as_str()
        ),
        ("m+p", id)
    );
}

async fn complete(session: &Session, id: &str, part: &ETag, copied: &ETag) {
    let client = session.client();
    let is_minio = session.store == "minio";
    let complete = |parts: &[(u32, &ETag)]| {
        let parts: Vec<CompletedPart> = parts
            .iter()
            .map(|(part_number, etag)| CompletedPart {
                part_number: *part_number,
                etag: (*etag).clone(),
            })
            .collect();
        client.complete_multipart_upload(BUCKET, "m+p", id, &parts)
    };
    let small = complete(&[(1, part), (2, copied)]);
    session
        .rejected(
            "CompleteMultipartUpload/too-small",
            small.send(),
            400,
            "EntityTooSmall",
        )
        .await;
    let wrong = complete(&[(1, &ETag::from("0123"))]);
    session
        .rejected(
            "CompleteMultipartUpload/wrong-etag",
            wrong.send(),
            400,
            "InvalidPart",
        )
        .await;
    let done = session
        .ok(
            "CompleteMultipartUpload/done",
            complete(&[(1, part)]).send(),
        )
        .await;
    assert_eq!(done.etag, ETag::composite(std::slice::from_ref(part)));
    let again = session
        .call(
            "CompleteMultipartUpload/again",
            complete(&[(1, part)]).send(),
        )
        .await;
    if is_minio {
        expect_error(again, 404, "NoSuchUpload");
    } else {
        assert_eq!(
            again.unwrap().etag,
            ETag::composite(std::slice::from_ref(part))
        );
    }
}

async fn abort(session: &Session) {
    let client = session.client();
    let is_minio = session.store == "minio";
    let other = session
        .ok(
            "CreateMultipartUpload/to-abort",
            client.create_multipart_upload(BUCKET, "other").send(),
        )
        .await;
    session
        .ok(
            "AbortMultipartUpload/open",
            client
                .abort_multipart_upload(BUCKET, "other", &other.upload_id)
                .send(),
        )
        .await;
    let again = session
        .call(
            "AbortMultipartUpload/again",
            client
                .abort_multipart_upload(BUCKET, "other", &other.upload_id)
                .send(),
        )
        .await;
    if is_minio {
        again.unwrap();
    } else {
        expect_error(again, 404, "NoSuchUpload");
    }
    session
        .rejected(
            "ListParts/no-upload",
            client.list_parts(BUCKET, "other", &other.upload_id).send(),
            404,
            "NoSuchUpload",
        )
        .await;
}
