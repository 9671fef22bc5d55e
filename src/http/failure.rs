//! What a failed attempt failed with.

use std::error::Error as StdError;
use std::time::Duration;

use super::progress::{BodyError, Progress};
use super::timeouts::Timeouts;
use crate::error::{BoxError, Error, Stage, TransportKind, milliseconds};

#[cold]
pub(super) fn body_failed(message: impl Into<String>, source: Option<BoxError>) -> Error {
    Error::transport(TransportKind::Body, message, source)
}

/// What the body itself has run into: the reason behind whatever the connection then says.
#[cold]
pub(super) fn faulty(progress: &Progress) -> Option<Error> {
    let fault = progress.state().error.take()?;
    let length = progress.length();
    Some(match fault {
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
                "the body went on behind its declared length of {length} bytes; nothing was stored. Data that grows, or whose length \
                 nobody knows, can be sent with upload_reader"
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
                "stalled while sending: the body's source gave nothing for {}, after {sent} of {length} bytes",
                milliseconds(timeouts.stall)
            )
        }
        Stage::Sending => format!(
            "stalled while sending: the store took nothing for {}, after {sent} of {length} bytes",
            milliseconds(timeouts.stall)
        ),
        Stage::Waiting | Stage::Receiving => {
            format!(
                "stalled while waiting: no answer for {} after the request was sent",
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
        let problem = format!("does not take the request: {}", root_cause(&error));
        return Error::invalid(
            "HTTP client",
            problem,
            "change the reqwest::ClientBuilder that was passed in",
        );
    }
    if is_callers_limit(&error) {
        return Error::transport(
            TransportKind::Broken(progress.stage()),
            CALLERS_LIMIT,
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
        // What TLS libraries say of a certificate that is not trusted, and of a server that does not speak TLS: both will be
        // the same the next time. Each has error types of its own, and some none.
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
            &format!("the store closed the connection while the body was going out: {cause}"),
            Some(error.into()),
        ),
        stage => broken(
            stage,
            progress,
            &format!("the connection broke before an answer came: {cause}"),
            Some(error.into()),
        ),
    }
}

pub(super) const CALLERS_LIMIT: &str =
    "a time limit of the reqwest::ClientBuilder that was passed in has run out";

/// reqwest's timeouts are not set here, so one that runs out is the caller's. What the system ends has an error of its own.
pub(super) fn is_callers_limit(error: &reqwest::Error) -> bool {
    let is_of_the_system = |error: &reqwest::Error| {
        let mut cause: &dyn StdError = error;
        while let Some(deeper) = cause.source() {
            cause = deeper;
        }
        cause.is::<std::io::Error>()
    };
    error.is_timeout() && !error.is_connect() && !is_of_the_system(error)
}

/// The innermost of the causes: the one that says what happened. Unless one around it begins with the same words:
/// native-tls adds there what is wrong with a certificate.
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
