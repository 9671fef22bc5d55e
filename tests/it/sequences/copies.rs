//! Copies of any size: which requests they send, what they carry over, and how they fail.

use std::future::{pending, ready};
use std::sync::{Arc, Mutex};

use slim_s3::error::TransportKind;
use slim_s3::{
    Client, CopySource, CustomerKey, Dialect, ETag, Encryption, Error, ManagedCopy,
    ManagedCopyOutput, PartLimits, TransferEvent,
};

use crate::support::script::{
    Request, Script, Server, drop_response, error_document, play, raw, reject, response,
    tiny_parts, transport_kind, upload_created,
};
use crate::support::server::Received;

const OLD: &str = "etag: \"old\"";
const PART: &str = "8d777f385d3dfec8815d20f7496026dc";

/// The response to HeadObject for a source of this size, with these headers.
fn source(size: u64, headers: &[&str]) -> Script {
    let headers = headers.join("\r\n");
    let head = format!("HTTP/1.1 200 OK\r\ncontent-length: {size}\r\n{headers}\r\n\r\n");
    vec![Request, raw(head)]
}

/// One without tags.
fn plain(size: u64) -> Script {
    source(size, &[OLD, "x-amz-tagging-count: 0"])
}

fn copied() -> Script {
    let body = "<CopyObjectResult><ETag>\"copy\"</ETag></CopyObjectResult>";
    response(
        "200 OK\r\nx-amz-version-id: v2\r\nx-amz-copy-source-version-id: v1",
        body,
    )
}

fn part() -> Script {
    let body = format!("<CopyPartResult><ETag>\"{PART}\"</ETag></CopyPartResult>");
    response("200 OK", body)
}

/// The ETag of a copy in this number of parts.
fn composite(parts: usize) -> ETag {
    ETag::composite(&vec![ETag::from(PART); parts]).unwrap()
}

fn completed(parts: usize) -> Script {
    let etag = composite(parts);
    let body = format!(
        "<CompleteMultipartUploadResult><ETag>{etag}</ETag></CompleteMultipartUploadResult>"
    );
    response("200 OK\r\nx-amz-version-id: v2", body)
}

fn tags() -> Script {
    let tag = "<Tag><Key>a kind</Key><Value>big &amp; small</Value></Tag>";
    let body = format!("<Tagging><TagSet>{tag}</TagSet></Tagging>");
    response("200 OK", body)
}

/// What follows the parts of a copy that succeeds.
fn end(parts: usize) -> Vec<Script> {
    vec![plain(10), completed(parts)]
}

/// A copy in parts of 4 bytes, one after the other, above 4 bytes.
fn in_parts(copy: ManagedCopy) -> ManagedCopy {
    copy.threshold(4)
        .part_size(4)
        .concurrency(1)
        .part_limits(tiny_parts())
}

fn copy(s3: &Client) -> ManagedCopy {
    in_parts(s3.copy(("films", "a cat"), "archive", "cat"))
}

async fn run(
    scripts: Vec<Script>,
    options: impl FnOnce(ManagedCopy) -> ManagedCopy,
) -> (Result<ManagedCopyOutput, Error>, Vec<Received>) {
    let server = play(scripts).await;
    let copied = options(copy(&server.client())).send().await;
    assert_eq!(server.remaining(), 0, "{copied:?}");
    (copied, server.requests())
}

async fn run_ok(
    scripts: Vec<Script>,
    options: impl FnOnce(ManagedCopy) -> ManagedCopy,
) -> (ManagedCopyOutput, Vec<Received>) {
    let (copied, requests) = run(scripts, options).await;
    (copied.unwrap(), requests)
}

fn lines(requests: &[Received]) -> Vec<String> {
    let line = |request: &Received| format!("{} {}", request.method, request.target);
    requests.iter().map(line).collect()
}

#[track_caller]
fn assert_headers(request: &Received, expected: &[(&str, Option<&str>)]) {
    for (name, value) in expected {
        assert_eq!(request.header(name), *value, "{name} of {request:?}");
    }
}

#[tokio::test]
async fn a_source_up_to_the_threshold_is_copied_with_one_request() {
    let (copy, requests) = run_ok(vec![plain(4), copied()], |copy| copy).await;
    assert_eq!(copy.etag, Some(ETag::from("copy")));
    assert_eq!((copy.size, copy.parts), (4, 0));
    assert_eq!(copy.version_id.as_deref(), Some("v2"));
    assert_eq!(copy.source_version_id.as_deref(), Some("v1"));
    assert_eq!(
        lines(&requests),
        ["HEAD /films/a%20cat", "PUT /archive/cat"]
    );
    assert_headers(
        &requests[1],
        &[
            ("x-amz-copy-source", Some("films/a%20cat")),
            ("x-amz-copy-source-if-match", Some("\"old\"")),
            ("x-amz-metadata-directive", None),
        ],
    );
}

#[tokio::test]
async fn a_source_above_the_threshold_is_copied_in_parts() {
    let headers = [OLD, "x-amz-tagging-count: 0", "x-amz-version-id: v1"];
    let head = vec![source(10, &headers), upload_created()];
    let scripts = [head, vec![part(); 3], end(3)].concat();
    let (copy, requests) = run_ok(scripts, |copy| copy).await;
    assert_eq!(copy.etag, Some(composite(3)));
    assert_eq!((copy.size, copy.parts), (10, 3));
    assert_eq!(copy.version_id.as_deref(), Some("v2"));
    assert_eq!(copy.source_version_id.as_deref(), Some("v1"));
    assert_eq!(
        lines(&requests),
        [
            "HEAD /films/a%20cat",
            "POST /archive/cat?uploads=",
            "PUT /archive/cat?partNumber=1&uploadId=id",
            "PUT /archive/cat?partNumber=2&uploadId=id",
            "PUT /archive/cat?partNumber=3&uploadId=id",
            "HEAD /films/a%20cat",
            "POST /archive/cat?uploadId=id",
        ]
    );
    for (request, range) in requests[2..5].iter().zip(["0-3", "4-7", "8-9"]) {
        assert_headers(
            request,
            &[
                ("x-amz-copy-source", Some("films/a%20cat")),
                ("x-amz-copy-source-if-match", Some("\"old\"")),
                ("x-amz-copy-source-range", Some(&format!("bytes={range}"))),
            ],
        );
    }
    let list = String::from_utf8(requests[6].body.clone()).unwrap();
    assert_eq!(list.matches(PART).count(), 3, "{list}");
}

#[tokio::test]
async fn an_empty_source_is_copied_with_one_request() {
    let (copy, requests) = run_ok(vec![plain(0), copied()], |copy| copy.threshold(0)).await;
    assert_eq!((copy.size, copy.parts, requests.len()), (0, 0, 2));
}

/// AWS rejects a range of a source below 5 MiB.
#[tokio::test]
async fn a_single_part_is_copied_without_a_range() {
    let scripts = vec![plain(3), upload_created(), part(), plain(3), completed(1)];
    let (copy, requests) = run_ok(scripts, |copy| copy.threshold(2)).await;
    assert_eq!((copy.size, copy.parts), (3, 1));
    assert_headers(&requests[2], &[("x-amz-copy-source-range", None)]);
}

/// 5 GiB are one request, a byte more are 81 parts of 64 MiB: CopyObject copies no more on AWS.
#[tokio::test]
async fn the_default_threshold_is_5_gib() {
    let server = play([plain(5 << 30), copied()]).await;
    let s3 = server.client();
    let copy = s3.copy(("films", "a"), "archive", "a").send().await;
    assert_eq!(copy.unwrap().parts, 0);

    let size = (5 << 30) + 1;
    let begun = vec![plain(size), upload_created()];
    let end = vec![plain(size), completed(81)];
    let server = play([begun, vec![part(); 81], end].concat()).await;
    let copy = server.client().copy(("films", "a"), "archive", "a");
    let copy = copy.concurrency(1).send().await.unwrap();
    assert_eq!((copy.size, copy.parts), (size, 81));
    let requests = server.requests();
    let range = |index: usize| requests[index].header("x-amz-copy-source-range").unwrap();
    assert_eq!(range(2), "bytes=0-67108863");
    assert_eq!(range(82), "bytes=5368709120-5368709120");
}

#[tokio::test]
async fn parts_are_copied_several_at_a_time_and_listed_in_order() {
    let begun = vec![plain(40), upload_created()];
    let end = vec![plain(40), completed(10)];
    let scripts = [begun, vec![part(); 10], end].concat();
    let (copy, requests) = run_ok(scripts, |copy| copy.concurrency(4)).await;
    assert_eq!((copy.size, copy.parts), (40, 10));
    let list = String::from_utf8(requests.last().unwrap().body.clone()).unwrap();
    let numbers: Vec<&str> = list.split("<PartNumber>").skip(1).collect();
    let numbers = numbers.iter().map(|text| text.split('<').next().unwrap());
    assert!(
        numbers.eq(["1", "2", "3", "4", "5", "6", "7", "8", "9", "10"]),
        "{list}"
    );
}

#[tokio::test]
async fn metadata_and_tags_are_carried_over() {
    let headers = [
        OLD,
        "x-amz-tagging-count: 1",
        "content-type: video/mp4",
        "content-disposition: attachment",
        "content-encoding: aws-chunked,gzip",
        "content-language: en",
        "cache-control: no-cache",
        "expires: Thu, 02 Jan 2025 03:04:05 GMT",
        "x-amz-meta-name: Kitty",
        "x-amz-meta-Age: 3",
        "x-amz-storage-class: STANDARD_IA",
        "x-amz-server-side-encryption: AES256",
        "x-amz-website-redirect-location: /other",
        "last-modified: Thu, 02 Jan 2025 03:04:05 GMT",
    ];
    let begun = vec![source(10, &headers), tags(), upload_created()];
    let (_, requests) = run_ok([begun, vec![part(); 3], end(3)].concat(), |copy| copy).await;
    assert_eq!(lines(&requests)[1], "GET /films/a%20cat?tagging=");
    let create = &requests[2];
    assert_eq!(create.method, "POST");
    assert_headers(
        create,
        &[
            ("content-type", Some("video/mp4")),
            ("content-disposition", Some("attachment")),
            ("content-encoding", Some("gzip")),
            ("content-language", Some("en")),
            ("cache-control", Some("no-cache")),
            ("expires", Some("Thu, 02 Jan 2025 03:04:05 GMT")),
            ("x-amz-meta-name", Some("Kitty")),
            ("x-amz-meta-age", Some("3")),
            ("x-amz-tagging", Some("a%20kind=big%20%26%20small")),
            // CopyObject does not keep these either.
            ("x-amz-storage-class", None),
            ("x-amz-server-side-encryption", None),
            ("x-amz-website-redirect-location", None),
            ("last-modified", None),
            ("x-amz-copy-source", None),
            ("x-amz-copy-source-if-match", None),
        ],
    );
    assert_headers(&requests[3], &[("x-amz-meta-name", None)]);
}

#[tokio::test]
async fn metadata_and_tags_are_replaced() {
    // No tags are read.
    let begun = vec![
        source(
            10,
            &[
                OLD,
                "content-type: video/mp4",
                "content-language: en",
                "x-amz-meta-name: Kitty",
            ],
        ),
        upload_created(),
    ];
    let options = |copy: ManagedCopy| {
        copy.replace_metadata()
            .content_type("video/webm")
            .metadata("age", "3")
            .replace_tags()
            .tag("kind", "dog")
            .storage_class("GLACIER")
            .acl("private")
            .if_none_match("*")
    };
    let scripts = [begun, vec![part(); 3], end(3)].concat();
    let (_, requests) = run_ok(scripts, options).await;
    assert_headers(
        &requests[1],
        &[
            ("content-type", Some("video/webm")),
            ("content-language", None),
            ("x-amz-meta-name", None),
            ("x-amz-meta-age", Some("3")),
            ("x-amz-tagging", Some("kind=dog")),
            ("x-amz-storage-class", Some("GLACIER")),
            ("x-amz-acl", Some("private")),
            ("x-amz-metadata-directive", None),
            ("x-amz-tagging-directive", None),
            ("if-none-match", None),
        ],
    );
    assert_headers(&requests[6], &[("if-none-match", Some("*"))]);

    let (_, requests) = run_ok(vec![plain(4), copied()], options).await;
    assert_headers(
        &requests[1],
        &[
            ("content-type", Some("video/webm")),
            ("x-amz-meta-age", Some("3")),
            ("x-amz-tagging", Some("kind=dog")),
            ("x-amz-metadata-directive", Some("REPLACE")),
            ("x-amz-tagging-directive", Some("REPLACE")),
            ("if-none-match", Some("*")),
        ],
    );
}

/// Most stores do not say in the response to HeadObject whether there are tags.
#[tokio::test]
async fn a_store_without_tags_has_none_to_copy() {
    for rejection in [
        reject(501, "NotImplemented"),
        reject(405, "MethodNotAllowed"),
        reject(404, "NoSuchTagSet"),
    ] {
        let begun = vec![source(10, &[OLD]), rejection, upload_created()];
        let (_, requests) = run_ok([begun, vec![part(); 3], end(3)].concat(), |copy| copy).await;
        assert_headers(&requests[2], &[("x-amz-tagging", None)]);
    }
}

#[tokio::test]
async fn tags_that_cannot_be_read_are_not_lost() {
    let counted = source(10, &[OLD, "x-amz-tagging-count: 1"]);
    for scripts in [
        vec![source(10, &[OLD]), reject(403, "AccessDenied")],
        vec![counted, reject(501, "NotImplemented")],
        vec![source(10, &[OLD]), reject(404, "NoSuchKey")],
    ] {
        let (copied, _) = run(scripts, |copy| copy).await;
        let error = copied.unwrap_err();
        assert_eq!(error.context().operation, "GetObjectTagging", "{error}");
        assert!(!error.is_outcome_unknown(), "{error}");
    }
}

#[tokio::test]
async fn metadata_that_no_request_can_carry_is_an_error() {
    for header in [
        "x-amz-meta-a: \u{fc}",
        "x-amz-meta-a:",
        "x-amz-missing-meta: 2",
    ] {
        let headers = [OLD, "x-amz-tagging-count: 0", header];
        let (copied, _) = run(vec![source(10, &headers)], |copy| copy).await;
        let error = copied.unwrap_err().to_string();
        assert!(
            error.contains("Copy archive/cat: metadata of the source: ")
                && error.contains("call replace_metadata"),
            "{error}"
        );
        let begun = vec![source(10, &headers), upload_created()];
        let scripts = [begun, vec![part(); 3], end(3)].concat();
        run_ok(scripts, |copy| copy.replace_metadata()).await;
    }
}

#[tokio::test]
async fn options_go_to_the_requests_that_take_them() {
    let options = |copy: ManagedCopy| {
        copy.source_if_match("old")
            .header("x-amz-source-expected-bucket-owner", "1")
            .header("x-amz-expected-bucket-owner", "2")
            .header("x-amz-request-payer", "requester")
    };
    let name = CopySource::new("films", "cat").version_id("v/1");
    let begun = vec![source(10, &[OLD]), tags(), upload_created()];
    // A version cannot be replaced, so it is not checked again.
    let server = play([begun, vec![part(); 3], vec![completed(3)]].concat()).await;
    let copy = in_parts(server.client().copy(name, "archive", "cat"));
    options(copy).send().await.unwrap();
    let requests = server.requests();
    let payer = ("x-amz-request-payer", Some("requester"));
    for request in &requests[..2] {
        let query = if request.method == "HEAD" {
            ""
        } else {
            "tagging=&"
        };
        assert_eq!(request.target, format!("/films/cat?{query}versionId=v%2F1"));
        assert_headers(
            request,
            &[payer, ("x-amz-expected-bucket-owner", Some("1"))],
        );
    }
    assert_headers(&requests[0], &[("if-match", Some("\"old\""))]);
    assert_headers(&requests[1], &[("if-match", None)]);
    for request in &requests[2..] {
        let is_part = request.method == "PUT";
        assert_headers(
            request,
            &[
                payer,
                ("x-amz-expected-bucket-owner", Some("2")),
                ("x-amz-source-expected-bucket-owner", is_part.then_some("1")),
                (
                    "x-amz-copy-source",
                    is_part.then_some("films/cat?versionId=v%2F1"),
                ),
                ("x-amz-copy-source-if-match", is_part.then_some("\"old\"")),
                ("if-match", None),
            ],
        );
    }
}

#[tokio::test]
async fn a_source_that_was_replaced_is_not_copied() {
    let changed = reject(412, "PreconditionFailed");
    let (copied, _) = run(vec![plain(4), changed.clone()], |copy| copy).await;
    let error = copied.unwrap_err();
    assert!(error.is_precondition_failed(), "{error}");
    assert!(!error.is_outcome_unknown(), "{error}");

    let aborted = || vec![response("204 No Content", ""), reject(404, "NoSuchUpload")];
    // The response to the second part is lost before.
    for lost in [vec![], vec![drop_response()]] {
        let begun = vec![plain(10), upload_created(), part()];
        let scripts = [begun, lost, vec![changed.clone()], aborted()].concat();
        let (copied, requests) = run(scripts, |copy| copy).await;
        let error = copied.unwrap_err();
        assert!(error.is_precondition_failed(), "{error}");
        assert!(!error.is_outcome_unknown(), "{error}");
        let context = error.context();
        assert_eq!(context.operation, "UploadPartCopy");
        assert_eq!(context.part_number.as_deref(), Some("2"));
        assert_eq!((context.parts_done, &context.upload_id), (Some(1), &None));
        let delete = &requests[requests.len() - 2];
        assert_eq!(delete.method, "DELETE");
    }
}

/// Unknown stores may ignore the condition, and would join parts of two objects.
#[tokio::test]
async fn a_store_that_ignores_the_condition_on_a_part_joins_no_two_sources() {
    let begun = vec![plain(10), upload_created()];
    let replaced = source(10, &["etag: \"new\""]);
    let aborted = vec![response("204 No Content", ""), reject(404, "NoSuchUpload")];
    let scripts = [begun, vec![part(); 3], vec![replaced], aborted].concat();
    let (copied, _) = run(scripts, |copy| copy).await;
    let error = copied.unwrap_err();
    assert!(!error.is_outcome_unknown(), "{error}");
    assert!(
        error
            .to_string()
            .contains("the source was replaced: expected the ETag \"old\", got \"new\""),
        "{error}"
    );
}

#[tokio::test]
async fn a_store_that_ignores_the_callers_condition_copies_nothing() {
    for size in [4, 10] {
        let options = |copy: ManagedCopy| copy.source_if_match("other");
        let error = run(vec![plain(size)], options).await.0.unwrap_err();
        let expected = "Copy archive/cat: malformed response: the source was replaced: expected the ETag \"other\", got \"old\"";
        assert!(error.to_string().starts_with(expected), "{error}");
    }
    let options = |copy: ManagedCopy| copy.source_if_match("*");
    let (_, requests) = run_ok(vec![plain(4), copied()], options).await;
    assert_headers(&requests[0], &[("if-match", Some("*"))]);
    let name = "x-amz-copy-source-if-match";
    assert_headers(&requests[1], &[(name, Some("\"old\""))]);
}

#[tokio::test]
async fn a_condition_that_the_dialect_ignores_is_not_sent() {
    let begun = vec![plain(10), upload_created()];
    let scripts = [vec![plain(4), copied()], begun, vec![part(); 3], end(3)].concat();
    let server = play(scripts).await;
    let s3 = server.builder().dialect(Dialect::CEPH).build().unwrap();
    copy(&s3).send().await.unwrap();
    copy(&s3).send().await.unwrap();
    for request in server.requests() {
        assert_headers(&request, &[("x-amz-copy-source-if-match", None)]);
    }
    // One of the caller's is not left out.
    let rejected = copy(&s3).source_if_match("old").send().await.unwrap_err();
    assert!(matches!(rejected, Error::Invalid(_)), "{rejected}");
    assert_eq!(server.requests().len(), 9);
}

#[tokio::test]
async fn a_part_that_fails_aborts_the_copy() {
    let begun = vec![plain(10), upload_created(), part()];
    let rejected = vec![reject(403, "AccessDenied")];
    let aborted = vec![response("204 No Content", ""), reject(404, "NoSuchUpload")];
    let (copied, requests) = run([begun, rejected, aborted].concat(), |copy| copy).await;
    let error = copied.unwrap_err();
    assert!(error.is_access_denied(), "{error}");
    assert!(!error.is_outcome_unknown(), "{error}");
    assert_eq!(error.context().parts_done, Some(1));
    assert_eq!(error.context().upload_id, None);
    assert_eq!(
        lines(&requests)[4..],
        [
            "DELETE /archive/cat?uploadId=id",
            "GET /archive/cat?uploadId=id"
        ]
    );
}

#[tokio::test]
async fn an_abort_that_fails_leaves_the_upload_id_in_the_error() {
    let begun = vec![plain(10), upload_created()];
    let rejected = vec![reject(403, "AccessDenied"); 7];
    let (copied, _) = run([begun, rejected].concat(), |copy| copy).await;
    let error = copied.unwrap_err();
    assert_eq!(error.context().upload_id.as_deref(), Some("id"));
    assert!(error.context().abort_failure.is_some());
    // Nothing can resume a copy.
    assert!(error.context().resume_token.is_none());
}

#[tokio::test]
async fn a_transient_failure_of_a_part_is_retried() {
    let begun = vec![plain(10), upload_created(), part()];
    // The second is an error in a response with the status 200.
    let failed = vec![
        reject(503, "SlowDown"),
        response("200 OK", error_document("InternalError")),
    ];
    let scripts = [begun, failed, vec![part(); 2], end(3)].concat();
    let (copy, _) = run_ok(scripts, |copy| copy).await;
    assert_eq!(copy.parts, 3);
}

#[tokio::test]
async fn a_lost_completion_is_settled_like_that_of_an_upload() {
    let lost = vec![plain(10), drop_response(), reject(404, "NoSuchUpload")];
    let etag = format!("etag: \"{}\"", composite(3).as_str());
    let begun = vec![plain(10), upload_created()];
    let gone = || reject(404, "NoSuchUpload");
    let stored = vec![gone(), source(10, &[&etag, "x-amz-version-id: v3"])];
    let scripts = [begun.clone(), vec![part(); 3], lost.clone(), stored].concat();
    let (copy, requests) = run_ok(scripts, |copy| copy).await;
    assert_eq!(copy.etag, Some(composite(3)));
    assert_eq!(copy.version_id.as_deref(), Some("v3"));
    assert_eq!(requests.last().unwrap().target, "/archive/cat");

    let missing = vec![gone(), reject(404, "NoSuchKey")];
    let scripts = [begun, vec![part(); 3], lost, missing].concat();
    let error = run(scripts, |copy| copy).await.0.unwrap_err();
    assert!(error.is_outcome_unknown(), "{error}");
}

#[tokio::test]
async fn a_lost_response_to_a_small_copy_is_retried() {
    let (copy, _) = run_ok(vec![plain(4), drop_response(), copied()], |copy| copy).await;
    assert_eq!(copy.etag, Some(ETag::from("copy")));
    let lost = vec![plain(4), drop_response(), drop_response(), drop_response()];
    let error = run(lost, |copy| copy).await.0.unwrap_err();
    assert!(error.is_outcome_unknown(), "{error}");
}

#[tokio::test]
async fn a_source_without_an_etag_is_only_copied_with_one_request() {
    let head = |size| source(size, &["last-modified: Thu, 02 Jan 2025 03:04:05 GMT"]);
    let (_, requests) = run_ok(vec![head(4), copied()], |copy| copy).await;
    assert_headers(&requests[1], &[("x-amz-copy-source-if-match", None)]);
    let error = run(vec![head(10)], |copy| copy).await.0.unwrap_err();
    assert!(
        error.to_string().contains("returns no ETag of the source"),
        "{error}"
    );
}

#[tokio::test]
async fn a_source_without_a_size_is_an_error() {
    let head = vec![Request, raw(format!("HTTP/1.1 200 OK\r\n{OLD}\r\n\r\n"))];
    let error = run(vec![head], |copy| copy).await.0.unwrap_err();
    assert!(
        error
            .to_string()
            .contains("does not return the source's size"),
        "{error}"
    );
}

#[tokio::test]
async fn a_missing_source_is_not_found() {
    let error = run(vec![reject(404, "NoSuchKey")], |copy| copy).await.0;
    assert!(error.unwrap_err().is_not_found());
}

#[tokio::test]
async fn invalid_options_are_rejected_before_anything_is_sent() {
    let server = play([]).await;
    let s3 = server.client();
    let copy = || copy(&s3);
    let limits = PartLimits::default();
    for (copy, problem) in [
        (copy().content_type("a/b"), "would be ignored"),
        (copy().tag("a", "b"), "would be ignored"),
        (copy().concurrency(0), "0 parts at a time"),
        (copy().part_size(0), "part size: 0 bytes is out of range"),
        (
            copy().part_limits(limits).part_size(1 << 20),
            "part size: 1048576 bytes is out of range",
        ),
        (
            copy().threshold((5 << 30) + 1),
            "threshold: 5368709121 bytes are more than one request may copy; use at most 5368709120 bytes",
        ),
        (copy().header("x-amz-checksum-sha256", "x"), "no content"),
        (
            copy().source_customer_key(&CustomerKey::from([7; 32])),
            "plain http",
        ),
        (
            copy().encryption(Encryption::Customer(CustomerKey::from([7; 32]))),
            "plain http",
        ),
        (s3.copy(("films", ""), "archive", "a"), "copy source"),
        (s3.copy(("films", "a"), "archive", ""), "key: empty"),
        (s3.copy(("films", "a"), "", "a"), "bucket: \"\" is empty"),
    ] {
        let error = copy.send().await.unwrap_err();
        assert!(matches!(error, Error::Invalid(_)), "{error}");
        let text = error.to_string();
        assert!(
            text.starts_with("Copy ") && text.contains(problem),
            "{text}"
        );
    }
    assert_eq!(server.requests().len(), 0);
}

fn recording(copy: ManagedCopy) -> (ManagedCopy, Arc<Mutex<Vec<String>>>) {
    let events = Arc::new(Mutex::new(Vec::new()));
    let recorded = events.clone();
    let copy = copy.on_event(move |event| {
        let text = match event {
            TransferEvent::Started {
                size,
                part_size,
                parts,
                ..
            } => {
                format!("started: {size:?} {part_size} {parts:?}")
            }
            TransferEvent::Created { upload_id, .. } => format!("created: {upload_id}"),
            TransferEvent::Progress { bytes, size, .. } => format!("progress: {bytes} {size:?}"),
            TransferEvent::PartDone {
                part_number, size, ..
            } => {
                format!("part: {part_number} {size}")
            }
            TransferEvent::Retry {
                part_number,
                attempt,
                ..
            } => {
                format!("retry: {part_number:?} {attempt}")
            }
            TransferEvent::Aborted {
                upload_id, failure, ..
            } => {
                format!("aborted: {upload_id} {failure:?}")
            }
            TransferEvent::Finished { bytes, .. } => format!("finished: {bytes}"),
            other => format!("{other:?}"),
        };
        recorded.lock().unwrap().push(text);
    });
    (copy, events)
}

async fn events(server: &Server) -> Vec<String> {
    let (copy, events) = recording(copy(&server.client()));
    let _ = copy.send().await;
    assert_eq!(server.remaining(), 0);
    let events = events.lock().unwrap();
    events.clone()
}

#[tokio::test]
async fn events_of_a_copy() {
    let busy = reject(503, "SlowDown");
    let server = play([busy.clone(), plain(4), copied()]).await;
    assert_eq!(
        events(&server).await,
        [
            "retry: None 1",
            "started: Some(4) 4 Some(1)",
            "progress: 4 Some(4)",
            "finished: 4"
        ]
    );
    let begun = vec![plain(6), upload_created(), part(), busy, part()];
    let end = vec![plain(6), completed(2)];
    assert_eq!(
        events(&play([begun, end].concat()).await).await,
        [
            "started: Some(6) 4 Some(2)",
            "created: id",
            "part: 1 4",
            "progress: 4 Some(6)",
            "retry: Some(2) 1",
            "part: 2 2",
            "progress: 6 Some(6)",
            "finished: 6"
        ]
    );
    let begun = vec![plain(6), upload_created(), reject(403, "AccessDenied")];
    let aborted = vec![response("204 No Content", ""), reject(404, "NoSuchUpload")];
    assert_eq!(
        events(&play([begun, aborted].concat()).await).await[2..],
        ["aborted: id None"]
    );
}

#[tokio::test]
async fn a_cancelled_copy_is_aborted() {
    let aborted = vec![response("204 No Content", ""), reject(404, "NoSuchUpload")];
    let begun = vec![plain(10), upload_created(), part()];
    // The second part gets no response.
    let server = play([begun, vec![vec![Request]], aborted].concat()).await;
    let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
    let stop = Mutex::new(Some(stop));
    let copy = copy(&server.client())
        .cancel_on(stopped)
        .on_event(move |event| {
            if matches!(event, TransferEvent::PartDone { .. }) {
                drop(stop.lock().unwrap().take());
            }
        });
    let error = copy.send().await.unwrap_err();
    assert_eq!(transport_kind(&error), TransportKind::Cancelled);
    assert!(!error.is_outcome_unknown(), "{error}");
    assert_eq!(error.context().operation, "Copy");
    assert_eq!(error.context().upload_id, None, "{error}");
}

#[tokio::test]
async fn a_copy_that_is_cancelled_at_once_sends_nothing() {
    let server = play([]).await;
    let cancelled = copy(&server.client()).cancel_on(ready(())).send().await;
    let error = cancelled.unwrap_err();
    assert_eq!(transport_kind(&error), TransportKind::Cancelled);
    assert_eq!(server.requests().len(), 0);
    let (copy, _) = run_ok(vec![plain(4), copied()], |copy| {
        copy.cancel_on(pending::<()>())
    })
    .await;
    assert_eq!(copy.size, 4);
}

#[tokio::test]
async fn encryption_of_the_copy_is_confirmed() {
    let begun = vec![plain(10), upload_created()];
    let encrypted = source(10, &[OLD, "x-amz-server-side-encryption: AES256"]);
    for (head, is_ok) in [(encrypted, true), (plain(10), false)] {
        let scripts = [begun.clone(), vec![part(); 3], end(3), vec![head]].concat();
        let (copied, requests) = run(scripts, |copy| copy.encryption(Encryption::S3)).await;
        assert_eq!(copied.is_ok(), is_ok, "{copied:?}");
        let name = "x-amz-server-side-encryption";
        assert_headers(&requests[1], &[(name, Some("AES256"))]);
        assert_headers(&requests[2], &[(name, None)]);
        assert_eq!(requests.last().unwrap().target, "/archive/cat?versionId=v2");
    }
}

#[tokio::test]
async fn the_metadata_of_the_last_response_is_returned() {
    let server = play([plain(4), copied()]).await;
    let copied = copy(&server.client()).send_with_metadata().await.unwrap();
    assert_eq!((copied.attempts, copied.output.size), (1, 4));
}
