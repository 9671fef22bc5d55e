//! What the clones of a client share: the retry budget, and what responses have taught about regions and the clock.

use crate::retry::Budget;

/// For how many buckets a client remembers the region.
const MAX_REGIONS: usize = 100;

pub(crate) struct SharedState {
    pub(crate) budget: Budget,
    /// How many seconds the server's clock is ahead of the client's, as a successful request has proved. Not an atomic:
    /// some 32-bit targets have none of 64 bits.
    pub(crate) clock_offset: i64,
    /// Whether a server has accepted a signature of this clock.
    pub(crate) clock_is_proved: bool,
    /// AWS buckets outside of the client's region, each with its region; the latest is last.
    regions: Vec<(String, String)>,
    /// A clock offset that a call learned but could not try: its body could not be replayed, or it was the last attempt.
    /// Calls start with it until a server has accepted or rejected it.
    clock_hint: Option<i64>,
}

impl SharedState {
    pub(crate) fn new(budget: u32) -> SharedState {
        SharedState {
            budget: Budget::new(budget),
            clock_offset: 0,
            clock_is_proved: false,
            regions: Vec::new(),
            clock_hint: None,
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

    pub(crate) fn hint_clock(&mut self, offset: Option<i64>) {
        self.clock_hint = offset;
    }

    pub(crate) fn clock_hint(&self) -> Option<i64> {
        self.clock_hint
    }
}
