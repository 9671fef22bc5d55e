//! Timeouts limit inactivity: slow transfers succeed, stalled ones fail and report their stage. With short timeouts, on
//! loopback.

mod closed;
mod connect;
mod slow;
mod stalled;

use std::net::SocketAddr;
use std::time::Duration;

use bytes::Bytes;
use slim_s3::{Client, Timeouts};

use crate::support::server;

const TIMEOUT: Duration = Duration::from_secs(2);
/// A slow transfer makes progress once every `STEP`, `STEPS` times: for ten times the timeout.
const STEP: Duration = Duration::from_millis(500);
const STEPS: usize = 40;

fn client_with(address: SocketAddr, timeouts: Timeouts) -> Client {
    server::builder(address).timeouts(timeouts).build().unwrap()
}

/// One byte every `STEP`, for ten times the timeout.
fn slow_pieces() -> impl futures_core::Stream<Item = Result<Bytes, std::io::Error>> + Send {
    futures_util::stream::unfold(0, |sent| async move {
        tokio::time::sleep(STEP).await;
        (sent < STEPS).then(|| (Ok(Bytes::from_static(b"x")), sent + 1))
    })
}
