//! Parses responses of the conformance data by operation name, and compares documents field by field.

use bytes::Bytes;
use http::Method;
use serde_json::Value;
use slim_s3::operation::{
    CompleteMultipartUpload, CopyObject, DeleteObjects, Effect, GetBucketLocation, GetObject,
    HeadObject, ListBuckets, ListMultipartUploads, ListObjectVersions, ListObjectsV2,
    OperationSpec, PutObject,
};
use slim_s3::xml::Element;
use slim_s3::{AmzDate, Error, Operation, Request, Response};

/// Operations that the crate does not support yet.
macro_rules! document_operations {
    ($($name:ident: $root:literal;)*) => {$(
        struct $name;

        impl Operation for $name {
            type Output = Element;
            const SPEC: OperationSpec = OperationSpec::new(stringify!($name), Effect::Reads);

            fn parse(response: Response) -> Result<Element, Error> {
                response.xml($root)
            }
        }
    )*};
}

document_operations! {
    GetBucketAcl: "AccessControlPolicy";
    GetBucketLogging: "BucketLoggingStatus";
    ListObjects: "ListBucketResult";
}

/// An operation for requests whose response is not parsed.
pub struct RequestOnly;

impl Operation for RequestOnly {
    type Output = ();
    const SPEC: OperationSpec = OperationSpec::new("RequestOnly", Effect::Reads);

    fn parse(_: Response) -> Result<(), Error> {
        Ok(())
    }
}

/// Parses a response as the operation `name` does.
pub fn receive(
    name: &str,
    request: &Request,
    response: http::Response<Bytes>,
) -> Result<(), Error> {
    macro_rules! by_name {
        ($($operation:ident)*) => {
            match name {
                $(stringify!($operation) => $operation::parse_http(request, response).map(drop),)*
                _ => panic!("operations.rs does not list {name}"),
            }
        };
    }
    by_name! {
        CompleteMultipartUpload CopyObject DeleteObjects GetBucketAcl GetBucketLocation
        GetBucketLogging GetObject HeadObject ListBuckets ListMultipartUploads ListObjectVersions
        ListObjects ListObjectsV2 PutObject
    }
}

/// A request of the operation `name`.
pub fn request(name: &str) -> Request {
    match name {
        "HeadObject" => Request::object(Method::HEAD, "bucket", "key"),
        "GetObject" | "PutObject" | "CopyObject" | "CompleteMultipartUpload" => {
            Request::object(Method::GET, "bucket", "key")
        }
        _ => Request::bucket(Method::GET, "bucket"),
    }
}

pub fn http_response(
    status: &Value,
    headers: &[(String, String)],
    body: &[u8],
) -> http::Response<Bytes> {
    let status = u16::try_from(status.as_u64().unwrap()).unwrap();
    let mut response = http::Response::builder().status(status);
    for (name, value) in headers {
        response = response.header(name, value);
    }
    response.body(Bytes::copy_from_slice(body)).unwrap()
}

/// Asserts that a document contains the fields of `expected`, where lists have the names that SDKs use.
#[track_caller]
pub fn assert_fields(root: &Element, expected: &Value, id: &str) {
    let child = |name: &str| root.child(name).unwrap();
    for (name, value) in expected.as_object().unwrap() {
        let place = format!("{id}: {name}");
        match (name.as_str(), value) {
            // `xsi:type` is an attribute; `Element` has none.
            ("Type", _) => {}
            ("LocationConstraint", Value::String(text)) => {
                assert_eq!(
                    (root.name(), root.own_text()),
                    (name.as_str(), text.as_str()),
                    "{place}"
                );
            }
            (_, Value::Array(values)) => {
                let (list, member) = match name.as_str() {
                    "Buckets" => (child("Buckets"), "Bucket"),
                    "Grants" => (child("AccessControlList"), "Grant"),
                    "TargetGrants" => (child("TargetGrants"), "Grant"),
                    "Uploads" => (Some(root), "Upload"),
                    "Versions" => (Some(root), "Version"),
                    "DeleteMarkers" => (Some(root), "DeleteMarker"),
                    name => (Some(root), name),
                };
                let members: Vec<&Element> = list.unwrap().children(member).collect();
                assert_eq!(members.len(), values.len(), "{place}");
                for (member, value) in members.into_iter().zip(values) {
                    assert_fields(member, value, &place);
                }
            }
            (_, Value::Object(_)) => assert_fields(child(name).expect(&place), value, &place),
            (_, Value::Bool(flag)) => assert_eq!(root.flag(name).unwrap(), *flag, "{place}"),
            // Smithy's timestamps are in seconds.
            ("LastModified", Value::Number(seconds)) => {
                let expected = AmzDate::from_unix_seconds(seconds.as_u64().unwrap());
                assert_eq!(date(root.text(name).unwrap()), Some(expected), "{place}");
            }
            (_, Value::Number(number)) => {
                assert_eq!(root.number(name).ok(), number.as_u64(), "{place}")
            }
            (_, Value::String(text)) => {
                let found = child(name).map(Element::own_text);
                assert_eq!(found, Some(text.as_str()), "{place}");
            }
            (_, Value::Null) => panic!("{place} is null"),
        }
    }
}

/// Parses `2009-02-13T23:31:30.000Z`, to the second.
fn date(text: &str) -> Option<AmzDate> {
    let digits: String = text
        .get(..19)?
        .chars()
        .filter(|c| !"-:".contains(*c))
        .collect();
    AmzDate::parse(&format!("{digits}Z"))
}
