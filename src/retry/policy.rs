//! How often a call is retried, and after which delay. Pure: time, randomness and the budget are arguments.

use std::time::Duration;

use super::classify::{Failure, FailureKind};
use crate::error::Error;

/// How often a call is retried, and after which delays. `ClientBuilder::retry` sets it for a client, `Call::retry` for one
/// call.
///
/// A retry is made only where another attempt may succeed: after a broken connection, a timeout, throttling, or a server
/// error. Permanent errors (403, 404, 412 and the like) are returned immediately. A stream that was partly consumed
/// cannot be replayed, so its call is not retried. Every attempt is signed anew, with the current time and
/// credentials.
///
/// ```
/// use std::time::Duration;
/// use slim_s3::RetryPolicy;
///
/// let patient = RetryPolicy {
///     max_attempts: 10,
///     give_up_after: Some(Duration::from_secs(120)),
///     ..RetryPolicy::default()
/// };
/// let off = RetryPolicy::none();
/// assert_eq!(off.max_attempts, 1);
/// ```
#[doc(alias = "Config.retries")]
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[allow(clippy::exhaustive_structs)]
pub struct RetryPolicy {
    /// The maximum number of attempts, including the first: 3 by default. 1 and 0 turn retries off.
    pub max_attempts: u32,
    /// The upper bound of the delay before the second attempt: 50 ms by default. It doubles with each attempt. The delay is
    /// drawn at random between zero and the bound.
    pub base_delay: Duration,
    /// The same after a throttling error: 1 s by default.
    pub throttled_delay: Duration,
    /// The upper limit of that bound: 20 s by default. A delay that the server asks for (`x-amz-retry-after`,
    /// `Retry-After`) is honoured up to 5 s above this policy's own delay: some stores ask for 60 s after every error.
    pub max_delay: Duration,
    /// No attempt starts later than this after the start of the first one. Unlimited by default.
    pub give_up_after: Option<Duration>,
    /// The capacity of the client's retry budget in tokens: 500 by default. A retry takes 14 tokens, or 5 after throttling,
    /// and returns them if it succeeds or is dropped. A call that succeeds without a retry returns one token. Once the budget is
    /// empty, calls are not retried. All clones of a client share one budget, so the policy of a single call does not
    /// change it. With `u32::MAX`, calls are retried without a budget.
    pub budget: u32,
}

impl Default for RetryPolicy {
    fn default() -> RetryPolicy {
        RetryPolicy {
            max_attempts: 3,
            base_delay: Duration::from_millis(50),
            throttled_delay: Duration::from_secs(1),
            max_delay: Duration::from_secs(20),
            give_up_after: None,
            budget: 500,
        }
    }
}

impl RetryPolicy {
    /// No retries, not even with a corrected clock or region, or new credentials.
    pub fn none() -> RetryPolicy {
        RetryPolicy {
            max_attempts: 1,
            ..RetryPolicy::default()
        }
    }

    /// Retries transient failures for up to `limit`, however many attempts that takes, and without a budget: for a store
    /// that restarts, or a device that is offline for minutes.
    ///
    /// ```
    /// use std::time::Duration;
    /// use slim_s3::RetryPolicy;
    ///
    /// let policy = RetryPolicy::patient(Duration::from_secs(10 * 60));
    /// assert_eq!(policy.give_up_after, Some(Duration::from_secs(600)));
    /// ```
    pub fn patient(limit: Duration) -> RetryPolicy {
        RetryPolicy {
            max_attempts: u32::MAX,
            give_up_after: Some(limit),
            budget: u32::MAX,
            ..RetryPolicy::default()
        }
    }

    /// Whether it is too late for another attempt.
    pub(crate) fn is_too_late(&self, elapsed: Duration) -> bool {
        self.give_up_after.is_some_and(|limit| elapsed > limit)
    }

    /// The delay after the failed attempt number `attempt`, counted from 1; `None` if there should be no other attempt.
    ///
    /// This is for requests that you send with another HTTP client. Unlike `send`, it counts neither the budget nor the
    /// time already spent. `random` is a number from 0 to 1.
    ///
    /// ```
    /// use std::time::Duration;
    /// use slim_s3::operation::PutObject;
    /// use slim_s3::{Operation, Request, RetryPolicy};
    ///
    /// let request = Request::object(http::Method::PUT, "photos", "cat.jpg");
    /// let busy = http::Response::builder()
    ///     .status(503)
    ///     .header("retry-after", "2")
    ///     .body(bytes::Bytes::new())
    ///     .unwrap();
    /// let error = PutObject::parse_http(&request, busy).unwrap_err();
    ///
    /// let policy = RetryPolicy::default();
    /// assert_eq!(policy.delay(1, &error, 0.5), Some(Duration::from_secs(2)));
    /// assert_eq!(policy.delay(3, &error, 0.5), None);
    /// ```
    pub fn delay(&self, attempt: u32, error: &Error, random: f64) -> Option<Duration> {
        let failure = Failure::of(error);
        let mut unlimited = Budget::new(u32::MAX);
        match self.decide(attempt, failure, Duration::ZERO, &mut unlimited, random) {
            Decision::GiveUp(_) => None,
            Decision::Retry { delay, .. } => Some(delay),
        }
    }

    /// Decides what follows the failed attempt number `attempt`, counted from 1.
    pub(crate) fn decide(
        &self,
        attempt: u32,
        failure: Failure,
        elapsed: Duration,
        budget: &mut Budget,
        random: f64,
    ) -> Decision {
        let (base, cost) = match failure.kind {
            FailureKind::Permanent => return Decision::GiveUp(None),
            FailureKind::Once if failure.has_happened => {
                return Decision::GiveUp(Some("such failures are retried only once"));
            }
            FailureKind::Once | FailureKind::Transient => (self.base_delay, 14),
            FailureKind::Throttled => (self.throttled_delay, 5),
        };
        if attempt >= self.max_attempts {
            return Decision::GiveUp(None);
        }
        let doubled = 1_u32
            .checked_shl(attempt.saturating_sub(1))
            .unwrap_or(u32::MAX);
        let longest = base.saturating_mul(doubled).min(self.max_delay);
        let seconds = longest.as_secs_f64() * random.clamp(0.0, 1.0);
        let delay = Duration::try_from_secs_f64(seconds).unwrap_or(longest);
        let delay = match failure.retry_after {
            Some(asked) => asked.clamp(delay, delay.saturating_add(MAX_EXTENSION)),
            None => delay,
        };
        if self.is_too_late(elapsed.saturating_add(delay)) {
            return Decision::GiveUp(Some(TOO_LATE));
        }
        if self.budget == u32::MAX {
            return Decision::Retry { delay, cost: 0 };
        }
        if !budget.take(cost) {
            return Decision::GiveUp(Some(
                "the client's retry budget is used up by recent failures",
            ));
        }
        Decision::Retry { delay, cost }
    }
}

pub(crate) const TOO_LATE: &str = "the policy's give_up_after has passed";

/// How far a server can extend the policy's own delay.
const MAX_EXTENSION: Duration = Duration::from_secs(5);

#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Decision {
    /// With the reason, if the error itself does not show it.
    GiveUp(Option<&'static str>),
    Retry {
        delay: Duration,
        cost: u32,
    },
}

/// The tokens that all calls of a client share for their retries.
#[derive(Debug)]
pub(crate) struct Budget {
    pub(super) tokens: u32,
    capacity: u32,
}

impl Budget {
    pub(crate) fn new(capacity: u32) -> Budget {
        Budget {
            tokens: capacity,
            capacity,
        }
    }

    /// Takes the cost of a retry, if enough is left.
    fn take(&mut self, cost: u32) -> bool {
        let left = self.tokens.checked_sub(cost);
        self.tokens = left.unwrap_or(self.tokens);
        left.is_some()
    }

    /// Returns the cost of a successful call's last retry, or one token if the call needed no retry.
    pub(crate) fn give_back(&mut self, cost: Option<u32>) {
        let tokens = self.tokens.saturating_add(cost.unwrap_or(1));
        self.tokens = tokens.min(self.capacity);
    }
}
