//! The example with axum, as a process in front of an embedded store.

use std::io::{BufRead, BufReader};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};

use slim_s3::{Client, Credentials};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use super::{MIB, content};
use crate::support::s3s_fs;

/// A process that is killed on drop.
struct Process(Child);

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Beside the folder of the tests, where `cargo test --examples` builds it.
fn example() -> PathBuf {
    let test = std::env::current_exe().unwrap();
    let folder = test.parent().unwrap().parent().unwrap();
    let path = folder.join("examples").join("axum");
    assert!(
        path.exists(),
        "{} is missing: cargo build --example axum",
        path.display()
    );
    path
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
    let (id, secret) = ("axum", "a-secret-for-this-test");
    let store = format!("http://{}", s3s_fs::address(id, secret));
    let s3 = Client::builder()
        .endpoint(&store)
        .credentials(Credentials::new(id, secret))
        .http_client_builder(reqwest::Client::builder().no_proxy())
        .build()
        .unwrap();
    s3.create_bucket("web").send().await.unwrap();

    let mut command = Command::new(example());
    command
        .arg("web")
        .env("AWS_ENDPOINT_URL_S3", &store)
        .env("AWS_ACCESS_KEY_ID", id)
        .env("AWS_SECRET_ACCESS_KEY", secret)
        .env("AWS_REGION", "us-east-1")
        .env("NO_PROXY", "*")
        .env_remove("AWS_SESSION_TOKEN")
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
}
