//! Error responses.

use http::Method;
use slim_s3::{Operation, Request};

use super::{AnyDocument, request, response};

fn head_bucket() -> Request {
    Request::bucket(Method::HEAD, "bucket")
}

#[test]
fn an_error_without_a_body_has_a_code_inferred_from_its_status() {
    for (status, code) in [
        (301, "PermanentRedirect"),
        (304, "NotModified"),
        (403, "AccessDenied"),
        (404, "NoSuchBucket"),
        (412, "PreconditionFailed"),
        (503, "SlowDown"),
        (599, "InternalError"),
    ] {
        let error = AnyDocument::parse_http(&head_bucket(), response(status, &[], "")).unwrap_err();
        assert_eq!(error.code(), Some(code));
        assert!(
            error.service().unwrap().code_is_inferred
                && error.to_string().contains("(inferred from the status)"),
            "{error}"
        );
    }
}

#[test]
fn minio_error_headers_are_read() {
    let headers = [
        ("x-minio-error-code", "SlowDownWrite"),
        ("x-minio-error-desc", "\"Resource requested is unwritable\""),
        ("x-amz-request-id", "R1"),
        ("x-amz-id-2", "H1"),
    ];
    let error = AnyDocument::parse_http(&head_bucket(), response(503, &headers, "")).unwrap_err();
    assert_eq!(
        error.to_string(),
        "Document bucket: 503 SlowDownWrite: Resource requested is unwritable (request ID R1, host ID H1)"
    );
    assert!(error.is_retryable() && !error.is_not_found());
}

#[test]
fn a_404_for_an_unknown_access_key_does_not_mean_not_found() {
    let error = AnyDocument::parse_http(
        &head_bucket(),
        response(404, &[], "<Error><Code>XAdminUserNotFound</Code></Error>"),
    )
    .unwrap_err();
    assert!(!error.is_not_found());
}

/// Gateways return the error format of AWS's other services.
#[test]
fn a_wrapped_error_document_is_an_error_at_any_status() {
    let body = "<ErrorResponse xmlns='u'><Error><Type>Sender</Type><Code>NoSuchKey</Code><Message>Gone</Message></Error>\
        <RequestId>R1</RequestId></ErrorResponse>";
    for status in [200, 400] {
        let error = AnyDocument::parse_http(&request(), response(status, &[], body)).unwrap_err();
        assert_eq!(error.code(), Some("NoSuchKey"), "{error}");
        assert_eq!(error.request_id(), Some("R1"));
        assert_eq!(error.service().unwrap().message, "Gone");
    }
}

/// MinIO returns these if it is overloaded while it completes an upload.
#[test]
fn slow_down_with_status_200_is_retryable() {
    for code in ["SlowDownRead", "SlowDownWrite"] {
        let body = format!("<Error><Code>{code}</Code></Error>");
        let error = AnyDocument::parse_http(&request(), response(200, &[], &body)).unwrap_err();
        assert!(error.is_retryable(), "{error}");
    }
}

#[test]
fn a_redirect_names_the_host_that_it_leads_to() {
    let location = "https://other.example:8443/bucket/key?X-Amz-Signature=0123";
    let error = AnyDocument::parse_http(&request(), response(307, &[("location", location)], ""))
        .unwrap_err();
    assert_eq!(
        error.to_string(),
        "Document bucket/key: 307 TemporaryRedirect (inferred from the status) (redirects to https://other.example:8443)"
    );
    for (location, named) in [
        ("/login?next=/bucket/key&token=t", Some("/login")),
        ("login.html", None),
        ("//user:password@other.example/", None),
        ("?token=t", None),
    ] {
        let headers = [("location", location)];
        let error = AnyDocument::parse_http(&request(), response(302, &headers, "")).unwrap_err();
        let redirect = error.service().unwrap().redirect.as_deref();
        assert_eq!(redirect, named, "{location}");
    }
    let body = "<Error><Code>PermanentRedirect</Code><Endpoint>bucket.s3-eu-west-1.amazonaws.com</Endpoint></Error>";
    let error = AnyDocument::parse_http(&request(), response(301, &[], body)).unwrap_err();
    assert_eq!(
        error.service().unwrap().redirect.as_deref(),
        Some("bucket.s3-eu-west-1.amazonaws.com")
    );
    let body = "<Error><Code>PermanentRedirect</Code><Endpoint>https://user:password@host/?X-Amz-Signature=0</Endpoint></Error>";
    let error = AnyDocument::parse_http(&request(), response(301, &[], body)).unwrap_err();
    assert_eq!(error.service().unwrap().redirect, None);
}

#[test]
fn a_binary_error_body_is_named_and_not_printed() {
    let gzip = b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\x03\x4b\x4c\x4a\x06\x00";
    for (body, description) in [
        (&gzip[..], "gzip, 15 bytes"),
        (b"\x00\x01\x02", "binary data, 3 bytes"),
        (b"caf\xe9", "caf\u{fffd}"),
    ] {
        let rejected = response(403, &[], "").map(|_| bytes::Bytes::from_static(body));
        let error = AnyDocument::parse_http(&request(), rejected).unwrap_err();
        assert_eq!(error.service().unwrap().message, description);
    }
}

/// 8 MiB of request ID would be kept as long as the error.
#[test]
fn an_error_is_short_whatever_the_server_sends() {
    let long = "\u{202e}".repeat(1 << 16);
    let body = format!(
        "<Error><Code>{long}</Code><Message>{long}</Message><RequestId>{long}</RequestId><HostId>{long}</HostId><Region>{long}</Region></Error>"
    );
    let error = AnyDocument::parse_http(&request(), response(403, &[], &body)).unwrap_err();
    assert!(
        error.to_string().len() < 4_000,
        "{}",
        error.to_string().len()
    );
    let kept = error.service().unwrap();
    for kept in [&kept.request_id, &kept.host_id, &kept.region] {
        assert!(kept.as_ref().unwrap().len() <= 300);
    }
    let malformed = response(200, &[("x-amz-request-id", &"r".repeat(10_000))], "<a>");
    let error = AnyDocument::parse_http(&request(), malformed).unwrap_err();
    assert_eq!(error.request_id().unwrap().len(), 100);
}

#[test]
fn a_mark_that_changes_the_direction_of_text_is_escaped() {
    let body = "<Error><Code>A\u{61c}B</Code></Error>";
    let error = AnyDocument::parse_http(&request(), response(403, &[], body)).unwrap_err();
    assert!(error.to_string().contains("A\\u{61c}B"), "{error}");
}
