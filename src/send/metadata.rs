//! The metadata of a successful response.

use http::StatusCode;

use crate::error::FailedAttempt;
use crate::response::Response;

/// An output with the metadata of its response: [`Call::send_with_metadata`](crate::Call::send_with_metadata).
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct WithMetadata<T> {
    /// The output.
    pub output: T,
    /// The HTTP status.
    pub status: StatusCode,
    /// How often the request was sent.
    pub attempts: u32,
    /// The failed attempts before the successful one, in order; at most 100.
    pub earlier: Vec<FailedAttempt>,
    request_id: Option<String>,
    host_id: Option<String>,
}

impl<T> WithMetadata<T> {
    /// The request ID, `x-amz-request-id`. Quote it when you contact the store's support.
    pub fn request_id(&self) -> Option<&str> {
        self.request_id.as_deref()
    }

    /// The host ID, `x-amz-id-2`. AWS support asks for it together with the request ID.
    pub fn host_id(&self) -> Option<&str> {
        self.host_id.as_deref()
    }

    /// The same metadata with another output.
    pub(crate) fn with_output<U>(self, output: U) -> WithMetadata<U> {
        self.map(|_| output)
    }

    /// The output, and the metadata alone.
    pub(crate) fn split(self) -> (T, WithMetadata<()>) {
        let metadata = WithMetadata {
            output: (),
            status: self.status,
            attempts: self.attempts,
            earlier: self.earlier,
            request_id: self.request_id,
            host_id: self.host_id,
        };
        (self.output, metadata)
    }

    /// Converts the output.
    pub(crate) fn map<U>(self, convert: impl FnOnce(T) -> U) -> WithMetadata<U> {
        WithMetadata {
            output: convert(self.output),
            status: self.status,
            attempts: self.attempts,
            earlier: self.earlier,
            request_id: self.request_id,
            host_id: self.host_id,
        }
    }
}

impl WithMetadata<()> {
    /// The metadata of a transfer without a successful response: status 200, and no attempts.
    pub(crate) fn none() -> WithMetadata<()> {
        WithMetadata {
            output: (),
            status: StatusCode::default(),
            attempts: 0,
            earlier: Vec::new(),
            request_id: None,
            host_id: None,
        }
    }

    pub(super) fn with_earlier(mut self, earlier: Vec<FailedAttempt>) -> WithMetadata<()> {
        self.earlier = earlier;
        self
    }

    pub(super) fn of(response: &Response, attempts: u32) -> WithMetadata<()> {
        WithMetadata {
            output: (),
            status: response.status(),
            attempts,
            earlier: Vec::new(),
            request_id: response.header_string("x-amz-request-id"),
            host_id: response.header_string("x-amz-id-2"),
        }
    }
}
