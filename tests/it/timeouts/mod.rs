//! Timeouts limit inactivity: slow transfers succeed, stalled ones fail and report where. On servers on loopback, with
//! short timeouts.

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
/// A slow transfer moves `STEPS` times, once each `STEP`: for ten times the timeout.
const STEP: Duration = Duration::from_millis(500);
const STEPS: usize = 40;

async fn stall() {
    tokio::time::sleep(Duration::from_secs(60)).await;
}

fn client_with(address: SocketAddr, limits: Timeouts) -> Client {
    server::builder(address).timeouts(limits).build().unwrap()
}

/// One byte each step, for several times the timeout.
fn slow_pieces() -> impl futures_core::Stream<Item = Result<Bytes, std::io::Error>> + Send {
    futures_util::stream::unfold(0, |sent| async move {
        tokio::time::sleep(STEP).await;
        (sent < STEPS).then(|| (Ok(Bytes::from_static(b"x")), sent + 1))
    })
}
