//! The HTTP settings of a client: TLS, proxy, timeouts, and the reqwest settings that this crate relies on.

use std::time::Duration;

use http::HeaderValue;

use super::timeouts::Timeouts;
use crate::client::builder::ClientBuilder;
#[cfg(any(feature = "rustls", feature = "webpki-roots", feature = "native-tls"))]
use crate::error::BoxError;
use crate::error::Error;

/// The root certificates to trust for https.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum Roots {
    /// The operating system's roots. The default, if compiled in.
    #[cfg(any(feature = "rustls", feature = "native-tls"))]
    Platform,
    /// Mozilla's roots, compiled into the program.
    #[cfg(feature = "webpki-roots")]
    Mozilla,
    /// Only these: the contents of a PEM file with one or more `BEGIN CERTIFICATE` lines.
    Pem(Vec<u8>),
}

/// The TLS library to use, if two are compiled in.
#[cfg(all(
    feature = "native-tls",
    any(feature = "rustls", feature = "webpki-roots")
))]
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[allow(clippy::exhaustive_enums)]
pub enum Tls {
    /// rustls with ring.
    Rustls,
    /// The operating system's TLS library: OpenSSL, Secure Transport or SChannel.
    Native,
}

#[cfg(all(
    feature = "native-tls",
    any(feature = "rustls", feature = "webpki-roots")
))]
impl Tls {
    /// The default: the library that has the chosen roots. Mozilla's come last, so that enabling `webpki-roots` changes
    /// nothing for a client that trusts the platform.
    fn default_for(roots: &Option<Roots>) -> Tls {
        match roots {
            #[cfg(feature = "webpki-roots")]
            Some(Roots::Mozilla) => Tls::Rustls,
            _ if cfg!(feature = "rustls") => Tls::Rustls,
            _ => Tls::Native,
        }
    }
}

/// The HTTP client with its timeouts.
pub(crate) struct Http {
    pub(super) client: reqwest::Client,
    pub(super) timeouts: Timeouts,
}

type SetProxy =
    dyn FnOnce(reqwest::ClientBuilder) -> Result<reqwest::ClientBuilder, Error> + Send + Sync;

#[derive(Default)]
pub(crate) struct HttpSettings {
    timeouts: Timeouts,
    roots: Option<Roots>,
    /// Set only by the setter of `roots`: a program with the default roots does not link the 11 KiB that parse certificates.
    #[cfg(any(feature = "rustls", feature = "webpki-roots"))]
    with_roots: Option<super::tls::WithRoots>,
    #[cfg(all(
        feature = "native-tls",
        any(feature = "rustls", feature = "webpki-roots")
    ))]
    tls: Option<Tls>,
    /// Set only by the setter of `proxy`: a program without one does not link the proxy code.
    proxy: Option<Box<SetProxy>>,
    user_agent: Option<String>,
    builder: Option<reqwest::ClientBuilder>,
    finished: Option<reqwest::Client>,
}

impl ClientBuilder {
    /// The timeouts. They limit inactivity; there is no limit on a request's total time.
    #[doc(alias = "read_timeout")]
    #[doc(alias = "connect_timeout")]
    pub fn timeouts(mut self, timeouts: Timeouts) -> ClientBuilder {
        self.http.timeouts = timeouts;
        self
    }

    /// The root certificates to trust. For an `http` endpoint no trust store is read.
    #[doc(alias = "AWS_CA_BUNDLE")]
    pub fn roots(mut self, roots: Roots) -> ClientBuilder {
        self.http.roots = Some(roots);
        #[cfg(any(feature = "rustls", feature = "webpki-roots"))]
        {
            self.http.with_roots = Some(super::tls::with_roots);
        }
        self
    }

    /// The TLS library to use.
    #[cfg(all(
        feature = "native-tls",
        any(feature = "rustls", feature = "webpki-roots")
    ))]
    pub fn tls(mut self, tls: Tls) -> ClientBuilder {
        self.http.tls = Some(tls);
        self
    }

    /// The URL of a proxy for all requests. By default `HTTP_PROXY`, `HTTPS_PROXY` and `NO_PROXY` apply.
    pub fn proxy(mut self, url: &str) -> ClientBuilder {
        let is_http = url.starts_with("http://") || url.starts_with("https://");
        // The cause is dropped: it repeats the URL, which may contain a password.
        let proxy = reqwest::Proxy::all(url).ok().filter(|_| is_http);
        self.http.proxy = Some(Box::new(move |builder| match proxy {
            Some(proxy) => Ok(builder.proxy(proxy)),
            None => Err(Error::invalid(
                "proxy",
                "not the URL of an http or https proxy",
                "use a URL such as \"http://127.0.0.1:3128\"",
            )),
        }));
        self
    }

    /// Replaces the `User-Agent`, which is `slim-s3` and its version. It is not signed.
    pub fn user_agent(mut self, user_agent: &str) -> ClientBuilder {
        self.http.user_agent = Some(user_agent.to_owned());
        self
    }

    /// A reqwest builder with settings of your own, for name resolution, sockets and the like. Settings that this crate
    /// relies on are overridden: redirects, retries, decompression, the HTTP version, TLS, the connect timeout, the
    /// timeout of idle connections and TCP_USER_TIMEOUT; also the user agent, if one is set here.
    ///
    /// Two settings cannot be overridden. A `timeout` or `read_timeout` also ends transfers that are merely slow. Default
    /// headers are sent unsigned: do not set `x-amz-*`, `range`, `if-*`, `content-*`, `transfer-encoding` or
    /// `authorization`, because the server would act on them.
    pub fn http_client_builder(mut self, builder: reqwest::ClientBuilder) -> ClientBuilder {
        self.http.builder = Some(builder);
        self
    }

    /// A finished reqwest client, used as it is. This voids the crate's guarantees about redirects, decompression, timeouts and
    /// logs (`connection_verbose` logs signatures). The settings for certificates, proxy, user agent and connecting do not
    /// apply.
    pub fn unchecked_http_client(mut self, client: reqwest::Client) -> ClientBuilder {
        self.http.finished = Some(client);
        self
    }
}

impl HttpSettings {
    pub(crate) fn build(self, https: bool) -> Result<Http, Error> {
        let timeouts = self.timeouts;
        if [
            timeouts.connect,
            timeouts.stall,
            timeouts.response,
            timeouts.slow_response,
        ]
        .contains(&Duration::ZERO)
        {
            return Err(Error::invalid(
                "timeouts",
                "a timeout of zero would never let a request through",
                "use a longer duration",
            ));
        }
        if let Some(client) = self.finished {
            return Ok(Http { client, timeouts });
        }
        let is_callers = self.builder.is_some();
        let mut builder = self.builder.unwrap_or_default();
        builder = builder
            .redirect(reqwest::redirect::Policy::none())
            .retry(reqwest::retry::never())
            .referer(false)
            // It would log all bytes of a connection, including signatures and keys.
            .connection_verbose(false);
        builder = builder
            .no_gzip()
            .no_brotli()
            .no_zstd()
            .no_deflate()
            .http1_only();
        // Otherwise a server that reads nothing keeps a failed upload's socket open. reqwest's 30 s would end a slow upload.
        #[cfg(any(target_os = "android", target_os = "fuchsia", target_os = "linux"))]
        let mut builder = builder.tcp_user_timeout(timeouts.socket());
        // MinIO closes idle connections after 30 s, AWS and gateways sooner.
        builder = builder
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
        if let Some(set_proxy) = self.proxy {
            builder = set_proxy(builder)?;
        }
        #[cfg(all(
            feature = "native-tls",
            any(feature = "rustls", feature = "webpki-roots")
        ))]
        let builder = match self.tls.unwrap_or_else(|| Tls::default_for(&self.roots)) {
            Tls::Rustls => with_rustls(builder, https, self.roots.zip(self.with_roots))?,
            Tls::Native => with_native_tls(builder, https, self.roots)?,
        };
        #[cfg(all(
            not(feature = "native-tls"),
            any(feature = "rustls", feature = "webpki-roots")
        ))]
        let builder = with_rustls(builder, https, self.roots.zip(self.with_roots))?;
        #[cfg(all(
            feature = "native-tls",
            not(any(feature = "rustls", feature = "webpki-roots"))
        ))]
        let builder = with_native_tls(builder, https, self.roots)?;
        #[cfg(not(any(feature = "native-tls", feature = "rustls", feature = "webpki-roots")))]
        if https {
            return Err(Error::invalid(
                "endpoint",
                "https requires TLS, which this build does not include",
                "enable the feature rustls, webpki-roots or native-tls",
            ));
        }
        let client = builder.build().map_err(|error| {
            Error::invalid(
                "HTTP client",
                "cannot be built",
                "check the reqwest::ClientBuilder that was passed in",
            )
            .with_source(error.without_url().into())
        })?;
        Ok(Http { client, timeouts })
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
    chosen: Option<(Roots, super::tls::WithRoots)>,
) -> Result<reqwest::ClientBuilder, Error> {
    // Always a complete configuration: without one, reqwest looks for a process-wide provider and panics.
    let config = match chosen {
        _ if !https => super::tls::without_roots(),
        Some((roots, with_roots)) => with_roots(&roots),
        None => super::tls::with_default_roots(),
    };
    Ok(builder.tls_backend_preconfigured(config?))
}

#[cfg(feature = "native-tls")]
fn with_native_tls(
    builder: reqwest::ClientBuilder,
    https: bool,
    roots: Option<Roots>,
) -> Result<reqwest::ClientBuilder, Error> {
    // As with rustls, the TLS settings of the caller's builder are overridden.
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
                "Mozilla's roots are only available with rustls",
                "use Tls::Rustls",
            ));
        }
        Some(Roots::Pem(pem)) => pem,
    };
    let certificates =
        reqwest::Certificate::from_pem_bundle(&pem).map_err(|error| invalid_pem(error.into()))?;
    if certificates.is_empty() {
        return Err(invalid_pem("no certificate found".into()));
    }
    Ok(builder.tls_certs_only(certificates))
}
