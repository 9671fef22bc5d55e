//! Requests that may have taken effect: which are retried, and when the outcome is unknown.

use std::time::Duration;

use slim_s3::{Client, Encryption, Error, RetryPolicy};

use super::upload_in_one_part;
use crate::support::script::{
    Head, Wait, drop_response, play, raw, reject, response, tiny_parts, upload_completed,
    upload_created,
};
use crate::support::server::put_error;

#[tokio::test]
async fn a_create_that_took_no_effect_is_retried() {
    for script in [reject(503, "SlowDown"), reject(400, "RequestTimeout")] {
        let server = play([script, upload_created()]).await;
        let create = server.client().create_multipart_upload("bucket", "key");
        assert_eq!(create.send().await.unwrap().upload_id, "id");
    }
}

/// Each retry could create another upload.
#[tokio::test]
async fn a_create_that_may_have_taken_effect_is_not_retried() {
    for script in [
        drop_response(),
        reject(500, "InternalError"),
        response("200 OK", ""),
    ] {
        let server = play([script, upload_created()]).await;
        let error = server
            .client()
            .create_multipart_upload("bucket", "key")
            .send()
            .await
            .unwrap_err();
        assert_eq!(
            (error.context().attempts, server.remaining()),
            (1, 1),
            "{error}"
        );
        assert!(error.is_outcome_unknown(), "{error}");
        assert!(
            error
                .to_string()
                .contains("not retried: the request may have taken effect"),
            "{error}"
        );
    }
}

async fn put_new_error(s3: &Client) -> Error {
    let put = s3.put_object("bucket", "key", "data").if_none_match("*");
    put.send().await.unwrap_err()
}

/// A gateway may return 503 after it has passed the request on.
#[tokio::test]
async fn a_412_after_a_gateways_503_leaves_the_outcome_unknown() {
    let envoy = "upstream connect error or disconnect/reset before headers. reset reason: connection termination";
    let server = play([
        response("503 Service Unavailable", envoy),
        reject(412, "PreconditionFailed"),
    ])
    .await;
    let error = put_new_error(&server.client()).await;
    assert!(
        error.is_outcome_unknown() && !error.is_precondition_failed(),
        "{error}"
    );
}

/// S3's own 503 means that the request had no effect.
#[tokio::test]
async fn a_412_after_slow_down_is_a_failed_precondition() {
    let server = play([reject(503, "SlowDown"), reject(412, "PreconditionFailed")]).await;
    let error = put_new_error(&server.client()).await;
    assert!(
        !error.is_outcome_unknown() && error.is_precondition_failed(),
        "{error}"
    );
}

/// A put cannot cause a 404, though its first attempt may have stored the object.
#[tokio::test]
async fn a_404_after_a_lost_response_is_not_found_and_unknown() {
    let server = play([drop_response(), reject(404, "NoSuchBucket")]).await;
    let error = put_error(&server.client(), "data").await;
    assert!(
        error.is_outcome_unknown() && error.is_not_found(),
        "{error}"
    );
}

#[tokio::test]
async fn a_200_before_the_end_of_the_body_leaves_the_outcome_unknown() {
    let early = vec![
        Head,
        raw("HTTP/1.1 200 OK\r\netag: \"e\"\r\ncontent-length: 0\r\n\r\n"),
        Wait(Duration::from_secs(1)),
    ];
    let server = play([early]).await;
    let put = server
        .client()
        .put_object("bucket", "key", vec![1; 32 << 20])
        .retry(RetryPolicy::none());
    let error = put.send().await.unwrap_err();
    assert!(error.is_outcome_unknown(), "{error}");
}

#[tokio::test]
async fn a_completed_upload_is_not_aborted_if_its_check_fails() {
    let encrypted = "200 OK\r\netag: \"e\"\r\nx-amz-server-side-encryption: AES256";
    let server = play([
        upload_created(),
        response(encrypted, ""),
        upload_completed(),
        response("403 Forbidden", ""), // to the HEAD that checks the object's encryption
    ])
    .await;
    let error = upload_in_one_part(&server.client())
        .encryption(Encryption::S3)
        .send()
        .await
        .unwrap_err();
    assert!(error.is_outcome_unknown(), "{error}");
    // Create, part, complete and HEAD; no abort.
    assert_eq!(server.requests().len(), 4, "{error}");
}

#[tokio::test]
async fn a_completed_upload_without_its_encryption_has_an_unknown_outcome() {
    let encrypted = "200 OK\r\netag: \"e\"\r\nx-amz-server-side-encryption: AES256";
    let server = play([
        upload_created(),
        response(encrypted, ""),
        upload_completed(),
        response("200 OK\r\netag: \"e\"", ""), // to the HEAD that checks the object's encryption
    ])
    .await;
    let upload = upload_in_one_part(&server.client()).encryption(Encryption::S3);
    let error = upload.send().await.unwrap_err();
    assert!(error.is_outcome_unknown(), "{error}");
    assert_eq!(error.context().operation, "Upload");
}

#[tokio::test]
async fn an_upload_whose_reader_failed_reports_the_upload_that_is_left() {
    let reader = failing_reader();
    let server = play([
        upload_created(),
        reject(403, "AccessDenied"), // to the abort
        reject(403, "AccessDenied"), // to ListParts
        reject(403, "AccessDenied"),
        reject(403, "AccessDenied"),
        reject(403, "AccessDenied"),
        reject(403, "AccessDenied"),
    ])
    .await;
    let upload = server
        .client()
        .upload_reader("bucket", "key", reader)
        .threshold(1)
        .part_size(8)
        .part_limits(tiny_parts());
    let error = upload.send().await.unwrap_err();
    assert!(
        error.to_string().contains("the reader failed: gone"),
        "{error}"
    );
    assert_eq!(error.context().upload_id.as_deref(), Some("id"));
}

/// One byte, then an error.
fn failing_reader() -> impl tokio::io::AsyncRead + Send {
    struct Failing(bool);
    impl tokio::io::AsyncRead for Failing {
        fn poll_read(
            mut self: std::pin::Pin<&mut Self>,
            _: &mut std::task::Context<'_>,
            buffer: &mut tokio::io::ReadBuf<'_>,
        ) -> std::task::Poll<std::io::Result<()>> {
            if std::mem::replace(&mut self.0, true) {
                return std::task::Poll::Ready(Err(std::io::Error::other("gone")));
            }
            buffer.put_slice(b"d");
            std::task::Poll::Ready(Ok(()))
        }
    }
    Failing(false)
}
