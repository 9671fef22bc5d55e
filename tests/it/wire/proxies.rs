//! Proxies: of the environment, and those that refuse.

use slim_s3::{Client, Credentials};

use crate::support::script::{play, quick, response};
use crate::support::server::put_error;

/// hyper does not report the status of other refusals, so they may be transient.
#[cfg(any(feature = "rustls", feature = "webpki-roots"))]
#[tokio::test]
async fn a_proxy_that_refuses_the_connection_is_named() {
    use slim_s3::error::TransportKind;

    use crate::support::script::{Close, Head, raw, transport_kind};

    for (status, attempts, problem) in [
        (
            "407 Proxy Authentication Required",
            1,
            "proxy authorization required; write the proxy's user name",
        ),
        (
            "403 Forbidden",
            3,
            "the proxy could not or would not connect to the store",
        ),
        (
            "502 Bad Gateway",
            3,
            "the proxy could not or would not connect to the store",
        ),
    ] {
        let refusal = || {
            vec![
                Head,
                raw(format!("HTTP/1.1 {status}\r\ncontent-length: 0\r\n\r\n")),
                Close,
            ]
        };
        let server = play([refusal(), refusal(), refusal()]).await;
        let authority = crate::support::certificates::Authority::new("CA");
        let s3 = Client::builder()
            .endpoint("https://store.example")
            .credentials(Credentials::new("AK", "SK"))
            .proxy(&format!("http://{}", server.address))
            .roots(slim_s3::Roots::Pem(authority.pem))
            .retry(quick())
            .build()
            .unwrap();
        let error = put_error(&s3, "data").await;
        assert_eq!(transport_kind(&error), TransportKind::Connect);
        assert!(error.to_string().contains(problem), "{error}");
        assert!(error.to_string().contains("store.example:443"), "{error}");
        assert_eq!(error.context().attempts, attempts, "{error}");
    }
}

#[tokio::test]
async fn a_407_to_a_plain_request_is_final() {
    let server = play([response("407 Proxy Authentication Required", "")]).await;
    let s3 = Client::builder()
        .endpoint("http://store.example")
        .credentials(Credentials::new("AK", "SK"))
        .proxy(&format!("http://{}", server.address))
        .retry(quick())
        .build()
        .unwrap();
    let error = put_error(&s3, "data").await;
    assert_eq!(error.code(), Some("ProxyAuthenticationRequired"));
    assert_eq!((error.context().attempts, error.is_retryable()), (1, false));
}

/// In another process, because the environment belongs to the whole process.
#[tokio::test]
async fn a_socks_proxy_in_the_environment_is_named() {
    for variable in ["ALL_PROXY", "all_proxy", "HTTP_PROXY", "http_proxy"] {
        let mut command = std::process::Command::new(std::env::current_exe().unwrap());
        command
            .args(["--exact", "wire::proxies::print_error", "--nocapture"])
            .env_clear()
            .env(variable, "socks5://127.0.0.1:9");
        let output = String::from_utf8_lossy(&command.output().unwrap().stdout).into_owned();
        // One attempt: no others are listed.
        let expected = "no connection to store.example:80: unsupported scheme socks5: a SOCKS proxy, for which your program must \
                        enable reqwest's feature socks\n";
        assert!(output.contains(expected), "{output}");
    }
}

/// Run in another process by the test above; asserts nothing.
#[tokio::test]
async fn print_error() {
    if std::env::vars().all(|(name, _)| !name.to_lowercase().ends_with("_proxy")) {
        return;
    }
    let s3 = Client::builder()
        .endpoint("http://store.example")
        .credentials(Credentials::new("AK", "SK"))
        .retry(quick())
        .build()
        .unwrap();
    println!("{}", put_error(&s3, "data").await);
}
