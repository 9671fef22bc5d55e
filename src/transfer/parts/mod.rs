//! Sources of parts: a file, which is read while its parts are sent; bytes in memory; or a reader, whose parts are buffered.

pub(super) mod bytes;
pub(super) mod file;
pub(super) mod http_body;
pub(super) mod reader;

use std::future::Future;
use std::pin::Pin;

use crate::body::Body;
use crate::error::Error;

pub(crate) type BoxResultFuture<'a, T> =
    Pin<Box<dyn Future<Output = Result<T, Error>> + Send + 'a>>;

/// A source of parts.
pub(crate) trait PartSource: Send {
    /// Opens the source, and returns the number of its bytes. A reader is read, and counted, only up to `threshold`.
    fn fill(&mut self, threshold: u64) -> BoxResultFuture<'_, u64>;

    /// The total length, if it is known. Call `fill` first.
    fn length(&self) -> Option<u64>;

    /// When the data was modified, in nanoseconds since 1970, if it is a file's. Call `fill` first.
    fn modified(&self) -> Option<u128> {
        None
    }

    /// Whether parts are buffered in memory. Call `fill` first.
    fn is_buffered(&self) -> bool;

    /// The next `size` bytes, or fewer in the last part; `None` after it.
    fn next(&mut self, size: u64) -> BoxResultFuture<'_, Option<Body>>;
}
