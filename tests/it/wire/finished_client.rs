//! Requests sent by the caller's finished HTTP client.

use std::io::Cursor;

use reqwest::header::{HeaderMap, HeaderValue};
use slim_s3::Body;

use super::OK;
use crate::support::server::{builder, read, record};
use crate::support::verifier::verify;

/// Without a rustls provider, reqwest panics.
fn finished_client() -> reqwest::ClientBuilder {
    let builder = reqwest::Client::builder();
    #[cfg(any(feature = "rustls", feature = "webpki-roots"))]
    let builder = {
        let provider = std::sync::Arc::new(rustls::crypto::ring::default_provider());
        let config = rustls::ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_root_certificates(rustls::RootCertStore::empty())
            .with_no_client_auth();
        builder.tls_backend_preconfigured(config)
    };
    builder
}

/// Its default headers and its user agent are sent, and the builder's own settings do not apply.
#[tokio::test]
async fn a_finished_http_client_is_used_as_it_is() {
    let mut headers = HeaderMap::new();
    headers.insert("x-trace", HeaderValue::from_static("1"));
    let http = finished_client()
        .user_agent("finished/3")
        .default_headers(headers)
        .build()
        .unwrap();
    let (address, requests) = record(OK, "").await;
    let s3 = builder(address)
        .user_agent("mine/1")
        .proxy("http://127.0.0.1:9")
        .http_client_builder(reqwest::Client::builder().user_agent("other/2"))
        .unchecked_http_client(http)
        .build()
        .unwrap();
    s3.put_object("bucket", "key", "x").send().await.unwrap();
    let request = requests.lock().unwrap().pop().unwrap();
    verify(&request);
    assert_eq!(
        (request.header("user-agent"), request.header("x-trace")),
        (Some("finished/3"), Some("1"))
    );
}

/// The crate's own HTTP client follows none.
#[tokio::test]
async fn a_finished_http_client_follows_redirects_if_it_does_so_by_itself() {
    let (elsewhere, redirected) = record(OK, "").await;
    let head: &'static str =
        Box::leak(format!("307 Temporary Redirect\r\nlocation: http://{elsewhere}/").into());
    let (address, _) = record(head, "").await;
    let s3 = builder(address)
        .unchecked_http_client(finished_client().build().unwrap())
        .build()
        .unwrap();
    s3.get_object("bucket", "key").send().await.unwrap();
    assert_eq!(redirected.lock().unwrap().len(), 1);
}

#[tokio::test]
async fn a_finished_http_client_sends_every_kind_of_call() {
    // The body is a success for each of the calls.
    let (address, requests) = record(OK, "<PutObjectResult/>").await;
    let s3 = builder(address)
        .unchecked_http_client(finished_client().build().unwrap())
        .build()
        .unwrap();
    let put = |body: Body| s3.put_object("bucket", "a+b/ü %.txt", body).send();
    let content = || vec![1; 300_000];
    put(Body::from(content())).await.unwrap();
    put(Body::reader(300_000, Cursor::new(content())))
        .await
        .unwrap();
    assert_eq!(read(&s3, "bucket", "key").await, "<PutObjectResult/>");
    s3.head_object("bucket", "key").send().await.unwrap();
    let requests = requests.lock().unwrap();
    let lengths: Vec<_> = requests.iter().map(|sent| verify(sent).len()).collect();
    assert_eq!(lengths, [300_000, 300_000, 0, 0]);
}
