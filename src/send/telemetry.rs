//! One span for each call and one event for each attempt, for who listens with the crate `tracing`; the only file that
//! names it. Without the feature `tracing` nothing of this is compiled in.
//!
//! The fields are what the errors have too. No header, query or body is among them, so no secret can be.

use std::future::Future;
use std::time::Duration;

use http::StatusCode;

use crate::error::{Context, Error};
use crate::request::Request;
use crate::retry::Decision;

#[cfg(feature = "tracing")]
pub(crate) use tracing::Span;

#[cfg(not(feature = "tracing"))]
#[derive(Clone)]
pub(crate) struct Span;

/// The span of a call, below the one that the caller is in.
#[cfg(feature = "tracing")]
pub(crate) fn span(context: &Context) -> Span {
    tracing::debug_span!(
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

/// The future, within the span whenever it runs.
#[cfg(feature = "tracing")]
pub(crate) fn within<F: Future>(span: Span, future: F) -> impl Future<Output = F::Output> {
    tracing::Instrument::instrument(future, span)
}

#[cfg(not(feature = "tracing"))]
pub(crate) fn within<F: Future>(_: Span, future: F) -> F {
    future
}

/// An attempt that has failed, and whether there is to be another.
#[cfg(feature = "tracing")]
pub(crate) fn failed(
    context: &Context,
    error: &Error,
    elapsed: Duration,
    request: &Request,
    decision: &Decision,
) {
    let (again_after_ms, not_again) = match decision {
        Decision::Retry { delay, .. } => (Some(milliseconds(*delay)), None),
        Decision::GiveUp(reason) => (None, *reason),
    };
    tracing::debug!(
        operation = context.operation,
        bucket = context.bucket,
        key = context.key,
        attempt = context.attempts,
        status = error.status().map(|status| status.as_u16()),
        request_id = error.request_id(),
        ms = milliseconds(elapsed),
        bytes = request.body.len(),
        %error,
        again_after_ms,
        not_again,
        "attempt failed",
    );
}

#[cfg(not(feature = "tracing"))]
pub(crate) fn failed(_: &Context, _: &Error, _: Duration, _: &Request, _: &Decision) {}

/// The attempt that has succeeded. With an object to be read, its bytes are still to come.
#[cfg(feature = "tracing")]
pub(crate) fn succeeded(
    span: &Span,
    context: &Context,
    answer: (StatusCode, Option<&str>),
    elapsed: Duration,
    request: &Request,
) {
    let _entered = span.enter();
    tracing::debug!(
        operation = context.operation,
        bucket = context.bucket,
        key = context.key,
        attempt = context.attempts,
        status = answer.0.as_u16(),
        request_id = answer.1,
        ms = milliseconds(elapsed),
        bytes = request.body.len(),
        "attempt succeeded",
    );
}

#[cfg(not(feature = "tracing"))]
pub(crate) fn succeeded(
    _: &Span,
    _: &Context,
    _: (StatusCode, Option<&str>),
    _: Duration,
    _: &Request,
) {
}

#[cfg(feature = "tracing")]
fn milliseconds(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}
