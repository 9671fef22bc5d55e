//! Watching a body go out: its length, and whether it moves. Slowness passes, standstill does not.

use std::io;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use futures_core::Stream;
use tokio::time::Instant;

use crate::body::file::ByteStream;
use crate::error::Stage;

/// Bytes are handed over in pieces of this size, so that progress is seen while a large body goes out.
const PIECE: usize = 64 << 10;

/// After how many pieces it is looked what came in: in the first [`EARLY`] bytes, in which most refusals come, and later.
const PIECES_AT_ONCE: [u32; 2] = [1, 4];
const EARLY: u64 = 4 << 20;

/// How many empty pieces are taken from a source at once.
const EMPTY_PIECES: u32 = 32;

/// About what the HTTP client and the operating system hold back between them after the last byte was handed over.
const BUFFERED: u64 = 8 << 20;

/// At which rate, in bytes a second, what lies in buffers is given time to go out.
const SLOWEST: u64 = 64 << 10;

/// How long nothing may move.
///
/// There is no limit on the whole: a large object on a slow line takes as long as it takes.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[allow(clippy::exhaustive_structs)]
pub struct TimeLimits {
    /// For a connection to come about, with TLS. 10 s by default.
    pub connect: Duration,
    /// Between two pieces of a body, going out or coming in. 60 s by default. Pieces go out as the operating system
    /// takes them, which can be a MiB or two at a time: a limit of a few seconds also ends what is only slow.
    pub stall: Duration,
    /// Between the last byte of the request and the answer's status and headers. 60 s by default. Nobody sees when a byte has
    /// left the operating system's buffers, so what can lie there, up to 8 MiB, is given a second for each 64 KiB. For a
    /// request without a body `connect` is added, as its connection is not seen to come about.
    pub answer: Duration,
    /// The same for operations in which a store works in silence, such as CompleteMultipartUpload. 10 min by default.
    pub slow_answer: Duration,
}

impl Default for TimeLimits {
    fn default() -> TimeLimits {
        let seconds = Duration::from_secs;
        TimeLimits {
            connect: seconds(10),
            stall: seconds(60),
            answer: seconds(60),
            slow_answer: seconds(600),
        }
    }
}

/// What has become of one request's body, shared between the body and the task that waits for the answer.
#[derive(Debug)]
pub(crate) struct Watch {
    length: u64,
    state: Mutex<State>,
}

#[derive(Debug)]
pub(crate) struct State {
    /// How many bytes were handed over.
    pub(crate) sent: u64,
    /// Whether the body's source is what everybody waits for.
    pub(crate) waits_for_source: bool,
    /// Why the body cannot be sent to its end.
    pub(crate) fault: Option<Fault>,
    started: bool,
    moved_at: Instant,
    /// When the last [`BUFFERED`] bytes began to be handed over.
    tail_since: Instant,
}

#[derive(Debug)]
pub(crate) enum Fault {
    /// The source has failed.
    Source(io::Error),
    /// The source ended too early.
    TooShort,
    /// The source went on.
    TooLong,
}

impl Watch {
    pub(crate) fn new(length: u64) -> Arc<Watch> {
        let now = Instant::now();
        let state = State {
            sent: 0,
            waits_for_source: false,
            fault: None,
            started: false,
            moved_at: now,
            tail_since: now,
        };
        Arc::new(Watch {
            length,
            state: Mutex::new(state),
        })
    }

    pub(crate) fn length(&self) -> u64 {
        self.length
    }

    pub(crate) fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn stage(&self) -> Stage {
        if self.state().sent < self.length {
            Stage::Sending
        } else {
            Stage::Waiting
        }
    }

    /// Whether nothing has moved for longer than is allowed.
    pub(crate) fn is_overdue(&self, limits: &TimeLimits, answer: Duration) -> bool {
        let state = self.state();
        let allowed = if state.sent < self.length {
            // Before the first piece is asked for, the connection comes about.
            let connect = if state.started {
                Duration::ZERO
            } else {
                limits.connect
            };
            limits.stall.saturating_add(connect)
        } else {
            // What was handed over last may still be on its way: at the pace at which it was taken, or, where buffers
            // have taken it at once, at the slowest that is allowed for.
            let tail = state.moved_at - state.tail_since;
            let buffered = Duration::from_millis(self.length.min(BUFFERED) * 1000 / SLOWEST);
            self.answer_limit(limits, answer)
                .saturating_add(tail.max(buffered))
        };
        state.moved_at.elapsed() >= allowed
    }

    /// How long an answer may take. Without a body nobody sees when the connection has come about.
    pub(crate) fn answer_limit(&self, limits: &TimeLimits, answer: Duration) -> Duration {
        if self.length == 0 {
            limits.connect.saturating_add(answer)
        } else {
            answer
        }
    }

    fn waits_for_source(&self) {
        let mut state = self.state();
        if !state.started {
            state.moved_at = Instant::now();
            state.tail_since = state.moved_at;
        }
        state.started = true;
        state.waits_for_source = true;
    }

    fn handed_over(&self, count: u64) {
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

    fn fail(&self, fault: Fault) -> io::Error {
        let error = io::Error::other("the body's source failed or has another length");
        self.state().fault = Some(fault);
        error
    }
}

/// A body on its way: it ends after exactly its declared length, or fails before its last byte is handed over.
///
/// Left to itself, an HTTP client cuts off what is too long without a word, and the store keeps the wrong object.
pub(crate) struct Metered {
    source: Option<ByteStream>,
    /// How many bytes the source still has to give.
    rest: u64,
    /// Bytes to hand over now.
    ready: Bytes,
    /// The last bytes, held back until the source has ended.
    held: Bytes,
    /// How many pieces were handed over since the connection was looked at.
    since_pause: u32,
    watch: Arc<Watch>,
}

impl Metered {
    pub(crate) fn bytes(bytes: Bytes, watch: Arc<Watch>) -> Metered {
        Metered {
            source: None,
            rest: 0,
            ready: bytes,
            held: Bytes::new(),
            since_pause: 0,
            watch,
        }
    }

    pub(crate) fn source(source: ByteStream, watch: Arc<Watch>) -> Metered {
        Metered {
            source: Some(source),
            rest: watch.length(),
            ready: Bytes::new(),
            held: Bytes::new(),
            since_pause: 0,
            watch,
        }
    }

    fn pieces_at_once(&self) -> u32 {
        let [early, later] = PIECES_AT_ONCE;
        let is_early = self.watch.state().sent < EARLY;
        if is_early { early } else { later }
    }

    /// Takes in what the source has given.
    fn take(&mut self, bytes: Bytes) -> io::Result<()> {
        self.rest = match self.rest.checked_sub(bytes.len() as u64) {
            Some(rest) => rest,
            None => return Err(self.watch.fail(Fault::TooLong)),
        };
        if self.rest > 0 {
            self.ready = bytes;
        } else if !bytes.is_empty() {
            self.held = bytes;
        }
        Ok(())
    }

    fn poll_source(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let Some(source) = &mut self.source else {
            return Poll::Ready(Ok(()));
        };
        match source.as_mut().poll_next(cx) {
            Poll::Pending => {
                self.watch.waits_for_source();
                Poll::Pending
            }
            Poll::Ready(Some(Ok(bytes))) => Poll::Ready(self.take(bytes)),
            Poll::Ready(Some(Err(error))) => {
                Poll::Ready(Err(self.watch.fail(Fault::Source(error))))
            }
            Poll::Ready(None) if self.rest > 0 => {
                Poll::Ready(Err(self.watch.fail(Fault::TooShort)))
            }
            Poll::Ready(None) => {
                self.source = None;
                self.ready = std::mem::take(&mut self.held);
                Poll::Ready(Ok(()))
            }
        }
    }
}

/// Has the task woken when the runtime has looked what came in.
///
/// A store that refuses closes the connection right behind its answer. The HTTP client reads before it writes, but writes
/// as long as it can: the answer would be lost in the error of a write.
fn let_others_run(cx: &mut Context<'_>) {
    let pause = std::pin::pin!(tokio::task::yield_now());
    // The runtime keeps the waker, also without this future.
    let _ = std::future::Future::poll(pause, cx);
}

impl Stream for Metered {
    type Item = io::Result<Bytes>;

    fn poll_next(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<io::Result<Bytes>>> {
        // A source that gives nothing but empty pieces must not keep everybody else from running.
        for _ in 0..EMPTY_PIECES {
            if !self.ready.is_empty() {
                if self.since_pause >= self.pieces_at_once() {
                    self.since_pause = 0;
                    let_others_run(cx);
                    return Poll::Pending;
                }
                self.since_pause += 1;
                let size = PIECE.min(self.ready.len());
                let piece = self.ready.split_to(size);
                self.watch.handed_over(piece.len() as u64);
                return Poll::Ready(Some(Ok(piece)));
            }
            if self.source.is_none() {
                return Poll::Ready(None);
            }
            match self.poll_source(cx) {
                Poll::Pending => return Poll::Pending,
                Poll::Ready(Ok(())) => {}
                Poll::Ready(Err(error)) => {
                    self.source = None;
                    return Poll::Ready(Some(Err(error)));
                }
            }
        }
        self.watch.waits_for_source();
        cx.waker().wake_by_ref();
        Poll::Pending
    }
}
