//! How often a call is retried, and after which delay. Pure: time, randomness and the budget are arguments.

use std::time::Duration;

use super::classify::{Failure, Kind};
use crate::error::Error;

/// How often a call is tried, and how long it waits in between. For a client: `ClientBuilder::retry`; for one call:
/// `Call::retry`.
///
/// Tried again is what a second attempt may mend: the network broke, the store was busy, the clock was wrong. What is
/// refused for good (403, 404, 412 and the like) is not, and neither is a stream that was read: it has nothing left to
/// send. Every attempt is signed anew, with the credentials and the time of that moment.
///
/// ```
/// use std::time::Duration;
/// use slim_s3::RetryPolicy;
///
/// let patient = RetryPolicy { max_attempts: 10, give_up_after: Some(Duration::from_secs(120)), ..RetryPolicy::default() };
/// let off = RetryPolicy::none();
/// assert_eq!(off.max_attempts, 1);
/// ```
#[doc(alias = "Config.retries")]
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[allow(clippy::exhaustive_structs)]
pub struct RetryPolicy {
    /// How often a request is sent at most, the first time included: 3 by default. 1 and 0 turn retries off.
    pub max_attempts: u32,
    /// The most that is waited before the second attempt: 50 ms by default. It doubles from attempt to attempt, and
    /// how much of it is waited is drawn at random.
    pub base_delay: Duration,
    /// The same where the store has said that it is asked too much: 1 s by default.
    pub throttled_delay: Duration,
    /// What the delays grow up to: 20 s by default. A store that names a time (`x-amz-retry-after`, `Retry-After`) is
    /// given it, but never more than 5 s above this policy's own delay: some stores say 60 s whatever has happened.
    pub max_delay: Duration,
    /// No attempt begins later than this after the first one began. No such limit by default.
    pub give_up_after: Option<Duration>,
    /// How many tokens the client begins with, and can have: 500 by default. A retry takes 14 of them, or 5 where the
    /// store is asked too much, and gives them back if it succeeds; so does every call that needs none, one token at a
    /// time. With none left, calls fail at their first failure. All clones of a client share them, and so a policy for one
    /// call does not change them.
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
    /// Nothing is tried again, and nothing put right: neither the clock nor the region.
    pub fn none() -> RetryPolicy {
        RetryPolicy {
            max_attempts: 1,
            ..RetryPolicy::default()
        }
    }

    /// Whether no attempt may begin any more.
    pub(crate) fn is_too_late(&self, elapsed: Duration) -> bool {
        self.give_up_after.is_some_and(|limit| elapsed > limit)
    }

    /// How long to wait after the `attempt`th attempt, which has failed, before the next one; `None` if there is to be none.
    /// For who sends requests with another HTTP client; `send` does so by itself, and heeds the budget too. `random` is a
    /// number from 0 to 1.
    ///
    /// ```
    /// use slim_s3::{Operation, PutObject, Request, RetryPolicy};
    ///
    /// let request = Request::object(http::Method::PUT, "photos", "cat.jpg");
    /// let busy = http::Response::builder().status(503).header("retry-after", "2").body(bytes::Bytes::new()).unwrap();
    /// let error = PutObject::receive(&request, busy).unwrap_err();
    /// assert_eq!(RetryPolicy::default().delay(1, &error, 0.5), Some(std::time::Duration::from_secs(2)));
    /// assert_eq!(RetryPolicy::default().delay(3, &error, 0.5), None);
    /// ```
    pub fn delay(&self, attempt: u32, error: &Error, random: f64) -> Option<Duration> {
        let failure = Failure::of(error);
        let mut unlimited = Budget::new(u32::MAX);
        match self.decide(attempt, failure, Duration::ZERO, &mut unlimited, random) {
            Decision::GiveUp(_) => None,
            Decision::Retry { delay, .. } => Some(delay),
        }
    }

    /// What comes after a failed attempt, the `attempt`th.
    pub(crate) fn decide(
        &self,
        attempt: u32,
        failure: Failure,
        elapsed: Duration,
        budget: &mut Budget,
        random: f64,
    ) -> Decision {
        let (base, cost) = match failure.kind {
            Kind::Permanent => return Decision::GiveUp(None),
            Kind::Once if failure.has_happened => {
                return Decision::GiveUp(Some("it was tried again, and the same has happened"));
            }
            Kind::Once | Kind::Transient => (self.base_delay, 14),
            Kind::Throttled => (self.throttled_delay, 5),
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
            Some(said) => said.clamp(delay, delay.saturating_add(LONGEST_WISH)),
            None => delay,
        };
        if self.is_too_late(elapsed.saturating_add(delay)) {
            return Decision::GiveUp(Some(TOO_LATE));
        }
        if !budget.take(cost) {
            return Decision::GiveUp(Some(
                "too many calls of this client have failed of late, and its budget for retries is used up",
            ));
        }
        Decision::Retry { delay, cost }
    }
}

pub(crate) const TOO_LATE: &str = "the time for further attempts has run out";

/// How much longer than the policy's own delay a store's wish is heeded.
const LONGEST_WISH: Duration = Duration::from_secs(5);

#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Decision {
    /// With the reason, if it is none that the error itself tells.
    GiveUp(Option<&'static str>),
    Retry {
        delay: Duration,
        cost: u32,
    },
}

/// What the calls of a client have for retries together.
#[derive(Debug)]
pub(crate) struct Budget {
    tokens: u32,
    most: u32,
}

impl Budget {
    pub(crate) fn new(most: u32) -> Budget {
        Budget { tokens: most, most }
    }

    /// Takes what a retry costs, if there is as much.
    fn take(&mut self, cost: u32) -> bool {
        let left = self.tokens.checked_sub(cost);
        self.tokens = left.unwrap_or(self.tokens);
        left.is_some()
    }

    /// What a call that succeeds gives back: what its last retry has cost, or one token if it needed none.
    pub(crate) fn give_back(&mut self, cost: Option<u32>) {
        let tokens = self.tokens.saturating_add(cost.unwrap_or(1));
        self.tokens = tokens.min(self.most);
    }
}
