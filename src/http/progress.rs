//! The progress of a request body: how much was sent, and when. Slow transfers are fine, stalled ones are not.

use std::io;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use super::timeouts::Timeouts;
use crate::error::Stage;

/// Roughly what the HTTP client and the operating system buffer after the last byte was handed to them.
const BUFFERED: u64 = 8 << 20;

/// The rate, in bytes per second, at which buffered bytes are assumed to drain.
const DRAIN_RATE: u64 = 64 << 10;

/// The progress of one request body, shared between the body and the future that waits for the response.
#[derive(Debug)]
pub(super) struct Progress {
    length: u64,
    state: Mutex<State>,
}

#[derive(Debug)]
pub(super) struct State {
    /// How many bytes were handed to the HTTP client.
    pub(super) sent: u64,
    /// Whether the exchange waits for the body's source.
    pub(super) waits_for_source: bool,
    /// Why the body cannot be sent completely.
    pub(super) error: Option<BodyError>,
    started: bool,
    moved_at: Instant,
    /// When the first of the last [`BUFFERED`] bytes was sent.
    tail_since: Instant,
}

#[derive(Debug)]
pub(super) enum BodyError {
    /// The source failed.
    Source(io::Error),
    /// The source ended before the declared length.
    TooShort,
    /// The source continued after the declared length.
    TooLong,
}

impl Progress {
    pub(super) fn new(length: u64) -> Arc<Progress> {
        let now = Instant::now();
        let state = State {
            sent: 0,
            waits_for_source: false,
            error: None,
            started: false,
            moved_at: now,
            tail_since: now,
        };
        Arc::new(Progress {
            length,
            state: Mutex::new(state),
        })
    }

    pub(super) fn length(&self) -> u64 {
        self.length
    }

    pub(super) fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn stage(&self) -> Stage {
        if self.state().sent < self.length {
            Stage::Sending
        } else {
            Stage::Waiting
        }
    }

    /// Whether the exchange has been inactive for longer than its timeout.
    pub(super) fn is_overdue(&self, timeouts: &Timeouts, response_timeout: Duration) -> bool {
        let state = self.state();
        let allowed = if state.sent < self.length {
            // Before the first chunk is requested, the connection is being established.
            let connect = if state.started {
                Duration::ZERO
            } else {
                timeouts.connect
            };
            timeouts.stall.saturating_add(connect)
        } else {
            // The last bytes may still be in buffers. They drain at the rate at which they were accepted or, if the
            // buffers accepted them immediately, at the assumed rate.
            let tail = state.moved_at - state.tail_since;
            let buffered = Duration::from_millis(self.length.min(BUFFERED) * 1000 / DRAIN_RATE);
            self.response_timeout(timeouts, response_timeout)
                .saturating_add(tail.max(buffered))
        };
        state.moved_at.elapsed() >= allowed
    }

    /// The timeout for the response. Without a body it includes the connect timeout, see `Timeouts::response`.
    pub(super) fn response_timeout(
        &self,
        timeouts: &Timeouts,
        response_timeout: Duration,
    ) -> Duration {
        if self.length == 0 {
            timeouts.connect.saturating_add(response_timeout)
        } else {
            response_timeout
        }
    }

    pub(super) fn source_is_pending(&self) {
        let mut state = self.state();
        if !state.started {
            state.moved_at = Instant::now();
            state.tail_since = state.moved_at;
        }
        state.started = true;
        state.waits_for_source = true;
    }

    /// Notes that the source has returned data that is sent later.
    pub(super) fn source_moved(&self) {
        self.state().moved_at = Instant::now();
    }

    pub(super) fn sent(&self, count: u64) {
        let mut state = self.state();
        let now = Instant::now();
        if state.sent + BUFFERED < self.length || !state.started {
            state.tail_since = now;
        }
        state.started = true;
        state.waits_for_source = false;
        state.sent += count;
        state.moved_at = now;
    }

    pub(super) fn fail(&self, error: BodyError) -> io::Error {
        self.state().error = Some(error);
        io::Error::other("the body's source failed or does not match its declared length")
    }
}
