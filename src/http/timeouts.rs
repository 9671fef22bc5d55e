//! The client's timeouts.

use std::future::Future;
use std::time::{Duration, Instant};

use crate::error::Error;

/// Limits on inactivity: [`ClientBuilder::timeouts`](crate::ClientBuilder::timeouts).
///
/// There is no limit on the total time: a large object may take hours on a slow connection.
///
/// The limits are in real time, also if tokio's clock is paused in a test (`start_paused`), with one exception: `connect` is
/// measured by tokio's clock. While a TLS handshake waits for the server, a paused clock skips those 10 s, so use http
/// there, or a clock that runs. The delays between attempts, and
/// [`RetryPolicy::give_up_after`](crate::RetryPolicy::give_up_after), also follow tokio's clock.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[allow(clippy::exhaustive_structs)]
pub struct Timeouts {
    /// The time to establish a connection, including TLS. 10 s by default.
    pub connect: Duration,
    /// The time between two chunks of a body, sent or received. 60 s by default. The operating system can accept a MiB or two
    /// at a time, so a timeout of a few seconds also ends transfers that are merely slow.
    pub stall: Duration,
    /// The time between the last byte of the request and the response's status and headers. 60 s by default. Bytes may still
    /// be in the OS send buffer, so the limit is extended by one second per 64 KiB of body, up to 8 MiB. For a request
    /// without a body it is extended by `connect`, because the client cannot observe when the connection is
    /// established.
    pub response: Duration,
    /// Replaces `response` for operations whose response can take minutes, such as CompleteMultipartUpload. 10 min by
    /// default.
    pub slow_response: Duration,
}

impl Default for Timeouts {
    fn default() -> Timeouts {
        let seconds = Duration::from_secs;
        Timeouts {
            connect: seconds(10),
            stall: seconds(60),
            response: seconds(60),
            slow_response: seconds(600),
        }
    }
}

impl Timeouts {
    pub(super) fn check(&self) -> Result<(), Error> {
        let all = [self.connect, self.stall, self.response, self.slow_response];
        if all.contains(&Duration::ZERO) {
            return Err(Error::invalid(
                "timeouts",
                "a timeout of zero would never let a request through",
                "use a longer duration",
            ));
        }
        Ok(())
    }

    /// How long the system waits for an acknowledgement before it closes a socket: a little longer than the client.
    #[cfg(any(target_os = "android", target_os = "fuchsia", target_os = "linux"))]
    pub(super) fn socket(&self) -> Option<Duration> {
        let longest = self.stall.max(self.response);
        longest.checked_add(Duration::from_secs(5))
    }
}

/// Rejects a call outside of a tokio runtime, where timers and connections panic.
pub(crate) fn check_runtime() -> Result<(), Error> {
    match tokio::runtime::Handle::try_current() {
        Ok(_) => Ok(()),
        Err(_) => Err(Error::invalid(
            "runtime",
            "the call is polled outside of a tokio runtime",
            "use #[tokio::main], or Runtime::block_on with time and I/O enabled",
        )),
    }
}

/// Waits for a future for at most `limit`; `None` after that.
///
/// Measured in real time: if tokio's clock is paused, as in tests of callers, its timers expire at once.
pub(crate) async fn within<F: Future>(limit: Duration, future: F) -> Option<F::Output> {
    let mut future = std::pin::pin!(future);
    let started = Instant::now();
    loop {
        if let Ok(output) = tokio::time::timeout(limit, future.as_mut()).await {
            return Some(output);
        }
        if started.elapsed() >= limit {
            return None;
        }
    }
}
