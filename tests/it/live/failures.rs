//! Uploads that fail leave nothing behind.

use slim_s3::{Client, Error, PartLimits};

use super::{MIB, content};
use crate::support::live::with_bucket;
use crate::support::proxy::Proxy;

#[tokio::test]
#[ignore = "needs a store: tests/run"]
async fn a_killed_part_leaves_no_upload_behind() {
    with_bucket(|s3, bucket| async move {
        for number in [1, 3, 6] {
            let proxy = Proxy::killing(format!("partNumber={number}&"));
            let reader = std::io::Cursor::new(content(30 * MIB));
            let upload = proxy
                .client
                .upload_reader(&bucket, "key", reader)
                .part_size(5 * MIB as u64)
                .concurrency(2);
            let error = upload.send().await.unwrap_err();
            assert_eq!(proxy.killed(), 1);
            // The first error, of the part itself; nothing is left that the caller would have to know of.
            assert!(matches!(error, Error::Transport(_)), "{error}");
            assert_eq!(
                (
                    error.context().operation,
                    error.context().upload_id.as_deref()
                ),
                ("UploadPart", None),
                "{error}"
            );
            assert!(
                s3.head_object(&bucket, "key")
                    .send()
                    .await
                    .unwrap_err()
                    .is_not_found()
            );
            // MinIO lists uploads of an exact key.
            assert_eq!(uploads(&s3, &bucket, "key").await, 0);
        }
    })
    .await;
}

/// How many uploads of `key` there are: an operation of one's own.
async fn uploads(s3: &Client, bucket: &str, key: &str) -> usize {
    struct CountUploads;
    impl slim_s3::Operation for CountUploads {
        type Output = usize;
        const NAME: &'static str = "ListMultipartUploads";
        fn parse(response: slim_s3::Response) -> Result<usize, Error> {
            Ok(response
                .xml("ListMultipartUploadsResult")?
                .children("Upload")
                .count())
        }
    }
    let request = slim_s3::Request::bucket(http::Method::GET, bucket)
        .with_query("uploads", "")
        .with_query("prefix", key);
    slim_s3::Call::new(s3, request, CountUploads)
        .send()
        .await
        .unwrap()
}

/// A reader that fails, and one that goes on behind the last part there can be.
#[tokio::test]
#[ignore = "needs a store: tests/run"]
async fn an_upload_that_cannot_end_is_aborted() {
    with_bucket(|s3, bucket| async move {
        use tokio::io::AsyncReadExt;
        struct Broken;
        impl tokio::io::AsyncRead for Broken {
            fn poll_read(
                self: std::pin::Pin<&mut Self>,
                _: &mut std::task::Context<'_>,
                _: &mut tokio::io::ReadBuf<'_>,
            ) -> std::task::Poll<std::io::Result<()>> {
                std::task::Poll::Ready(Err(std::io::Error::other("the tape is torn")))
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
                "Upload {bucket}/key: the reader failed: the tape is torn"
            )),
            "{error}"
        );
        assert_eq!(uploads(&s3, &bucket, "key").await, 0);

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
                .contains("goes on behind 2 parts of 5242880 bytes"),
            "{error}"
        );
        assert_eq!(uploads(&s3, &bucket, "key").await, 0);
        assert!(
            s3.head_object(&bucket, "key")
                .send()
                .await
                .unwrap_err()
                .is_not_found()
        );
        assert_eq!(upload(10 * MIB).send().await.unwrap().parts, 2);
    })
    .await;
}
