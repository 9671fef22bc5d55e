//! Exchanges with a store, recorded to files and played back from them.
//!
//! The client under test speaks to a proxy on loopback. While recording, the proxy passes each request on to a live store
//! and keeps both sides; while replaying, it compares the request with the one that was recorded, byte for byte, and
//! gives the recorded answer. The client's clock is set to the time of the recording, so the signature is the same too.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::time::SystemTime;

use slim_s3::{AmzDate, Client, Credentials, Error, RetryPolicy};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use super::server::{self, Connection, Received};

/// The keys that the recorded stores were started with. They open nothing else.
pub const ACCESS_KEY_ID: &str = "fixtures";
pub const SECRET_ACCESS_KEY: &str = "fixtures-secret";

/// Between the two sides of an exchange.
pub const SEPARATOR: &str = "\n\n###\n\n";

/// What may differ from recording to recording: how the client names itself, and what it takes.
const FREE: [&str; 2] = ["user-agent", "accept"];

#[derive(Clone)]
enum Mode {
    /// Passes requests on to this address, and writes files.
    Record(String),
    Replay,
}

/// A client whose calls are recorded or played back, one file each.
pub struct Session {
    pub store: String,
    mode: Mode,
    folder: PathBuf,
    current: Arc<Mutex<Current>>,
    clock: Arc<Mutex<SystemTime>>,
    proxy: String,
}

/// The exchange that is going on.
#[derive(Default)]
struct Current {
    file: PathBuf,
    exchanges: u32,
    signatures: Vec<String>,
    problem: Option<String>,
}

impl Session {
    /// Plays back what was recorded with `store`.
    pub async fn replay(store: &str) -> Session {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/responses");
        Session::new(store, Mode::Replay, folder).await
    }

    /// Records into `folder` what `store` at `address` answers.
    pub async fn record(store: &str, address: &str, folder: &Path) -> Session {
        Session::new(store, Mode::Record(address.to_owned()), folder.to_owned()).await
    }

    async fn new(store: &str, mode: Mode, folder: PathBuf) -> Session {
        let current = Arc::new(Mutex::new(Current::default()));
        let (kept, proxied) = (current.clone(), mode.clone());
        let address =
            server::serve(move |connection| exchange(connection, kept.clone(), proxied.clone()))
                .await;
        Session {
            store: store.to_owned(),
            mode,
            folder,
            current,
            clock: Arc::new(Mutex::new(SystemTime::now())),
            proxy: format!("http://{address}"),
        }
    }

    pub fn client(&self) -> Client {
        self.client_of(ACCESS_KEY_ID, SECRET_ACCESS_KEY)
    }

    pub fn client_of(&self, access_key_id: &str, secret_access_key: &str) -> Client {
        let clock = self.clock.clone();
        Client::builder()
            .endpoint("http://s3.test")
            .credentials(Credentials::new(access_key_id, secret_access_key))
            .clock(move || *clock.lock().unwrap())
            .proxy(&self.proxy)
            .retry(RetryPolicy::none())
            .build()
            .unwrap()
    }

    /// Makes one call, whose exchange is `<Operation>/<case>`.
    pub async fn call<T: std::fmt::Debug>(
        &self,
        case: &str,
        call: impl Future<Output = Result<T, Error>>,
    ) -> Result<T, Error> {
        let file = self.folder.join(format!("{case}.{}.http", self.store));
        *self.clock.lock().unwrap() = match self.mode {
            Mode::Record(_) => SystemTime::now(),
            Mode::Replay => recorded_at(&file),
        };
        *self.current.lock().unwrap() = Current {
            file,
            ..Current::default()
        };
        let outcome = call.await;
        let current = std::mem::take(&mut *self.current.lock().unwrap());
        if let Some(problem) = current.problem {
            panic!("{case} with {}: {problem}", self.store);
        }
        assert_eq!(
            current.exchanges,
            1,
            "{case} with {}: {:?}",
            self.store,
            outcome.err()
        );
        // Whatever the answer was, nothing that is printed of it is a secret.
        let shown = format!("{outcome:?}{outcome:#?}");
        assert!(!shown.contains(SECRET_ACCESS_KEY), "{case}: {shown}");
        for signature in &current.signatures {
            assert!(!shown.contains(signature), "{case}: {shown}");
        }
        outcome
    }
}

/// When the request in a file was signed.
fn recorded_at(file: &Path) -> SystemTime {
    let text = std::fs::read(file).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
    let text = String::from_utf8_lossy(&text);
    let date = text
        .lines()
        .find_map(|line| line.strip_prefix("x-amz-date: "))
        .unwrap();
    SystemTime::from(AmzDate::parse(date.trim()).unwrap())
}

/// One connection of the client: one exchange.
async fn exchange(mut connection: Connection, current: Arc<Mutex<Current>>, mode: Mode) {
    let Some(request) = connection.request().await else {
        return;
    };
    let is_head = request.method == "HEAD";
    let request = as_sent(&request);
    let file = current.lock().unwrap().file.clone();
    let answer = match mode {
        Mode::Record(store) => {
            let answer = ask(&store, &request, is_head).await;
            std::fs::create_dir_all(file.parent().unwrap()).unwrap();
            let exchange = [&request[..], SEPARATOR.as_bytes(), &answer].concat();
            std::fs::write(&file, exchange).unwrap();
            answer
        }
        Mode::Replay => {
            let exchange = std::fs::read(&file).unwrap();
            let separator = SEPARATOR.as_bytes();
            let end = exchange
                .windows(separator.len())
                .position(|window| window == separator)
                .unwrap();
            if exchange[..end] != request {
                let (was, is) = (
                    String::from_utf8_lossy(&exchange[..end]),
                    String::from_utf8_lossy(&request),
                );
                let problem = format!(
                    "another request than was recorded\n--- {}\n{was}\n+++ now\n{is}",
                    file.display()
                );
                current.lock().unwrap().problem = Some(problem);
            }
            exchange[end + separator.len()..].to_vec()
        }
    };
    let text = String::from_utf8_lossy(&request);
    let signature = text
        .split_once("Signature=")
        .map(|(_, rest)| rest[..64].to_owned());
    {
        let mut current = current.lock().unwrap();
        current.exchanges += 1;
        current.signatures.extend(signature);
    }
    connection.write(answer).await;
}

/// The request as the store gets it: without the proxy's form of the target, and without what may differ.
fn as_sent(request: &Received) -> Vec<u8> {
    let target = request.target.strip_prefix("http://s3.test").unwrap();
    let mut text = format!("{} {target} HTTP/1.1\r\n", request.method);
    for (name, value) in &request.headers {
        if !FREE.contains(&name.as_str()) {
            text.push_str(&format!("{name}: {value}\r\n"));
        }
    }
    text.push_str("\r\n");
    [text.as_bytes(), &request.body].concat()
}

/// Sends a request to a store; its whole answer.
async fn ask(store: &str, request: &[u8], is_head: bool) -> Vec<u8> {
    let mut stream = TcpStream::connect(store).await.unwrap();
    stream.write_all(request).await.unwrap();
    let mut answer = Vec::new();
    let end = loop {
        if let Some(end) = answer.windows(4).position(|window| window == b"\r\n\r\n") {
            break end + 4;
        }
        assert_ne!(
            stream.read_buf(&mut answer).await.unwrap(),
            0,
            "the store closed the connection"
        );
    };
    let head = String::from_utf8_lossy(&answer[..end]).to_ascii_lowercase();
    let header = |name: &str| head.lines().find_map(|line| line.strip_prefix(name));
    let has_no_body =
        is_head || head.starts_with("http/1.1 204") || head.starts_with("http/1.1 304");
    if header("transfer-encoding: chunked").is_some() && !has_no_body {
        while !answer.ends_with(b"0\r\n\r\n") {
            assert_ne!(stream.read_buf(&mut answer).await.unwrap(), 0);
        }
    } else if !has_no_body {
        let length: usize = header("content-length:").unwrap().trim().parse().unwrap();
        while answer.len() < end + length {
            assert_ne!(stream.read_buf(&mut answer).await.unwrap(), 0);
        }
    }
    answer
}

/// An exchange without what every recording has anew: dates, signatures, and names that the store makes up, also where
/// they are within a hash. versitygw has its headers, and tags, in any order, so they are sorted.
pub fn normalised(exchange: &str) -> String {
    const HEADERS: [&str; 14] = [
        "authorization",
        "content-md5",
        "x-amz-content-sha256",
        "x-amz-date",
        "date",
        "last-modified",
        "x-amz-request-id",
        "x-amz-id-2",
        "x-amz-version-id",
        "x-amz-copy-source-version-id",
        "x-ratelimit-limit",
        "x-ratelimit-remaining",
        "if-modified-since",
        "host",
    ];
    const ELEMENTS: [&str; 18] = [
        "RequestId",
        "HostId",
        "LastModified",
        "CreationDate",
        "Initiated",
        "UploadId",
        "VersionId",
        "DeleteMarkerVersionId",
        "NextVersionIdMarker",
        "NextUploadIdMarker",
        "UploadIdMarker",
        "StringToSign",
        "StringToSignBytes",
        "SignatureProvided",
        "CanonicalRequest",
        "CanonicalRequestBytes",
        "ContinuationToken",
        "NextContinuationToken",
    ];
    const PARAMETERS: [&str; 3] = ["uploadId=", "versionId=", "continuation-token="];
    let (request, answer) = exchange.split_once(SEPARATOR).unwrap();
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    let (status, headers) = head.split_once("\r\n").unwrap();
    let mut headers: Vec<&str> = headers.split("\r\n").collect();
    headers.sort_by_key(|header| header.to_ascii_lowercase());
    let exchange = format!(
        "{request}{SEPARATOR}{status}\r\n{}\r\n\r\n{body}",
        headers.join("\r\n")
    );
    let mut text = String::new();
    for line in exchange.split_inclusive('\n') {
        let name = line
            .split(':')
            .next()
            .unwrap_or_default()
            .to_ascii_lowercase();
        if HEADERS.contains(&name.as_str()) {
            text.push_str(&format!("{name}: *\r\n"));
        } else if line.contains(";chunk-signature=") {
            text.push_str(&format!(
                "{};chunk-signature=*\r\n",
                line.split(';').next().unwrap()
            ));
        } else {
            text.push_str(line);
        }
    }
    for element in ELEMENTS {
        text = masked(&text, &format!("<{element}>"), &['<']);
    }
    for parameter in PARAMETERS {
        text = masked(&text, parameter, &['&', ' ']);
    }
    sorted_tags(&text)
}

fn sorted_tags(text: &str) -> String {
    let Some((before, rest)) = text.split_once("<TagSet>") else {
        return text.to_owned();
    };
    let (tags, behind) = rest.split_once("</TagSet>").unwrap();
    let mut tags: Vec<&str> = tags.split_inclusive("</Tag>").collect();
    tags.sort_unstable();
    format!("{before}<TagSet>{}</TagSet>{behind}", tags.concat())
}

/// Puts a star for what stands between `begin` and the next of `ends`, everywhere.
fn masked(text: &str, begin: &str, ends: &[char]) -> String {
    let mut result = String::new();
    let mut rest = text;
    while let Some(at) = rest.find(begin) {
        let (before, behind) = rest.split_at(at + begin.len());
        result.push_str(before);
        result.push('*');
        rest = &behind[behind.find(ends).unwrap_or(behind.len())..];
    }
    result + rest
}
