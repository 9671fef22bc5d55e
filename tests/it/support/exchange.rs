//! Records exchanges with a store to files, and replays them.
//!
//! The client under test talks to a proxy on loopback. While recording, the proxy forwards each request to a live store
//! and saves request and response. While replaying, it compares the request with the recorded one, byte for byte, and
//! returns the recorded response. The client's clock is set to the time of the recording, so that the signature matches.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::time::SystemTime;

use slim_s3::{AmzDate, Client, Credentials, Error, RetryPolicy};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use super::server::{self, Connection, Received};

/// The keys that the recorded stores were started with. They are valid nowhere else.
pub const ACCESS_KEY_ID: &str = "fixtures";
pub const SECRET_ACCESS_KEY: &str = "fixtures-secret";

/// How a store is configured, and the endpoint that its recordings name.
struct Account {
    access_key_id: &'static str,
    secret_access_key: &'static str,
    region: &'static str,
    endpoint: &'static str,
}

fn account(store: &str) -> Account {
    let mut account = Account {
        access_key_id: ACCESS_KEY_ID,
        secret_access_key: SECRET_ACCESS_KEY,
        region: "us-east-1",
        endpoint: "http://s3.test",
    };
    match store {
        "garage" => {
            // At least 16 characters.
            account.secret_access_key = "fixtures-secret-key";
            account.region = "garage";
        }
        "swift" => account.access_key_id = "test:tester",
        // It takes the first label of other hosts for a bucket.
        "moto" => account.endpoint = "http://localhost",
        _ => {}
    }
    account
}

/// Separates the request from the response in a file.
pub const SEPARATOR: &str = "\n\n###\n\n";

/// Request headers that are not recorded because they depend on the versions of the client and its dependencies.
const UNRECORDED_HEADERS: [&str; 2] = ["user-agent", "accept"];

#[derive(Clone)]
enum Mode {
    /// Forwards requests to this address, and writes files.
    Record(String),
    Replay,
}

/// Clients whose calls are recorded or replayed, one file per call.
pub struct Session {
    pub store: String,
    mode: Mode,
    folder: PathBuf,
    current: Arc<Mutex<Current>>,
    clock: Arc<Mutex<SystemTime>>,
    proxy: String,
}

/// The exchange in progress.
#[derive(Default)]
struct Current {
    file: PathBuf,
    exchanges: u32,
    signatures: Vec<String>,
    problem: Option<String>,
}

impl Session {
    /// Replays the recordings of `store`.
    pub async fn replay(store: &str) -> Session {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/responses");
        Session::new(store, Mode::Replay, folder).await
    }

    /// Records the responses of `store` at `address` into `folder`.
    pub async fn record(store: &str, address: &str, folder: &Path) -> Session {
        Session::new(store, Mode::Record(address.to_owned()), folder.to_owned()).await
    }

    async fn new(store: &str, mode: Mode, folder: PathBuf) -> Session {
        let current = Arc::new(Mutex::new(Current::default()));
        let (shared, proxy_mode) = (current.clone(), mode.clone());
        let endpoint = account(store).endpoint;
        let address = server::serve(move |connection| {
            exchange(connection, shared.clone(), proxy_mode.clone(), endpoint)
        })
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
        let account = account(&self.store);
        self.client_with_keys(account.access_key_id, account.secret_access_key)
    }

    pub fn client_with_keys(&self, access_key_id: &str, secret_access_key: &str) -> Client {
        let clock = self.clock.clone();
        let account = account(&self.store);
        Client::builder()
            .endpoint(account.endpoint)
            .region(account.region)
            .credentials(Credentials::new(access_key_id, secret_access_key))
            .clock(move || *clock.lock().unwrap())
            .proxy(&self.proxy)
            // The server closes each connection, which the client may notice too late to open another one.
            .http_client_builder(reqwest::Client::builder().pool_max_idle_per_host(0))
            .retry(RetryPolicy::none())
            .build()
            .unwrap()
    }

    /// Makes one call that must succeed; see [`Session::call`].
    pub async fn ok<T: std::fmt::Debug>(
        &self,
        case: &str,
        call: impl Future<Output = Result<T, Error>>,
    ) -> T {
        let outcome = self.call(case, call).await;
        outcome.unwrap_or_else(|error| panic!("{case} with {}: {error}", self.store))
    }

    /// Makes one call that must be rejected with this status and code; see [`Session::call`].
    pub async fn rejected<T: std::fmt::Debug>(
        &self,
        case: &str,
        call: impl Future<Output = Result<T, Error>>,
        status: u16,
        code: &str,
    ) -> Error {
        expect_error(self.call(case, call).await, status, code)
    }

    /// Makes one call. `case` names its file: `<Operation>/<case>`.
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
        let follow_ups = ["HEAD", "GET"].map(|method| follow_up_file(&current.file, method));
        let recorded = follow_ups.iter().filter(|file| file.exists()).count();
        assert_eq!(
            current.exchanges as usize,
            1 + recorded,
            "{case} with {}: {:?}",
            self.store,
            outcome.err()
        );
        // Neither outputs nor errors print secrets.
        let printed = format!("{outcome:?}{outcome:#?}");
        let secret = account(&self.store).secret_access_key;
        assert!(!printed.contains(secret), "{case}: {printed}");
        for signature in &current.signatures {
            assert!(!printed.contains(signature), "{case}: {printed}");
        }
        outcome
    }
}

/// Asserts that the call was rejected with this status and code, and returns the error.
#[track_caller]
pub fn expect_error<T>(outcome: Result<T, Error>, status: u16, code: &str) -> Error {
    let Err(error) = outcome else {
        panic!("expected {code}, got a success")
    };
    let found = (error.status().map(|status| status.as_u16()), error.code());
    assert_eq!(found, (Some(status), Some(code)), "{error}");
    error
}

/// The file of the request that settles what the response in `file` left open: HeadObject or ListParts.
fn follow_up_file(file: &Path, method: &str) -> PathBuf {
    let operation = if method == "HEAD" {
        "HeadObject"
    } else {
        "ListParts"
    };
    let folder = file.parent().unwrap();
    let written = folder.file_name().unwrap().to_string_lossy();
    let case = file.file_name().unwrap().to_string_lossy();
    folder
        .with_file_name(operation)
        .join(format!("settles-{written}-{case}"))
}

/// When the recorded request was signed.
fn recorded_at(file: &Path) -> SystemTime {
    let text = std::fs::read(file).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
    let text = String::from_utf8_lossy(&text);
    let date = text
        .lines()
        .find_map(|line| line.strip_prefix("x-amz-date: "))
        .unwrap();
    SystemTime::from(AmzDate::parse(date.trim()).unwrap())
}

/// Serves one connection of the client, for one exchange.
async fn exchange(
    mut connection: Connection,
    current: Arc<Mutex<Current>>,
    mode: Mode,
    endpoint: &'static str,
) {
    let Some(request) = connection.request().await else {
        return;
    };
    let is_head = request.method == "HEAD";
    let method = if is_head { "HEAD" } else { "GET" };
    let request = forwarded(&request, endpoint);
    let file = {
        let current = current.lock().unwrap();
        match current.exchanges {
            0 => current.file.clone(),
            _ => follow_up_file(&current.file, method),
        }
    };
    let response = match mode {
        Mode::Record(store) => {
            let response = forward(&store, &request, is_head).await;
            std::fs::create_dir_all(file.parent().unwrap()).unwrap();
            let exchange = [&request[..], SEPARATOR.as_bytes(), &response].concat();
            std::fs::write(&file, exchange).unwrap();
            response
        }
        Mode::Replay => {
            let exchange = std::fs::read(&file).unwrap();
            let separator = SEPARATOR.as_bytes();
            let end = exchange
                .windows(separator.len())
                .position(|window| window == separator)
                .unwrap();
            if exchange[..end] != request {
                let (recorded, actual) = (
                    String::from_utf8_lossy(&exchange[..end]),
                    String::from_utf8_lossy(&request),
                );
                let problem = format!(
                    "the request differs from the recorded one\n--- {}\n{recorded}\n+++ now\n{actual}",
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
    connection.write(response).await;
}

/// The request as the store receives it: with an origin-form target, and without the unrecorded headers.
fn forwarded(request: &Received, endpoint: &str) -> Vec<u8> {
    let target = request.target.strip_prefix(endpoint).unwrap();
    let mut text = format!("{} {target} HTTP/1.1\r\n", request.method);
    for (name, value) in &request.headers {
        if !UNRECORDED_HEADERS.contains(&name.as_str()) {
            text.push_str(&format!("{name}: {value}\r\n"));
        }
    }
    text.push_str("\r\n");
    [text.as_bytes(), &request.body].concat()
}

/// Sends a request to a store and reads the whole response.
async fn forward(store: &str, request: &[u8], is_head: bool) -> Vec<u8> {
    let mut stream = TcpStream::connect(store).await.unwrap();
    stream.write_all(request).await.unwrap();
    let mut response = Vec::new();
    let end = loop {
        if let Some(end) = response.windows(4).position(|window| window == b"\r\n\r\n") {
            break end + 4;
        }
        assert_ne!(
            stream.read_buf(&mut response).await.unwrap(),
            0,
            "the store closed the connection"
        );
    };
    let head = String::from_utf8_lossy(&response[..end]).to_ascii_lowercase();
    let header = |name: &str| head.lines().find_map(|line| line.strip_prefix(name));
    let has_no_body =
        is_head || head.starts_with("http/1.1 204") || head.starts_with("http/1.1 304");
    if header("transfer-encoding: chunked").is_some() && !has_no_body {
        while !response.ends_with(b"0\r\n\r\n") {
            assert_ne!(stream.read_buf(&mut response).await.unwrap(), 0);
        }
    } else if !has_no_body {
        let length: usize = header("content-length:").unwrap().trim().parse().unwrap();
        while response.len() < end + length {
            assert_ne!(stream.read_buf(&mut response).await.unwrap(), 0);
        }
    }
    response
}
