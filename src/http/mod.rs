//! One exchange: the only file that names reqwest.
//!
//! reqwest is told to do no more than one exchange: no redirect (it would carry a session token to another host), no
//! retry (each attempt is signed anew), no decompression (an object is its bytes), HTTP/1.1 (with HTTP/2 all parts
//! would share one connection).

pub(crate) mod progress;
#[cfg(any(feature = "rustls", feature = "webpki-roots"))]
pub(crate) mod tls;

use std::error::Error as StdError;
use std::time::{Duration, SystemTime};

use bytes::Bytes;
use http::{HeaderMap, HeaderValue, Method};

use crate::body::file::Source;
use crate::body::{Body, Kind};
use crate::call::signed::Prepared;
use crate::call::{length_on_the_wire, may_have_body, not_chunked};
use crate::client::builder::ClientBuilder;
use crate::client::credentials::{Credentials, CredentialsSource};
use crate::client::{Client, Site};
use crate::error::{BoxError, Context, Error, Stage, TransportKind, milliseconds};
use crate::http::progress::{Fault, Metered, TimeLimits, Watch};
use crate::request::{Request, Target, has_dot_segment};
use crate::response::Response;
use crate::response::body::ObjectBody;
use crate::sigv4::{ChunkSigner, PayloadHash};
use crate::xml;

/// What is read of an answer that is an error.
const LARGEST_ERROR: usize = 1 << 20;

/// Which certificates an https store's certificate is checked against.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum Roots {
    /// Those of the operating system. The default, where it is compiled in.
    #[cfg(any(feature = "rustls", feature = "native-tls"))]
    Platform,
    /// Mozilla's, as they were when this program was built.
    #[cfg(feature = "webpki-roots")]
    Mozilla,
    /// These alone: the text of a file with one or more `BEGIN CERTIFICATE` lines.
    Pem(Vec<u8>),
}

/// Which TLS library is used, where two are compiled in.
#[cfg(all(
    feature = "native-tls",
    any(feature = "rustls", feature = "webpki-roots")
))]
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[allow(clippy::exhaustive_enums)]
pub enum Tls {
    /// rustls with ring.
    Rustls,
    /// The operating system's: OpenSSL, Secure Transport or SChannel.
    Native,
}

#[cfg(all(
    feature = "native-tls",
    any(feature = "rustls", feature = "webpki-roots")
))]
impl Tls {
    /// What is used where nothing is chosen: the library that has the roots. Mozilla's come last, so that turning on
    /// `webpki-roots` changes nothing for those who trust the platform.
    fn usual(roots: &Option<Roots>) -> Tls {
        match roots {
            #[cfg(feature = "webpki-roots")]
            Some(Roots::Mozilla) => Tls::Rustls,
            _ if cfg!(feature = "rustls") => Tls::Rustls,
            _ => Tls::Native,
        }
    }
}

/// What a client sends with.
pub(crate) struct Http {
    client: reqwest::Client,
    limits: TimeLimits,
}

type SetProxy =
    dyn FnOnce(reqwest::ClientBuilder) -> Result<reqwest::ClientBuilder, Error> + Send + Sync;

#[derive(Default)]
pub(crate) struct HttpSettings {
    limits: TimeLimits,
    roots: Option<Roots>,
    /// Named by the setter of `roots` alone: who keeps to the usual ones does not link what reads certificates, 11 KiB.
    #[cfg(any(feature = "rustls", feature = "webpki-roots"))]
    trusting: Option<crate::http::tls::Trusting>,
    #[cfg(all(
        feature = "native-tls",
        any(feature = "rustls", feature = "webpki-roots")
    ))]
    tls: Option<Tls>,
    /// Made by the setter of `proxy` alone: who needs none does not link what speaks to one.
    proxy: Option<Box<SetProxy>>,
    user_agent: Option<String>,
    builder: Option<reqwest::ClientBuilder>,
    finished: Option<reqwest::Client>,
}

impl ClientBuilder {
    /// How long nothing may move. There is no limit on the whole.
    #[doc(alias = "read_timeout")]
    #[doc(alias = "connect_timeout")]
    pub fn time_limits(mut self, limits: TimeLimits) -> ClientBuilder {
        self.http.limits = limits;
        self
    }

    /// Which certificates to trust. For an `http` endpoint no trust store is read.
    #[doc(alias = "AWS_CA_BUNDLE")]
    pub fn roots(mut self, roots: Roots) -> ClientBuilder {
        self.http.roots = Some(roots);
        #[cfg(any(feature = "rustls", feature = "webpki-roots"))]
        {
            self.http.trusting = Some(crate::http::tls::trusting);
        }
        self
    }

    /// Which TLS library to use.
    #[cfg(all(
        feature = "native-tls",
        any(feature = "rustls", feature = "webpki-roots")
    ))]
    pub fn tls(mut self, tls: Tls) -> ClientBuilder {
        self.http.tls = Some(tls);
        self
    }

    /// The URL of a proxy for all requests. Without one, `HTTP_PROXY`, `HTTPS_PROXY` and `NO_PROXY` are heeded.
    pub fn proxy(mut self, url: &str) -> ClientBuilder {
        let is_http = url.starts_with("http://") || url.starts_with("https://");
        // The cause is not kept: it repeats the URL, and there may be a password in it.
        let proxy = reqwest::Proxy::all(url).ok().filter(|_| is_http);
        self.http.proxy = Some(Box::new(move |builder| match proxy {
            Some(proxy) => Ok(builder.proxy(proxy)),
            None => Err(Error::invalid(
                "proxy",
                "is not the URL of an http or https proxy",
                "use one such as \"http://127.0.0.1:3128\"",
            )),
        }));
        self
    }

    /// The `User-Agent`, in place of `slim-s3` and its version. It is not signed.
    pub fn user_agent(mut self, user_agent: &str) -> ClientBuilder {
        self.http.user_agent = Some(user_agent.to_owned());
        self
    }

    /// A builder with settings of your own, for name resolution, sockets and the like. What this crate's promises rest
    /// on is set on top: redirects, retries, decompression, the HTTP version, TLS, and the limits on connecting and on
    /// idle connections; also the user agent, if one is set here.
    ///
    /// Two things stay yours to answer for, because they cannot be taken back: a `timeout` or `read_timeout` ends also
    /// what is only slow, and default headers are sent unsigned. Do not make a default header of `x-amz-*`, `range`,
    /// `if-*`, `content-*`, `transfer-encoding` or `authorization`: a store would do what they say.
    pub fn http_client_builder(mut self, builder: reqwest::ClientBuilder) -> ClientBuilder {
        self.http.builder = Some(builder);
        self
    }

    /// A finished client, used as it is. It voids what this crate promises about redirects, about bodies that are not
    /// decompressed, about time, and about logs (`connection_verbose` writes signatures into them); the settings for certificates, proxy, user agent and connecting do not apply.
    pub fn unchecked_http_client(mut self, client: reqwest::Client) -> ClientBuilder {
        self.http.finished = Some(client);
        self
    }
}

impl HttpSettings {
    pub(crate) fn build(self, https: bool) -> Result<Http, Error> {
        let limits = self.limits;
        if [
            limits.connect,
            limits.stall,
            limits.answer,
            limits.slow_answer,
        ]
        .contains(&Duration::ZERO)
        {
            return Err(Error::invalid(
                "time limits",
                "have one of zero, under which nothing can be sent",
                "use a duration, however long",
            ));
        }
        if let Some(client) = self.finished {
            return Ok(Http { client, limits });
        }
        let is_callers = self.builder.is_some();
        let mut builder = self.builder.unwrap_or_default();
        builder = builder
            .redirect(reqwest::redirect::Policy::none())
            .retry(reqwest::retry::never())
            .referer(false)
            // It would log all bytes that go over a connection, signatures and keys among them.
            .connection_verbose(false);
        builder = builder
            .no_gzip()
            .no_brotli()
            .no_zstd()
            .no_deflate()
            .http1_only();
        // reqwest's own limit on bytes that are not acknowledged would end a slow upload after 30 s.
        #[cfg(any(target_os = "android", target_os = "fuchsia", target_os = "linux"))]
        let mut builder = builder.tcp_user_timeout(None);
        // MinIO closes idle connections after 30 s, AWS and gateways earlier.
        builder = builder
            .connect_timeout(limits.connect)
            .pool_idle_timeout(Duration::from_secs(15));
        let user_agent = match &self.user_agent {
            Some(user_agent) => Some(HeaderValue::from_str(user_agent).map_err(|_| {
                Error::invalid(
                    "user agent",
                    "holds a control or a non-ASCII character",
                    "use plain text",
                )
            })?),
            None if is_callers => None,
            None => Some(HeaderValue::from_static(concat!(
                "slim-s3/",
                env!("CARGO_PKG_VERSION")
            ))),
        };
        if let Some(user_agent) = user_agent {
            builder = builder.user_agent(user_agent);
        }
        if let Some(set_proxy) = self.proxy {
            builder = set_proxy(builder)?;
        }
        #[cfg(all(
            feature = "native-tls",
            any(feature = "rustls", feature = "webpki-roots")
        ))]
        let builder = match self.tls.unwrap_or_else(|| Tls::usual(&self.roots)) {
            Tls::Rustls => with_rustls(builder, https, self.roots.zip(self.trusting))?,
            Tls::Native => with_native_tls(builder, https, self.roots)?,
        };
        #[cfg(all(
            not(feature = "native-tls"),
            any(feature = "rustls", feature = "webpki-roots")
        ))]
        let builder = with_rustls(builder, https, self.roots.zip(self.trusting))?;
        #[cfg(all(
            feature = "native-tls",
            not(any(feature = "rustls", feature = "webpki-roots"))
        ))]
        let builder = with_native_tls(builder, https, self.roots)?;
        #[cfg(not(any(feature = "native-tls", feature = "rustls", feature = "webpki-roots")))]
        if https {
            return Err(Error::invalid(
                "endpoint",
                "is https, and this build has no TLS",
                "turn on the feature rustls, webpki-roots or native-tls",
            ));
        }
        let client = builder.build().map_err(|error| {
            Error::invalid("HTTP client", "cannot be built", "see the cause")
                .with_source(error.without_url().into())
        })?;
        Ok(Http { client, limits })
    }
}

#[cfg(any(feature = "rustls", feature = "webpki-roots"))]
fn with_rustls(
    builder: reqwest::ClientBuilder,
    https: bool,
    chosen: Option<(Roots, crate::http::tls::Trusting)>,
) -> Result<reqwest::ClientBuilder, Error> {
    // Always a finished configuration: without one, reqwest looks for a provider of the whole process, and panics.
    let config = match chosen {
        _ if !https => crate::http::tls::without_roots(),
        Some((roots, trusting)) => trusting(&roots),
        None => crate::http::tls::usual(),
    };
    Ok(builder.tls_backend_preconfigured(config?))
}

#[cfg(feature = "native-tls")]
fn with_native_tls(
    builder: reqwest::ClientBuilder,
    https: bool,
    roots: Option<Roots>,
) -> Result<reqwest::ClientBuilder, Error> {
    // As with rustls: what the caller's builder says about TLS does not hold.
    let builder = builder
        .tls_backend_native()
        .tls_danger_accept_invalid_certs(false)
        .tls_danger_accept_invalid_hostnames(false);
    let pem = match roots {
        _ if !https => return Ok(builder.tls_certs_only([])),
        None | Some(Roots::Platform) => return Ok(builder),
        #[cfg(feature = "webpki-roots")]
        Some(Roots::Mozilla) => {
            return Err(Error::invalid(
                "roots",
                "are Mozilla's, which rustls has",
                "use Tls::Rustls",
            ));
        }
        Some(Roots::Pem(pem)) => pem,
    };
    let refused = |error: BoxError| {
        Error::invalid(
            "roots",
            "are no certificates in PEM form",
            "pass the text of a file that has BEGIN CERTIFICATE lines",
        )
        .with_source(error)
    };
    let certificates =
        reqwest::Certificate::from_pem_bundle(&pem).map_err(|error| refused(error.into()))?;
    if certificates.is_empty() {
        return Err(refused("no certificate found".into()));
    }
    Ok(builder.tls_certs_only(certificates))
}

/// What sending needs to know of an operation.
#[derive(Clone, Copy)]
pub(crate) struct Traits {
    pub(crate) streams: bool,
    pub(crate) works_in_silence: bool,
    pub(crate) idempotent: bool,
}

/// One attempt: credentials, payload hash, signature, exchange, judgement.
pub(crate) async fn attempt(
    client: &Client,
    site: &Site,
    request: &Request,
    traits: Traits,
    context: &mut Context,
    signed_at: &mut Option<SystemTime>,
) -> Result<Response, Error> {
    request.check()?;
    let credentials = current_credentials(client).await?;
    let payload_hash = payload_hash(client, request, credentials.is_some()).await?;
    let now = client.time();
    *signed_at = credentials.is_some().then_some(now);
    let credentials = credentials.as_ref();
    let prepared = client.prepare(site, request, now.into(), credentials, payload_hash)?;
    let url = url_as_signed(&prepared, &request.target)?;
    let mut headers = prepared.header_map()?;
    // What reqwest would write by itself, so that a default header of the caller's cannot take its place.
    headers.insert(http::header::HOST, host_header(&prepared.host)?);
    let Http {
        client: http,
        limits,
    } = &client.inner.http;
    let watch = Watch::new(request.body.len());
    let body = outgoing(request, prepared, &watch, &mut headers, limits.stall).await?;

    let mut outgoing = reqwest::Request::new(request.method.clone(), url);
    *outgoing.headers_mut() = headers;
    *outgoing.body_mut() = body;
    let answer = if traits.works_in_silence {
        limits.slow_answer
    } else {
        limits.answer
    };
    context.attempts += 1;
    let mut response = exchange(http, outgoing, &watch, limits, answer).await?;

    let is_success = response.status().is_success();
    if is_success && watch.stage() == Stage::Sending {
        // Whatever it has stored, it says that it has.
        return Err(broken(
            Stage::Receiving,
            &watch,
            "the store answered with a success before it had the whole body",
            None,
        ));
    }
    let (status, headers) = (response.status(), std::mem::take(response.headers_mut()));
    // As the header says it, which is what the caller is told: with a transfer encoding reqwest takes no notice of it.
    let length = headers
        .get(http::header::CONTENT_LENGTH)
        .and_then(|length| length.to_str().ok()?.parse().ok());
    let mut incoming = Incoming::new(response, length, limits.stall, context.clone());
    if is_success && traits.streams {
        return Ok(Response::new(
            status,
            headers,
            ObjectBody::incoming(incoming),
        ));
    }
    let body = if request.method == Method::HEAD {
        Bytes::new()
    } else {
        incoming.all(is_success).await?
    };
    Response::new(status, headers, body.into()).check(context, false)
}

fn host_header(host: &str) -> Result<HeaderValue, Error> {
    HeaderValue::from_str(host).map_err(|_| {
        Error::invalid(
            "endpoint",
            "has a host that cannot be sent",
            "use a plain host name",
        )
    })
}

async fn current_credentials(client: &Client) -> Result<Option<Credentials>, Error> {
    match &client.inner.credentials {
        CredentialsSource::Provider(provide) => match provide().await {
            Ok(credentials) => Ok(Some(credentials)),
            Err(error) => Err(Error::transport(
                TransportKind::Credentials,
                format!("the provider of credentials failed: {error}"),
                Some(error),
            )),
        },
        source => source.fixed(),
    }
}

/// How the signature covers the body: what can be read twice is hashed; a stream goes in signed chunks, or unsigned
/// where TLS protects it.
async fn payload_hash(
    client: &Client,
    request: &Request,
    is_signed: bool,
) -> Result<PayloadHash, Error> {
    match (request.payload_hash, &request.body.0) {
        (Some(chosen), _) => Ok(chosen),
        (None, Kind::Bytes(bytes)) => Ok(PayloadHash::of(bytes)),
        (None, Kind::Source(source)) => match source.sha256() {
            Some(hash) => hash.await.map(PayloadHash::Sha256).map_err(|error| {
                body_failed(
                    format!("the body cannot be read: {error}"),
                    Some(error.into()),
                )
            }),
            None if client.is_https() || !is_signed => Ok(PayloadHash::Unsigned),
            None => Ok(PayloadHash::Streaming),
        },
        (None, Kind::Unusable(_)) => Ok(PayloadHash::Unsigned),
    }
}

/// The URL that reqwest will use, which must be the one that was signed: its parser follows browsers, which rewrite
/// some paths and hosts.
fn url_as_signed(prepared: &Prepared, target: &Target) -> Result<reqwest::Url, Error> {
    const REMEDY: &str =
        "rename it, or sign the call and send it with an HTTP client that leaves URLs as they are";
    if let Target::Object { key, .. } = target
        && has_dot_segment(key)
    {
        let problem = format!(
            "{key:?} has a \".\" or \"..\" segment, which URLs drop: the request would be about another object"
        );
        return Err(Error::invalid("key", problem, REMEDY));
    }
    let text = prepared.url();
    let refused = |problem: String| {
        Error::invalid(
            "endpoint",
            problem,
            "write the endpoint's host and path in their plain form",
        )
    };
    let url = reqwest::Url::parse(&text)
        .map_err(|error| refused(format!("gives a URL that cannot be used: {error}")))?;
    let host = match (url.host_str(), url.port()) {
        (Some(host), Some(port)) => format!("{host}:{port}"),
        (host, _) => host.unwrap_or_default().to_owned(),
    };
    let request = &prepared.canonical_request;
    if host != prepared.host
        || url.path() != request.uri
        || url.query().unwrap_or_default() != request.query.to_string()
    {
        return Err(refused(format!(
            "would be signed as {}{} and sent as {host}{}",
            prepared.host,
            request.uri,
            url.path()
        )));
    }
    Ok(url)
}

/// The body as it goes out, and its length in the headers.
async fn outgoing(
    request: &Request,
    prepared: Prepared,
    watch: &std::sync::Arc<Watch>,
    headers: &mut HeaderMap,
    stall: Duration,
) -> Result<Option<reqwest::Body>, Error> {
    let length = watch.length();
    let is_chunked = prepared.canonical_request.payload_hash == PayloadHash::Streaming;
    if may_have_body(request) {
        let length = length_on_the_wire(request, prepared.canonical_request.payload_hash);
        headers.insert(http::header::CONTENT_LENGTH, length.into());
    }
    match &request.body.0 {
        Kind::Bytes(_) | Kind::Unusable(_) if is_chunked => Err(not_chunked()),
        Kind::Bytes(bytes) if bytes.is_empty() => Ok(None),
        Kind::Bytes(bytes) => Ok(Some(reqwest::Body::wrap_stream(Metered::bytes(
            bytes.clone(),
            watch.clone(),
        )))),
        Kind::Unusable(_) => Ok(None),
        Kind::Source(source) => {
            let bytes = source.open().ok_or_else(|| {
                body_failed("the body was read before and cannot be read again", None)
            })?;
            let mut metered = Metered::source(bytes, watch.clone());
            if length == 0 {
                // With a length of 0 nobody would look whether there is more.
                let first = futures_util::StreamExt::next(&mut metered);
                metered = match tokio::time::timeout(stall, first).await {
                    Err(_) => {
                        let message = format!(
                            "stalled while sending: the body's source did not end within {}",
                            milliseconds(stall)
                        );
                        return Err(Error::transport(
                            TransportKind::Stalled(Stage::Sending),
                            message,
                            None,
                        ));
                    }
                    Ok(Some(Err(_))) => {
                        return Err(faulty(watch)
                            .unwrap_or_else(|| body_failed("the body cannot be read", None)));
                    }
                    _ if is_chunked => Metered::bytes(Bytes::new(), watch.clone()),
                    _ => return Ok(None),
                };
            }
            if !is_chunked {
                return Ok(Some(reqwest::Body::wrap_stream(metered)));
            }
            if prepared.proof.is_none() {
                return Err(Error::invalid(
                    "payload hash",
                    "is Streaming, whose chunks are signed, and the client is anonymous",
                    "leave it out: the body goes unsigned",
                ));
            }
            chunked(source.as_ref(), metered, prepared)
                .map(Some)
                .ok_or_else(not_chunked)
        }
    }
}

fn chunked(source: &dyn Source, metered: Metered, prepared: Prepared) -> Option<reqwest::Body> {
    let proof = prepared.proof?;
    let signer = ChunkSigner::new(proof.key, prepared.string_to_sign.scope, proof.signature);
    source
        .chunked(Box::pin(metered), signer)
        .map(reqwest::Body::wrap_stream)
}

/// Sends, and waits for the head of the answer as long as something moves.
async fn exchange(
    http: &reqwest::Client,
    request: reqwest::Request,
    watch: &Watch,
    limits: &TimeLimits,
    answer: Duration,
) -> Result<reqwest::Response, Error> {
    let mut response = std::pin::pin!(http.execute(request));
    // The deadline comes nearer when a stage with a shorter limit begins, so it is looked at again and again.
    let look = limits.stall.min(answer) / 4;
    loop {
        if let Ok(response) = tokio::time::timeout(look, response.as_mut()).await {
            return response
                .map_err(|error| faulty(watch).unwrap_or_else(|| failed(error, watch, limits)));
        }
        if watch.is_overdue(limits, answer) {
            return Err(stalled(watch, limits, answer));
        }
    }
}

#[cold]
fn body_failed(message: impl Into<String>, source: Option<BoxError>) -> Error {
    Error::transport(TransportKind::Body, message, source)
}

/// What the body itself has run into: the reason behind whatever the connection then says.
#[cold]
fn faulty(watch: &Watch) -> Option<Error> {
    let fault = watch.state().fault.take()?;
    let length = watch.length();
    Some(match fault {
        Fault::Source(error) => body_failed(
            format!("the body cannot be read: {error}"),
            Some(error.into()),
        ),
        Fault::TooShort => body_failed(
            format!("the body ended before its declared length of {length} bytes"),
            None,
        ),
        Fault::TooLong => body_failed(
            format!(
                "the body went on behind its declared length of {length} bytes; nothing was stored. Data that grows, or whose length \
                 nobody knows, can be sent with upload_reader"
            ),
            None,
        ),
    })
}

#[cold]
fn stalled(watch: &Watch, limits: &TimeLimits, answer: Duration) -> Error {
    let (sent, length) = (watch.state().sent, watch.length());
    let stage = watch.stage();
    let message = match stage {
        Stage::Sending if watch.state().waits_for_source => {
            format!(
                "stalled while sending: the body's source gave nothing for {}, after {sent} of {length} bytes",
                milliseconds(limits.stall)
            )
        }
        Stage::Sending => format!(
            "stalled while sending: the store took nothing for {}, after {sent} of {length} bytes",
            milliseconds(limits.stall)
        ),
        Stage::Waiting | Stage::Receiving => {
            format!(
                "stalled while waiting: no answer for {} after the request was sent",
                milliseconds(watch.answer_limit(limits, answer))
            )
        }
    };
    Error::transport(TransportKind::Stalled(stage), message, None)
}

#[cold]
fn broken(stage: Stage, watch: &Watch, message: &str, source: Option<BoxError>) -> Error {
    let (sent, length) = (watch.state().sent, watch.length());
    Error::transport(
        TransportKind::Broken(stage),
        format!("{message} ({sent} of {length} bytes were sent)"),
        source,
    )
}

#[cold]
fn failed(error: reqwest::Error, watch: &Watch, limits: &TimeLimits) -> Error {
    let error = error.without_url();
    if error.is_builder() {
        let problem = format!("does not take the request: {}", root_cause(&error));
        return Error::invalid(
            "HTTP client",
            problem,
            "change the reqwest::ClientBuilder that was passed in",
        );
    }
    if is_callers_limit(&error) {
        return Error::transport(
            TransportKind::Broken(watch.stage()),
            CALLERS_LIMIT,
            Some(error.into()),
        );
    }
    if error.is_connect() {
        let message = match root_cause(&error) {
            _ if error.is_timeout() => {
                format!(
                    "no connection to the store within {}",
                    milliseconds(limits.connect)
                )
            }
            cause => format!("no connection to the store: {cause}"),
        };
        // What TLS libraries say of a certificate that is not trusted, and of a server that does not speak TLS: both will be
        // the same the next time. Each has error types of its own, and some none.
        let is_final = ["certificate", "InvalidContentType", "wrong version number"]
            .iter()
            .any(|text| message.contains(text));
        let error = Error::transport(TransportKind::Connect, message, Some(error.into()));
        return if is_final { error.final_one() } else { error };
    }
    let cause = root_cause(&error);
    match watch.stage() {
        Stage::Sending => broken(
            Stage::Sending,
            watch,
            &format!("the store closed the connection while the body was going out: {cause}"),
            Some(error.into()),
        ),
        stage => broken(
            stage,
            watch,
            &format!("the connection broke before an answer came: {cause}"),
            Some(error.into()),
        ),
    }
}

const CALLERS_LIMIT: &str =
    "a time limit of the reqwest::ClientBuilder that was passed in has run out";

/// reqwest's limits are not set here, so one that runs out is the caller's. What the system ends has an error of its own.
fn is_callers_limit(error: &reqwest::Error) -> bool {
    let is_of_the_system = |error: &reqwest::Error| {
        let mut cause: &dyn StdError = error;
        while let Some(deeper) = cause.source() {
            cause = deeper;
        }
        cause.is::<std::io::Error>()
    };
    error.is_timeout() && !error.is_connect() && !is_of_the_system(error)
}

/// The innermost of the causes: the one that says what happened. Unless one around it begins with the same words:
/// native-tls adds there what is wrong with a certificate.
fn root_cause(error: &dyn StdError) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(deeper) = cause {
        let inner = deeper.to_string();
        if inner.is_empty() || !text.starts_with(&inner) {
            text = inner;
        }
        cause = deeper.source();
    }
    text
}

/// The body of an answer, as it comes in.
pub(crate) struct Incoming {
    response: reqwest::Response,
    stall: Duration,
    context: Context,
    length: Option<u64>,
    received: u64,
}

impl Incoming {
    fn new(
        response: reqwest::Response,
        length: Option<u64>,
        stall: Duration,
        context: Context,
    ) -> Incoming {
        Incoming {
            response,
            stall,
            context,
            length,
            received: 0,
        }
    }

    pub(crate) async fn chunk(&mut self) -> Result<Option<Bytes>, Error> {
        let chunk = match tokio::time::timeout(self.stall, self.response.chunk()).await {
            Ok(Ok(chunk)) => chunk,
            Ok(Err(error)) => return Err(self.cut_short(Some(error.without_url()))),
            Err(_) => {
                let message = format!(
                    "stalled while receiving: nothing came for {}, after {}",
                    milliseconds(self.stall),
                    self.progress()
                );
                return Err(Error::transport(
                    TransportKind::Stalled(Stage::Receiving),
                    message,
                    None,
                )
                .in_context(&self.context));
            }
        };
        match &chunk {
            Some(chunk) => self.received += chunk.len() as u64,
            None if self.length.is_some_and(|length| length != self.received) => {
                return Err(self.cut_short(None));
            }
            None => {}
        }
        Ok(chunk)
    }

    /// The whole body, of which no more is kept than an answer of its kind can have.
    async fn all(&mut self, is_success: bool) -> Result<Bytes, Error> {
        let largest = if is_success {
            xml::LARGEST
        } else {
            LARGEST_ERROR
        };
        let mut all = Vec::new();
        loop {
            match self.chunk().await {
                Ok(Some(chunk)) if all.len() + chunk.len() > largest => {
                    if is_success {
                        return Err(Error::malformed(
                            format!("it is longer than {largest} bytes"),
                            None,
                        ));
                    }
                    return Ok(all.into());
                }
                Ok(Some(chunk)) => all.extend_from_slice(&chunk),
                Ok(None) => return Ok(all.into()),
                // That the store refused is worth more than that its refusal was cut short.
                Err(_) if !is_success => return Ok(all.into()),
                Err(error) => return Err(error),
            }
        }
    }

    fn progress(&self) -> String {
        match self.length {
            Some(length) => format!("{} of {length} bytes", self.received),
            None => format!("{} bytes", self.received),
        }
    }

    #[cold]
    fn cut_short(&self, error: Option<reqwest::Error>) -> Error {
        let cause = match &error {
            None => "it ended".to_owned(),
            Some(error) if is_callers_limit(error) => CALLERS_LIMIT.to_owned(),
            Some(error) => root_cause(error),
        };
        let message = format!(
            "the answer was cut short after {}: {cause}",
            self.progress()
        );
        let source: Option<BoxError> = error.map(Into::into);
        Error::transport(TransportKind::Broken(Stage::Receiving), message, source)
            .in_context(&self.context)
    }
}

const _: fn() = || {
    fn is_send<T: Send>() {}
    fn is_send_and_sync<T: Send + Sync>() {}
    is_send_and_sync::<Client>();
    is_send_and_sync::<Error>();
    is_send::<Body>();
    is_send::<ObjectBody>();
};
