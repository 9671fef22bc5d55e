//! Ends a request body together with its attempt.
//!
//! The HTTP client sends a body from a task of its own, which goes on after an early response or a dropped future. The
//! guard takes the body away: its source and memory are freed, and the HTTP client closes the connection.

use std::io;
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, TryLockError};
use std::task::{Context, Poll, Waker};

use bytes::Bytes;
use futures_core::Stream;

use crate::body::file::ByteStream;

/// Splits a body into the stream to send, and the guard that ends it when dropped.
pub(super) fn guarded(body: ByteStream) -> (GuardedBody, BodyGuard) {
    let shared = Arc::new(Shared {
        body: Mutex::new(Some(body)),
        has_ended: AtomicBool::new(false),
        waker: Mutex::new(None),
    });
    (GuardedBody(shared.clone()), BodyGuard(shared))
}

struct Shared {
    /// Locked while the body is polled.
    body: Mutex<Option<ByteStream>>,
    has_ended: AtomicBool,
    /// The task that waits for the body.
    waker: Mutex<Option<Waker>>,
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Shared {
    fn ended(&self) -> Poll<Option<io::Result<Bytes>>> {
        // Dropped outside of the lock: a source may do anything then.
        let body = lock(&self.body).take();
        drop(body);
        Poll::Ready(Some(Err(io::Error::other("the call has ended"))))
    }
}

pub(super) struct GuardedBody(Arc<Shared>);

impl Stream for GuardedBody {
    type Item = io::Result<Bytes>;

    fn poll_next(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<io::Result<Bytes>>> {
        let shared = &self.0;
        *lock(&shared.waker) = Some(cx.waker().clone());
        let polled = match lock(&shared.body).as_mut() {
            Some(body) => body.as_mut().poll_next(cx),
            None => Poll::Pending,
        };
        // The guard may have been dropped meanwhile, by another thread or by the source itself.
        if shared.has_ended.load(Ordering::SeqCst) {
            return shared.ended();
        }
        polled
    }
}

pub(super) struct BodyGuard(Arc<Shared>);

impl BodyGuard {
    /// Whether the body's source panicked, in the task that sends it.
    pub(super) fn has_panicked(&self) -> bool {
        self.0.body.is_poisoned()
    }
}

impl Drop for BodyGuard {
    fn drop(&mut self) {
        self.0.has_ended.store(true, Ordering::SeqCst);
        // If the body is being polled, that poll ends it.
        let body = match self.0.body.try_lock() {
            Ok(mut body) => body.take(),
            Err(TryLockError::Poisoned(body)) => body.into_inner().take(),
            Err(TryLockError::WouldBlock) => None,
        };
        drop(body);
        let waker = lock(&self.0.waker).take();
        if let Some(waker) = waker {
            waker.wake();
        }
    }
}
