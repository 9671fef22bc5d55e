//! Every sink of a download, with every size around a part, on a live store.

use std::future::poll_fn;
use std::io;
use std::pin::{Pin, pin};
use std::task::{Context, Poll};

use bytes::Bytes;
use futures_util::StreamExt;
use http_body::Body;
use md5::{Digest, Md5};
use slim_s3::{Client, ResponseBody};
use tokio::io::{AsyncReadExt, AsyncWrite};

use super::{TempFile, content};
use crate::support::live::with_bucket;

/// Hashes what is written, so that a large object is in memory only once. It takes an odd number of bytes at a time.
struct Hash(Md5);

impl AsyncWrite for Hash {
    fn poll_write(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
        data: &[u8],
    ) -> Poll<io::Result<usize>> {
        let size = data.len().min(123_457);
        self.0.update(&data[..size]);
        Poll::Ready(Ok(size))
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }
}

async fn body(s3: &Client, bucket: &str, key: &str) -> ResponseBody {
    s3.get_object(bucket, key).send().await.unwrap().body
}

/// Reads the object, and returns the number of bytes and their MD5.
async fn read_by(sink: &str, s3: &Client, bucket: &str, key: &str) -> (u64, [u8; 16]) {
    let (mut size, mut hash) = (0, Md5::new());
    let mut take = |bytes: &[u8]| {
        size += bytes.len() as u64;
        hash.update(bytes);
    };
    match sink {
        "file" => {
            let file = TempFile::new("sink", b"old content");
            let download = s3.download_file(bucket, key, &file.0).send().await;
            assert_eq!(download.unwrap().size, file.0.metadata().unwrap().len());
            let mut opened = std::fs::File::open(&file.0).unwrap();
            let mut buffer = vec![0; 1 << 20];
            while let read @ 1.. = io::Read::read(&mut opened, &mut buffer).unwrap() {
                take(&buffer[..read]);
            }
        }
        "writer" => {
            let mut written = Hash(Md5::new());
            let download = s3.download_writer(bucket, key, &mut written).send().await;
            return (download.unwrap().size, written.0.finalize().into());
        }
        "bytes" => take(&body(s3, bucket, key).await.bytes().await.unwrap()),
        "chunk" => {
            let mut body = body(s3, bucket, key).await;
            while let Some(chunk) = body.chunk().await.unwrap() {
                take(&chunk);
            }
        }
        "stream" => {
            let mut stream = body(s3, bucket, key).await.into_stream();
            while let Some(chunk) = stream.next().await {
                take(&chunk.unwrap());
            }
        }
        "reader" => {
            let mut reader = body(s3, bucket, key).await.into_reader();
            let mut buffer = vec![0; 54_321];
            while let read @ 1.. = reader.read(&mut buffer).await.unwrap() {
                take(&buffer[..read]);
            }
        }
        _ => {
            let mut body = pin!(body(s3, bucket, key).await);
            while let Some(frame) = poll_fn(|cx| body.as_mut().poll_frame(cx)).await {
                take(frame.unwrap().data_ref().unwrap());
            }
            assert!(body.is_end_stream());
        }
    }
    (size, hash.finalize().into())
}

#[tokio::test]
#[ignore = "needs a store: tests/run"]
async fn every_sink_gets_the_object_at_every_size() {
    with_bucket(|s3, bucket| async move {
        for size in super::sizes() {
            // Not in the task: the runtime would not notice that the store closes an idle connection meanwhile.
            let data = tokio::task::spawn_blocking(move || {
                let data = Bytes::from(content(size));
                let digest = Md5::digest(&data).into();
                (data, digest)
            });
            let (data, digest) = data.await.unwrap();
            let expected = (size as u64, digest);
            s3.upload(&bucket, "key", data).send().await.unwrap();
            for sink in [
                "file", "writer", "bytes", "chunk", "stream", "reader", "http",
            ] {
                let read = read_by(sink, &s3, &bucket, "key").await;
                assert_eq!(read, expected, "{sink}, {size}: other bytes");
            }
        }
    })
    .await;
}
