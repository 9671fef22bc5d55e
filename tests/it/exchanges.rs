//! Every operation against what stores have really answered: `fixtures/responses`, played back. Each call is checked both
//! ways: the request must be the recorded one, and the answer must be read as what stands here.
//!
//! The same calls record: see `tests/run --record`.

use bytes::Bytes;
use http::Method;
use slim_s3::{
    Body, CompleteMultipartUpload, CompletedPart, CopyObject, DeleteObjects, ETag, Encryption,
    Error, GetBucketLocation, GetObject, HeadBucket, Operation, PutObject, Request, Tag,
    VersioningStatus,
};

use crate::support::exchange::{ACCESS_KEY_ID, Session, normalised};
use crate::support::fixtures::answer;

const B: &str = "fixtures";

#[tokio::test]
async fn with_minio() {
    all(&Session::replay("minio").await).await;
}

#[tokio::test]
async fn with_versitygw() {
    all(&Session::replay("versitygw").await).await;
}

/// What AWS answers by its documentation, as there is no account to record with.
#[test]
fn with_the_documentation_of_aws() {
    let (bucket, object) = (
        Request::bucket(Method::GET, "examplebucket"),
        Request::object(Method::GET, "examplebucket", "key"),
    );
    let moved = refused(
        HeadBucket::receive(&bucket, documented("HeadBucket/elsewhere")),
        301,
        "PermanentRedirect",
    );
    assert_eq!(moved.region(), Some("eu-west-1"));
    let moved = refused(
        GetObject::receive(&object, documented("GetObject/elsewhere")),
        301,
        "PermanentRedirect",
    );
    assert!(moved.to_string().contains("eu-west-1"), "{moved}");
    let region = refused(
        GetObject::receive(&object, documented("GetObject/wrong-region")),
        400,
        "AuthorizationHeaderMalformed",
    );
    assert_eq!(region.region(), Some("eu-west-1"));
    refused(
        GetObject::receive(&object, documented("GetObject/archived")),
        403,
        "InvalidObjectState",
    );
    let slow = refused(
        PutObject::receive(&object, documented("PutObject/slow-down")),
        503,
        "SlowDown",
    );
    assert!(slow.is_retryable());
    let location = GetBucketLocation::receive(&bucket, documented("GetBucketLocation/eu"));
    assert_eq!(location.unwrap(), "eu-west-1");

    let mut encrypted = Request::object(Method::PUT, "examplebucket", "key");
    encrypted.headers.push((
        "x-amz-server-side-encryption".to_owned(),
        "aws:kms".to_owned(),
    ));
    let put = PutObject::receive(&encrypted, documented("PutObject/kms")).unwrap();
    assert_eq!(put.etag.as_str(), "1b2cf535f27731c974343645a3985328");
    assert_eq!(
        put.request_id.as_deref(),
        Some("656c76696e6727732072657175657374")
    );

    let inside = CompleteMultipartUpload::receive(
        &object,
        documented("CompleteMultipartUpload/error-inside"),
    );
    assert!(refused(inside, 200, "InternalError").is_retryable());
    let done =
        CompleteMultipartUpload::receive(&object, documented("CompleteMultipartUpload/kept-alive"))
            .unwrap();
    assert_eq!(done.etag.as_str(), "3858f62230ac3c915f300c664312c11f-9");
    let copy = CopyObject::receive(&object, documented("CopyObject/versioned")).unwrap();
    assert_eq!(
        copy.source_version_id.as_deref(),
        Some("09df8234529fjs0dfi0w52935029wefdj")
    );
    assert!(copy.last_modified.is_some());
    let outcome = DeleteObjects::receive(&bucket, documented("DeleteObjects/denied")).unwrap();
    assert_eq!(
        (outcome.deleted.len(), outcome.errors[0].code.as_str()),
        (1, "AccessDenied")
    );
}

/// Every file is played by a test: none is left behind when a case goes.
#[test]
fn no_file_is_left_over() {
    let sources = include_str!("exchanges.rs");
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/responses");
    let mut count = 0;
    for operation in std::fs::read_dir(&folder).unwrap() {
        for file in std::fs::read_dir(operation.unwrap().path()).unwrap() {
            let path = file.unwrap().path();
            let name = path.strip_prefix(&folder).unwrap().to_str().unwrap();
            let case = name.split('.').next().unwrap();
            assert!(
                sources.contains(&format!("\"{case}\"")),
                "{name} is played by no test"
            );
            count += 1;
        }
    }
    println!("{count} files");
    assert!(count >= 140, "{count} files");
}

/// What `tests/run --record` runs; on its own it does nothing.
#[tokio::test]
async fn record() {
    let variable = |name: &str| std::env::var(name).ok();
    let (Some(folder), Some(store), Some(address)) = (
        variable("SLIM_S3_RECORD"),
        variable("S3_TEST_STORE"),
        variable("SLIM_S3_RECORD_FROM"),
    ) else {
        return;
    };
    let folder = std::path::Path::new(&folder);
    all(&Session::record(&store, &address, folder).await).await;
    println!("recorded {store}");
}

/// What `tests/run --compare` runs: writes every exchange below a folder once more, without what each recording has
/// anew.
#[test]
fn normalise() {
    let Ok(folder) = std::env::var("SLIM_S3_NORMALISE") else {
        return;
    };
    for operation in std::fs::read_dir(&folder).unwrap() {
        for file in std::fs::read_dir(operation.unwrap().path()).unwrap() {
            let path = file.unwrap().path();
            let text = std::fs::read(&path).unwrap();
            std::fs::write(&path, normalised(&String::from_utf8_lossy(&text))).unwrap();
        }
    }
}

fn documented(case: &str) -> http::Response<Bytes> {
    answer(&format!("{case}.aws"))
}

#[track_caller]
fn refused<T>(outcome: Result<T, Error>, status: u16, code: &str) -> Error {
    let Err(error) = outcome else {
        panic!("{code} was to come")
    };
    let found = (error.status().map(|status| status.as_u16()), error.code());
    assert_eq!(found, (Some(status), Some(code)), "{error}");
    error
}

async fn all(s: &Session) {
    buckets(s).await;
    objects(s).await;
    refusals(s).await;
    tags(s).await;
    copies(s).await;
    listings(s).await;
    multipart(s).await;
    removals(s).await;
}

async fn buckets(s: &Session) {
    let s3 = s.client();
    let is_minio = s.store == "minio";
    let made = s
        .call("CreateBucket/new", s3.create_bucket(B).send())
        .await
        .unwrap();
    assert_eq!(made.location.as_deref(), Some("/fixtures"));
    let again = s
        .call("CreateBucket/again", s3.create_bucket(B).send())
        .await;
    let again = refused(again, 409, "BucketAlreadyOwnedByYou");
    assert!(again.request_id().is_some() && again.host_id().is_some());
    let name = s
        .call("CreateBucket/bad-name", s3.create_bucket("Fixtures").send())
        .await;
    refused(name, 400, "InvalidBucketName");

    let head = s
        .call("HeadBucket/there", s3.head_bucket(B).send())
        .await
        .unwrap();
    assert_eq!(
        head.region.as_deref(),
        if is_minio { None } else { Some("us-east-1") }
    );
    let absent = s
        .call("HeadBucket/absent", s3.head_bucket("absent").send())
        .await;
    let absent = refused(absent, 404, "NoSuchBucket");
    // MinIO says the code in a header of its own.
    assert_eq!(absent.service().unwrap().code_is_inferred, !is_minio);

    let all = s
        .call("ListBuckets/one", s3.list_buckets().send())
        .await
        .unwrap();
    assert_eq!((all.buckets.len(), all.buckets[0].name.as_str()), (1, B));
    assert!(all.buckets[0].creation_date.is_some());
    let owner = all.owner.unwrap();
    assert_eq!(owner.display_name.as_deref(), is_minio.then_some("minio"));
    let location = s
        .call(
            "GetBucketLocation/default",
            s3.get_bucket_location(B).send(),
        )
        .await;
    assert_eq!(location.unwrap(), "us-east-1");
    let absent = s
        .call(
            "GetBucketLocation/absent",
            s3.get_bucket_location("absent").send(),
        )
        .await;
    refused(absent, 404, "NoSuchBucket");
}

async fn objects(s: &Session) {
    let s3 = s.client();
    let is_minio = s.store == "minio";
    let put = s
        .call("PutObject/whole", s3.put_object(B, "a.txt", "hello").send())
        .await
        .unwrap();
    assert_eq!(put.etag.as_str(), "5d41402abc4b2a76b9719d911017c592");
    assert!(put.version_id.is_none() && put.request_id.is_some());
    let options = s3
        .put_object(B, "a+b/ü %.txt", "world")
        .content_type("text/plain")
        .content_disposition("inline")
        .cache_control("max-age=60")
        .metadata("name", "Kitty")
        .tag("kind", "a cat")
        .if_none_match("*");
    s.call("PutObject/options", options.send()).await.unwrap();
    let pieces = std::io::Cursor::new(vec![b'x'; 70_000]);
    let stream = s3.put_object(B, "chunks", Body::reader(70_000, pieces));
    let etag = s
        .call("PutObject/signed-chunks", stream.send())
        .await
        .unwrap()
        .etag;
    assert_eq!(etag.as_str(), "bbe08e77a44b51de811b3d30272b9916");
    let taken = s3.put_object(B, "a.txt", "other").if_none_match("*");
    assert!(
        refused(
            s.call("PutObject/taken", taken.send()).await,
            412,
            "PreconditionFailed"
        )
        .is_precondition_failed()
    );
    let bucket = s
        .call(
            "PutObject/no-bucket",
            s3.put_object("absent", "a", "x").send(),
        )
        .await;
    assert!(refused(bucket, 404, "NoSuchBucket").is_not_found());
    let encrypted = s3
        .put_object(B, "encrypted", "x")
        .encryption(Encryption::S3);
    let encrypted = s
        .call("PutObject/encrypted", encrypted.send())
        .await
        .unwrap_err();
    if is_minio {
        assert_eq!(encrypted.code(), Some("NotImplemented"));
    } else {
        // It takes the request, and stores the bytes as they are.
        assert!(
            encrypted
                .to_string()
                .contains("does not say that it has encrypted"),
            "{encrypted}"
        );
    }

    let get = s
        .call("GetObject/whole", s3.get_object(B, "a+b/ü %.txt").send())
        .await
        .unwrap();
    assert_eq!(
        (get.info.content_type.as_deref(), get.info.metadata("name")),
        (Some("text/plain"), Some("Kitty"))
    );
    assert_eq!((get.info.content_length, get.info.content_range), (5, None));
    assert_eq!(get.info.headers["x-amz-tagging-count"], "1");
    assert_eq!(get.body.bytes().await.unwrap(), "world");
    let range = s
        .call(
            "GetObject/range",
            s3.get_object(B, "a.txt").range(1..3).send(),
        )
        .await
        .unwrap();
    let part = range.info.content_range.unwrap();
    assert_eq!((part.first, part.last, part.total), (1, 2, 5));
    assert_eq!(range.body.bytes().await.unwrap(), "el");
    let behind = s
        .call(
            "GetObject/behind-the-end",
            s3.get_object(B, "a.txt").range(9..).send(),
        )
        .await;
    refused(behind, 416, "InvalidRange");
    let absent = s
        .call("GetObject/absent", s3.get_object(B, "absent").send())
        .await;
    assert!(refused(absent, 404, "NoSuchKey").is_not_found());
    let same = s3.get_object(B, "a.txt").if_none_match(&put.etag);
    assert!(
        refused(
            s.call("GetObject/not-modified", same.send()).await,
            304,
            "NotModified"
        )
        .is_not_modified()
    );

    let head = s
        .call("HeadObject/there", s3.head_object(B, "a.txt").send())
        .await
        .unwrap();
    assert_eq!((head.content_length, head.etag), (5, Some(put.etag)));
    assert!(head.last_modified.is_some());
    let absent = s
        .call("HeadObject/absent", s3.head_object(B, "absent").send())
        .await;
    let absent = refused(absent, 404, "NoSuchKey");
    assert_eq!(absent.service().unwrap().code_is_inferred, !is_minio);
}

async fn refusals(s: &Session) {
    let is_minio = s.store == "minio";
    let secret = s.client_of(ACCESS_KEY_ID, "another-secret");
    let error = s
        .call(
            "GetObject/wrong-secret",
            secret.get_object(B, "a.txt").send(),
        )
        .await;
    let error = refused(error, 403, "SignatureDoesNotMatch");
    assert!(error.is_access_denied() && !error.is_retryable());
    let key = s.client_of("nobody", "another-secret");
    let error = s
        .call("GetObject/unknown-key", key.get_object(B, "a.txt").send())
        .await;
    let error = if is_minio {
        refused(error, 403, "InvalidAccessKeyId")
    } else {
        refused(error, 404, "XAdminUserNotFound")
    };
    // A key pair that is unknown says nothing about the object.
    assert!(!error.is_not_found());
}

async fn tags(s: &Session) {
    let s3 = s.client();
    let put = s3.put_object_tagging(B, "a.txt", [("a", "1"), ("b", "")]);
    s.call("PutObjectTagging/two", put.send()).await.unwrap();
    let tags = s
        .call(
            "GetObjectTagging/two",
            s3.get_object_tagging(B, "a.txt").send(),
        )
        .await
        .unwrap();
    assert_eq!(tags.len(), 2);
    assert!(tags.contains(&Tag::from(("a", "1"))) && tags.contains(&Tag::from(("b", ""))));
    let twice = s3.put_object_tagging(B, "a.txt", [("a", "1"), ("a", "2")]);
    let twice = s.call("PutObjectTagging/twice", twice.send()).await;
    refused(twice, 400, "InvalidTag");
    s.call(
        "DeleteObjectTagging/all",
        s3.delete_object_tagging(B, "a.txt").send(),
    )
    .await
    .unwrap();
    let absent = s
        .call(
            "GetObjectTagging/absent",
            s3.get_object_tagging(B, "absent").send(),
        )
        .await;
    refused(absent, 404, "NoSuchKey");
}

async fn copies(s: &Session) {
    let s3 = s.client();
    let copy = s3.copy_object(B, "copy", B, "a+b/ü %.txt");
    let copy = s.call("CopyObject/whole", copy.send()).await.unwrap();
    assert_eq!(copy.etag.as_str(), "7d793037a0760186574b0282f2f435e7");
    assert!(copy.last_modified.is_some());
    let absent = s
        .call(
            "CopyObject/absent",
            s3.copy_object(B, "copy", B, "absent").send(),
        )
        .await;
    refused(absent, 404, "NoSuchKey");
    let itself = s
        .call(
            "CopyObject/onto-itself",
            s3.copy_object(B, "copy", B, "copy").send(),
        )
        .await;
    refused(itself, 400, "InvalidRequest");
    let changed = s3
        .copy_object(B, "copy", B, "a.txt")
        .source_if_match("0123");
    refused(
        s.call("CopyObject/changed", changed.send()).await,
        412,
        "PreconditionFailed",
    );
}

async fn listings(s: &Session) {
    let s3 = s.client();
    let first = s
        .call(
            "ListObjectsV2/first",
            s3.list_objects_v2(B).max_keys(2).send(),
        )
        .await
        .unwrap();
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
    let second = s3.list_objects_v2(B).max_keys(2).continuation_token(&token);
    let second = s.call("ListObjectsV2/second", second.send()).await.unwrap();
    let keys: Vec<&str> = second
        .contents
        .iter()
        .map(|object| object.key.as_str())
        .collect();
    assert_eq!(keys, ["chunks", "copy"]);
    let folders = s
        .call(
            "ListObjectsV2/folders",
            s3.list_objects_v2(B).delimiter("/").send(),
        )
        .await
        .unwrap();
    assert_eq!(folders.common_prefixes, ["a+b/"]);
    let bucket = s
        .call(
            "ListObjectsV2/no-bucket",
            s3.list_objects_v2("absent").send(),
        )
        .await;
    refused(bucket, 404, "NoSuchBucket");
}

async fn multipart(s: &Session) {
    let s3 = s.client();
    let is_minio = s.store == "minio";
    let begun = s3
        .create_multipart_upload(B, "m+p")
        .content_type("text/plain");
    let id = s
        .call("CreateMultipartUpload/begun", begun.send())
        .await
        .unwrap()
        .upload_id;
    let bucket = s
        .call(
            "CreateMultipartUpload/no-bucket",
            s3.create_multipart_upload("absent", "m").send(),
        )
        .await;
    refused(bucket, 404, "NoSuchBucket");

    let part = s
        .call(
            "UploadPart/first",
            s3.upload_part(B, "m+p", &id, 1, "hello").send(),
        )
        .await
        .unwrap();
    assert_eq!(part.etag.as_str(), "5d41402abc4b2a76b9719d911017c592");
    let unknown = s
        .call(
            "UploadPart/no-upload",
            s3.upload_part(B, "m+p", "unknown", 1, "hello").send(),
        )
        .await;
    refused(unknown, 404, "NoSuchUpload");
    let copied = s3
        .upload_part_copy(B, "m+p", &id, 2, B, "a.txt")
        .source_range(1..=3);
    let copied = s.call("UploadPartCopy/range", copied.send()).await.unwrap();
    assert_eq!(copied.etag.as_str(), "3123059c1c816471780539f6b6b738dc");
    let behind = s3
        .upload_part_copy(B, "m+p", &id, 3, B, "a.txt")
        .source_range(1..=99);
    refused(
        s.call("UploadPartCopy/behind-the-end", behind.send()).await,
        400,
        "InvalidArgument",
    );

    let parts = s
        .call("ListParts/two", s3.list_parts(B, "m+p", &id).send())
        .await
        .unwrap();
    let sizes: Vec<(u32, u64)> = parts
        .parts
        .iter()
        .map(|part| (part.part_number, part.size))
        .collect();
    assert!(parts.parts.iter().all(|part| part.last_modified.is_some()));
    let etags: Vec<Option<&ETag>> = parts.parts.iter().map(|part| part.etag.as_ref()).collect();
    assert_eq!(etags, [Some(&part.etag), Some(&copied.etag)]);
    assert!(copied.last_modified.is_some());
    assert_eq!((sizes, parts.is_truncated), (vec![(1, 5), (2, 3)], false));
    let page = s
        .call(
            "ListParts/first",
            s3.list_parts(B, "m+p", &id).max_parts(1).send(),
        )
        .await
        .unwrap();
    assert_eq!(
        (page.parts.len(), page.next_part_number_marker),
        (1, Some(1))
    );
    let uploads = s3.list_multipart_uploads(B).prefix("m+p");
    let uploads = s
        .call("ListMultipartUploads/one", uploads.send())
        .await
        .unwrap();
    assert!(uploads.uploads[0].initiated.is_some());
    assert!(uploads.uploads[0].owner.is_some());
    // MinIO leaves it empty.
    let class = (!is_minio).then_some("STANDARD");
    assert_eq!(uploads.uploads[0].storage_class.as_deref(), class);
    assert_eq!(
        (
            uploads.uploads[0].key.as_str(),
            uploads.uploads[0].upload_id.as_str()
        ),
        ("m+p", id.as_str())
    );

    let complete = |parts: &[(u32, &ETag)]| {
        let parts: Vec<CompletedPart> = parts
            .iter()
            .map(|(part_number, etag)| CompletedPart {
                part_number: *part_number,
                etag: (*etag).clone(),
            })
            .collect();
        s3.complete_multipart_upload(B, "m+p", &id, &parts)
    };
    let small = complete(&[(1, &part.etag), (2, &copied.etag)]);
    refused(
        s.call("CompleteMultipartUpload/too-small", small.send())
            .await,
        400,
        "EntityTooSmall",
    );
    let wrong = complete(&[(1, &ETag::from("0123"))]);
    refused(
        s.call("CompleteMultipartUpload/wrong-etag", wrong.send())
            .await,
        400,
        "InvalidPart",
    );
    let done = s
        .call(
            "CompleteMultipartUpload/done",
            complete(&[(1, &part.etag)]).send(),
        )
        .await
        .unwrap();
    assert_eq!(
        Some(done.etag),
        ETag::composite(std::slice::from_ref(&part.etag))
    );
    let again = s
        .call(
            "CompleteMultipartUpload/again",
            complete(&[(1, &part.etag)]).send(),
        )
        .await;
    if is_minio {
        refused(again, 404, "NoSuchUpload");
    } else {
        assert_eq!(Some(again.unwrap().etag), ETag::composite(&[part.etag]));
    }
    let other = s
        .call(
            "CreateMultipartUpload/to-abort",
            s3.create_multipart_upload(B, "other").send(),
        )
        .await
        .unwrap();
    s.call(
        "AbortMultipartUpload/open",
        s3.abort_multipart_upload(B, "other", &other.upload_id)
            .send(),
    )
    .await
    .unwrap();
    let again = s
        .call(
            "AbortMultipartUpload/again",
            s3.abort_multipart_upload(B, "other", &other.upload_id)
                .send(),
        )
        .await;
    if is_minio {
        again.unwrap();
    } else {
        refused(again, 404, "NoSuchUpload");
    }
    let gone = s
        .call(
            "ListParts/no-upload",
            s3.list_parts(B, "other", &other.upload_id).send(),
        )
        .await;
    refused(gone, 404, "NoSuchUpload");
}

async fn removals(s: &Session) {
    let s3 = s.client();
    let is_minio = s.store == "minio";
    let full = s
        .call("DeleteBucket/not-empty", s3.delete_bucket(B).send())
        .await;
    refused(full, 409, "BucketNotEmpty");
    s.call("DeleteObject/there", s3.delete_object(B, "copy").send())
        .await
        .unwrap();
    s.call("DeleteObject/absent", s3.delete_object(B, "copy").send())
        .await
        .unwrap();
    let keys = ["a.txt", "a+b/ü %.txt", "chunks", "m+p", "absent"];
    let outcome = s
        .call("DeleteObjects/some", s3.delete_objects(B, keys).send())
        .await
        .unwrap();
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

    let never = s
        .call(
            "GetBucketVersioning/never",
            s3.get_bucket_versioning(B).send(),
        )
        .await;
    let enabled = s3.put_bucket_versioning(B, VersioningStatus::Enabled);
    let enabled = s.call("PutBucketVersioning/enabled", enabled.send()).await;
    assert_eq!(never.unwrap(), None);
    if is_minio {
        enabled.unwrap();
        let now = s
            .call(
                "GetBucketVersioning/enabled",
                s3.get_bucket_versioning(B).send(),
            )
            .await;
        assert_eq!(now.unwrap(), Some(VersioningStatus::Enabled));
        versions(s).await;
    } else {
        refused(enabled, 501, "VersioningNotConfigured");
        let encrypted = s3.delete_object(B, "encrypted");
        s.call("DeleteObject/encrypted", encrypted.send())
            .await
            .unwrap();
    }
    s.call("DeleteBucket/empty", s3.delete_bucket(B).send())
        .await
        .unwrap();
    let absent = s
        .call("DeleteBucket/absent", s3.delete_bucket(B).send())
        .await;
    refused(absent, 404, "NoSuchBucket");
}

async fn versions(s: &Session) {
    let s3 = s.client();
    let put = s
        .call("PutObject/version", s3.put_object(B, "v", "one").send())
        .await
        .unwrap();
    let version = put.version_id.unwrap();
    let removed = s
        .call("DeleteObject/marker", s3.delete_object(B, "v").send())
        .await
        .unwrap();
    assert!(removed.delete_marker);
    let marker = removed.version_id.unwrap();
    let get = s
        .call(
            "GetObject/version",
            s3.get_object(B, "v").version_id(&version).send(),
        )
        .await
        .unwrap();
    assert_eq!(get.info.version_id.as_deref(), Some(version.as_str()));
    assert_eq!(get.body.bytes().await.unwrap(), "one");
    let page = s
        .call("ListObjectVersions/both", s3.list_object_versions(B).send())
        .await
        .unwrap();
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
    let outcome = s3.delete_objects(B, [("v", &version), ("v", &marker)]);
    let outcome = s
        .call("DeleteObjects/versions", outcome.send())
        .await
        .unwrap();
    assert_eq!((outcome.deleted.len(), outcome.errors.len()), (2, 0));
    let ids: Vec<Option<&str>> = outcome
        .deleted
        .iter()
        .map(|deleted| deleted.version_id.as_deref())
        .collect();
    assert!(ids.contains(&Some(&version)) && ids.contains(&Some(&marker)));
}
