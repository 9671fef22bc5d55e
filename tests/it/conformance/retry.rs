//! Retry conformance data: botocore's delays, and the suites of AWS's standard retry mode.
//!
//! Compiled as a unit test of `src/retry`, because it inspects the budget and the classification.

use std::time::Duration;

use serde_json::Value;

use super::classify::kind;
use super::tests::error_response;
use super::*;

fn seconds(value: &Value) -> Duration {
    Duration::from_secs_f64(value.as_f64().unwrap())
}

fn is_close(one: Duration, two: Duration) -> bool {
    one.abs_diff(two) < Duration::from_micros(1)
}

/// `fixtures/retry.json` contains the delays that botocore calculated.
#[test]
fn delays_match_botocore() {
    let fixture = include_str!("../../../fixtures/retry.json");
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
        let retry_after = row["x_amz_retry_after_ms"]
            .as_u64()
            .map(|milliseconds| milliseconds.to_string());
        let headers: Vec<_> = retry_after
            .iter()
            .map(|milliseconds| ("x-amz-retry-after", milliseconds.as_str()))
            .collect();
        let error = error_response(500, is_throttled.then_some("SlowDown"), &headers);
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

/// The state of one call of a conformance suite.
#[derive(Default)]
struct CallState {
    failed: u32,
    cost: Option<u32>,
}

impl CallState {
    /// Applies the responses in order and checks each decision.
    fn apply(&mut self, policy: &RetryPolicy, budget: &mut Budget, steps: &[Value], id: &str) {
        for step in steps {
            let (response, expected) = (&step["response"], &step["expected"]);
            let status = response["status_code"].as_u64().unwrap();
            let outcome = expected["outcome"].as_str().unwrap();
            if status == 200 {
                budget.give_back(self.cost);
                assert_eq!(outcome, "success", "{id}");
                *self = CallState::default();
            } else {
                let headers = response["headers"].as_object().into_iter().flatten();
                let headers: Vec<_> = headers
                    .map(|(name, value)| (name.as_str(), value.as_str().unwrap()))
                    .collect();
                let error = error_response(status, response["error_code"].as_str(), &headers);
                self.failed += 1;
                let failure = Failure::of(&error);
                match policy.decide(self.failed, failure, Duration::ZERO, budget, 1.0) {
                    Decision::Retry { delay, cost } => {
                        assert_eq!(outcome, "retry_request", "{id}");
                        let expected = &expected["delay"];
                        let matches = expected.is_null() || is_close(delay, seconds(expected));
                        assert!(matches, "{id}: {delay:?}");
                        self.cost = Some(cost);
                    }
                    Decision::GiveUp(reason) => {
                        let expected = match reason {
                            None => "max_attempts_exceeded",
                            Some(_) => "retry_quota_exceeded",
                        };
                        assert_eq!(outcome, expected, "{id}");
                        *self = CallState::default();
                    }
                }
            }
            if let Some(quota) = expected["retry_quota"].as_u64() {
                assert_eq!(u64::from(budget.tokens), quota, "{id}");
            }
        }
    }
}

/// The suites of AWS's standard mode 2.1, which this policy implements, and the classifications of other clients.
#[test]
fn the_standard_mode_suites_pass() {
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
                CallState::default().apply(&policy, &mut budget, steps, id);
            }
            // The expected quotas imply that the second call runs while the first waits before its last attempt.
            "standard-2.1-multi-thread" => {
                let threads = row["threads"].as_array().unwrap();
                let first = threads[0].as_array().unwrap();
                let (last, before) = first.split_last().unwrap();
                let mut call = CallState::default();
                call.apply(&policy, &mut budget, before, id);
                for other in &threads[1..] {
                    let steps = other.as_array().unwrap();
                    CallState::default().apply(&policy, &mut budget, steps, id);
                }
                call.apply(&policy, &mut budget, std::slice::from_ref(last), id);
                let end = row["expected_final_quota"].as_u64().unwrap();
                assert_eq!(u64::from(budget.tokens), end, "{id}");
            }
            "retry-after" => {
                let headers: Vec<_> = row["header"].as_object().unwrap().iter().collect();
                let (name, value) = headers[0];
                let error = error_response(500, None, &[(name.as_str(), value.as_str().unwrap())]);
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
                        .delay(attempt, &error_response(500, None, &[]), 1.0)
                        .unwrap();
                    assert!(is_close(delay, seconds(expected)), "{id}: {delay:?}");
                }
            }
            // A success has no error to classify, and connection errors are classified by the transport.
            "classify" if row["status"].as_u64() == Some(200) => continue,
            "classify" if row["io_error"].is_string() => continue,
            "classify" => classify(&row),
            // Mode 2.0 has other constants, and this policy does not limit the request rate.
            "standard-2.0" | "adaptive-cubic" | "adaptive-e2e" | "backoff" => continue,
            other => panic!("unknown suite {other}"),
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
    let found = kind(&error_response(status, code, &[]));
    let is_as_expected = match row["kind"].as_str().unwrap() {
        "throttling" => (found == FailureKind::Throttled) == expected,
        // The code is in both lists; this policy classifies it as throttling, which is retried too.
        "transient" if code == Some("PriorRequestNotComplete") => found == FailureKind::Throttled,
        "transient" => (found == FailureKind::Transient) == expected,
        // Not retried with the same credentials; `send/recovery.rs` requests new ones.
        "minio-go-code" if code.is_some_and(|code| code.starts_with("ExpiredToken")) => {
            found == FailureKind::Permanent
        }
        _ => (found != FailureKind::Permanent) == expected,
    };
    assert!(is_as_expected, "{id}: {found:?}");
}
