//! Responses with a success status that do not fit the operation.

use slim_s3::operation::{
    AbortMultipartUpload, CreateBucket, DeleteBucket, DeleteObject, DeleteObjectTagging, GetObject,
    HeadObject, ListObjectsV2, PutBucketVersioning, PutObject, PutObjectTagging,
};
use slim_s3::{Error, Operation};

use super::{bucket, ok, request, response};

#[test]
fn a_malformed_listing_is_never_parsed_as_empty() {
    let truncated = "<ListBucketResult><IsTruncated>true</IsTruncated></ListBucketResult>";
    for (body, problem) in [
        ("", "expected <ListBucketResult>, got an empty body"),
        ("  \n ", "got an empty body"),
        ("{\"json\": true}", "got \"{\"json\": true}\""),
        (
            "<html>Log in to the guest network</html>",
            "got an HTML page",
        ),
        ("<ListBucketResult>", "the XML is truncated"),
        (
            "<ListBucketResult><IsTruncated>false</IsTruncated><Contents><Size>1</Size></Contents></ListBucketResult>",
            "no <Key> in <Contents>",
        ),
        (
            "<ListBucketResult><IsTruncated>false</IsTruncated><Contents><Key>a</Key><Size>-1</Size></Contents></ListBucketResult>",
            "<Size> in <Contents> is not a number",
        ),
        (truncated, "truncated but has no token"),
        (
            "<ListBucketResult></ListBucketResult>",
            "no <IsTruncated> in <ListBucketResult>",
        ),
        (
            "<ListBucketResult><IsTruncated>1</IsTruncated></ListBucketResult>",
            "<IsTruncated> is neither true nor false",
        ),
    ] {
        let error = ListObjectsV2::parse_http(
            &request(),
            response(200, &[("x-amz-request-id", "R1")], body),
        )
        .unwrap_err();
        assert!(matches!(error, Error::Malformed(_)), "{error}");
        assert!(error.to_string().contains(problem), "{error}");
        assert!(
            error.to_string().contains("status 200")
                && error.to_string().contains("ListObjectsV2 bucket/key: "),
            "{error}"
        );
    }
}

#[test]
fn a_put_without_an_etag_is_malformed() {
    let error = PutObject::parse_http(&request(), response(200, &[], "")).unwrap_err();
    assert!(error.to_string().contains("no etag header"), "{error}");
}

/// Proxies and captive portals return HTML pages with status 200.
#[test]
fn an_html_page_is_malformed() {
    for body in [
        "<!DOCTYPE html><html>Log in</html>",
        "\n <HTML><body>Welcome</body></HTML>",
    ] {
        let page = || response(200, &[("etag", "\"e\"")], body);
        for error in [
            PutObject::parse_http(&request(), page())
                .map(drop)
                .unwrap_err(),
            DeleteObject::parse_http(&request(), page())
                .map(drop)
                .unwrap_err(),
            AbortMultipartUpload::parse_http(&request(), page())
                .map(drop)
                .unwrap_err(),
            CreateBucket::parse_http(&bucket(), page())
                .map(drop)
                .unwrap_err(),
        ] {
            assert!(error.to_string().contains("got an HTML page"), "{error}");
        }
    }
}

#[test]
fn an_html_page_without_object_headers_is_malformed() {
    let headers = [("content-length", "6"), ("etag", "\"e\"")];
    GetObject::parse_http(&request(), response(200, &headers, "<html>")).unwrap();
    let portal = || response(200, &headers[..1], "<html>");
    let error = GetObject::parse_http(&request(), portal()).unwrap_err();
    assert!(
        error.to_string().contains("not a response about an object"),
        "{error}"
    );
    let error = HeadObject::parse_http(&request(), response(200, &headers[..1], "")).unwrap_err();
    assert!(
        error.to_string().contains("not a response about an object"),
        "{error}"
    );
}

#[test]
fn an_unexpected_body_is_malformed() {
    for body in ["<ListBucketResult/>", "{}", "OK"] {
        for error in [
            PutObjectTagging::parse_http(&request(), ok(body)).unwrap_err(),
            DeleteObjectTagging::parse_http(&request(), ok(body)).unwrap_err(),
            PutBucketVersioning::parse_http(&bucket(), ok(body)).unwrap_err(),
            DeleteBucket::parse_http(&bucket(), ok(body)).unwrap_err(),
            DeleteObject::parse_http(&request(), ok(body))
                .map(drop)
                .unwrap_err(),
            CreateBucket::parse_http(&bucket(), ok(body))
                .map(drop)
                .unwrap_err(),
            AbortMultipartUpload::parse_http(&request(), ok(body)).unwrap_err(),
        ] {
            assert!(
                error.to_string().contains("expected an empty body"),
                "{error}"
            );
        }
    }
}

#[test]
fn a_blank_body_counts_as_empty() {
    PutObjectTagging::parse_http(&request(), ok(" \n")).unwrap();
}
