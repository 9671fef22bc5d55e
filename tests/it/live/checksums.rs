//! Checksums that are computed for uploads, and verified on downloads, on a live store.

use slim_s3::operation::{ChecksumAlgorithm, CompletedPart, Verification};
use slim_s3::{Body, Error, PayloadHash};

use super::{MIB, TempFile, content, read};
use crate::support::live::{Store, store, with_bucket};

const ALL: [ChecksumAlgorithm; 5] = [
    ChecksumAlgorithm::Crc32,
    ChecksumAlgorithm::Crc32c,
    ChecksumAlgorithm::Crc64Nvme,
    ChecksumAlgorithm::Sha1,
    ChecksumAlgorithm::Sha256,
];

#[tokio::test]
#[ignore = "needs a store: tests/run"]
async fn a_put_has_its_checksum_confirmed_and_is_verified_when_it_is_read() {
    with_bucket(|s3, bucket| async move {
        let data = content(3 * MIB + 5);
        let file = TempFile::new("live-checksum", &data);
        for algorithm in ALL {
            for body in [
                Body::from(data.clone()),
                Body::from_path(&file.0).unwrap(),
                Body::empty(),
            ] {
                let size = body.len();
                let put = s3.put_object(&bucket, "key", body);
                let put = put.compute_checksum(algorithm).send().await.unwrap();
                assert_eq!(put.checksum.unwrap().algorithm, algorithm);
                let get = s3.get_object(&bucket, "key").verify_checksum();
                let get = get.send().await.unwrap();
                let verified = Verification::Verified(algorithm);
                assert_eq!(get.verification, verified, "{size} bytes");
                let bytes = get.body.bytes().await.unwrap();
                assert!(bytes == data[..size as usize], "{algorithm:?}: other bytes");
            }
        }
    })
    .await;
}

#[tokio::test]
#[ignore = "needs a store: tests/run"]
async fn the_checksum_of_a_stream_is_confirmed_in_both_forms() {
    with_bucket(|s3, bucket| async move {
        for size in [1, 65_536, 3 * MIB + 5] {
            let data = content(size);
            // Signed over http and unsigned over https by default.
            for chosen in [
                None,
                Some(PayloadHash::StreamingTrailer),
                Some(PayloadHash::StreamingUnsignedTrailer),
            ] {
                for algorithm in ALL {
                    let reader = std::io::Cursor::new(data.clone());
                    let put = s3.put_object(&bucket, "key", Body::reader(size as u64, reader));
                    let mut put = put.compute_checksum(algorithm).content_encoding("gzip");
                    if let Some(chosen) = chosen {
                        put = put.payload_hash(chosen);
                    }
                    let put = put.send().await;
                    let put =
                        put.unwrap_or_else(|error| panic!("{algorithm:?} {chosen:?}: {error}"));
                    assert_eq!(put.checksum.unwrap().algorithm, algorithm);
                    let head = s3.head_object(&bucket, "key").send().await.unwrap();
                    assert_eq!(head.content_encoding.as_deref(), Some("gzip"));
                    assert!(read(&s3, &bucket, "key").await == data);
                }
            }
        }
    })
    .await;
}

#[tokio::test]
#[ignore = "needs a store: tests/run"]
async fn a_wrong_checksum_is_rejected() {
    with_bucket(|s3, bucket| async move {
        let put = s3.put_object(&bucket, "key", "data");
        let put = put.checksum(ChecksumAlgorithm::Crc32, "AAAAAA==");
        let error = put.send().await.unwrap_err();
        assert!(matches!(error, Error::Service(_)), "{error}");
        // s3s-fs has written the object by then.
        if store() != Store::S3sFs {
            super::assert_missing(&s3, &bucket, "key").await;
        }
    })
    .await;
}

#[tokio::test]
#[ignore = "needs a store: tests/run"]
async fn an_upload_in_parts_has_its_checksum_confirmed() {
    with_bucket(|s3, bucket| async move {
        let data = content(11 * MIB + 3);
        let file = TempFile::new("live-checksum-parts", &data);
        for algorithm in ALL {
            let uploads = [
                s3.upload_file(&bucket, "key", &file.0),
                s3.upload_reader(&bucket, "key", std::io::Cursor::new(data.clone())),
            ];
            for upload in uploads {
                let upload = upload.part_size(5 << 20).compute_checksum(algorithm);
                let stored = upload.send().await;
                let stored = stored.unwrap_or_else(|error| panic!("{algorithm:?}: {error}"));
                assert_eq!(stored.parts, 3);
                let is_full = algorithm == ChecksumAlgorithm::Crc64Nvme;
                // s3s-fs ignores the checksums of parts.
                let expected = if store() == Store::S3sFs {
                    assert_eq!(stored.checksum, None);
                    Verification::NoChecksum
                } else {
                    let checksum = stored.checksum;
                    let checksum = checksum.unwrap_or_else(|| panic!("{algorithm:?}: none"));
                    assert_eq!(checksum.algorithm, algorithm);
                    assert_eq!(checksum.value.ends_with("-3"), !is_full);
                    if is_full {
                        Verification::Verified(algorithm)
                    } else {
                        Verification::Composite
                    }
                };
                let get = s3.get_object(&bucket, "key").verify_checksum();
                let get = get.send().await.unwrap();
                assert_eq!(get.verification, expected);
                assert!(get.body.bytes().await.unwrap() == data);
                let target = TempFile::new("live-checksum-target", b"old");
                let download = s3.download_file(&bucket, "key", &target.0);
                let download = download.part_size(4 << 20).verify_checksum().send();
                assert_eq!(download.await.unwrap().verification, expected);
                assert!(std::fs::read(&target.0).unwrap() == data);
            }
        }
    })
    .await;
}

/// A download can verify it, whatever its ranges.
#[tokio::test]
#[ignore = "needs a store: tests/run"]
async fn a_full_object_checksum_of_an_upload_in_parts_is_confirmed_and_verified() {
    // It ignores the checksums of parts.
    if store() == Store::S3sFs {
        return;
    }
    with_bucket(|s3, bucket| async move {
        let data = content(11 * MIB + 3);
        for algorithm in [
            ChecksumAlgorithm::Crc32,
            ChecksumAlgorithm::Crc32c,
            ChecksumAlgorithm::Crc64Nvme,
        ] {
            let put = s3.put_object(&bucket, "whole", data.clone());
            let put = put.compute_checksum(algorithm).send().await.unwrap();
            let upload = s3.upload(&bucket, "key", data.clone()).part_size(5 << 20);
            let upload = upload.compute_full_object_checksum(algorithm);
            let stored = upload.send().await;
            let stored = stored.unwrap_or_else(|error| panic!("{algorithm:?}: {error}"));
            assert_eq!(stored.parts, 3);
            assert_eq!(stored.checksum, put.checksum);

            let verified = Verification::Verified(algorithm);
            let get = s3.get_object(&bucket, "key").verify_checksum();
            let get = get.send().await.unwrap();
            assert_eq!(get.verification, verified);
            assert!(get.body.bytes().await.unwrap() == data);
            let mut written = Vec::new();
            let download = s3.download_writer(&bucket, "key", &mut written);
            let download = download.part_size(4 << 20).verify_checksum().send();
            assert_eq!(download.await.unwrap().verification, verified);
            assert!(written == data);
        }
    })
    .await;
}

/// Objects of one PutObject have a checksum of their content, and ranges of them none.
#[tokio::test]
#[ignore = "needs a store: tests/run"]
async fn a_download_in_ranges_is_verified_as_a_whole() {
    with_bucket(|s3, bucket| async move {
        let data = content(3 * MIB + 5);
        for algorithm in ALL {
            let put = s3.put_object(&bucket, "key", data.clone());
            put.compute_checksum(algorithm).send().await.unwrap();
            let target = TempFile::new("live-checksum-ranges", b"old");
            let download = s3.download_file(&bucket, "key", &target.0);
            let download = download.part_size(1 << 20).verify_checksum().send();
            let file = download.await.unwrap();
            assert!(std::fs::read(&target.0).unwrap() == data);
            let mut written = Vec::new();
            let download = s3.download_writer(&bucket, "key", &mut written);
            let download = download.part_size(1 << 20).verify_checksum().send();
            let writer = download.await.unwrap();
            assert!(written == data);
            let verified = Verification::Verified(algorithm);
            assert_eq!(file.verification, verified);
            assert_eq!(writer.verification, verified);
        }
    })
    .await;
}

#[tokio::test]
#[ignore = "needs a store: tests/run"]
async fn the_operations_of_a_multipart_upload_carry_checksums() {
    // It ignores the checksums of parts.
    if store() == Store::S3sFs {
        return;
    }
    with_bucket(|s3, bucket| async move {
        let algorithm = ChecksumAlgorithm::Sha256;
        let create = s3.create_multipart_upload(&bucket, "key");
        let create = create.declare_checksum(algorithm).send().await.unwrap();
        let (mut parts, mut checksums) = (Vec::new(), Vec::new());
        for (part_number, body) in [(1, content(5 * MIB)), (2, content(9))] {
            let part = s3.upload_part(&bucket, "key", &create.upload_id, part_number, body);
            let part = part.compute_checksum(algorithm).send().await.unwrap();
            let etag = part.etag;
            parts.push(CompletedPart { part_number, etag });
            checksums.push((part_number, part.checksum.unwrap().value));
        }
        let complete = || s3.complete_multipart_upload(&bucket, "key", &create.upload_id, &parts);
        let error = complete().send().await.unwrap_err();
        assert!(matches!(error, Error::Service(_)), "{error}");
        let completed = complete().part_checksums(algorithm, checksums).send();
        let completed = completed.await.unwrap();
        let mut returned = completed.checksums.iter();
        let checksum = returned.find(|checksum| checksum.algorithm == algorithm);
        assert!(checksum.unwrap().value.ends_with("-2"), "{completed:?}");
    })
    .await;
}
