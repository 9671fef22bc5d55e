//! Checksums of streams, which follow them as trailers.

use std::sync::Arc;

use slim_s3::operation::ChecksumAlgorithm;
use slim_s3::{Body, Client, Dialect, Error, PayloadHash};

use super::{OK, received};
use crate::support::server::{Received, assert_invalid, builder, record};
use crate::support::verifier::verify;

const DATA: &[u8] = b"123456789";
const SIGNED: &str = "STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER";
const UNSIGNED: &str = "STREAMING-UNSIGNED-PAYLOAD-TRAILER";

fn stream() -> Body {
    Body::reader(9, DATA)
}

/// The last line of the body with a checksum.
fn trailer(request: &Received) -> String {
    let body = String::from_utf8_lossy(&request.body);
    let mut lines = body.split("\r\n");
    let line = lines.find(|line| line.starts_with("x-amz-checksum-"));
    line.expect("a trailer").to_owned()
}

#[tokio::test]
async fn the_checksum_of_a_stream_follows_it() {
    for (algorithm, expected) in [
        (ChecksumAlgorithm::Crc32, "x-amz-checksum-crc32:y/Q5Jg=="),
        (ChecksumAlgorithm::Crc32c, "x-amz-checksum-crc32c:4waSgw=="),
        (
            ChecksumAlgorithm::Crc64Nvme,
            "x-amz-checksum-crc64nvme:rosUhgp5mIg=",
        ),
        (
            ChecksumAlgorithm::Sha1,
            "x-amz-checksum-sha1:98O8HYCOBHMq32eZZczDTKeuNEE=",
        ),
        (
            ChecksumAlgorithm::Sha256,
            "x-amz-checksum-sha256:FeKw08M4keuw8e9gnsQZQgwg4yDOlMZfvIwzEkSOsiU=",
        ),
    ] {
        let (request, body) = received(|s3| async move {
            let put = s3.put_object("bucket", "key", stream());
            put.compute_checksum(algorithm).send().await.map(drop)
        })
        .await;
        assert_eq!(body, DATA);
        assert_eq!(request.header("x-amz-content-sha256"), Some(SIGNED));
        assert_eq!(trailer(&request), expected);
        let name = expected.split(':').next();
        assert_eq!(request.header("x-amz-trailer"), name);
        assert_eq!(request.header(name.unwrap()), None);
    }
}

#[tokio::test]
async fn a_part_has_its_checksum_as_a_trailer_too() {
    let (request, body) = received(|s3| async move {
        let part = s3.upload_part("bucket", "key", "id", 1, stream());
        let part = part.compute_checksum(ChecksumAlgorithm::Crc32);
        part.chunk_size(8192).send().await.map(drop)
    })
    .await;
    assert_eq!(body, DATA);
    assert_eq!(trailer(&request), "x-amz-checksum-crc32:y/Q5Jg==");
}

async fn sent_with(dialect: Dialect, chosen: Option<PayloadHash>) -> Result<Received, Error> {
    let (address, requests) = record(OK, "").await;
    let s3 = builder(address).dialect(dialect).build().unwrap();
    let put = s3.put_object("bucket", "key", stream());
    let mut put = put.compute_checksum(ChecksumAlgorithm::Crc32);
    if let Some(chosen) = chosen {
        put = put.payload_hash(chosen);
    }
    put.send().await?;
    let request = requests.lock().unwrap().pop().unwrap();
    assert_eq!(verify(&request), DATA);
    Ok(request)
}

#[tokio::test]
async fn chunks_are_unsigned_where_a_signed_trailer_is_rejected_or_unwanted() {
    let chosen = Some(PayloadHash::StreamingUnsignedTrailer);
    for (dialect, chosen) in [(Dialect::GARAGE, None), (Dialect::default(), chosen)] {
        let request = sent_with(dialect, chosen).await.unwrap();
        assert_eq!(request.header("x-amz-content-sha256"), Some(UNSIGNED));
        assert_eq!(trailer(&request), "x-amz-checksum-crc32:y/Q5Jg==");
        assert!(request.body.starts_with(b"9\r\n123456789\r\n0\r\n"));
    }
}

#[tokio::test]
async fn a_checksum_of_a_stream_requires_a_store_with_chunks() {
    let error = sent_with(Dialect::SWIFT, None).await.unwrap_err();
    assert_invalid(&error, "checksum");
    assert!(error.to_string().contains("does not support"), "{error}");
}

#[tokio::test]
async fn a_payload_hash_without_a_trailer_leaves_no_place_for_the_checksum() {
    for chosen in [PayloadHash::Unsigned, PayloadHash::Streaming] {
        let error = sent_with(Dialect::default(), Some(chosen)).await;
        assert_invalid(&error.unwrap_err(), "payload hash");
    }
}

/// It is known in advance, so it is a header unless a trailer is chosen.
#[tokio::test]
async fn an_empty_stream_has_one_checksum_whatever_the_payload_hash_is() {
    for (chosen, is_trailer) in [
        (None, false),
        (Some(PayloadHash::Unsigned), false),
        (Some(PayloadHash::Streaming), false),
        (Some(PayloadHash::StreamingTrailer), true),
        (Some(PayloadHash::StreamingUnsignedTrailer), true),
    ] {
        let (request, body) = received(|s3| async move {
            let put = s3.put_object("bucket", "key", Body::reader(0, tokio::io::empty()));
            let mut put = put.compute_checksum(ChecksumAlgorithm::Crc32);
            if let Some(chosen) = chosen {
                put = put.payload_hash(chosen);
            }
            put.send().await.map(drop)
        })
        .await;
        assert_eq!(body, b"");
        let header = request.header("x-amz-checksum-crc32");
        assert_eq!(header, (!is_trailer).then_some("AAAAAA=="), "{chosen:?}");
        let announced = request.header("x-amz-trailer").is_some();
        assert_eq!(announced, is_trailer, "{chosen:?}");
        if is_trailer {
            assert_eq!(trailer(&request), "x-amz-checksum-crc32:AAAAAA==");
        }
    }
}

#[tokio::test]
async fn an_anonymous_client_sends_no_chunks() {
    let (address, requests) = record(OK, "").await;
    let s3: Client = builder(address).anonymous().build().unwrap();
    let put = s3.put_object("bucket", "key", stream());
    let error = put.compute_checksum(ChecksumAlgorithm::Crc32).send().await;
    assert_invalid(&error.unwrap_err(), "payload hash");
    assert_eq!(Arc::clone(&requests).lock().unwrap().len(), 0);
}

/// It ends the body before the trailer, without which no store accepts it.
#[tokio::test]
async fn a_stream_of_the_wrong_length_has_no_trailer() {
    for length in [8, 10] {
        let (address, _requests) = record(OK, "").await;
        let s3 = builder(address).build().unwrap();
        let put = s3.put_object("bucket", "key", Body::reader(length, DATA));
        let error = put.compute_checksum(ChecksumAlgorithm::Crc32).send().await;
        assert!(matches!(error, Err(Error::Transport(_))), "{error:?}");
    }
}
