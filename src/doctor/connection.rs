//! Whether the store can be reached and accepts the keys; TLS, the clock, the response time.

use std::time::{Duration, Instant, SystemTime};

use http::Method;

use super::examination::Examination;
use super::report::Verdict;
use crate::client::credentials::{Credentials, CredentialsSource};
use crate::client::dialect::Dialect;
use crate::client::{Client, Inner};
use crate::error::Error;
use crate::http::current_credentials;
use crate::request::Request;
use crate::response::Response;
use crate::retry::RetryPolicy;

/// How far apart the clocks may be, on AWS and most stores.
const MAX_SKEW: u64 = 15 * 60;

/// The codes of a store that rejects the keys, whatever the request.
const REJECTED_KEYS: [&str; 12] = [
    "AuthorizationHeaderMalformed",
    "ExpiredToken",
    "ExpiredTokenException",
    "InvalidAccessKeyId",
    "InvalidSecurity",
    "InvalidToken",
    // Of MinIO and s3s.
    "InvalidTokenId",
    "NotSignedUp",
    "RequestTimeTooSkewed",
    "SignatureDoesNotMatch",
    "TokenRefreshRequired",
    // Of versitygw, with a status of 404.
    "XAdminUserNotFound",
];

/// Fails if there is no use in further checks.
pub(super) async fn check(exam: &mut Examination) -> Result<(), Error> {
    let credentials = current_credentials(&exam.client).await;
    exam.credentials = match credentials {
        Ok(credentials) => credentials,
        Err(error) => {
            exam.failed("credentials", &error);
            return Err(error);
        }
    };
    let started = Instant::now();
    let mut first = exam.ask(list_one(exam)).await;
    let connecting = started.elapsed();
    if let Some(region) = region_to_use(exam, &first) {
        exam.client = variant(exam, |inner| {
            let endpoint = inner.endpoint.clone();
            inner.endpoint = endpoint.with_region(region.clone());
        });
        first = exam.ask(list_one(exam)).await;
    }
    if let Some(error) = first.as_ref().err().filter(|error| is_final(error)) {
        report_end(exam, error, connecting);
        return first.map(drop);
    }
    exam.list_error = first
        .as_ref()
        .err()
        .and_then(Error::code)
        .map(str::to_owned);
    exam.client = variant(exam, without_restrictions);
    let mut times = Vec::new();
    for _ in 0..3 {
        let started = Instant::now();
        if exam
            .ask(exam.bucket_request(Method::HEAD, &[]))
            .await
            .is_ok()
        {
            times.push(started.elapsed());
        }
    }
    times.sort_unstable();
    let mut detail = format!("first response after {}", shown(connecting));
    if let Some(median) = times.get(times.len() / 2) {
        detail += &format!(", then after {}", shown(*median));
    }
    exam.row("reachable", Verdict::Supported, detail);
    check_tls(exam);
    check_credentials(exam, &first);
    check_clock(exam, &first);
    check_echo(exam).await;
    Ok(())
}

pub(super) fn list_one(exam: &Examination) -> Request {
    exam.bucket_request(Method::GET, &[("list-type", "2"), ("max-keys", "1")])
}

/// The client with other settings and the same keys.
pub(super) fn variant(exam: &Examination, change: impl FnOnce(&mut Inner)) -> Client {
    let credentials = exam.credentials.clone();
    let credentials = credentials.map_or(CredentialsSource::Anonymous, CredentialsSource::Fixed);
    exam.client.variant(&exam.bucket, credentials, change)
}

/// Sends what the client would reject, because the store may not support it.
fn without_restrictions(inner: &mut Inner) {
    inner.dialect = Dialect {
        ignored_conditions: &[],
        ..inner.dialect
    };
    inner.endpoint.keeps_leading_slashes = true;
    if let Some(signed) = &mut inner.signed_endpoint {
        signed.keeps_leading_slashes = true;
    }
    inner.retry = RetryPolicy {
        max_attempts: 2,
        ..RetryPolicy::default()
    };
}

/// The region that the store asks for, if it is not the one that the client signs for.
fn region_to_use(exam: &Examination, first: &Result<Response, Error>) -> Option<String> {
    let error = first.as_ref().err()?;
    let region = error.region()?;
    let is_about_regions = matches!(error.status()?.as_u16(), 301 | 307 | 400);
    let is_other = is_about_regions && region != exam.client.region();
    let is_valid = crate::client::builder::check_region(region).is_ok();
    (is_other && is_valid).then(|| region.to_owned())
}

/// Whether every further request would fail in the same way.
fn is_final(error: &Error) -> bool {
    match error {
        Error::Service(error) if error.code_is_inferred => {
            // A server that is not a store, except where permissions or load decide.
            !matches!(error.status.as_u16(), 403 | 429 | 500..=599)
        }
        Error::Service(error) => {
            let code = error.code.as_str();
            REJECTED_KEYS.contains(&code) || code == "NoSuchBucket"
        }
        _ => true,
    }
}

#[cold]
fn report_end(exam: &mut Examination, error: &Error, connecting: Duration) {
    let Error::Service(service) = error else {
        exam.failed("reachable", error);
        return;
    };
    if service.code_is_inferred {
        let detail = format!("{}, without a document of S3", error.cause());
        exam.row("reachable", Verdict::Unknown, detail);
        return;
    }
    let detail = format!("first response after {}", shown(connecting));
    exam.row("reachable", Verdict::Supported, detail);
    if service.code == "NoSuchBucket" {
        exam.row("credentials", Verdict::Supported, "accepted");
        exam.row("bucket", Verdict::Refused, error.cause());
    } else {
        exam.failed("credentials", error);
    }
}

fn check_tls(exam: &mut Examination) {
    if exam.client.is_https() {
        exam.row("tls", Verdict::Supported, "https");
    } else {
        let detail = "http: requests are signed, but nothing is encrypted";
        exam.row("tls", Verdict::Differs, detail);
    }
}

fn check_credentials(exam: &mut Examination, first: &Result<Response, Error>) {
    let (verdict, detail) = match first {
        _ if exam.credentials.is_none() => (Verdict::Skipped, "requests are anonymous".to_owned()),
        Ok(_) => (Verdict::Supported, "accepted".to_owned()),
        Err(error) if error.is_access_denied() => {
            let detail = "they may be valid, but do not permit listing the bucket";
            (Verdict::Unknown, format!("{}: {detail}", error.cause()))
        }
        Err(error) => (Verdict::Unknown, error.cause()),
    };
    exam.row("credentials", verdict, detail);
}

fn check_clock(exam: &mut Examination, first: &Result<Response, Error>) {
    let date: Option<SystemTime> = match first {
        Ok(response) => response.date(),
        Err(error) => error.service().and_then(|error| error.date),
    };
    let Some(date) = date else {
        exam.row("clock", Verdict::Unknown, "the response has no date");
        return;
    };
    // By the client's own clock, which may have been corrected since.
    let ahead = exam.own_client.offset_to(date);
    let apart = ahead.unsigned_abs();
    let which = if ahead < 0 { "behind" } else { "ahead" };
    let (verdict, detail) = match apart {
        // The date has no fractions of a second.
        0..=2 => (Verdict::Supported, "the same within 2 s".to_owned()),
        3..=MAX_SKEW => (
            Verdict::Supported,
            format!("the store's clock is {apart} s {which}"),
        ),
        _ => (
            Verdict::Differs,
            format!(
                "the store's clock is {apart} s {which}: this client corrects its own, others are rejected"
            ),
        ),
    };
    exam.row("clock", verdict, detail);
}

/// What the store returns if a signature is wrong. AWS returns the canonical request that it has computed, which shows the
/// difference.
async fn check_echo(exam: &mut Examination) {
    const NAME: &str = "canonical_request";
    let Some(keys) = exam.credentials.clone() else {
        exam.row(NAME, Verdict::Skipped, "requests are anonymous");
        return;
    };
    let mut wrong = Credentials::new(keys.access_key_id(), "slim-s3-doctor-wrong-secret");
    if let Some(token) = keys.session_token() {
        wrong = wrong.with_session_token(token);
    }
    let wrong = CredentialsSource::Fixed(wrong);
    let client = exam.client.variant(&exam.bucket, wrong, |_| {});
    let request = list_one(exam);
    match exam.ask_as(&client, request).await {
        Ok(_) => {
            let detail = "a wrong secret access key is accepted: signatures are not verified";
            exam.row(NAME, Verdict::Ignored, detail);
        }
        Err(error) => match error.service() {
            Some(service) if service.echoes_request() => {
                let detail = format!("a wrong signature is explained: {}", error.cause());
                exam.row(NAME, Verdict::Supported, detail);
            }
            Some(service) if service.status.is_client_error() && shows_cause(exam, &error) => {
                let detail = format!("a wrong signature is not explained: {}", error.cause());
                exam.row(NAME, Verdict::Differs, detail);
            }
            _ => exam.failed(NAME, &error),
        },
    }
}

/// Whether the error of a listing is about what was changed in the request: without the change, the listing has succeeded or
/// failed with another error.
pub(super) fn shows_cause(exam: &Examination, error: &Error) -> bool {
    exam.list_error.as_deref() != error.code()
}

/// A duration in milliseconds, with a decimal below ten.
fn shown(duration: Duration) -> String {
    let tenths = duration.as_micros() / 100;
    if tenths < 100 {
        format!("{}.{} ms", tenths / 10, tenths % 10)
    } else {
        format!("{} ms", tenths / 10)
    }
}
