//! Multipart uploads.

use slim_s3::ETag;
use slim_s3::operation::{CompletedPart, UploadPartCopyOutput};

use super::{BUCKET, expect_error};
use crate::support::exchange::Session;

pub async fn run(session: &Session) {
    let (id, part, copied) = upload(session).await;
    list(session, &id, &part, &copied).await;
    complete(session, &id, &part, &copied.etag).await;
    abort(session).await;
}

/// The upload ID, the ETag of part 1 and the copied part 2.
async fn upload(session: &Session) -> (String, ETag, UploadPartCopyOutput) {
    let client = session.client();
    let create = client
        .create_multipart_upload(BUCKET, "m+p")
        .content_type("text/plain");
    let id = session
        .call("CreateMultipartUpload/begun", create.send())
        .await
        .unwrap()
        .upload_id;
    let no_bucket = session
        .call(
            "CreateMultipartUpload/no-bucket",
            client.create_multipart_upload("absent", "m").send(),
        )
        .await;
    expect_error(no_bucket, 404, "NoSuchBucket");

    let part = session
        .call(
            "UploadPart/first",
            client.upload_part(BUCKET, "m+p", &id, 1, "hello").send(),
        )
        .await
        .unwrap();
    assert_eq!(part.etag.as_str(), "5d41402abc4b2a76b9719d911017c592");
    let unknown = session
        .call(
            "UploadPart/no-upload",
            client
                .upload_part(BUCKET, "m+p", "unknown", 1, "hello")
                .send(),
        )
        .await;
    expect_error(unknown, 404, "NoSuchUpload");
    let copied = client
        .upload_part_copy(BUCKET, "m+p", &id, 2, (BUCKET, "a.txt"))
        .source_range(1..=3);
    let copied = session
        .call("UploadPartCopy/range", copied.send())
        .await
        .unwrap();
    assert_eq!(copied.etag.as_str(), "3123059c1c816471780539f6b6b738dc");
    let out_of_range = client
        .upload_part_copy(BUCKET, "m+p", &id, 3, (BUCKET, "a.txt"))
        .source_range(1..=99);
    expect_error(
        session
            .call("UploadPartCopy/behind-the-end", out_of_range.send())
            .await,
        400,
        "InvalidArgument",
    );
    (id, part.etag, copied)
}

async fn list(session: &Session, id: &str, part: &ETag, copied: &UploadPartCopyOutput) {
    let client = session.client();
    let is_minio = session.store == "minio";
    let parts = session
        .call("ListParts/two", client.list_parts(BUCKET, "m+p", id).send())
        .await
        .unwrap();
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
        .call(
            "ListParts/first",
            client.list_parts(BUCKET, "m+p", id).max_parts(1).send(),
        )
        .await
        .unwrap();
    assert_eq!(
        (page.parts.len(), page.next_part_number_marker),
        (1, Some(1))
    );
    let uploads = client.list_multipart_uploads(BUCKET).prefix("m+p");
    let uploads = session
        .call("ListMultipartUploads/one", uploads.send())
        .await
        .unwrap();
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
    expect_error(
        session
            .call("CompleteMultipartUpload/too-small", small.send())
            .await,
        400,
        "EntityTooSmall",
    );
    let wrong = complete(&[(1, &ETag::from("0123"))]);
    expect_error(
        session
            .call("CompleteMultipartUpload/wrong-etag", wrong.send())
            .await,
        400,
        "InvalidPart",
    );
    let done = session
        .call(
            "CompleteMultipartUpload/done",
            complete(&[(1, part)]).send(),
        )
        .await
        .unwrap();
    assert_eq!(Some(done.etag), ETag::composite(std::slice::from_ref(part)));
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
            Some(again.unwrap().etag),
            ETag::composite(std::slice::from_ref(part))
        );
    }
}

async fn abort(session: &Session) {
    let client = session.client();
    let is_minio = session.store == "minio";
    let other = session
        .call(
            "CreateMultipartUpload/to-abort",
            client.create_multipart_upload(BUCKET, "other").send(),
        )
        .await
        .unwrap();
    session
        .call(
            "AbortMultipartUpload/open",
            client
                .abort_multipart_upload(BUCKET, "other", &other.upload_id)
                .send(),
        )
        .await
        .unwrap();
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
    let gone = session
        .call(
            "ListParts/no-upload",
            client.list_parts(BUCKET, "other", &other.upload_id).send(),
        )
        .await;
    expect_error(gone, 404, "NoSuchUpload");
}
