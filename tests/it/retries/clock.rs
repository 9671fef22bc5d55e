//! Clock skew is corrected from the server's `Date` header.

use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime};

use slim_s3::{AmzDate, Credentials, RetryPolicy};

use crate::support::script::{
    Request, Script, Wait, error_document, ok, play, quick, raw, reject, response,
};
use crate::support::server::put_error;

const SERVER_DATE: &str = "Thu, 02 Jan 2025 04:04:05 GMT";
const FAR_FUTURE_DATE: &str = "Fri, 02 Jan 2060 03:04:05 GMT";

/// 03:04:05, an hour before `SERVER_DATE`.
fn an_hour_slow() -> SystemTime {
    SystemTime::UNIX_EPOCH + Duration::from_secs(1_735_787_045)
}

/// Before `FAR_FUTURE_DATE`, and long after now.
fn near_future() -> AmzDate {
    AmzDate::from_unix_seconds(2_000_000_000)
}

fn skewed(date: &str) -> Script {
    response(
        &format!("403 Forbidden\r\ndate: {date}"),
        error_document("RequestTimeTooSkewed"),
    )
}

/// A 403 without a body, such as a response to HEAD.
fn bare_403(date: &str) -> Script {
    response(&format!("403 Forbidden\r\ndate: {date}"), "")
}

/// A response to HEAD for an object of three bytes.
fn found() -> Script {
    let head = "HTTP/1.1 200 OK\r\netag: \"e\"\r\nlast-modified: Thu, 02 Jan 2025 03:04:05 GMT\r\ncontent-length: 3\r\n\r\n";
    vec![Request, raw(head)]
}

#[tokio::test]
async fn clock_skew_is_corrected_once_for_all_clones() {
    let skewed = || skewed(SERVER_DATE);
    let server = play([skewed(), ok(), ok(), skewed(), skewed(), ok()]).await;
    let s3 = server.builder().clock(an_hour_slow).build().unwrap();
    s3.put_object("bucket", "key", "data").send().await.unwrap();
    s3.clone()
        .put_object("bucket", "key", "data")
        .send()
        .await
        .unwrap();
    assert_eq!(s3.now().to_string(), "20250102T040405Z");
    let dates: Vec<_> = server
        .requests()
        .iter()
        .map(|request| request.header("x-amz-date").unwrap().to_owned())
        .collect();
    assert_eq!(
        dates,
        ["20250102T030405Z", "20250102T040405Z", "20250102T040405Z"]
    );
    // The clock agrees with the server's, so there is nothing left to correct.
    let error = put_error(&s3, "data").await;
    assert_eq!(
        (error.code(), error.context().attempts),
        (Some("RequestTimeTooSkewed"), 1),
        "{error}"
    );
    let other = server.builder().clock(an_hour_slow).build().unwrap();
    let put = other.put_object("bucket", "key", "data");
    assert_eq!(put.send_with_metadata().await.unwrap().attempts, 2);
}

#[tokio::test]
async fn a_server_that_rejects_its_own_date_is_not_followed() {
    let server = play([skewed(SERVER_DATE), skewed(SERVER_DATE), ok()]).await;
    let s3 = server.builder().clock(an_hour_slow).build().unwrap();
    let error = put_error(&s3, "data").await;
    assert_eq!(
        (error.context().attempts, server.remaining()),
        (2, 1),
        "{error}"
    );
    assert_eq!(s3.now().to_string(), "20250102T030405Z");
}

const WRONG_DATE: &str = "Thu, 02 Jan 2025 01:04:05 GMT";

/// The first `Date` is a cache's.
#[tokio::test]
async fn a_call_can_correct_its_clock_again() {
    let server = play([bare_403(WRONG_DATE), bare_403(SERVER_DATE), found()]).await;
    let s3 = server.builder().clock(an_hour_slow).build().unwrap();
    let head = s3.head_object("bucket", "key").send_with_metadata().await;
    assert_eq!(head.unwrap().attempts, 3);
    assert_eq!(s3.now().to_string(), "20250102T040405Z");
}

#[tokio::test]
async fn a_server_whose_date_keeps_changing_is_followed_twice() {
    let dates = [WRONG_DATE, SERVER_DATE, FAR_FUTURE_DATE];
    let scripts = dates.into_iter().map(skewed).chain([ok()]);
    let server = play(scripts).await;
    let policy = RetryPolicy {
        max_attempts: 10,
        ..quick()
    };
    let s3 = server
        .builder()
        .clock(an_hour_slow)
        .retry(policy)
        .build()
        .unwrap();
    let error = put_error(&s3, "data").await;
    assert_eq!(
        (error.context().attempts, server.remaining()),
        (3, 1),
        "{error}"
    );
}

#[tokio::test]
async fn a_call_without_retries_corrects_the_clock_of_the_next_call() {
    let server = play([skewed(SERVER_DATE), ok()]).await;
    let s3 = server
        .builder()
        .clock(an_hour_slow)
        .retry(RetryPolicy::none())
        .build()
        .unwrap();
    put_error(&s3, "data").await;
    s3.put_object("bucket", "key", "data").send().await.unwrap();
    assert_eq!(s3.now().to_string(), "20250102T040405Z");
}

/// The 403 can have another reason, and the date can be a gateway's.
#[tokio::test]
async fn a_bare_403_without_retries_leaves_the_next_call_alone() {
    let server = play([bare_403(SERVER_DATE), ok()]).await;
    let s3 = server
        .builder()
        .clock(an_hour_slow)
        .retry(RetryPolicy::none())
        .build()
        .unwrap();
    let head = s3.head_object("bucket", "key").send().await;
    assert!(head.unwrap_err().is_access_denied());
    s3.put_object("bucket", "key", "data").send().await.unwrap();
    let put = server.requests().pop().unwrap();
    assert_eq!(put.header("x-amz-date"), Some("20250102T030405Z"));
}

/// A response to HEAD contains no error code, but a date.
#[tokio::test]
async fn a_bare_403_to_head_corrects_the_clock() {
    let server = play([bare_403(SERVER_DATE), found()]).await;
    let s3 = server.builder().clock(an_hour_slow).build().unwrap();
    let head = s3
        .head_object("bucket", "key")
        .send_with_metadata()
        .await
        .unwrap();
    assert_eq!((head.attempts, head.output.content_length), (2, Some(3)));
}

#[tokio::test]
async fn a_bare_403_to_head_without_clock_skew_is_not_retried() {
    for script in [
        bare_403("Thu, 02 Jan 2025 03:07:05 GMT"), // three minutes off, within what S3 allows
        response("403 Forbidden", ""),
    ] {
        let server = play([script, found()]).await;
        let s3 = server.builder().clock(an_hour_slow).build().unwrap();
        let error = s3.head_object("bucket", "key").send().await.unwrap_err();
        assert!(
            error.is_access_denied() && error.context().attempts == 1,
            "{error}"
        );
    }
}

/// This includes calls in flight while another call corrects the clock.
#[tokio::test]
async fn concurrent_calls_all_recover_from_clock_skew() {
    let late = || {
        let mut script = skewed(SERVER_DATE);
        script.insert(1, Wait(Duration::from_secs(2)));
        script
    };
    let server = play([late(), late(), late(), late(), ok(), ok(), ok(), ok()]).await;
    let s3 = server.builder().clock(an_hour_slow).build().unwrap();
    let put = || s3.put_object("bucket", "key", "data").send_with_metadata();
    let (one, two, three, four) = tokio::join!(put(), put(), put(), put());
    for stored in [one, two, three, four] {
        assert_eq!(stored.unwrap().attempts, 2);
    }
}

/// One wrong `Date` must not fail all later calls.
#[tokio::test]
async fn a_date_at_which_credentials_have_expired_is_not_kept() {
    let credentials = || {
        let expiry = SystemTime::now() + Duration::from_secs(3600);
        Credentials::new("AKID", "SECRET").with_expiry(expiry)
    };
    for script in [bare_403(FAR_FUTURE_DATE), skewed(FAR_FUTURE_DATE)] {
        let server = play([script.clone(), script, ok(), ok()]).await;
        let s3 = server.builder().credentials(credentials()).build().unwrap();
        let before = s3.now();
        let error = s3.head_object("bucket", "key").send().await.unwrap_err();
        // The server's own error, and not that of a time which only it suggests.
        assert!(error.is_access_denied(), "{error}");
        assert!(s3.now() < near_future() && s3.now() >= before);
        s3.put_object("bucket", "key", "data").send().await.unwrap();
    }
}

/// By NTP, or by hand. What was proved before is no longer true.
#[tokio::test]
async fn a_clock_that_is_set_later_is_proved_anew() {
    let clock = Arc::new(Mutex::new(an_hour_slow()));
    let read = clock.clone();
    let expiry = an_hour_slow() + Duration::from_secs(2 * 3_600);
    let server = play([skewed(SERVER_DATE), ok(), ok(), skewed(SERVER_DATE), ok()]).await;
    let s3 = server
        .builder()
        .clock(move || *read.lock().unwrap())
        .credentials(Credentials::new("AKID", "SECRET").with_expiry(expiry))
        .build()
        .unwrap();
    let put = async || {
        let put = s3.put_object("bucket", "key", "data");
        put.send_with_metadata().await.unwrap().attempts
    };
    assert_eq!(put().await, 2);
    // The clock is right now. With the offset, the credentials would look expired.
    *clock.lock().unwrap() = an_hour_slow() + Duration::from_secs(3_600);
    assert_eq!(put().await, 1);
    assert_eq!(s3.now().to_string(), "20250102T040405Z");
    // Two hours ahead: the server says so, and not the client.
    *clock.lock().unwrap() = an_hour_slow() + Duration::from_secs(3 * 3_600);
    assert_eq!(put().await, 2);
    assert_eq!(s3.now().to_string(), "20250102T040405Z");
}

/// One node with a wrong clock rejects a stream. The clock was proved, so the calls beside it keep it.
#[tokio::test]
async fn a_wrong_date_does_not_disturb_calls_with_a_proved_clock() {
    let address = crate::support::server::serve(|mut connection| async move {
        while let Some(request) = connection.request().await {
            let is_wrong = request.header("x-amz-date").unwrap() > "20250102T050000Z";
            let (status, date) = match (request.target.ends_with("/wrong"), is_wrong) {
                (true, _) => ("403 Forbidden", FAR_FUTURE_DATE),
                (_, true) => ("403 Forbidden", SERVER_DATE),
                _ => ("200 OK\r\netag: \"e\"", SERVER_DATE),
            };
            let body = match status.starts_with("403") {
                true => error_document("RequestTimeTooSkewed"),
                false => String::new(),
            };
            connection
                .respond(&format!("{status}\r\ndate: {date}"), &body)
                .await;
        }
    })
    .await;
    let s3 = crate::support::server::client(address);
    let stream = |key: &str| {
        let body = slim_s3::Body::reader(4, &b"data"[..]);
        s3.put_object("bucket", key, body).send()
    };
    stream("right").await.unwrap();
    stream("wrong").await.unwrap_err();
    let puts = (0..16).map(|_| stream("right"));
    for stored in futures_util::future::join_all(puts).await {
        stored.unwrap();
    }
}

#[tokio::test]
async fn a_date_is_kept_only_if_a_signature_with_it_was_accepted() {
    for (response, is_kept) in [
        (reject(403, "SignatureDoesNotMatch"), false),
        (reject(503, "InternalError"), false),
        (response("502 Bad Gateway", ""), false),
        // The server checks permissions after the signature.
        (reject(403, "AccessDenied"), true),
        (reject(404, "NoSuchBucket"), true),
    ] {
        let server = play([skewed(FAR_FUTURE_DATE), response.clone(), response]).await;
        let s3 = server.client();
        let error = put_error(&s3, "data").await;
        assert_eq!(s3.now() > near_future(), is_kept, "{error}");
    }
}

/// A gateway with a wrong clock, in front of a store with a right one.
#[tokio::test]
async fn concurrent_calls_that_fail_leave_the_clock_alone() {
    for _ in 0..20 {
        let scripts = std::iter::repeat_with(|| bare_403(FAR_FUTURE_DATE));
        let server = play(scripts.take(32)).await;
        let s3 = server.client();
        let heads = (0..16).map(|_| s3.head_object("bucket", "key").send());
        for head in futures_util::future::join_all(heads).await {
            assert!(head.unwrap_err().is_access_denied());
        }
        assert!(s3.now() < near_future());
    }
}

/// One call is forbidden while others are corrected: they keep their own offset.
#[tokio::test]
async fn a_forbidden_call_does_not_disturb_its_neighbours() {
    let address = crate::support::server::serve(|mut connection| async move {
        while let Some(request) = connection.request().await {
            let is_skewed = request.header("x-amz-date").unwrap() < "20250102T034905Z";
            let (status, code) = match (is_skewed, request.target.contains("forbidden")) {
                (true, _) => ("403 Forbidden", "RequestTimeTooSkewed"),
                (false, true) => ("403 Forbidden", "AccessDenied"),
                (false, false) => ("200 OK\r\netag: \"e\"", ""),
            };
            let body = if code.is_empty() {
                String::new()
            } else {
                error_document(code)
            };
            let head = format!("{status}\r\ndate: {SERVER_DATE}");
            connection.respond(&head, &body).await;
        }
    })
    .await;
    for _ in 0..20 {
        let s3 = crate::support::server::builder(address)
            .clock(an_hour_slow)
            .retry(quick())
            .build()
            .unwrap();
        let puts = (0..16).map(|number| {
            let key = if number % 2 == 0 {
                "allowed"
            } else {
                "forbidden"
            };
            let put = s3.put_object("bucket", key, "data").send();
            async move { (key, put.await) }
        });
        for (key, stored) in futures_util::future::join_all(puts).await {
            match stored {
                Ok(_) => assert_eq!(key, "allowed"),
                Err(error) => assert_eq!((key, error.code()), ("forbidden", Some("AccessDenied"))),
            }
        }
    }
}

#[tokio::test]
async fn credentials_that_look_expired_by_a_fast_clock_are_tried() {
    // `SERVER_DATE` is an hour after this.
    let two_hours_fast = || an_hour_slow() + Duration::from_secs(3 * 3_600);
    let server = play([skewed(SERVER_DATE), ok()]).await;
    let expiry = an_hour_slow() + Duration::from_secs(2 * 3_600);
    let s3 = server
        .builder()
        .clock(two_hours_fast)
        .credentials(Credentials::new("AKID", "SECRET").with_expiry(expiry))
        .build()
        .unwrap();
    let stored = s3
        .put_object("bucket", "key", "data")
        .send_with_metadata()
        .await
        .unwrap();
    assert_eq!(stored.attempts, 2);
}

/// A client that sends only streams cannot replay any of them.
#[tokio::test]
async fn a_proved_clock_is_doubted_after_two_rejections() {
    let skewed = || skewed(SERVER_DATE);
    let server = play([ok(), skewed(), skewed(), ok()]).await;
    let s3 = server.builder().clock(an_hour_slow).build().unwrap();
    let stream = || {
        let body = slim_s3::Body::reader(4, &b"data"[..]);
        s3.put_object("bucket", "key", body).send()
    };
    stream().await.unwrap();
    stream().await.unwrap_err();
    stream().await.unwrap_err();
    // It sends nothing, so it does not use up the correction.
    s3.put_object("bucket", "", "x").send().await.unwrap_err();
    stream().await.unwrap();
    let requests = server.requests();
    let last = requests.last().unwrap().header("x-amz-date");
    assert_eq!(last, Some("20250102T040405Z"));
}

/// The call fails, because its stream cannot be replayed, but the next one starts with the right time.
#[tokio::test]
async fn a_rejected_stream_corrects_the_clock_of_the_next_call() {
    let server = play([skewed(SERVER_DATE), ok()]).await;
    let s3 = server.builder().clock(an_hour_slow).build().unwrap();
    let body = || slim_s3::Body::reader(4, &b"data"[..]);
    put_error(&s3, body()).await;
    assert_eq!(s3.now().to_string(), "20250102T030405Z", "not proved yet");
    s3.put_object("bucket", "key", body()).send().await.unwrap();
    assert_eq!(s3.now().to_string(), "20250102T040405Z");
}

/// For other methods the response body would contain the reason, and an unsigned request has no date.
#[tokio::test]
async fn a_bare_403_to_a_put_or_an_anonymous_call_is_not_retried() {
    let bare = || bare_403(FAR_FUTURE_DATE);
    let server = play([bare(), bare(), ok()]).await;
    let error = put_error(&server.client(), "data").await;
    assert_eq!(error.context().attempts, 1, "{error}");
    let s3 = server.builder().anonymous().build().unwrap();
    let error = s3.head_object("bucket", "key").send().await.unwrap_err();
    assert_eq!(error.context().attempts, 1, "{error}");
}

#[tokio::test]
async fn an_unrelated_error_keeps_the_corrected_clock() {
    let server = play([skewed(SERVER_DATE), reject(404, "NoSuchBucket")]).await;
    let s3 = server.builder().clock(an_hour_slow).build().unwrap();
    put_error(&s3, "data").await;
    assert_eq!(s3.now().to_string(), "20250102T040405Z");
}

#[tokio::test]
async fn give_up_after_applies_to_corrections_too() {
    let mut late = skewed(SERVER_DATE);
    late.insert(1, Wait(Duration::from_millis(200)));
    let server = play([late, ok()]).await;
    let policy = RetryPolicy {
        give_up_after: Some(Duration::from_millis(50)),
        ..quick()
    };
    let s3 = server
        .builder()
        .clock(an_hour_slow)
        .retry(policy)
        .build()
        .unwrap();
    let error = put_error(&s3, "data").await;
    assert_eq!(
        (error.context().attempts, server.remaining()),
        (1, 1),
        "{error}"
    );
}
