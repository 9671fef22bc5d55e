//! What a cache of credentials holds, the renewal that runs, and how the last one failed.

use std::future::Future;
use std::panic::AssertUnwindSafe;
use std::pin::Pin;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use futures_util::FutureExt;
use futures_util::future::{Shared, WeakShared};
use tokio::time::Instant;

use crate::client::credentials::{Credentials, Provided};
use crate::error::BoxError;

/// Credentials are renewed this long before they expire, and up to a minute earlier, so that the programs of a fleet do not
/// renew theirs at the same moment.
const AHEAD: Duration = Duration::from_secs(300);
const JITTER: Duration = Duration::from_secs(60);

/// The time between two failed renewals: it doubles from the first to the second.
const MIN_PAUSE: Duration = Duration::from_secs(1);
const MAX_PAUSE: Duration = Duration::from_secs(60);

pub(super) type Renewed = Result<Credentials, Arc<BoxError>>;
pub(super) type Flight = Pin<Box<dyn Future<Output = Renewed> + Send>>;

/// The time, and whether a server has accepted a signature by this clock.
pub(super) type Time = (SystemTime, bool);

#[derive(Default)]
pub(super) struct State {
    pub(super) held: Option<Held>,
    /// The running renewal and its number. Weak: it lives as long as a call waits for it.
    pub(super) renewal: Option<(u32, WeakShared<Flight>)>,
    /// How many renewals were started.
    started: u32,
    pub(super) failure: Option<Failure>,
}

pub(super) struct Held {
    pub(super) credentials: Credentials,
    /// When to renew them; `None` if they do not expire.
    renew_at: Option<SystemTime>,
    /// Whether the store has rejected them as expired.
    pub(super) is_rejected: bool,
}

/// The last renewal, if it failed.
pub(super) struct Failure {
    /// `None` if it was not waited for to its end.
    pub(super) error: Option<Arc<BoxError>>,
    pause: Duration,
    pub(super) retry_at: Instant,
}

impl State {
    /// The credentials that are held, if they still hold.
    pub(super) fn usable(&self, now: SystemTime) -> Option<&Credentials> {
        let held = self.held.as_ref().filter(|held| !held.is_rejected)?;
        let has_expired = held.credentials.expires_at().is_some_and(|at| at <= now);
        (!has_expired).then_some(&held.credentials)
    }

    pub(super) fn is_due(&self, now: SystemTime) -> bool {
        let renew_at = self.held.as_ref().and_then(|held| held.renew_at);
        renew_at.is_some_and(|at| at <= now)
    }

    pub(super) fn start(&mut self, provided: Provided) -> (u32, Shared<Flight>) {
        let renew = async move {
            let credentials = provided.await?;
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

    /// Records how a renewal ended, once, and returns what the call uses; `None` if what was renewed is out of date, because
    /// the call was suspended for long.
    pub(super) fn finish(
        &mut self,
        number: u32,
        renewed: Renewed,
        (now, is_proved): Time,
    ) -> Option<Renewed> {
        let is_first = self.is_running(number);
        if is_first {
            self.renewal = None;
            match renewed.and_then(|new| self.accept(new, now, is_proved)) {
                Ok(new) => self.hold(new, now),
                Err(error) => self.fail(Some(error)),
            }
        }
        // If another call was first, its outcome.
        let failure = self.failure.as_ref();
        if let Some(error) = failure.and_then(|failure| failure.error.clone()) {
            return Some(self.usable(now).cloned().ok_or(error));
        }
        let held = self.held.as_ref().filter(|held| !held.is_rejected)?;
        // What was just renewed is not doubted by a clock that may be fast.
        let is_doubted = !is_first && is_proved;
        if is_doubted && self.usable(now).is_none() {
            return None;
        }
        Some(Ok(held.credentials.clone()))
    }

    /// Notes that a call does not wait any longer for a renewal, although it has not ended. Others may.
    pub(super) fn abandon(&mut self, number: u32) {
        if self.is_running(number) {
            self.fail(None);
        }
    }

    fn is_running(&self, number: u32) -> bool {
        let running = self.renewal.as_ref();
        running.is_some_and(|(running, _)| *running == number)
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

    pub(super) fn hold(&mut self, mut new: Credentials, now: SystemTime) {
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

    /// Gives the source a pause.
    fn fail(&mut self, error: Option<Arc<BoxError>>) {
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

    fn keys(id: &str) -> Credentials {
        Credentials::new(id, "SK").with_expiry(at(2_000_000))
    }

    fn start(state: &mut State, id: &str) -> (u32, Renewed) {
        let keys = keys(id);
        let provided = keys.clone();
        let (number, _) = state.start(Box::pin(async { Ok(provided) }));
        (number, Ok(keys))
    }

    fn used(finished: Option<Renewed>) -> String {
        finished.unwrap().unwrap().access_key_id().to_owned()
    }

    /// Two calls wait for a renewal. Before the second one is polled, its result is out of date.
    #[test]
    fn a_call_that_is_late_does_not_use_what_was_rejected_replaced_or_has_expired() {
        let now = (at(1_000_000), true);
        let mut state = State::default();
        let (first, renewed) = start(&mut state, "ONE");
        assert_eq!(used(state.finish(first, renewed.clone(), now)), "ONE");
        assert_eq!(used(state.finish(first, renewed.clone(), now)), "ONE");
        // It has expired.
        let later = at(3_000_000);
        assert!(
            state
                .finish(first, renewed.clone(), (later, true))
                .is_none()
        );
        // By a clock that no server has confirmed, it may not have.
        let unsure = state.finish(first, renewed.clone(), (later, false));
        assert_eq!(used(unsure), "ONE");
        // The store has rejected it.
        if let Some(held) = &mut state.held {
            held.is_rejected = true;
        }
        assert!(state.finish(first, renewed.clone(), now).is_none());
        // It was replaced.
        let (second, newer) = start(&mut state, "TWO");
        assert_eq!(used(state.finish(second, newer, now)), "TWO");
        assert_eq!(used(state.finish(first, renewed, now)), "TWO");
    }

    /// A wait that was cut short is not the source's error.
    #[test]
    fn a_renewal_that_was_abandoned_has_a_pause_but_no_error() {
        let mut state = State::default();
        let (number, _) = start(&mut state, "ONE");
        state.abandon(number + 1);
        assert!(state.failure.is_none());
        state.abandon(number);
        let failure = state.failure.as_ref().unwrap();
        assert!(failure.error.is_none() && failure.retry_at > Instant::now());
    }
}
