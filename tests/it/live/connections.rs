//! Closed idle connections, early rejections and altered responses.

use std::time::Duration;

use slim_s3::error::{Stage, TransportKind};
use slim_s3::{Credentials, Error};

use super::list;
use crate::support::live::{Store, builder, keys, store, with_bucket};
use crate::support::proxy::{Fault, Proxy};

/// versitygw closes every connection after its response, and MinIO those idle for 30 s. The client must drop an idle
/// connection before the store closes it.
#[tokio::test]
#[ignore = "needs a store: tests/run"]
async fn closed_idle_connections_cause_no_retry() {
    with_bucket(|s3, bucket| async move {
        let put = async || {
            s3.put_object(&bucket, "key", "x")
                .send_with_metadata()
                .await
                .unwrap()
        };
        for _ in 0..20 {
            assert_eq!(put().await.attempts, 1);
        }
        for pause in [14, 31] {
            tokio::time::sleep(Duration::from_secs(pause)).await;
            assert_eq!(put().await.attempts, 1, "after {pause} s");
        }
    })
    .await;
}

/// The store rejects a request while 32 MiB are being sent. The client reports the rejection, or how much was sent if
/// it sees only a reset.
#[tokio::test]
#[ignore = "needs a store: tests/run"]
async fn a_rejection_during_the_body_is_reported() {
    with_bucket(|_, bucket| async move {
        let (id, _) = keys();
        let s3 = builder()
            .credentials(Credentials::new(id, "wrong secret"))
            .build()
            .unwrap();
        let body = bytes::Bytes::from(vec![1; 32 << 20]);
        let (mut rejected, mut broken) = (0, 0);
        for _ in 0..20 {
            let error = s3
                .put_object(&bucket, "key", body.clone())
                .send()
                .await
                .unwrap_err();
            assert!(error.context().attempts <= 2, "{error}");
            match &error {
                Error::Service(_) => {
                    assert_eq!(error.code(), Some("SignatureDoesNotMatch"), "{error}");
                    rejected += 1;
                }
                Error::Transport(transport) => {
                    assert_eq!(
                        transport.kind,
                        TransportKind::Broken(Stage::Sending),
                        "{error}"
                    );
                    assert!(
                        error.to_string().contains("of 33554432 bytes were sent"),
                        "{error}"
                    );
                    broken += 1;
                }
                _ => panic!("{error}"),
            }
        }
        println!(
            "{:?}: {rejected} rejections and {broken} broken connections",
            store()
        );
        // On versitygw and s3s-fs this fails unless the client reads the connection between pieces of the body.
        assert!(rejected >= 10, "{rejected} of 20 rejections were reported");
    })
    .await;
}

/// A truncated object is an error. Other faults are retried, and a shortened Content-Length cannot be detected.
#[tokio::test]
#[ignore = "needs a store: tests/run"]
async fn altered_responses_are_detected_or_retried() {
    with_bucket(|s3, bucket| async move {
        s3.put_object(&bucket, "key", "0123456789")
            .send()
            .await
            .unwrap();
        let get = async |fault: Fault| {
            let proxy = Proxy::with_first_fault(fault);
            let get = proxy.client().get_object(&bucket, "key");
            get.no_continuation().send().await?.body.bytes().await
        };
        let longer = get(Fault::SetHeader("content-length", "11".into()))
            .await
            .unwrap_err();
        assert!(
            longer
                .to_string()
                .contains("truncated after 10 of 11 bytes"),
            "{longer}"
        );
        let truncated = get(Fault::TruncateResponse(4)).await.unwrap_err();
        assert!(
            truncated
                .to_string()
                .contains("truncated after 4 of 10 bytes"),
            "{truncated}"
        );
        // A shorter Content-Length cannot be detected.
        assert_eq!(
            get(Fault::SetHeader("content-length", "4".into()))
                .await
                .unwrap(),
            "0123"
        );
        let reset = get(Fault::Reset).await.unwrap();
        assert_eq!(reset, "0123456789");

        let proxy = Proxy::with_first_fault(Fault::Stall(Duration::from_secs(10)));
        let limits = slim_s3::Timeouts {
            response: Duration::from_secs(3),
            connect: Duration::from_secs(3),
            ..Default::default()
        };
        let s3 = proxy.builder().timeouts(limits).build().unwrap();
        let head = s3
            .head_object(&bucket, "key")
            .send_with_metadata()
            .await
            .unwrap();
        assert_eq!((head.attempts, proxy.requests()), (2, 2));
        let listing = Proxy::with_first_fault(Fault::TruncateResponse(150));
        let page = listing
            .client()
            .list_objects_v2(&bucket)
            .send_with_metadata()
            .await
            .unwrap();
        assert_eq!((page.attempts, page.output.contents.len()), (2, 1));
    })
    .await;
}

/// The client does not decompress responses. The error names gzip.
#[tokio::test]
#[ignore = "needs a store: tests/run"]
async fn a_compressed_listing_is_an_error() {
    with_bucket(|s3, bucket| async move {
        for number in 0..20 {
            let key = format!("{number}-{}", "k".repeat(100));
            s3.put_object(&bucket, &key, "x").send().await.unwrap();
        }
        assert_eq!(list(&s3, &bucket).await.len(), 20);
        let compressed = s3
            .list_objects_v2(&bucket)
            .header("accept-encoding", "gzip")
            .send()
            .await;
        match store() {
            Store::Minio => {
                let error = compressed.unwrap_err();
                assert!(matches!(error, Error::Malformed(_)), "{error}");
                assert!(error.to_string().contains("got gzip, "), "{error}");
            }
            Store::Versitygw | Store::S3sFs => assert_eq!(compressed.unwrap().contents.len(), 20),
        }
    })
    .await;
}
