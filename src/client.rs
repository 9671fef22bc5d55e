//! The client: an endpoint, a region, credentials.

use std::fmt;
use std::sync::Arc;
use std::time::SystemTime;

use crate::client_builder::ClientBuilder;
use crate::credentials::{Credentials, CredentialsSource};
use crate::endpoint::{Addressing, Endpoint};
use crate::error::Error;
use crate::sigv4::{AmzDate, KeyCache};

/// An S3 store, as seen with one set of credentials. Cheap to clone; clones share connections.
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
    pub(crate) region: String,
    pub(crate) addressing: Addressing,
    pub(crate) credentials: CredentialsSource,
    pub(crate) clock: Clock,
    pub(crate) signing_keys: KeyCache,
    #[cfg(feature = "reqwest")]
    pub(crate) http: crate::transport::Http,
}

pub(crate) type Clock = Arc<dyn Fn() -> SystemTime + Send + Sync>;
impl Client {
    /// Begins with defaults: AWS, and no region and no credentials yet.
    pub fn builder() -> ClientBuilder {
        ClientBuilder::new()
    }

    /// A client from the variables every S3 tool reads. Empty ones count as unset.
    ///
    /// | variable | |
    /// |---|---|
    /// | `AWS_ACCESS_KEY_ID`, `AWS_SECRET_ACCESS_KEY` | needed |
    /// | `AWS_SESSION_TOKEN` | for temporary credentials |
    /// | `AWS_REGION`, else `AWS_DEFAULT_REGION` | needed for AWS; else `us-east-1`, or what the endpoint's name says |
    /// | `AWS_ENDPOINT_URL_S3`, else `AWS_ENDPOINT_URL` | a store other than AWS |
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

    /// The region requests are signed for.
    pub fn region(&self) -> &str {
        &self.inner.region
    }

    /// What the client's clock says, to sign with.
    pub fn now(&self) -> AmzDate {
        AmzDate::from((self.inner.clock)())
    }

    #[cfg(feature = "reqwest")]
    pub(crate) fn is_https(&self) -> bool {
        self.inner.endpoint.is_https()
    }

    pub(crate) fn is_aws(&self) -> bool {
        self.inner.endpoint.is_aws()
    }

    /// The credentials to sign with, if they are at hand; `None` for anonymous requests.
    pub(crate) fn fixed_credentials(&self) -> Result<Option<Credentials>, Error> {
        self.inner.credentials.fixed()
    }
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Inner {
            endpoint,
            region,
            addressing,
            credentials,
            ..
        } = &*self.inner;
        let mut client = f.debug_struct("Client");
        client
            .field("endpoint", endpoint)
            .field("region", region)
            .field("addressing", addressing)
            .field("credentials", credentials)
            .finish_non_exhaustive()
    }
}
