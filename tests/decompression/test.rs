//! Objects are returned as they are stored, although this program turns on reqwest's decompression.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener};
use std::sync::{Arc, Mutex};

use slim_s3::{Client, Credentials, RetryPolicy};

/// "a text that is stored compressed", by gzip.
const STORED: &[u8] = b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x02\x03\x4b\x54\x28\x49\xad\x28\x51\x28\xc9\x48\x2c\x51\
                        \xc8\x2c\x56\x28\x2e\xc9\x2f\x4a\x4d\x51\x48\xce\xcf\x2d\x28\x4a\x2d\x2e\x4e\x4d\x01\x00\
                        \xcc\x64\x82\x0b\x20\x00\x00\x00";

/// Starts a store that returns [`STORED`] with this encoding, and records the heads of the requests.
fn store(encoding: &'static str) -> (SocketAddr, Arc<Mutex<Vec<String>>>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let heads = Arc::new(Mutex::new(Vec::new()));
    let recorded = heads.clone();
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            let (mut head, mut byte) = (Vec::new(), [0]);
            while !head.ends_with(b"\r\n\r\n") && stream.read(&mut byte).unwrap() > 0 {
                head.push(byte[0]);
            }
            let head = String::from_utf8(head).unwrap().to_lowercase();
            recorded.lock().unwrap().push(head);
            let length = STORED.len();
            let response = format!(
                "HTTP/1.1 200 OK\r\netag: \"e\"\r\nlast-modified: Thu, 02 Jan 2025 03:04:05 GMT\r\n\
                 content-encoding: {encoding}\r\ncontent-length: {length}\r\nconnection: close\r\n\r\n"
            );
            stream.write_all(response.as_bytes()).unwrap();
            stream.write_all(STORED).unwrap();
        }
    });
    (address, heads)
}

#[tokio::test]
async fn a_compressed_object_is_returned_as_it_is_stored() {
    for encoding in ["gzip", "br", "zstd", "deflate"] {
        let (address, heads) = store(encoding);
        let builder = || {
            Client::builder()
                .endpoint(&format!("http://{address}"))
                .credentials(Credentials::new("id", "secret"))
                .retry(RetryPolicy::none())
        };
        let asks_for_it = reqwest::Client::builder()
            .gzip(true)
            .brotli(true)
            .zstd(true)
            .deflate(true);
        for s3 in [builder(), builder().http_client_builder(asks_for_it)] {
            let s3 = s3.build().unwrap();
            let object = s3.get_object("bucket", "key").send().await.unwrap();
            assert_eq!(object.content_length, Some(STORED.len() as u64));
            assert_eq!(object.content_encoding.as_deref(), Some(encoding));
            assert_eq!(object.body.bytes().await.unwrap(), STORED, "{encoding}");
            let head = heads.lock().unwrap().pop().unwrap();
            assert!(!head.contains("accept-encoding"), "{head}");
        }

        // Otherwise this test would pass without the features.
        reqwest::get(format!("http://{address}/")).await.unwrap();
        let head = heads.lock().unwrap().pop().unwrap();
        let accepted = head
            .lines()
            .find(|line| line.starts_with("accept-encoding: "));
        assert!(accepted.unwrap().contains(encoding), "{head}");
    }
}
