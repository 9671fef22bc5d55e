//! Refusals, and what they are told to be about.

use crate::support::live::{builder, with_bucket};

#[tokio::test]
#[ignore = "needs a store: tests/run"]
async fn refusals_name_the_cause() {
    with_bucket(|_, bucket| async move {
        let refused = |builder: slim_s3::ClientBuilder| {
            let call = builder.build().unwrap().put_object(&bucket, "key", "x");
            async move { call.send().await.unwrap_err() }
        };
        let keys = |id: &str, secret: &str| slim_s3::Credentials::new(id, secret);
        let id = std::env::var("S3_TEST_ACCESS_KEY_ID").unwrap();
        let error = refused(builder().credentials(keys(&id, "wrong secret"))).await;
        assert_eq!(error.code(), Some("SignatureDoesNotMatch"), "{error}");
        assert!(
            error.is_access_denied()
                && !error.is_retryable()
                && !error.to_string().contains("wrong secret"),
            "{error}"
        );
        let error = refused(builder().credentials(keys("NOBODY", "secret"))).await;
        assert_eq!(error.code(), Some("InvalidAccessKeyId"), "{error}");
        let secret = std::env::var("S3_TEST_SECRET_ACCESS_KEY").unwrap();
        let error =
            refused(builder().credentials(keys(&id, &secret).with_session_token("bogus"))).await;
        assert_eq!(error.code(), Some("InvalidTokenId"), "{error}");
        let error = refused(builder().anonymous()).await;
        assert_eq!(error.code(), Some("AccessDenied"), "{error}");
        let hour = std::time::Duration::from_secs(3600);
        let error = refused(builder().clock(move || std::time::SystemTime::now() - hour)).await;
        assert_eq!(error.code(), Some("RequestTimeTooSkewed"), "{error}");
    })
    .await;
}
