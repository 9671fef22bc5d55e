//! Work on tokio's blocking pool.

use std::io;
use std::sync::{Arc, Mutex, PoisonError};

use bytes::Bytes;

/// Larger bodies are hashed on the blocking pool, in pieces of this size: a piece takes milliseconds. If the call is
/// dropped, only the current piece is hashed to its end.
pub(crate) const HASHED_AT_ONCE: usize = 1 << 20;

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

/// Hashes bytes in pieces, on the blocking pool if they are more than one.
pub(crate) async fn hash_pieces<H: Send + 'static>(
    bytes: &Bytes,
    mut hash: H,
    update: fn(&mut H, &[u8]),
) -> io::Result<H> {
    if bytes.len() <= HASHED_AT_ONCE {
        update(&mut hash, bytes);
        return Ok(hash);
    }
    let mut rest = bytes.clone();
    while !rest.is_empty() {
        let piece = rest.split_to(HASHED_AT_ONCE.min(rest.len()));
        let hashed = blocking(move || {
            update(&mut hash, &piece);
            hash
        });
        hash = hashed.await?;
    }
    Ok(hash)
}
