//! One attempt: from a request to a response.

use std::time::Duration;

use bytes::Bytes;
use http::{HeaderValue, Method};

use super::body_guard::{BodyGuard, guarded};
use super::build::host_of;
use super::failure::{body_error, body_failed, broken, failed, is_head_too_large, stalled};
use super::progress::Progress;
use super::request_body::make_body;
use super::response_body::Incoming;
use super::settings::Http;
use crate::body::Content;
use crate::body::blocking::{HASHED_AT_ONCE, hash_pieces};
use crate::call::OperationSpec;
use crate::call::signed::SignedRequest;
use crate::client::Client;
use crate::client::credentials::{Credentials, CredentialsSource};
use crate::client::endpoint::Endpoint;
use crate::crypto::Sha256Stream;
use crate::error::{Context, Error, Stage, TransportKind};
use crate::request::{Probe, Request, Target, has_dot_segment};
use crate::response::body::ResponseBody;
use crate::response::{Response, content_length};
use crate::sigv4::PayloadHash;

/// One attempt: payload hash, credentials, signature, exchange, status.
pub(crate) async fn attempt(
    client: &Client,
    endpoint: &Endpoint,
    request: &Request,
    spec: &OperationSpec,
    context: &mut Context,
    offset: Option<i64>,
) -> Result<Response, Error> {
    request.check()?;
    let dialect = &client.inner.dialect;
    dialect.check_conditions(spec.name, request)?;
    #[cfg(feature = "checksums")]
    if let Some(checksum) = &request.computed {
        checksum.compute(&request.body).await?;
    }
    // Hashing a large file takes time, in which credentials may expire.
    let payload_hash = payload_hash(client, request).await?;
    let credentials = match request.probe.as_deref() {
        Some(Probe::Anonymous) => None,
        _ => current_credentials(client).await?,
    };
    // By a clock that is fast, valid credentials look expired. Unless it is proved, the server says what time it is.
    let (now, checks_expiry) = client.signing_time(offset);
    context.signed_at = credentials.is_some().then_some(now);
    let credentials = credentials.as_ref();
    if let Some(credentials) = credentials {
        context.is_temporary = credentials.session_token().is_some();
        #[cfg(feature = "credentials")]
        {
            context.generation = credentials.generation;
        }
    }
    let signed = client.sign_request(
        endpoint,
        request,
        now.into(),
        credentials,
        payload_hash,
        checks_expiry,
    )?;
    let url = url_as_signed(&signed, &request.target)?;
    let mut headers = signed.header_map()?;
    // reqwest would add the same header, but a default header of the caller's could replace it.
    headers.insert(http::header::HOST, host_header(&signed.host)?);
    let http = &client.inner.http;
    let timeouts = &http.timeouts;
    let progress = Progress::new(request.body.len());
    let body = make_body(request, &signed, &progress, &mut headers, timeouts.stall).await?;

    let mut http_request = reqwest::Request::new(request.method.clone(), url);
    *http_request.headers_mut() = headers;
    let guard = body.map(|body| {
        let (body, guard) = guarded(body);
        *http_request.body_mut() = Some(reqwest::Body::wrap_stream(body));
        guard
    });
    let response_timeout = if spec.slow_response {
        timeouts.slow_response
    } else {
        timeouts.response
    };
    context.attempts += 1;
    let exchanged = exchange(http, http_request, &progress, response_timeout).await;
    if guard.as_ref().is_some_and(BodyGuard::has_panicked) {
        return Err(body_failed("the body's source panicked", None));
    }
    let mut response = exchanged?;

    let is_success = response.status().is_success();
    if is_success && progress.stage() == Stage::Sending {
        return Err(broken(
            Stage::Receiving,
            &progress,
            "the store reported success before it received the whole body",
            None,
        ));
    }
    let (status, headers) = (response.status(), std::mem::take(response.headers_mut()));
    // From the header, which the caller also sees: reqwest ignores it if there is a transfer encoding.
    let length = content_length(&headers);
    // Whatever the Content-Length says: RFC 9110, sections 9.3.2 and 15.
    let has_no_body = request.method == Method::HEAD || matches!(status.as_u16(), 204 | 304);
    let mut incoming = Incoming::new(response, length, client, context.clone());
    if is_success && spec.streams_body && !has_no_body {
        return Ok(Response::new(
            status,
            headers,
            ResponseBody::incoming(incoming),
        ));
    }
    let body = if has_no_body {
        Bytes::new()
    } else {
        incoming.all(is_success).await?
    };
    let response = Response::new(status, headers, body.into());
    let checked = response.error_for_status(context, false);
    checked.map_err(|error| match signed.into_signing() {
        Some(signing) => error.with_signing(signing),
        None => error,
    })
}

fn host_header(host: &str) -> Result<HeaderValue, Error> {
    HeaderValue::from_str(host).map_err(|_| {
        Error::invalid(
            "endpoint",
            "its host cannot be sent in a header",
            "use a plain host name",
        )
    })
}

/// The credentials of one attempt, asked for when it begins; `None` for anonymous requests.
pub(crate) async fn current_credentials(client: &Client) -> Result<Option<Credentials>, Error> {
    match &client.inner.credentials {
        CredentialsSource::Provider(provide) => match provide().await {
            Ok(credentials) => Ok(Some(credentials)),
            Err(error) => Err(Error::transport(
                TransportKind::Credentials,
                format!("the credentials provider failed: {error}"),
                Some(error),
            )),
        },
        #[cfg(feature = "credentials")]
        CredentialsSource::Cached(cache) => {
            let credentials = cache.current(|| client.signing_time(None)).await?;
            Ok(Some(credentials))
        }
        source => source.fixed(),
    }
}

/// How the signature covers the body. A body that can be read twice is hashed. A stream is sent in signed chunks over http,
/// and unsigned over https, where TLS protects it, and to a store that does not support signed chunks.
async fn payload_hash(client: &Client, request: &Request) -> Result<PayloadHash, Error> {
    match (request.payload_hash, &request.body.0) {
        (Some(chosen), _) => Ok(chosen),
        (None, Content::Bytes(_)) if client.leaves_payload_unsigned(request) => {
            Ok(PayloadHash::Unsigned)
        }
        (None, Content::Source(source))
            if source.as_file().is_some() && client.leaves_payload_unsigned(request) =>
        {
            Ok(PayloadHash::Unsigned)
        }
        (None, Content::Bytes(bytes)) if bytes.len() <= HASHED_AT_ONCE => {
            Ok(PayloadHash::of(bytes))
        }
        (None, Content::Bytes(bytes)) => {
            let hash = hash_pieces(bytes, Sha256Stream::default(), Sha256Stream::update).await;
            let hash =
                hash.map_err(|error| body_failed("the body cannot be hashed", Some(error.into())))?;
            Ok(PayloadHash::Sha256(hash.finish()))
        }
        (None, Content::Source(source)) => match source.sha256() {
            Some(hash) => hash.await.map(PayloadHash::Sha256).map_err(|error| {
                body_failed(
                    format!("the body cannot be read: {error}"),
                    Some(error.into()),
                )
            }),
            // Ceph rejects a body of no chunks but the last.
            None if request.body.is_empty() => Ok(PayloadHash::of(b"")),
            None => {
                let trailer = request.trailer(PayloadHash::Unsigned);
                hash_of_stream(client, trailer.is_some())
            }
        },
        (None, Content::Unusable(_)) => Ok(PayloadHash::Unsigned),
    }
}

fn hash_of_stream(client: &Client, has_trailer: bool) -> Result<PayloadHash, Error> {
    let dialect = &client.inner.dialect;
    let is_signed = !matches!(client.inner.credentials, CredentialsSource::Anonymous);
    let is_protected = client.is_https();
    match (has_trailer, dialect.signed_chunks) {
        (false, true) if is_signed && !is_protected => Ok(PayloadHash::Streaming),
        (false, _) => Ok(PayloadHash::Unsigned),
        (true, true) if dialect.signed_trailers && !is_protected => {
            Ok(PayloadHash::StreamingTrailer)
        }
        (true, true) => Ok(PayloadHash::StreamingUnsignedTrailer),
        (true, false) => Err(Error::invalid(
            "checksum",
            format!(
                "that of a stream follows it in chunks, which {} does not support",
                dialect.name
            ),
            "pass bytes or a file, or use upload_reader or upload_stream, which buffer parts",
        )),
    }
}

/// The URL that reqwest will use. It must be the signed one, but reqwest's URL parser rewrites some paths and hosts, as
/// browsers do.
fn url_as_signed(signed: &SignedRequest, target: &Target) -> Result<reqwest::Url, Error> {
    const REMEDY: &str =
        "rename the object, or use sign and an HTTP client that does not rewrite URLs";
    if let Target::Object { key, .. } = target
        && has_dot_segment(key)
    {
        let problem = format!(
            "{key:?} has a \".\" or \"..\" segment, which URL parsers remove, so the request would act on another object"
        );
        return Err(Error::invalid("key", problem, REMEDY));
    }
    let text = signed.url();
    let rejected = |problem: String| {
        Error::invalid(
            "endpoint",
            problem,
            "write the endpoint's host and path in their canonical form",
        )
    };
    let url = reqwest::Url::parse(&text)
        .map_err(|error| rejected(format!("the URL cannot be parsed: {error}")))?;
    let host = host_of(&url);
    let request = signed.canonical_request();
    if host != signed.host
        || url.path() != signed.path()
        || url.query().unwrap_or_default() != request.query.to_string()
    {
        return Err(rejected(format!(
            "the request would be signed for {}{} but sent to {host}{}",
            signed.host,
            signed.path(),
            url.path()
        )));
    }
    Ok(url)
}

/// Sends the request, and waits for the status and headers of the response until a timeout expires.
///
/// If the response has more headers than the client reads, a request that only reads is sent once more with one that
/// reads them.
async fn exchange(
    http: &Http,
    mut request: reqwest::Request,
    progress: &Progress,
    response_timeout: Duration,
) -> Result<reqwest::Response, Error> {
    let timeouts = &http.timeouts;
    let mut copy = (http.can_allow_many_headers() && request.method().is_safe())
        .then(|| request.try_clone())
        .flatten();
    // Each stage has its own timeout, so the deadline can move closer: check it at intervals.
    let interval = timeouts.stall.min(response_timeout) / 4;
    loop {
        let mut exchange = std::pin::pin!(http.client().execute(request));
        let error = loop {
            match tokio::time::timeout(interval, exchange.as_mut()).await {
                Ok(Ok(response)) => return Ok(response),
                Ok(Err(error)) => break error,
                Err(_) if progress.is_overdue(timeouts, response_timeout) => {
                    return Err(stalled(progress, timeouts, response_timeout));
                }
                Err(_) => {}
            }
        };
        match copy.take() {
            Some(copy) if is_head_too_large(&error) && http.allow_many_headers() => request = copy,
            _ => {
                return Err(
                    body_error(progress).unwrap_or_else(|| failed(error, progress, timeouts))
                );
            }
        }
    }
}
