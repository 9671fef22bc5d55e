//! The doctor on servers that are scripted: unreachable, rejecting everything, returning garbage, listing the keys of others.
//!
//! `live::doctor` runs it on stores, `blocking::examinations` without a runtime.

mod addressing;
mod encoding;
mod encryption;
mod failures;
mod garbage;
mod output;
mod safety;

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant, SystemTime};

use slim_s3::{Client, ClientBuilder, DoctorReport};

use crate::support::server::{Received, all_timeouts, builder, client, serve};

/// A response: the status and headers without the last line end, and the body.
pub type Respond = (String, Vec<u8>);

/// The response to a listing of an empty bucket.
pub const EMPTY: &str =
    "<ListBucketResult><KeyCount>0</KeyCount><IsTruncated>false</IsTruncated></ListBucketResult>";

pub fn ok(body: &str) -> Respond {
    ("200 OK".to_owned(), body.as_bytes().to_vec())
}

/// A store that responds to each request, and whose requests are recorded.
pub struct Store {
    pub client: Client,
    address: SocketAddr,
    requests: Arc<Mutex<Vec<Received>>>,
}

impl Store {
    pub async fn new(respond: impl Fn(&Received) -> Respond + Send + Sync + 'static) -> Store {
        let requests = Arc::new(Mutex::new(Vec::new()));
        let (recorded, respond) = (requests.clone(), Arc::new(respond));
        let address = serve(move |mut connection| {
            let (recorded, respond) = (recorded.clone(), respond.clone());
            async move {
                while let Some(request) = connection.request().await {
                    let (head, mut body) = respond(&request);
                    if request.method == "HEAD" {
                        body.clear();
                    }
                    let length = body.len();
                    recorded.lock().unwrap().push(request);
                    // A head that is complete is sent as it is.
                    let head = match head.ends_with("\r\n\r\n") {
                        true => head,
                        false => format!("{head}\r\ncontent-length: {length}\r\n\r\n"),
                    };
                    connection.write(format!("HTTP/1.1 {head}")).await;
                    connection.write(body).await;
                    if head.contains("connection: close") {
                        return;
                    }
                }
            }
        })
        .await;
        let mut store = Store {
            client: client(address),
            address,
            requests,
        };
        let limit = all_timeouts(Duration::from_secs(1));
        store.client = store.builder().timeouts(limit).build().unwrap();
        store
    }

    /// A builder for a client of the store.
    fn builder(&self) -> ClientBuilder {
        builder(self.address).clock(SystemTime::now)
    }

    /// Examines the store, with writes.
    async fn examine(&self) -> DoctorReport {
        let started = Instant::now();
        let report = self.client.doctor("bucket").write(true).send().await;
        let elapsed = started.elapsed();
        assert!(elapsed < Duration::from_secs(30), "{elapsed:?}");
        report
    }

    pub fn requests(&self) -> Vec<Received> {
        self.requests.lock().unwrap().clone()
    }
}

/// Whether the request lists objects, without a prefix.
fn is_first_listing(request: &Received) -> bool {
    request.target.contains("list-type=2") && !request.target.contains("prefix=")
}

pub fn names(report: &DoctorReport) -> Vec<&'static str> {
    report.checks().iter().map(|check| check.name).collect()
}

/// Asserts that both forms of a report are well-formed, of bounded size, and contain neither control characters nor secrets.
#[track_caller]
fn assert_prints(report: &DoctorReport) {
    let text = report.to_string();
    for line in text.lines() {
        assert!(line.chars().count() <= 100, "{line:?} in\n{text}");
        assert!(!line.chars().any(char::is_control), "{line:?}");
        assert_eq!(line, line.trim_end(), "in\n{text}");
    }
    let json = report.to_json();
    let parsed: serde_json::Value = serde_json::from_str(&json).unwrap();
    let rows = parsed["checks"].as_array().unwrap();
    assert_eq!(rows.len(), report.checks().len());
    for (row, check) in rows.iter().zip(report.checks()) {
        assert_eq!(row["name"], check.name);
        assert_eq!(row["verdict"], check.verdict.name());
        assert_eq!(row["detail"], check.detail);
    }
    for text in [&text, &json, &format!("{report:?}")] {
        assert!(text.len() < 64 << 10, "{} bytes", text.len());
        assert!(
            !text.contains(crate::support::server::SECRET_ACCESS_KEY),
            "{text}"
        );
        assert!(!text.contains("Signature="), "{text}");
    }
}
