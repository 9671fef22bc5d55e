//! Failed uploads are aborted.

use slim_s3::operation::{Effect, OperationSpec};
use slim_s3::{Body, Client, Error, PartLimits, RetryPolicy};

use super::{MIB, assert_missing, content, create_upload};
use crate::support::live::{Store, store, with_bucket};
use crate::support::proxy::Proxy;

#[tokio::test]
#[ignore = "needs a store: tests/run"]
async fn a_failed_part_aborts_the_upload() {
    with_bucket(|s3, bucket| async move {
        for number in [1, 3, 6] {
            let proxy = Proxy::closing_on(format!("partNumber={number}&"));
            let reader = std::io::Cursor::new(content(30 * MIB));
            let upload = proxy
                .builder()
                .retry(RetryPolicy::none())
                .build()
                .unwrap()
                .upload_reader(&bucket, "key", reader)
                .part_size(5 * MIB as u64)
                .concurrency(2);
            let error = upload.send().await.unwrap_err();
            assert_eq!(proxy.faults(), 1);
            proxy.idle().await;
            // The error of the failed part, with an upload ID only if the upload may still exist.
            assert!(matches!(error, Error::Transport(_)), "{error}");
            assert_eq!(
                (
                    error.context().operation,
                    error.context().upload_id.as_deref()
                ),
                ("UploadPart", expected_upload_id(&error)),
                "{error}"
            );
            assert_missing(&s3, &bucket, "key").await;
            assert_no_upload(&s3, &bucket, "key").await;
        }
    })
    .await;
}

/// The error contains the upload ID only on s3s-fs, where the abort cannot be confirmed: the parts of an aborted upload
/// can still be listed.
fn expected_upload_id(error: &Error) -> Option<&str> {
    (store() == Store::S3sFs).then(|| error.context().upload_id.as_deref().unwrap())
}

/// Asserts that the store has no open upload of `key`.
async fn assert_no_upload(s3: &Client, bucket: &str, key: &str) {
    let listed = uploads(s3, bucket, key).await;
    match store() {
        // A part that was still being sent may have restored it: see `a_late_part_survives_the_abort`.
        Store::Minio | Store::Versitygw => {
            for id in listed.unwrap() {
                if let Ok(page) = s3.list_parts(bucket, key, &id).send().await {
                    assert!(page.parts.len() < 2, "{:?}", page.parts);
                }
                let abort = s3.abort_multipart_upload(bucket, key, &id);
                abort.send().await.unwrap();
            }
            let remaining = uploads(s3, bucket, key).await.unwrap();
            assert_eq!(remaining, Vec::<String>::new());
        }
        Store::S3sFs => assert_eq!(listed.unwrap_err().code(), Some("NotImplemented")),
    }
}

/// The IDs of the open uploads of `key`, by a custom operation. MinIO lists only uploads of an exact key.
async fn uploads(s3: &Client, bucket: &str, key: &str) -> Result<Vec<String>, Error> {
    struct ListUploads;
    impl slim_s3::Operation for ListUploads {
        type Output = Vec<String>;
        const SPEC: OperationSpec = OperationSpec::new("ListMultipartUploads", Effect::Reads);
        fn parse(response: slim_s3::Response) -> Result<Vec<String>, Error> {
            let list = response.xml("ListMultipartUploadsResult")?;
            let ids = list
                .children("Upload")
                .map(|upload| upload.text("UploadId"));
            ids.map(|id| id.map(str::to_owned)).collect()
        }
    }
    let request = slim_s3::Request::bucket(http::Method::GET, bucket)
        .with_query("uploads", "")
        .with_query("prefix", key);
    slim_s3::Call::new(s3, request, ListUploads).send().await
}

/// A reader that fails, and one with more data than the largest number of parts can hold.
#[tokio::test]
#[ignore = "needs a store: tests/run"]
async fn an_upload_that_cannot_complete_is_aborted() {
    with_bucket(|s3, bucket| async move {
        use tokio::io::AsyncReadExt;
        struct Broken;
        impl tokio::io::AsyncRead for Broken {
            fn poll_read(
                self: std::pin::Pin<&mut Self>,
                _: &mut std::task::Context<'_>,
                _: &mut tokio::io::ReadBuf<'_>,
            ) -> std::task::Poll<std::io::Result<()>> {
                std::task::Poll::Ready(Err(std::io::Error::other("the tape is damaged")))
            }
        }
        let reader = std::io::Cursor::new(content(12 * MIB)).chain(Broken);
        let error = s3
            .upload_reader(&bucket, "key", reader)
            .send()
            .await
            .unwrap_err();
        assert!(
            error.to_string().starts_with(&format!(
                "Upload {bucket}/key: the reader failed: the tape is damaged"
            )),
            "{error}"
        );
        assert_no_upload(&s3, &bucket, "key").await;

        let limits = PartLimits {
            max_parts: 2,
            ..PartLimits::default()
        };
        let upload = |size| {
            s3.upload_reader(&bucket, "key", std::io::Cursor::new(content(size)))
                .part_size(5 * MIB as u64)
                .part_limits(limits)
        };
        let error = upload(10 * MIB + 1).send().await.unwrap_err();
        assert!(
            error
                .to_string()
                .contains("does not fit into 2 parts of 5242880 bytes"),
            "{error}"
        );
        assert_no_upload(&s3, &bucket, "key").await;
        assert_missing(&s3, &bucket, "key").await;
        assert_eq!(upload(10 * MIB).send().await.unwrap().parts, 2);
    })
    .await;
}

/// Shows why the client verifies an abort: the store receives half of a part, the abort, and then the rest of the part.
#[tokio::test]
#[ignore = "needs a store: tests/run"]
async fn a_late_part_survives_the_abort() {
    with_bucket(|s3, bucket| async move {
        use tokio::io::AsyncWriteExt;
        let id = create_upload(&s3, &bucket, "key").await;
        let other_id = create_upload(&s3, &bucket, "key").await;
        let data = content(MIB);
        let (mut writer, reader) = tokio::io::duplex(MIB);
        let body = Body::reader(MIB as u64, reader);
        let part = tokio::spawn(s3.upload_part(&bucket, "key", &id, 1, body).send());
        writer.write_all(&data[..MIB / 2]).await.unwrap();
        // Long enough for the store to have looked up the upload.
        tokio::time::sleep(std::time::Duration::from_secs(3)).await;
        let abort = || s3.abort_multipart_upload(&bucket, "key", &id).send();
        abort().await.unwrap();
        let listed = s3.list_parts(&bucket, "key", &id).send().await;
        writer.write_all(&data[MIB / 2..]).await.unwrap();
        drop(writer);
        let part = part.await.unwrap();
        let remaining = uploads(&s3, &bucket, "key").await;
        match store() {
            Store::Minio | Store::Versitygw => {
                assert_eq!(listed.unwrap_err().code(), Some("NoSuchUpload"));
                part.unwrap();
                // versitygw lists the aborted upload as long as the key has another one.
                let remaining = remaining.unwrap();
                assert!(
                    remaining.len() == 2 && remaining.contains(&id),
                    "{remaining:?}"
                );
                let parts = s3.list_parts(&bucket, "key", &id).send().await;
                match store() {
                    Store::Minio => assert_eq!(parts.unwrap_err().code(), Some("NoSuchUpload")),
                    _ => assert_eq!(parts.unwrap().parts.len(), 1),
                }
                abort().await.unwrap();
                assert_eq!(uploads(&s3, &bucket, "key").await.unwrap(), [other_id]);
            }
            Store::S3sFs => {
                assert!(listed.unwrap().parts.is_empty());
                part.unwrap();
                let parts = s3
                    .list_parts(&bucket, "key", &id)
                    .send()
                    .await
                    .unwrap()
                    .parts;
                assert_eq!(parts.len(), 1);
            }
        }
    })
    .await;
}
