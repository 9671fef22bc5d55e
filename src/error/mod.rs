//! Why a call failed, by whose turn it was, and all prose for people.

use std::error::Error as StdError;
use std::fmt::{self, Write};
use std::time::{Duration, SystemTime};

use http::StatusCode;

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
    Invalid(Box<Invalid>),
    /// The exchange broke off, or the body could not be read, before the store's answer was complete.
    Transport(Box<TransportError>),
    /// The store answered, and refused.
    Service(Box<ServiceError>),
    /// The store answered what cannot be read as an answer to this operation.
    Malformed(Box<MalformedError>),
}

/// Which call an error belongs to.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
#[non_exhaustive]
pub struct Context {
    /// The operation as AWS names it, for example `PutObject`.
    pub operation: &'static str,
    /// The bucket, if the call names one.
    pub bucket: Option<String>,
    /// The object key, if the call names one.
    pub key: Option<String>,
    /// The part's number, if the call is about one.
    pub part_number: Option<String>,
    /// How often the request was sent; 0 when it was not.
    pub attempts: u32,
    /// What came of the attempts before the last one, in order.
    pub earlier: Vec<FailedAttempt>,
    /// Why the call was not tried again, where another attempt might have mended it.
    pub gave_up: Option<&'static str>,
    /// The multipart upload that the failure may have left at the store: the store did not confirm that it is gone.
    pub upload_id: Option<String>,
    /// Whether the call is one that changes something at the store.
    pub(crate) changes: bool,
    /// Whether it is one after which something is gone: an object, a bucket, or an upload that is complete.
    pub(crate) removes: bool,
    /// Whether an earlier attempt may have done what the call was to do.
    pub(crate) lost_answer: bool,
}

/// An attempt after which there was another one.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub struct FailedAttempt {
    /// What it failed with, in short: `503 SlowDown`, or what became of the connection.
    pub cause: String,
    /// How long the next attempt was waited with.
    pub delay: Duration,
}

/// A call that cannot be made as it is: which part of it, what is wrong with it, and the way out.
#[derive(Debug)]
#[non_exhaustive]
pub struct Invalid {
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
    pub(crate) is_final: bool,
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
    pub(crate) is_cut: bool,
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
        Error::Invalid(Box::new(Invalid {
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
            is_cut: false,
            source,
        }))
    }

    /// Says that an answer breaks off.
    pub(crate) fn cut(mut self) -> Error {
        if let Error::Malformed(error) = &mut self {
            error.is_cut = true;
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
            is_final: false,
            source,
        }))
    }

    /// Says that another attempt would fail as well.
    #[cfg(feature = "reqwest")]
    pub(crate) fn final_one(mut self) -> Error {
        if let Error::Transport(error) = &mut self {
            error.is_final = true;
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
    pub(crate) fn blamed_on(mut self, setting: impl FnOnce(&str) -> &'static str) -> Error {
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
    pub(crate) fn in_context(mut self, context: &Context) -> Error {
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

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Error::Invalid(error) => error.fmt(f),
            Error::Transport(error) => error.fmt(f),
            Error::Service(error) => error.fmt(f),
            Error::Malformed(error) => error.fmt(f),
        }
    }
}

/// The line that `Display` gives, and the causes. What a derived form would add is in the public fields.
impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)?;
        let mut cause = StdError::source(self);
        while let Some(error) = cause {
            write!(f, "; caused by: {}", Escaped(&error.to_string()))?;
            cause = error.source();
        }
        Ok(())
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

impl fmt::Display for Context {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.operation.is_empty() {
            "client"
        } else {
            self.operation
        })?;
        if let Some(bucket) = &self.bucket {
            write!(f, " {}", Escaped(bucket))?;
        }
        if let Some(key) = &self.key {
            write!(f, "/{}", Escaped(key))?;
        }
        Ok(())
    }
}

impl Context {
    /// What goes behind a message, in brackets.
    fn notes(&self, f: &mut fmt::Formatter<'_>, ids: &[(&str, Option<&str>)]) -> fmt::Result {
        let is_told = self.attempts > 1 || !self.earlier.is_empty();
        let attempts = is_told.then(|| {
            let mut attempts = self.attempts.to_string();
            let mut separator = ": ";
            for FailedAttempt { cause, delay } in &self.earlier {
                let delay = milliseconds(*delay);
                attempts.push_str(&format!("{separator}{cause}, again after {delay}"));
                separator = "; ";
            }
            attempts
        });
        let all = ids.iter().copied().chain([
            ("part", self.part_number.as_deref()),
            ("attempts", attempts.as_deref()),
            ("not tried again:", self.gave_up),
            (
                "upload possibly left at the store",
                self.upload_id.as_deref(),
            ),
        ]);
        let mut separator = " (";
        for (name, value) in all {
            if let Some(value) = value {
                write!(f, "{separator}{name} {}", Escaped(value))?;
                separator = ", ";
            }
        }
        if separator == ", " {
            f.write_char(')')
        } else {
            Ok(())
        }
    }
}

impl fmt::Display for Invalid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Invalid {
            context,
            field,
            problem,
            remedy,
            ..
        } = self;
        write!(
            f,
            "{context}: {} {}; {remedy}",
            Escaped(field),
            Escaped(problem)
        )?;
        context.notes(f, &[])
    }
}

impl fmt::Display for TransportError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.context, Escaped(&self.message))?;
        self.context.notes(f, &[])
    }
}

impl fmt::Display for ServiceError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{}: {} {}",
            self.context,
            self.status.as_u16(),
            Escaped(&self.code)
        )?;
        if self.code_is_inferred {
            f.write_str(" (inferred from the status)")?;
        }
        if !self.message.is_empty() {
            write!(f, ": {}", Escaped(&self.message))?;
        }
        let ids = [
            ("request ID", self.request_id.as_deref()),
            ("host ID", self.host_id.as_deref()),
            ("region", self.region.as_deref()),
        ];
        self.context.notes(f, &ids)
    }
}

impl fmt::Display for MalformedError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{}: the store's answer cannot be read: {}",
            self.context,
            Escaped(&self.problem)
        )?;
        let status = self.status.map(|status| status.as_u16().to_string());
        self.context.notes(
            f,
            &[
                ("status", status.as_deref()),
                ("request ID", self.request_id.as_deref()),
            ],
        )
    }
}

/// No more than so many characters: an error is kept for long, and a store may write what it likes.
pub(crate) fn shortened(text: &str, most: usize) -> String {
    text.chars().take(most).collect()
}

/// A time in a message: `60s`, `400ms`.
pub(crate) fn milliseconds(duration: Duration) -> String {
    match duration.as_millis() {
        milliseconds if milliseconds >= 1000 && milliseconds % 1000 == 0 => {
            format!("{}s", milliseconds / 1000)
        }
        milliseconds => format!("{milliseconds}ms"),
    }
}

/// Text that somebody else wrote, on one line of a log: control characters escaped, and at most 500 characters.
struct Escaped<'a>(&'a str);

impl fmt::Display for Escaped<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        const LONGEST: usize = 500;
        for (index, character) in self.0.chars().enumerate() {
            if index == LONGEST {
                return f.write_char('…');
            }
            // Also what a terminal would act on: the separators and the marks that change the direction of text.
            let is_mark = matches!(character, '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}');
            if character.is_control() || is_mark {
                write!(f, "{}", character.escape_default())?
            } else {
                f.write_char(character)?
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_is_one_word_and_one_line() {
        assert_eq!(size_of::<Error>(), 2 * size_of::<usize>());
        let context = Context {
            operation: "HeadObject",
            bucket: Some("b".into()),
            key: Some("a\r\nb".into()),
            attempts: 2,
            ..Context::default()
        };
        let error = Error::Service(Box::new(ServiceError {
            context,
            status: StatusCode::FORBIDDEN,
            code: "AccessDenied".into(),
            code_is_inferred: true,
            message: "no\u{1b}[31m\u{202e}".into(),
            request_id: Some("R\n1".into()),
            host_id: None,
            region: None,
            retry_after: None,
            date: None,
        }));
        assert_eq!(
            error.to_string(),
            "HeadObject b/a\\r\\nb: 403 AccessDenied (inferred from the status): no\\u{1b}[31m\\u{202e} (request ID R\\n1, attempts 2)"
        );
    }

    #[test]
    fn long_texts_are_cut() {
        assert_eq!(Escaped(&"é".repeat(600)).to_string(), "é".repeat(500) + "…");
    }
}
