//! The credentials of each attempt.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, SystemTime};

use slim_s3::{Credentials, Error};

use crate::support::script::{drop_response, error_document, ok, play, quick, reject, response};
use crate::support::server::{self, SECRET_ACCESS_KEY, put_error};
use crate::support::verifier::verify;

#[tokio::test]
async fn each_attempt_is_signed_with_current_date_and_credentials() {
    let server = play([reject(503, "SlowDown"), drop_response(), ok()]).await;
    let calls = Arc::new(AtomicU32::new(0));
    let (seconds, count) = (calls.clone(), calls.clone());
    let s3 = server
        .builder()
        .clock(move || {
            let passed = u64::from(seconds.load(Ordering::SeqCst));
            SystemTime::UNIX_EPOCH + Duration::from_secs(1_735_787_000 + passed)
        })
        .credentials_provider(move || {
            let number = count.fetch_add(1, Ordering::SeqCst);
            let credentials = Credentials::new(format!("AKID{number}"), SECRET_ACCESS_KEY);
            async move {
                Ok::<_, std::io::Error>(credentials.with_session_token(format!("token{number}")))
            }
        })
        .build()
        .unwrap();
    s3.put_object("bucket", "key", "data").send().await.unwrap();
    let requests = server.requests();
    for (number, request) in requests.iter().enumerate() {
        verify(request);
        let authorization = request.header("authorization").unwrap();
        assert!(
            authorization.contains(&format!("Credential=AKID{number}/")),
            "{authorization}"
        );
        assert_eq!(
            request.header("x-amz-security-token"),
            Some(format!("token{number}").as_str())
        );
        let date = format!("20250102T03032{}Z", number + 1);
        assert_eq!(request.header("x-amz-date"), Some(date.as_str()));
    }
    assert_eq!(requests.len(), 3);
}

#[tokio::test]
async fn expired_credentials_are_requested_again_once() {
    let server = play([
        reject(400, "ExpiredToken"),
        ok(),
        reject(400, "ExpiredToken"),
        reject(400, "ExpiredToken"),
        ok(),
    ])
    .await;
    let provide = || async { Ok::<_, std::io::Error>(Credentials::new("AKID", SECRET_ACCESS_KEY)) };
    let s3 = server
        .builder()
        .credentials_provider(provide)
        .build()
        .unwrap();
    s3.put_object("bucket", "key", "data").send().await.unwrap();
    let error = put_error(&s3, "data").await;
    assert_eq!(
        (error.code(), error.context().attempts),
        (Some("ExpiredToken"), 2),
        "{error}"
    );
}

/// Its response has no body that could say why it is rejected.
#[tokio::test]
async fn a_head_request_that_is_rejected_without_a_code_is_signed_with_new_credentials_once() {
    let rejected = || response("400 Bad Request", "");
    let server = play([rejected(), ok(), rejected(), rejected(), ok()]).await;
    let provide = || async { Ok::<_, std::io::Error>(Credentials::new("AKID", SECRET_ACCESS_KEY)) };
    let builder = server.builder().credentials_provider(provide);
    let s3 = builder.build().unwrap();
    let found = s3.head_object("bucket", "key").send_with_metadata().await;
    assert_eq!(found.unwrap().attempts, 2);
    let error = s3.head_object("bucket", "key").send().await.unwrap_err();
    assert_eq!(error.context().attempts, 2, "{error}");
    // A GET has a body.
    let error = s3.get_object("bucket", "key").send().await;
    assert!(error.is_ok());
}

/// MinIO deletes temporary credentials that have expired.
#[tokio::test]
async fn temporary_credentials_that_the_store_does_not_know_are_requested_again_once() {
    let unknown = || reject(403, "InvalidAccessKeyId");
    // The response to HEAD has a header in place of the document.
    let unknown_head = || {
        response(
            "403 Forbidden\r\nx-minio-error-code: InvalidAccessKeyId",
            "",
        )
    };
    let scripts = [
        unknown(),
        ok(),
        unknown(),
        unknown(),
        unknown_head(),
        ok(),
        unknown(),
    ];
    let server = play(scripts).await;
    let client = |token: Option<&'static str>| {
        let provide = move || async move {
            let credentials = Credentials::new("AKID", SECRET_ACCESS_KEY);
            Ok::<_, std::io::Error>(match token {
                Some(token) => credentials.with_session_token(token),
                None => credentials,
            })
        };
        let builder = server.builder().credentials_provider(provide);
        builder.build().unwrap()
    };
    let s3 = client(Some("token"));
    let stored = s3.put_object("bucket", "key", "data").send_with_metadata();
    assert_eq!(stored.await.unwrap().attempts, 2);
    let error = put_error(&s3, "data").await;
    assert_eq!(
        (error.code(), error.context().attempts),
        (Some("InvalidAccessKeyId"), 2),
        "{error}"
    );
    let found = s3.head_object("bucket", "key").send_with_metadata().await;
    assert_eq!(found.unwrap().attempts, 2);
    // Others do not expire.
    let error = put_error(&client(None), "data").await;
    assert_eq!(error.context().attempts, 1, "{error}");
    assert_eq!(server.remaining(), 0);
}

#[tokio::test]
async fn expired_fixed_credentials_are_not_retried() {
    let server = play([reject(400, "ExpiredToken"), ok()]).await;
    let error = put_error(&server.client(), "data").await;
    assert_eq!(error.context().attempts, 1, "{error}");
}

#[tokio::test]
async fn credentials_that_expire_between_attempts_end_the_call() {
    let now = SystemTime::now();
    // By the time of the second response, they have expired.
    let (responses, clock) = (Arc::new(AtomicU32::new(0)), Arc::new(AtomicU32::new(0)));
    let (count, time) = (responses.clone(), clock.clone());
    let address = server::serve(move |mut connection| {
        let (count, time) = (count.clone(), time.clone());
        async move {
            while connection.request().await.is_some() {
                match count.fetch_add(1, Ordering::SeqCst) {
                    0 => connection.respond("200 OK\r\netag: \"e\"", "").await,
                    _ => {
                        time.store(40, Ordering::SeqCst);
                        let body = error_document("SlowDown");
                        connection.respond("503 Slow Down", &body).await;
                    }
                }
            }
        }
    })
    .await;
    let credentials =
        Credentials::new("AKID", SECRET_ACCESS_KEY).with_expiry(now + Duration::from_secs(30));
    let s3 = server::builder(address)
        .retry(quick())
        .clock(move || now + Duration::from_secs(clock.load(Ordering::SeqCst).into()))
        .credentials(credentials)
        .build()
        .unwrap();
    // It proves that the client's clock is right.
    s3.put_object("bucket", "key", "data").send().await.unwrap();
    let error = put_error(&s3, "data").await;
    let text = error.to_string();
    assert!(matches!(error, Error::Invalid(_)), "{error}");
    assert!(
        text.contains("credentials: expired") && text.contains("503 SlowDown, retried after"),
        "{text}"
    );
    assert_eq!(responses.load(Ordering::SeqCst), 2);
}

#[tokio::test]
async fn a_failing_credentials_provider_is_retried() {
    let server = play([ok()]).await;
    let calls = Arc::new(AtomicU32::new(0));
    let count = calls.clone();
    let provider = move || {
        let succeeds = count.fetch_add(1, Ordering::SeqCst) % 4 == 3;
        async move {
            let credentials = Credentials::new("AKID", SECRET_ACCESS_KEY);
            succeeds.then_some(credentials).ok_or("the vault is sealed")
        }
    };
    let s3 = server
        .builder()
        .credentials_provider(provider)
        .build()
        .unwrap();
    let error = put_error(&s3, "data").await;
    assert_eq!(
        (calls.load(Ordering::SeqCst), error.context().attempts),
        (3, 0),
        "{error}"
    );
    assert!(
        !error.is_outcome_unknown() && error.to_string().contains("the vault is sealed"),
        "{error}"
    );
    s3.put_object("bucket", "key", "data").send().await.unwrap();
}
