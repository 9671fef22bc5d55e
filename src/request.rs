//! One S3 request as plain data, before anything is encoded, checked or signed.

use std::fmt;

use http::Method;
use zeroize::ZeroizeOnDrop;

use crate::body::Body;
use crate::error::Error;
use crate::redact::{is_secret, wipe_secrets};
#[cfg(feature = "reqwest")]
use crate::retry::RetryPolicy;
use crate::sigv4::PayloadHash;

/// One S3 request as plain data: nothing encoded, nothing checked, nothing signed.
///
/// An operation of your own is a function that fills one of these, and an [`Operation`](crate::Operation) that reads
/// the answer.
#[non_exhaustive]
pub struct Request {
    /// The HTTP method.
    pub method: Method,
    /// What the request is about.
    pub target: Target,
    /// The query parameters, raw. Those without a value have an empty one.
    pub query: Vec<(String, String)>,
    /// The headers, raw. `host`, `content-length` and what belongs to the signature are added when it is signed.
    pub headers: Vec<(String, String)>,
    /// The body; empty for most requests.
    pub body: Body,
    /// How the signature covers the body, if the caller has chosen.
    pub payload_hash: Option<PayloadHash>,
    /// How often it is tried, where that is not as the client says.
    #[cfg(feature = "reqwest")]
    pub(crate) retry: Option<RetryPolicy>,
    /// What is wrong with an argument, where the method that took it could not fail.
    pub(crate) invalid: Option<InvalidArgument>,
}

/// An [`Error::Invalid`] to come.
#[derive(Debug)]
pub(crate) struct InvalidArgument {
    pub(crate) field: &'static str,
    pub(crate) problem: String,
    pub(crate) remedy: &'static str,
}

/// What a request is about. An empty key is an error, never a request about the bucket.
#[derive(Clone, Debug, Eq, PartialEq)]
#[allow(clippy::exhaustive_enums)]
pub enum Target {
    /// The store itself.
    Service,
    /// A bucket.
    Bucket(String),
    /// An object, present or not.
    Object {
        /// The bucket's name.
        bucket: String,
        /// The object key: at most 1,024 bytes of UTF-8.
        key: String,
    },
}

impl Request {
    /// A request about `target`, without query, headers and body.
    pub fn new(method: Method, target: Target) -> Request {
        Request {
            method,
            target,
            query: Vec::new(),
            headers: Vec::new(),
            body: Body::empty(),
            payload_hash: None,
            #[cfg(feature = "reqwest")]
            retry: None,
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

    /// Gives it a body.
    pub fn with_body(mut self, body: Body) -> Request {
        self.body = body;
        self
    }

    /// The same without the body, to send it again for another page.
    #[cfg(feature = "reqwest")]
    pub(crate) fn without_body(&self) -> Request {
        let mut request = Request::new(self.method.clone(), self.target.clone());
        request.query.clone_from(&self.query);
        request.headers.clone_from(&self.headers);
        request.payload_hash = self.payload_hash;
        request.retry = self.retry;
        request
    }

    /// Gives it a query parameter.
    pub fn with_query(mut self, name: &str, value: &str) -> Request {
        self.set_query(name, value);
        self
    }

    /// Makes the call fail with [`Error::Invalid`], unless another argument has done so before.
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

    /// Fails if an argument was refused.
    pub(crate) fn check(&self) -> Result<(), Error> {
        match &self.invalid {
            Some(InvalidArgument {
                field,
                problem,
                remedy,
            }) => Err(Error::invalid(field, problem, *remedy)),
            None => self.body.check(),
        }
    }

    /// A header's value, if it is set.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers
            .iter()
            .find_map(|(known, value)| known.eq_ignore_ascii_case(name).then_some(value.as_str()))
    }

    /// Sets a query parameter, in place of one of the same name.
    pub(crate) fn set_query(&mut self, name: &str, value: &str) {
        match self.query.iter_mut().find(|(known, _)| known == name) {
            Some((_, old)) => value.clone_into(old),
            None => self.query.push((name.to_owned(), value.to_owned())),
        }
    }

    /// Sets a header, in place of one of the same name: stores disagree on what a repeated name means.
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

    /// Adds to a header that holds a list.
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

/// Shows no header and no parameter that is a secret, such as the key of an object that the store encrypts with it.
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

/// Wipes the headers and parameters that are secrets.
impl Drop for Request {
    fn drop(&mut self) {
        wipe_secrets(&mut self.headers);
        wipe_secrets(&mut self.query);
    }
}

impl ZeroizeOnDrop for Request {}

/// Whether a key has a segment that URLs, and some stores, follow to another object.
pub(crate) fn has_dot_segment(key: &str) -> bool {
    key.split('/').any(|segment| matches!(segment, "." | ".."))
}

impl Target {
    pub(crate) fn names(&self) -> (Option<String>, Option<String>) {
        match self {
            Target::Service => (None, None),
            Target::Bucket(bucket) => (Some(bucket.clone()), None),
            Target::Object { bucket, key } => (Some(bucket.clone()), Some(key.clone())),
        }
    }
}
