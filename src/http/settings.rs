//! What a client sends with: TLS, proxy, timeouts, and the settings of reqwest that the crate's promises rest on.

use std::time::Duration;

use http::HeaderValue;

use super::timeouts::Timeouts;
use crate::client::builder::ClientBuilder;
#[cfg(feature = "native-tls")]
use crate::error::BoxError;
use crate::error::Error;

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
    pub(super) client: reqwest::Client,
    pub(super) timeouts: Timeouts,
}

type SetProxy =
    dyn FnOnce(reqwest::ClientBuilder) -> Result<reqwest::ClientBuilder, Error> + Send + Sync;

#[derive(Default)]
pub(crate) struct HttpSettings {
    timeouts: Timeouts,
    roots: Option<Roots>,
    /// Named by the setter of `roots` alone: who keeps to the usual ones does not link what reads certificates, 11 KiB.
    #[cfg(any(feature = "rustls", feature = "webpki-roots"))]
    trusting: Option<super::tls::Trusting>,
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
    pub fn timeouts(mut self, timeouts: Timeouts) -> ClientBuilder {
        self.http.timeouts = timeouts;
        self
    }

    /// Which certificates to trust. For an `http` endpoint no trust store is read.
    #[doc(alias = "AWS_CA_BUNDLE")]
    pub fn roots(mut self, roots: Roots) -> ClientBuilder {
        self.http.roots = Some(roots);
        #[cfg(any(feature = "rustls", feature = "webpki-roots"))]
        {
            self.http.trusting = Some(super::tls::trusting);
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
    /// on is set on top: redirects, retries, decompression, the HTTP version, TLS, and the timeouts on connecting and on
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
                "time timeouts",
                "have one of zero, under which nothing can be sent",
                "use a duration, however long",
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
            .connect_timeout(timeouts.connect)
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
        Ok(Http { client, timeouts })
    }
}

#[cfg(any(feature = "rustls", feature = "webpki-roots"))]
fn with_rustls(
    builder: reqwest::ClientBuilder,
    https: bool,
    chosen: Option<(Roots, super::tls::Trusting)>,
) -> Result<reqwest::ClientBuilder, Error> {
    // Always a finished configuration: without one, reqwest looks for a provider of the whole process, and panics.
    let config = match chosen {
        _ if !https => super::tls::without_roots(),
        Some((roots, trusting)) => trusting(&roots),
        None => super::tls::usual(),
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
