//! Client settings and their effect on requests: the caller's HTTP client, proxies, user agents.

use std::net::SocketAddr;
use std::time::Duration;

use bytes::Bytes;
use reqwest::header::{HeaderMap, HeaderValue};
use slim_s3::error::{Stage, TransportKind};
use slim_s3::{Body, Client, Error};

use crate::support::server::{
    self, Received, assert_invalid, builder, never_responding, put_error, record,
};
use crate::support::verifier::verify;

const OK: &str = "200 OK\r\netag: \"e\"";

/// Sends one request with these settings, verifies its signature and returns it.
async fn sent_with(
    configure: impl FnOnce(slim_s3::ClientBuilder) -> slim_s3::ClientBuilder,
) -> Received {
    let (address, requests) = record(OK, "").await;
    let s3 = configure(builder(address)).build().unwrap();
    s3.put_object("bucket", "key", "x").send().await.unwrap();
    let request = requests.lock().unwrap().pop().unwrap();
    verify(&request);
    request
}

fn client_with_http(address: SocketAddr, http: reqwest::ClientBuilder) -> Client {
    builder(address).http_client_builder(http).build().unwrap()
}

#[tokio::test]
async fn the_user_agent_can_be_replaced() {
    let default = concat!("slim-s3/", env!("CARGO_PKG_VERSION"));
    assert_eq!(sent_with(|s3| s3).await.header("user-agent"), Some(default));
    assert_eq!(
        sent_with(|s3| s3.user_agent("mine/1"))
            .await
            .header("user-agent"),
        Some("mine/1")
    );
    let http = || reqwest::Client::builder().user_agent("other/2");
    assert_eq!(
        sent_with(|s3| s3.http_client_builder(http()))
            .await
            .header("user-agent"),
        Some("other/2")
    );
    let both = sent_with(|s3| s3.http_client_builder(http()).user_agent("mine/1")).await;
    assert_eq!(both.header("user-agent"), Some("mine/1"));
}

#[tokio::test]
async fn an_invalid_user_agent_is_rejected() {
    let error = builder("127.0.0.1:9".parse().unwrap())
        .user_agent("a\r\nb")
        .build()
        .unwrap_err();
    assert_invalid(&error, "user agent");
}

#[tokio::test]
async fn default_headers_do_not_replace_signed_headers() {
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
    let http = reqwest::Client::builder().default_headers(headers);
    let s3 = client_with_http(address, http);
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
async fn a_redirect_policy_of_the_callers_http_client_is_ignored() {
    let (elsewhere, redirected) = record(OK, "").await;
    let head: &'static str =
        Box::leak(format!("307 Temporary Redirect\r\nlocation: http://{elsewhere}/").into());
    let (address, _) = record(head, "").await;
    let http = reqwest::Client::builder().redirect(reqwest::redirect::Policy::limited(5));
    let s3 = client_with_http(address, http);
    s3.get_object("bucket", "key").send().await.unwrap_err();
    assert!(redirected.lock().unwrap().is_empty());
}

#[tokio::test]
async fn a_timeout_of_the_callers_http_client_is_named() {
    let address = never_responding().await;
    let http = reqwest::Client::builder().timeout(Duration::from_millis(300));
    let s3 = client_with_http(address, http);
    let error = put_error(&s3, "x").await;
    assert!(
        matches!(&error, Error::Transport(transport) if transport.kind == TransportKind::Broken(Stage::Waiting)),
        "{error}"
    );
    assert!(
        error
            .to_string()
            .contains("a timeout of the reqwest::ClientBuilder"),
        "{error}"
    );
}

#[tokio::test]
async fn a_read_timeout_of_the_callers_http_client_is_named() {
    let address = server::serve(|mut connection| async move {
        connection.request().await;
        connection
            .write("HTTP/1.1 200 OK\r\netag: \"e\"\r\ncontent-length: 5\r\n\r\nabc")
            .await;
        tokio::time::sleep(Duration::from_secs(30)).await;
    })
    .await;
    let http = reqwest::Client::builder().read_timeout(Duration::from_secs(1));
    let s3 = client_with_http(address, http);
    let object = s3.get_object("bucket", "key").send().await.unwrap();
    let error = object.body.bytes().await.unwrap_err();
    assert!(
        error
            .to_string()
            .contains("a timeout of the reqwest::ClientBuilder"),
        "{error}"
    );
}

#[tokio::test]
async fn a_request_that_the_callers_http_client_rejects_is_not_sent() {
    let (address, requests) = record(OK, "").await;
    let http = reqwest::Client::builder().https_only(true);
    let s3 = client_with_http(address, http);
    let error = put_error(&s3, "x").await;
    assert_invalid(&error, "HTTP client");
    assert_eq!(error.context().attempts, 0);
    assert!(requests.lock().unwrap().is_empty());
}

#[tokio::test]
async fn errors_report_attempts_and_part_number() {
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
}

#[tokio::test]
async fn an_invalid_call_reports_no_attempts() {
    let s3 = builder("127.0.0.1:9".parse().unwrap()).build().unwrap();
    let unread = Body::stream(
        5,
        futures_util::stream::iter([Err::<Bytes, _>(std::io::Error::other("no"))]),
    );
    let error = s3.put_object("", "key", unread).send().await.unwrap_err();
    assert_eq!(error.context().attempts, 0);
}

#[tokio::test]
async fn invalid_part_limits_are_rejected() {
    let s3 = builder("127.0.0.1:9".parse().unwrap()).build().unwrap();
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
    assert_invalid(&error, "part limits");
}

#[tokio::test]
async fn a_resolver_of_the_callers_http_client_is_used() {
    let (address, requests) = record(OK, "").await;
    let http = reqwest::Client::builder().resolve("bucket.store.test", address);
    let s3 = builder(address)
        .endpoint(&format!("http://store.test:{}", address.port()))
        .addressing(slim_s3::Addressing::VirtualHosted)
        .http_client_builder(http)
        .build()
        .unwrap();
    s3.put_object("bucket", "key", "x").send().await.unwrap();
    let request = requests.lock().unwrap().pop().unwrap();
    verify(&request);
    assert_eq!(request.target, "/key");
}

#[tokio::test]
async fn requests_are_sent_to_the_proxy() {
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
}

#[tokio::test]
async fn an_invalid_proxy_is_rejected_without_showing_its_password() {
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
        assert_invalid(&error, "proxy");
        assert!(
            !format!("{error} {error:?}").contains("hunter2"),
            "{error:?}"
        );
    }
}

/// Signing chunks requires a secret access key.
#[tokio::test]
async fn an_anonymous_stream_is_sent_without_chunks() {
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

/// Fails to compile unless the futures can be passed to `tokio::spawn`.
#[allow(dead_code)]
fn futures_are_send(s3: &Client) {
    fn is_send<T: Send + 'static>(_: T) {}
    is_send(s3.put_object("b", "k", "x").send());
    is_send(s3.get_object("b", "k").send());
    is_send(s3.complete_multipart_upload("b", "k", "id", &[]).send());
    is_send(s3.upload_file("b", "k", "x").send());
    is_send(s3.upload_reader("b", "k", &b"x"[..]).send());
}
