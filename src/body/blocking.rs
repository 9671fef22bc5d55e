//! Work on tokio's blocking pool.

use std::io;
use std::sync::{Arc, Mutex, PoisonError};

/// Runs `work` on the blocking pool. It fails if `work` panics, or if the runtime shuts down.
///
/// All work is a task of one type: tokio's code for another one would add 1 KiB to the binary.
pub(crate) async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> T + Send + 'static,
) -> io::Result<T> {
    let result = Arc::new(Mutex::new(None));
    let slot = result.clone();
    let work: Box<dyn FnOnce() + Send> = Box::new(move || {
        let done = work();
        *slot.lock().unwrap_or_else(PoisonError::into_inner) = Some(done);
    });
    tokio::task::spawn_blocking(work)
        .await
        .map_err(io::Error::other)?;
    let mut result = result.lock().unwrap_or_else(PoisonError::into_inner);
    result
        .take()
        .ok_or_else(|| io::Error::other("the task has no result"))
}
