//! Lost responses: the store executes the request, but the client does not receive the response. Errors distinguish
//! unknown outcomes from known ones.

mod buckets;
mod multipart;
mod objects;

use slim_s3::error::TransportKind;
use slim_s3::{Client, Error, RetryPolicy};

use crate::support::proxy::{Fault, Proxy};
use crate::support::script::transport_kind;

/// A client with the default retries, whose first request has the fault.
fn retrying(fault: Fault) -> Client {
    Proxy::with_first_fault(fault).client()
}

/// The same client without retries.
fn without_retries(fault: Fault) -> Client {
    let builder = Proxy::with_first_fault(fault).builder();
    builder.retry(RetryPolicy::none()).build().unwrap()
}

/// Asserts that the error leaves the outcome open: the retry was rejected, possibly because the first attempt succeeded.
/// It must not look like a rejection by the store.
#[track_caller]
fn assert_unsettled(error: &Error, rejection: &str) {
    assert_eq!(transport_kind(error), TransportKind::Unsettled, "{error}");
    assert!(error.is_outcome_unknown(), "{error}");
    let looks_like_rejection =
        error.is_precondition_failed() || error.is_not_found() || error.is_retryable();
    assert!(!looks_like_rejection && error.code().is_none(), "{error}");
    assert!(error.to_string().contains(rejection), "{error}");
    assert_eq!(error.context().attempts, 2, "{error}");
    // The source is the rejection itself, with its request ID.
    let cause = std::error::Error::source(error).unwrap();
    let cause = cause.downcast_ref::<Error>().unwrap();
    assert!(cause.to_string().contains(rejection), "{cause}");
}

/// Asserts that the outcome is unknown because the response to the only attempt was lost.
#[track_caller]
fn assert_unknown(error: &Error) {
    assert!(matches!(error, Error::Transport(_)), "{error}");
    assert!(
        error.is_outcome_unknown() && error.is_retryable(),
        "{error}"
    );
    assert_eq!(error.context().attempts, 1, "{error}");
}
