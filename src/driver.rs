//! A background thread that runs connections and timers, for programs without a runtime: the feature `blocking`.
//!
//! The call itself runs on the thread that waits for it. If the connections ran there too, nothing would run them between
//! two calls: the next call would use a connection that the server has closed meanwhile, and the connection of a call that
//! has timed out would stay open.
//!
//! Uses only `error`. Start with [`Driver`].

use std::future::Future;
use std::io;
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll, Wake, Waker};
use std::thread::{self, Thread};

use futures_util::future::{AbortHandle, abortable};
use tokio::runtime::{Builder, Handle};
use tokio::task::coop::poll_proceed;

use crate::error::Error;

/// The thread with the runtime. It ends when this is dropped, which waits for nothing, so it can be dropped anywhere.
pub(crate) struct Driver {
    runtime: Handle,
    stop: AbortHandle,
}

impl Drop for Driver {
    fn drop(&mut self) {
        self.stop.abort();
    }
}

impl Driver {
    pub(crate) fn start() -> Result<Driver, Error> {
        Driver::try_start().map_err(|error| {
            Error::invalid(
                "runtime",
                format!("its thread cannot be started: {error}"),
                "allow the process more threads and open files",
            )
        })
    }

    fn try_start() -> io::Result<Driver> {
        let runtime = Builder::new_current_thread().enable_all().build()?;
        let handle = runtime.handle().clone();
        let (until_dropped, stop) = abortable(std::future::pending::<()>());
        let run = move || {
            let _ = runtime.block_on(until_dropped);
            // Dropping it would wait for the blocking reader of a call that has failed.
            runtime.shutdown_background();
        };
        thread::Builder::new().name("slim-s3".into()).spawn(run)?;
        Ok(Driver {
            runtime: handle,
            stop,
        })
    }

    /// Waits until the background thread has done what the end of the previous call left to it. Without this, the connection
    /// of that call is often not back in the pool yet, and another one would be opened.
    pub(crate) fn settle(&self) {
        // It fails only if the task panics, which it does not.
        let _ = self.wait(self.runtime.spawn(tokio::task::yield_now()));
    }

    /// Runs a future on this thread until it is ready.
    ///
    /// `Handle::block_on` does the same, but panics where [`is_in_task`] misses a task.
    pub(crate) fn wait<F: Future>(&self, future: F) -> F::Output {
        let _context = self.runtime.enter();
        let parked = Arc::new(Parked {
            thread: thread::current(),
            is_woken: AtomicBool::new(false),
        });
        let waker = Waker::from(parked.clone());
        let mut future = pin!(future);
        loop {
            if let Poll::Ready(output) = future.as_mut().poll(&mut Context::from_waker(&waker)) {
                return output;
            }
            parked.wait();
        }
    }
}

/// A thread that waits for its future. The flag keeps a wake that comes while the thread waits in a call of a callback.
struct Parked {
    thread: Thread,
    is_woken: AtomicBool,
}

impl Parked {
    fn wait(&self) {
        while !self.is_woken.swap(false, Ordering::Acquire) {
            thread::park();
        }
    }
}

impl Wake for Parked {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        self.is_woken.store(true, Ordering::Release);
        self.thread.unpark();
    }
}

/// Whether this thread is polling a task of a tokio runtime. Blocking it would block the task.
///
/// tokio has no function for this. But it gives each poll of a task a budget, and none to threads that may block: those
/// of `spawn_blocking`, and inside `block_in_place` or `Handle::enter`. A task inside `tokio::task::unconstrained` has none
/// either, and is missed.
pub(crate) fn is_in_task() -> bool {
    Handle::try_current().is_ok() && has_budget(u8::MAX)
}

/// Whether the budget runs out within this many steps. Each step gives back what it took.
fn has_budget(steps: u8) -> bool {
    match poll_proceed(&mut Context::from_waker(Waker::noop())) {
        Poll::Pending => true,
        Poll::Ready(_restores_on_drop) => steps > 0 && has_budget(steps - 1),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The budget is a `u8`, and the last step finds it empty.
    #[tokio::test]
    async fn a_task_is_recognised_whatever_is_left_of_its_budget() {
        for _ in 0..300 {
            assert!(is_in_task());
            tokio::task::coop::consume_budget().await;
        }
    }

    #[tokio::test]
    async fn asking_takes_nothing_from_the_budget() {
        for _ in 0..300 {
            assert!(is_in_task());
            assert!(tokio::task::coop::has_budget_remaining());
        }
    }

    #[tokio::test]
    async fn a_thread_that_may_block_is_in_no_task() {
        let blocking = tokio::task::spawn_blocking(is_in_task);
        assert!(!blocking.await.unwrap());
        let runtime = Handle::current();
        let entered = thread::spawn(move || {
            let _context = runtime.enter();
            is_in_task()
        });
        assert!(!entered.join().unwrap());
        assert!(!thread::spawn(is_in_task).join().unwrap());
    }
}
