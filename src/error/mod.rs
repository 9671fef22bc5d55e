//! Why a call failed: [`Error`], and what each of its variants contains.

// One variant for each party that must act: the caller, the network, the service. `display.rs` defines how errors print;
// the texts themselves are where the errors occur; `evidence.rs` keeps what explains a rejected signature. Uses `sigv4` only.
// Start with `Error`.

mod context;
mod details;
mod display;
mod evidence;
mod resume_token;

use std::error::Error as StdError;

use http::StatusCode;

pub use self::context::{Context, Effect, FailedAttempt};
pub use self::details::{
    InvalidRequest, MalformedError, ServiceError, Stage, TransportError, TransportKind,
};
pub(crate) use self::display::{Escaped, shortened};
#[cfg(feature = "reqwest")]
pub(crate) use self::display::{escaped, milliseconds};
pub(crate) use self::evidence::Evidence;
pub use self::resume_token::ResumeToken;
#[cfg(feature = "reqwest")]
use crate::sigv4::Signing;

/// A boxed error from outside the crate: from a body's source, a credentials provider or the HTTP client.
pub type BoxError = Box<dyn StdError + Send + Sync>;

/// Why a call failed, grouped by who must act: the caller, the network, the service.
///
/// Branch on [`code`](Error::code), which returns S3's error code (`NoSuchKey`, `SlowDown`), or on the predicates.
///
/// `Display` is one line for a log: operation, bucket and key, status, code, message, request ID. It contains no
/// secrets, unless the server put one into its own message. Text from a server is escaped and shortened.
///
/// <https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html>
#[non_exhaustive]
pub enum Error {
    /// The request is not valid, and was not sent. Earlier attempts, or earlier requests of a transfer, may have been.
    Invalid(Box<InvalidRequest>),
    /// The connection failed, or the request's body could not be read, before the response was complete.
    Transport(Box<TransportError>),
    /// The server returned an error response.
    Service(Box<ServiceError>),
    /// The response cannot be read as a response to this operation.
    Malformed(Box<MalformedError>),
}

impl Error {
    #[cold]
    pub(crate) fn invalid(
        field: &str,
        problem: impl Into<String>,
        remedy: impl Into<String>,
    ) -> Error {
        let (field, problem, remedy) = (field.to_owned(), problem.into(), remedy.into());
        Error::Invalid(Box::new(InvalidRequest {
            context: Context::default(),
            field,
            problem,
            remedy,
            source: None,
        }))
    }

    #[cold]
    pub(crate) fn malformed(problem: impl Into<String>, source: Option<BoxError>) -> Error {
        let problem = shortened(&problem.into(), 2000);
        Error::Malformed(Box::new(MalformedError {
            context: Context::default(),
            status: None,
            problem,
            request_id: None,
            is_truncated: false,
            is_garbled: false,
            source,
        }))
    }

    /// Marks a response that is truncated, which is transient.
    pub(crate) fn truncated(mut self) -> Error {
        if let Error::Malformed(error) = &mut self {
            error.is_truncated = true;
        }
        self
    }

    #[cfg(feature = "reqwest")]
    #[cold]
    pub(crate) fn transport(
        kind: TransportKind,
        message: impl Into<String>,
        source: Option<BoxError>,
    ) -> Error {
        let message = message.into();
        Error::Transport(Box::new(TransportError {
            context: Context::default(),
            kind,
            message,
            is_permanent: false,
            source,
        }))
    }

    /// Marks an error that a retry would meet again.
    #[cfg(feature = "reqwest")]
    pub(crate) fn permanent(mut self) -> Error {
        if let Error::Transport(error) = &mut self {
            error.is_permanent = true;
        }
        self
    }

    #[cfg(feature = "reqwest")]
    pub(crate) fn with_source(mut self, cause: BoxError) -> Error {
        match &mut self {
            Error::Invalid(error) => error.source = Some(cause),
            Error::Transport(error) => error.source = Some(cause),
            Error::Malformed(error) => error.source = Some(cause),
            Error::Service(_) => {}
        }
        self
    }

    /// Replaces the field, to name the setting that its value came from.
    #[cold]
    pub(crate) fn with_field<S: Into<String>>(mut self, setting: impl FnOnce(&str) -> S) -> Error {
        if let Error::Invalid(error) = &mut self {
            error.field = setting(&error.field).into();
        }
        self
    }

    /// The call that failed: operation, bucket, key, attempts.
    pub fn context(&self) -> &Context {
        match self {
            Error::Invalid(error) => &error.context,
            Error::Transport(error) => &error.context,
            Error::Service(error) => &error.context,
            Error::Malformed(error) => &error.context,
        }
    }

    pub(crate) fn context_mut(&mut self) -> &mut Context {
        match self {
            Error::Invalid(error) => &mut error.context,
            Error::Transport(error) => &mut error.context,
            Error::Service(error) => &mut error.context,
            Error::Malformed(error) => &mut error.context,
        }
    }

    /// The rejection of a retry, once it is known that the earlier attempt, whose response was lost, has not succeeded.
    #[cfg(feature = "reqwest")]
    pub(crate) fn into_rejection(mut self) -> Error {
        let context = std::mem::take(self.context_mut());
        if let Error::Transport(error) = &mut self
            && error.kind == TransportKind::Unsettled
            && let Some(source) = error.source.take()
        {
            match source.downcast::<Error>() {
                Ok(rejection) => self = *rejection,
                Err(other) => error.source = Some(other),
            }
        }
        *self.context_mut() = context;
        self
    }

    /// Sets the context, unless there is one: an error names the innermost call.
    pub(crate) fn with_context(mut self, context: &Context) -> Error {
        if self.context().operation.is_empty() {
            let own = std::mem::replace(self.context_mut(), context.clone());
            self.context_mut().outcome_unknown |= own.outcome_unknown;
            self.context_mut().abort_failure = own.abort_failure;
            if let Error::Invalid(error) = &mut self
                && error.context.earlier.is_empty()
            {
                error.context.attempts = 0;
            }
        }
        self
    }

    /// Adds what was signed to an error response that may be about the signature.
    #[cfg(feature = "reqwest")]
    pub(crate) fn with_signing(mut self, signing: Signing) -> Error {
        if let Error::Service(error) = &mut self
            && let Some(evidence) = &mut error.evidence
        {
            evidence.signing = Some(signing);
        }
        self
    }

    /// S3's error code, such as `NoSuchKey`, for an error response.
    pub fn code(&self) -> Option<&str> {
        self.service().map(|error| error.code.as_str())
    }

    /// The HTTP status, if there was a response.
    pub fn status(&self) -> Option<StatusCode> {
        match self {
            Error::Service(error) => Some(error.status),
            Error::Malformed(error) => error.status,
            Error::Invalid(_) | Error::Transport(_) => None,
        }
    }

    /// The request ID, `x-amz-request-id`, if there was a response.
    pub fn request_id(&self) -> Option<&str> {
        match self {
            Error::Service(error) => error.request_id.as_deref(),
            Error::Malformed(error) => error.request_id.as_deref(),
            Error::Invalid(_) | Error::Transport(_) => None,
        }
    }

    /// The host ID, `x-amz-id-2`, of an error response.
    pub fn host_id(&self) -> Option<&str> {
        self.service().and_then(|error| error.host_id.as_deref())
    }

    /// The region of the bucket, if the server reported it.
    pub fn region(&self) -> Option<&str> {
        self.service().and_then(|error| error.region.as_deref())
    }

    /// The error response, if the server returned one.
    pub fn service(&self) -> Option<&ServiceError> {
        if let Error::Service(error) = self {
            Some(error)
        } else {
            None
        }
    }

    /// Whether the key, the bucket, the version or the upload does not exist.
    ///
    /// False for a status of 404 with any other code: some stores respond with 404 to an unknown access key.
    pub fn is_not_found(&self) -> bool {
        matches!(
            self.code(),
            Some("NoSuchKey" | "NoSuchBucket" | "NoSuchVersion" | "NoSuchUpload")
        )
    }

    /// The failure in a few words, for the list of attempts.
    #[cfg(feature = "reqwest")]
    pub(crate) fn cause(&self) -> String {
        match self {
            Error::Invalid(error) => format!("{}: {}", error.field, error.problem),
            Error::Transport(error) => shortened(&error.message, 300),
            Error::Service(error) => format!("{} {}", error.status.as_u16(), error.code),
            Error::Malformed(error) => shortened(&error.problem, 300),
        }
    }

    /// Whether a condition was not met, such as `if_match` or `if_none_match`.
    pub fn is_precondition_failed(&self) -> bool {
        self.status() == Some(StatusCode::PRECONDITION_FAILED)
    }

    /// Whether the object is unchanged: the response to a read with `if_none_match` or `if_modified_since`.
    pub fn is_not_modified(&self) -> bool {
        self.status() == Some(StatusCode::NOT_MODIFIED)
    }

    /// Whether the credentials were rejected, or do not permit the operation.
    pub fn is_access_denied(&self) -> bool {
        self.status() == Some(StatusCode::FORBIDDEN)
            || self.status() == Some(StatusCode::UNAUTHORIZED)
    }
}

impl StdError for Error {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        let source = match self {
            Error::Invalid(error) => &error.source,
            Error::Transport(error) => &error.source,
            Error::Malformed(error) => &error.source,
            Error::Service(_) => &None,
        };
        source.as_ref().map(|source| source.as_ref() as _)
    }
}
