//! Objects from memory, files and readers, around the multipart threshold; streams in signed chunks.

use md5::{Digest, Md5};
use slim_s3::{Body, ETag, PayloadHash};

use super::{MIB, TempFile, boto3_etag, content, read};
use crate::support::live::{Store, is_https, store, with_bucket};

/// Stores `size` bytes by each method, compares the ETags with those of boto3, and reads everything back.
async fn round_trip(size: usize) {
    with_bucket(move |s3, bucket| async move {
        let data = content(size);
        let hash = PayloadHash::of(&data);
        let file = TempFile::new(&format!("{size}"), &data);
        let (whole, in_parts) = (
            ETag::from(hex::encode(Md5::digest(&data)).as_str()),
            boto3_etag(&data),
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
        let open_file = s3
            .put_object(&bucket, "file", std::fs::File::open(&file.0).unwrap())
            .send()
            .await
            .unwrap();
        assert_eq!(open_file.etag, whole);
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
        println!("{size} bytes: {hash}, {parts} parts");
    })
    .await;
}

#[tokio::test]
#[ignore = "needs a store: tests/run"]
async fn empty_objects_round_trip() {
    round_trip(0).await;
}

#[tokio::test]
#[ignore = "needs a store: tests/run"]
async fn objects_of_1_byte_round_trip() {
    round_trip(1).await;
}

#[tokio::test]
#[ignore = "needs a store: tests/run"]
async fn objects_just_below_8_mib_round_trip() {
    round_trip(8 * MIB - 1).await;
}

#[tokio::test]
#[ignore = "needs a store: tests/run"]
async fn objects_of_8_mib_round_trip() {
    round_trip(8 * MIB).await;
}

#[tokio::test]
#[ignore = "needs a store: tests/run"]
async fn objects_just_above_8_mib_round_trip() {
    round_trip(8 * MIB + 1).await;
}

#[tokio::test]
#[ignore = "needs a store: tests/run"]
async fn objects_of_100_mib_round_trip() {
    round_trip(100 * MIB).await;
}

/// A multipart upload requires a part, so an empty object is always stored with PutObject.
#[tokio::test]
#[ignore = "needs a store: tests/run"]
async fn a_zero_threshold_still_puts_empty_objects() {
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

/// A stream of known length is sent in signed chunks over http, which the stores verify.
#[tokio::test]
#[ignore = "needs a store: tests/run"]
async fn streams_are_sent_in_signed_chunks() {
    with_bucket(|s3, bucket| async move {
        for size in [0, 1, 65_535, 65_536, 65_537, 3 * MIB] {
            let data = content(size);
            let reader = std::io::Cursor::new(data.clone());
            let mut call = s3
                .put_object(&bucket, "key", Body::reader(size as u64, reader))
                .content_encoding("gzip");
            // Over https, chunks are not signed by default.
            if is_https() {
                call = call.payload_hash(PayloadHash::Streaming);
            }
            let put = call.send().await.unwrap();
            assert_eq!(
                put.etag,
                ETag::from(hex::encode(Md5::digest(&data)).as_str())
            );
            let object = s3.get_object(&bucket, "key").send().await.unwrap();
            // The framing is not stored, but some stores keep its content encoding.
            let stored = match store() {
                Store::Minio => "gzip",
                // Sent without chunks.
                _ if size == 0 && !is_https() => "gzip",
                Store::Versitygw | Store::S3sFs => "aws-chunked,gzip",
            };
            assert_eq!(object.headers["content-encoding"], stored);
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
