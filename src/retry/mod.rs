//! The retry policy. Pure: no clock, no randomness and no I/O.
//!
//! It follows the standard mode (2.1) of AWS's SDKs: few attempts, exponential backoff with full jitter, and a budget
//! that all calls of a client share, so an overloaded store does not get three times the requests.
//!
//! <https://docs.aws.amazon.com/sdkref/latest/guide/feature-retry-behavior.html>
//! <https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/>
//!
//! Uses `error`. Start with [`RetryPolicy`].
#![cfg_attr(not(feature = "reqwest"), allow(dead_code, unused_imports))]

mod classify;
mod outcome;
mod policy;

pub(crate) use self::classify::{Failure, FailureKind};
pub(crate) use self::outcome::{may_be_caused_by_earlier_attempt, may_have_taken_effect};
pub use self::policy::RetryPolicy;
pub(crate) use self::policy::{Budget, Decision, TOO_LATE};

use std::sync::Arc;

use crate::error::FailedAttempt;

/// A callback for each failed attempt that is retried, with its number.
#[derive(Clone)]
pub(crate) struct OnRetry(pub(crate) Arc<TellRetry>);

type TellRetry = dyn Fn(u32, &FailedAttempt) + Send + Sync;

#[cfg(test)]
mod tests;

// Beside the other public conformance data. It is a unit test because it inspects the budget and the classification.
#[cfg(test)]
#[path = "../../tests/it/conformance/retry.rs"]
mod conformance;
