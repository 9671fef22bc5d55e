//! One probe: a GET, and what its response says about the signature.

use std::time::SystemTime;

use http::{Method, StatusCode};

use super::{Probe, ProbeKind, seconds_ahead};
use crate::call::{OperationSpec, call_context, learned_endpoint};
use crate::client::Client;
use crate::error::{Effect, Error};
use crate::http::attempt;
use crate::mismatch::{SignatureMismatch, resource};
use crate::request::{self, Request, Target};
use crate::response::Response;
use crate::timestamp;

/// A success is not read, because it may be a large object.
const SPEC: OperationSpec = OperationSpec::new("Diagnosis", Effect::Reads).streams_body();

/// A response to a probe.
pub(super) struct Outcome {
    pub(super) status: StatusCode,
    pub(super) code: Option<String>,
    /// Why the signature was rejected, if it was.
    pub(super) mismatch: Option<SignatureMismatch>,
    /// The path that the store has received, if it quotes that.
    pub(super) resource: Option<String>,
    pub(super) clock_offset: Option<i64>,
    /// Whether it is the response of a store, and not a page of something before it.
    pub(super) is_of_store: bool,
}

impl Outcome {
    /// Whether the store denies the request, and does not say that the signature is the reason.
    pub(super) fn is_denied(&self) -> bool {
        self.mismatch.is_none()
            && matches!(
                self.status,
                StatusCode::FORBIDDEN | StatusCode::UNAUTHORIZED
            )
    }

    pub(super) fn probe(&self, kind: ProbeKind) -> Probe {
        Probe {
            kind,
            status: self.status,
            code: self.code.clone(),
        }
    }
}

/// A GET of the same target, with the same query and headers.
pub(super) fn as_get(request: &Request) -> Request {
    let mut get = Request::new(Method::GET, request.target.clone());
    get.query.clone_from(&request.query);
    get.headers.clone_from(&request.headers);
    get
}

/// `GET /`.
pub(super) fn bare() -> Request {
    Request::new(Method::GET, Target::Service)
}

/// The same request without these headers.
pub(super) fn without(request: &Request, names: &[String]) -> Request {
    let mut request = as_get(request);
    request.headers.retain(|(name, _)| !names.contains(name));
    request
}

/// The same request, signed for another host and path.
pub(super) fn signed_for(mut request: Request, host: &str, path: &str) -> Request {
    request.probe = Some(Box::new(request::Probe::SignedFor {
        host: host.to_owned(),
        path: path.to_owned(),
    }));
    request
}

/// Sends a probe. A redirect is an error if it `is_first`, because it leads to another store; it proves nothing otherwise.
pub(super) async fn send(
    client: &Client,
    request: &Request,
    is_first: bool,
) -> Result<Outcome, Error> {
    let endpoint = learned_endpoint(client, &SPEC, request.target.bucket());
    let mut context = call_context(&SPEC, request, 0);
    let endpoint = client.endpoint(endpoint.as_ref());
    let sent = attempt(client, endpoint, request, &SPEC, &mut context, None).await;
    let ahead = |date: Option<SystemTime>| Some(seconds_ahead(context.signed_at?, date?));
    let error = match sent {
        Ok(response) => {
            return Ok(Outcome {
                status: response.status(),
                code: None,
                mismatch: None,
                resource: None,
                clock_offset: ahead(response.header("date").and_then(timestamp::parse_http)),
                is_of_store: response.header("x-amz-request-id").is_some() || !is_page(&response),
            });
        }
        Err(error) => error,
    };
    match &error {
        Error::Service(service) if is_conclusive(service.status, is_first) => Ok(Outcome {
            status: service.status,
            code: (!service.code_is_inferred).then(|| service.code.clone()),
            mismatch: error.signature_mismatch(),
            resource: resource(service),
            clock_offset: ahead(service.date),
            is_of_store: !service.code_is_inferred || service.status == StatusCode::NOT_MODIFIED,
        }),
        _ => Err(error),
    }
}

/// Whether the diagnosis goes on after an error response. A failing store says nothing about the signature.
fn is_conclusive(status: StatusCode, is_first: bool) -> bool {
    status == StatusCode::NOT_MODIFIED
        || (status.is_client_error() && status != StatusCode::TOO_MANY_REQUESTS)
        || (status.is_redirection() && !is_first)
}

/// Whether a successful response is a page for a browser, which servers other than stores return for any path.
fn is_page(response: &Response) -> bool {
    let content_type = response.header("content-type").unwrap_or_default();
    content_type.starts_with("text/html")
}
