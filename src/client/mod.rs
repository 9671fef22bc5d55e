//! The client: an endpoint, credentials, what the store does differently, and the state that its clones share.
//!
//! Uses `request`, `retry`, `sigv4` and `error`; and `http`, because a client owns its HTTP settings. `http` in turn adds
//! setters to the builder. Start with [`Client`], then [`builder`].

pub(crate) mod builder;
pub(crate) mod credentials;
#[cfg(feature = "credentials")]
mod credentials_cache;
pub(crate) mod defaults;
pub(crate) mod dialect;
pub(crate) mod endpoint;
pub(crate) mod environment;
mod known_hosts;
pub(crate) mod part_limits;
#[cfg(feature = "credentials")]
mod renewal;
#[cfg(feature = "reqwest")]
pub(crate) mod shared;
#[cfg(feature = "reqwest")]
mod variant;

use std::borrow::Cow;
use std::fmt;
use std::sync::Arc;
#[cfg(feature = "reqwest")]
use std::sync::{Mutex, MutexGuard, PoisonError};
#[cfg(feature = "reqwest")]
use std::time::Duration;
use std::time::SystemTime;

use crate::client::builder::ClientBuilder;
use crate::client::credentials::{Credentials, CredentialsSource};
use crate::client::defaults::CallDefaults;
use crate::client::dialect::Dialect;
use crate::client::endpoint::{Addressing, Endpoint};
#[cfg(feature = "reqwest")]
use crate::client::shared::SharedState;
use crate::error::Error;
use crate::request::Request;
#[cfg(feature = "reqwest")]
use crate::retry::RetryPolicy;
use crate::sigv4::{AmzDate, KeyCache};

/// A client for one S3 store and one set of credentials. Start here.
///
/// Cloning is cheap: clones share connections, the retry budget, and the corrections of the clock and of bucket regions that
/// a response has proved.
///
/// ```no_run
/// # async fn example() -> Result<(), slim_s3::Error> {
/// use slim_s3::{Client, Credentials};
///
/// let s3 = Client::builder()
///     .endpoint("http://127.0.0.1:9000")
///     .credentials(Credentials::new("minioadmin", "minioadmin"))
///     .build()?;
/// s3.put_object("photos", "cat.jpg", "meow").content_type("image/jpeg").send().await?;
/// # Ok(())
/// # }
/// ```
#[doc(alias = "boto3.client")]
#[derive(Clone)]
pub struct Client {
    pub(crate) inner: Arc<Inner>,
}

pub(crate) struct Inner {
    pub(crate) endpoint: Endpoint,
    /// The endpoint that the store sees, if a proxy changes the host or the path of the other.
    pub(crate) signed_endpoint: Option<Box<Endpoint>>,
    pub(crate) dialect: Dialect,
    pub(crate) addressing: Addressing,
    pub(crate) defaults: CallDefaults,
    pub(crate) credentials: CredentialsSource,
    pub(crate) clock: Clock,
    pub(crate) signing_keys: KeyCache,
    #[cfg(feature = "reqwest")]
    pub(crate) shared: Mutex<SharedState>,
    #[cfg(feature = "reqwest")]
    pub(crate) retry: RetryPolicy,
    #[cfg(feature = "reqwest")]
    pub(crate) http: crate::http::Http,
}

pub(crate) type Clock = Arc<dyn Fn() -> SystemTime + Send + Sync>;

impl Client {
    /// A builder with the defaults: AWS as the store, and neither region nor credentials.
    ///
    /// ```
    /// use slim_s3::{Client, Credentials};
    ///
    /// let keys = Credentials::new("AKIDEXAMPLE", "wJalrXUtnFEMI/K7MDENG/EXAMPLEKEY");
    /// let s3 = Client::builder().region("eu-central-1").credentials(keys).build()?;
    /// # Ok::<(), slim_s3::Error>(())
    /// ```
    pub fn builder() -> ClientBuilder {
        ClientBuilder::new()
    }

    /// A client configured by the usual AWS environment variables. An empty variable counts as unset.
    ///
    /// | variable | use |
    /// |---|---|
    /// | `AWS_ACCESS_KEY_ID`, `AWS_SECRET_ACCESS_KEY` | required |
    /// | `AWS_SESSION_TOKEN` | for temporary credentials |
    /// | `AWS_REGION`, else `AWS_DEFAULT_REGION` | required for AWS; for other stores `us-east-1`, or the region in the endpoint's host name |
    /// | `AWS_ENDPOINT_URL_S3`, else `AWS_ENDPOINT_URL` | the endpoint of a store other than AWS |
    /// | `AWS_CA_BUNDLE`, with the feature `credentials` | for https: a PEM file of root certificates to trust instead of the default ones |
    ///
    /// With the feature `credentials`, `Client::from_default_chain` also looks in other places.
    ///
    /// # Errors
    ///
    /// [`Error::Invalid`] names the variable that is missing or wrong.
    ///
    /// ```no_run
    /// let s3 = slim_s3::Client::from_env()?;
    /// # Ok::<(), slim_s3::Error>(())
    /// ```
    pub fn from_env() -> Result<Client, Error> {
        ClientBuilder::from_env()?.build()
    }

    /// The region that requests are signed for.
    pub fn region(&self) -> &str {
        &self.inner.endpoint.region
    }

    /// The URL that requests are sent to, without a bucket: the endpoint that was set, or that of AWS in the region.
    pub fn endpoint_url(&self) -> String {
        self.inner.endpoint.root()
    }

    /// The current time by the client's clock, to pass to [`Call::sign`](crate::Call::sign). If the clock is wrong, this is the
    /// corrected time from when a server has accepted it.
    pub fn now(&self) -> AmzDate {
        AmzDate::from(self.time())
    }

    #[cfg(feature = "reqwest")]
    fn time(&self) -> SystemTime {
        self.signing_time(None).0
    }

    #[cfg(not(feature = "reqwest"))]
    fn time(&self) -> SystemTime {
        (self.inner.clock)()
    }

    #[cfg(feature = "reqwest")]
    pub(crate) fn shared(&self) -> MutexGuard<'_, SharedState> {
        self.inner
            .shared
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }

    #[cfg(feature = "reqwest")]
    pub(crate) fn is_https(&self) -> bool {
        self.inner.endpoint.is_https()
    }

    pub(crate) fn is_aws(&self) -> bool {
        self.inner.endpoint.is_aws()
    }

    /// The learned endpoint, or the client's own.
    pub(crate) fn endpoint<'a>(&'a self, learned: Option<&'a Endpoint>) -> &'a Endpoint {
        learned.unwrap_or(&self.inner.endpoint)
    }

    /// The endpoint of the bucket's region, if a call found it to differ from the client's.
    #[cfg(feature = "reqwest")]
    pub(crate) fn learned_endpoint(&self, bucket: &str) -> Option<Endpoint> {
        if !self.is_aws() {
            return None;
        }
        let shared = self.shared();
        self.inner.endpoint.in_region(shared.region(bucket)?)
    }

    /// Whether a body that could be hashed is left out of the signature.
    pub(crate) fn leaves_payload_unsigned(&self, request: &Request) -> bool {
        let is_protected = self.inner.endpoint.is_https();
        self.inner.defaults.unsigned_payload && is_protected && !request.body.is_empty()
    }

    /// The credentials, unless they come from a provider; `None` for anonymous requests.
    pub(crate) fn fixed_credentials(&self) -> Result<Option<Cow<'_, Credentials>>, Error> {
        self.inner.credentials.as_fixed()
    }
}

/// The clock, and what is learned about it.
///
/// An offset that a server's `Date` suggests belongs to one call until a server has accepted a signature with it.
/// Otherwise a wrong `Date`, such as a cache's, would disturb the other calls of all clones.
#[cfg(feature = "reqwest")]
impl Client {
    /// The time to sign with, by a call's own offset or by the proved one; and whether it is proved.
    pub(crate) fn signing_time(&self, own: Option<i64>) -> (SystemTime, bool) {
        let time = (self.inner.clock)();
        let offset = own.or_else(|| self.shared().proved_offset(time));
        let is_proved = own.is_none() && offset.is_some();
        let offset = offset.unwrap_or_default();
        let seconds = Duration::from_secs(offset.unsigned_abs());
        let corrected = if offset < 0 {
            time.checked_sub(seconds)
        } else {
            time.checked_add(seconds)
        };
        (corrected.unwrap_or(time), is_proved)
    }

    /// The offset by which this clock would show `date`.
    pub(crate) fn offset_to(&self, date: SystemTime) -> i64 {
        let seconds = |duration: Duration| i64::try_from(duration.as_secs()).unwrap_or_default();
        match date.duration_since((self.inner.clock)()) {
            Ok(ahead) => seconds(ahead),
            Err(behind) => -seconds(behind.duration()),
        }
    }

    /// Notes that a server has accepted a signature: by a call's own offset, or by the proved one.
    pub(crate) fn prove_clock(&self, offset: Option<i64>) {
        let clock = (self.inner.clock)();
        self.shared().prove_clock(offset, clock);
    }

    /// An offset to try, if a call has left one.
    pub(crate) fn take_clock_hint(&self) -> Option<i64> {
        let clock = (self.inner.clock)();
        self.shared().take_clock_hint(clock)
    }
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Inner {
            endpoint,
            addressing,
            credentials,
            ..
        } = &*self.inner;
        let mut client = f.debug_struct("Client");
        client
            .field("endpoint", endpoint)
            .field("region", &endpoint.region)
            .field("addressing", addressing)
            .field("credentials", credentials)
            .finish_non_exhaustive()
    }
}
