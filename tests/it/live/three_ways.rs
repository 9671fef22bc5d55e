//! The three ways to save, and streams in chunks.

use md5::{Digest, Md5};
use slim_s3::{Body, ETag, PayloadHash};

use super::{MIB, TempFile, content, etag_of_boto3, read};
use crate::support::live::{Store, is_https, store, with_bucket};

/// The three ways to save, for sizes on both sides of every border; hashes, and the ETags of boto3.
async fn three_ways(size: usize) {
    with_bucket(move |s3, bucket| async move {
        let data = content(size);
        let hash = PayloadHash::of(&data);
        let file = TempFile::new(&format!("{size}"), &data);
        let (whole, in_parts) = (
            ETag::from(hex::encode(Md5::digest(&data)).as_str()),
            etag_of_boto3(&data),
        );
        let parts = if size < 8 * MIB {
            0
        } else {
            u32::try_from(size.div_ceil(8 * MIB)).unwrap()
        };

        let bytes = s3
            .put_object(&bucket, "bytes", data.clone())
            .send()
            .await
            .unwrap();
        assert_eq!(bytes.etag, whole);
        let open = s3
            .put_object(&bucket, "file", std::fs::File::open(&file.0).unwrap())
            .send()
            .await
            .unwrap();
        assert_eq!(open.etag, whole);
        let from_file = s3
            .upload_file(&bucket, "upload_file", &file.0)
            .send()
            .await
            .unwrap();
        assert_eq!(
            (from_file.etag, from_file.size, from_file.parts),
            (in_parts.clone(), size as u64, parts)
        );
        let reader = tokio::fs::File::open(&file.0).await.unwrap();
        let from_reader = s3
            .upload_reader(&bucket, "upload_reader", reader)
            .send()
            .await
            .unwrap();
        assert_eq!(
            (from_reader.etag, from_reader.size, from_reader.parts),
            (in_parts, size as u64, parts)
        );

        for key in ["bytes", "file", "upload_file", "upload_reader"] {
            assert_eq!(
                PayloadHash::of(&read(&s3, &bucket, key).await),
                hash,
                "{key}"
            );
            s3.delete_object(&bucket, key).send().await.unwrap();
        }
        println!("{size} bytes: {hash}, {} parts", parts);
    })
    .await;
}

#[tokio::test]
#[ignore = "needs a store: tests/run"]
async fn three_ways_0_bytes() {
    three_ways(0).await;
}

#[tokio::test]
#[ignore = "needs a store: tests/run"]
async fn three_ways_1_byte() {
    three_ways(1).await;
}

#[tokio::test]
#[ignore = "needs a store: tests/run"]
async fn three_ways_8_mib_less_1() {
    three_ways(8 * MIB - 1).await;
}

#[tokio::test]
#[ignore = "needs a store: tests/run"]
async fn three_ways_8_mib() {
    three_ways(8 * MIB).await;
}

#[tokio::test]
#[ignore = "needs a store: tests/run"]
async fn three_ways_8_mib_and_1() {
    three_ways(8 * MIB + 1).await;
}

#[tokio::test]
#[ignore = "needs a store: tests/run"]
async fn three_ways_100_mib() {
    three_ways(100 * MIB).await;
}

/// Everything in parts, and still: no upload has no part, so what is empty is one PUT.
#[tokio::test]
#[ignore = "needs a store: tests/run"]
async fn a_threshold_of_zero() {
    with_bucket(|s3, bucket| async move {
        for (data, parts) in [("", 0), ("x", 1)] {
            let file = TempFile::new("threshold", data.as_bytes());
            let call = s3.upload_file(&bucket, "file", &file.0).threshold(0);
            let stored = call.send().await.unwrap();
            assert_eq!((stored.size, stored.parts), (data.len() as u64, parts));
            let call = s3
                .upload_reader(&bucket, "reader", data.as_bytes())
                .threshold(0);
            let stored = call.send().await.unwrap();
            assert_eq!((stored.size, stored.parts), (data.len() as u64, parts));
            assert_eq!(read(&s3, &bucket, "file").await, data);
            assert_eq!(read(&s3, &bucket, "reader").await, data);
        }
    })
    .await;
}

/// A stream of known length goes in signed chunks over http, which the stores check.
#[tokio::test]
#[ignore = "needs a store: tests/run"]
async fn streams_in_signed_chunks() {
    with_bucket(|s3, bucket| async move {
        for size in [0, 1, 65_535, 65_536, 65_537, 3 * MIB] {
            let data = content(size);
            let reader = std::io::Cursor::new(data.clone());
            let mut call = s3
                .put_object(&bucket, "key", Body::reader(size as u64, reader))
                .content_encoding("gzip");
            // There TLS protects them, and they are not signed if nobody says so.
            if is_https() {
                call = call.payload_hash(PayloadHash::Streaming);
            }
            let put = call.send().await.unwrap();
            assert_eq!(
                put.etag,
                ETag::from(hex::encode(Md5::digest(&data)).as_str())
            );
            let object = s3.get_object(&bucket, "key").send().await.unwrap();
            // The framing is not stored; its announcement is by some.
            let kept = match store() {
                Store::Minio => "gzip",
                Store::Versitygw | Store::S3sFs => "aws-chunked,gzip",
            };
            assert_eq!(object.info.headers["content-encoding"], kept);
            assert_eq!(object.body.bytes().await.unwrap(), data);
        }
        let put = s3
            .put_object(&bucket, "key", Body::reader(3, &b"abc"[..]))
            .payload_hash(PayloadHash::Unsigned);
        put.send().await.unwrap();
        assert_eq!(read(&s3, &bucket, "key").await, "abc");
    })
    .await;
}
