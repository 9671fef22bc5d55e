//! Why a call failed, by whose turn it was, and all prose for people.

mod context;
mod display;

use std::error::Error as StdError;
use std::time::{Duration, SystemTime};

use http::StatusCode;

pub use self::context::{Context, Effect, FailedAttempt};
#[cfg(feature = "reqwest")]
pub(crate) use self::display::milliseconds;
pub(crate) use self::display::shortened;

/// A boxed error of somebody else: a source's, a provider's, the HTTP client's.
pub type BoxError = Box<dyn StdError + Send + Sync>;

/// Why a call failed, by whose turn it was.
///
/// Branch on [`code`](Error::code), which speaks S3's own vocabulary (`NoSuchKey`, `SlowDown`), or on the predicates.
/// `Display` is one line for a log: operation, bucket and key, status, code, message, request ID. It holds no
/// secret, unless a store has written one into its own message; what a server sent is escaped and cut.
///
/// <https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html>
#[non_exhaustive]
pub enum Error {
    /// The call cannot be made as it is. Nothing was sent; if credentials have expired between two attempts, nothing more.
    Invalid(Box<InvalidRequest>),
    /// The exchange broke off, or the body could not be read, before the store's answer was complete.
    Transport(Box<TransportError>),
    /// The store answered, and refused.
    Service(Box<ServiceError>),
    /// The store answered what cannot be read as an answer to this operation.
    Malformed(Box<MalformedError>),
}

/// A call that cannot be made as it is: which part of it, what is wrong with it, and the way out.
#[derive(Debug)]
#[non_exhaustive]
pub struct InvalidRequest {
    /// The call.
    pub context: Context,
    /// The argument or setting, for example `bucket` or `header x-amz-meta-name`.
    pub field: String,
    /// What is wrong with its value.
    pub problem: String,
    /// What to do about it.
    pub remedy: String,
    source: Option<BoxError>,
}

/// An exchange that broke off.
#[derive(Debug)]
#[non_exhaustive]
pub struct TransportError {
    /// The call.
    pub context: Context,
    /// What happened, and where.
    pub kind: TransportKind,
    /// The same for people.
    pub message: String,
    /// Whether the next attempt would fail as well: a certificate that is not trusted.
    pub(crate) is_permanent: bool,
    source: Option<BoxError>,
}

/// Where and how an exchange broke off.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum TransportKind {
    /// No connection came about: name resolution, TCP or TLS. The store has not seen the request.
    Connect,
    /// The connection broke.
    Broken(Stage),
    /// Nothing moved for longer than the client's time limits allow.
    Stalled(Stage),
    /// The source of the request's body failed, or did not have the length it was declared with.
    Body,
    /// The provider of credentials failed.
    Credentials,
    /// An answer was lost, and the next attempt was refused with what may be the first one's own doing: a condition that
    /// is no longer met, a bucket that is there already. The refusal is the error's source. See
    /// [`Error::is_outcome_unknown`].
    Unsettled,
}

/// The three stages of an exchange.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[allow(clippy::exhaustive_enums)]
pub enum Stage {
    /// The request is going out.
    Sending,
    /// The request is out, and the answer has not begun.
    Waiting,
    /// The answer is coming in.
    Receiving,
}

/// An answer that says no.
#[derive(Debug)]
#[non_exhaustive]
pub struct ServiceError {
    /// The call.
    pub context: Context,
    /// The HTTP status; 200 for an error that came inside of a success.
    pub status: StatusCode,
    /// S3's error code, for example `NoSuchKey`.
    pub code: String,
    /// Whether the code was not said, and is what the status usually means: HEAD answers and gateways give no code.
    pub code_is_inferred: bool,
    /// S3's message; if there was none, a short excerpt of the body.
    pub message: String,
    /// The store's name for this request, `x-amz-request-id`: its support asks for it.
    pub request_id: Option<String>,
    /// The second half of that name, `x-amz-id-2`.
    pub host_id: Option<String>,
    /// The region the store says the bucket is in.
    pub region: Option<String>,
    /// How long the store wants to be left alone: `x-amz-retry-after`, or `Retry-After`.
    pub retry_after: Option<Duration>,
    /// What the store's clock says.
    pub date: Option<SystemTime>,
}

/// An answer that is none.
#[derive(Debug)]
#[non_exhaustive]
pub struct MalformedError {
    /// The call.
    pub context: Context,
    /// The HTTP status.
    pub status: Option<StatusCode>,
    /// What is wrong with the answer.
    pub problem: String,
    /// The store's name for this request.
    pub request_id: Option<String>,
    /// Whether it breaks off.
    pub(crate) is_truncated: bool,
    source: Option<BoxError>,
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
            source,
        }))
    }

    /// Says that an answer breaks off.
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

    /// Says that another attempt would fail as well.
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

    /// Names the setting that a value came from, in place of the one it was for.
    #[cold]
    pub(crate) fn with_field(mut self, setting: impl FnOnce(&str) -> &'static str) -> Error {
        if let Error::Invalid(error) = &mut self {
            error.field = setting(&error.field).to_owned();
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

    /// Says which call failed, unless that is known: the innermost call is the one to name.
    pub(crate) fn with_context(mut self, context: &Context) -> Error {
        if self.context().operation.is_empty() {
            *self.context_mut() = context.clone();
            if let Error::Invalid(error) = &mut self
                && error.context.earlier.is_empty()
            {
                error.context.attempts = 0;
            }
        }
        self
    }

    /// S3's error code, for example `NoSuchKey`, if the store answered with an error.
    pub fn code(&self) -> Option<&str> {
        self.service().map(|error| error.code.as_str())
    }

    /// The HTTP status of the answer, if there was one.
    pub fn status(&self) -> Option<StatusCode> {
        match self {
            Error::Service(error) => Some(error.status),
            Error::Malformed(error) => error.status,
            Error::Invalid(_) | Error::Transport(_) => None,
        }
    }

    /// The store's name for the request, if it answered.
    pub fn request_id(&self) -> Option<&str> {
        match self {
            Error::Service(error) => error.request_id.as_deref(),
            Error::Malformed(error) => error.request_id.as_deref(),
            Error::Invalid(_) | Error::Transport(_) => None,
        }
    }

    /// The second half of the store's name for the request, `x-amz-id-2`.
    pub fn host_id(&self) -> Option<&str> {
        self.service().and_then(|error| error.host_id.as_deref())
    }

    /// The region that the store says the bucket is in.
    pub fn region(&self) -> Option<&str> {
        self.service().and_then(|error| error.region.as_deref())
    }

    /// The store's answer, if it was an error.
    pub fn service(&self) -> Option<&ServiceError> {
        if let Error::Service(error) = self {
            Some(error)
        } else {
            None
        }
    }

    /// Whether what was asked for is not there: the key, the bucket, the version or the upload.
    ///
    /// False for a status of 404 with any other code: some stores answer an unknown access key that way.
    pub fn is_not_found(&self) -> bool {
        matches!(
            self.code(),
            Some("NoSuchKey" | "NoSuchBucket" | "NoSuchVersion" | "NoSuchUpload")
        )
    }

    /// What happened, in a few words, for the list of attempts.
    #[cfg(feature = "reqwest")]
    pub(crate) fn cause(&self) -> String {
        match self {
            Error::Invalid(error) => format!("{} {}", error.field, error.problem),
            Error::Transport(error) => shortened(&error.message, 300),
            Error::Service(error) => format!("{} {}", error.status.as_u16(), error.code),
            Error::Malformed(error) => shortened(&error.problem, 300),
        }
    }

    /// Whether a condition was not met: `if_match` or `if_none_match`.
    pub fn is_precondition_failed(&self) -> bool {
        self.status() == Some(StatusCode::PRECONDITION_FAILED)
    }

    /// Whether the object has not changed since: the answer to `if_none_match` or `if_modified_since` on a read.
    pub fn is_not_modified(&self) -> bool {
        self.status() == Some(StatusCode::NOT_MODIFIED)
    }

    /// Whether the credentials were refused or do not suffice.
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
