//! What the clones of a client share: the retry budget, what responses have taught about regions and the clock, and the
//! thread of blocking calls.

#[cfg(feature = "blocking")]
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime};

#[cfg(feature = "blocking")]
use crate::driver::Driver;
use crate::retry::Budget;

/// For how many buckets a client remembers the region.
const MAX_REGIONS: usize = 100;

/// A clock that moves by this much more or less than time does was set, or the system was suspended.
const CLOCK_WAS_SET: Duration = Duration::from_secs(60);

struct Proof {
    /// How many seconds the server's clock is ahead of the client's. Not an atomic: some 32-bit targets have none of 64
    /// bits.
    offset: i64,
    at: Instant,
    /// What the client's clock showed then.
    clock: SystemTime,
}

pub(crate) struct SharedState {
    pub(crate) budget: Budget,
    /// The offset of the clock with which a server has accepted a signature.
    proof: Option<Proof>,
    /// AWS buckets outside of the client's region, each with its region; the latest is last.
    regions: Vec<(String, String)>,
    /// A clock offset that a call learned but could not try: its body could not be replayed, or it was the last attempt.
    /// One call tries it: a wrong `Date` must not fail the calls beside it.
    clock_hint: Option<i64>,
    /// How many hints there were since a signature was accepted.
    hints: u32,
    /// Runs the connections of blocking calls; started by the first of them.
    #[cfg(feature = "blocking")]
    pub(crate) driver: Option<Arc<Driver>>,
}

impl SharedState {
    pub(crate) fn new(budget: u32) -> SharedState {
        SharedState {
            budget: Budget::new(budget),
            proof: None,
            regions: Vec::new(),
            clock_hint: None,
            hints: 0,
            #[cfg(feature = "blocking")]
            driver: None,
        }
    }

    pub(crate) fn region(&self, bucket: &str) -> Option<&str> {
        let known = self.regions.iter().find(|(known, _)| known == bucket);
        known.map(|(_, region)| region.as_str())
    }

    pub(crate) fn remember_region(&mut self, bucket: &str, region: &str) {
        self.forget_region(bucket);
        if self.regions.len() == MAX_REGIONS {
            self.regions.remove(0);
        }
        self.regions.push((bucket.to_owned(), region.to_owned()));
    }

    pub(crate) fn forget_region(&mut self, bucket: &str) {
        self.regions.retain(|(known, _)| known != bucket);
    }

    /// Notes that a server has accepted a signature with `offset`, when the client's clock shows `clock`.
    pub(crate) fn prove_clock(&mut self, offset: Option<i64>, clock: SystemTime) {
        let offset = offset.or(self.proved_offset(clock)).unwrap_or_default();
        let at = Instant::now();
        self.proof = Some(Proof { offset, at, clock });
        self.clock_hint = None;
        self.hints = 0;
    }

    /// The proved offset, unless the client's clock, which shows `clock` now, was set since.
    pub(crate) fn proved_offset(&self, clock: SystemTime) -> Option<i64> {
        let proof = self.proof.as_ref()?;
        let expected = proof.clock.checked_add(proof.at.elapsed())?;
        let apart = match clock.duration_since(expected) {
            Ok(apart) => apart,
            Err(error) => error.duration(),
        };
        (apart < CLOCK_WAS_SET).then_some(proof.offset)
    }

    pub(crate) fn hint_clock(&mut self, offset: i64) {
        self.clock_hint = Some(offset);
        self.hints = self.hints.saturating_add(1);
    }

    /// The hint, for one call. A proved clock is doubted after the second one: the server's clock may have been set.
    pub(crate) fn take_clock_hint(&mut self, clock: SystemTime) -> Option<i64> {
        let is_proved = self.hints < 2 && self.proved_offset(clock).is_some();
        self.clock_hint.take().filter(|_| !is_proved)
    }

    /// Returns a hint that its call could not try, because nothing was sent.
    pub(crate) fn return_clock_hint(&mut self, offset: i64) {
        self.clock_hint.get_or_insert(offset);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A wrong `Date` must not fail the calls beside the one that tries it.
    #[test]
    fn a_clock_hint_is_taken_by_one_call() {
        let mut shared = SharedState::new(0);
        let now = SystemTime::now();
        shared.hint_clock(60);
        assert_eq!(shared.take_clock_hint(now), Some(60));
        assert_eq!(shared.take_clock_hint(now), None);
        // A call that sent nothing returns it, unless there is a newer one.
        shared.return_clock_hint(60);
        shared.return_clock_hint(120);
        assert_eq!(shared.take_clock_hint(now), Some(60));
        // A proof ends it.
        shared.hint_clock(60);
        shared.prove_clock(None, now);
        assert_eq!(shared.take_clock_hint(now), None);
    }
}
