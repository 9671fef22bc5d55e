//! Each operation on the stores of `tests/stores`. They differ too much for common assertions, so a file beside the
//! recordings, `outcomes.<store>.txt`, holds what the client made of each response. Each replay must have the same outcomes.

use std::fmt::{Debug, Write};

use slim_s3::operation::CompletedPart;
use slim_s3::{Body, Error};

use super::BUCKET;
use crate::support::exchange::Session;

/// The outcome of each call, by case, one per line.
struct Outcomes<'a> {
    session: &'a Session,
    text: String,
}

impl Outcomes<'_> {
    async fn of<T: Debug>(
        &mut self,
        case: &str,
        call: impl Future<Output = Result<T, Error>>,
    ) -> Option<T> {
        let outcome = self.session.call(case, call).await;
        let line = match &outcome {
            Ok(output) => without_optional_fields(&format!("{output:?}")),
            Err(error) => error.to_string(),
        };
        writeln!(self.text, "{case}: {line}").unwrap();
        outcome.ok()
    }

    /// A call that every store must support.
    async fn ok<T: Debug>(
        &mut self,
        case: &str,
        call: impl Future<Output = Result<T, Error>>,
    ) -> T {
        let output = self.of(case, call).await;
        output.unwrap_or_else(|| panic!("{}", self.text.lines().last().unwrap()))
    }
}

/// Calls each operation, and returns the outcomes.
pub async fn run(session: &Session) -> String {
    let text = String::new();
    let mut outcomes = Outcomes { session, text };
    buckets(&mut outcomes).await;
    objects(&mut outcomes).await;
    copies_and_listings(&mut outcomes).await;
    multipart(&mut outcomes).await;
    deletes(&mut outcomes).await;
    outcomes.text
}

async fn buckets(outcomes: &mut Outcomes<'_>) {
    let s3 = outcomes.session.client();
    outcomes
        .ok("CreateBucket/new", s3.create_bucket(BUCKET).send())
        .await;
    outcomes
        .of("CreateBucket/again", s3.create_bucket(BUCKET).send())
        .await;
    outcomes
        .ok("HeadBucket/existing", s3.head_bucket(BUCKET).send())
        .await;
    outcomes
        .of("HeadBucket/absent", s3.head_bucket("absent").send())
        .await;
    let buckets = outcomes
        .ok("ListBuckets/all", s3.list_buckets().send())
        .await
        .buckets;
    assert!(buckets.iter().any(|bucket| bucket.name == BUCKET));
    outcomes
        .of(
            "GetBucketLocation/default",
            s3.get_bucket_location(BUCKET).send(),
        )
        .await;
    outcomes
        .of(
            "GetBucketVersioning/never",
            s3.get_bucket_versioning(BUCKET).send(),
        )
        .await;
}

async fn objects(outcomes: &mut Outcomes<'_>) {
    let s3 = outcomes.session.client();
    let put = s3
        .put_object(BUCKET, "a b+c/é.txt", "hello")
        .content_type("text/plain")
        .metadata("name", "Kitty");
    let put = outcomes.ok("PutObject/options", put.send()).await;
    assert_eq!(put.etag.as_str(), "5d41402abc4b2a76b9719d911017c592");
    let head = s3.head_object(BUCKET, "a b+c/é.txt").send();
    let head = outcomes.ok("HeadObject/options", head).await;
    assert_eq!(
        (head.content_length, head.metadata("name")),
        (Some(5), Some("Kitty"))
    );
    // Garage ignores the condition.
    let taken = s3
        .put_object(BUCKET, "a b+c/é.txt", "hello")
        .if_none_match("*");
    outcomes.of("PutObject/taken", taken.send()).await;
    outcomes
        .of(
            "PutObject/no-bucket",
            s3.put_object("absent", "a", "x").send(),
        )
        .await;
    let pieces = std::io::Cursor::new(vec![b'x'; 70_000]);
    let stream = s3.put_object(BUCKET, "chunks", Body::reader(70_000, pieces));
    outcomes.of("PutObject/signed-chunks", stream.send()).await;

    let get = async |range: Option<std::ops::RangeInclusive<u64>>| {
        let mut call = s3.get_object(BUCKET, "a b+c/é.txt");
        if let Some(range) = range {
            call = call.range(range);
        }
        call.send().await?.body.bytes().await
    };
    assert_eq!(outcomes.ok("GetObject/whole", get(None)).await, "hello");
    assert_eq!(
        outcomes.ok("GetObject/range", get(Some(1..=3))).await,
        "ell"
    );
    outcomes
        .of("GetObject/beyond-the-end", get(Some(10..=20)))
        .await;
    outcomes
        .of("GetObject/absent", s3.get_object(BUCKET, "absent").send())
        .await;
    outcomes
        .of("HeadObject/absent", s3.head_object(BUCKET, "absent").send())
        .await;

    outcomes
        .of(
            "PutObjectTagging/two",
            s3.put_object_tagging(BUCKET, "chunks", [("a", "1"), ("b", "2")])
                .send(),
        )
        .await;
    outcomes
        .of(
            "GetObjectTagging/two",
            s3.get_object_tagging(BUCKET, "chunks").send(),
        )
        .await;
    outcomes
        .of(
            "DeleteObjectTagging/all",
            s3.delete_object_tagging(BUCKET, "chunks").send(),
        )
        .await;
}

async fn copies_and_listings(outcomes: &mut Outcomes<'_>) {
    let s3 = outcomes.session.client();
    let source = (BUCKET, "a b+c/é.txt");
    outcomes
        .ok(
            "CopyObject/whole",
            s3.copy_object(BUCKET, "copy", source).send(),
        )
        .await;
    outcomes
        .of(
            "CopyObject/absent",
            s3.copy_object(BUCKET, "copy", (BUCKET, "absent")).send(),
        )
        .await;
    let replaced = s3
        .copy_object(BUCKET, "copy", (BUCKET, "copy"))
        .replace_metadata()
        .metadata("name", "Tom");
    outcomes.of("CopyObject/onto-itself", replaced.send()).await;

    let listed = outcomes
        .ok(
            "ListObjectsV2/everything",
            s3.list_objects_v2(BUCKET).send(),
        )
        .await;
    assert!(
        listed
            .contents
            .iter()
            .any(|object| object.key == "a b+c/é.txt" && object.size == 5)
    );
    let folders = s3.list_objects_v2(BUCKET).delimiter("/").send();
    let folders = outcomes.ok("ListObjectsV2/delimiter", folders).await;
    assert_eq!(folders.common_prefixes, ["a b+c/"]);
    let page = s3.list_objects_v2(BUCKET).max_keys(1).send();
    let page = outcomes.ok("ListObjectsV2/page", page).await;
    let rest = s3
        .list_objects_v2(BUCKET)
        .continuation_token(&page.next_continuation_token.unwrap());
    outcomes.ok("ListObjectsV2/rest", rest.send()).await;
    outcomes
        .of(
            "ListObjectsV2/no-bucket",
            s3.list_objects_v2("absent").send(),
        )
        .await;
    outcomes
        .of(
            "ListObjectVersions/all",
            s3.list_object_versions(BUCKET).send(),
        )
        .await;
}

async fn multipart(outcomes: &mut Outcomes<'_>) {
    let s3 = outcomes.session.client();
    let create = s3.create_multipart_upload(BUCKET, "m+p");
    let id = outcomes
        .ok("CreateMultipartUpload/new", create.send())
        .await
        .upload_id;
    let part = s3.upload_part(BUCKET, "m+p", &id, 1, "hello");
    let etag = outcomes.ok("UploadPart/first", part.send()).await.etag;
    outcomes
        .of(
            "UploadPart/no-upload",
            s3.upload_part(BUCKET, "m+p", "unknown", 1, "x").send(),
        )
        .await;
    outcomes
        .of("ListParts/one", s3.list_parts(BUCKET, "m+p", &id).send())
        .await;
    outcomes
        .of(
            "ListMultipartUploads/one",
            s3.list_multipart_uploads(BUCKET).send(),
        )
        .await;
    let wrong = [CompletedPart {
        part_number: 1,
        etag: "0123".into(),
    }];
    outcomes
        .of(
            "CompleteMultipartUpload/wrong-etag",
            s3.complete_multipart_upload(BUCKET, "m+p", &id, &wrong)
                .send(),
        )
        .await;
    let parts = [CompletedPart {
        part_number: 1,
        etag,
    }];
    let complete = || {
        s3.complete_multipart_upload(BUCKET, "m+p", &id, &parts)
            .send()
    };
    outcomes
        .of("CompleteMultipartUpload/done", complete())
        .await;
    outcomes
        .of("CompleteMultipartUpload/again", complete())
        .await;
    let head = s3.head_object(BUCKET, "m+p").send();
    assert_eq!(
        outcomes
            .ok("HeadObject/multipart", head)
            .await
            .content_length,
        Some(5)
    );

    let create = s3.create_multipart_upload(BUCKET, "other");
    let id = outcomes
        .ok("CreateMultipartUpload/to-abort", create.send())
        .await
        .upload_id;
    let copied = s3.upload_part_copy(BUCKET, "other", &id, 1, (BUCKET, "copy"));
    outcomes.of("UploadPartCopy/whole", copied.send()).await;
    let abort = || s3.abort_multipart_upload(BUCKET, "other", &id).send();
    outcomes.ok("AbortMultipartUpload/open", abort()).await;
    outcomes
        .of(
            "ListParts/no-upload",
            s3.list_parts(BUCKET, "other", &id).send(),
        )
        .await;
    outcomes.of("AbortMultipartUpload/again", abort()).await;
}

async fn deletes(outcomes: &mut Outcomes<'_>) {
    let s3 = outcomes.session.client();
    outcomes
        .of("DeleteBucket/not-empty", s3.delete_bucket(BUCKET).send())
        .await;
    outcomes
        .ok(
            "DeleteObject/existing",
            s3.delete_object(BUCKET, "copy").send(),
        )
        .await;
    outcomes
        .of(
            "DeleteObject/absent",
            s3.delete_object(BUCKET, "absent").send(),
        )
        .await;
    let keys = ["a b+c/é.txt", "m+p", "chunks", "absent"];
    let deleted = outcomes
        .ok("DeleteObjects/some", s3.delete_objects(BUCKET, keys).send())
        .await;
    assert!(deleted.errors.is_empty(), "{deleted:?}");
    outcomes
        .of("DeleteBucket/empty", s3.delete_bucket(BUCKET).send())
        .await;
    outcomes
        .of("DeleteBucket/absent", s3.delete_bucket("absent").send())
        .await;
}

/// The recorded outcomes have no fields of optional features, which are empty here.
fn without_optional_fields(output: &str) -> String {
    let mut output = output.to_owned();
    for field in [
        ", checksum: None",
        ", checksums: []",
        ", verification: NotRequested",
    ] {
        output = output.replace(field, "");
    }
    output
}
