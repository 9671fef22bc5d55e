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
    let address = error.url().map(address).unwrap_or_default();
    let error = error.without_url();
    let cause = root_cause(&error);
    if error.is_builder() {
        return Error::invalid(
            "HTTP client",
            format!("cannot build the request: {cause}"),
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
        let (remedy, is_permanent) = remedy(&cause);
        let message = if error.is_timeout() {
            let limit = milliseconds(timeouts.connect);
            format!("no connection to {address} within {limit}")
        } else {
            format!("no connection to {address}: {cause}{remedy}")
        };
        let error = Error::transport(TransportKind::Connect, message, Some(error.into()));
        return if is_permanent {
            error.permanent()
        } else {
            error
        };
    }
    if let Some(problem) = unreadable_head(&cause) {
        return Error::malformed(
            format!("the head of the response cannot be read: {problem}"),
            Some(error.into()),
        );
    }
    let hint = if cause == NOT_HTTP {
        " (not HTTP; if the server expects TLS, use an https endpoint)"
    } else {
        ""
    };
    match progress.stage() {
        Stage::Sending => broken(
            Stage::Sending,
            progress,
            &format!(
                "the store closed the connection while the body was being sent: {cause}{hint}"
            ),
            Some(error.into()),
        ),
        stage => broken(
            stage,
            progress,
            &format!("the connection failed before a response arrived: {cause}{hint}"),
            Some(error.into()),
        ),
    }
}

fn address(url: &reqwest::Url) -> String {
    let (host, port) = (url.host_str(), url.port_or_known_default());
    format!("{}:{}", host.unwrap_or_default(), port.unwrap_or_default())
}

/// What to do about a failed connection, and whether the next one would fail in the same way. TLS libraries share no error
/// type, so their texts decide.
fn remedy(cause: &str) -> (&'static str, bool) {
    // `str::contains` would add 1 KiB to the binary.
    let contains = |text: &str| {
        let mut parts = cause.as_bytes().windows(text.len());
        parts.any(|part| part == text.as_bytes())
    };
    let mentions = |texts: &[&str]| texts.iter().any(|text| contains(text));
    if mentions(&["InvalidContentType", "wrong version number"]) {
        (
            "; the server does not speak TLS there: use an http endpoint, or its port for https",
            true,
        )
    } else if mentions(&[
        "UnknownIssuer",
        "self-signed",
        "self signed",
        "local issuer",
    ]) {
        (
            "; if the certificate is of a private CA, pass that as Roots::Pem",
            true,
        )
    } else if mentions(&["certificate"]) {
        ("", true)
    } else if mentions(&["proxy authorization required"]) {
        (
            "; write the proxy's user name and password in its URL",
            true,
        )
    } else if mentions(&["tunnel error: unsuccessful"]) {
        (
            "; the proxy could not or would not connect to the store",
            false,
        )
    } else if mentions(&["unsupported scheme socks"]) {
        (
            ": a SOCKS proxy, for which your program must enable reqwest's feature socks",
            true,
        )
    } else {
        ("", false)
    }
}

/// What is wrong with the head of a response, if that is why the exchange failed. The next response would be the same.
fn unreadable_head(cause: &str) -> Option<&str> {
    match cause {
        TOO_LARGE => Some(
            "more than 2,000 headers (100 in response to a write or with unchecked_http_client), more than 400 KiB, or a length that no \
             body has",
        ),
        "invalid HTTP header parsed" => Some("a header with an invalid name or value"),
        "invalid content-length parsed" => Some("invalid or contradictory Content-Length headers"),
        // What a server sends too late on a kept connection is not HTTP either, so another connection may help.
        NOT_HTTP => None,
        _ if cause.ends_with(" parsed") => Some(cause),
        _ => None,
    }
}

/// Whether the head of the response is larger than the HTTP client reads.
pub(super) fn is_head_too_large(error: &reqwest::Error) -> bool {
    root_cause(error) == TOO_LARGE
}

const TOO_LARGE: &str = "message head is too large";
const NOT_HTTP: &str = "invalid HTTP version parsed";

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
