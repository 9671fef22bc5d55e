//! A cache of credentials that expire: renewed ahead of time, by one renewal however many calls wait for it.
//!
//! A renewal is a future that all waiting calls share and poll. Whichever of them is dropped, the others go on; when the
//! last one is dropped, the renewal is dropped too, and with it its connection or its process.

use std::error::Error as StdError;
use std::fmt;
use std::future::Future;
use std::panic::AssertUnwindSafe;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime};

use futures_util::FutureExt;
use futures_util::future::{Shared, WeakShared};
use tokio::time::Instant;

use crate::client::builder::ClientBuilder;
use crate::client::credentials::{Credentials, CredentialsSource, Provided, erased};
use crate::error::{BoxError, Error, TransportKind};

/// Credentials are renewed this long before they expire, and up to a minute earlier, so that the programs of a fleet do not
/// renew theirs at the same moment.
const AHEAD: Duration = Duration::from_secs(300);
const JITTER: Duration = Duration::from_secs(60);

/// The time between two failed renewals: it doubles from the first to the second.
const MIN_PAUSE: Duration = Duration::from_secs(1);
const MAX_PAUSE: Duration = Duration::from_secs(60);

type Renewed = Result<Credentials, Arc<BoxError>>;
type Flight = Pin<Box<dyn Future<Output = Renewed> + Send>>;

/// The time, and whether a server has accepted a signature by this clock.
type Time = (SystemTime, bool);

pub(crate) struct CredentialsCache {
    provide: Arc<dyn Fn() -> Provided + Send + Sync>,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    held: Option<Held>,
    /// The running renewal and its number. Weak: it lives as long as a call waits for it.
    renewal: Option<(u32, WeakShared<Flight>)>,
    /// How many renewals were started.
    started: u32,
    failure: Option<Failure>,
}

struct Held {
    credentials: Credentials,
    /// When to renew them; `None` if they do not expire.
    renew_at: Option<SystemTime>,
    /// Whether the store has rejected them as expired.
    is_rejected: bool,
}

/// The last renewal, if it failed.
struct Failure {
    error: Arc<BoxError>,
    pause: Duration,
    retry_at: Instant,
}

/// What a call does to get credentials.
enum Plan {
    Use(Credentials),
    Fail(Arc<BoxError>),
    Await(u32, Shared<Flight>),
}

impl CredentialsCache {
    /// A cache that starts with `first`.
    pub(crate) fn new(
        provide: Arc<dyn Fn() -> Provided + Send + Sync>,
        first: Option<Credentials>,
    ) -> CredentialsCache {
        let cache = CredentialsCache {
            provide,
            state: Mutex::default(),
        };
        if let Some(first) = first {
            cache.state().hold(first, SystemTime::now());
        }
        cache
    }

    /// The credentials to sign with now.
    pub(crate) async fn current(&self, time: impl Fn() -> Time) -> Result<Credentials, Error> {
        let (number, renewal) = match self.plan(time().0) {
            Plan::Use(credentials) => return Ok(credentials),
            Plan::Fail(error) => return Err(failed(error)),
            Plan::Await(number, renewal) => (number, renewal),
        };
        let renewed = renewal.await;
        self.state().finish(number, renewed, time()).map_err(failed)
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
            (None, None, Some(failure)) => Plan::Fail(failure.error.clone()),
            (_, None, None) => {
                let (number, renewal) = state.start(&self.provide);
                Plan::Await(number, renewal)
            }
        }
    }

    /// The credentials that the cache holds, whether they have expired or not.
    pub(crate) fn held(&self) -> Option<Credentials> {
        let state = self.state();
        state.held.as_ref().map(|held| held.credentials.clone())
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

impl State {
    /// The credentials that are held, if they still hold.
    fn usable(&self, now: SystemTime) -> Option<&Credentials> {
        let held = self.held.as_ref().filter(|held| !held.is_rejected)?;
        let has_expired = held.credentials.expires_at().is_some_and(|at| at <= now);
        (!has_expired).then_some(&held.credentials)
    }

    fn is_due(&self, now: SystemTime) -> bool {
        let renew_at = self.held.as_ref().and_then(|held| held.renew_at);
        renew_at.is_some_and(|at| at <= now)
    }

    fn start(
        &mut self,
        provide: &Arc<dyn Fn() -> Provided + Send + Sync>,
    ) -> (u32, Shared<Flight>) {
        let provide = provide.clone();
        let renew = async move {
            let credentials = provide().await?;
            credentials.check()?;
            Ok(credentials)
        };
        // A panic would otherwise reach every call that waits.
        let renew = AssertUnwindSafe(renew).catch_unwind().map(|renewed| {
            let renewed =
                renewed.unwrap_or_else(|_| Err("the credentials provider panicked".into()));
            renewed.map_err(Arc::new)
        });
        let flight: Flight = Box::pin(renew);
        let renewal = flight.shared();
        self.started = self.started.wrapping_add(1);
        self.renewal = renewal.downgrade().map(|weak| (self.started, weak));
        (self.started, renewal)
    }

    /// Records how a renewal ended, once, and returns what the call uses.
    fn finish(
        &mut self,
        number: u32,
        renewed: Renewed,
        (now, is_proved): Time,
    ) -> Result<Credentials, Arc<BoxError>> {
        let is_first = self
            .renewal
            .as_ref()
            .is_some_and(|(running, _)| *running == number);
        if is_first {
            self.renewal = None;
            match renewed.and_then(|new| self.accept(new, now, is_proved)) {
                Ok(new) => self.hold(new, now),
                Err(error) => self.fail(error),
            }
        }
        // If another call was first, its outcome. What was just renewed is not doubted by a clock that may be fast.
        let failure = self.failure.as_ref().map(|failure| failure.error.clone());
        match (failure, self.held.as_ref()) {
            (None, Some(held)) => Ok(held.credentials.clone()),
            (Some(error), _) => self.usable(now).cloned().ok_or(error),
            (None, None) => Err(Arc::new("the credentials were not renewed".into())),
        }
    }

    /// Rejects credentials that the store would reject.
    fn accept(&self, new: Credentials, now: SystemTime, is_proved: bool) -> Renewed {
        let rejected = self.held.as_ref().filter(|held| held.is_rejected);
        let problem = if rejected.is_some_and(|held| held.credentials.is_same(&new)) {
            "the store rejected them as expired, and their source still returns the same ones"
        } else if is_proved && new.expires_at().is_some_and(|at| at <= now) {
            "their source returned credentials that have expired"
        } else {
            return Ok(new);
        };
        Err(Arc::new(problem.into()))
    }

    fn hold(&mut self, mut new: Credentials, now: SystemTime) {
        new.generation = self
            .held
            .as_ref()
            .map_or(1, |held| held.credentials.generation.wrapping_add(1));
        let expires_at = new.expires_at();
        self.failure = None;
        self.held = Some(Held {
            credentials: new,
            renew_at: expires_at.map(|at| renewal_time(at, now, fastrand::f64())),
            is_rejected: false,
        });
    }

    fn fail(&mut self, error: Arc<BoxError>) {
        let last = self.failure.as_ref();
        let pause = last.map_or(MIN_PAUSE, |failure| (failure.pause * 2).min(MAX_PAUSE));
        self.failure = Some(Failure {
            error,
            pause,
            retry_at: Instant::now() + pause.mul_f64(0.5 + fastrand::f64() / 2.0),
        });
    }
}

/// When to renew credentials: five to six minutes before they expire, or after half of the time if it is short.
fn renewal_time(expires_at: SystemTime, now: SystemTime, random: f64) -> SystemTime {
    let left = expires_at.duration_since(now).unwrap_or_default();
    let ahead = (AHEAD + JITTER.mul_f64(random)).min(left / 2);
    expires_at.checked_sub(ahead).unwrap_or(expires_at)
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
    /// they hold, and it is called again after a pause of a second, which doubles up to a minute. When all calls that wait
    /// for it are dropped, so is its future.
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
        self.credentials = Some(CredentialsSource::cached(erased(provider), None));
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: u64) -> SystemTime {
        SystemTime::UNIX_EPOCH + Duration::from_secs(seconds)
    }

    #[test]
    fn credentials_are_renewed_five_to_six_minutes_ahead() {
        let now = at(1_000_000);
        for (lifetime, random, expected) in [
            (3600, 0.0, 3300),
            (3600, 1.0, 3240),
            (900, 0.5, 570),
            // A short lifetime is halved.
            (600, 0.0, 300),
            (600, 1.0, 300),
            (100, 0.5, 50),
            (2, 1.0, 1),
            (0, 1.0, 0),
        ] {
            let renew_at = renewal_time(at(1_000_000 + lifetime), now, random);
            assert_eq!(renew_at, at(1_000_000 + expected), "{lifetime} {random}");
        }
        assert_eq!(renewal_time(at(5), now, 0.5), at(5));
    }
}
