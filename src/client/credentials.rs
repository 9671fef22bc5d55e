//! Credentials: the key pair that signs requests.

use std::borrow::Cow;
use std::fmt;
#[cfg(feature = "reqwest")]
use std::future::Future;
#[cfg(feature = "reqwest")]
use std::pin::Pin;
#[cfg(feature = "credentials")]
use std::sync::Arc;
use std::time::SystemTime;

use zeroize::{ZeroizeOnDrop, Zeroizing};

#[cfg(feature = "reqwest")]
use crate::client::builder::ClientBuilder;
#[cfg(feature = "credentials")]
use crate::client::credentials_cache::CredentialsCache;
use crate::error::Error;
#[cfg(feature = "reqwest")]
use crate::error::{BoxError, Context};
#[cfg(feature = "credentials")]
use crate::http::HttpSettings;
use crate::sigv4::{CredentialScope, SecretAccessKey, SigningKey};

/// An access key ID and secret access key, and the session token of temporary credentials.
///
/// `Debug` shows only the access key ID. The secret and the token are wiped from memory when dropped.
///
/// ```
/// use slim_s3::Credentials;
///
/// let keys = Credentials::new("AKIDEXAMPLE", "wJalrXUtnFEMI/K7MDENG/EXAMPLEKEY");
/// let debug = r#"Credentials { access_key_id: "AKIDEXAMPLE", .. }"#;
/// assert_eq!(format!("{keys:?}"), debug);
/// ```
///
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_access-keys.html>
#[derive(Clone)]
pub struct Credentials {
    access_key_id: String,
    secret_access_key: SecretAccessKey,
    session_token: Option<Zeroizing<String>>,
    expires_at: Option<SystemTime>,
    /// Which renewal they come from, if they are from a cache.
    #[cfg(feature = "credentials")]
    pub(crate) generation: u32,
}

impl Credentials {
    /// Long-term credentials. They are checked when the client is built or, from a provider, before each
    /// attempt: leading or trailing white space is an error.
    pub fn new(
        access_key_id: impl Into<String>,
        secret_access_key: impl Into<String>,
    ) -> Credentials {
        let secret_access_key = SecretAccessKey::new(secret_access_key);
        Credentials {
            access_key_id: access_key_id.into(),
            secret_access_key,
            session_token: None,
            expires_at: None,
            #[cfg(feature = "credentials")]
            generation: 0,
        }
    }

    /// Adds the session token of temporary credentials.
    pub fn with_session_token(mut self, session_token: impl Into<String>) -> Credentials {
        self.session_token = Some(Zeroizing::new(session_token.into()));
        self
    }

    /// Sets when the credentials expire. A call with expired credentials fails before it is sent, once a server
    /// has accepted a signature by the client's clock. Until then the clock may be fast, and the server decides.
    pub fn with_expiry(mut self, expires_at: SystemTime) -> Credentials {
        self.expires_at = Some(expires_at);
        self
    }

    /// The access key ID, which is not secret.
    pub fn access_key_id(&self) -> &str {
        &self.access_key_id
    }

    /// When the credentials expire, if they do.
    pub fn expires_at(&self) -> Option<SystemTime> {
        self.expires_at
    }

    /// The four keys that are derived from the secret access key for `scope`, to compare them with those of another
    /// implementation. The last one signs: [`SigningKey::derivation`].
    ///
    /// ```
    /// use slim_s3::sigv4::{AmzDate, CredentialScope};
    /// use slim_s3::Credentials;
    ///
    /// let keys = Credentials::new("AK", "SK");
    /// let at = AmzDate::parse("20260102T030405Z").unwrap();
    /// let scope = CredentialScope::new(at, "us-east-1", "s3");
    /// let [.., signing_key] = keys.derive_keys(&scope);
    /// assert!(signing_key.to_hex().starts_with("3d05a173bb85ac41"));
    /// ```
    pub fn derive_keys(&self, scope: &CredentialScope) -> [SigningKey; 4] {
        SigningKey::derivation(&self.secret_access_key, scope)
    }

    /// What is unusual about the key pair, which may still be right. The text contains nothing of it.
    #[cfg(feature = "reqwest")]
    pub(crate) fn oddity(&self, is_aws: bool) -> Option<&'static str> {
        let is_temporary = self.access_key_id.starts_with("ASIA");
        if is_aws && is_temporary && self.session_token.is_none() {
            return Some("the access key ID is a temporary one, and there is no session token");
        }
        self.secret_access_key.oddity(&self.access_key_id, is_aws)
    }

    pub(crate) fn secret_access_key(&self) -> &SecretAccessKey {
        &self.secret_access_key
    }

    pub(crate) fn session_token(&self) -> Option<&str> {
        self.session_token.as_ref().map(|token| token.as_str())
    }

    /// Whether they are the same keys and the same token.
    #[cfg(feature = "credentials")]
    pub(crate) fn is_same(&self, other: &Credentials) -> bool {
        self.access_key_id == other.access_key_id
            && self.secret_access_key == other.secret_access_key
            && self.session_token == other.session_token
    }

    /// Rejects credentials that the server would report as a signature mismatch.
    pub(crate) fn check(&self) -> Result<(), Error> {
        const REMEDY: &str = "pass it exactly as the store issued it";
        let is_key_id = |id: &str| {
            !id.is_empty()
                && id
                    .bytes()
                    .all(|byte| byte.is_ascii_graphic() && !matches!(byte, b'/' | b','))
        };
        if !is_key_id(&self.access_key_id) {
            let problem = "empty, or contains white space, a slash, a comma, a control character or a non-ASCII character";
            return Err(Error::invalid("access key ID", problem, REMEDY));
        }
        if let Some(problem) = self.secret_access_key.problem() {
            return Err(Error::invalid("secret access key", problem, REMEDY));
        }
        match self.session_token() {
            Some(token)
                if token.is_empty() || !token.bytes().all(|byte| byte.is_ascii_graphic()) =>
            {
                Err(Error::invalid(
                    "session token",
                    "empty, or contains white space, a control character or a non-ASCII character",
                    REMEDY,
                ))
            }
            _ => Ok(()),
        }
    }
}

impl fmt::Debug for Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Credentials")
            .field("access_key_id", &self.access_key_id)
            .finish_non_exhaustive()
    }
}

impl ZeroizeOnDrop for Credentials {}

/// Where a client's credentials come from.
pub(crate) enum CredentialsSource {
    Anonymous,
    Fixed(Credentials),
    /// Called in one place, before each attempt.
    #[cfg(feature = "reqwest")]
    Provider(Box<dyn Fn() -> Provided + Send + Sync>),
    /// Asked in the same place.
    #[cfg(feature = "credentials")]
    Cached(Box<CredentialsCache>),
}

#[cfg(feature = "reqwest")]
pub(crate) type Provided = Pin<Box<dyn Future<Output = Result<Credentials, BoxError>> + Send>>;

/// A caller's provider, with its types erased.
#[cfg(feature = "reqwest")]
pub(crate) fn erased<F, E>(
    provider: impl Fn() -> F + Send + Sync + 'static,
) -> impl Fn() -> Provided + Send + Sync + 'static
where
    F: Future<Output = Result<Credentials, E>> + Send + 'static,
    E: Into<BoxError>,
{
    move || {
        let credentials = provider();
        Box::pin(async move { credentials.await.map_err(Into::into) })
    }
}

#[cfg(feature = "reqwest")]
impl ClientBuilder {
    /// A source of credentials that expire. It is called before each attempt, so it should cache credentials until shortly
    /// before they expire. No timeout applies to it.
    ///
    /// ```no_run
    /// # use slim_s3::{Client, Credentials};
    /// # async fn from_vault() -> Result<Credentials, std::io::Error> { unimplemented!() }
    /// let s3 = Client::builder()
    ///     .region("eu-central-1")
    ///     .credentials_provider(from_vault)
    ///     .build()?;
    /// # Ok::<(), slim_s3::Error>(())
    /// ```
    pub fn credentials_provider<F, E>(
        mut self,
        provider: impl Fn() -> F + Send + Sync + 'static,
    ) -> ClientBuilder
    where
        F: Future<Output = Result<Credentials, E>> + Send + 'static,
        E: Into<BoxError>,
    {
        self.credentials = Some(CredentialsSource::Provider(Box::new(erased(provider))));
        self
    }
}

impl CredentialsSource {
    #[cfg(feature = "credentials")]
    pub(crate) fn cached(
        provide: impl Fn(&Arc<HttpSettings>) -> Provided + Send + Sync + 'static,
        first: Option<Credentials>,
    ) -> CredentialsSource {
        let cache = CredentialsCache::new(Arc::new(provide), first);
        CredentialsSource::Cached(Box::new(cache))
    }

    /// The credentials, unless they come from a provider; `None` for anonymous requests.
    pub(crate) fn fixed(&self) -> Result<Option<Credentials>, Error> {
        let credentials = self.as_fixed()?;
        Ok(credentials.map(Cow::into_owned))
    }

    pub(crate) fn as_fixed(&self) -> Result<Option<Cow<'_, Credentials>>, Error> {
        match self {
            CredentialsSource::Anonymous => Ok(None),
            CredentialsSource::Fixed(credentials) => Ok(Some(Cow::Borrowed(credentials))),
            #[cfg(feature = "credentials")]
            CredentialsSource::Cached(cache) => match cache.held() {
                Some(held) => Ok(Some(Cow::Owned(held))),
                None => Err(Error::invalid(
                    "credentials",
                    "not fetched yet, or rejected by the store as expired",
                    "send a request first, or use presign_now",
                )),
            },
            #[cfg(feature = "reqwest")]
            CredentialsSource::Provider(_) => Err(Error::invalid(
                "credentials",
                "provided asynchronously, which only send supports",
                "call the provider yourself, and sign with a client built with its credentials",
            )),
        }
    }

    /// Gives a source with a cache the settings of its client.
    #[cfg(feature = "credentials")]
    pub(crate) fn set_http(&mut self, settings: &HttpSettings) {
        if let CredentialsSource::Cached(cache) = self {
            cache.set_http(settings.for_exchanges());
        }
    }

    /// Makes a cache renew the credentials of an attempt, which the store rejected as expired.
    #[cfg(feature = "reqwest")]
    pub(crate) fn reject(&self, attempt: &Context) {
        match self {
            #[cfg(feature = "credentials")]
            CredentialsSource::Cached(cache) => cache.reject(attempt.generation),
            _ => {
                let _ = attempt;
            }
        }
    }

    /// Whether a source may have other credentials when these have expired.
    #[cfg(feature = "reqwest")]
    pub(crate) fn is_renewable(&self) -> bool {
        match self {
            CredentialsSource::Anonymous | CredentialsSource::Fixed(_) => false,
            CredentialsSource::Provider(_) => true,
            #[cfg(feature = "credentials")]
            CredentialsSource::Cached(_) => true,
        }
    }
}

impl fmt::Debug for CredentialsSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            CredentialsSource::Anonymous => f.write_str("Anonymous"),
            CredentialsSource::Fixed(credentials) => credentials.fmt(f),
            #[cfg(feature = "reqwest")]
            CredentialsSource::Provider(_) => f.write_str("Provider"),
            #[cfg(feature = "credentials")]
            CredentialsSource::Cached(_) => f.write_str("Cached"),
        }
    }
}
