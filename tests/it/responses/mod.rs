//! Responses, parsed as `send` parses them.

mod buckets;
mod copies;
mod dialects;
mod encryption;
mod errors;
mod listings;
mod malformed;
mod mismatches;
mod objects;
mod ranges;
mod samples;
mod stored;
mod unclear_echoes;

use bytes::Bytes;
use http::Method;
use slim_s3::operation::{Effect, OperationSpec};
use slim_s3::xml::Element;
use slim_s3::{Error, Operation, Request, Response};

fn response(status: u16, headers: &[(&str, &str)], body: &str) -> http::Response<Bytes> {
    let mut response = http::Response::builder().status(status);
    for (name, value) in headers {
        response = response.header(*name, *value);
    }
    response
        .body(Bytes::copy_from_slice(body.as_bytes()))
        .unwrap()
}

fn ok(body: &str) -> http::Response<Bytes> {
    response(200, &[], body)
}

fn request() -> Request {
    Request::object(Method::GET, "bucket", "key")
}

fn request_with(name: &str, value: &str) -> Request {
    let mut request = request();
    request.headers.push((name.to_owned(), value.to_owned()));
    request
}

fn bucket() -> Request {
    Request::bucket(Method::GET, "bucket")
}

/// An operation that returns any XML document.
struct AnyDocument;

impl Operation for AnyDocument {
    type Output = Element;
    const SPEC: OperationSpec = OperationSpec::new("Document", Effect::Reads);

    fn parse(response: Response) -> Result<Element, Error> {
        Element::parse(response.into_body().buffered().unwrap())
    }
}
