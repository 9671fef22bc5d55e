//! AssumeRole: temporary credentials of MinIO's STS, which has the store's endpoint.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, SystemTime};

use slim_s3::credentials::{AssumeRole, Environment};
use slim_s3::{Client, ClientBuilder, Credentials, Error, Roots};

use super::{list, read};
use crate::support::live::{Store, builder, ca, endpoint, keys, region, store, with_bucket};

/// The shortest time that STS allows.
const QUARTER: Duration = Duration::from_secs(900);

fn role() -> AssumeRole {
    let (id, secret) = keys();
    AssumeRole {
        endpoint: Some(endpoint()),
        region: region(),
        roots: ca().map(Roots::Pem),
        duration: Some(QUARTER),
        ..AssumeRole::new(Credentials::new(id, secret))
    }
}

/// Whether the store has an STS that needs no role; asserts that one without says so. The stores of `tests/stores` are not asked.
async fn has_sts() -> bool {
    if store() == Store::Minio {
        let name = std::env::var("S3_TEST_STORE");
        return name.is_err() || name.is_ok_and(|name| name == "minio");
    }
    let error = role().send().await.unwrap_err();
    let is_said = matches!(error, Error::Service(_) | Error::Malformed(_));
    assert!(
        is_said && error.to_string().starts_with("AssumeRole: "),
        "{error}"
    );
    false
}

#[tokio::test]
#[ignore = "needs a store: tests/run"]
async fn temporary_credentials_put_get_and_list() {
    with_bucket(|_, bucket| async move {
        if !has_sts().await {
            return;
        }
        let temporary = role().send().await.unwrap();
        assert_ne!(temporary.access_key_id(), keys().0);
        let left = temporary
            .expires_at()
            .unwrap()
            .duration_since(SystemTime::now());
        assert!(
            (QUARTER - Duration::from_secs(60)..=QUARTER + Duration::from_secs(60))
                .contains(&left.unwrap())
        );
        let s3 = builder().credentials(temporary).build().unwrap();
        s3.put_object(&bucket, "key", "temporary")
            .send()
            .await
            .unwrap();
        assert_eq!(read(&s3, &bucket, "key").await, "temporary");
        assert_eq!(list(&s3, &bucket).await.len(), 1);
        let large = s3
            .upload(&bucket, "large", vec![7; 9 << 20])
            .send()
            .await
            .unwrap();
        assert_eq!(large.parts, 2);
    })
    .await;
}

#[tokio::test]
#[ignore = "needs a store: tests/run"]
async fn a_session_policy_limits_the_credentials() {
    with_bucket(|s3, bucket| async move {
        if !has_sts().await {
            return;
        }
        s3.put_object(&bucket, "key", "x").send().await.unwrap();
        let policy = format!(
            r#"{{"Version":"2012-10-17","Statement":[{{"Effect":"Allow","Action":["s3:GetObject"],"Resource":["arn:aws:s3:::{bucket}/*"]}}]}}"#
        );
        let role = AssumeRole {
            policy: Some(policy),
            ..role()
        };
        let limited = builder().assume_role(role).build().unwrap();
        assert_eq!(read(&limited, &bucket, "key").await, "x");
        let put = limited.put_object(&bucket, "key", "y").send().await;
        let error = put.unwrap_err();
        assert_eq!(error.code(), Some("AccessDenied"), "{error}");
        let listing = limited.list_objects_v2(&bucket).send().await;
        assert_eq!(listing.unwrap_err().code(), Some("AccessDenied"));
        let get = limited.get_object(&bucket, "key").presign_now(Duration::from_secs(60)).await;
        assert!(get.unwrap().url().contains("X-Amz-Security-Token="));
    })
    .await;
}

/// The clock of the client shows that they expire soon, but is not yet so wrong that the store rejects it.
#[tokio::test]
#[ignore = "needs a store: tests/run"]
async fn temporary_credentials_are_renewed_before_they_expire() {
    with_bucket(|_, bucket| async move {
        if !has_sts().await {
            return;
        }
        let ahead = Arc::new(AtomicU64::new(0));
        let seconds = ahead.clone();
        let clock = move || SystemTime::now() + Duration::from_secs(seconds.load(Ordering::SeqCst));
        let s3 = builder().assume_role(role()).clock(clock).build().unwrap();
        let mut ids = Vec::new();
        for passed in [0, 60, 11 * 60, 11 * 60] {
            ahead.store(passed, Ordering::SeqCst);
            s3.put_object(&bucket, "key", "x").send().await.unwrap();
            ids.push(signing_id(&s3));
        }
        assert_eq!(ids[0], ids[1]);
        assert_ne!(ids[1], ids[2]);
        assert_eq!(ids[2], ids[3]);
    })
    .await;
}

fn signing_id(s3: &Client) -> String {
    let request = s3.head_bucket("bucket").sign(s3.now()).unwrap();
    let authorization = request.headers()["authorization"].to_str().unwrap();
    let (_, credential) = authorization.split_once("Credential=").unwrap();
    credential.split('/').next().unwrap().to_owned()
}

/// As in `~/.aws/config`, with the endpoint of the store for both.
#[tokio::test]
#[ignore = "needs a store: tests/run"]
async fn a_profile_assumes_a_role() {
    with_bucket(|_, bucket| async move {
        if !has_sts().await {
            return;
        }
        let (id, secret) = keys();
        let config = format!(
            "[default]\nrole_arn = arn:minio:iam:::role/any\nsource_profile = base\nendpoint_url = {}\nregion = {}\n\
             [profile base]\naws_access_key_id = {id}\naws_secret_access_key = {secret}\n",
            endpoint(),
            region(),
        );
        let files = [("/home/kim/.aws/config", config)];
        let mut variables = vec![("HOME", "/home/kim"), ("USERPROFILE", "/home/kim")];
        let bundle = std::env::var("S3_TEST_CA").ok();
        if let Some(path) = &bundle {
            variables.push(("AWS_CA_BUNDLE", path));
        }
        let environment = Environment::new(variables).with_files(files);
        let s3 = ClientBuilder::from_environment(&environment, None).await;
        let s3 = s3.unwrap().build().unwrap();
        s3.put_object(&bucket, "key", "x").send().await.unwrap();
        assert_ne!(signing_id(&s3), id);
    })
    .await;
}

#[tokio::test]
#[ignore = "needs a store: tests/run"]
async fn wrong_keys_are_rejected_by_the_sts() {
    with_bucket(|_, _| async move {
        if !has_sts().await {
            return;
        }
        let (id, _) = keys();
        let wrong = AssumeRole {
            credentials: Credentials::new(id, "a wrong secret"),
            ..role()
        };
        let error = wrong.send().await.unwrap_err();
        assert!(error.is_access_denied(), "{error}");
        assert!(!error.to_string().contains("a wrong secret"), "{error}");
    })
    .await;
}

/// A set that has expired, which the source does not say. MinIO does not know it any more.
///
/// The shortest time is 15 minutes, so it is only with `SLIM_S3_STS_EXPIRY` one that has really expired. Otherwise it is
/// made up, and the response is the same.
async fn expired() -> Credentials {
    let far = SystemTime::now() + 100 * QUARTER;
    if std::env::var_os("SLIM_S3_STS_EXPIRY").is_none() {
        let made_up =
            Credentials::new("EXPIRED0000000000000", "secret").with_session_token("token");
        return made_up.with_expiry(far);
    }
    let set = role().send().await.unwrap();
    tokio::time::sleep(QUARTER + Duration::from_secs(10)).await;
    set.with_expiry(far)
}

#[tokio::test]
#[ignore = "needs a store: tests/run"]
async fn credentials_that_the_store_does_not_know_any_more_are_renewed_by_each_call() {
    with_bucket(|s3, bucket| async move {
        if !has_sts().await {
            return;
        }
        s3.put_object(&bucket, "key", "x").send().await.unwrap();
        let expired = expired().await;
        let fixed = builder().credentials(expired.clone()).build().unwrap();
        let get = fixed.get_object(&bucket, "key").send().await;
        assert_eq!(get.unwrap_err().code(), Some("InvalidAccessKeyId"));
        let head = fixed.head_object(&bucket, "key").send().await;
        assert_eq!(head.unwrap_err().code(), Some("InvalidAccessKeyId"));
        // Each of these calls is the first of its client.
        let client = || {
            let first = std::sync::Mutex::new(Some(expired.clone()));
            let provide = move || {
                let first = first.lock().unwrap().take();
                async move {
                    match first {
                        Some(first) => Ok(first),
                        None => role().send().await,
                    }
                }
            };
            builder()
                .cached_credentials_provider(provide)
                .build()
                .unwrap()
        };
        let put = client()
            .put_object(&bucket, "key", "y")
            .send_with_metadata()
            .await;
        assert_eq!(put.unwrap().attempts, 2);
        let head = client()
            .head_object(&bucket, "key")
            .send_with_metadata()
            .await;
        assert_eq!(head.unwrap().attempts, 2);
        assert_eq!(read(&client(), &bucket, "key").await, "y");
        assert_eq!(list(&client(), &bucket).await.len(), 1);
        let large = client()
            .upload(&bucket, "large", vec![7; 9 << 20])
            .send()
            .await;
        assert_eq!(large.unwrap().parts, 2);
    })
    .await;
}
