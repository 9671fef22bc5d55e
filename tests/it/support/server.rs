//! A server on loopback that passes each connection to a handler, which reads and writes raw bytes.

use std::future::Future;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use bytes::Bytes;
use slim_s3::{Body, Client, ClientBuilder, Credentials, Error, RetryPolicy, Timeouts};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpSocket, TcpStream};

pub const ACCESS_KEY_ID: &str = "AKIDEXAMPLE";
pub const SECRET_ACCESS_KEY: &str = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY";

/// A request as received.
#[derive(Clone, Debug)]
pub struct Received {
    pub method: String,
    /// The request target, byte for byte.
    pub target: String,
    /// Names as received, values without the space after the colon.
    pub headers: Vec<(String, String)>,
    pub body: Vec<u8>,
}

impl Received {
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers
            .iter()
            .find_map(|(known, value)| known.eq_ignore_ascii_case(name).then_some(value.as_str()))
    }
}

/// One accepted connection.
pub struct Connection {
    pub stream: TcpStream,
    unread: Vec<u8>,
}

impl Connection {
    pub fn new(stream: TcpStream) -> Connection {
        Connection {
            stream,
            unread: Vec::new(),
        }
    }

    /// Reads a request's head; `None` if the client has closed the connection.
    pub async fn head(&mut self) -> Option<Received> {
        let end = loop {
            if let Some(end) = self
                .unread
                .windows(4)
                .position(|window| window == b"\r\n\r\n")
            {
                break end;
            }
            if self.read().await == 0 {
                return None;
            }
        };
        let head = String::from_utf8(self.unread.drain(..end + 4).collect()).unwrap();
        let mut lines = head.trim_end().split("\r\n");
        let mut first = lines.next().unwrap().split(' ');
        let header = |line: &str| {
            let (name, value) = line.split_once(':').unwrap();
            (
                name.to_owned(),
                value.strip_prefix(' ').unwrap_or(value).to_owned(),
            )
        };
        let (method, target) = (
            first.next().unwrap().to_owned(),
            first.next().unwrap().to_owned(),
        );
        Some(Received {
            method,
            target,
            headers: lines.map(header).collect(),
            body: Vec::new(),
        })
    }

    /// Reads a whole request.
    pub async fn request(&mut self) -> Option<Received> {
        let mut request = self.head().await?;
        let length = request
            .header("content-length")
            .map_or(0, |length| length.parse().unwrap());
        request.body = self.body(length).await?;
        Some(request)
    }

    /// Reads a body of this length; `None` if the client has closed the connection.
    pub async fn body(&mut self, length: usize) -> Option<Vec<u8>> {
        while self.unread.len() < length {
            if self.read().await == 0 {
                return None;
            }
        }
        Some(self.unread.drain(..length).collect())
    }

    /// Reads `count` bytes and discards them.
    pub async fn discard(&mut self, count: usize) {
        while self.unread.len() < count {
            if self.read().await == 0 {
                break;
            }
        }
        self.unread.drain(..count.min(self.unread.len()));
    }

    /// Waits for data, without reading it. False if the client has closed the connection.
    pub async fn has_data(&self) -> bool {
        !self.unread.is_empty() || self.stream.peek(&mut [0]).await.unwrap_or(0) > 0
    }

    /// The number of received bytes that are not part of a request or discarded yet.
    pub fn buffered(&self) -> usize {
        self.unread.len()
    }

    /// Reads once from the socket and returns the number of bytes, 0 at the end.
    pub async fn read(&mut self) -> usize {
        let mut buffer = vec![0; 64 << 10];
        let count = self.stream.read(&mut buffer).await.unwrap_or(0);
        self.unread.extend_from_slice(&buffer[..count]);
        count
    }

    pub async fn write(&mut self, bytes: impl AsRef<[u8]>) {
        // The client may have closed the connection, and then reports that itself.
        let _ = self.stream.write_all(bytes.as_ref()).await;
        let _ = self.stream.flush().await;
    }

    /// Responds with `head` (status and headers) and a body, and adds its Content-Length.
    pub async fn respond(&mut self, head: &str, body: &str) {
        self.write(format!(
            "HTTP/1.1 {head}\r\ncontent-length: {}\r\n\r\n{body}",
            body.len()
        ))
        .await;
    }
}

/// Starts a server that runs until the test's runtime ends.
pub async fn serve<F>(handler: impl Fn(Connection) -> F + Send + Sync + 'static) -> SocketAddr
where
    F: Future<Output = ()> + Send + 'static,
{
    // A small buffer: the client must notice when the server does not read.
    let socket = TcpSocket::new_v4().unwrap();
    socket.set_recv_buffer_size(256 << 10).unwrap();
    socket.bind("127.0.0.1:0".parse().unwrap()).unwrap();
    let listener = socket.listen(1024).unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            stream.set_nodelay(true).unwrap();
            tokio::spawn(handler(Connection::new(stream)));
        }
    });
    address
}

/// Starts a server that reads a request's head, writes these bytes and closes the connection.
pub async fn serve_bytes(response: &'static str) -> SocketAddr {
    serve(move |mut connection| async move {
        connection.head().await.unwrap();
        connection.write(response).await;
    })
    .await
}

/// Starts a server that reads each request but never responds.
pub async fn never_responding() -> SocketAddr {
    serve(|mut connection| async move {
        connection.request().await;
        std::future::pending().await
    })
    .await
}

/// Starts a server that reads only the head of each request and never responds.
pub async fn never_reading() -> SocketAddr {
    serve(|mut connection| async move {
        connection.head().await;
        std::future::pending().await
    })
    .await
}

/// Starts a server that sends every request the same response, and records the requests.
pub async fn record(
    head: &'static str,
    body: &'static str,
) -> (SocketAddr, Arc<Mutex<Vec<Received>>>) {
    let requests = Arc::new(Mutex::new(Vec::new()));
    let recorded = requests.clone();
    let address = serve(move |mut connection| {
        let recorded = recorded.clone();
        async move {
            while let Some(request) = connection.request().await {
                let is_head = request.method == "HEAD";
                recorded.lock().unwrap().push(request);
                connection
                    .respond(head, if is_head { "" } else { body })
                    .await;
            }
        }
    })
    .await;
    (address, requests)
}

/// A builder for a client of a server on loopback, with a fixed clock and without retries.
pub fn builder(address: SocketAddr) -> ClientBuilder {
    Client::builder()
        .endpoint(&format!("http://{address}"))
        .credentials(Credentials::new(ACCESS_KEY_ID, SECRET_ACCESS_KEY))
        .clock(|| UNIX_EPOCH + Duration::from_secs(1_735_787_045))
        .retry(RetryPolicy::none())
}

pub fn client(address: SocketAddr) -> Client {
    builder(address).build().unwrap()
}

/// A client with `limit` for every timeout.
pub fn client_with_timeouts(address: SocketAddr, limit: Duration) -> Client {
    builder(address)
        .clock(SystemTime::now)
        .timeouts(all_timeouts(limit))
        .build()
        .unwrap()
}

/// The content of an object.
pub async fn read(s3: &Client, bucket: &str, key: &str) -> Bytes {
    let object = s3.get_object(bucket, key).send().await.unwrap();
    object.body.bytes().await.unwrap()
}

/// The error of a put to `bucket/key`, which is expected to fail.
pub async fn put_error(s3: &Client, body: impl Into<Body>) -> Error {
    let put = s3.put_object("bucket", "key", body);
    put.send().await.unwrap_err()
}

/// Asserts that the error is an [`Error::Invalid`] about `field`.
#[track_caller]
pub fn assert_invalid(error: &Error, field: &str) {
    assert!(
        matches!(error, Error::Invalid(invalid) if invalid.field == field),
        "{error}"
    );
}

/// The same limit for every timeout.
pub fn all_timeouts(limit: Duration) -> Timeouts {
    Timeouts {
        connect: limit,
        stall: limit,
        response: limit,
        slow_response: limit,
    }
}

/// Waits for what must happen within ten seconds.
pub async fn until(is_so: impl Fn() -> bool) {
    let started = Instant::now();
    while !is_so() {
        assert!(
            started.elapsed() < Duration::from_secs(10),
            "waited in vain"
        );
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

/// How many sockets of this process are connected to this port; 0 where the system does not list them.
#[cfg(target_os = "linux")]
pub fn sockets_to(port: u16) -> usize {
    let remote = format!(":{port:04X}");
    let table = std::fs::read_to_string("/proc/self/net/tcp").unwrap();
    let is_connected = |line: &&str| {
        let fields: Vec<&str> = line.split_whitespace().collect();
        fields[2].ends_with(&remote) && fields[3] == "01"
    };
    table.lines().skip(1).filter(is_connected).count()
}

#[cfg(not(target_os = "linux"))]
pub fn sockets_to(_: u16) -> usize {
    0
}
