//! Computed checksums in requests that another HTTP client sends.

use std::time::Duration;

use slim_s3::operation::{ChecksumAlgorithm, CompletedPart, GetObject, PutObject, Verification};
use slim_s3::{Error, Operation};

use super::{check, client, timestamp};
use crate::support::fixtures::rows;

const ALL: [(ChecksumAlgorithm, &str); 5] = [
    (ChecksumAlgorithm::Crc32, "crc32"),
    (ChecksumAlgorithm::Crc32c, "crc32c"),
    (ChecksumAlgorithm::Crc64Nvme, "crc64nvme"),
    (ChecksumAlgorithm::Sha1, "sha1"),
    (ChecksumAlgorithm::Sha256, "sha256"),
];

const CRC32: &str = "y/Q5Jg=="; // of "123456789"

#[test]
fn a_computed_checksum_is_a_header() {
    let cases = rows("checksums.json", "cases", 10);
    let row = cases.iter().find(|row| row["name"] == "check").unwrap();
    for (algorithm, name) in ALL {
        let value = row["sums"][name]["base64"].as_str().unwrap();
        check(
            client()
                .put_object("bucket", "key", "123456789")
                .compute_checksum(algorithm),
            &format!(
                "PUT http://127.0.0.1:9000/bucket/key\ncontent-length: 9\nx-amz-checksum-{name}: {value}\n\n123456789\n"
            ),
        );
    }
    check(
        client()
            .upload_part("bucket", "key", "id", 1, "123456789")
            .compute_checksum(ChecksumAlgorithm::Crc32),
        &format!(
            "PUT http://127.0.0.1:9000/bucket/key?partNumber=1&uploadId=id\ncontent-length: 9\nx-amz-checksum-crc32: {CRC32}\n\n123456789\n"
        ),
    );
}

#[test]
fn no_checksum_is_sent_unless_it_is_asked_for() {
    let s3 = client();
    let calls = [
        s3.put_object("bucket", "key", "data").sign(timestamp()),
        s3.upload_part("bucket", "key", "id", 1, "data")
            .sign(timestamp()),
        s3.create_multipart_upload("bucket", "key")
            .sign(timestamp()),
        s3.get_object("bucket", "key").sign(timestamp()),
        s3.head_object("bucket", "key").sign(timestamp()),
    ];
    for request in calls {
        let request = request.unwrap();
        let mut names = request.headers().keys();
        assert!(names.all(|name| !name.as_str().contains("checksum")));
    }
}

#[test]
fn a_multipart_upload_declares_and_lists_its_checksums() {
    let s3 = client();
    for (algorithm, expected) in [
        (ChecksumAlgorithm::Crc32c, "CRC32C"),
        (
            ChecksumAlgorithm::Crc64Nvme,
            "CRC64NVME\nx-amz-checksum-type: FULL_OBJECT",
        ),
    ] {
        check(
            s3.create_multipart_upload("bucket", "key")
                .declare_checksum(algorithm),
            &format!(
                "POST http://127.0.0.1:9000/bucket/key?uploads=\ncontent-length: 0\nx-amz-checksum-algorithm: {expected}\n"
            ),
        );
    }
    check(
        s3.create_multipart_upload("bucket", "key")
            .declare_full_object_checksum(ChecksumAlgorithm::Crc32c),
        "POST http://127.0.0.1:9000/bucket/key?uploads=\ncontent-length: 0\nx-amz-checksum-algorithm: CRC32C\nx-amz-checksum-type: FULL_OBJECT\n",
    );
    let create = s3.create_multipart_upload("bucket", "key");
    let create = create.declare_full_object_checksum(ChecksumAlgorithm::Sha1);
    let error = create.sign(timestamp()).unwrap_err();
    assert!(error.to_string().contains("use a CRC"), "{error}");
    let part = |part_number| CompletedPart {
        part_number,
        etag: "</Part>".into(),
    };
    let parts = [part(1), part(12), part(13)];
    // In any order. Part 13 has none.
    let checksums = [(12, "DA=="), (1, "AQ==")];
    let complete = s3
        .complete_multipart_upload("bucket", "key", "id", &parts)
        .part_checksums(ChecksumAlgorithm::Sha1, checksums);
    let request = complete.sign(timestamp()).unwrap();
    let etag = "<ETag>\"&lt;/Part&gt;\"</ETag>";
    let body = String::from_utf8(request.body().to_vec()).unwrap();
    let body = body.replace("&quot;", "\"");
    let expected = format!(
        "<Part>{etag}<PartNumber>1</PartNumber><ChecksumSHA1>AQ==</ChecksumSHA1></Part>\
         <Part>{etag}<PartNumber>12</PartNumber><ChecksumSHA1>DA==</ChecksumSHA1></Part>\
         <Part>{etag}<PartNumber>13</PartNumber></Part></CompleteMultipartUpload>"
    );
    assert!(body.ends_with(&expected), "{body}");
}

#[test]
fn the_checksum_of_a_part_that_is_not_in_the_list_is_invalid() {
    let part = CompletedPart {
        part_number: 2,
        etag: "e".into(),
    };
    for (checksums, number) in [
        ([(1, "AQ=="), (2, "Ag==")], 1),
        ([(3, "Aw=="), (2, "Ag==")], 3),
        ([(2, "Ag=="), (2, "Ag==")], 2),
    ] {
        let complete = client()
            .complete_multipart_upload("bucket", "key", "id", std::slice::from_ref(&part))
            .part_checksums(ChecksumAlgorithm::Sha1, checksums);
        let error = complete.sign(timestamp()).unwrap_err();
        assert!(matches!(error, Error::Invalid(_)), "{error}");
        let problem = format!("part {number} is not in the list of parts, or has two");
        assert!(error.to_string().contains(&problem), "{error}");
    }
}

#[test]
fn a_checksum_that_is_no_base64_is_invalid_in_the_list_of_parts() {
    let part = CompletedPart {
        part_number: 1,
        etag: "e".into(),
    };
    let complete = client()
        .complete_multipart_upload("bucket", "key", "id", &[part])
        .part_checksums(ChecksumAlgorithm::Sha1, [(1, "<x>")]);
    let error = complete.sign(timestamp()).unwrap_err();
    assert!(
        error.to_string().contains("part 1 is not base64"),
        "{error}"
    );
}

#[test]
fn a_second_checksum_is_invalid() {
    let put = client()
        .put_object("bucket", "key", "data")
        .checksum(ChecksumAlgorithm::Sha1, "AQ==")
        .compute_checksum(ChecksumAlgorithm::Crc32);
    let error = put.sign(timestamp()).unwrap_err();
    assert!(matches!(error, Error::Invalid(_)), "{error}");
}

#[test]
fn a_presigned_url_has_no_body_to_compute_a_checksum_of() {
    let put = client()
        .put_object("bucket", "key", "")
        .compute_checksum(ChecksumAlgorithm::Crc32);
    let error = put.presign(timestamp(), Duration::from_secs(60));
    let error = error.unwrap_err();
    assert!(error.to_string().contains("no body"), "{error}");
}

fn stored(name: &str, value: &str) -> http::Response<bytes::Bytes> {
    let response = http::Response::builder().header("etag", "\"e\"");
    let response = response.header(name, value);
    response.body(bytes::Bytes::new()).unwrap()
}

#[test]
fn a_checksum_is_confirmed_only_by_the_same_one() {
    let put = client()
        .put_object("bucket", "key", "123456789")
        .compute_checksum(ChecksumAlgorithm::Crc32);
    put.sign(timestamp()).unwrap();
    let parse = |name: &str, value: &str| PutObject::parse_http(put.request(), stored(name, value));
    let checksum = parse("x-amz-checksum-crc32", CRC32).unwrap().checksum;
    let checksum = checksum.unwrap();
    assert_eq!(checksum.algorithm, ChecksumAlgorithm::Crc32);
    assert_eq!(checksum.value, CRC32);
    // One of the store's own says nothing about the content.
    let other = parse("x-amz-checksum-crc64nvme", "AAAAAAAAAAA=");
    assert_eq!(other.unwrap().checksum, None);
    let error = parse("x-amz-checksum-crc32", "AAAAAA==").unwrap_err();
    assert!(matches!(error, Error::Malformed(_)), "{error}");
    assert!(error.to_string().contains("AAAAAA=="), "{error}");

    // Also one of the caller's.
    let put = client().put_object("bucket", "key", "123456789");
    let put = put.checksum(ChecksumAlgorithm::Crc32, CRC32);
    let output = PutObject::parse_http(put.request(), stored("x-amz-checksum-crc32", CRC32));
    assert!(output.unwrap().checksum.is_some());

    let put = client().put_object("bucket", "key", "123456789");
    let output = PutObject::parse_http(put.request(), stored("x-amz-checksum-crc32", CRC32));
    assert_eq!(output.unwrap().checksum, None);
}

/// A program without the feature stores the object, so another package that enables the feature must not make it fail.
#[test]
fn another_checksum_than_the_callers_is_not_confirmed_and_no_error() {
    for algorithm in [ChecksumAlgorithm::Crc32, ChecksumAlgorithm::Sha256] {
        let put = client().put_object("bucket", "key", "123456789");
        let put = put.checksum(algorithm, CRC32);
        for name in ["x-amz-checksum-crc32", "x-amz-checksum-sha256"] {
            let output = PutObject::parse_http(put.request(), stored(name, "AAAAAA=="));
            assert_eq!(output.unwrap().checksum, None, "{algorithm:?} {name}");
        }
    }
}

#[test]
fn a_body_in_memory_is_verified_when_it_is_parsed() {
    let get = client().get_object("bucket", "key").verify_checksum();
    let request = get.sign(timestamp()).unwrap();
    assert_eq!(request.headers()["x-amz-checksum-mode"], "ENABLED");
    let parse = |name: &str, value: &str, body: &'static [u8]| {
        let (mut head, _) = stored(name, value).into_parts();
        head.headers.insert("content-length", body.len().into());
        let response = http::Response::from_parts(head, bytes::Bytes::from_static(body));
        GetObject::parse_http(get.request(), response)
    };
    // Garage before 2.5 leaves the number of parts out.
    let mut response = stored("x-amz-checksum-crc32", "4zspdQ==");
    let headers = response.headers_mut();
    headers.insert(
        "etag",
        "\"8b1a9953c4611296a827abf8c47804d7-2\"".parse().unwrap(),
    );
    headers.insert("content-length", 0.into());
    let output = GetObject::parse_http(get.request(), response).unwrap();
    assert_eq!(output.verification, Verification::Composite);
    let get = parse("x-amz-checksum-crc32", CRC32, b"123456789").unwrap();
    let verified = Verification::Verified(ChecksumAlgorithm::Crc32);
    assert_eq!(get.verification, verified);
    let get = parse("x-amz-checksum-crc32", "4zspdQ==-2", b"123456789");
    assert_eq!(get.unwrap().verification, Verification::Composite);
    let get = parse("x-amz-meta-a", "b", b"123456789");
    assert_eq!(get.unwrap().verification, Verification::NoChecksum);
    let error = parse("x-amz-checksum-crc32", CRC32, b"12345678x").unwrap_err();
    assert!(matches!(error, Error::Malformed(_)), "{error}");
}
