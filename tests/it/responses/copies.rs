//! Copies and completed uploads, which may fail after the status was sent.

use slim_s3::operation::{CompleteMultipartUpload, CopyObject, UploadPartCopy};
use slim_s3::{Error, Operation};

use super::{ok, request, response};

#[test]
fn copies_return_the_versions_of_source_and_target() {
    let headers = [
        ("x-amz-version-id", "v2"),
        ("x-amz-copy-source-version-id", "v1"),
    ];
    let body = "<CopyObjectResult><ETag>&quot;e&quot;</ETag><LastModified>2025-01-02T03:04:05.000Z</LastModified></CopyObjectResult>";
    let copy = CopyObject::parse_http(&request(), response(200, &headers, body)).unwrap();
    assert_eq!(
        (
            copy.etag.as_ref().unwrap().as_str(),
            copy.version_id.as_deref(),
            copy.source_version_id.as_deref()
        ),
        ("e", Some("v2"), Some("v1"))
    );
    assert!(copy.last_modified.is_some());
    let part = UploadPartCopy::parse_http(
        &request(),
        response(
            200,
            &headers,
            "<CopyPartResult><ETag>e</ETag></CopyPartResult>",
        ),
    )
    .unwrap();
    assert_eq!(
        (part.etag.as_str(), part.source_version_id.as_deref()),
        ("e", Some("v1"))
    );
}

/// The server sends the status before it has finished, so the body can contain an error.
#[test]
fn an_error_in_a_200_response_is_an_error() {
    for body in [
        "  \n <Error><Code>InternalError</Code><Message>We failed.</Message></Error>",
        "<?xml version=\"1.0\"?>\n<Error><Code>InternalError</Code></Error>",
    ] {
        let errors = [
            CopyObject::parse_http(&request(), ok(body)).unwrap_err(),
            UploadPartCopy::parse_http(&request(), ok(body)).unwrap_err(),
            CompleteMultipartUpload::parse_http(&request(), ok(body)).unwrap_err(),
        ];
        for error in errors {
            assert_eq!(
                (error.code(), error.status().unwrap().as_u16()),
                (Some("InternalError"), 200)
            );
        }
    }
}

#[test]
fn a_copy_without_its_result_is_malformed() {
    for body in [
        "",
        "   ",
        "<CopyObjectResult>",
        "<Other><ETag>e</ETag></Other>",
    ] {
        let error = CopyObject::parse_http(&request(), ok(body)).unwrap_err();
        assert!(matches!(error, Error::Malformed(_)), "{body}: {error}");
    }
}

#[test]
fn a_part_copy_is_successful_only_with_its_result() {
    let copied = "<CopyPartResult><LastModified>2025-01-02T03:04:05.000Z</LastModified><ETag>&quot;e&quot;</ETag></CopyPartResult>";
    for body in [
        copied.to_owned(),
        format!("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n{copied}"),
        // Sent while the copy was being made, to keep the connection open.
        format!("   \n  {copied}"),
    ] {
        let part = UploadPartCopy::parse_http(&request(), ok(&body)).unwrap();
        assert_eq!(part.etag.as_str(), "e", "{body}");
        assert!(part.last_modified.is_some(), "{body}");
    }

    let no_etag = "no <ETag> in <CopyPartResult>";
    for (body, problem) in [
        ("", "expected <CopyPartResult>, got an empty body"),
        (" \n ", "expected <CopyPartResult>, got an empty body"),
        ("<CopyObjectResult/>", "no <ETag> in <CopyObjectResult>"),
        (
            "<CompleteMultipartUploadResult><ETag>e</ETag></CompleteMultipartUploadResult>",
            "expected <CopyPartResult>, got <CompleteMultipartUploadResult>",
        ),
        ("<html><body>Log in</body></html>", "got an HTML page"),
        ("Log in", "expected <CopyPartResult>, got \"Log in\""),
        (&copied[..copied.len() - 4], "the XML is not well-formed"),
        ("<CopyPartResult><ETag>e</ETag>", "the XML is truncated"),
        ("<CopyPartResult/>", no_etag),
        ("<CopyPartResult><ETag></ETag></CopyPartResult>", no_etag),
        ("<CopyPartResult><Etag>e</Etag></CopyPartResult>", no_etag),
    ] {
        let error = UploadPartCopy::parse_http(&request(), ok(body)).unwrap_err();
        assert!(matches!(error, Error::Malformed(_)), "{body}: {error}");
        assert!(error.to_string().contains(problem), "{body}: {error}");
    }
}

#[test]
fn the_etag_of_a_copy_may_be_in_the_header() {
    let headers = [("etag", "\"of the header\"")];
    let part = response(200, &headers, "<CopyPartResult/>");
    let part = UploadPartCopy::parse_http(&request(), part).unwrap();
    assert_eq!(part.etag.as_str(), "of the header");
    let copy = response(200, &headers, "<CopyObjectResult/>");
    let copy = CopyObject::parse_http(&request(), copy).unwrap();
    assert_eq!(copy.etag.unwrap().as_str(), "of the header");
}
