//! What is tried again, and after how long. Pure: time, randomness and the budget come from outside.
//!
//! The policy is that of AWS's SDKs in their standard mode (2.1): few attempts, delays that double and are drawn at
//! random below their limit, and a budget that all calls of a client share, so that a store that fails for everybody is
//! not asked three times as much as one that works.
//!
//! <https://docs.aws.amazon.com/sdkref/latest/guide/feature-retry-behavior.html>
//! <https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/>
#![cfg_attr(not(feature = "reqwest"), allow(dead_code))]

use std::time::Duration;

use crate::error::{Context, Error, ServiceError, Stage, TransportKind};

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
    /// Nothing is tried again.
    pub const fn none() -> RetryPolicy {
        RetryPolicy {
            max_attempts: 1,
            base_delay: Duration::ZERO,
            throttled_delay: Duration::ZERO,
            max_delay: Duration::ZERO,
            give_up_after: None,
            budget: 0,
        }
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
        match self.decide(attempt.max(1), failure, Duration::ZERO, u32::MAX, random) {
            Decision::GiveUp(_) => None,
            Decision::Again { delay, .. } => Some(delay),
        }
    }

    /// What comes after a failed attempt, the `attempt`th.
    pub(crate) fn decide(
        &self,
        attempt: u32,
        failure: Failure,
        elapsed: Duration,
        tokens: u32,
        random: f64,
    ) -> Decision {
        let (base, cost) = match failure.kind {
            Kind::Final => return Decision::GiveUp(None),
            Kind::Once if attempt > 1 => return Decision::GiveUp(None),
            Kind::Once | Kind::Transient => (self.base_delay, 14),
            Kind::Throttled => (self.throttled_delay, 5),
        };
        if attempt >= self.max_attempts {
            return Decision::GiveUp(None);
        }
        if tokens < cost {
            return Decision::GiveUp(Some(
                "too many calls of this client have failed of late, and its budget for retries is used up",
            ));
        }
        let doubled = 1_u32
            .checked_shl(attempt.saturating_sub(1))
            .unwrap_or(u32::MAX);
        let longest = base.saturating_mul(doubled).min(self.max_delay);
        let delay = longest.mul_f64(random.clamp(0.0, 1.0));
        let delay = match failure.retry_after {
            Some(said) => said.clamp(delay, delay + LONGEST_WISH),
            None => delay,
        };
        if self
            .give_up_after
            .is_some_and(|limit| elapsed.saturating_add(delay) > limit)
        {
            return Decision::GiveUp(Some("the time for further attempts has run out"));
        }
        Decision::Again { delay, cost }
    }
}

/// How much longer than the policy's own delay a store's wish is heeded.
const LONGEST_WISH: Duration = Duration::from_secs(5);

/// What an attempt has failed with, as far as it matters here.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) struct Failure {
    pub(crate) kind: Kind,
    /// How long the store wants to be left alone.
    pub(crate) retry_after: Option<Duration>,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Kind {
    /// The next attempt would fail as well.
    Final,
    /// May be mended by one more attempt; the second time it is no accident.
    Once,
    /// May be mended by time.
    Transient,
    /// The store is asked too much.
    Throttled,
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Decision {
    /// With the reason, if it is none that the error itself tells.
    GiveUp(Option<&'static str>),
    Again {
        delay: Duration,
        cost: u32,
    },
}

/// What a call that succeeds gives back to the budget: what its last retry has cost, or one token if it needed none.
pub(crate) fn refund(cost: Option<u32>) -> u32 {
    cost.unwrap_or(1)
}

impl Failure {
    pub(crate) fn of(error: &Error) -> Failure {
        let retry_after = error.service().and_then(|error| error.retry_after);
        Failure {
            kind: kind(error),
            retry_after,
        }
    }
}

fn kind(error: &Error) -> Kind {
    match error {
        Error::Invalid(_) => Kind::Final,
        // A success that breaks off is none, as far as one can see.
        Error::Malformed(error) if error.is_cut => Kind::Transient,
        Error::Malformed(_) => Kind::Final,
        Error::Transport(error) => match error.kind {
            _ if error.is_final => Kind::Final,
            TransportKind::Body | TransportKind::Unsettled => Kind::Final,
            // What it mostly means is that the store refuses, and does not wait until it is heard.
            TransportKind::Broken(Stage::Sending) => Kind::Once,
            _ => Kind::Transient,
        },
        Error::Service(error) => kind_of_refusal(error),
    }
}

/// The code decides; without one, or with one that says nothing about trying again, the status.
fn kind_of_refusal(error: &ServiceError) -> Kind {
    let code = if error.code_is_inferred {
        ""
    } else {
        error.code.as_str()
    };
    match code {
        "BandwidthLimitExceeded"
        | "EC2ThrottledException"
        | "LimitExceededException"
        | "PriorRequestNotComplete"
        | "ProvisionedThroughputExceededException"
        | "RequestLimitExceeded"
        | "RequestThrottled"
        | "RequestThrottledException"
        | "ServerBusy"
        | "SlowDown"
        | "SlowDownRead"
        | "SlowDownWrite"
        | "ThrottledException"
        | "Throttling"
        | "ThrottlingException"
        | "TooManyRequests"
        | "TooManyRequestsException"
        | "TransactionInProgressException" => return Kind::Throttled,
        "Busy"
        | "IncompleteBody"
        | "InternalError"
        | "InternalErrors"
        | "OperationAborted"
        | "RequestError"
        | "RequestTimeout"
        | "RequestTimeoutException"
        | "ServiceUnavailable" => return Kind::Transient,
        // A race with another writer. An upload in parts cannot be completed after one.
        "ConditionalRequestConflict" if error.context.operation != "CompleteMultipartUpload" => {
            return Kind::Transient;
        }
        // What has come to harm on its way; or the sum is wrong.
        "BadDigest" => return Kind::Once,
        _ => {}
    }
    match error.status.as_u16() {
        429 => Kind::Throttled,
        // 499 and from 509 on: what proxies and gateways say.
        // Inside of a success; with a code, the code has decided.
        200 if error.code_is_inferred => Kind::Transient,
        408 | 499 | 500 | 502 | 503 | 504 | 509 | 520..=524 => Kind::Transient,
        _ => Kind::Final,
    }
}

impl Error {
    /// Whether the same call may succeed if it is made again after a while: the network broke, or the store was busy.
    /// It has been made again already, as often as the client's [`RetryPolicy`] says.
    pub fn is_retryable(&self) -> bool {
        kind(self) != Kind::Final
    }

    /// Whether nobody knows what the call has done: it was to change something, and an answer that would have told was
    /// lost, or says that something went wrong inside of the store. Look before making the call again, where that
    /// matters. Otherwise a call that fails has done nothing, and one that succeeds has done what it was asked for.
    ///
    /// | call | to find out |
    /// |---|---|
    /// | PutObject, CopyObject, CompleteMultipartUpload | HeadObject: the ETag, the size, or a metadata entry of your own |
    /// | PutObject and others under a condition | the same; if an answer was lost and the next attempt did not meet its condition, the error is [`TransportKind::Unsettled`] and not [`is_precondition_failed`](Error::is_precondition_failed): the object that is in the way may be one's own |
    /// | DeleteObject, DeleteObjects, DeleteBucket, tags, versioning | make the call again; it does no harm, but for one more delete marker in a bucket that keeps versions |
    /// | CreateBucket | make the call again: `BucketAlreadyOwnedByYou` means that the bucket is there, and yours |
    /// | UploadPart, UploadPartCopy | send the part again under its number |
    /// | CreateMultipartUpload | ListMultipartUploads: an upload may be left over |
    pub fn is_outcome_unknown(&self) -> bool {
        let context = self.context();
        context.changes && (context.lost_answer || may_be_done(self))
    }
}

/// Whether a failed attempt may have done at the store what it was to do.
pub(crate) fn may_be_done(error: &Error) -> bool {
    match error {
        Error::Invalid(_) => false,
        // It was a success.
        Error::Malformed(_) => true,
        Error::Transport(error) => match error.kind {
            TransportKind::Connect | TransportKind::Body | TransportKind::Credentials => false,
            // A body that has not gone out whole is never taken for a whole one.
            TransportKind::Broken(stage) | TransportKind::Stalled(stage) => stage != Stage::Sending,
            TransportKind::Unsettled => true,
        },
        // A gateway's words, or a store that does not know how far it came.
        Error::Service(error) => match error.status.as_u16() {
            200 => kind_of_refusal(error) != Kind::Final,
            status => matches!(status, 500 | 502 | 504 | 509 | 520..=524),
        },
    }
}

/// Whether a refusal may be the doing of the call's own earlier attempt, whose answer was lost: the object that is in
/// the way, the bucket that is there already, the upload that is gone.
pub(crate) fn may_be_ones_own_doing(context: &Context, error: &Error) -> bool {
    let status = error.service().map(|error| error.status.as_u16());
    context.changes && context.lost_answer && matches!(status, Some(404 | 409 | 412))
}
