//! Request bodies: XML documents, payload hashes, declared lengths and checksums.

#[cfg(feature = "reqwest")]
use slim_s3::Body;
use slim_s3::PayloadHash;
use slim_s3::operation::ChecksumAlgorithm;
#[cfg(feature = "reqwest")]
use slim_s3::sigv4::ChunkSize;

#[cfg(feature = "reqwest")]
use super::epoch;
use super::{assert_call_accepted, assert_call_rejected, s3};

#[test]
fn a_batch_deletes_1_to_1000_objects() {
    let none: [&str; 0] = [];
    assert_call_rejected(
        s3().delete_objects("b", none),
        "objects",
        &["0 given", "use delete_many"],
    );
    let many = (0..1001).map(|number| number.to_string());
    assert_call_rejected(
        s3().delete_objects("b", many),
        "objects",
        &["1001 given", "use delete_many"],
    );
}

#[test]
fn characters_that_xml_cannot_express_are_rejected() {
    for key in ["", "a\u{1}b", "\u{ffff}"] {
        assert_call_rejected(
            s3().delete_objects("b", [key]),
            "objects",
            &[if key.is_empty() {
                "key: empty"
            } else {
                "use delete_object, which"
            }],
        );
        assert_call_rejected(
            s3().put_object_tagging("b", "k", [(key, "x")]),
            "tags",
            &["cannot express"],
        );
    }
}

/// Only streams are signed in chunks; a body in memory is hashed as a whole.
#[test]
fn a_body_in_memory_is_not_signed_in_chunks() {
    let call = s3()
        .put_object("b", "k", "hello")
        .payload_hash(PayloadHash::Streaming);
    assert_call_rejected(call, "payload hash", &["must be a stream"]);
}

#[test]
fn chunk_sizes_that_stores_reject_are_rejected() {
    for bytes in [0, 8_191, (16 << 20) + 1] {
        assert_call_rejected(
            s3().put_object("b", "k", "hello").chunk_size(bytes),
            "chunk size",
            &[&bytes.to_string(), "8 KiB to 16 MiB"],
        );
    }
}

/// The checksum is set by an option of its own.
#[cfg(feature = "reqwest")]
#[test]
fn a_payload_hash_with_a_trailer_requires_a_checksum() {
    for hash in [
        PayloadHash::StreamingTrailer,
        PayloadHash::StreamingUnsignedTrailer,
    ] {
        let put = s3().put_object("b", "k", Body::reader(1, &b"x"[..]));
        assert_call_rejected(
            put.payload_hash(hash),
            "payload hash",
            &["none is computed"],
        );
    }
}

#[cfg(feature = "reqwest")]
#[test]
fn a_stream_is_signed_only_with_an_explicit_payload_hash() {
    let put = |length| s3().put_object("b", "k", Body::reader(length, &b"x"[..]));
    assert_call_rejected(put(5), "body", &["not in memory", "payload_hash"]);
    let request = put(100_000)
        .payload_hash(PayloadHash::Streaming)
        .sign(epoch())
        .unwrap();
    let length = PayloadHash::Streaming
        .encoded_length(100_000, ChunkSize::default(), &[])
        .to_string();
    assert_eq!(request.headers()["content-length"], length.as_str());
    let request = put(100_000)
        .payload_hash(PayloadHash::Unsigned)
        .sign(epoch())
        .unwrap();
    assert_eq!(request.headers()["content-length"], "100000");
}

#[cfg(feature = "reqwest")]
#[test]
fn a_declared_length_over_the_limit_is_rejected() {
    let put = |length| s3().put_object("b", "k", Body::reader(length, &b"x"[..]));
    for length in [u64::MAX, 1 << 61] {
        assert_call_rejected(
            put(length).payload_hash(PayloadHash::Unsigned),
            "body",
            &["a declared length of"],
        );
    }
}

/// Stores accept one.
#[test]
fn checksums_of_two_algorithms_are_rejected() {
    let put = s3().put_object("b", "k", "x");
    let put = put.header("x-amz-checksum-crc64nvme", "AAAAAAAAAAA=");
    let fragments = ["two algorithms", "leave one of them out"];
    let put = put.checksum(ChecksumAlgorithm::Crc32, "AAAAAA==");
    assert_call_rejected(put, "checksum", &fragments);
    let part = s3().upload_part("b", "k", "id", 1, "x");
    let part = part.checksum(ChecksumAlgorithm::Crc32, "AAAAAA==");
    let part = part.checksum(ChecksumAlgorithm::Sha256, "AAAA");
    assert_call_rejected(part, "checksum", &fragments);
    let put = s3().put_object("b", "k", "x");
    let put = put.checksum(ChecksumAlgorithm::Crc32, "AAAAAA==");
    let put = put.header("X-Amz-Checksum-Sha256", "AAAA");
    assert_call_rejected(put, "checksum", &fragments);
    // How it is declared is no checksum.
    let put = s3().put_object("b", "k", "x");
    let put = put.header("x-amz-sdk-checksum-algorithm", "CRC32");
    let put = put.header("x-amz-checksum-type", "FULL_OBJECT");
    assert_call_accepted(put.checksum(ChecksumAlgorithm::Crc32, "AAAAAA=="));
}

#[test]
fn a_checksum_requires_content_in_the_same_request() {
    let fragments = ["this request has no content to verify"];
    assert_call_rejected(
        s3().copy_object("b", "k", ("a", "k")).content_md5([7; 16]),
        "header content-md5",
        &fragments,
    );
    assert_call_rejected(
        s3().create_multipart_upload("b", "k").content_md5([7; 16]),
        "header content-md5",
        &fragments,
    );
    assert_call_accepted(
        s3().create_multipart_upload("b", "k")
            .header("x-amz-checksum-algorithm", "CRC32"),
    );
}
