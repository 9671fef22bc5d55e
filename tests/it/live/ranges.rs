//! Ranges, and bodies that are read as streams.

use slim_s3::Error;

use super::{MIB, content};
use crate::support::live::{Store, store, with_bucket};

#[tokio::test]
#[ignore = "needs a store: tests/run"]
async fn ranges_and_streams_return_the_requested_bytes() {
    with_bucket(|s3, bucket| async move {
        let data = content(3 * MIB);
        s3.put_object(&bucket, "key", data.clone())
            .send()
            .await
            .unwrap();
        let get = |range: std::ops::Range<u64>| {
            let call = s3.get_object(&bucket, "key").range(range);
            async move { call.send().await.unwrap() }
        };
        let object = get(10..20).await;
        let range = object.content_range.unwrap();
        assert_eq!(
            (range.first, range.last, range.total, object.content_length),
            (10, 19, Some(3 * MIB as u64), Some(10))
        );
        assert_eq!(object.body.bytes().await.unwrap(), data[10..20]);
        assert_eq!(get(0..u64::MAX / 2).await.body.bytes().await.unwrap(), data);
        let last = s3
            .get_object(&bucket, "key")
            .last_bytes(7)
            .send()
            .await
            .unwrap();
        assert_eq!(last.body.bytes().await.unwrap(), data[3 * MIB - 7..]);
        let beyond_end = s3
            .get_object(&bucket, "key")
            .range(3 * MIB as u64..)
            .send()
            .await
            .unwrap_err();
        assert_eq!(beyond_end.code(), Some("InvalidRange"));

        let mut reader = Box::pin(get(0..3 * MIB as u64).await.body.into_reader());
        let mut copied = Vec::new();
        tokio::io::copy(&mut reader, &mut copied).await.unwrap();
        assert_eq!(copied, data);
        let mut object = get(0..3 * MIB as u64).await;
        let mut read = 0;
        while let Some(chunk) = object.body.chunk().await.unwrap() {
            read += chunk.len();
        }
        assert_eq!(read, 3 * MIB);
        assert!(object.body.chunk().await.unwrap().is_none());
    })
    .await;
}

#[tokio::test]
#[ignore = "needs a store: tests/run"]
async fn ranges_of_an_empty_object_differ_by_store() {
    with_bucket(|s3, bucket| async move {
        s3.put_object(&bucket, "key", "").send().await.unwrap();
        let first = s3.get_object(&bucket, "key").range(0..).send().await;
        assert_eq!(first.unwrap_err().code(), Some("InvalidRange"));
        // MinIO returns 206 with a last byte of -1 in Content-Range, versitygw 200.
        let last = s3.get_object(&bucket, "key").last_bytes(1).send().await;
        if store() == Store::S3sFs {
            // s3s-fs panics on an integer underflow and closes the connection.
            let error = last.unwrap_err();
            assert!(matches!(error, Error::Transport(_)), "{error}");
            return;
        }
        let last = last.unwrap();
        let range = last.headers.get("content-range");
        let range = range.map(|value| value.to_str().unwrap());
        assert_eq!(range, (store() == Store::Minio).then_some("bytes 0--1/0"));
        assert!(last.body.bytes().await.unwrap().is_empty());
    })
    .await;
}
