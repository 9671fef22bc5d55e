//! Endpoint URLs.

use super::{assert_rejected, builder, epoch};

#[test]
fn an_invalid_endpoint_url_is_rejected() {
    for (url, problem) in [
        ("", "has no scheme"),
        ("127.0.0.1:9000", "has no scheme (http:// or https://)"),
        ("ftp://host", "does not start with http"),
        ("http://", "is not a URL"),
        ("http:///path", "is not a URL"),
        ("http://host:port", "has a port that is not a number"),
        ("http://host:", "has a port that is not a number"),
        ("http://host:0", "has port 0"),
        ("http://[fe80::1%25eth0]:9000", "percent sign in its host"),
        ("http://h%6fst", "is not a URL"),
        ("http://host:99999", "has a port that is not a number"),
        ("http://host?x=1", "contains a query"),
        ("http://host/#f", "contains a query or a fragment"),
        ("http://bücher.example", "xn--"),
        ("http://host/a b", "is not a URL"),
        ("http://host/a//b", "has a path with an empty"),
        ("http://host/../b", "has a path with an empty"),
        ("http://host/%2e%2e/b", "has a path with an empty"),
        ("http://host/%2E/b", "has a path with an empty"),
        ("http://host/a%2fb", "has a path with an empty"),
        ("http://host/(a)", "has a path with an empty"),
    ] {
        assert_rejected(builder().endpoint(url).build(), "endpoint", &[problem]);
    }
}

#[test]
fn an_endpoint_with_a_password_is_rejected_without_quoting_it() {
    let error = builder()
        .endpoint("https://AK:hunter2@host")
        .build()
        .unwrap_err()
        .to_string();
    assert!(
        error.contains("a user name or a password") && !error.contains("hunter2"),
        "{error}"
    );
}

#[test]
fn errors_do_not_quote_secrets_in_an_endpoint() {
    for url in [
        "http://user:hunter2@127.0.0.1:9000",
        "user:hunter2@127.0.0.1",
        "http://127.0.0.1/?X-Amz-Signature=hunter2",
        "ftp://127.0.0.1/?X-Amz-Signature=hunter2",
        "http://127.0.0.1/#hunter2",
    ] {
        let error = builder().endpoint(url).build().unwrap_err();
        assert!(!format!("{error} {error:?}").contains("hunter2"), "{error}");
        assert_rejected(Err::<(), _>(error), "endpoint", &["the URL"]);
    }
}

#[test]
fn an_endpoint_is_normalised_and_keeps_its_path() {
    for (endpoint, url) in [
        ("http://host", "http://host/b/k"),
        ("http://host/", "http://host/b/k"),
        ("HTTP://Host:80/", "http://host/b/k"),
        ("http://host:443", "http://host:443/b/k"),
        ("http://host/base/", "http://host/base/b/k"),
        ("http://host/base/%20x", "http://host/base/%20x/b/k"),
        ("http://[::1]:9000", "http://[::1]:9000/b/k"),
    ] {
        let signed = builder()
            .endpoint(endpoint)
            .build()
            .unwrap()
            .get_object("b", "k")
            .sign(epoch())
            .unwrap();
        assert_eq!(signed.uri().to_string(), url, "{endpoint}");
    }
}
