//! Calls and transfers without a runtime: the feature `blocking`. On loopback.

mod calls;
mod connections;
mod examinations;
mod threads;
mod transfers;

use std::panic::resume_unwind;

/// Runs `work` on a thread without a runtime, while this test's runtime runs the server.
pub async fn without_runtime<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> T {
    let thread = std::thread::spawn(work);
    let joined = tokio::task::spawn_blocking(|| thread.join()).await.unwrap();
    joined.unwrap_or_else(|panic| resume_unwind(panic))
}
