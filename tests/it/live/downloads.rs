//! Downloads to a file, on a live store.

use slim_s3::RetryPolicy;

use super::{MIB, TempFile, content};
use crate::support::live::with_bucket;
use crate::support::proxy::{Fault, Proxy};

#[tokio::test]
#[ignore = "needs a store: tests/run"]
async fn a_downloaded_file_has_the_bytes_of_the_object() {
    with_bucket(|s3, bucket| async move {
        let part = 8 * MIB;
        for size in [0, 1, part - 1, part, part + 1, 3 * part + part / 2] {
            let (key, data) = (format!("object-{size}"), content(size));
            let stored = s3.upload(&bucket, &key, data.clone()).send().await.unwrap();
            let file = TempFile::new("downloaded", b"old content");
            let downloaded = s3.download_file(&bucket, &key, &file.0).send().await;
            let downloaded = downloaded.unwrap_or_else(|error| panic!("{size}: {error}"));
            assert_eq!(downloaded.size, size as u64);
            assert_eq!(downloaded.etag, Some(stored.etag), "{size}");
            assert!(
                std::fs::read(&file.0).unwrap() == data,
                "{size}: other bytes"
            );
        }

        let file = TempFile::new("missing", b"old content");
        let missing = s3.download_file(&bucket, "missing", &file.0).send().await;
        assert!(missing.unwrap_err().is_not_found());
        assert_eq!(std::fs::read(&file.0).unwrap(), b"old content");
    })
    .await;
}

/// The proxy truncates two of three responses.
#[tokio::test]
#[ignore = "needs a store: tests/run"]
async fn an_interrupted_body_continues_with_the_same_object() {
    with_bucket(|s3, bucket| async move {
        let data = content(3 * MIB);
        let put = s3.put_object(&bucket, "key", data.clone());
        put.send().await.unwrap();
        let truncating = || {
            Proxy::new(|request| match request.number % 3 {
                0 => Fault::None,
                number => Fault::TruncateResponse(100_000 * number as usize),
            })
        };
        let proxy = truncating();
        let object = proxy.client().get_object(&bucket, "key").send().await;
        assert!(object.unwrap().body.bytes().await.unwrap() == data);
        assert_eq!(proxy.requests(), 3);

        let proxy = truncating();
        let call = proxy.client().get_object(&bucket, "key");
        let range = call.range(MIB as u64..2 * MIB as u64).send().await;
        assert!(range.unwrap().body.bytes().await.unwrap() == data[MIB..2 * MIB]);

        let (proxy, file) = (truncating(), TempFile::new("interrupted", b"old content"));
        let download = proxy.client().download_file(&bucket, "key", &file.0);
        download.part_size(MIB as u64).send().await.unwrap();
        assert!(std::fs::read(&file.0).unwrap() == data);

        let (proxy, mut written) = (truncating(), Vec::new());
        let s3_through_proxy = proxy.client();
        let download = s3_through_proxy.download_writer(&bucket, "key", &mut written);
        download.part_size(MIB as u64).send().await.unwrap();
        assert!(written == data);

        // Replaced after the first bytes.
        let proxy = Proxy::with_first_fault(Fault::TruncateResponse(1_000));
        let object = proxy.client().get_object(&bucket, "key").send().await;
        let other = content(3 * MIB + 1).split_off(1);
        s3.put_object(&bucket, "key", other).send().await.unwrap();
        let error = object.unwrap().body.bytes().await.unwrap_err();
        // A store that ignores the condition is found out by its ETag.
        let is_malformed = matches!(error, slim_s3::Error::Malformed(_));
        assert!(error.is_precondition_failed() || is_malformed, "{error}");
    })
    .await;
}

#[tokio::test]
#[ignore = "needs a store: tests/run"]
async fn a_failed_download_is_resumed_unless_the_object_was_replaced() {
    with_bucket(|s3, bucket| async move {
        let part = MIB as u64;
        for replaces in [false, true] {
            let mut data = content(6 * MIB + 7);
            s3.upload(&bucket, "key", data.clone())
                .send()
                .await
                .unwrap();
            let file = TempFile::new("resumed", b"old content");
            let proxy = Proxy::new(|request| match request.number {
                4.. => Fault::Close,
                _ => Fault::None,
            });
            let download = proxy.client().download_file(&bucket, "key", &file.0);
            let download = download.part_size(part).concurrency(1).resume();
            let failed = download.retry(RetryPolicy::none()).send().await;
            assert!(failed.unwrap_err().is_retryable());
            assert_eq!(std::fs::read(&file.0).unwrap(), b"old content");
            if replaces {
                data.reverse();
                s3.upload(&bucket, "key", data.clone())
                    .send()
                    .await
                    .unwrap();
            }
            let proxy = Proxy::new(|_| Fault::None);
            let download = proxy.client().download_file(&bucket, "key", &file.0);
            let resumed = download.part_size(part).resume().send().await.unwrap();
            assert_eq!(resumed.size, data.len() as u64);
            assert!(std::fs::read(&file.0).unwrap() == data);
            // Three of seven ranges were left; of a replaced object, the first request finds out.
            assert_eq!(proxy.requests(), if replaces { 8 } else { 4 });
        }
    })
    .await;
}
