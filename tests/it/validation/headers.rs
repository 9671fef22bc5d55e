//! Headers, metadata and ranges.

use http::Method;
use slim_s3::operation::{Effect, OperationSpec};
use slim_s3::{Call, Error, Operation, Request, Response};

use super::{assert_call_rejected, s3};

/// An operation that another crate could define.
struct CustomOperation;

impl Operation for CustomOperation {
    type Output = ();
    const SPEC: OperationSpec = OperationSpec::new("CustomOperation", Effect::Reads);

    fn parse(_: Response) -> Result<(), Error> {
        Ok(())
    }
}

fn put() -> Call<slim_s3::operation::PutObject> {
    s3().put_object("b", "k", "x")
}

#[test]
fn headers_that_the_client_sets_are_rejected() {
    for name in [
        "authorization",
        "Host",
        "Content-Length",
        "X-Amz-Date",
        "x-amz-content-sha256",
        "x-amz-decoded-content-length",
        "x-amz-trailer",
        "x-amz-security-token",
        "transfer-encoding",
        "Expect",
    ] {
        assert_call_rejected(
            put().header(name, "x"),
            &format!("header {}", name.to_lowercase()),
            &["only the client may set this header"],
        );
    }
    let mut request = Request::object(Method::PUT, "b", "k");
    request
        .headers
        .push(("AUTHORIZATION".to_owned(), "x".to_owned()));
    assert_call_rejected(
        Call::new(&s3(), request, CustomOperation),
        "header authorization",
        &["only the client may set this header"],
    );
}

#[test]
fn a_header_that_is_set_twice_is_rejected() {
    for names in [
        ["Content-Type", "content-type"],
        ["x-amz-meta-a", "X-Amz-Meta-A"],
    ] {
        let mut request = Request::object(Method::PUT, "b", "k");
        request.headers = names.map(|name| (name.to_owned(), "x".to_owned())).to_vec();
        assert_call_rejected(
            Call::new(&s3(), request, CustomOperation),
            &format!("header {}", names[0].to_lowercase()),
            &["set twice"],
        );
    }
}

#[test]
fn header_values_must_be_printable_ascii() {
    for value in ["a\r\nb", "a\0b", "é", "a\u{7f}"] {
        assert_call_rejected(
            put().content_type(value),
            "header content-type",
            &["a control or non-ASCII character", "percent-encoding"],
        );
        assert_call_rejected(
            put().metadata("Name", value),
            "metadata \"name\"",
            &["a control or non-ASCII character"],
        );
    }
}

#[test]
fn an_invalid_header_name_is_rejected() {
    assert_call_rejected(
        put().metadata("", "x"),
        "metadata \"\"",
        &["not a valid header name"],
    );
    assert_call_rejected(
        put().metadata("a b", "x"),
        "metadata \"a b\"",
        &["not a valid header name"],
    );
    assert_call_rejected(
        put().header("", "x"),
        "header ",
        &["not a valid header name"],
    );
}

#[test]
fn an_empty_header_value_is_rejected() {
    assert_call_rejected(
        put().content_type(" "),
        "header content-type",
        &["the value is empty"],
    );
}

#[test]
fn an_empty_range_is_rejected() {
    for call in [
        s3().get_object("b", "k").range(5..5),
        s3().get_object("b", "k").range(..0),
        s3().get_object("b", "k").last_bytes(0),
    ] {
        assert_call_rejected(call, "range", &["is empty"]);
    }
}

#[test]
fn a_tab_in_a_header_value_is_rejected() {
    let put = s3().put_object("b", "k", "x").metadata("m", "a\tb");
    assert_call_rejected(put, "metadata \"m\"", &["control"]);
}

#[test]
fn more_headers_than_an_http_client_can_send_are_rejected() {
    let mut put = s3().put_object("b", "k", "x");
    for number in 0..24_600 {
        put = put.metadata(&number.to_string(), "x");
    }
    assert_call_rejected(put, "headers", &["24600 headers exceed the limit of 2000"]);
}
