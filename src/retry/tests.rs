//! Tests of the classification of errors and of a policy's limits.

use std::time::Duration;

use super::classify::kind;
use super::*;
use crate::error::Error;

/// The error of a response with this status, code and headers.
pub(super) fn error_response(status: u64, code: Option<&str>, headers: &[(&str, &str)]) -> Error {
    let request = crate::request::Request::bucket(http::Method::PUT, "bucket");
    let mut response = http::Response::builder().status(u16::try_from(status).unwrap());
    for (name, value) in headers {
        response = response.header(*name, *value);
    }
    let body = code.map_or(String::new(), |code| {
        format!("<Error><Code>{code}</Code></Error>")
    });
    let response = response.body(bytes::Bytes::from(body)).unwrap();
    <crate::operation::CreateBucket as crate::call::Operation>::parse_http(&request, response)
        .unwrap_err()
}

#[test]
fn permanent_errors_are_classified() {
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
        let error = error_response(status, Some(code), &[]);
        assert_eq!(kind(&error), FailureKind::Permanent, "{error}");
        assert!(!error.is_retryable());
    }
    for status in [
        301, 304, 307, 400, 403, 404, 405, 409, 411, 412, 413, 416, 501, 505, 507,
    ] {
        assert_eq!(
            kind(&error_response(status, None, &[])),
            FailureKind::Permanent,
            "{status}"
        );
    }
}

/// The codes that MinIO returns while it starts or is overloaded.
#[test]
fn minio_codes_are_transient_or_throttling() {
    for (status, code, expected) in [
        (503, "XMinioServerNotInitialized", FailureKind::Transient),
        (503, "SlowDownWrite", FailureKind::Throttled),
        (503, "SlowDownRead", FailureKind::Throttled),
        (503, "RequestTimeout", FailureKind::Transient),
        (400, "RequestTimeout", FailureKind::Transient),
        (429, "TooManyRequests", FailureKind::Throttled),
        (499, "ClientDisconnected", FailureKind::Transient),
    ] {
        assert_eq!(
            kind(&error_response(status, Some(code), &[])),
            expected,
            "{code}"
        );
    }
}

#[test]
fn retry_after_is_read_as_seconds_or_a_date() {
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
        let found = Failure::of(&error_response(503, None, headers)).retry_after;
        assert_eq!(found, expected.map(Duration::from_millis), "{headers:?}");
    }
    // MinIO always asks for 60 s, but a server can extend the delay by at most 5 s.
    let minio = error_response(503, None, &[("retry-after", "60")]);
    let delay = RetryPolicy::default().delay(1, &minio, 0.0);
    assert_eq!(delay, Some(Duration::from_secs(5)));
}

#[test]
fn a_policy_stops_at_its_limits() {
    let busy = Failure {
        kind: FailureKind::Transient,
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
    assert!(matches!(decide(policy, 1, busy, 8), Decision::Retry { .. }));
    assert!(matches!(
        decide(policy, 1, busy, 9),
        Decision::GiveUp(Some(_))
    ));
    assert_eq!(
        decide(RetryPolicy::none(), 1, busy, 0),
        Decision::GiveUp(None)
    );
    let once = Failure {
        kind: FailureKind::Once,
        ..busy
    };
    assert!(matches!(decide(policy, 1, once, 0), Decision::Retry { .. }));
    assert!(matches!(decide(policy, 2, once, 0), Decision::Retry { .. }));
    let twice = Failure {
        has_happened: true,
        ..once
    };
    assert!(matches!(
        decide(policy, 2, twice, 0),
        Decision::GiveUp(Some(_))
    ));
    // The largest values do not overflow.
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
