//! Connections that are refused, or established late or never.

use std::time::{Duration, Instant};

use slim_s3::Timeouts;
use slim_s3::error::TransportKind;
use tokio::net::{TcpListener, TcpSocket, TcpStream};

use super::TIMEOUT;
use crate::support::script::{quick, transport_kind};
use crate::support::server::{self, Connection, client_with_timeouts, put_error};

#[tokio::test]
async fn a_refused_connection_is_a_connect_error() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    drop(listener);
    let error = put_error(&client_with_timeouts(address, TIMEOUT), "x").await;
    assert_eq!(transport_kind(&error), TransportKind::Connect);
    assert!(
        error.to_string().starts_with(&format!(
            "PutObject bucket/key: no connection to {address}: "
        )),
        "{error}"
    );
    assert!(!format!("{error} {error:?}").contains("X-Amz"), "{error:?}");
}

/// A listener with a full backlog, and the connections that fill it. The system drops further connection requests.
async fn full_backlog() -> (TcpListener, Vec<TcpStream>) {
    let socket = TcpSocket::new_v4().unwrap();
    socket.bind("127.0.0.1:0".parse().unwrap()).unwrap();
    let listener = socket.listen(1).unwrap();
    let address = listener.local_addr().unwrap();
    let mut waiting = Vec::new();
    for _ in 0..4 {
        let connect = TcpStream::connect(address);
        match tokio::time::timeout(Duration::from_millis(200), connect).await {
            Ok(connected) => waiting.push(connected.unwrap()),
            Err(_) => return (listener, waiting),
        }
    }
    panic!("the backlog is not full");
}

#[tokio::test]
async fn an_unresponsive_address_reaches_the_connect_timeout() {
    let (listener, _waiting) = full_backlog().await;
    let address = listener.local_addr().unwrap();
    let limit = Duration::from_millis(500);
    let timeouts = Timeouts {
        connect: limit,
        ..Timeouts::default()
    };
    let s3 = server::builder(address)
        .timeouts(timeouts)
        .retry(quick())
        .build()
        .unwrap();
    let start = Instant::now();
    let error = put_error(&s3, "data").await;
    let text = error.to_string();
    assert!(
        text.starts_with(&format!(
            "PutObject bucket/key: no connection to {address} within 500ms (attempts 3: no connection to {address} within \
             500ms (2 times), retried after "
        )),
        "{text}"
    );
    assert_eq!(transport_kind(&error), TransportKind::Connect);
    assert!(!error.is_outcome_unknown());
    assert!(
        (limit * 3..limit * 6).contains(&start.elapsed()),
        "{:?}",
        start.elapsed()
    );
}

/// The backlog is full for half a second, and the system repeats its connection request after one second.
#[tokio::test]
async fn a_slow_connect_succeeds_on_the_first_attempt() {
    let (listener, waiting) = full_backlog().await;
    let address = listener.local_addr().unwrap();
    let s3 = server::builder(address).retry(quick()).build().unwrap();
    let start = Instant::now();
    let put = s3.put_object("bucket", "key", "data").send_with_metadata();
    let respond = async {
        tokio::time::sleep(Duration::from_millis(500)).await;
        drop(waiting);
        loop {
            let (stream, _) = listener.accept().await.unwrap();
            let mut connection = Connection::new(stream);
            if connection.request().await.is_some() {
                connection.respond("200 OK\r\netag: \"e\"", "").await;
                return connection;
            }
        }
    };
    let (stored, _connection) = tokio::join!(put, respond);
    assert_eq!(stored.unwrap().attempts, 1);
    assert!(
        start.elapsed() > Duration::from_millis(500),
        "{:?}",
        start.elapsed()
    );
}
