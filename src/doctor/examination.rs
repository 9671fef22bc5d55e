//! An examination that is under way: it sends the requests, counts them, and notes what they leave at the store.

use std::time::{Duration, Instant};

use http::{Method, StatusCode};

use super::probe::{Probe, ProbeOnce};
use super::report::{DoctorCheck, DoctorReport, Verdict};
use super::settings;
use super::verdict::verdict_of;
use crate::body::Body;
use crate::body::file::BoxFuture;
use crate::call::{Call, Operation};
use crate::client::Client;
use crate::client::credentials::Credentials;
use crate::error::{Error, Stage, TransportKind, escaped};
use crate::http::within;
use crate::request::Request;
use crate::response::Response;

const REQUEST_LIMIT: Duration = Duration::from_secs(15);
/// For 5 MiB, at 0.7 Mbit/s.
const PART_LIMIT: Duration = Duration::from_secs(60);
const TOTAL_LIMIT: Duration = Duration::from_secs(180);

pub(super) struct Examination {
    /// The caller's client. [`connection`](super::connection) replaces it by one without the dialect's restrictions.
    pub(super) client: Client,
    /// The caller's client, with the caller's clock.
    pub(super) own_client: Client,
    /// The keys of all requests; `None` if they are anonymous.
    pub(super) credentials: Option<Credentials>,
    pub(super) bucket: String,
    /// How all keys begin.
    pub(super) prefix: String,
    pub(super) server: Option<String>,
    pub(super) made: Made,
    writes: bool,
    started: Instant,
    /// The code of the error that the first listing has returned.
    pub(super) list_error: Option<String>,
    /// Whether listings say that they are encoded.
    pub(super) confirms_encoding: bool,
    /// Whether keys are not encoded in such a listing.
    pub(super) lists_raw_keys: bool,
    /// Whether the time of all checks is over. The clean-up has its own limit.
    pub(super) ignores_limit: bool,
    requests: u32,
    bytes_sent: u64,
    checks: Vec<DoctorCheck>,
}

/// What the requests may have left at the store.
#[derive(Default)]
pub(super) struct Made {
    /// The keys of objects.
    pub(super) keys: Vec<String>,
    /// The keys of multipart uploads. Their IDs are looked up: a response that has one may be lost.
    pub(super) upload_keys: Vec<String>,
    /// The key of an upload whose ID is not known yet.
    pub(super) pending_upload: Option<String>,
    /// Upload IDs, each with its key.
    pub(super) uploads: Vec<(String, String)>,
    /// Whether objects have versions.
    pub(super) has_versions: bool,
}

impl Examination {
    pub(super) fn new(client: Client, bucket: String, writes: bool) -> Examination {
        Examination {
            own_client: client.clone(),
            client,
            credentials: None,
            bucket,
            prefix: format!("slim-s3-doctor-{:016x}", fastrand::u64(..)),
            server: None,
            made: Made::default(),
            writes,
            started: Instant::now(),
            list_error: None,
            confirms_encoding: false,
            lists_raw_keys: false,
            ignores_limit: false,
            requests: 0,
            bytes_sent: 0,
            checks: Vec::new(),
        }
    }

    /// Adds a row.
    pub(super) fn row(&mut self, name: &'static str, verdict: Verdict, detail: impl Into<String>) {
        let detail = escaped(&detail.into(), 400);
        self.checks.push(DoctorCheck {
            name,
            verdict,
            detail,
        });
    }

    /// Adds the row of a request that failed.
    pub(super) fn failed(&mut self, name: &'static str, error: &Error) {
        let (verdict, detail) = verdict_of(error);
        self.row(name, verdict, detail);
    }

    /// Adds the row of a request that the store should have rejected with this status.
    pub(super) fn expect_rejection(
        &mut self,
        name: &'static str,
        sent: Result<Response, Error>,
        status: u16,
        supported: &str,
        ignored: &str,
    ) {
        match sent {
            Ok(_) => self.row(name, Verdict::Ignored, ignored),
            Err(error) if error.status().is_some_and(|found| found == status) => {
                let detail = format!("{supported}: {}", error.cause());
                self.row(name, Verdict::Supported, detail);
            }
            Err(error) => self.failed(name, &error),
        }
    }

    /// The key of an object of the doctor's own.
    pub(super) fn key(&self, name: &str) -> String {
        [&self.prefix, "-", name].concat()
    }

    pub(super) fn bucket_request(&self, method: Method, query: &[(&str, &str)]) -> Request {
        with_query(Request::bucket(method, &self.bucket), query)
    }

    pub(super) fn object_request(
        &self,
        method: Method,
        key: &str,
        headers: &[(&str, &str)],
    ) -> Request {
        let mut request = Request::object(method, &self.bucket, key);
        for (name, value) in headers {
            request.set_header(name, value);
        }
        request
    }

    /// Reads an object.
    pub(super) async fn get(
        &mut self,
        key: &str,
        headers: &[(&str, &str)],
    ) -> Result<Response, Error> {
        let request = self.object_request(Method::GET, key, headers);
        self.ask(request).await
    }

    /// Writes an object, which is deleted at the end.
    pub(super) async fn put(
        &mut self,
        key: &str,
        headers: &[(&str, &str)],
        body: impl Into<Body>,
    ) -> Result<Response, Error> {
        let request = self.object_request(Method::PUT, key, headers);
        let is_new = self.note_key(key);
        let put = self.ask(request.with_body(body.into())).await;
        // MinIO rejects some keys, and then also rejects to delete them.
        if is_new && is_rejected(&put) {
            self.made.keys.retain(|known| known != key);
        }
        put
    }

    /// Notes, before a request is sent, that an object may exist from then on. Returns whether this was not known before.
    pub(super) fn note_key(&mut self, key: &str) -> bool {
        let is_new = !self.made.keys.iter().any(|known| known == key);
        if is_new {
            self.made.keys.push(key.to_owned());
        }
        is_new
    }

    /// Creates a multipart upload, which is aborted at the end.
    pub(super) async fn create_upload(&mut self, key: &str) -> Result<String, Error> {
        self.note_key(key);
        self.made.upload_keys.push(key.to_owned());
        self.made.pending_upload = Some(key.to_owned());
        let request = self.object_request(Method::POST, key, &[]);
        let client = self.client.clone();
        let created = self
            .ask_with(&client, request.with_query("uploads", ""), ProbeOnce)
            .await;
        if is_rejected(&created) {
            self.made.pending_upload = None;
        }
        let created = created?;
        let document = created.xml("InitiateMultipartUploadResult")?;
        let id = document.text("UploadId")?.to_owned();
        self.made.uploads.push((key.to_owned(), id.clone()));
        self.made.pending_upload = None;
        Ok(id)
    }

    /// Sends a request.
    pub(super) async fn ask(&mut self, request: Request) -> Result<Response, Error> {
        let client = self.client.clone();
        self.ask_as(&client, request).await
    }

    /// Sends a request of another client.
    pub(super) async fn ask_as(
        &mut self,
        client: &Client,
        request: Request,
    ) -> Result<Response, Error> {
        self.ask_with(client, request, Probe).await
    }

    // Boxed, so that the state of a request is not part of that of every check.
    fn ask_with<'a, O: Operation<Output = Response> + Send + 'a>(
        &'a mut self,
        client: &Client,
        request: Request,
        operation: O,
    ) -> BoxFuture<'a, Result<Response, Error>> {
        let call = Call::new(client, request, operation);
        Box::pin(async move {
            let mut limit = match call.request.query_value("partNumber") {
                Some(_) => PART_LIMIT,
                None => REQUEST_LIMIT,
            };
            if !self.ignores_limit {
                limit = limit.min(TOTAL_LIMIT.saturating_sub(self.started.elapsed()));
            }
            if limit.is_zero() {
                let message = "not sent, because the time for all checks is over";
                return Err(late(message.to_owned()));
            }
            let length = call.request.body.len();
            let sent = within(limit, call.send_with_metadata()).await;
            let attempts = match &sent {
                Some(Ok(sent)) => sent.attempts,
                // None of a request that the client itself has rejected.
                Some(Err(error)) => error.context().attempts,
                None => 1,
            };
            self.requests = self.requests.saturating_add(attempts);
            self.bytes_sent = self.bytes_sent.saturating_add(length * u64::from(attempts));
            let Some(sent) = sent else {
                let message = format!("no response within {} s", limit.as_secs());
                return Err(late(message));
            };
            let response = sent?.output;
            let version = response.header("x-amz-version-id");
            self.made.has_versions |= version.is_some_and(|id| !id.is_empty());
            if self.server.is_none() {
                let server = response.header("server");
                self.server = server.map(|name| escaped(name, 60));
            }
            Ok(response)
        })
    }

    /// What a check that is over has found.
    pub(super) fn verdict(&self, name: &str) -> Option<Verdict> {
        let mut checks = self.checks.iter();
        let found = checks.find(|check| check.name == name);
        found.map(|check| check.verdict)
    }

    pub(super) fn into_report(self, error: Option<Error>, left: Vec<String>) -> DoctorReport {
        let endpoint = settings::endpoint_url(&self.client);
        let builder_code = settings::builder_code(&self, &endpoint);
        let environment = settings::environment(&self, &endpoint);
        let elapsed = self.started.elapsed().as_millis();
        DoctorReport {
            endpoint,
            bucket: escaped(&self.bucket, 100),
            server: self.server,
            wrote: self.writes,
            requests: self.requests,
            bytes_sent: self.bytes_sent,
            milliseconds: u64::try_from(elapsed).unwrap_or(u64::MAX),
            prefix: self.prefix,
            checks: self.checks,
            error,
            left: left.iter().map(|text| escaped(text, 200)).collect(),
            builder_code,
            environment,
        }
    }
}

/// Whether the response shows that the request had no effect.
fn is_rejected(sent: &Result<Response, Error>) -> bool {
    sent.as_ref().is_err_and(|error| {
        let rejects =
            |status: StatusCode| status.is_client_error() || status == StatusCode::NOT_IMPLEMENTED;
        error.status().is_some_and(rejects) && !error.is_outcome_unknown()
    })
}

fn late(message: String) -> Error {
    Error::transport(TransportKind::Stalled(Stage::Waiting), message, None)
}

fn with_query(mut request: Request, query: &[(&str, &str)]) -> Request {
    for (name, value) in query {
        request.set_query(name, value);
    }
    request
}
