//! A server that plays a script for each request, step by step.
//!
//! ```text
//! let server = play([reject(503, "SlowDown"), vec![Request, Reset], ok()]).await;
//! server.client().put_object("bucket", "key", "data").send().await.unwrap();
//! assert_eq!(server.requests().len(), 3);
//! ```

use std::collections::VecDeque;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime};

use slim_s3::error::TransportKind;
use slim_s3::operation::CompletedPart;
use slim_s3::{Client, ClientBuilder, Error, PartLimits, RetryPolicy};
use tokio::io::AsyncWriteExt;

use super::server::{self, Connection, Received};

/// One step of a script.
#[derive(Clone, Debug)]
pub enum Step {
    /// Reads a whole request and records it.
    Request,
    /// Reads a request's head and records it.
    Head,
    /// Reads this many bytes of a body, or all of it if it is shorter.
    Read(usize),
    /// Reads a whole body in pieces of this size, and waits before each.
    ReadSlowly(usize, Duration),
    /// Writes these bytes.
    Write(Vec<u8>),
    /// Writes these bytes repeatedly until the client closes the connection.
    Flood(Vec<u8>),
    /// Writes these bytes, one at a time, and waits before each.
    WriteSlowly(Vec<u8>, Duration),
    Wait(Duration),
    /// Shuts down the writing side, and reads to the end.
    HalfClose,
    /// Closes the connection.
    Close,
    /// Resets the connection (RST).
    Reset,
}

pub use Step::*;

/// What a server does with one request.
pub type Script = Vec<Step>;

/// Writes these bytes.
pub fn raw(bytes: impl AsRef<[u8]>) -> Step {
    Write(bytes.as_ref().to_vec())
}

/// Reads a request and responds with `head` (status and headers, without the last line end) and a body, and adds its
/// Content-Length.
pub fn response(head: &str, body: impl AsRef<[u8]>) -> Script {
    let body = body.as_ref();
    let mut bytes =
        format!("HTTP/1.1 {head}\r\ncontent-length: {}\r\n\r\n", body.len()).into_bytes();
    bytes.extend_from_slice(body);
    vec![Request, Write(bytes)]
}

/// Reads a request and responds with an ETag, as after a successful put.
pub fn ok() -> Script {
    response("200 OK\r\netag: \"e\"", "")
}

/// S3's XML document for an error.
pub fn error_document(code: &str) -> String {
    format!("<Error><Code>{code}</Code><Message>m</Message></Error>")
}

/// Reads a request and responds with an error.
pub fn reject(status: u16, code: &str) -> Script {
    response(&format!("{status} Rejected"), error_document(code))
}

/// The response to CreateMultipartUpload.
pub fn upload_created() -> Script {
    response(
        "200 OK",
        "<InitiateMultipartUploadResult><UploadId>id</UploadId></InitiateMultipartUploadResult>",
    )
}

/// The response to CompleteMultipartUpload.
pub fn upload_completed() -> Script {
    response(
        "200 OK",
        "<CompleteMultipartUploadResult><ETag>e-1</ETag></CompleteMultipartUploadResult>",
    )
}

/// Limits that allow parts of any size.
pub fn tiny_parts() -> PartLimits {
    PartLimits {
        min_part: 1,
        ..PartLimits::default()
    }
}

/// Reads a request and closes the connection without a response.
pub fn drop_response() -> Script {
    vec![Request, Close]
}

/// A running server.
pub struct Server {
    pub address: SocketAddr,
    state: Arc<Mutex<State>>,
}

struct State {
    scripts: VecDeque<Script>,
    requests: Vec<Received>,
    connections: u32,
}

/// Plays one script for each request, in order, on any connection. Further requests get a 418, which is not retried.
pub async fn play(scripts: impl IntoIterator<Item = Script>) -> Server {
    let state = Arc::new(Mutex::new(State {
        scripts: scripts.into_iter().collect(),
        requests: Vec::new(),
        connections: 0,
    }));
    let shared = state.clone();
    let address = server::serve(move |mut connection| {
        let state = shared.clone();
        state.lock().unwrap().connections += 1;
        async move {
            loop {
                // A connection that the client opens but does not use must not take the script of another one.
                let is_awaited = {
                    let state = state.lock().unwrap();
                    let script = state.scripts.front();
                    script.is_none_or(|script| matches!(script.first(), Some(Request | Head)))
                };
                if is_awaited && !connection.has_data().await {
                    return;
                }
                let next = state.lock().unwrap().scripts.pop_front();
                let script = next.unwrap_or_else(|| reject(418, "NoScriptIsLeft"));
                if !run(&mut connection, script, &state).await {
                    return;
                }
                // The next script is for the next request, which may use another connection.
                if !connection.has_data().await {
                    return;
                }
            }
        }
    })
    .await;
    Server { address, state }
}

/// Returns whether the connection can serve another request.
async fn run(connection: &mut Connection, script: Script, state: &Mutex<State>) -> bool {
    let mut length = 0;
    for step in script {
        match step {
            Request | Head => {
                let received = match step {
                    Request => connection.request().await,
                    _ => connection.head().await,
                };
                let Some(received) = received else {
                    return false;
                };
                let declared = received.header("content-length");
                length = declared.map_or(0, |length| length.parse().unwrap());
                state.lock().unwrap().requests.push(received);
            }
            Read(count) => connection.discard(count.min(length)).await,
            ReadSlowly(count, pause) => {
                while connection.buffered() < length {
                    let before = connection.buffered();
                    tokio::time::sleep(pause).await;
                    while connection.buffered() < (before + count).min(length) {
                        if connection.read().await == 0 {
                            return false;
                        }
                    }
                }
                connection.discard(length).await;
            }
            Write(bytes) => connection.write(bytes).await,
            Flood(bytes) => {
                while connection.stream.write_all(&bytes).await.is_ok() {}
                return false;
            }
            WriteSlowly(bytes, pause) => {
                for byte in bytes {
                    tokio::time::sleep(pause).await;
                    connection.write([byte]).await;
                }
            }
            Wait(pause) => tokio::time::sleep(pause).await,
            HalfClose => {
                let _ = connection.stream.shutdown().await;
                while connection.read().await > 0 {}
                return false;
            }
            Close => return false,
            Reset => {
                connection.stream.set_zero_linger().unwrap();
                return false;
            }
        }
    }
    true
}

impl Server {
    /// The requests so far.
    pub fn requests(&self) -> Vec<Received> {
        self.state.lock().unwrap().requests.clone()
    }

    /// The number of connections accepted.
    pub fn connections(&self) -> u32 {
        self.state.lock().unwrap().connections
    }

    /// Adds a script for one more request.
    pub fn push(&self, script: Script) {
        self.state.lock().unwrap().scripts.push_back(script);
    }

    /// The number of scripts that have not been played.
    pub fn remaining(&self) -> usize {
        self.state.lock().unwrap().scripts.len()
    }

    /// A builder with the system's clock and retries with short delays.
    pub fn builder(&self) -> ClientBuilder {
        server::builder(self.address)
            .clock(SystemTime::now)
            .retry(quick())
    }

    pub fn client(&self) -> Client {
        self.builder().build().unwrap()
    }

    /// A client with `limit` for every timeout.
    pub fn client_with_timeouts(&self, limit: Duration) -> Client {
        self.builder()
            .timeouts(server::all_timeouts(limit))
            .build()
            .unwrap()
    }
}

/// The default policy with delays of a millisecond.
pub fn quick() -> RetryPolicy {
    RetryPolicy {
        base_delay: Duration::from_millis(1),
        throttled_delay: Duration::from_millis(1),
        ..RetryPolicy::default()
    }
}

/// The kind of a transport error; panics for any other error.
pub fn transport_kind(error: &Error) -> TransportKind {
    match error {
        Error::Transport(error) => error.kind,
        _ => panic!("{error}"),
    }
}

/// The list of parts of an upload with one part.
pub fn one_part() -> [CompletedPart; 1] {
    [CompletedPart {
        part_number: 1,
        etag: "e".into(),
    }]
}
