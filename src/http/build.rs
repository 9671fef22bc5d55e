//! Builds the reqwest client from the settings: with what this crate relies on, whatever the caller has set.

use std::time::Duration;

use http::HeaderValue;

#[cfg(any(feature = "rustls", feature = "webpki-roots", feature = "native-tls"))]
use super::settings::Roots;
#[cfg(all(
    feature = "native-tls",
    any(feature = "rustls", feature = "webpki-roots")
))]
use super::settings::Tls;
use super::settings::{Http, HttpSettings};
use crate::client::endpoint::Endpoint;
#[cfg(any(feature = "rustls", feature = "webpki-roots", feature = "native-tls"))]
use crate::error::BoxError;
use crate::error::Error;

/// As many headers as the metadata of an object can have.
const MAX_HEADERS: usize = 2_000;

impl HttpSettings {
    pub(crate) fn build(mut self, endpoint: &Endpoint) -> Result<Http, Error> {
        check_host(endpoint)?;
        let (timeouts, is_https) = (self.timeouts, endpoint.is_https());
        timeouts.check()?;
        if let Some(client) = self.finished {
            return Ok(Http::new(client, timeouts, None));
        }
        if let Some(builder) = self.builder.take() {
            // It cannot be cloned, so there is only one client.
            let client = self.checked_client(allow_many_headers(builder), is_https, true)?;
            return Ok(Http::new(client, timeouts, None));
        }
        let client = self.checked_client(reqwest::ClientBuilder::new(), is_https, false)?;
        Ok(Http::new(client, timeouts, Some((self, is_https))))
    }

    /// A client for responses with up to [`MAX_HEADERS`] headers. The HTTP client's own limit is 100.
    pub(super) fn client_for_many_headers(&self, is_https: bool) -> Result<reqwest::Client, Error> {
        let builder = allow_many_headers(reqwest::ClientBuilder::new());
        self.client(builder, is_https, false)
    }

    /// A client that trusts the CA bundle, if one is set. An error about its certificates names the setting.
    pub(super) fn checked_client(
        &mut self,
        builder: reqwest::ClientBuilder,
        is_https: bool,
        is_callers: bool,
    ) -> Result<reqwest::Client, Error> {
        #[cfg(feature = "credentials")]
        if is_https && let Some(setting) = self.read_ca_bundle()? {
            let client = self.client(builder, is_https, is_callers);
            return client.map_err(|error| {
                error.with_field(|field| match field {
                    "roots" => setting,
                    other => other.to_owned(),
                })
            });
        }
        self.client(builder, is_https, is_callers)
    }

    fn client(
        &self,
        builder: reqwest::ClientBuilder,
        is_https: bool,
        is_callers: bool,
    ) -> Result<reqwest::Client, Error> {
        let timeouts = &self.timeouts;
        let builder = builder
            .redirect(reqwest::redirect::Policy::none())
            .retry(reqwest::retry::never())
            .referer(false)
            // It would log all bytes of a connection, including signatures and keys.
            .connection_verbose(false);
        let builder = builder
            .no_gzip()
            .no_brotli()
            .no_zstd()
            .no_deflate()
            .http1_only();
        // Otherwise a server that reads nothing keeps a failed upload's socket open. reqwest's 30 s would end a slow upload.
        #[cfg(any(target_os = "android", target_os = "fuchsia", target_os = "linux"))]
        let builder = builder.tcp_user_timeout(timeouts.socket());
        // MinIO closes idle connections after 30 s, AWS and gateways sooner.
        let mut builder = builder
            .connect_timeout(timeouts.connect)
            .pool_idle_timeout(Duration::from_secs(15));
        let user_agent = match &self.user_agent {
            Some(user_agent) => Some(HeaderValue::from_str(user_agent).map_err(|_| {
                Error::invalid(
                    "user agent",
                    "contains a control character or a non-ASCII character",
                    "use printable ASCII",
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
        if let Some(set_proxy) = &self.proxy {
            builder = set_proxy(builder)?;
        }
        #[cfg(all(
            feature = "native-tls",
            any(feature = "rustls", feature = "webpki-roots")
        ))]
        let builder = match self.tls.unwrap_or_else(|| Tls::default_for(&self.roots)) {
            Tls::Rustls => with_rustls(builder, is_https, self.chosen_roots())?,
            Tls::Native => self.with_native_tls(builder, is_https)?,
        };
        #[cfg(all(
            not(feature = "native-tls"),
            any(feature = "rustls", feature = "webpki-roots")
        ))]
        let builder = with_rustls(builder, is_https, self.chosen_roots())?;
        #[cfg(all(
            feature = "native-tls",
            not(any(feature = "rustls", feature = "webpki-roots"))
        ))]
        let builder = self.with_native_tls(builder, is_https)?;
        #[cfg(not(any(feature = "native-tls", feature = "rustls", feature = "webpki-roots")))]
        if is_https {
            return Err(Error::invalid(
                "endpoint",
                "https requires TLS, which this build does not include",
                "enable the feature rustls, webpki-roots or native-tls",
            ));
        }
        builder.build().map_err(|error| {
            Error::invalid(
                "HTTP client",
                "cannot be built",
                "check the reqwest::ClientBuilder that was passed in",
            )
            .with_source(error.without_url().into())
        })
    }

    #[cfg(feature = "native-tls")]
    fn with_native_tls(
        &self,
        builder: reqwest::ClientBuilder,
        https: bool,
    ) -> Result<reqwest::ClientBuilder, Error> {
        // As with rustls, the TLS settings of the caller's builder are overridden.
        let builder = builder
            .tls_backend_native()
            .tls_danger_accept_invalid_certs(self.is_unverified)
            .tls_danger_accept_invalid_hostnames(self.is_unverified);
        let pem = match &self.roots {
            _ if !https => return Ok(builder.tls_certs_only([])),
            _ if self.is_unverified => return Ok(builder),
            None | Some(Roots::Platform) => return Ok(builder),
            #[cfg(feature = "webpki-roots")]
            Some(Roots::Mozilla) => {
                return Err(Error::invalid(
                    "roots",
                    "Mozilla's roots are only available with rustls",
                    "use Tls::Rustls",
                ));
            }
            Some(Roots::Pem(pem)) => pem,
        };
        let certificates = reqwest::Certificate::from_pem_bundle(pem)
            .map_err(|error| invalid_pem(error.into()))?;
        if certificates.is_empty() {
            return Err(invalid_pem("no certificate found".into()));
        }
        Ok(builder.tls_certs_only(certificates))
    }

    #[cfg(any(feature = "rustls", feature = "webpki-roots"))]
    fn chosen_roots(&self) -> Option<(&Roots, super::tls::WithRoots)> {
        self.roots.as_ref().zip(self.with_roots)
    }
}

/// Raises the limit to [`MAX_HEADERS`], which costs 10 % of the requests per second: for each response hyper allocates
/// and fills tables of 125 KiB.
///
/// Usually glibc returns them to the system each time, which costs another 12 %, until the program frees a larger block
/// that was mapped. Then it keeps twice as much:
/// <https://man7.org/linux/man-pages/man3/mallopt.3.html>, `M_MMAP_THRESHOLD` and `M_TRIM_THRESHOLD`.
fn allow_many_headers(builder: reqwest::ClientBuilder) -> reqwest::ClientBuilder {
    #[cfg(target_env = "gnu")]
    drop(std::hint::black_box(Vec::<u8>::with_capacity(256 << 10)));
    builder.http1_max_headers(MAX_HEADERS)
}

/// Rejects a host that reqwest's URL parser would rewrite or reject.
fn check_host(endpoint: &Endpoint) -> Result<(), Error> {
    let url = endpoint.root();
    let host = endpoint.host();
    let problem = match reqwest::Url::parse(&url) {
        Ok(parsed) if host_of(&parsed) == host => return Ok(()),
        Ok(parsed) => format!(
            "the host {host} would be signed, but {} would be sent",
            host_of(&parsed)
        ),
        Err(error) => format!("{url:?} is not a URL: {error}"),
    };
    Err(Error::invalid(
        "endpoint",
        problem,
        "write the host in its usual form",
    ))
}

/// The host and, unless it is the scheme's default, the port: as it is sent in the `Host` header.
pub(super) fn host_of(url: &reqwest::Url) -> String {
    match (url.host_str(), url.port()) {
        (Some(host), Some(port)) => format!("{host}:{port}"),
        (host, _) => host.unwrap_or_default().to_owned(),
    }
}

#[cfg(any(feature = "rustls", feature = "webpki-roots", feature = "native-tls"))]
pub(super) fn invalid_pem(cause: BoxError) -> Error {
    Error::invalid(
        "roots",
        "not certificates in PEM format",
        "pass the contents of a file with BEGIN CERTIFICATE lines",
    )
    .with_source(cause)
}

#[cfg(any(feature = "rustls", feature = "webpki-roots"))]
fn with_rustls(
    builder: reqwest::ClientBuilder,
    https: bool,
    chosen: Option<(&Roots, super::tls::WithRoots)>,
) -> Result<reqwest::ClientBuilder, Error> {
    // Always a complete configuration: without one, reqwest looks for a process-wide provider and panics.
    let config = match chosen {
        _ if !https => super::tls::without_roots(),
        Some((roots, with_roots)) => with_roots(roots),
        None => super::tls::with_default_roots(),
    };
    Ok(builder.tls_backend_preconfigured(config?))
}
