//! One small exchange outside of S3: with STS, or with a metadata service.

use std::path::PathBuf;
use std::time::Duration;

use http::HeaderValue;
use http::header::CONTENT_LENGTH;

use super::failure::failed;
use super::progress::Progress;
use super::settings::{HttpSettings, Roots};
use super::timeouts::{Timeouts, check_runtime, within};
use crate::error::{Error, Stage, TransportKind, milliseconds};
use crate::response::Response;

/// How much of a response is read. Credentials are about 2 KiB.
const MAX_BODY: usize = 1 << 20;

/// The time of a whole exchange with a service of this machine, and to connect to it. A computer without such a service
/// must not be kept waiting.
const LOCAL: [Duration; 2] = [Duration::from_secs(2), Duration::from_secs(1)];

/// The same for a service on the network.
const REMOTE: [Duration; 2] = [Duration::from_secs(30), Duration::from_secs(10)];

/// Sends small requests. No redirect is followed, and nothing is retried.
pub(crate) struct Fetcher {
    client: reqwest::Client,
    timeouts: Timeouts,
    limit: Duration,
}

impl Fetcher {
    /// For services of this machine. Never through a proxy, which would return its own credentials.
    pub(crate) fn local(is_https: bool) -> Result<Fetcher, Error> {
        let builder = reqwest::ClientBuilder::new().no_proxy();
        Fetcher::new(HttpSettings::default(), builder, is_https, LOCAL)
    }

    /// For services on the network, through the proxy in the environment. `settings` hold the roots to trust.
    pub(crate) fn remote(settings: HttpSettings, is_https: bool) -> Result<Fetcher, Error> {
        let builder = reqwest::ClientBuilder::new();
        Fetcher::new(settings, builder, is_https, REMOTE)
    }

    fn new(
        mut settings: HttpSettings,
        builder: reqwest::ClientBuilder,
        is_https: bool,
        [limit, connect]: [Duration; 2],
    ) -> Result<Fetcher, Error> {
        settings.timeouts.connect = connect;
        Ok(Fetcher {
            timeouts: settings.timeouts,
            client: settings.checked_client(builder, is_https, false)?,
            limit,
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
    /// The settings of an exchange that trusts these roots, or those in the file that a setting names, instead of the default
    /// ones.
    pub(crate) fn trusting(
        roots: Option<Roots>,
        ca_bundle: Option<&(String, PathBuf)>,
    ) -> HttpSettings {
        let mut settings = HttpSettings::default();
        if let Some(roots) = roots {
            settings.set_roots(roots);
        }
        if let Some((setting, path)) = ca_bundle {
            settings.set_ca_bundle(setting, path.clone());
        }
        settings
    }
}
