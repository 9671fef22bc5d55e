//! Wrong credentials and wrong clocks.

use slim_s3::RetryPolicy;

use crate::support::live::{Store, builder, keys as live_keys, store, with_bucket};

#[tokio::test]
#[ignore = "needs a store: tests/run"]
async fn a_rejection_names_its_cause() {
    with_bucket(|_, bucket| async move {
        let rejection = |builder: slim_s3::ClientBuilder| {
            let call = builder.build().unwrap().put_object(&bucket, "key", "x");
            async move { call.send().await.unwrap_err() }
        };
        let keys = |id: &str, secret: &str| slim_s3::Credentials::new(id, secret);
        let (id, secret) = live_keys();
        let error = rejection(builder().credentials(keys(&id, "wrong secret"))).await;
        assert_eq!(error.code(), Some("SignatureDoesNotMatch"), "{error}");
        assert!(
            error.is_access_denied()
                && !error.is_retryable()
                && !error.to_string().contains("wrong secret"),
            "{error}"
        );
        let error = rejection(builder().credentials(keys("UNKNOWN", "secret"))).await;
        let (code, status) = match store() {
            Store::Minio => ("InvalidAccessKeyId", 403),
            Store::Versitygw => ("XAdminUserNotFound", 404),
            Store::S3sFs => ("NotSignedUp", 403),
        };
        assert_eq!(
            (error.code(), error.status().unwrap().as_u16()),
            (Some(code), status),
            "{error}"
        );
        assert!(!error.is_not_found(), "{error}");
        // A response to HEAD has no code, and versitygw returns 404 for an unknown access key.
        let unknown = builder()
            .credentials(keys("UNKNOWN", "secret"))
            .build()
            .unwrap();
        let error = unknown
            .head_object(&bucket, "key")
            .send()
            .await
            .unwrap_err();
        assert_eq!(error.is_not_found(), store() == Store::Versitygw, "{error}");
        let with_token = builder().credentials(keys(&id, &secret).with_session_token("bogus"));
        if store() == Store::S3sFs {
            let s3 = with_token.build().unwrap();
            s3.put_object(&bucket, "key", "x").send().await.unwrap();
        } else {
            let error = rejection(with_token).await;
            let code = match store() {
                Store::Minio => "InvalidTokenId",
                _ => "InvalidToken",
            };
            assert_eq!(error.code(), Some(code), "{error}");
        }
        let error = rejection(builder().anonymous()).await;
        assert_eq!(error.code(), Some("AccessDenied"), "{error}");
        let hour = std::time::Duration::from_secs(3600);
        let slow_clock = move || builder().clock(move || std::time::SystemTime::now() - hour);
        let error = rejection(slow_clock().retry(RetryPolicy::none())).await;
        assert_eq!(error.code(), Some("RequestTimeTooSkewed"), "{error}");
        assert!(error.service().unwrap().date.is_some(), "{error}");
    })
    .await;
}

/// The client takes the time from the rejection, once. This includes HEAD, which is rejected with a bare 403.
#[tokio::test]
#[ignore = "needs a store: tests/run"]
async fn a_wrong_clock_is_corrected() {
    with_bucket(|_, bucket| async move {
        let hour = std::time::Duration::from_secs(3600);
        for is_slow in [true, false] {
            let wrong = move || {
                let now = std::time::SystemTime::now();
                if is_slow { now - hour } else { now + hour }
            };
            let s3 = builder().clock(wrong).build().unwrap();
            let stored = s3
                .put_object(&bucket, "key", "x")
                .send_with_metadata()
                .await
                .unwrap();
            assert_eq!(stored.attempts, 2);
            assert!(
                stored.earlier[0].cause.contains("RequestTimeTooSkewed"),
                "{stored:?}"
            );
            // The correction is kept.
            let again = s3
                .put_object(&bucket, "key", "x")
                .send_with_metadata()
                .await
                .unwrap();
            assert_eq!(
                (again.attempts, again.request_id().is_some()),
                (1, store() != Store::S3sFs)
            );

            let s3 = builder().clock(wrong).build().unwrap();
            let head = s3
                .head_object(&bucket, "key")
                .send_with_metadata()
                .await
                .unwrap();
            assert_eq!((head.attempts, head.output.content_length), (2, Some(1)));
            assert_eq!(head.earlier[0].cause, "403 AccessDenied");
        }
    })
    .await;
}
