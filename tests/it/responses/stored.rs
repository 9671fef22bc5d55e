//! What counts as the response to PutObject and UploadPart, whose success has no body.

use bytes::Bytes;
use slim_s3::operation::{
    CompleteMultipartUpload, CopyObject, HeadBucket, HeadObject, PutObject, UploadPart,
    UploadPartCopy,
};
use slim_s3::{Error, Operation};

use super::{bucket, ok, request, response};

fn with_etag(body: &[u8]) -> http::Response<Bytes> {
    response(200, &[("etag", "\"e\"")], "").map(|_| Bytes::copy_from_slice(body))
}

/// The outcomes of PutObject and of UploadPart.
fn store(body: &[u8]) -> [Result<(), Error>; 2] {
    [
        PutObject::parse_http(&request(), with_etag(body)).map(drop),
        UploadPart::parse_http(&request(), with_etag(body)).map(drop),
    ]
}

#[test]
fn a_blank_body_or_a_result_is_a_success() {
    for body in [
        "",
        " \r\n",
        "<PutObjectResult><ETag>e</ETag></PutObjectResult>",
        "<?xml version=\"1.0\"?><CopyObjectResult/>",
    ] {
        for outcome in store(body.as_bytes()) {
            outcome.unwrap_or_else(|error| panic!("{body}: {error}"));
        }
    }
}

#[test]
fn an_error_document_in_any_encoding_is_not_a_success() {
    let utf_16: Vec<u8> = "\u{feff}<Error><Code>AccessDenied</Code></Error>"
        .encode_utf16()
        .flat_map(u16::to_le_bytes)
        .collect();
    let latin_1 = b"<?xml version=\"1.0\" encoding=\"ISO-8859-1\"?><Error><Code>AccessDenied</Code><Message>Acc\xe8s refus\xe9</Message></Error>";
    let broken = b"<Error xmlns=\"http://s3.amazge></Error>";
    for body in [&utf_16[..], latin_1, broken, b"<Err"] {
        for outcome in store(body) {
            let error = outcome.unwrap_err();
            assert!(error.to_string().len() < 1000, "{error}");
        }
    }
    let [put, _] = store(latin_1);
    assert_eq!(put.unwrap_err().code(), Some("AccessDenied"));
    // Also with the status of an error.
    let gone = b"<Error><Code>NoSuchUpload</Code><Message>supprim\xe9</Message></Error>";
    let gone = response(404, &[], "").map(|_| Bytes::from_static(gone));
    let error = UploadPart::parse_http(&request(), gone).unwrap_err();
    assert_eq!(error.code(), Some("NoSuchUpload"));
}

#[test]
fn another_body_is_not_a_success() {
    for body in [
        &b"<!DOCTYPE html><title>Sign in</title>"[..],
        b"<center><h1>502</h1></center>",
        b"<html><title>Zugang gesperrt f\xfcr Sie</title></html>",
        b"{\"error\":\"denied\"}",
        b"Service unavailable",
        b"<ListBucketResult><IsTruncated>false</IsTruncated></ListBucketResult>",
        b"<PutObjectResult><Error><Code>AccessDenied</Code></Error></PutObjectResult>",
        b"<AccessDeniedResult/>",
        b"\x1f\x8b\x08\x00",
    ] {
        for outcome in store(body) {
            let error = outcome.unwrap_err();
            assert!(matches!(error, Error::Malformed(_)), "{error}");
            assert!(error.is_outcome_unknown(), "{error}");
        }
    }
}

/// The parts of an upload are listed by their ETags, so an empty one must not go unnoticed.
#[test]
fn an_empty_etag_is_a_missing_one() {
    for etag in ["", "\"\"", " \"\" "] {
        let headers = [("etag", etag)];
        let put = PutObject::parse_http(&request(), response(200, &headers, "")).unwrap_err();
        let part = UploadPart::parse_http(&request(), response(200, &headers, "")).unwrap_err();
        for error in [put, part] {
            assert!(error.to_string().contains("no etag header"), "{error}");
        }
        let document = |root: &str| {
            let etag = etag.replace('"', "&quot;");
            ok(&format!("<{root}><Key>k</Key><ETag>{etag}</ETag></{root}>"))
        };
        let completed = document("CompleteMultipartUploadResult");
        let completed = CompleteMultipartUpload::parse_http(&request(), completed).unwrap();
        assert_eq!(completed.etag, None);
        let copied = document("CopyObjectResult");
        let copied = CopyObject::parse_http(&request(), copied).unwrap();
        assert_eq!(copied.etag, None);
        UploadPartCopy::parse_http(&request(), document("CopyPartResult")).unwrap_err();
        let headers = [
            ("etag", etag),
            ("content-length", "1"),
            ("last-modified", "Thu, 02 Jan 2025 03:04:05 GMT"),
        ];
        let head = HeadObject::parse_http(&request(), response(200, &headers, "")).unwrap();
        assert_eq!(head.etag, None);
    }
}

#[test]
fn contradicting_headers_are_malformed() {
    for (headers, problem) in [
        (
            [
                ("content-length", "1"),
                ("content-length", "2"),
                ("etag", "e"),
            ],
            "two different content-length headers",
        ),
        (
            [("content-length", "1"), ("etag", "e"), ("etag", "f")],
            "two different etag headers",
        ),
        (
            [("content-length", "+5"), ("etag", "e"), ("etag", "e")],
            "is not a number",
        ),
    ] {
        let error = HeadObject::parse_http(&request(), response(200, &headers, "")).unwrap_err();
        assert!(error.to_string().contains(problem), "{error}");
    }
    let twice = [("etag", "e"), ("etag", "f")];
    PutObject::parse_http(&request(), response(200, &twice, "")).unwrap_err();
}

#[test]
fn a_page_is_not_a_bucket() {
    let headers = [("content-type", "text/html; charset=utf-8")];
    let error = HeadBucket::parse_http(&bucket(), response(200, &headers, "")).unwrap_err();
    assert!(error.to_string().contains("got an HTML page"), "{error}");
    // A store that labels its responses as HTML.
    let named = [headers[0], ("x-amz-request-id", "R1")];
    HeadBucket::parse_http(&bucket(), response(200, &named, "")).unwrap();
    let headers = [("content-type", "application/xml")];
    HeadBucket::parse_http(&bucket(), response(200, &headers, "")).unwrap();
}
