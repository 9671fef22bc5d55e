//! A scripted server on loopback: each connection is given to a function that reads and writes raw bytes.

use std::future::Future;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use slim_s3::{Client, ClientBuilder, Credentials, RetryPolicy, TimeLimits};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpSocket, TcpStream};

pub const ACCESS_KEY_ID: &str = "AKIDEXAMPLE";
pub const SECRET_ACCESS_KEY: &str = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY";

/// A request as it came in.
#[derive(Clone, Debug)]
pub struct Received {
    pub method: String,
    /// The request target, byte for byte.
    pub target: String,
    /// Names as they came, values without the blank behind the colon.
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

    /// Reads up to the empty line; `None` if the client has closed the connection.
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
        while self.unread.len() < length {
            if self.read().await == 0 {
                return None;
            }
        }
        request.body = self.unread.drain(..length).collect();
        Some(request)
    }

    /// Reads `count` bytes and drops them.
    pub async fn take(&mut self, count: usize) {
        while self.unread.len() < count {
            if self.read().await == 0 {
                break;
            }
        }
        self.unread.drain(..count.min(self.unread.len()));
    }

    /// How many bytes have come in and were not taken.
    pub fn buffered(&self) -> usize {
        self.unread.len()
    }

    /// Takes what there is of a body; how many bytes that was.
    pub async fn read(&mut self) -> usize {
        let mut buffer = vec![0; 64 << 10];
        let count = self.stream.read(&mut buffer).await.unwrap_or(0);
        self.unread.extend_from_slice(&buffer[..count]);
        count
    }

    pub async fn write(&mut self, bytes: impl AsRef<[u8]>) {
        // The client may be gone already; that is for its side to report.
        let _ = self.stream.write_all(bytes.as_ref()).await;
        let _ = self.stream.flush().await;
    }

    /// Answers with a status line, headers and a body, whose length is added.
    pub async fn answer(&mut self, head: &str, body: &str) {
        self.write(format!(
            "HTTP/1.1 {head}\r\ncontent-length: {}\r\n\r\n{body}",
            body.len()
        ))
        .await;
    }
}

/// Starts a server that ends with the test's runtime.
pub async fn serve<F>(handler: impl Fn(Connection) -> F + Send + Sync + 'static) -> SocketAddr
where
    F: Future<Output = ()> + Send + 'static,
{
    // A small buffer: what a slow server has not read must not pile up here unseen by both sides.
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

/// Starts a server that gives every request the same answer, and keeps the requests.
pub async fn record(
    head: &'static str,
    body: &'static str,
) -> (SocketAddr, Arc<Mutex<Vec<Received>>>) {
    let requests = Arc::new(Mutex::new(Vec::new()));
    let kept = requests.clone();
    let address = serve(move |mut connection| {
        let kept = kept.clone();
        async move {
            while let Some(request) = connection.request().await {
                let is_head = request.method == "HEAD";
                kept.lock().unwrap().push(request);
                connection
                    .answer(head, if is_head { "" } else { body })
                    .await;
            }
        }
    })
    .await;
    (address, requests)
}

/// Settings for a scripted server, with a clock that stands still, and without retries.
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

/// A client that waits for nothing longer than `limit`.
pub fn impatient(address: SocketAddr, limit: Duration) -> Client {
    builder(address)
        .clock(SystemTime::now)
        .time_limits(limits(limit))
        .build()
        .unwrap()
}

/// Nothing is waited for longer than `limit`.
pub fn limits(limit: Duration) -> TimeLimits {
    TimeLimits {
        connect: limit,
        stall: limit,
        answer: limit,
        slow_answer: limit,
    }
}
