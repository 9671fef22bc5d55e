//! Requests on the wire: a server on loopback receives the bytes and verifies the signature.

mod bodies;
mod credentials;
mod dialects;
mod finished_client;
mod headers;
mod hosts;
mod keys;
mod proxies;
mod responses;
#[cfg(feature = "checksums")]
mod trailers;

use slim_s3::{Client, Error};

use crate::support::server::{Received, client, record};
use crate::support::verifier::verify;

const OK: &str = "200 OK\r\netag: \"e\"";

/// Sends one call to a server, verifies the signature of its request, and returns the request and its decoded body.
async fn received<F: Future<Output = Result<(), Error>>>(
    call: impl FnOnce(Client) -> F,
) -> (Received, Vec<u8>) {
    let (address, requests) = record(OK, "").await;
    call(client(address)).await.unwrap();
    let request = requests.lock().unwrap().pop().unwrap();
    let body = verify(&request);
    (request, body)
}
