//! What each variant of [`Error`](super::Error) holds.

use std::time::{Duration, SystemTime};

use http::StatusCode;

use super::{BoxError, Context, Evidence};

/// A request that is not valid: which field, what is wrong with it, and how to fix it.
#[derive(Debug)]
#[non_exhaustive]
pub struct InvalidRequest {
    /// The call.
    pub context: Context,
    /// The argument or setting, such as `bucket` or `header x-amz-meta-name`.
    pub field: String,
    /// What is wrong with its value.
    pub problem: String,
    /// How to fix it.
    pub remedy: String,
    pub(super) source: Option<BoxError>,
}

/// A failure of the connection, of the request's body, or of the credentials provider.
#[derive(Debug)]
#[non_exhaustive]
pub struct TransportError {
    /// The call.
    pub context: Context,
    /// What failed, and at which stage.
    pub kind: TransportKind,
    /// The same as text.
    pub message: String,
    /// Whether the next attempt would fail as well, for example because a certificate is not trusted.
    pub(crate) is_permanent: bool,
    pub(super) source: Option<BoxError>,
}

/// What failed below HTTP.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum TransportKind {
    /// No connection was established: name resolution, TCP or TLS failed. The server has not seen the request.
    Connect,
    /// The connection was closed or reset.
    Broken(Stage),
    /// A timeout: no byte was sent or received for longer than the client's `Timeouts` allow.
    Stalled(Stage),
    /// The source of the request's body failed, or its length differs from the declared one.
    Body,
    /// The file or the writer of a download could not be written.
    File,
    /// The transfer was cancelled by `cancel_on`.
    Cancelled,
    /// The credentials provider failed.
    Credentials,
    /// A response was lost, and the retry was rejected in a way that the earlier attempt may have caused: a condition is no
    /// longer met, a bucket already exists. The error response is this error's source. See
    /// [`Error::is_outcome_unknown`](super::Error::is_outcome_unknown).
    Unsettled,
}

/// The three stages of an HTTP exchange.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[allow(clippy::exhaustive_enums)]
pub enum Stage {
    /// The request is being sent.
    Sending,
    /// The request was sent, and the response has not begun.
    Waiting,
    /// The response is being received.
    Receiving,
}

/// An error response.
#[derive(Debug)]
#[non_exhaustive]
pub struct ServiceError {
    /// The call.
    pub context: Context,
    /// The HTTP status. It is 200 for an error in the body of a successful response.
    pub status: StatusCode,
    /// S3's error code, such as `NoSuchKey`.
    pub code: String,
    /// Whether the response had no code, and `code` is the usual one for the status. Responses to HEAD and from gateways have
    /// no code.
    pub code_is_inferred: bool,
    /// S3's message. If the response had none, a short excerpt of its body.
    pub message: String,
    /// The request ID, `x-amz-request-id`. Quote it when you contact the store's support.
    pub request_id: Option<String>,
    /// The host ID, `x-amz-id-2`.
    pub host_id: Option<String>,
    /// The region of the bucket, if the server reported it.
    pub region: Option<String>,
    /// Where a redirect leads: the host, with the scheme if the response contains it, or the path of a relative `Location`.
    /// Redirects are not followed.
    pub redirect: Option<String>,
    /// How long the server asks the client to wait before a retry: `x-amz-retry-after`, or `Retry-After`.
    pub retry_after: Option<Duration>,
    /// The server's time, from the `Date` header.
    pub date: Option<SystemTime>,
    /// What explains a rejected signature.
    pub(crate) evidence: Option<Box<Evidence>>,
}

/// A response that cannot be read as a response to this operation.
#[derive(Debug)]
#[non_exhaustive]
pub struct MalformedError {
    /// The call.
    pub context: Context,
    /// The HTTP status.
    pub status: Option<StatusCode>,
    /// What is wrong with the response.
    pub problem: String,
    /// The request ID, `x-amz-request-id`.
    pub request_id: Option<String>,
    /// Whether the response is truncated.
    pub(crate) is_truncated: bool,
    /// Whether the response is the expected document, but cannot be parsed.
    pub(crate) is_garbled: bool,
    pub(super) source: Option<BoxError>,
}
