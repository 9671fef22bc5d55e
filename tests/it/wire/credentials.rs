//! Credential providers and anonymous requests.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, SystemTime};

use slim_s3::Credentials;

use super::OK;
use crate::support::server::{SECRET_ACCESS_KEY, builder, client, record};
use crate::support::verifier::verify;

#[tokio::test]
async fn the_provider_is_called_once_per_attempt() {
    let calls = Arc::new(AtomicU32::new(0));
    let (address, requests) = record(OK, "").await;
    let counter = calls.clone();
    let s3 = builder(address)
        .credentials_provider(move || {
            let number = counter.fetch_add(1, Ordering::SeqCst);
            async move {
                match number {
                    2 => Err("the vault is locked"),
                    number => Ok(Credentials::new(format!("AKID{number}"), SECRET_ACCESS_KEY)
                        .with_session_token(format!("token/{number}=="))),
                }
            }
        })
        .build()
        .unwrap();
    for _ in 0..2 {
        s3.put_object("bucket", "key", "x").send().await.unwrap();
    }
    let error = s3
        .put_object("bucket", "key", "x")
        .send()
        .await
        .unwrap_err()
        .to_string();
    assert!(error.contains("the vault is locked"), "{error}");
    assert_eq!(calls.load(Ordering::SeqCst), 3);
    let requests = requests.lock().unwrap();
    for (number, request) in requests.iter().enumerate() {
        verify(request);
        assert!(
            request
                .header("authorization")
                .unwrap()
                .contains(&format!("Credential=AKID{number}/"))
        );
        assert_eq!(
            request.header("x-amz-security-token"),
            Some(format!("token/{number}==").as_str())
        );
    }
    assert_eq!(requests.len(), 2);
}

#[tokio::test]
async fn anonymous_requests_are_not_signed() {
    let (address, requests) = record(OK, "").await;
    builder(address)
        .anonymous()
        .build()
        .unwrap()
        .get_object("bucket", "key")
        .send()
        .await
        .unwrap();
    let request = requests.lock().unwrap().pop().unwrap();
    let names: Vec<&str> = request
        .headers
        .iter()
        .map(|(name, _)| name.as_str())
        .collect();
    assert!(
        !names
            .iter()
            .any(|name| name.starts_with("x-amz-") || *name == "authorization"),
        "{names:?}"
    );
}

#[tokio::test]
async fn the_provider_is_called_once_per_presigned_request() {
    let calls = Arc::new(AtomicU32::new(0));
    let (address, requests) = record(OK, "").await;
    let counter = calls.clone();
    let time = SystemTime::UNIX_EPOCH + Duration::from_secs(1_735_787_045);
    let s3 = builder(address)
        .clock(move || time)
        .credentials_provider(move || {
            let number = counter.fetch_add(1, Ordering::SeqCst);
            async move {
                match number {
                    3 => Err("the vault is locked"),
                    number => Ok(Credentials::new(format!("AKID{number}"), SECRET_ACCESS_KEY)
                        .with_session_token("token")
                        .with_expiry(time + Duration::from_secs(60))),
                }
            }
        })
        .build()
        .unwrap();
    let minute = Duration::from_secs(60);
    let link = s3.get_object("bucket", "key").presign_now(minute).await;
    let link = link.unwrap();
    assert!(
        link.url().contains("X-Amz-Credential=AKID0%2F20250102%2F")
            && link
                .url()
                .contains("&X-Amz-Date=20250102T030405Z&X-Amz-Expires=60&")
            && link.url().contains("&X-Amz-Security-Token=token&")
    );
    let hour = Duration::from_secs(3600);
    let error = s3.get_object("bucket", "key").presign_now(hour).await;
    let error = error.unwrap_err().to_string();
    assert!(
        error.starts_with("GetObject bucket/key: expires: the credentials"),
        "{error}"
    );
    let shortened = s3.get_object("bucket", "key").presign_now_up_to(hour).await;
    assert_eq!(shortened.unwrap().expires_at(), time + minute);
    let error = s3.get_object("bucket", "key").presign_now(minute).await;
    let error = error.unwrap_err().to_string();
    assert!(error.contains("the vault is locked"), "{error}");

    let policy = || s3.post_policy("bucket").key("key");
    let form = policy().presign_now(minute).await.unwrap();
    assert!(
        form.fields()
            .any(|(name, value)| (name, value) == ("x-amz-security-token", "token"))
    );
    assert!(policy().presign_now(hour).await.is_err());
    let shortened = policy().presign_now_up_to(hour).await.unwrap();
    assert_eq!(shortened.expires_at(), time + minute);
    // `presign` cannot wait for a provider.
    let error = policy().presign(s3.now(), minute).unwrap_err().to_string();
    assert!(error.contains("asynchronously"), "{error}");
    assert_eq!(calls.load(Ordering::SeqCst), 7);
    assert_eq!(requests.lock().unwrap().len(), 0);
}

/// The future can be sent between threads.
#[test]
fn presigning_is_send() {
    fn is_send(_: impl Send) {}
    let address = "127.0.0.1:1".parse().unwrap();
    let (s3, minute) = (client(address), Duration::from_secs(60));
    is_send(s3.get_object("b", "k").presign_now(minute));
    is_send(s3.post_policy("b").key("k").presign_now(minute));
}
