//! Errors and outputs from responses that the test makes.

use bytes::Bytes;
use http::{Method, Response};
use slim_s3::operation::{GetObject, ListObjectsV2, ListObjectsV2Output, PutObject};
use slim_s3::{Error, Operation, Request};

// Two functions of the program, which the tests are about.

fn advice(error: &Error) -> &'static str {
    if error.is_not_found() {
        "there is no such photo"
    } else if error.is_outcome_unknown() {
        "check whether the photo was stored"
    } else if error.is_retryable() {
        "try again later"
    } else {
        "ask the administrator"
    }
}

fn total_size(page: &ListObjectsV2Output) -> u64 {
    page.contents.iter().map(|object| object.size).sum()
}

fn response(status: u16, body: &'static str) -> Response<Bytes> {
    let response = Response::builder().status(status);
    response.body(Bytes::from_static(body.as_bytes())).unwrap()
}

#[test]
fn the_advice_depends_on_the_error() {
    let get = Request::object(Method::GET, "photos", "cat.jpg");
    let put = Request::object(Method::PUT, "photos", "cat.jpg");

    let missing = response(404, "<Error><Code>NoSuchKey</Code></Error>");
    let error = GetObject::parse_http(&get, missing).unwrap_err();
    assert_eq!(advice(&error), "there is no such photo");

    let busy = response(503, "<Error><Code>SlowDown</Code></Error>");
    let error = PutObject::parse_http(&put, busy).unwrap_err();
    assert_eq!(advice(&error), "try again later");

    // A gateway's error: the store may have received the photo.
    let error = PutObject::parse_http(&put, response(502, "")).unwrap_err();
    assert_eq!(advice(&error), "check whether the photo was stored");

    let denied = response(403, "<Error><Code>AccessDenied</Code></Error>");
    let error = GetObject::parse_http(&get, denied).unwrap_err();
    assert_eq!(advice(&error), "ask the administrator");
}

#[test]
fn sizes_are_added() {
    let list = Request::bucket(Method::GET, "photos");
    let two = "<ListBucketResult>
        <IsTruncated>false</IsTruncated>
        <Contents><Key>cat.jpg</Key><Size>5</Size></Contents>
        <Contents><Key>dog.jpg</Key><Size>7</Size></Contents>
    </ListBucketResult>";
    let page = ListObjectsV2::parse_http(&list, response(200, two)).unwrap();
    assert_eq!(total_size(&page), 12);
}
