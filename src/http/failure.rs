//! Turns a failed exchange into an error that names the cause and the stage.

use std::error::Error as StdError;
use std::time::Duration;

use super::progress::{BodyError, Progress};
use super::timeouts::Timeouts;
use crate::error::{BoxError, Error, Stage, TransportKind, milliseconds};

#[cold]
pub(super) fn body_failed(message: impl Into<String>, source: Option<BoxError>) -> Error {
    Error::transport(TransportKind::Body, message, source)
}

/// The error of the body itself. It is the cause of any error that the connection reports afterwards.
#[cold]
pub(super) fn body_error(progress: &Progress) -> Option<Error> {
    let error = progress.state().error.take()?;
    let length = progress.length();
    Some(match error {
        BodyError::Source(error) => body_failed(
            format!("the body cannot be read: {error}"),
            Some(error.into()),
        ),
        BodyError::TooShort => body_failed(
            format!("the body ended before its declared length of {length} bytes"),
            None,
        ),
        BodyError::TooLong => body_failed(
            format!(
                "the body continued after its declared length of {length} bytes; nothing was stored. For data that grows or has an \
                 unknown length, use upload_reader"
            ),
            None,
        ),
    })
}

#[cold]
pub(super) fn stalled(
    progress: &Progress,
    timeouts: &Timeouts,
    response_timeout: Duration,
) -> Error {
    let (sent, length) = (progress.state().sent, progress.length());
    let stage = progress.stage();
    let message = match stage {
        Stage::Sending if progress.state().waits_for_source => {
            format!(
                "stalled while sending: the body's source returned no data for {}, after {sent} of {length} bytes",
                milliseconds(timeouts.stall)
            )
        }
        Stage::Sending => format!(
            "stalled while sending: the store accepted no data for {}, after {sent} of {length} bytes",
            milliseconds(timeouts.stall)
        ),
        Stage::Waiting | Stage::Receiving => {
            format!(
                "stalled while waiting: no response within {} after the request was sent",
                milliseconds(progress.response_timeout(timeouts, response_timeout))
            )
        }
    };
    Error::transport(TransportKind::Stalled(stage), message, None)
}

#[cold]
pub(super) fn broken(
    stage: Stage,
    progress: &Progress,
    message: &str,
    source: Option<BoxError>,
) -> Error {
    let (sent, length) = (progress.state().sent, progress.length());
    Error::transport(
        TransportKind::Broken(stage),
        format!("{message} ({sent} of {length} bytes were sent)"),
        source,
    )
}

#[cold]
pub(super) fn failed(error: reqwest::Error, progress: &Progress, timeouts: &Timeouts) -> Error {
    let error = error.without_url();
    if error.is_builder() {
        let problem = format!("cannot build the request: {}", root_cause(&error));
        return Error::invalid(
            "HTTP client",
            problem,
            "change the reqwest::ClientBuilder that was passed in",
        );
    }
    if is_callers_timeout(&error) {
        return Error::transport(
            TransportKind::Broken(progress.stage()),
            CALLERS_TIMEOUT,
            Some(error.into()),
        );
    }
    if error.is_connect() {
        let message = match root_cause(&error) {
            _ if error.is_timeout() => {
                format!(
                    "no connection to the store within {}",
                    milliseconds(timeouts.connect)
                )
            }
            cause => format!("no connection to the store: {cause}"),
        };
        // How TLS libraries report an untrusted certificate, or a server that does not speak TLS: a retry would fail in the
        // same way. The libraries share no error type.
        let is_permanent = ["certificate", "InvalidContentType", "wrong version number"]
            .iter()
            .any(|text| message.contains(text));
        let error = Error::transport(TransportKind::Connect, message, Some(error.into()));
        return if is_permanent {
            error.permanent()
        } else {
            error
        };
    }
    let cause = root_cause(&error);
    match progress.stage() {
        Stage::Sending => broken(
            Stage::Sending,
            progress,
            &format!("the store closed the connection while the body was being sent: {cause}"),
            Some(error.into()),
        ),
        stage => broken(
            stage,
            progress,
            &format!("the connection failed before a response arrived: {cause}"),
            Some(error.into()),
        ),
    }
}

pub(super) const CALLERS_TIMEOUT: &str =
    "a timeout of the reqwest::ClientBuilder that was passed in has expired";

/// Whether a timeout expired that the caller has set in reqwest. This crate sets only the connect timeout there. Timeouts
/// of the operating system have an I/O error as their cause.
pub(super) fn is_callers_timeout(error: &reqwest::Error) -> bool {
    let is_io_error = |error: &reqwest::Error| {
        let mut cause: &dyn StdError = error;
        while let Some(deeper) = cause.source() {
            cause = deeper;
        }
        cause.is::<std::io::Error>()
    };
    error.is_timeout() && !error.is_connect() && !is_io_error(error)
}

/// The innermost cause, which is the most specific. An outer one that starts with the same text is preferred: native-tls
/// appends a certificate's problem to it.
pub(super) fn root_cause(error: &dyn StdError) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(deeper) = cause {
        let inner = deeper.to_string();
        if inner.is_empty() || !text.starts_with(&inner) {
            text = inner;
        }
        cause = deeper.source();
    }
    text
}
