//! A cache of credentials that expire: renewed ahead of time, by one renewal however many calls wait for it.
//!
//! A renewal is a future that all waiting calls share and poll. Whichever of them is dropped, the others go on; when the
//! last one is dropped, the renewal is dropped too, and with it its connection or its process.
//!
//! While the old credentials hold, a renewal delays one call, by [`PATIENCE`] at most. If it takes longer, or that call is
//! dropped, the source gets a pause, in which all calls use the old ones: a source that hangs must not hold up every call
//! in turn.

use std::error::Error as StdError;
use std::fmt;
use std::future::Future;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime};

use futures_util::future::Shared;
use tokio::time::Instant;

use crate::client::builder::ClientBuilder;
use crate::client::credentials::{Credentials, CredentialsSource, Provided, erased};
use crate::client::renewal::{Failure, Flight, Renewed, State, Time};
use crate::error::{BoxError, Error, TransportKind};
use crate::http::{HttpSettings, check_runtime, within};

/// How long a call waits for a renewal while the old credentials hold.
const PATIENCE: Duration = Duration::from_secs(10);

pub(crate) struct CredentialsCache {
    provide: Provide,
    /// Those of the client, for the source.
    http: Arc<HttpSettings>,
    state: Mutex<State>,
}

/// Asks the source, with these settings for its exchanges.
pub(crate) type Provide = Arc<dyn Fn(&Arc<HttpSettings>) -> Provided + Send + Sync>;

/// What a call does to get credentials.
enum Plan {
    Use(Credentials),
    Fail(Arc<BoxError>),
    /// Waits for the renewal of this number.
    Await(u32, Shared<Flight>),
    /// The same, but not for long: the old credentials hold.
    AwaitBriefly(u32, Shared<Flight>),
}

/// A wait for a renewal while the old credentials hold. If it is dropped, so was the call.
struct BriefWait<'a> {
    cache: &'a CredentialsCache,
    number: u32,
    has_ended: bool,
}

impl Drop for BriefWait<'_> {
    fn drop(&mut self) {
        if !self.has_ended {
            self.cache.state().abandon(self.number);
        }
    }
}

impl CredentialsCache {
    /// A cache that starts with `first`.
    pub(crate) fn new(provide: Provide, first: Option<Credentials>) -> CredentialsCache {
        let cache = CredentialsCache {
            provide,
            http: Arc::default(),
            state: Mutex::default(),
        };
        if let Some(first) = first {
            cache.state().hold(first, SystemTime::now());
        }
        cache
    }

    /// Gives the source the settings of its client.
    pub(crate) fn set_http(&mut self, settings: HttpSettings) {
        self.http = Arc::new(settings);
    }

    /// The credentials to sign with now.
    pub(crate) async fn current(&self, time: impl Fn() -> Time) -> Result<Credentials, Error> {
        loop {
            let (number, renewed) = match self.plan(time().0) {
                Plan::Use(credentials) => return Ok(credentials),
                Plan::Fail(error) => return Err(failed(error)),
                Plan::Await(number, renewal) => (number, renewal.await),
                Plan::AwaitBriefly(number, renewal) => {
                    match self.await_briefly(number, renewal, &time).await {
                        Some(renewed) => (number, renewed),
                        // Not what was held before: it may have been replaced.
                        None => continue,
                    }
                }
            };
            if let Some(outcome) = self.state().finish(number, renewed, time()) {
                return outcome.map_err(failed);
            }
        }
    }

    /// Waits for a renewal until its end, or for [`PATIENCE`] if the old credentials still hold then.
    async fn await_briefly(
        &self,
        number: u32,
        mut renewal: Shared<Flight>,
        time: impl Fn() -> Time,
    ) -> Option<Renewed> {
        let mut wait = BriefWait {
            cache: self,
            number,
            has_ended: false,
        };
        // There are no timers outside of a runtime.
        if check_runtime().is_ok() {
            let renewed = within(PATIENCE, &mut renewal).await;
            if renewed.is_none() && self.state().usable(time().0).is_some() {
                return None;
            }
            wait.has_ended = true;
            if renewed.is_some() {
                return renewed;
            }
        }
        let renewed = renewal.await;
        wait.has_ended = true;
        Some(renewed)
    }

    fn plan(&self, now: SystemTime) -> Plan {
        let mut state = self.state();
        let usable = state.usable(now).cloned();
        if let Some(credentials) = &usable
            && !state.is_due(now)
        {
            return Plan::Use(credentials.clone());
        }
        let running = state.renewal.as_ref();
        let running = running.and_then(|(number, renewal)| Some((*number, renewal.upgrade()?)));
        let pause = state.failure.as_ref();
        let pause = pause.filter(|failure| Instant::now() < failure.retry_at);
        match (usable, running, pause) {
            // Another call renews them, or a renewal has just failed.
            (Some(credentials), Some(_), _) | (Some(credentials), _, Some(_)) => {
                Plan::Use(credentials)
            }
            (None, Some((number, renewal)), _) => Plan::Await(number, renewal),
            (
                None,
                None,
                Some(Failure {
                    error: Some(error), ..
                }),
            ) => Plan::Fail(error.clone()),
            (Some(_), None, None) => {
                let (number, renewal) = state.start(self.renewal());
                Plan::AwaitBriefly(number, renewal)
            }
            // A renewal that nobody waited for is started anew: its source is slow, but may not have failed.
            (None, None, _) => {
                let (number, renewal) = state.start(self.renewal());
                Plan::Await(number, renewal)
            }
        }
    }

    /// Asks the source when it is polled.
    fn renewal(&self) -> Provided {
        let (provide, http) = (self.provide.clone(), self.http.clone());
        Box::pin(async move { provide(&http).await })
    }

    /// The credentials that the cache holds, whether they have expired or not, unless the store has rejected them.
    pub(crate) fn held(&self) -> Option<Credentials> {
        let state = self.state();
        let held = state.held.as_ref().filter(|held| !held.is_rejected)?;
        Some(held.credentials.clone())
    }

    /// Notes that the store has rejected these credentials as expired. The next call renews them, unless another one has done
    /// so already.
    pub(crate) fn reject(&self, generation: u32) {
        if let Some(held) = &mut self.state().held {
            held.is_rejected |= held.credentials.generation == generation;
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cold]
fn failed(error: Arc<BoxError>) -> Error {
    let message = format!("the credentials cannot be renewed: {error}");
    Error::transport(
        TransportKind::Credentials,
        message,
        Some(SharedError(error).into()),
    )
}

/// An error that several calls return. Its source is the error itself, so that programs can look at it.
#[derive(Debug)]
struct SharedError(Arc<BoxError>);

impl fmt::Display for SharedError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the renewal failed")
    }
}

impl StdError for SharedError {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        Some(self.0.as_ref().as_ref())
    }
}

impl ClientBuilder {
    /// Like [`credentials_provider`](ClientBuilder::credentials_provider), but the provider is called only when its
    /// credentials are due for renewal: five minutes before [they expire](Credentials::with_expiry), or when the store rejects
    /// them as expired.
    ///
    /// However many calls need new credentials, the provider is called once. If it fails, the old credentials are used while
    /// they hold, and it is called again after a pause of a second, which doubles up to a minute. While they hold, one call
    /// waits for it, for at most 10 s; then it is dropped, and counts as failed. When they have expired, all calls wait,
    /// without a limit, until they are dropped: then so is its future.
    ///
    /// ```no_run
    /// # use slim_s3::{Client, Credentials};
    /// # async fn from_vault() -> Result<Credentials, std::io::Error> { unimplemented!() }
    /// let s3 = Client::builder()
    ///     .region("eu-central-1")
    ///     .cached_credentials_provider(from_vault)
    ///     .build()?;
    /// # Ok::<(), slim_s3::Error>(())
    /// ```
    pub fn cached_credentials_provider<F, E>(
        mut self,
        provider: impl Fn() -> F + Send + Sync + 'static,
    ) -> ClientBuilder
    where
        F: Future<Output = Result<Credentials, E>> + Send + 'static,
        E: Into<BoxError>,
    {
        let provide = erased(provider);
        self.credentials = Some(CredentialsSource::cached(move |_| provide(), None));
        self
    }
}
