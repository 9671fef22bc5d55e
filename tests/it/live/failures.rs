//! Uploads that fail leave nothing behind.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use slim_s3::{Client, Error, PartLimits};

use super::{MIB, content};
use crate::support::live::{builder, with_bucket};
use crate::support::server::{Connection, serve};

/// Between the client and MinIO: lets every request pass but the part that is to be killed.
async fn killer_of_part(number: u32) -> (std::net::SocketAddr, Arc<AtomicU32>) {
    let store: std::net::SocketAddr = std::env::var("S3_TEST_ENDPOINT")
        .unwrap()
        .strip_prefix("http://")
        .unwrap()
        .parse()
        .unwrap();
    let killed = Arc::new(AtomicU32::new(0));
    let count = killed.clone();
    let address = serve(move |mut connection: Connection| {
        let killed = count.clone();
        async move {
            if let Some(request) = connection.request().await {
                if request.target.contains(&format!("partNumber={number}&")) {
                    killed.fetch_add(1, Ordering::SeqCst);
                    return;
                }
                let mut upstream = tokio::net::TcpStream::connect(store).await.unwrap();
                let headers: String = request
                    .headers
                    .iter()
                    .map(|(name, value)| format!("{name}: {value}\r\n"))
                    .collect();
                let head = format!(
                    "{} {} HTTP/1.1\r\n{headers}connection: close\r\n\r\n",
                    request.method, request.target
                );
                use tokio::io::AsyncWriteExt;
                upstream.write_all(head.as_bytes()).await.unwrap();
                upstream.write_all(&request.body).await.unwrap();
                tokio::io::copy(&mut upstream, &mut connection.stream)
                    .await
                    .unwrap();
            }
        }
    })
    .await;
    (address, killed)
}

/// The host is what was signed, so the way through a proxy must carry the store's own.
fn through(proxy: std::net::SocketAddr) -> Client {
    builder().proxy(&format!("http://{proxy}")).build().unwrap()
}

#[tokio::test]
#[ignore = "needs a store: tests/run"]
async fn a_killed_part_leaves_no_upload_behind() {
    with_bucket(|s3, bucket| async move {
        for number in [1, 3, 6] {
            let (proxy, killed) = killer_of_part(number).await;
            let reader = std::io::Cursor::new(content(30 * MIB));
            let upload = through(proxy)
                .upload_reader(&bucket, "key", reader)
                .part_size(5 * MIB as u64)
                .concurrency(2);
            let error = upload.send().await.unwrap_err();
            assert_eq!(killed.load(Ordering::SeqCst), 1);
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
