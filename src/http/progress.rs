//! The progress of a request body: how much was sent, and when it last moved. Slow transfers are fine, stalled ones are not.

use std::io;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

use super::timeouts::Timeouts;
use crate::error::Stage;

/// About what the HTTP client and the operating system hold back between them after the last byte was handed over.
const BUFFERED: u64 = 8 << 20;

/// At which rate, in bytes a second, what lies in buffers is given time to go out.
const SLOWEST: u64 = 64 << 10;

/// What has become of one request's body, shared between the body and the task that waits for the answer.
#[derive(Debug)]
pub(super) struct Progress {
    length: u64,
    state: Mutex<State>,
}

#[derive(Debug)]
pub(super) struct State {
    /// How many bytes were handed over.
    pub(super) sent: u64,
    /// Whether the body's source is what everybody waits for.
    pub(super) waits_for_source: bool,
    /// Why the body cannot be sent to its end.
    pub(super) error: Option<BodyError>,
    started: bool,
    moved_at: Instant,
    /// When the last [`BUFFERED`] bytes began to be handed over.
    tail_since: Instant,
}

#[derive(Debug)]
pub(super) enum BodyError {
    /// The source has failed.
    Source(io::Error),
    /// The source ended too early.
    TooShort,
    /// The source went on.
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

    /// Whether nothing has moved for longer than is allowed.
    pub(super) fn is_overdue(&self, timeouts: &Timeouts, response_timeout: Duration) -> bool {
        let state = self.state();
        let allowed = if state.sent < self.length {
            // Before the first piece is asked for, the connection comes about.
            let connect = if state.started {
                Duration::ZERO
            } else {
                timeouts.connect
            };
            timeouts.stall.saturating_add(connect)
        } else {
            // What was handed over last may still be on its way: at the pace at which it was taken, or, where buffers
            // have taken it at once, at the slowest that is allowed for.
            let tail = state.moved_at - state.tail_since;
            let buffered = Duration::from_millis(self.length.min(BUFFERED) * 1000 / SLOWEST);
            self.response_timeout(timeouts, response_timeout)
                .saturating_add(tail.max(buffered))
        };
        state.moved_at.elapsed() >= allowed
    }

    /// How long an answer may take. Without a body nobody sees when the connection has come about.
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
        io::Error::other("the body's source failed or has another length")
    }
}
