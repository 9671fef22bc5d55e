//! What happens at an end, when a future is dropped, and after a call: an end stays an end, an error stays an error, a
//! dropped future loses nothing, and nothing goes on after a call.

mod bodies;
mod calls;
mod listings;
mod readers;
mod uploads;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// Memory that notes when it is freed.
struct Memory(Vec<u8>, Arc<AtomicBool>);

impl AsRef<[u8]> for Memory {
    fn as_ref(&self) -> &[u8] {
        &self.0
    }
}

impl Drop for Memory {
    fn drop(&mut self) {
        self.1.store(true, Ordering::SeqCst);
    }
}
