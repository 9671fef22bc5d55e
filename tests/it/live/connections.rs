//! Connections that stores close, and answers that come early.

use std::time::Duration;

use slim_s3::{Credentials, Error, Stage, TransportKind};

use crate::support::live::{Store, builder, keys, store, with_bucket};
use crate::support::proxy::{Fault, Proxy};

/// versitygw closes every connection, and MinIO those that were idle for 30 s: a client that waits as long has dropped
/// them before.
#[tokio::test]
#[ignore = "needs a store: tests/run"]
async fn idle_connections() {
    with_bucket(|s3, bucket| async move {
        let put = async || {
            s3.put_object(&bucket, "key", "x")
                .send_answered()
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

/// The store refuses while 32 MiB go out: that is told, or, where only a reset is left of it, how far they came.
#[tokio::test]
#[ignore = "needs a store: tests/run"]
async fn early_refusals() {
    with_bucket(|_, bucket| async move {
        let (id, _) = keys();
        let s3 = builder()
            .credentials(Credentials::new(id, "wrong secret"))
            .build()
            .unwrap();
        let body = bytes::Bytes::from(vec![1; 32 << 20]);
        let (mut told, mut broken) = (0, 0);
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
                    told += 1;
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
            "{:?}: told {told} times, broken off {broken} times",
            store()
        );
        // On versitygw and s3s-fs it is hardly ever told unless the connection is looked at between pieces of the body.
        assert!(told >= 10, "told {told} times of 20");
    })
    .await;
}

/// An answer that is changed on its way back is no other answer.
#[tokio::test]
#[ignore = "needs a store: tests/run"]
async fn answers_that_are_changed() {
    with_bucket(|s3, bucket| async move {
        s3.put_object(&bucket, "key", "0123456789")
            .send()
            .await
            .unwrap();
        let get = async |fault: Fault| {
            let proxy = Proxy::at_first(fault);
            let object = proxy.client().get_object(&bucket, "key").send().await?;
            object.body.bytes().await
        };
        let longer = get(Fault::Header("content-length", "11".into()))
            .await
            .unwrap_err();
        assert!(
            longer
                .to_string()
                .contains("cut short after 10 of 11 bytes"),
            "{longer}"
        );
        let cut = get(Fault::Cut(4)).await.unwrap_err();
        assert!(
            cut.to_string().contains("cut short after 4 of 10 bytes"),
            "{cut}"
        );
        // Nobody can see that a shorter one is not all.
        assert_eq!(
            get(Fault::Header("content-length", "4".into()))
                .await
                .unwrap(),
            "0123"
        );
        let reset = get(Fault::Reset).await.unwrap();
        assert_eq!(reset, "0123456789");

        let proxy = Proxy::at_first(Fault::Stall(Duration::from_secs(3)));
        let limits = slim_s3::TimeLimits {
            answer: Duration::from_secs(1),
            connect: Duration::from_secs(1),
            ..Default::default()
        };
        let s3 = proxy.builder().time_limits(limits).build().unwrap();
        let head = s3
            .head_object(&bucket, "key")
            .send_answered()
            .await
            .unwrap();
        assert_eq!((head.attempts, proxy.asked()), (2, 2));
        let listing = Proxy::at_first(Fault::Cut(150));
        let page = listing
            .client()
            .list_objects_v2(&bucket)
            .send_answered()
            .await
            .unwrap();
        assert_eq!((page.attempts, page.output.contents.len()), (2, 1));
        if store() != Store::S3sFs {
            assert!(
                page.request_id().is_some() && page.host_id().is_some(),
                "{page:?}"
            );
        }
    })
    .await;
}

/// What is compressed is not read, though a store compresses what it is asked to, and some more. The error says so.
#[tokio::test]
#[ignore = "needs a store: tests/run"]
async fn compressed_listings() {
    with_bucket(|s3, bucket| async move {
        for number in 0..20 {
            let key = format!("{number}-{}", "k".repeat(100));
            s3.put_object(&bucket, &key, "x").send().await.unwrap();
        }
        assert_eq!(
            s3.list_objects_v2(&bucket)
                .send()
                .await
                .unwrap()
                .contents
                .len(),
            20
        );
        let compressed = s3
            .list_objects_v2(&bucket)
            .header("accept-encoding", "gzip")
            .send()
            .await;
        match store() {
            Store::Minio => {
                let error = compressed.unwrap_err();
                assert!(matches!(error, Error::Malformed(_)), "{error}");
                assert!(error.to_string().contains("and gzip data came"), "{error}");
            }
            Store::Versitygw | Store::S3sFs => assert_eq!(compressed.unwrap().contents.len(), 20),
        }
    })
    .await;
}
