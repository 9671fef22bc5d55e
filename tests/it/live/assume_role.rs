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
