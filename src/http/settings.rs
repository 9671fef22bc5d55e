//! The HTTP settings of a client: TLS, proxy, timeouts, and the reqwest settings that this crate relies on.

use std::sync::{Arc, OnceLock};

use super::timeouts::Timeouts;
use crate::client::builder::ClientBuilder;
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
    pub(super) fn default_for(roots: &Option<Roots>) -> Tls {
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
    client: reqwest::Client,
    pub(super) timeouts: Timeouts,
    /// Made when a response has more headers than `client` reads, and used from then on.
    for_many_headers: OnceLock<reqwest::Client>,
    /// What to make it from, and whether for https.
    settings: Option<(HttpSettings, bool)>,
}

impl Http {
    pub(super) fn new(
        client: reqwest::Client,
        timeouts: Timeouts,
        settings: Option<(HttpSettings, bool)>,
    ) -> Http {
        Http {
            client,
            timeouts,
            for_many_headers: OnceLock::new(),
            settings,
        }
    }

    /// The same connections and timeouts for another client.
    pub(crate) fn shared(&self) -> Http {
        Http::new(self.client().clone(), self.timeouts, None)
    }

    pub(super) fn client(&self) -> &reqwest::Client {
        self.for_many_headers.get().unwrap_or(&self.client)
    }

    /// Whether a client can be made that reads more headers than [`client`](Http::client).
    pub(super) fn can_allow_many_headers(&self) -> bool {
        self.settings.is_some() && self.for_many_headers.get().is_none()
    }

    /// From now on [`client`](Http::client) reads more headers: where one object has as many, others do. Returns false if
    /// such a client cannot be made.
    #[cold]
    pub(super) fn allow_many_headers(&self) -> bool {
        let client = self
            .settings
            .as_ref()
            .and_then(|(settings, is_https)| settings.client_for_many_headers(*is_https).ok());
        match client {
            Some(client) => {
                // Another call may have been faster.
                let _ = self.for_many_headers.set(client);
                true
            }
            None => false,
        }
    }
}

type SetProxy =
    dyn Fn(reqwest::ClientBuilder) -> Result<reqwest::ClientBuilder, Error> + Send + Sync;

#[derive(Default)]
pub(crate) struct HttpSettings {
    pub(super) timeouts: Timeouts,
    pub(super) roots: Option<Roots>,
    /// Set only by the setter of `roots`: a program with the default roots does not link the 11 KiB that parse certificates.
    #[cfg(any(feature = "rustls", feature = "webpki-roots"))]
    pub(super) with_roots: Option<super::tls::WithRoots>,
    #[cfg(feature = "credentials")]
    pub(super) ca_bundle: Option<super::ca_bundle::CaBundle>,
    /// Whether every certificate is accepted.
    #[cfg(feature = "native-tls")]
    pub(super) is_unverified: bool,
    #[cfg(all(
        feature = "native-tls",
        any(feature = "rustls", feature = "webpki-roots")
    ))]
    pub(super) tls: Option<Tls>,
    /// Set only by the setter of `proxy`: a program without one does not link the proxy code.
    pub(super) proxy: Option<Arc<SetProxy>>,
    pub(super) user_agent: Option<String>,
    pub(super) builder: Option<reqwest::ClientBuilder>,
    pub(super) finished: Option<reqwest::Client>,
}

impl HttpSettings {
    pub(crate) fn set_roots(&mut self, roots: Roots) {
        self.roots = Some(roots);
        #[cfg(feature = "native-tls")]
        {
            self.is_unverified = false;
        }
        #[cfg(any(feature = "rustls", feature = "webpki-roots"))]
        {
            self.with_roots = Some(super::tls::with_roots);
        }
    }
}

impl ClientBuilder {
    /// The timeouts. They limit inactivity; there is no limit on a request's total time.
    ///
    /// With the feature `credentials`, `connect` and `response` also limit each exchange with a source of credentials. These have
    /// limits of their own, which are shorter.
    #[doc(alias = "read_timeout")]
    #[doc(alias = "connect_timeout")]
    pub fn timeouts(mut self, timeouts: Timeouts) -> ClientBuilder {
        self.http.timeouts = timeouts;
        self
    }

    /// The root certificates to trust, also of the STS and other sources of credentials. For an `http` endpoint no trust store is
    /// read.
    #[doc(alias = "AWS_CA_BUNDLE")]
    pub fn roots(mut self, roots: Roots) -> ClientBuilder {
        self.http.set_roots(roots);
        self
    }

    /// Accepts every certificate of an https server, also an expired one or another host's, and ignores
    /// [`roots`](ClientBuilder::roots) that were set before.
    ///
    /// Whoever is on the network path can then read and change everything that is sent: keys of customers, objects, listings. Only
    /// the secret access key is safe, because a signature does not contain it. Use it for a test; for a store with a private
    /// certificate, pass that to [`roots`](ClientBuilder::roots) instead.
    #[cfg(any(feature = "rustls", feature = "webpki-roots", feature = "native-tls"))]
    pub fn danger_accept_any_certificate(mut self) -> ClientBuilder {
        #[cfg(feature = "native-tls")]
        {
            self.http.is_unverified = true;
        }
        #[cfg(any(feature = "rustls", feature = "webpki-roots"))]
        {
            self.http.roots = Some(Roots::Pem(Vec::new()));
            self.http.with_roots = Some(super::tls::unverified);
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

    /// The URL of an http or https proxy for all requests.
    ///
    /// By default the environment applies: `HTTP_PROXY` or `HTTPS_PROXY`, depending on the endpoint's scheme, otherwise
    /// `ALL_PROXY`, except for the hosts in `NO_PROXY`; each in upper or lower case. SOCKS proxies require reqwest's feature
    /// `socks`, which your program can enable.
    pub fn proxy(mut self, url: &str) -> ClientBuilder {
        let is_http = url.starts_with("http://") || url.starts_with("https://");
        // The cause is dropped: it repeats the URL, which may contain a password.
        let proxy = reqwest::Proxy::all(url).ok().filter(|_| is_http);
        self.http.proxy = Some(Arc::new(move |builder| match &proxy {
            Some(proxy) => Ok(builder.proxy(proxy.clone())),
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
    /// apply; they do for sources of credentials, for which neither this client nor
    /// [`http_client_builder`](ClientBuilder::http_client_builder) is used.
    pub fn unchecked_http_client(mut self, client: reqwest::Client) -> ClientBuilder {
        self.http.finished = Some(client);
        self
    }
}
