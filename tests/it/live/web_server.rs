//! The example with axum, as a process in front of an embedded store.

use std::io::{BufRead, BufReader};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};

use slim_s3::{Client, Credentials};

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

    let web = reqwest::Client::builder().no_proxy().build().unwrap();
    // One PutObject, and a multipart upload.
    for size in [0, 10, 20 * MIB] {
        let (path, data) = (format!("{url}/folder/cat-{size}"), content(size));
        let put = web.put(&path).header("content-type", "image/jpeg");
        let put = put.body(data.clone()).send().await.unwrap();
        assert_eq!(put.status(), 201, "{size}");
        let got = web.get(&path).send().await.unwrap();
        assert_eq!(got.status(), 200, "{size}");
        assert_eq!(got.headers()["content-length"], size.to_string().as_str());
        assert_eq!(got.headers()["content-type"], "image/jpeg");
        assert_eq!(got.headers()["etag"], put.headers()["etag"], "{size}");
        assert!(got.bytes().await.unwrap() == data, "{size}: other bytes");
    }
    let missing = web.get(format!("{url}/missing")).send().await.unwrap();
    assert_eq!(missing.status(), 404);
}
