//! Lost responses to the calls of a multipart upload, and to a copy.

use slim_s3::RetryPolicy;
use slim_s3::operation::CompletedPart;

use super::super::{MIB, content, create_upload, read};
use super::{assert_unknown, assert_unsettled, retrying};
use crate::support::live::{Store, store, with_bucket};
use crate::support::proxy::{Fault, Proxy};

#[tokio::test]
#[ignore = "needs a store: tests/run"]
async fn lost_multipart_calls_are_retried_except_create() {
    with_bucket(|s3, bucket| async move {
        // Create is not retried: the ID of the first upload would be lost.
        let create = retrying(Fault::DropResponse).create_multipart_upload(&bucket, "lost");
        assert_unknown(&create.send().await.unwrap_err());

        let upload_id = create_upload(&s3, &bucket, "key").await;
        let part = retrying(Fault::DropResponse).upload_part(&bucket, "key", &upload_id, 1, "part");
        let part = part.send_with_metadata().await.unwrap();
        assert_eq!(part.attempts, 2);
        let listed = s3
            .list_parts(&bucket, "key", &upload_id)
            .send()
            .await
            .unwrap();
        assert_eq!(listed.parts.len(), 1, "{listed:?}");

        let parts = [CompletedPart {
            part_number: 1,
            etag: part.output.etag,
        }];
        let complete = retrying(Fault::DropResponse)
            .complete_multipart_upload(&bucket, "key", &upload_id, &parts);
        match (store(), complete.send().await) {
            (Store::Minio, Err(error)) => assert_unsettled(&error, "404 NoSuchUpload"),
            // versitygw remembers completed uploads.
            (Store::Versitygw, Ok(_)) => {}
            (Store::S3sFs, Err(error)) => {
                assert!(error.is_outcome_unknown(), "{error}");
                assert_eq!(error.context().attempts, 2, "{error}");
            }
            (store, outcome) => panic!("{store:?}: {outcome:?}"),
        }
        assert_eq!(read(&s3, &bucket, "key").await, "part");

        retrying(Fault::DropResponse)
            .copy_object(&bucket, "copy", (&bucket, "key"))
            .send()
            .await
            .unwrap();
        assert_eq!(read(&s3, &bucket, "copy").await, "part");
    })
    .await;
}

/// The object is stored, so the upload is a success, and it is not aborted.
#[tokio::test]
#[ignore = "needs a store: tests/run"]
async fn the_lost_completion_of_an_upload_is_settled() {
    with_bucket(|_, bucket| async move {
        let proxy = Proxy::new(|request| {
            let is_completion =
                request.head.starts_with("POST") && request.head.contains("uploadId=");
            if is_completion {
                Fault::DropResponse
            } else {
                Fault::None
            }
        });
        let data = content(6 * MIB);
        for policy in [RetryPolicy::default(), RetryPolicy::none()] {
            let upload = proxy
                .client()
                .upload_reader(&bucket, "key", std::io::Cursor::new(data.clone()))
                .threshold(1)
                .part_size(5 << 20)
                .retry(policy);
            let stored = upload.send().await.unwrap();
            assert_eq!((stored.size, stored.parts), (data.len() as u64, 2));
            assert_eq!(read(&proxy.client(), &bucket, "key").await, data);
        }
    })
    .await;
}
