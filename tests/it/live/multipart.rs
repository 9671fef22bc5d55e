//! Multipart uploads, call by call.

use slim_s3::operation::CompletedPart;
use slim_s3::{ETag, Error};

use super::{MIB, content, create_upload, read};
use crate::support::live::{Store, store, with_bucket};

#[tokio::test]
#[ignore = "needs a store: tests/run"]
async fn a_multipart_upload_works_call_by_call() {
    with_bucket(|s3, bucket| async move {
        let data = content(5 * MIB + 10);
        let upload_id = s3
            .create_multipart_upload(&bucket, "key")
            .content_type("video/mp4")
            .metadata("a", "b")
            .send()
            .await
            .unwrap()
            .upload_id;
        let mut parts = Vec::new();
        // s3s-fs requires part numbers without gaps.
        let numbers = if store() == Store::S3sFs {
            (1, 2)
        } else {
            (3, 7)
        };
        for (part_number, part) in [(numbers.0, &data[..5 * MIB]), (numbers.1, &data[5 * MIB..])] {
            let etag = s3
                .upload_part(&bucket, "key", &upload_id, part_number, part)
                .send()
                .await
                .unwrap()
                .etag;
            parts.push(CompletedPart { part_number, etag });
        }
        if store() == Store::S3sFs {
            // Everything in one page, in any order, and without ETags.
            let page = s3.list_parts(&bucket, "key", &upload_id).max_parts(1);
            let page = page.send().await.unwrap();
            assert_eq!((page.is_truncated, page.parts.len()), (false, 2));
            assert!(page.parts.iter().all(|part| part.etag.is_none()));
        } else {
            let page = s3
                .list_parts(&bucket, "key", &upload_id)
                .max_parts(1)
                .send()
                .await
                .unwrap();
            assert!(page.is_truncated);
            assert_eq!(
                (
                    page.parts.len(),
                    page.parts[0].part_number,
                    page.parts[0].size
                ),
                (1, 3, 5 * MIB as u64)
            );
            let rest = s3
                .list_parts(&bucket, "key", &upload_id)
                .part_number_marker(page.next_part_number_marker.unwrap())
                .send()
                .await
                .unwrap();
            assert_eq!(
                (
                    rest.parts.len(),
                    rest.parts[0].part_number,
                    rest.parts[0].etag.as_ref()
                ),
                (1, 7, Some(&parts[1].etag))
            );
        }

        let done = s3
            .complete_multipart_upload(&bucket, "key", &upload_id, &parts)
            .send()
            .await
            .unwrap();
        let etags: Vec<ETag> = parts.into_iter().map(|part| part.etag).collect();
        assert_eq!(done.etag, ETag::composite(&etags));
        let object = s3.get_object(&bucket, "key").send().await.unwrap();
        assert_eq!(
            (object.content_type.as_deref(), object.metadata("a")),
            (Some("video/mp4"), Some("b"))
        );
        assert_eq!(object.body.bytes().await.unwrap(), data);
        let part = |number| s3.get_object(&bucket, "key").part_number(number).send();
        match store() {
            Store::Minio => {
                let second = part(7).await.unwrap().body.bytes().await.unwrap();
                assert_eq!(second, data[5 * MIB..]);
            }
            // versitygw renumbers the parts.
            Store::Versitygw => {
                let error = part(7).await.unwrap_err();
                assert_eq!(error.code(), Some("InvalidPartNumber"), "{error}");
                let second = part(2).await.unwrap().body.bytes().await.unwrap();
                assert_eq!(second, data[5 * MIB..]);
            }
            Store::S3sFs => {
                let error = part(2).await.unwrap_err();
                assert!(matches!(error, Error::Malformed(_)), "{error}");
            }
        }

        let aborted = create_upload(&s3, &bucket, "key").await;
        s3.upload_part(&bucket, "key", &aborted, 1, "x")
            .send()
            .await
            .unwrap();
        s3.abort_multipart_upload(&bucket, "key", &aborted)
            .send()
            .await
            .unwrap();
        let listed = s3.list_parts(&bucket, "key", &aborted).send().await;
        if store() == Store::S3sFs {
            assert!(listed.unwrap().parts.is_empty());
        } else {
            let error = listed.unwrap_err();
            assert!(
                error.is_not_found() && error.code() == Some("NoSuchUpload"),
                "{error}"
            );
        }
        let expected_code = match store() {
            Store::Minio | Store::Versitygw => "NoSuchUpload",
            Store::S3sFs => "AccessDenied",
        };
        let error = s3
            .upload_part(&bucket, "key", &aborted, 1, "x")
            .send()
            .await
            .unwrap_err();
        assert_eq!(error.code(), Some(expected_code));
        let etag = ETag::from("5d41402abc4b2a76b9719d911017c592");
        let parts = [CompletedPart {
            part_number: 1,
            etag,
        }];
        let complete = |key| {
            s3.complete_multipart_upload(&bucket, key, &aborted, &parts)
                .send()
        };
        assert_eq!(
            complete("other").await.unwrap_err().code(),
            Some(expected_code)
        );
        let done = complete("key").await;
        if store() == Store::Versitygw {
            // The object exists, so versitygw assumes that the upload was completed before, and invents an ETag.
            done.unwrap();
        } else {
            assert_eq!(done.unwrap_err().code(), Some(expected_code));
        }
        assert_eq!(read(&s3, &bucket, "key").await, data);
    })
    .await;
}

/// Complete and Abort are each sent twice.
#[tokio::test]
#[ignore = "needs a store: tests/run"]
async fn repeated_complete_and_abort_keep_the_object() {
    with_bucket(|s3, bucket| async move {
        let id = create_upload(&s3, &bucket, "key").await;
        let part = s3.upload_part(&bucket, "key", &id, 1, "x").send().await;
        let (part_number, etag) = (1, part.unwrap().etag);
        let parts = [CompletedPart { part_number, etag }];
        let complete = || {
            s3.complete_multipart_upload(&bucket, "key", &id, &parts)
                .send()
        };
        let abort = || s3.abort_multipart_upload(&bucket, "key", &id).send();
        let done = complete().await.unwrap();
        match store() {
            Store::Minio => {
                assert_eq!(complete().await.unwrap_err().code(), Some("NoSuchUpload"));
                abort().await.unwrap();
                abort().await.unwrap();
            }
            Store::Versitygw => {
                assert_eq!(complete().await.unwrap().etag, done.etag);
                assert_eq!(abort().await.unwrap_err().code(), Some("NoSuchUpload"));
            }
            Store::S3sFs => {
                assert_eq!(complete().await.unwrap_err().code(), Some("AccessDenied"));
                assert_eq!(abort().await.unwrap_err().code(), Some("AccessDenied"));
            }
        }
        // The object exists, whatever the responses.
        assert_eq!(read(&s3, &bucket, "key").await, "x");
    })
    .await;
}

#[tokio::test]
#[ignore = "needs a store: tests/run"]
async fn complete_rejects_small_or_wrong_parts() {
    with_bucket(|s3, bucket| async move {
        let id = create_upload(&s3, &bucket, "key").await;
        let mut parts = Vec::new();
        for part_number in [1, 2] {
            let part = s3.upload_part(&bucket, "key", &id, part_number, "x");
            let etag = part.send().await.unwrap().etag;
            parts.push(CompletedPart { part_number, etag });
        }
        let complete = |parts: &[CompletedPart]| {
            let call = s3.complete_multipart_upload(&bucket, "key", &id, parts);
            async move { call.send().await }
        };
        let wrong = CompletedPart {
            part_number: 1,
            etag: ETag::from("5d41402abc4b2a76b9719d911017c592"),
        };
        let wrong = complete(&[wrong]).await;
        if store() == Store::S3sFs {
            // s3s-fs does not check ETags, and has completed the upload.
            wrong.unwrap();
            return;
        }
        assert_eq!(wrong.unwrap_err().code(), Some("InvalidPart"));
        let small = complete(&parts).await.unwrap_err();
        assert_eq!(small.code(), Some("EntityTooSmall"), "{small}");
        s3.abort_multipart_upload(&bucket, "key", &id)
            .send()
            .await
            .unwrap();
    })
    .await;
}

#[tokio::test]
#[ignore = "needs a store: tests/run"]
async fn open_uploads_are_listed() {
    with_bucket(|s3, bucket| async move {
        if store() == Store::S3sFs {
            let error = s3.list_multipart_uploads(&bucket).send().await.unwrap_err();
            assert_eq!(error.code(), Some("NotImplemented"));
            return;
        }
        let first = create_upload(&s3, &bucket, "a+b").await;
        let second = create_upload(&s3, &bucket, "a+b").await;
        let listing = || s3.list_multipart_uploads(&bucket).prefix("a+b");
        let page = listing().send().await.unwrap();
        let mut ids: Vec<&str> = page
            .uploads
            .iter()
            .map(|upload| upload.upload_id.as_str())
            .collect();
        ids.sort_unstable();
        let mut expected = [first.as_str(), second.as_str()];
        expected.sort_unstable();
        assert_eq!(ids, expected);
        assert!(
            page.uploads
                .iter()
                .all(|upload| upload.key == "a+b" && upload.initiated.is_some())
        );
        let page_of_one = listing().max_uploads(1).send().await.unwrap();
        assert_eq!(
            (page_of_one.uploads.len(), page_of_one.is_truncated),
            (1, true)
        );
        for upload in page.uploads {
            s3.abort_multipart_upload(&bucket, &upload.key, &upload.upload_id)
                .send()
                .await
                .unwrap();
        }
        assert!(listing().send().await.unwrap().uploads.is_empty());
    })
    .await;
}
