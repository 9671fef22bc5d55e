//! One small exchange outside of S3: with STS, or with a metadata service.

use std::time::Duration;

use http::HeaderValue;
use http::header::CONTENT_LENGTH;

use super::failure::failed;
use super::progress::Progress;
use super::settings::HttpSettings;
use super::timeouts::{Timeouts, check_runtime, within};
use crate::error::{Error, Stage, TransportKind, milliseconds};
use crate::response::Response;

/// How much of a response is read. Credentials are about 2 KiB.
const MAX_BODY: usize = 1 << 20;

/// The time of a whole exchange with a service of this machine, and to connect to it. A computer without such a service
/// must not be kept waiting.
const LOCAL: Duration = Duration::from_secs(2);
const LOCAL_CONNECT: Duration = Duration::from_secs(1);

/// The time of a whole exchange with a service on the network.
const REMOTE: Duration = Duration::from_secs(30);

/// Sends small requests. No redirect is followed, and nothing is retried.
pub(crate) struct Fetcher {
    client: reqwest::Client,
    timeouts: Timeouts,
    limit: Duration,
}

impl Fetcher {
    /// For services of this machine. Never through a proxy, which would return its own credentials.
    pub(crate) fn local(settings: &HttpSettings, is_https: bool) -> Result<Fetcher, Error> {
        let mut settings = settings.for_exchanges();
        settings.proxy = None;
        settings.timeouts.connect = settings.timeouts.connect.min(LOCAL_CONNECT);
        let builder = reqwest::ClientBuilder::new().no_proxy();
        Fetcher::new(settings, builder, is_https, LOCAL)
    }

    /// For services on the network, through the proxy of the client or the environment.
    pub(crate) fn remote(settings: &HttpSettings, is_https: bool) -> Result<Fetcher, Error> {
        let builder = reqwest::ClientBuilder::new();
        Fetcher::new(settings.for_exchanges(), builder, is_https, REMOTE)
    }

    fn new(
        mut settings: HttpSettings,
        builder: reqwest::ClientBuilder,
        is_https: bool,
        limit: Duration,
    ) -> Result<Fetcher, Error> {
        settings.timeouts.check()?;
        Ok(Fetcher {
            timeouts: settings.timeouts,
            client: settings.checked_client(builder, is_https, false)?,
            limit: limit.min(settings.timeouts.response),
        })
    }

    /// Sends a request and buffers the response, whatever its status.
    pub(crate) async fn fetch(
        &self,
        mut request: http::Request<Vec<u8>>,
    ) -> Result<Response, Error> {
        check_runtime()?;
        // Also of an empty body, which the HTTP client would leave out.
        if request.method() != http::Method::GET {
            let length = HeaderValue::from(request.body().len());
            request.headers_mut().insert(CONTENT_LENGTH, length);
        }
        // The path is not in a message: it can identify a task.
        let host = request.uri().authority().map(|host| host.to_string());
        let request: reqwest::Request = request.try_into().map_err(|_| {
            Error::invalid(
                "URL",
                "not usable for a request",
                "use a plain http or https URL",
            )
        })?;
        match within(self.limit, self.exchange(request)).await {
            Some(response) => response,
            None => Err(Error::transport(
                TransportKind::Stalled(Stage::Waiting),
                format!(
                    "no complete response from {} within {}",
                    host.unwrap_or_default(),
                    milliseconds(self.limit)
                ),
                None,
            )),
        }
    }

    async fn exchange(&self, request: reqwest::Request) -> Result<Response, Error> {
        let failed = |error| failed(error, &Progress::new(0), &self.timeouts);
        let mut response = self.client.execute(request).await.map_err(failed)?;
        let (status, headers) = (response.status(), std::mem::take(response.headers_mut()));
        let mut body = Vec::new();
        while let Some(chunk) = response.chunk().await.map_err(failed)? {
            if body.len() + chunk.len() > MAX_BODY {
                let problem = format!("the body is longer than {MAX_BODY} bytes");
                return Err(Error::malformed(problem, None));
            }
            body.extend_from_slice(&chunk);
        }
        let body = bytes::Bytes::from(body);
        Ok(Response::new(status, headers, body.into()))
    }
}

impl HttpSettings {
    /// The settings of a client for the exchanges of its sources of credentials: all but a reqwest client or builder, which is
    /// for the store alone.
    pub(crate) fn for_exchanges(&self) -> HttpSettings {
        HttpSettings {
            timeouts: self.timeouts,
            roots: self.roots.clone(),
            #[cfg(any(feature = "rustls", feature = "webpki-roots"))]
            with_roots: self.with_roots,
            ca_bundle: self.ca_bundle.clone(),
            #[cfg(feature = "native-tls")]
            is_unverified: self.is_unverified,
            #[cfg(all(
                feature = "native-tls",
                any(feature = "rustls", feature = "webpki-roots")
            ))]
            tls: self.tls,
            proxy: self.proxy.clone(),
            user_agent: self.user_agent.clone(),
            builder: None,
            finished: None,
        }
    }
}
