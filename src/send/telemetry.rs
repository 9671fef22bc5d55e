//! A span for each call and an event for each attempt, for the crate `tracing`. Without the feature `tracing` none of this
//! is compiled in.
//!
//! The fields are those of errors, the method, and the URL with secret parameters masked. They contain no headers or body, and
//! therefore no secrets.

use std::future::Future;
use std::time::Duration;

use http::StatusCode;

use crate::client::Client;
use crate::client::endpoint::Endpoint;
#[cfg(feature = "tracing")]
use crate::client::endpoint::RequestUrl;
use crate::error::{Context, Error};
use crate::request::Request;
use crate::retry::Decision;
#[cfg(feature = "tracing")]
use crate::sigv4::CanonicalQuery;

#[cfg(feature = "tracing")]
pub(crate) use tracing::Span;

#[cfg(not(feature = "tracing"))]
#[derive(Clone)]
pub(crate) struct Span;

/// The span of a call, a child of the caller's.
#[cfg(feature = "tracing")]
pub(crate) fn span(context: &Context) -> Span {
    tracing::debug_span!(
        target: "slim_s3",
        "s3",
        operation = context.operation,
        bucket = context.bucket,
        key = context.key,
        part_number = context.part_number,
    )
}

#[cfg(not(feature = "tracing"))]
pub(crate) fn span(_: &Context) -> Span {
    Span
}

/// Enters the span whenever the future is polled.
#[cfg(feature = "tracing")]
pub(crate) fn within<F: Future>(span: Span, future: F) -> impl Future<Output = F::Output> {
    tracing::Instrument::instrument(future, span)
}

#[cfg(not(feature = "tracing"))]
pub(crate) fn within<F: Future>(_: Span, future: F) -> F {
    future
}

/// The request of an attempt, as events show it.
#[cfg(feature = "tracing")]
pub(crate) struct Sent<'a> {
    method: &'a str,
    /// `None` if nobody listens. The signature is in a header, and secret parameters are masked.
    url: Option<String>,
    bytes: u64,
}

#[cfg(feature = "tracing")]
pub(crate) fn sent<'a>(
    client: &Client,
    learned: Option<&Endpoint>,
    request: &'a Request,
) -> Sent<'a> {
    let is_heard = tracing::event_enabled!(target: "slim_s3", tracing::Level::DEBUG);
    Sent {
        method: request.method.as_str(),
        url: is_heard.then(|| url(client, learned, request)).flatten(),
        bytes: request.body.len(),
    }
}

#[cfg(feature = "tracing")]
fn url(client: &Client, learned: Option<&Endpoint>, request: &Request) -> Option<String> {
    let endpoint = client.endpoint(learned);
    let place = endpoint.locate(&request.target, client.inner.addressing);
    let RequestUrl { scheme, host, path } = place.ok()?;
    let parameters = request.query.iter();
    let query = CanonicalQuery::new(parameters.map(|(name, value)| (&**name, &**value)));
    let separator = if request.query.is_empty() { "" } else { "?" };
    Some([scheme, "://", &host, &path, separator, &query.masked()].concat())
}

#[cfg(not(feature = "tracing"))]
pub(crate) struct Sent;

#[cfg(not(feature = "tracing"))]
pub(crate) fn sent(_: &Client, _: Option<&Endpoint>, _: &Request) -> Sent {
    Sent
}

/// Reports a failed attempt, and whether it is retried.
#[cfg(feature = "tracing")]
pub(crate) fn failed(
    context: &Context,
    error: &Error,
    elapsed: Duration,
    sent: &Sent<'_>,
    decision: &Decision,
) {
    let (retry_after_ms, gave_up) = match decision {
        Decision::Retry { delay, .. } => (Some(milliseconds(*delay)), None),
        Decision::GiveUp(reason) => (None, *reason),
    };
    tracing::debug!(
        target: "slim_s3",
        operation = context.operation,
        bucket = context.bucket,
        key = context.key,
        method = sent.method,
        url = sent.url,
        attempt = context.attempts,
        status = error.status().map(|status| status.as_u16()),
        request_id = error.request_id(),
        ms = milliseconds(elapsed),
        bytes = sent.bytes,
        %error,
        retry_after_ms,
        gave_up,
        "attempt failed",
    );
}

#[cfg(not(feature = "tracing"))]
pub(crate) fn failed(_: &Context, _: &Error, _: Duration, _: &Sent, _: &Decision) {}

/// Reports a successful attempt. An object's content has not been read yet.
#[cfg(feature = "tracing")]
pub(crate) fn succeeded(
    span: &Span,
    context: &Context,
    response: (StatusCode, Option<&str>),
    elapsed: Duration,
    sent: &Sent<'_>,
) {
    let _entered = span.enter();
    tracing::debug!(
        target: "slim_s3",
        operation = context.operation,
        bucket = context.bucket,
        key = context.key,
        method = sent.method,
        url = sent.url,
        attempt = context.attempts,
        status = response.0.as_u16(),
        request_id = response.1,
        ms = milliseconds(elapsed),
        bytes = sent.bytes,
        "attempt succeeded",
    );
}

#[cfg(not(feature = "tracing"))]
pub(crate) fn succeeded(
    _: &Span,
    _: &Context,
    _: (StatusCode, Option<&str>),
    _: Duration,
    _: &Sent,
) {
}

/// Warns about a file of keys that other users can read.
#[cfg(all(feature = "credentials", feature = "tracing"))]
pub(crate) fn exposed_file(path: &str) {
    tracing::warn!(target: "slim_s3", path, "other users can read this file of keys: chmod 600");
}

#[cfg(all(feature = "credentials", not(feature = "tracing")))]
pub(crate) fn exposed_file(_: &str) {}

#[cfg(feature = "tracing")]
fn milliseconds(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}
