//! What is tried again, and after how long. Pure: time, randomness and the budget come from outside.
//!
//! The policy is that of AWS's SDKs in their standard mode (2.1): few attempts, delays that double and are drawn at
//! random below their limit, and a budget that all calls of a client share, so that a store that fails for everybody is
//! not asked three times as much as one that works.
//!
//! <https://docs.aws.amazon.com/sdkref/latest/guide/feature-retry-behavior.html>
//! <https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/>
#![cfg_attr(not(feature = "reqwest"), allow(dead_code))]

pub(crate) mod outcome;

use std::time::Duration;

use crate::error::{Error, ServiceError, Stage, TransportKind};

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
            Decision::Again { delay, .. } => Some(delay),
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
            Kind::Final => return Decision::GiveUp(None),
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
        Decision::Again { delay, cost }
    }
}

pub(crate) const TOO_LATE: &str = "the time for further attempts has run out";

/// How much longer than the policy's own delay a store's wish is heeded.
const LONGEST_WISH: Duration = Duration::from_secs(5);

/// What an attempt has failed with, as far as it matters here.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) struct Failure {
    pub(crate) kind: Kind,
    /// Whether an earlier attempt of the call has failed so, if that is of the kind that is tried again once.
    pub(crate) has_happened: bool,
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

impl Failure {
    pub(crate) fn of(error: &Error) -> Failure {
        let retry_after = error.service().and_then(|error| error.retry_after);
        Failure {
            kind: kind(error),
            has_happened: false,
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
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::*;

    /// An error with this status, code and header, as it is read from an answer.
    fn refusal(status: u64, code: Option<&str>, headers: &[(&str, &str)]) -> Error {
        let request = crate::request::Request::bucket(http::Method::PUT, "bucket");
        let mut answer = http::Response::builder().status(u16::try_from(status).unwrap());
        for (name, value) in headers {
            answer = answer.header(*name, *value);
        }
        let body = code.map_or(String::new(), |code| {
            format!("<Error><Code>{code}</Code></Error>")
        });
        let answer = answer.body(bytes::Bytes::from(body)).unwrap();
        <crate::operation::CreateBucket as crate::call::Operation>::receive(&request, answer)
            .unwrap_err()
    }

    fn seconds(value: &Value) -> Duration {
        Duration::from_secs_f64(value.as_f64().unwrap())
    }

    fn is_close(one: Duration, two: Duration) -> bool {
        one.abs_diff(two) < Duration::from_micros(1)
    }

    /// Delays that botocore gives: `fixtures/retry.json`.
    #[test]
    fn delays() {
        let fixture = include_str!("../../fixtures/retry.json");
        let fixture: Value = serde_json::from_str(fixture).unwrap();
        let policy = RetryPolicy {
            max_attempts: u32::MAX,
            ..RetryPolicy::default()
        };
        let usual = RetryPolicy::default();
        assert_eq!(
            fixture["max_attempts"].as_u64(),
            Some(usual.max_attempts.into())
        );
        let bucket = &fixture["token_bucket"];
        assert_eq!(bucket["capacity"].as_u64(), Some(usual.budget.into()));
        let rows = fixture["delays"].as_array().unwrap();
        for row in rows {
            let is_throttled = row["throttling"].as_bool().unwrap();
            let said = row["x_amz_retry_after_ms"]
                .as_u64()
                .map(|said| said.to_string());
            let headers: Vec<_> = said
                .iter()
                .map(|said| ("x-amz-retry-after", said.as_str()))
                .collect();
            let error = refusal(500, is_throttled.then_some("SlowDown"), &headers);
            let retry = u32::try_from(row["retry"].as_u64().unwrap()).unwrap();
            let delay = policy
                .delay(retry, &error, row["random"].as_f64().unwrap())
                .unwrap();
            assert!(
                is_close(delay, seconds(&row["delay_seconds"])),
                "{row}: {delay:?}"
            );
        }
        assert_eq!(rows.len(), 288);
        println!("retry.json: {} rows", rows.len());
    }

    /// One call of a conformance suite.
    #[derive(Default)]
    struct Played {
        failed: u32,
        cost: Option<u32>,
    }

    impl Played {
        /// The answers it gets, one after the other, and what comes of each.
        fn play(&mut self, policy: &RetryPolicy, budget: &mut Budget, steps: &[Value], id: &str) {
            for step in steps {
                let (response, expected) = (&step["response"], &step["expected"]);
                let status = response["status_code"].as_u64().unwrap();
                let outcome = expected["outcome"].as_str().unwrap();
                if status == 200 {
                    budget.give_back(self.cost);
                    assert_eq!(outcome, "success", "{id}");
                    *self = Played::default();
                } else {
                    let headers = response["headers"].as_object().into_iter().flatten();
                    let headers: Vec<_> = headers
                        .map(|(name, value)| (name.as_str(), value.as_str().unwrap()))
                        .collect();
                    let error = refusal(status, response["error_code"].as_str(), &headers);
                    self.failed += 1;
                    let failure = Failure::of(&error);
                    match policy.decide(self.failed, failure, Duration::ZERO, budget, 1.0) {
                        Decision::Again { delay, cost } => {
                            assert_eq!(outcome, "retry_request", "{id}");
                            let expected = &expected["delay"];
                            let is_right = expected.is_null() || is_close(delay, seconds(expected));
                            assert!(is_right, "{id}: {delay:?}");
                            self.cost = Some(cost);
                        }
                        Decision::GiveUp(reason) => {
                            let expected = match reason {
                                None => "max_attempts_exceeded",
                                Some(_) => "retry_quota_exceeded",
                            };
                            assert_eq!(outcome, expected, "{id}");
                            *self = Played::default();
                        }
                    }
                }
                if let Some(quota) = expected["retry_quota"].as_u64() {
                    assert_eq!(u64::from(budget.tokens), quota, "{id}");
                }
            }
        }
    }

    /// The conformance suites of AWS's standard mode 2.1, which this policy follows, and what other clients try again.
    #[test]
    fn suites() {
        let Ok(folder) = std::env::var("SLIM_S3_VECTORS") else {
            println!("skipped: SLIM_S3_VECTORS is not set");
            return;
        };
        let text = std::fs::read_to_string(format!("{folder}/retry.jsonl")).unwrap();
        let mut ran = std::collections::BTreeMap::new();
        for line in text.lines() {
            let row: Value = serde_json::from_str(line).unwrap();
            let (id, suite) = (row["id"].as_str().unwrap(), row["suite"].as_str().unwrap());
            let given = &row["given"];
            let number = |name: &str| {
                given[name]
                    .as_u64()
                    .map(|value| u32::try_from(value).unwrap())
            };
            let mut policy = RetryPolicy::default();
            policy.max_attempts = number("max_attempts").unwrap_or(policy.max_attempts);
            if given["max_backoff_time"].is_number() {
                policy.max_delay = seconds(&given["max_backoff_time"]);
            }
            let mut budget = Budget::new(500);
            budget.tokens = number("initial_retry_tokens").unwrap_or(500);
            match suite {
                "standard-2.1" | "standard-2.1-multi-invocation" => {
                    let steps = row["responses"].as_array().unwrap();
                    Played::default().play(&policy, &mut budget, steps, id);
                }
                // The second call runs while the first waits for its last attempt, as their figures say.
                "standard-2.1-multi-thread" => {
                    let threads = row["threads"].as_array().unwrap();
                    let first = threads[0].as_array().unwrap();
                    let (last, before) = first.split_last().unwrap();
                    let mut call = Played::default();
                    call.play(&policy, &mut budget, before, id);
                    for other in &threads[1..] {
                        let steps = other.as_array().unwrap();
                        Played::default().play(&policy, &mut budget, steps, id);
                    }
                    call.play(&policy, &mut budget, std::slice::from_ref(last), id);
                    let end = row["expected_final_quota"].as_u64().unwrap();
                    assert_eq!(u64::from(budget.tokens), end, "{id}");
                }
                "retry-after" => {
                    let headers: Vec<_> = row["header"].as_object().unwrap().iter().collect();
                    let (name, value) = headers[0];
                    let error = refusal(500, None, &[(name.as_str(), value.as_str().unwrap())]);
                    let delay = policy.delay(1, &error, 1.0).unwrap();
                    assert!(
                        is_close(delay, seconds(&row["expect_delay"])),
                        "{id}: {delay:?}"
                    );
                }
                "backoff" if id.ends_with("v2.1") => {
                    policy.max_attempts = u32::MAX;
                    let delays = row["delays"].as_array().unwrap();
                    for (attempt, expected) in (1..).zip(delays) {
                        let delay = policy
                            .delay(attempt, &refusal(500, None, &[]), 1.0)
                            .unwrap();
                        assert!(is_close(delay, seconds(expected)), "{id}: {delay:?}");
                    }
                }
                // Errors of connections are the transport's to make, and a success has none to look at.
                "classify" if row["status"].as_u64() == Some(200) => continue,
                "classify" if row["io_error"].is_string() => continue,
                "classify" => classify(&row),
                // Mode 2.0 has other figures, and this policy sends at no rate of its own.
                "standard-2.0" | "adaptive-cubic" | "adaptive-e2e" | "backoff" => continue,
                other => panic!("{other} is a suite that nobody has looked at"),
            }
            *ran.entry(suite.to_owned()).or_insert(0) += 1;
        }
        let rows: u32 = ran.values().sum();
        println!("retry.jsonl: {rows} rows: {ran:?}");
        let expected = [
            ("backoff", 1),
            ("classify", 62),
            ("retry-after", 5),
            ("standard-2.1", 12),
            ("standard-2.1-multi-invocation", 1),
            ("standard-2.1-multi-thread", 1),
        ];
        assert_eq!(ran.len(), expected.len(), "{ran:?}");
        for (suite, count) in expected {
            assert_eq!(ran.get(suite), Some(&count), "{suite}");
        }
    }

    fn classify(row: &Value) {
        let (id, code) = (row["id"].as_str().unwrap(), row["error_code"].as_str());
        let expected = row["expect"].as_bool().unwrap();
        let status = row["status"].as_u64().unwrap_or(400);
        let found = kind(&refusal(status, code, &[]));
        let is_as_expected = match row["kind"].as_str().unwrap() {
            "throttling" => (found == Kind::Throttled) == expected,
            // A code that is among both is throttling to this policy, which also tries it again.
            "transient" if code == Some("PriorRequestNotComplete") => found == Kind::Throttled,
            "transient" => (found == Kind::Transient) == expected,
            // With other credentials: the correction does that.
            "minio-go-code" if code.is_some_and(|code| code.starts_with("ExpiredToken")) => {
                found == Kind::Final
            }
            _ => (found != Kind::Final) == expected,
        };
        assert!(is_as_expected, "{id}: {found:?}");
    }

    #[test]
    fn what_is_never_tried_again() {
        for (status, code) in [
            (403, "AccessDenied"),
            (403, "SignatureDoesNotMatch"),
            (404, "NoSuchKey"),
            (404, "NoSuchBucket"),
            (409, "BucketAlreadyExists"),
            (412, "PreconditionFailed"),
            (416, "InvalidRange"),
            (501, "NotImplemented"),
            (507, "InsufficientStorage"),
            (200, "AccessDenied"),
        ] {
            let error = refusal(status, Some(code), &[]);
            assert_eq!(kind(&error), Kind::Final, "{error}");
            assert!(!error.is_retryable());
        }
        for status in [
            301, 304, 307, 400, 403, 404, 405, 409, 411, 412, 413, 416, 501, 505, 507,
        ] {
            assert_eq!(kind(&refusal(status, None, &[])), Kind::Final, "{status}");
        }
    }

    /// What MinIO says when it is not ready, or cannot do it now.
    #[test]
    fn codes_of_minio() {
        for (status, code, expected) in [
            (503, "XMinioServerNotInitialized", Kind::Transient),
            (503, "SlowDownWrite", Kind::Throttled),
            (503, "SlowDownRead", Kind::Throttled),
            (503, "RequestTimeout", Kind::Transient),
            (400, "RequestTimeout", Kind::Transient),
            (429, "TooManyRequests", Kind::Throttled),
            (499, "ClientDisconnected", Kind::Transient),
        ] {
            assert_eq!(kind(&refusal(status, Some(code), &[])), expected, "{code}");
        }
    }

    #[test]
    fn seconds_and_dates_of_retry_after() {
        let date = "Thu, 02 Jan 2025 03:04:05 GMT";
        for (headers, expected) in [
            (&[("retry-after", "60")][..], Some(60_000)),
            (
                &[("retry-after", "60"), ("x-amz-retry-after", "1500")],
                Some(1_500),
            ),
            (
                &[
                    ("retry-after", "Thu, 02 Jan 2025 03:04:08 GMT"),
                    ("date", date),
                ],
                Some(3_000),
            ),
            (
                &[
                    ("retry-after", "Thu, 02 Jan 2025 03:04:01 GMT"),
                    ("date", date),
                ],
                Some(0),
            ),
            (&[("retry-after", "Thu, 02 Jan 2025 03:04:08 GMT")], None),
            (&[("retry-after", "soon")], None),
            (&[("retry-after", "-1")], None),
        ] {
            let found = Failure::of(&refusal(503, None, headers)).retry_after;
            assert_eq!(found, expected.map(Duration::from_millis), "{headers:?}");
        }
        // 60 s, which MinIO says whatever has happened, are 5.
        let minio = refusal(503, None, &[("retry-after", "60")]);
        let delay = RetryPolicy::default().delay(1, &minio, 0.0);
        assert_eq!(delay, Some(Duration::from_secs(5)));
    }

    #[test]
    fn limits_of_a_policy() {
        let busy = Failure {
            kind: Kind::Transient,
            has_happened: false,
            retry_after: None,
        };
        let decide = |policy: RetryPolicy, attempt, failure, elapsed| {
            policy.decide(
                attempt,
                failure,
                Duration::from_secs(elapsed),
                &mut Budget::new(500),
                1.0,
            )
        };
        let policy = RetryPolicy {
            give_up_after: Some(Duration::from_secs(9)),
            ..RetryPolicy::default()
        };
        assert!(matches!(decide(policy, 1, busy, 8), Decision::Again { .. }));
        assert!(matches!(
            decide(policy, 1, busy, 9),
            Decision::GiveUp(Some(_))
        ));
        assert_eq!(
            decide(RetryPolicy::none(), 1, busy, 0),
            Decision::GiveUp(None)
        );
        let once = Failure {
            kind: Kind::Once,
            ..busy
        };
        assert!(matches!(decide(policy, 1, once, 0), Decision::Again { .. }));
        assert!(matches!(decide(policy, 2, once, 0), Decision::Again { .. }));
        let twice = Failure {
            has_happened: true,
            ..once
        };
        assert!(matches!(
            decide(policy, 2, twice, 0),
            Decision::GiveUp(Some(_))
        ));
        // Nothing here can overflow.
        let longest = RetryPolicy {
            max_attempts: u32::MAX,
            base_delay: Duration::MAX,
            max_delay: Duration::MAX / 2,
            ..policy
        };
        for attempt in [0, 1, 31, 32, 33, u32::MAX - 1] {
            let failure = Failure {
                retry_after: Some(Duration::MAX),
                ..busy
            };
            assert!(matches!(
                decide(longest, attempt, failure, 0),
                Decision::GiveUp(Some(_))
            ));
        }
    }
}
