//! Every source of an upload, with every size around a part, on a live store.

use std::io::{Cursor, Read};

use bytes::Bytes;
use futures_util::stream;
use slim_s3::{Body, Client, Upload};

use super::{TempFile, boto3_etag, content, read};
use crate::support::live::with_bucket;

/// Returns an odd number of bytes at a time.
struct Uneven(Cursor<Bytes>);

impl Read for Uneven {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let size = buffer.len().min(12_345);
        self.0.read(&mut buffer[..size])
    }
}

/// As small chunks as a network connection returns, some of them empty.
fn chunks(data: &Bytes) -> stream::Iter<std::vec::IntoIter<std::io::Result<Bytes>>> {
    let mut chunks = vec![Ok(Bytes::new())];
    let mut rest = data.clone();
    while !rest.is_empty() {
        chunks.push(Ok(rest.split_to(rest.len().min(100_000))));
    }
    stream::iter(chunks)
}

#[tokio::test]
#[ignore = "needs a store: tests/run"]
async fn every_source_is_stored_at_every_size() {
    with_bucket(|s3, bucket| async move {
        for size in super::sizes() {
            let data = Bytes::from(content(size));
            let file = TempFile::new("source", &data);
            let padded = TempFile::new("padded", &[b"front", &data[..], b"back"].concat());
            let length = size as u64;
            let start = |source: &str, s3: &Client| -> Upload {
                let key = &format!("{source}-{size}");
                match source {
                    "path" => s3.upload_file(&bucket, key, &file.0),
                    "file" => s3.upload(&bucket, key, std::fs::File::open(&file.0).unwrap()),
                    "range" => {
                        let padded = std::fs::File::open(&padded.0).unwrap();
                        let range = Body::from_file_range(padded, 5..5 + length);
                        s3.upload(&bucket, key, range.unwrap())
                    }
                    "bytes" => s3.upload(&bucket, key, data.clone()),
                    "body" => s3.upload(&bucket, key, Body::stream(length, chunks(&data))),
                    "reader" => s3.upload_reader(&bucket, key, Cursor::new(data.clone())),
                    "stream" => s3.upload_stream(&bucket, key, chunks(&data)),
                    "http" => {
                        let body = reqwest::Body::wrap_stream(chunks(&data));
                        s3.upload_http_body(&bucket, key, body)
                    }
                    _ => s3.upload_blocking(&bucket, key, Uneven(Cursor::new(data.clone()))),
                }
            };
            for source in [
                "path", "file", "range", "bytes", "body", "reader", "stream", "http", "blocking",
            ] {
                let stored = start(source, &s3).send().await;
                let stored = stored.unwrap_or_else(|error| panic!("{source}, {size}: {error}"));
                assert_eq!(
                    (stored.size, stored.etag),
                    (length, boto3_etag(&data)),
                    "{source}"
                );
                let key = format!("{source}-{size}");
                let found = read(&s3, &bucket, &key).await;
                assert!(found == data, "{source}, {size}: other bytes");
                s3.delete_object(&bucket, &key).send().await.unwrap();
            }
        }
    })
    .await;
}
