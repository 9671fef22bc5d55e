//! The client's builder.

use std::fmt;
use std::sync::Arc;
#[cfg(feature = "reqwest")]
use std::sync::Mutex;
use std::time::SystemTime;

use crate::client::credentials::{Credentials, CredentialsSource};
use crate::client::defaults::CallDefaults;
use crate::client::dialect::Dialect;
use crate::client::endpoint::{Addressing, Endpoint};
#[cfg(feature = "reqwest")]
use crate::client::shared::SharedState;
use crate::client::{Client, Clock, Inner};
use crate::error::Error;
#[cfg(feature = "reqwest")]
use crate::retry::RetryPolicy;
use crate::sigv4::KeyCache;

/// Configures a [`Client`]: [`Client::builder`].
#[must_use = "a builder does nothing until it is built"]
pub struct ClientBuilder {
    pub(crate) endpoint: Option<String>,
    /// Parsed by the setter, so that a program which does not call it is smaller.
    signed_endpoint: Option<Result<Box<Endpoint>, Error>>,
    pub(crate) region: Option<String>,
    dialect: Option<Dialect>,
    pub(crate) addressing: Option<Addressing>,
    allows_leading_slashes: bool,
    allows_ignored_conditions: bool,
    pub(crate) credentials: Option<CredentialsSource>,
    /// For AWS, if no region is set.
    #[cfg(feature = "credentials")]
    pub(crate) default_region: Option<&'static str>,
    /// Which of AWS's hosts to use, if no endpoint is set.
    #[cfg(feature = "credentials")]
    pub(crate) aws_host: Option<&'static str>,
    pub(crate) defaults: CallDefaults,
    clock: Clock,
    #[cfg(feature = "reqwest")]
    pub(crate) retry: Option<RetryPolicy>,
    #[cfg(feature = "reqwest")]
    pub(crate) http: crate::http::HttpSettings,
}

impl ClientBuilder {
    pub(crate) fn new() -> ClientBuilder {
        ClientBuilder {
            endpoint: None,
            signed_endpoint: None,
            region: None,
            dialect: None,
            addressing: None,
            allows_leading_slashes: false,
            allows_ignored_conditions: false,
            credentials: None,
            #[cfg(feature = "credentials")]
            default_region: None,
            #[cfg(feature = "credentials")]
            aws_host: None,
            defaults: CallDefaults::default(),
            clock: Arc::new(SystemTime::now),
            #[cfg(feature = "reqwest")]
            retry: None,
            #[cfg(feature = "reqwest")]
            http: crate::http::HttpSettings::default(),
        }
    }

    /// The store's URL: `http` or `https`, a host name or an IP address, and optionally a port and a path. The default is
    /// AWS.
    #[doc(alias = "endpoint_url")]
    pub fn endpoint(mut self, url: &str) -> ClientBuilder {
        self.endpoint = Some(url.to_owned());
        self
    }

    /// The endpoint as the store sees it, behind a reverse proxy that changes the host or the path. Requests are sent to
    /// [`endpoint`](ClientBuilder::endpoint) and signed for this one, because the store verifies the request that it receives.
    /// It is not needed if the proxy passes the path and `Host` on.
    ///
    /// ```
    /// use slim_s3::{Client, Credentials};
    ///
    /// // The proxy removes /s3, and sends its own Host.
    /// let s3 = Client::builder()
    ///     .endpoint("https://files.example.com/s3")
    ///     .signed_endpoint("http://minio:9000")
    ///     .credentials(Credentials::new("AK", "SK"))
    ///     .build()?;
    /// let request = s3.get_object("photos", "cat.jpg").sign(s3.now())?;
    /// assert_eq!(request.uri(), "https://files.example.com/s3/photos/cat.jpg");
    /// # Ok::<(), slim_s3::Error>(())
    /// ```
    pub fn signed_endpoint(mut self, url: &str) -> ClientBuilder {
        let endpoint = Endpoint::parse(url).map(Box::new);
        let endpoint = endpoint.map_err(|error| error.with_field(|_| "signed_endpoint"));
        self.signed_endpoint = Some(endpoint);
        self
    }

    /// The region to sign for. Required without an endpoint. The default is the region in the endpoint's host name, or for
    /// stores other than AWS that of the [`dialect`](ClientBuilder::dialect), mostly `us-east-1`.
    #[doc(alias = "region_name")]
    pub fn region(mut self, region: &str) -> ClientBuilder {
        self.region = Some(region.to_owned());
        self
    }

    /// What the store does differently. AWS, B2, Google Cloud Storage, R2 and Wasabi are recognised by the host of the
    /// endpoint. For other hosts, the default is [`Dialect::default`].
    ///
    /// Other settings take precedence over the dialect, whether they are set before or after it.
    ///
    /// ```
    /// use slim_s3::{Client, Credentials, Dialect};
    ///
    /// let s3 = Client::builder()
    ///     .endpoint("http://127.0.0.1:3900")
    ///     .dialect(Dialect::GARAGE)
    ///     .credentials(Credentials::new("AK", "SK"))
    ///     .build()?;
    /// assert_eq!(s3.region(), "garage");
    ///
    /// // Garage ignores this condition, and would overwrite the object:
    /// let put = s3.put_object("photos", "cat.jpg", "meow").if_none_match("*");
    /// assert!(put.sign(s3.now()).is_err());
    /// # Ok::<(), slim_s3::Error>(())
    /// ```
    pub fn dialect(mut self, dialect: Dialect) -> ClientBuilder {
        self.dialect = Some(dialect);
        self
    }

    /// Sends conditions on writes even if the [`dialect`](ClientBuilder::dialect) says that the store ignores them. By
    /// default they are rejected, because the object would be overwritten or deleted whether or not the condition is met.
    pub fn allow_ignored_conditions(mut self) -> ClientBuilder {
        self.allows_ignored_conditions = true;
        self
    }

    /// How URLs name the bucket, if the default does not suit the store.
    pub fn addressing(mut self, addressing: Addressing) -> ClientBuilder {
        self.addressing = Some(addressing);
        self
    }

    /// Allows keys that begin with a slash, for a store that keeps them as AWS does.
    ///
    /// By default such keys are rejected, except by a [`dialect`](ClientBuilder::dialect) that keeps them, such as AWS's:
    /// MinIO and versitygw silently store `/a` as `a`.
    pub fn allow_leading_slash(mut self) -> ClientBuilder {
        self.allows_leading_slashes = true;
        self
    }

    /// The credentials to sign with.
    #[doc(alias = "aws_access_key_id")]
    pub fn credentials(mut self, credentials: Credentials) -> ClientBuilder {
        self.credentials = Some(CredentialsSource::Fixed(credentials));
        self
    }

    /// Sends requests without a signature, for public buckets.
    pub fn anonymous(mut self) -> ClientBuilder {
        self.credentials = Some(CredentialsSource::Anonymous);
        self
    }

    /// The retry policy of all calls. [`RetryPolicy::none`] turns retries off.
    #[cfg(feature = "reqwest")]
    #[doc(alias = "retries")]
    #[doc(alias = "max_attempts")]
    pub fn retry(mut self, policy: RetryPolicy) -> ClientBuilder {
        self.retry = Some(policy);
        self
    }

    /// Replaces the system clock, which dates the requests.
    pub fn clock(
        mut self,
        clock: impl Fn() -> SystemTime + Send + Sync + 'static,
    ) -> ClientBuilder {
        self.clock = Arc::new(clock);
        self
    }

    /// Builds the client.
    ///
    /// # Errors
    ///
    /// [`Error::Invalid`] names the setting that is missing or wrong.
    pub fn build(self) -> Result<Client, Error> {
        let endpoint = self.endpoint.as_deref().map(Endpoint::parse).transpose()?;
        #[cfg(feature = "credentials")]
        let default = self
            .default_region
            .filter(|_| endpoint.as_ref().is_none_or(has_no_region));
        #[cfg(not(feature = "credentials"))]
        let default: Option<&str> = None;
        let region = match (self.region.or(default.map(str::to_owned)), &endpoint) {
            (Some(region), _) => region,
            (None, Some(endpoint)) if endpoint.region_in_host().is_some() || !endpoint.is_aws() => {
                let dialect = self.dialect.as_ref().unwrap_or(endpoint.dialect);
                let region = endpoint.region_in_host().or(dialect.region);
                region.unwrap_or(&endpoint.region).to_owned()
            }
            (None, _) => {
                return Err(Error::invalid(
                    "region",
                    "not set",
                    "set the region of the bucket (AWS_REGION in the environment), or the endpoint of a store other than AWS",
                ));
            }
        };
        check_region(&region)?;
        let mut endpoint = match endpoint {
            Some(endpoint) => endpoint.with_region(region),
            #[cfg(feature = "credentials")]
            None => Endpoint::aws_at(self.aws_host.unwrap_or("s3"), &region)?,
            #[cfg(not(feature = "credentials"))]
            None => Endpoint::aws(&region)?,
        };
        let mut dialect = self.dialect.unwrap_or(*endpoint.dialect);
        if self.allows_ignored_conditions {
            dialect.ignored_conditions = &[];
        }
        endpoint.keeps_leading_slashes =
            dialect.keeps_leading_slashes || self.allows_leading_slashes;
        #[cfg_attr(not(feature = "credentials"), allow(unused_mut))]
        let Some(mut credentials) = self.credentials else {
            return Err(Error::invalid(
                "credentials",
                "not set",
                "build the client with credentials, credentials_provider or anonymous, or use Client::from_env",
            ));
        };
        if let CredentialsSource::Fixed(credentials) = &credentials {
            credentials.check()?;
        }
        #[cfg(feature = "credentials")]
        credentials.set_http(&self.http);
        let mut signed_endpoint = self.signed_endpoint.transpose()?;
        if let Some(signed) = &mut signed_endpoint {
            signed.keeps_leading_slashes = endpoint.keeps_leading_slashes;
        }
        #[cfg(feature = "reqwest")]
        let retry = self.retry.unwrap_or_default();
        let inner = Inner {
            signed_endpoint,
            #[cfg(feature = "reqwest")]
            http: self.http.build(&endpoint)?,
            endpoint,
            dialect,
            addressing: self.addressing.unwrap_or(dialect.addressing),
            defaults: self.defaults,
            credentials,
            clock: self.clock,
            signing_keys: KeyCache::default(),
            #[cfg(feature = "reqwest")]
            shared: Mutex::new(SharedState::new(retry.budget)),
            #[cfg(feature = "reqwest")]
            retry,
        };
        Ok(Client {
            inner: Arc::new(inner),
        })
    }
}

/// Whether the endpoint is of AWS and its host names no region.
#[cfg(feature = "credentials")]
fn has_no_region(endpoint: &Endpoint) -> bool {
    endpoint.is_aws() && endpoint.region_in_host().is_none()
}

pub(crate) fn check_region(region: &str) -> Result<(), Error> {
    let is_name = !region.is_empty()
        && region
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.'));
    if is_name {
        return Ok(());
    }
    Err(Error::invalid(
        "region",
        format!("{region:?} is not a region name"),
        "use a name such as \"us-east-1\", \"auto\" or \"garage\"",
    ))
}

impl fmt::Debug for ClientBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Not the endpoint: it is not yet checked, and may contain a password.
        f.debug_struct("ClientBuilder")
            .field("region", &self.region)
            .field("credentials", &self.credentials)
            .finish_non_exhaustive()
    }
}
