//! AWS's responses, from its documentation; no account was available to record them.

use bytes::Bytes;
use http::Method;
use slim_s3::operation::{
    CompleteMultipartUpload, CopyObject, DeleteObjects, GetBucketLocation, GetObject, HeadBucket,
    PutObject,
};
use slim_s3::{Operation, Request};

use crate::support::exchange::expect_error;
use crate::support::fixtures::response;

fn documented(case: &str) -> http::Response<Bytes> {
    response(&format!("{case}.aws"))
}

fn bucket() -> Request {
    Request::bucket(Method::GET, "examplebucket")
}

fn object() -> Request {
    Request::object(Method::GET, "examplebucket", "key")
}

#[test]
fn a_redirect_names_the_region() {
    let moved = expect_error(
        HeadBucket::parse_http(&bucket(), documented("HeadBucket/elsewhere")),
        301,
        "PermanentRedirect",
    );
    assert_eq!(moved.region(), Some("eu-west-1"));
    let moved = expect_error(
        GetObject::parse_http(&object(), documented("GetObject/elsewhere")),
        301,
        "PermanentRedirect",
    );
    assert!(moved.to_string().contains("eu-west-1"), "{moved}");
    let region = expect_error(
        GetObject::parse_http(&object(), documented("GetObject/wrong-region")),
        400,
        "AuthorizationHeaderMalformed",
    );
    assert_eq!(region.region(), Some("eu-west-1"));
}

#[test]
fn an_archived_object_cannot_be_read() {
    expect_error(
        GetObject::parse_http(&object(), documented("GetObject/archived")),
        403,
        "InvalidObjectState",
    );
}

#[test]
fn slow_down_is_retryable() {
    let slow = expect_error(
        PutObject::parse_http(&object(), documented("PutObject/slow-down")),
        503,
        "SlowDown",
    );
    assert!(slow.is_retryable());
}

#[test]
fn the_location_eu_is_eu_west_1() {
    let location = GetBucketLocation::parse_http(&bucket(), documented("GetBucketLocation/eu"));
    assert_eq!(location.unwrap().region, "eu-west-1");
}

#[test]
fn a_kms_response_confirms_the_encryption() {
    let mut encrypted = Request::object(Method::PUT, "examplebucket", "key");
    encrypted.headers.push((
        "x-amz-server-side-encryption".to_owned(),
        "aws:kms".to_owned(),
    ));
    let put = PutObject::parse_http(&encrypted, documented("PutObject/kms")).unwrap();
    assert_eq!(put.etag.as_str(), "1b2cf535f27731c974343645a3985328");
}

#[test]
fn a_completion_reports_success_and_failure_with_status_200() {
    let inside = CompleteMultipartUpload::parse_http(
        &object(),
        documented("CompleteMultipartUpload/error-inside"),
    );
    assert!(expect_error(inside, 200, "InternalError").is_retryable());
    let done = CompleteMultipartUpload::parse_http(
        &object(),
        documented("CompleteMultipartUpload/kept-alive"),
    )
    .unwrap();
    assert_eq!(
        done.etag.unwrap().as_str(),
        "3858f62230ac3c915f300c664312c11f-9"
    );
}

#[test]
fn a_copy_returns_its_source_version() {
    let copy = CopyObject::parse_http(&object(), documented("CopyObject/versioned")).unwrap();
    assert_eq!(
        copy.source_version_id.as_deref(),
        Some("09df8234529fjs0dfi0w52935029wefdj")
    );
    assert!(copy.last_modified.is_some());
}

#[test]
fn delete_objects_reports_each_key() {
    let outcome = DeleteObjects::parse_http(&bucket(), documented("DeleteObjects/denied")).unwrap();
    assert_eq!(
        (outcome.deleted.len(), outcome.errors[0].code.as_str()),
        (1, "AccessDenied")
    );
}
