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
