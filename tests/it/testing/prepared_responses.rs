//! A server that sends prepared responses.

use std::net::SocketAddr;
use std::time::{Duration, Instant, UNIX_EPOCH};

use slim_s3::{Client, ClientBuilder, Credentials, Error, RetryPolicy};
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

// A function of the program, which the tests are about: it returns whether the note was stored now, or is to be stored
// later.
async fn save(s3: &Client, note: &'static str) -> Result<bool, Error> {
    match s3.put_object("notes", "note.txt", note).send().await {
        Ok(_) => Ok(true),
        Err(error) if error.is_retryable() => Ok(false),
        Err(error) => Err(error),
    }
}

const BUSY: &str = "HTTP/1.1 503 Slow Down\r\nconnection: close\r\n\
    content-length: 36\r\n\r\n<Error><Code>SlowDown</Code></Error>";
const STORED: &str = "HTTP/1.1 200 OK\r\nconnection: close\r\n\
    etag: \"e\"\r\ncontent-length: 0\r\n\r\n";

/// Starts a server that sends one of these responses on each connection, in order. The task returns the heads of the
/// requests.
async fn respond(responses: Vec<&'static str>) -> (SocketAddr, JoinHandle<Vec<String>>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let server = tokio::spawn(async move {
        let mut heads = Vec::new();
        for response in responses {
            let mut socket = BufReader::new(listener.accept().await.unwrap().0);
            let (mut head, mut length) = (String::new(), 0);
            while socket.read_line(&mut head).await.unwrap() > 2 {
                let line = head.lines().last().unwrap();
                if let Some(value) = line.strip_prefix("content-length: ") {
                    length = value.parse().unwrap();
                }
            }
            // The whole body: a client that is still sending would not see the response.
            socket.read_exact(&mut vec![0; length]).await.unwrap();
            socket.write_all(response.as_bytes()).await.unwrap();
            heads.push(head);
        }
        heads
    });
    (address, server)
}

fn builder(address: SocketAddr) -> ClientBuilder {
    Client::builder()
        .endpoint(&format!("http://{address}"))
        .credentials(Credentials::new("test", "test-secret"))
}

#[tokio::test]
async fn a_note_is_stored_later_if_the_store_is_busy() {
    let (address, server) = respond(vec![BUSY, STORED]).await;
    let s3 = builder(address).retry(RetryPolicy::none()).build().unwrap();
    assert!(!save(&s3, "milk").await.unwrap());
    assert!(save(&s3, "milk").await.unwrap());
    assert_eq!(server.await.unwrap().len(), 2);
}

#[tokio::test]
async fn a_note_is_stored_by_a_retry() {
    let (address, server) = respond(vec![BUSY, STORED]).await;
    let quick = RetryPolicy {
        base_delay: Duration::from_millis(1),
        throttled_delay: Duration::from_millis(1),
        ..RetryPolicy::default()
    };
    let s3 = builder(address).retry(quick).build().unwrap();
    assert!(save(&s3, "milk").await.unwrap());
    assert_eq!(server.await.unwrap().len(), 2);
}

#[tokio::test(start_paused = true)]
async fn minutes_of_retries_take_no_time() {
    let (address, server) = respond(vec![BUSY; 20]).await;
    let patient = RetryPolicy {
        max_attempts: 20,
        ..RetryPolicy::default()
    };
    let s3 = builder(address).retry(patient).build().unwrap();
    let started = Instant::now();
    assert!(!save(&s3, "milk").await.unwrap());
    assert!(started.elapsed() < Duration::from_secs(10));
    assert_eq!(server.await.unwrap().len(), 20);
}

#[tokio::test]
async fn the_clock_dates_the_request() {
    let (address, server) = respond(vec![STORED]).await;
    let s3 = builder(address)
        .clock(|| UNIX_EPOCH + Duration::from_secs(1_735_787_045))
        .build()
        .unwrap();
    save(&s3, "milk").await.unwrap();
    let heads = server.await.unwrap();
    assert!(heads[0].contains("x-amz-date: 20250102T030405Z"));
}
