//! Endpoints, hosts and addressing styles.

use slim_s3::{Addressing, Client, Credentials};

use super::OK;
use crate::support::server::{ACCESS_KEY_ID, SECRET_ACCESS_KEY, assert_invalid, builder, record};
use crate::support::verifier::verify;

/// A proxy receives requests for any host and port without resolving a name.
#[tokio::test]
async fn the_host_is_sent_as_signed() {
    for (endpoint, host) in [
        ("http://store.example", "store.example"),
        ("http://store.example:80", "store.example"),
        ("http://store.example:9000/", "store.example:9000"),
        ("http://STORE.Example:9000", "store.example:9000"),
        ("HTTP://store.example:443", "store.example:443"),
        ("http://[::1]:9000", "[::1]:9000"),
        ("http://[::1]", "[::1]"),
        ("http://10.0.0.1:80", "10.0.0.1"),
    ] {
        let (address, requests) = record(OK, "").await;
        let s3 = builder(address)
            .endpoint(endpoint)
            .proxy(&format!("http://{address}"))
            .build()
            .unwrap();
        s3.put_object("bucket", "a b", "x").send().await.unwrap();
        let request = requests.lock().unwrap().pop().unwrap();
        verify(&request);
        assert_eq!(request.header("host"), Some(host), "{endpoint}");
        assert_eq!(
            request.target,
            format!("http://{host}/bucket/a%20b"),
            "{endpoint}"
        );
    }
}

#[test]
fn hosts_that_url_parsers_rewrite_or_reject_are_rejected() {
    for endpoint in [
        "http://127.1:9000",
        "http://0x7f.0.0.1:9000",
        "http://017700000001",
        "http://1",
        "http://[0:0:0:0:0:0:0:1]:9000",
        "http://[::0]",
        "http://1[::]:80",
        "http://[f]",
        "http://[f]:80",
        "http://[]",
        "http://.0",
        "http://a..b",
        "http://xn--",
        "http://a!b",
    ] {
        let credentials = Credentials::new(ACCESS_KEY_ID, SECRET_ACCESS_KEY);
        let error = Client::builder()
            .endpoint(endpoint)
            .credentials(credentials)
            .build()
            .unwrap_err();
        assert_invalid(&error, "endpoint");
    }
}

#[tokio::test]
async fn path_prefixes_and_virtual_hosts_are_sent_as_signed() {
    let (address, requests) = record(OK, "").await;
    let proxied = |endpoint: &str| {
        builder(address)
            .endpoint(endpoint)
            .proxy(&format!("http://{address}"))
    };
    let prefixed = proxied("http://store.example/base/path/").build().unwrap();
    prefixed
        .put_object("bucket", "key", "x")
        .send()
        .await
        .unwrap();
    let virtual_hosted = proxied("http://store.example")
        .addressing(Addressing::VirtualHosted)
        .allow_leading_slash()
        .build()
        .unwrap();
    virtual_hosted
        .put_object("bucket", "/key", "x")
        .send()
        .await
        .unwrap();
    virtual_hosted.head_bucket("bucket").send().await.unwrap();
    let _ = prefixed.list_buckets().send().await;
    let _ = virtual_hosted.list_buckets().send().await;
    let requests = requests.lock().unwrap();
    let targets: Vec<&str> = requests
        .iter()
        .inspect(|request| drop(verify(request)))
        .map(|request| request.target.as_str())
        .collect();
    assert_eq!(
        targets,
        [
            "http://store.example/base/path/bucket/key",
            "http://bucket.store.example//key",
            "http://bucket.store.example/",
            "http://store.example/base/path",
            "http://store.example/"
        ]
    );
}
