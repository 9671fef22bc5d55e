//! The example with axum, as a process in front of the live store.

use std::io::{BufRead, BufReader};
use std::process::{Child, Stdio};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use super::{MIB, content};
use crate::support::live::with_bucket;

/// A process that is killed on drop.
struct Process(Child);

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

struct Received {
    status: u16,
    head: String,
    body: Vec<u8>,
}

impl Received {
    fn header(&self, name: &str) -> Option<String> {
        let lines = self.head.lines().filter_map(|line| line.split_once(": "));
        let mut values = lines.filter(|(known, _)| known.eq_ignore_ascii_case(name));
        values.next().map(|(_, value)| value.to_owned())
    }
}

/// One request on a connection of its own. reqwest by itself would need a TLS provider.
async fn exchange(url: &str, method: &str, path: &str, body: Vec<u8>) -> Received {
    let address = url.strip_prefix("http://").unwrap();
    let mut stream = TcpStream::connect(address).await.unwrap();
    let length = body.len();
    let head = format!(
        "{method} {path} HTTP/1.1\r\nhost: {address}\r\nconnection: close\r\ncontent-type: image/jpeg\r\ncontent-length: {length}\r\n\r\n"
    );
    stream.write_all(head.as_bytes()).await.unwrap();
    stream.write_all(&body).await.unwrap();
    let mut received = Vec::new();
    stream.read_to_end(&mut received).await.unwrap();
    let end = received.windows(4).position(|bytes| bytes == b"\r\n\r\n");
    let body = received.split_off(end.unwrap() + 4);
    let head = String::from_utf8(received).unwrap();
    let status = head.split(' ').nth(1).unwrap().parse().unwrap();
    Received { status, head, body }
}

#[tokio::test]
#[ignore = "needs a store: tests/run"]
async fn a_web_server_returns_and_stores_objects() {
    with_bucket(|_, bucket| async move {
        let mut command = super::example("axum");
        command
            .arg(&bucket)
            .env("NO_PROXY", "*")
            .stdout(Stdio::piped());
        let mut process = Process(command.spawn().unwrap());
        let mut line = String::new();
        let output = process.0.stdout.take().unwrap();
        BufReader::new(output).read_line(&mut line).unwrap();
        let url = line.trim().strip_prefix("Listening on ").unwrap();

        // One PutObject, and a multipart upload.
        for size in [0, 10, 20 * MIB] {
            let (path, data) = (format!("/folder/cat-{size}"), content(size));
            let put = exchange(url, "PUT", &path, data.clone()).await;
            assert_eq!(put.status, 201, "{size}");
            let got = exchange(url, "GET", &path, Vec::new()).await;
            assert_eq!(got.status, 200, "{size}");
            assert_eq!(got.header("content-length"), Some(size.to_string()));
            assert_eq!(got.header("content-type").as_deref(), Some("image/jpeg"));
            assert!(put.header("etag").is_some(), "{size}");
            assert_eq!(got.header("etag"), put.header("etag"), "{size}");
            assert!(got.body == data, "{size}: other bytes");
        }
        let missing = exchange(url, "GET", "/missing", Vec::new()).await;
        assert_eq!(missing.status, 404);
    })
    .await;
}
