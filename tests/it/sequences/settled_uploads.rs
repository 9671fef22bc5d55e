//! Completed uploads and copies whose response has no ETag, or cannot be read: another request settles both.

use slim_s3::operation::{
    CompleteMultipartUpload, CompletedPart, CopyObjectOutput, UploadPartCopyOutput,
};
use slim_s3::{Call, ETag, Encryption, Error, RetryPolicy, Upload, UploadOutput};

use crate::support::script::{
    Script, Server, drop_response, error_document, play, reject, response, tiny_parts,
    upload_created,
};

const PART: &str = "8d777f385d3dfec8815d20f7496026dc"; // MD5 of "data"

fn part() -> Script {
    response(&format!("200 OK\r\netag: \"{PART}\""), "")
}

/// Ceph 16.2's response.
fn completed_without_etag() -> Script {
    response(
        "200 OK",
        "<CompleteMultipartUploadResult><Bucket>bucket</Bucket><Key>key</Key><ETag></ETag></CompleteMultipartUploadResult>",
    )
}

/// Ceph's response to a long key: text from its memory.
fn garbled() -> Script {
    response(
        "200 OK",
        b"<CompleteMultipartUploadResult><Location>\xff\xfe</Location></CompleteMultipartUploadResult>",
    )
}

fn found(etag: &str) -> Script {
    response(
        &format!("200 OK\r\netag: \"{etag}\"\r\nx-amz-version-id: v1"),
        "",
    )
}

fn composite() -> ETag {
    ETag::composite(&[ETag::from(PART)]).unwrap()
}

fn upload(server: &Server) -> Upload {
    server
        .client()
        .upload_reader("bucket", "key", &b"data"[..])
        .threshold(1)
        .part_size(4)
        .part_limits(tiny_parts())
}

async fn uploaded(after: Vec<Script>) -> UploadOutput {
    let server = play([upload_created(), part()].into_iter().chain(after)).await;
    let stored = upload(&server).send().await.unwrap();
    assert_eq!(server.remaining(), 0);
    stored
}

#[tokio::test]
async fn a_completion_without_an_etag_gets_it_from_head_object() {
    let stored = uploaded(vec![completed_without_etag(), found("other-1")]).await;
    assert_eq!((stored.etag.as_str(), stored.size), ("other-1", 4));
}

#[tokio::test]
async fn a_completion_without_an_etag_has_the_composite_one_if_head_object_fails() {
    let stored = uploaded(vec![completed_without_etag(), reject(403, "AccessDenied")]).await;
    assert_eq!(stored.etag, composite());
}

#[tokio::test]
async fn a_garbled_completion_is_settled_by_the_etag_of_the_object() {
    let stored = uploaded(vec![garbled(), found(composite().as_str())]).await;
    assert_eq!(stored.etag, composite());
    assert_eq!(stored.version_id.as_deref(), Some("v1"));
}

/// The response is lost, and the retry does not find the upload.
fn lost() -> [Script; 2] {
    [drop_response(), gone()]
}

fn gone() -> Script {
    reject(404, "NoSuchUpload")
}

#[tokio::test]
async fn a_lost_completion_is_settled_by_the_etag_of_the_object() {
    let [dropped, retried] = lost();
    let looks = vec![gone(), found(composite().as_str())];
    let stored = uploaded([vec![dropped, retried], looks.clone()].concat()).await;
    assert_eq!(stored.etag, composite());
    assert_eq!(stored.version_id.as_deref(), Some("v1"));
    let rejected = reject(500, "InternalError");
    let scripts = [vec![rejected; 3], looks].concat();
    assert_eq!(uploaded(scripts).await.etag, composite());
}

/// An object that was there before, with the same content and so the same ETag.
#[tokio::test]
async fn a_lost_completion_is_not_settled_by_an_equal_object_while_the_upload_is_open() {
    let rejected = vec![reject(500, "InternalError"); 3];
    let before = [vec![upload_created(), part()], rejected].concat();
    let after = vec![still_listed(), response("204 No Content", ""), gone()];
    let server = play([before, after].concat()).await;
    let error = upload(&server).send().await.unwrap_err();
    let requests = server.requests();
    let sent: Vec<&str> = requests.iter().map(|sent| sent.method.as_str()).collect();
    assert!(!error.is_outcome_unknown(), "{error}");
    assert_eq!(error.code(), Some("InternalError"), "{error}");
    assert_eq!(error.context().upload_id, None, "{error}");
    // HeadObject would find that object.
    assert_eq!(sent[5..], ["GET", "DELETE", "GET"], "{error}");
}

fn still_listed() -> Script {
    let part = "<Part><PartNumber>1</PartNumber><Size>4</Size></Part>";
    let list = format!("<ListPartsResult><UploadId>id</UploadId>{part}</ListPartsResult>");
    response("200 OK", list)
}

/// Another writer was first. The store keeps the upload, so the attempt whose response was lost has done nothing.
#[tokio::test]
async fn a_lost_completion_that_did_nothing_has_the_error_of_its_retry() {
    for (status, code) in [
        (412, "PreconditionFailed"),
        (409, "ConditionalRequestConflict"),
    ] {
        let completions = [drop_response(), reject(status, code)];
        let before = [upload_created(), part()].into_iter().chain(completions);
        let after = [still_listed(), response("204 No Content", ""), gone()];
        let server = play(before.chain(after)).await;
        let error = upload(&server).if_none_match("*").send().await.unwrap_err();
        assert_eq!(server.remaining(), 0, "{error}");
        assert_eq!(error.code(), Some(code), "{error}");
        assert!(!error.is_outcome_unknown(), "{error}");
        assert_eq!(error.context().earlier.len(), 1, "{error}");
    }
}

/// Without permission to list parts, only its date tells an object from an older one with the same content.
#[tokio::test]
async fn an_equal_object_settles_a_completion_only_if_it_is_newer_than_the_upload() {
    let dates = |now: &str, modified: &str| {
        let etag = composite();
        let head =
            format!("200 OK\r\netag: \"{etag}\"\r\ndate: {now}\r\nlast-modified: {modified}");
        response(&head, "")
    };
    let now = "Fri, 27 Nov 2026 12:00:30 GMT";
    for (modified, is_stored) in [
        ("Fri, 27 Nov 2026 12:00:30 GMT", true),
        ("Fri, 27 Nov 2026 11:59:30 GMT", false),
        ("yesterday", false),
    ] {
        let failures = vec![reject(500, "InternalError"); 3];
        let looks = vec![reject(403, "AccessDenied"), dates(now, modified)];
        let scripts = [vec![upload_created(), part()], failures, looks].concat();
        let server = play(scripts).await;
        let stored = upload(&server).send().await;
        assert_eq!(server.remaining(), 0, "{modified}");
        assert_eq!(stored.is_ok(), is_stored, "{modified}");
        if let Err(error) = stored {
            assert!(error.is_outcome_unknown(), "{error}");
            assert_eq!(error.context().upload_id.as_deref(), Some("id"), "{error}");
        }
    }
}

/// The store was joining the parts while it listed them.
#[tokio::test]
async fn an_upload_that_disappears_before_it_is_aborted_may_be_complete() {
    let failures = vec![reject(504, "GatewayTimeout"); 3];
    let looks = vec![still_listed(), gone(), gone()];
    let scripts = [vec![upload_created(), part()], failures, looks].concat();
    let server = play(scripts).await;
    let error = upload(&server).send().await.unwrap_err();
    assert_eq!(server.remaining(), 0, "{error}");
    assert!(error.is_outcome_unknown(), "{error}");
}

/// The object of another writer, or of an earlier upload with other parts.
#[tokio::test]
async fn a_lost_completion_is_not_settled_by_another_object() {
    for head in [found("other-1"), reject(404, "NoSuchKey")] {
        let [dropped, retried] = lost();
        let server = play([upload_created(), part(), dropped, retried, gone(), head]).await;
        let error = upload(&server).send().await.unwrap_err();
        assert!(error.is_outcome_unknown(), "{error}");
        assert_eq!(error.context().upload_id, None, "{error}");
        assert_eq!(server.remaining(), 0, "{error}");
    }
}

/// Another object is there, or none: the outcome is unknown.
#[tokio::test]
async fn a_garbled_completion_is_not_settled_by_another_object() {
    for head in [found("other-1"), reject(404, "NoSuchKey")] {
        let scripts = [
            upload_created(),
            part(),
            garbled(),
            head.clone(),
            gone(),
            head,
        ];
        let server = play(scripts).await;
        let error = upload(&server).send().await.unwrap_err();
        assert!(error.is_outcome_unknown(), "{error}");
        assert_eq!(server.remaining(), 0, "{error}");
    }
}

/// MinIO encrypts copies without confirming it; Ceph, Garage and rclone neither encrypt nor confirm.
#[tokio::test]
async fn the_encryption_of_a_copy_is_checked_with_head_object() {
    let copied = || {
        response(
            "200 OK",
            "<CopyObjectResult><ETag>e</ETag></CopyObjectResult>",
        )
    };
    let encrypted = "200 OK\r\netag: \"e\"\r\nx-amz-server-side-encryption: AES256";
    let copy = async |scripts: Vec<Script>| {
        let server = play(scripts).await;
        let copy = server
            .client()
            .copy_object("bucket", "copy", ("bucket", "key"));
        let copied = copy.encryption(Encryption::S3).send().await;
        assert_eq!(server.remaining(), 0);
        copied
    };
    copy(vec![copied(), response(encrypted, "")]).await.unwrap();
    let in_the_clear = response("200 OK\r\netag: \"e\"", "");
    let error = copy(vec![copied(), in_the_clear]).await.unwrap_err();
    assert!(error.is_outcome_unknown(), "{error}");
    assert_eq!(error.context().operation, "CopyObject");
    assert!(
        error
            .to_string()
            .contains("does not confirm the requested encryption"),
        "{error}"
    );
    // A response that confirms it is enough.
    let confirmed = response(
        "200 OK\r\nx-amz-server-side-encryption: AES256",
        "<CopyObjectResult><ETag>e</ETag></CopyObjectResult>",
    );
    copy(vec![confirmed]).await.unwrap();
}

/// The call of those who complete an upload themselves.
fn complete(server: &Server) -> Call<CompleteMultipartUpload> {
    let etag = ETag::from(PART);
    let parts = [CompletedPart {
        part_number: 1,
        etag,
    }];
    server
        .client()
        .complete_multipart_upload("bucket", "key", "upload", &parts)
}

#[tokio::test]
async fn complete_multipart_upload_is_settled_in_the_same_way() {
    let composite = composite();
    for (scripts, etag, version_id) in [
        (
            vec![completed_without_etag(), found("other-1")],
            "other-1",
            None,
        ),
        (
            vec![completed_without_etag(), reject(403, "AccessDenied")],
            composite.as_str(),
            None,
        ),
        (
            vec![garbled(), found(composite.as_str())],
            composite.as_str(),
            Some("v1"),
        ),
    ] {
        let server = play(scripts).await;
        let stored = complete(&server).send_with_metadata().await.unwrap();
        assert_eq!(server.remaining(), 0);
        assert_eq!(stored.output.etag.unwrap().as_str(), etag);
        assert_eq!(stored.output.version_id.as_deref(), version_id);
        assert_eq!(stored.attempts, 1);
    }
    let server = play([garbled(), found("other-1")]).await;
    let error = complete(&server).send().await.unwrap_err();
    assert_eq!(server.remaining(), 0);
    assert!(error.is_outcome_unknown(), "{error}");
    assert_eq!(error.context().operation, "CompleteMultipartUpload");
}

/// An object with the same content may have been there before.
#[tokio::test]
async fn an_equal_etag_does_not_settle_a_conditional_completion() {
    let server = play([garbled(), found(composite().as_str())]).await;
    let conditional = complete(&server).if_none_match("*");
    assert!(conditional.send().await.unwrap_err().is_outcome_unknown());
}

#[tokio::test]
async fn another_document_is_never_settled_as_a_completion() {
    let within = |error: &str| {
        format!("<CompleteMultipartUploadResult>{error}</CompleteMultipartUploadResult>")
    };
    for body in [
        within("<Error><Code>InvalidPart</Code></Error>"),
        within("<Code>InvalidPart</Code>"),
        within(""),
        "<ListBucketResult><IsTruncated>false</IsTruncated></ListBucketResult>".to_owned(),
        "<html><p>Log in</html>".to_owned(),
        "the content of an object".to_owned(),
    ] {
        let server = play([response("200 OK", &body), found(composite().as_str())]).await;
        let error = complete(&server).send().await.unwrap_err();
        assert!(matches!(error, Error::Malformed(_)), "{body}: {error}");
        assert_eq!(server.remaining(), 1, "{body}: {error}");
    }
}

async fn copy(scripts: Vec<Script>) -> Result<CopyObjectOutput, Error> {
    let server = play(scripts).await;
    let copy = server
        .client()
        .copy_object("bucket", "copy", ("bucket", "key"));
    let copied = copy.send().await;
    assert_eq!(server.remaining(), 0);
    copied
}

#[tokio::test]
async fn a_copy_without_an_etag_gets_it_from_head_object() {
    let copied = || response("200 OK", "<CopyObjectResult/>");
    let head = copy(vec![copied(), found("e")]).await.unwrap();
    assert_eq!(head.etag, Some(ETag::from("e")));
    let head = copy(vec![copied(), reject(403, "AccessDenied")]).await;
    assert_eq!(head.unwrap().etag, None);
    let missing = copy(vec![copied(), response("404 Not Found", "")]).await;
    let error = missing.unwrap_err();
    assert!(error.is_outcome_unknown(), "{error}");
    assert!(error.to_string().contains("finds no copy"), "{error}");
}

/// Another writer may have replaced it meanwhile.
#[tokio::test]
async fn head_object_asks_for_the_version_that_the_response_names() {
    let copied = response("200 OK\r\nx-amz-version-id: mine", "<CopyObjectResult/>");
    let etag = "<CopyObjectResult><ETag>e</ETag></CopyObjectResult>";
    let unconfirmed = response("200 OK\r\nx-amz-version-id: mine", etag);
    let encrypted = "200 OK\r\netag: \"e\"\r\nx-amz-server-side-encryption: AES256";
    let server = play([copied, found("e"), unconfirmed, response(encrypted, "")]).await;
    let s3 = server.client();
    let copy = || s3.copy_object("bucket", "copy", ("bucket", "key"));
    copy().send().await.unwrap();
    copy().encryption(Encryption::S3).send().await.unwrap();
    let requests = server.requests();
    assert_eq!(requests[1].target, "/bucket/copy?versionId=mine");
    assert_eq!(requests[3].target, "/bucket/copy?versionId=mine");
}

#[tokio::test]
async fn a_follow_up_inherits_what_the_store_requires_and_the_retry_policy() {
    let copied = response("200 OK", "<CopyPartResult/>");
    let busy = reject(503, "SlowDown");
    let server = play([completed_without_etag(), busy.clone(), copied, busy]).await;
    let complete = complete(&server).retry(RetryPolicy::none());
    let complete = complete.header("x-amz-expected-bucket-owner", "1234");
    complete.send().await.unwrap();
    let part = server
        .client()
        .upload_part_copy("bucket", "key", "upload", 2, ("bucket", "source"))
        .header("x-amz-request-payer", "requester")
        .retry(RetryPolicy::none());
    part.send().await.unwrap_err();
    assert_eq!(server.remaining(), 0);
    let requests = server.requests();
    assert_eq!(
        requests[1].header("x-amz-expected-bucket-owner"),
        Some("1234")
    );
    assert_eq!(requests[3].header("x-amz-request-payer"), Some("requester"));
    assert_eq!(requests[1].header("content-type"), None);
}

#[tokio::test]
async fn a_follow_up_is_signed_with_the_corrected_clock() {
    let skewed = "403 Forbidden\r\ndate: Thu, 02 Jan 2025 04:04:05 GMT";
    let skewed = response(skewed, error_document("RequestTimeTooSkewed"));
    let copied = response("200 OK", "<CopyObjectResult/>");
    let server = play([skewed, copied, found("e")]).await;
    let s3 = server.client();
    let copy = s3.copy_object("bucket", "copy", ("bucket", "key"));
    assert_eq!(copy.send().await.unwrap().etag, Some(ETag::from("e")));
    for request in &server.requests()[1..] {
        let date = request.header("x-amz-date").unwrap();
        assert!(date.starts_with("20250102T04"), "{date}");
    }
}

async fn copy_part(listed: Script) -> Result<UploadPartCopyOutput, Error> {
    let copied = response("200 OK", "<CopyPartResult><ETag/></CopyPartResult>");
    let server = play([copied, listed]).await;
    let copy = server
        .client()
        .upload_part_copy("bucket", "key", "upload", 2, ("bucket", "source"));
    let copied = copy.send().await;
    let requests = server.requests();
    let list = "/bucket/key?part-number-marker=1&uploadId=upload";
    assert_eq!(requests[1].target, list);
    copied
}

#[tokio::test]
async fn a_copied_part_without_an_etag_gets_it_from_list_parts() {
    let parts = |number: u32| {
        let part =
            format!("<Part><PartNumber>{number}</PartNumber><Size>4</Size><ETag>e</ETag></Part>");
        let list =
            format!("<ListPartsResult><IsTruncated>false</IsTruncated>{part}</ListPartsResult>");
        response("200 OK", &list)
    };
    let part = copy_part(parts(2)).await.unwrap();
    assert_eq!(part.etag, ETag::from("e"));
    for listed in [parts(3), reject(404, "NoSuchUpload")] {
        let error = copy_part(listed).await.unwrap_err();
        assert!(error.to_string().contains("no <ETag> in"), "{error}");
        assert_eq!(error.context().operation, "UploadPartCopy");
    }
}
