//! The client: an endpoint, credentials, and the state that its clones share.
//!
//! Uses `request`, `retry`, `sigv4` and `error`; and `http`, because a client owns its HTTP settings. `http` in turn adds
//! setters to the builder. Start with [`Client`], then [`builder`].

pub(crate) mod builder;
pub(crate) mod credentials;
pub(crate) mod endpoint;

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
#[cfg(feature = "reqwest")]
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime};

use crate::client::builder::ClientBuilder;
use crate::client::credentials::{Credentials, CredentialsSource};
use crate::client::endpoint::{Addressing, Endpoint};
use crate::error::Error;
#[cfg(feature = "reqwest")]
use crate::retry::{Budget, RetryPolicy};
use crate::sigv4::{AmzDate, KeyCache};

/// A client for one S3 store and one set of credentials. Start here.
///
/// Cloning is cheap: clones share connections, the retry budget, and corrections of the clock and of bucket regions.
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
    pub(crate) addressing: Addressing,
    pub(crate) credentials: CredentialsSource,
    pub(crate) clock: Clock,
    pub(crate) signing_keys: KeyCache,
    /// How many seconds the server's clock is ahead of `clock`, as learned from an error response.
    pub(crate) clock_offset: AtomicI64,
    #[cfg(feature = "reqwest")]
    pub(crate) shared: Mutex<SharedState>,
    #[cfg(feature = "reqwest")]
    pub(crate) retry: RetryPolicy,
    #[cfg(feature = "reqwest")]
    pub(crate) http: crate::http::Http,
}

/// What the clones of a client share.
#[cfg(feature = "reqwest")]
pub(crate) struct SharedState {
    pub(crate) budget: Budget,
    /// AWS buckets outside of the client's region, each with its region; the latest is last.
    pub(crate) regions: Vec<(String, String)>,
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

    /// The current time by the client's clock, to pass to [`Call::sign`](crate::Call::sign). If the server rejected the clock's
    /// time, this is the corrected time.
    pub fn now(&self) -> AmzDate {
        AmzDate::from(self.time())
    }

    pub(crate) fn time(&self) -> SystemTime {
        let offset = self.inner.clock_offset.load(Ordering::Relaxed);
        let (time, seconds) = (
            (self.inner.clock)(),
            Duration::from_secs(offset.unsigned_abs()),
        );
        let corrected = if offset < 0 {
            time.checked_sub(seconds)
        } else {
            time.checked_add(seconds)
        };
        corrected.unwrap_or(time)
    }

    /// Corrects the clock by the server's `date`. Returns the previous offset.
    #[cfg(feature = "reqwest")]
    pub(crate) fn set_clock(&self, date: SystemTime) -> i64 {
        let own = (self.inner.clock)();
        let seconds = |duration: Duration| i64::try_from(duration.as_secs()).unwrap_or_default();
        let offset = match date.duration_since(own) {
            Ok(ahead) => seconds(ahead),
            Err(behind) => -seconds(behind.duration()),
        };
        self.set_clock_offset(offset)
    }

    /// Sets the clock's offset. Returns the previous one.
    #[cfg(feature = "reqwest")]
    pub(crate) fn set_clock_offset(&self, seconds: i64) -> i64 {
        self.inner.clock_offset.swap(seconds, Ordering::Relaxed)
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

    /// The credentials, unless they come from a provider; `None` for anonymous requests.
    pub(crate) fn fixed_credentials(&self) -> Result<Option<Credentials>, Error> {
        self.inner.credentials.fixed()
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
