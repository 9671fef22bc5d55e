//! What a client is set up with, as it shows on the wire: a caller's own HTTP settings, proxies, user agents.

use std::time::Duration;

use bytes::Bytes;
use reqwest::header::{HeaderMap, HeaderValue};
use slim_s3::{Body, Client, Error, Stage, TransportKind};

use crate::support::server::{self, Received, builder, record};
use crate::support::verifier::verify;

const OK: &str = "200 OK\r\netag: \"e\"";

/// Sends one call with these settings; what came in, with its signature checked.
async fn sent_with(set: impl FnOnce(slim_s3::ClientBuilder) -> slim_s3::ClientBuilder) -> Received {
    let (address, requests) = record(OK, "").await;
    let s3 = set(builder(address)).build().unwrap();
    s3.put_object("bucket", "key", "x").send().await.unwrap();
    let request = requests.lock().unwrap().pop().unwrap();
    verify(&request);
    request
}

#[tokio::test]
async fn user_agents() {
    let usual = concat!("slim-s3/", env!("CARGO_PKG_VERSION"));
    assert_eq!(sent_with(|s3| s3).await.header("user-agent"), Some(usual));
    assert_eq!(
        sent_with(|s3| s3.user_agent("mine/1"))
            .await
            .header("user-agent"),
        Some("mine/1")
    );
    let own = || reqwest::Client::builder().user_agent("own/2");
    assert_eq!(
        sent_with(|s3| s3.http_client_builder(own()))
            .await
            .header("user-agent"),
        Some("own/2")
    );
    let both = sent_with(|s3| s3.http_client_builder(own()).user_agent("mine/1")).await;
    assert_eq!(both.header("user-agent"), Some("mine/1"));
    let error = builder("127.0.0.1:9".parse().unwrap())
        .user_agent("a\r\nb")
        .build()
        .unwrap_err();
    assert!(
        matches!(&error, Error::Invalid(invalid) if invalid.field == "user agent"),
        "{error}"
    );
}

/// `sent_with` verifies the signature over the host that came in.
#[tokio::test]
async fn a_default_header_does_not_take_the_place_of_a_signed_one() {
    let mut headers = HeaderMap::new();
    for name in [
        "host",
        "content-type",
        "x-amz-date",
        "authorization",
        "content-length",
    ] {
        headers.insert(name, HeaderValue::from_static("other"));
    }
    headers.insert("x-trace", HeaderValue::from_static("1"));
    let (address, requests) = record(OK, "").await;
    let own = reqwest::Client::builder().default_headers(headers);
    let s3 = builder(address).http_client_builder(own).build().unwrap();
    s3.put_object("bucket", "key", "x")
        .content_type("text/plain")
        .send()
        .await
        .unwrap();
    let request = requests.lock().unwrap().pop().unwrap();
    verify(&request);
    assert_eq!(request.header("host"), Some(address.to_string().as_str()));
    assert_eq!(
        (request.header("content-type"), request.header("x-trace")),
        (Some("text/plain"), Some("1"))
    );
}

#[tokio::test]
async fn redirects_stay_off() {
    let (elsewhere, strangers) = record(OK, "").await;
    let head: &'static str =
        Box::leak(format!("307 Temporary Redirect\r\nlocation: http://{elsewhere}/").into());
    let (address, _) = record(head, "").await;
    let own = reqwest::Client::builder().redirect(reqwest::redirect::Policy::limited(5));
    let s3 = builder(address).http_client_builder(own).build().unwrap();
    s3.get_object("bucket", "key").send().await.unwrap_err();
    assert!(strangers.lock().unwrap().is_empty());
}

#[tokio::test]
async fn a_time_limit_of_the_callers_own_is_named() {
    let address = server::serve(|mut connection| async move {
        connection.request().await;
        tokio::time::sleep(Duration::from_secs(30)).await;
    })
    .await;
    let own = reqwest::Client::builder().timeout(Duration::from_millis(300));
    let s3 = builder(address).http_client_builder(own).build().unwrap();
    let error = s3
        .put_object("bucket", "key", "x")
        .send()
        .await
        .unwrap_err();
    assert!(
        matches!(&error, Error::Transport(transport) if transport.kind == TransportKind::Broken(Stage::Waiting)),
        "{error}"
    );
    assert!(
        error
            .to_string()
            .contains("a time limit of the reqwest::ClientBuilder"),
        "{error}"
    );
}

#[tokio::test]
async fn a_time_limit_of_the_callers_own_in_a_download() {
    let address = server::serve(|mut connection| async move {
        connection.request().await;
        connection
            .write("HTTP/1.1 200 OK\r\netag: \"e\"\r\ncontent-length: 5\r\n\r\nabc")
            .await;
        tokio::time::sleep(Duration::from_secs(30)).await;
    })
    .await;
    let own = reqwest::Client::builder().read_timeout(Duration::from_millis(300));
    let s3 = builder(address).http_client_builder(own).build().unwrap();
    let object = s3.get_object("bucket", "key").send().await.unwrap();
    let error = object.body.bytes().await.unwrap_err();
    assert!(
        error
            .to_string()
            .contains("a time limit of the reqwest::ClientBuilder"),
        "{error}"
    );
}

#[tokio::test]
async fn what_the_callers_http_client_refuses_is_told_before_anything_is_sent() {
    let (address, requests) = record(OK, "").await;
    let own = reqwest::Client::builder().https_only(true);
    let s3 = builder(address).http_client_builder(own).build().unwrap();
    let error = s3
        .put_object("bucket", "key", "x")
        .send()
        .await
        .unwrap_err();
    assert!(
        matches!(&error, Error::Invalid(invalid) if invalid.field == "HTTP client"),
        "{error}"
    );
    assert_eq!(error.context().attempts, 0);
    assert!(requests.lock().unwrap().is_empty());
}

/// How often a request was sent, and which part it was about.
#[tokio::test]
async fn errors_say_what_was_tried() {
    let (address, _) = record("500 Internal Server Error", "").await;
    let s3 = builder(address).build().unwrap();
    let error = s3
        .upload_part("bucket", "key", "id", 7, "x")
        .send()
        .await
        .unwrap_err();
    assert_eq!(
        (
            error.context().attempts,
            error.context().part_number.as_deref()
        ),
        (1, Some("7"))
    );
    assert!(error.to_string().contains("(part 7)"), "{error}");
    let unread = Body::stream(
        5,
        futures_util::stream::iter([Err::<Bytes, _>(std::io::Error::other("no"))]),
    );
    let error = s3.put_object("", "key", unread).send().await.unwrap_err();
    assert_eq!(error.context().attempts, 0);
    let limits = slim_s3::PartLimits {
        max_parts: 20_000,
        ..slim_s3::PartLimits::default()
    };
    let error = s3
        .upload_reader("bucket", "key", &b"x"[..])
        .part_limits(limits)
        .send()
        .await
        .unwrap_err();
    assert!(
        matches!(&error, Error::Invalid(invalid) if invalid.field == "part limits"),
        "{error}"
    );
}

#[tokio::test]
async fn a_resolver_of_the_callers_own() {
    let (address, requests) = record(OK, "").await;
    let own = reqwest::Client::builder().resolve("bucket.store.test", address);
    let s3 = builder(address)
        .endpoint(&format!("http://store.test:{}", address.port()))
        .addressing(slim_s3::Addressing::VirtualHosted)
        .http_client_builder(own)
        .build()
        .unwrap();
    s3.put_object("bucket", "key", "x").send().await.unwrap();
    let request = requests.lock().unwrap().pop().unwrap();
    verify(&request);
    assert_eq!(request.target, "/key");
}

#[tokio::test]
async fn proxies() {
    let (proxy, requests) = record(OK, "").await;
    let s3 = builder("127.0.0.1:9".parse().unwrap())
        .endpoint("http://store.test")
        .proxy(&format!("http://{proxy}"))
        .build()
        .unwrap();
    s3.put_object("bucket", "key", "x").send().await.unwrap();
    let mut request = requests.lock().unwrap().pop().unwrap();
    assert_eq!(request.target, "http://store.test/bucket/key");
    request.target = "/bucket/key".to_owned();
    verify(&request);
    for url in [
        "ftp://user:hunter2@proxy.test",
        "socks5://user:hunter2@proxy.test",
        "user:hunter2@",
        "",
    ] {
        let error = Client::builder()
            .endpoint("http://store.test")
            .anonymous()
            .proxy(url)
            .build()
            .unwrap_err();
        assert!(
            matches!(&error, Error::Invalid(invalid) if invalid.field == "proxy"),
            "{error}"
        );
        assert!(
            !format!("{error} {error:?}").contains("hunter2"),
            "{error:?}"
        );
    }
}

/// Without a secret there is nothing to sign chunks with.
#[tokio::test]
async fn a_stream_without_a_signature() {
    let (address, requests) = record(OK, "").await;
    let s3 = builder(address).anonymous().build().unwrap();
    let pieces =
        futures_util::stream::iter([Ok::<_, std::io::Error>(Bytes::from_static(b"hello"))]);
    s3.put_object("bucket", "key", Body::stream(5, pieces))
        .send()
        .await
        .unwrap();
    let request = requests.lock().unwrap().pop().unwrap();
    assert_eq!(
        (request.body.as_slice(), request.header("content-length")),
        (&b"hello"[..], Some("5"))
    );
    let chunks = s3.put_object("bucket", "key", Body::reader(5, &b"hello"[..]));
    let error = chunks
        .payload_hash(slim_s3::PayloadHash::Streaming)
        .send()
        .await
        .unwrap_err();
    assert!(
        error.to_string().contains("the client is anonymous"),
        "{error}"
    );
    assert!(
        request
            .headers
            .iter()
            .all(|(name, _)| !name.starts_with("x-amz-") && name != "content-encoding")
    );
}

/// Futures go to other threads: `tokio::spawn` takes them. Nothing runs here; it compiles or it does not.
#[allow(dead_code)]
fn futures_are_send(s3: &Client) {
    fn is_send<T: Send + 'static>(_: T) {}
    is_send(s3.put_object("b", "k", "x").send());
    is_send(s3.get_object("b", "k").send());
    is_send(s3.complete_multipart_upload("b", "k", "id", &[]).send());
    is_send(s3.upload_file("b", "k", "x").send());
    is_send(s3.upload_reader("b", "k", &b"x"[..]).send());
}
