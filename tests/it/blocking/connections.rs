//! The background thread: connections are kept between calls, noticed when they are closed, and closed with the client.

use std::net::SocketAddr;
use std::time::Duration;

use slim_s3::RetryPolicy;

use super::without_runtime;
use crate::support::script::{Close, ok, play, response};
use crate::support::server::{client_with_timeouts, never_responding, sockets_to, until};

#[tokio::test]
async fn calls_share_one_connection() {
    let get = || response("200 OK\r\netag: \"e\"", "data");
    let server = play((0..20).flat_map(|_| [get(), get(), ok(), ok()])).await;
    let s3 = server.client();
    without_runtime(move || {
        for _ in 0..20 {
            let get = || s3.get_object("bucket", "key").send_blocking().unwrap();
            get().body.bytes_blocking().unwrap();
            std::io::read_to_string(get().body.into_blocking_reader()).unwrap();
            let put = || s3.put_object("bucket", "key", "data").send_blocking();
            put().unwrap();
            // From another thread.
            std::thread::scope(|scope| scope.spawn(put).join().unwrap()).unwrap();
        }
    })
    .await;
    assert_eq!(server.connections(), 1);
}

/// Without retries: a call would fail on a connection that is closed.
#[tokio::test]
async fn a_connection_that_the_server_closed_between_two_calls_is_not_used() {
    let then_close = || {
        let mut script = ok();
        script.push(Close);
        script
    };
    let server = play((0..5).map(|_| then_close())).await;
    let s3 = server.builder().retry(RetryPolicy::none()).build().unwrap();
    for _ in 0..5 {
        let put = s3.put_object("bucket", "key", "data");
        without_runtime(move || put.send_blocking().unwrap()).await;
        wait_until_closed(server.address).await;
        // The client notices it.
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    assert_eq!(server.connections(), 5);
}

async fn wait_until_closed(address: SocketAddr) {
    until(|| sockets_to(address.port()) == 0).await;
}

#[tokio::test]
async fn the_connection_of_a_call_that_timed_out_is_closed() {
    let address = never_responding().await;
    let s3 = client_with_timeouts(address, Duration::from_millis(200));
    let put = s3.put_object("bucket", "key", "data");
    without_runtime(move || put.send_blocking().unwrap_err()).await;
    wait_until_closed(address).await;
    drop(s3);
}

/// Dropping a runtime in an async context would panic.
#[tokio::test]
async fn a_client_that_is_dropped_in_a_task_closes_its_connections() {
    let server = play([ok(), ok()]).await;
    for _ in 0..2 {
        let s3 = server.client();
        let put = s3.put_object("bucket", "key", "data");
        without_runtime(move || put.send_blocking().unwrap()).await;
        if cfg!(target_os = "linux") {
            assert_eq!(sockets_to(server.address.port()), 1);
        }
        drop(s3);
        wait_until_closed(server.address).await;
    }
}

#[tokio::test]
async fn a_client_that_is_dropped_without_a_runtime_closes_its_connections() {
    let server = play([ok()]).await;
    let s3 = server.client();
    without_runtime(move || {
        s3.put_object("bucket", "key", "data")
            .send_blocking()
            .unwrap()
    })
    .await;
    wait_until_closed(server.address).await;
}
