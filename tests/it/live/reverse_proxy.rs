//! A reverse proxy that removes a prefix of the path and replaces `Host`.

use std::io::{Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::time::Duration;

use super::presigned::run_curl;
use super::read;
use crate::support::live::{self, builder, with_bucket};

/// Forwards one request per connection.
fn forward(mut client: TcpStream, store: SocketAddr) -> std::io::Result<()> {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        let mut byte = [0];
        client.read_exact(&mut byte)?;
        head.extend(byte);
    }
    let head = String::from_utf8(head).unwrap();
    let mut lines = head.trim_end().split("\r\n");
    let line = lines.next().unwrap().replacen(" /s3/", " /", 1);
    let lines = lines.filter(|line| !line.to_ascii_lowercase().starts_with("host:"));
    let lines: Vec<&str> = [line.as_str()].into_iter().chain(lines).collect();
    let mut server = TcpStream::connect(store)?;
    let lines = lines.join("\r\n");
    write!(
        server,
        "{lines}\r\nHost: {store}\r\nConnection: close\r\n\r\n"
    )?;
    let (mut from, mut to) = (client.try_clone()?, server.try_clone()?);
    std::thread::spawn(move || std::io::copy(&mut from, &mut to));
    std::io::copy(&mut server, &mut client)?;
    client.shutdown(Shutdown::Both)
}

fn start() -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let store = live::address();
    std::thread::spawn(move || {
        for client in listener.incoming() {
            let client = client.unwrap();
            std::thread::spawn(move || forward(client, store));
        }
    });
    address
}

#[tokio::test]
#[ignore = "needs a store: tests/run"]
async fn requests_are_signed_as_the_store_sees_them() {
    if live::is_https() {
        // The proxy reads the requests, which TLS would hide.
        return;
    }
    with_bucket(|s3, bucket| async move {
        let outside = format!("http://{}/s3", start());
        let unaware = builder().endpoint(&outside).build().unwrap();
        let error = unaware.put_object(&bucket, "a key", "data").send().await;
        assert_eq!(error.unwrap_err().code(), Some("SignatureDoesNotMatch"));

        let proxied = builder()
            .endpoint(&outside)
            .signed_endpoint(&live::endpoint())
            .build()
            .unwrap();
        let put = proxied.put_object(&bucket, "a key", "data");
        put.send().await.unwrap();
        assert_eq!(read(&s3, &bucket, "a key").await, "data");
        let get = proxied.get_object(&bucket, "a key");
        let link = get.presign(proxied.now(), Duration::from_secs(60)).unwrap();
        assert!(link.url().starts_with(&outside), "{link}");
        assert_eq!(run_curl(&link.to_curl(), b""), (200, b"data".to_vec()));
    })
    .await;
}
