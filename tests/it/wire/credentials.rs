//! Credential providers and anonymous requests.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use slim_s3::Credentials;

use super::OK;
use crate::support::server::{SECRET_ACCESS_KEY, builder, record};
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
