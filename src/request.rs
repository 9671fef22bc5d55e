//! One S3 request as plain data. It is checked, encoded and signed later.

use std::fmt;

use http::Method;
use zeroize::ZeroizeOnDrop;

use crate::body::Body;
#[cfg(feature = "checksums")]
use crate::body::checksum::{ComputedChecksum, ResponseChecksums};
use crate::error::Error;
use crate::redact::{is_secret, wipe_secrets};
#[cfg(feature = "reqwest")]
use crate::retry::{OnRetry, RetryPolicy};
use crate::sigv4::{ChunkSize, PayloadHash};

/// One S3 request as plain data. It is checked, encoded and signed when it is sent.
///
/// To add an operation of your own, build a request and implement [`Operation`](crate::Operation), which reads the
/// response.
#[non_exhaustive]
pub struct Request {
    /// The HTTP method.
    pub method: Method,
    /// The store, bucket or object that the request is about.
    pub target: Target,
    /// The query parameters, not encoded. A parameter without a value has an empty string.
    pub query: Vec<(String, String)>,
    /// The headers. `host`, `content-length` and those of the signature are added when the request is signed.
    pub headers: Vec<(String, String)>,
    /// The body; empty for most operations.
    pub body: Body,
    /// How the signature covers the body; `None` for the default.
    pub payload_hash: Option<PayloadHash>,
    /// The size of the chunks, if the body is sent in chunks.
    pub(crate) chunk_size: ChunkSize,
    /// The checksum of the body that the client computes, and sends with it.
    #[cfg(feature = "checksums")]
    pub(crate) computed: Option<ComputedChecksum>,
    /// What is done with the checksums in the response.
    #[cfg(feature = "checksums")]
    pub(crate) checksums: ResponseChecksums,
    /// Replaces the client's retry policy.
    #[cfg(feature = "reqwest")]
    pub(crate) retry: Option<RetryPolicy>,
    /// Called for each failed attempt that is retried.
    #[cfg(feature = "reqwest")]
    pub(crate) on_retry: Option<OnRetry>,
    /// Whether an interrupted response body is an error, instead of continuing with another request.
    #[cfg(feature = "reqwest")]
    pub(crate) no_continuation: bool,
    /// How a probe of a diagnosis differs from the request that it is about.
    #[cfg(feature = "reqwest")]
    pub(crate) probe: Option<Box<Probe>>,
    /// The first invalid argument. Setters cannot fail, so the call fails instead.
    pub(crate) invalid: Option<InvalidArgument>,
}

/// What a diagnosis does in another way, to find out what the store accepts.
#[cfg(feature = "reqwest")]
pub(crate) enum Probe {
    /// Sends the request without a signature.
    Anonymous,
    /// Signs another host and path than those that are sent.
    SignedFor { host: String, path: String },
}

/// An [`Error::Invalid`] that is returned when the request is sent or signed.
#[derive(Debug)]
pub(crate) struct InvalidArgument {
    pub(crate) field: &'static str,
    pub(crate) problem: String,
    pub(crate) remedy: &'static str,
}

/// The store, bucket or object that a request is about. An empty key is an error; it never addresses the bucket.
#[derive(Clone, Debug, Eq, PartialEq)]
#[allow(clippy::exhaustive_enums)]
pub enum Target {
    /// The store itself.
    Service,
    /// A bucket.
    Bucket(String),
    /// An object, whether it exists or not.
    Object {
        /// The bucket's name.
        bucket: String,
        /// The object key: at most 1,024 bytes of UTF-8.
        key: String,
    },
}

impl Request {
    /// A request without query, headers or body.
    pub fn new(method: Method, target: Target) -> Request {
        Request {
            method,
            target,
            query: Vec::new(),
            headers: Vec::new(),
            body: Body::empty(),
            payload_hash: None,
            chunk_size: ChunkSize::default(),
            #[cfg(feature = "checksums")]
            computed: None,
            #[cfg(feature = "checksums")]
            checksums: ResponseChecksums::default(),
            #[cfg(feature = "reqwest")]
            retry: None,
            #[cfg(feature = "reqwest")]
            on_retry: None,
            #[cfg(feature = "reqwest")]
            no_continuation: false,
            #[cfg(feature = "reqwest")]
            probe: None,
            invalid: None,
        }
    }

    /// A request about a bucket.
    pub fn bucket(method: Method, bucket: &str) -> Request {
        Request::new(method, Target::Bucket(bucket.to_owned()))
    }

    /// A request about an object.
    pub fn object(method: Method, bucket: &str, key: &str) -> Request {
        Request::new(
            method,
            Target::Object {
                bucket: bucket.to_owned(),
                key: key.to_owned(),
            },
        )
    }

    /// Sets the body.
    pub fn with_body(mut self, body: Body) -> Request {
        self.body = body;
        self
    }

    /// Sets a query parameter; replaces one of the same name.
    pub fn with_query(mut self, name: &str, value: &str) -> Request {
        self.set_query(name, value);
        self
    }

    /// Makes the call fail with [`Error::Invalid`]. The first invalid argument is the one reported.
    #[cold]
    pub(crate) fn defer_error(
        &mut self,
        field: &'static str,
        problem: impl Into<String>,
        remedy: &'static str,
    ) {
        self.invalid.get_or_insert(InvalidArgument {
            field,
            problem: problem.into(),
            remedy,
        });
    }

    /// Returns the deferred error, if there is one.
    pub(crate) fn check(&self) -> Result<(), Error> {
        match &self.invalid {
            Some(InvalidArgument {
                field,
                problem,
                remedy,
            }) => Err(Error::invalid(field, problem, *remedy)),
            None => {
                self.query.iter().try_for_each(check_parameter)?;
                self.body.check()
            }
        }
    }

    /// A header's value, if it is set.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers
            .iter()
            .find_map(|(known, value)| known.eq_ignore_ascii_case(name).then_some(value.as_str()))
    }

    /// A query parameter's value, if it is set.
    pub(crate) fn query_value(&self, name: &str) -> Option<&str> {
        self.query
            .iter()
            .find_map(|(known, value)| (known == name).then_some(value.as_str()))
    }

    /// Sets a query parameter; replaces one of the same name.
    pub(crate) fn set_query(&mut self, name: &str, value: &str) {
        match self.query.iter_mut().find(|(known, _)| known == name) {
            Some((_, old)) => value.clone_into(old),
            None => self.query.push((name.to_owned(), value.to_owned())),
        }
    }

    /// Sets a header; replaces one of the same name, because servers interpret repeated headers differently.
    pub(crate) fn set_header(&mut self, name: &str, value: &str) {
        match self
            .headers
            .iter_mut()
            .find(|(known, _)| known.eq_ignore_ascii_case(name))
        {
            Some((_, old)) => value.clone_into(old),
            None => self
                .headers
                .push((name.to_ascii_lowercase(), value.to_owned())),
        }
    }

    /// Appends to a header whose value is a list.
    pub(crate) fn append_header(&mut self, name: &str, separator: char, value: &str) {
        match self
            .headers
            .iter_mut()
            .find(|(known, _)| known.eq_ignore_ascii_case(name))
        {
            Some((_, values)) => {
                values.push(separator);
                values.push_str(value);
            }
            None => self.set_header(name, value),
        }
    }
}

/// Masks secret headers and parameters, such as a customer's encryption key.
impl fmt::Debug for Request {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let shown = |pairs: &[(String, String)]| -> Vec<String> {
            let shown = |(name, value): &(String, String)| {
                format!("{name}: {}", if is_secret(name) { "***" } else { value })
            };
            pairs.iter().map(shown).collect()
        };
        let mut request = f.debug_struct("Request");
        request
            .field("method", &self.method)
            .field("target", &self.target)
            .field("query", &shown(&self.query))
            .field("headers", &shown(&self.headers));
        request
            .field("body", &self.body)
            .field("payload_hash", &self.payload_hash)
            .finish()
    }
}

/// Wipes secret headers and parameters.
impl Drop for Request {
    fn drop(&mut self) {
        wipe_secrets(&mut self.headers);
        wipe_secrets(&mut self.query);
    }
}

impl ZeroizeOnDrop for Request {}

/// Rejects parameters with which a request would do something else.
fn check_parameter((name, value): &(String, String)) -> Result<(), Error> {
    // Without an upload ID or a version ID, stores act on the object itself: Ceph deletes it.
    let identifies = matches!(
        name.as_str(),
        "uploadId" | "versionId" | "continuation-token"
    );
    let (problem, remedy) = if identifies && value.trim().is_empty() {
        (
            "empty, which some stores take for none, so the request would do something else",
            "pass what the store returned",
        )
    } else if OURS.iter().any(|known| known.eq_ignore_ascii_case(name)) {
        (
            "only the client may set this parameter",
            "leave it out: the request is signed in its headers",
        )
    } else {
        return Ok(());
    };
    Err(Error::invalid(&format!("query {name}"), problem, remedy))
}

/// The parameters of a presigned URL. A second signature would make a request ambiguous.
const OURS: [&str; 7] = [
    "X-Amz-Algorithm",
    "X-Amz-Credential",
    "X-Amz-Date",
    "X-Amz-Expires",
    "X-Amz-Security-Token",
    "X-Amz-Signature",
    "X-Amz-SignedHeaders",
];

/// Whether a key has a segment that URL parsers, and some stores, resolve to another object.
pub(crate) fn has_dot_segment(key: &str) -> bool {
    key.split('/').any(|segment| matches!(segment, "." | ".."))
}

impl Target {
    pub(crate) fn bucket(&self) -> Option<&str> {
        match self {
            Target::Service => None,
            Target::Bucket(bucket) | Target::Object { bucket, .. } => Some(bucket),
        }
    }

    pub(crate) fn names(&self) -> (Option<String>, Option<String>) {
        match self {
            Target::Service => (None, None),
            Target::Bucket(bucket) => (Some(bucket.clone()), None),
            Target::Object { bucket, key } => (Some(bucket.clone()), Some(key.clone())),
        }
    }
}
