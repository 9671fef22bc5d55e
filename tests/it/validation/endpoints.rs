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

/// As a bucket's page on the web shows it. Each call names its bucket, so the bucket would be named twice.
#[test]
fn a_bucket_in_the_url_of_a_well_known_service_is_rejected() {
    let account = "0123456789abcdef0123456789abcdef";
    for (url, problem) in [
        ("https://s3.eu-west-1.amazonaws.com/photos", "has a path"),
        ("https://s3.amazonaws.com/photos/", "has a path"),
        (
            "https://s3.us-west-004.backblazeb2.com/photos",
            "has a path",
        ),
        ("https://storage.googleapis.com/photos", "has a path"),
        (
            "https://ACCOUNT.r2.cloudflarestorage.com/photos",
            "has a path",
        ),
        (
            "https://ACCOUNT.eu.r2.cloudflarestorage.com/photos",
            "has a path",
        ),
        ("https://fra1.digitaloceanspaces.com/photos", "has a path"),
        ("https://s3-us-west-2.amazonaws.com/photos", "has a path"),
        (
            "https://photos.s3-us-west-2.amazonaws.com",
            "names a bucket",
        ),
        (
            "https://s3-backups.s3.eu-west-1.amazonaws.com",
            "names a bucket",
        ),
        ("https://s3.s3.eu-west-1.amazonaws.com", "names a bucket"),
        (
            "https://photos.s3.eu-west-1.amazonaws.com",
            "names a bucket",
        ),
        ("https://photos.s3.amazonaws.com.", "names a bucket"),
        (
            "https://photos.s3.dualstack.eu-west-1.amazonaws.com",
            "names a bucket",
        ),
        (
            "https://my.photos.s3.eu-central-1.wasabisys.com",
            "names a bucket",
        ),
        ("https://photos.s3.fr-par.scw.cloud", "names a bucket"),
        (
            "https://photos.fra1.digitaloceanspaces.com",
            "names a bucket",
        ),
        ("https://photos.storage.googleapis.com", "names a bucket"),
        (
            "https://photos.ACCOUNT.r2.cloudflarestorage.com",
            "names a bucket",
        ),
    ] {
        let url = url.replace("ACCOUNT", account);
        let built = builder().region("us-east-1").endpoint(&url).build();
        assert_rejected(built, "endpoint", &[problem, "each call names its bucket"]);
    }
}

#[cfg(any(
    not(feature = "reqwest"),
    feature = "rustls",
    feature = "webpki-roots",
    feature = "native-tls"
))]
#[test]
fn other_urls_of_well_known_services_are_accepted() {
    for url in [
        "https://s3.eu-west-1.amazonaws.com/",
        "https://s3-accelerate.amazonaws.com",
        "https://alias-123.s3-accesspoint.us-east-1.amazonaws.com/x",
        "https://storage.googleapis.com",
        "https://storage.us-central1.rep.googleapis.com",
        "https://storage.mtls.googleapis.com",
        "https://bucket.vpce-1a2b3c4d-5e6f.s3.us-east-1.vpce.amazonaws.com",
        "https://a1b2c3.execute-api.us-east-1.amazonaws.com/prod/storage",
        "https://0123456789abcdef0123456789abcdef.r2.cloudflarestorage.com",
        "https://0123456789abcdef0123456789abcdef.eu.r2.cloudflarestorage.com",
        "https://fra1.digitaloceanspaces.com",
    ] {
        let built = builder().region("us-east-1").endpoint(url).build();
        built.unwrap_or_else(|error| panic!("{url}: {error}"));
    }
}

#[test]
fn a_dot_at_the_end_of_the_host_keeps_the_region() {
    for (endpoint, region) in [
        ("http://s3.eu-west-1.amazonaws.com.", "eu-west-1"),
        ("http://s3.eu-west-1.amazonaws.com.:8080", "eu-west-1"),
        ("http://s3.amazonaws.com.", "us-east-1"),
        ("http://s3.us-west-004.backblazeb2.com.", "us-west-004"),
    ] {
        let s3 = builder().endpoint(endpoint).build().unwrap();
        assert_eq!(s3.region(), region, "{endpoint}");
    }
}

#[test]
fn every_request_keeps_the_path_of_the_endpoint() {
    let s3 = builder()
        .endpoint("http://host/storage/v1/s3/")
        .build()
        .unwrap();
    let url = |signed: http::Request<bytes::Bytes>| signed.uri().to_string();
    assert_eq!(
        url(s3.list_buckets().sign(epoch()).unwrap()),
        "http://host/storage/v1/s3"
    );
    assert_eq!(
        url(s3.head_bucket("b").sign(epoch()).unwrap()),
        "http://host/storage/v1/s3/b"
    );
    let s3 = builder().endpoint("http://host").build().unwrap();
    assert_eq!(
        url(s3.list_buckets().sign(epoch()).unwrap()),
        "http://host/"
    );
}

#[test]
fn an_invalid_signed_endpoint_is_rejected_by_its_name() {
    let result = super::builder().signed_endpoint("minio:9000").build();
    super::assert_rejected(result, "signed_endpoint", &["http://"]);
}

#[test]
fn the_signature_is_for_the_signed_endpoint() {
    let builder = super::builder().endpoint("https://files.example/s3");
    let s3 = builder.signed_endpoint("http://minio:80/store").build();
    let call = s3.unwrap().get_object("b", "k");
    let request = call.sign(super::epoch()).unwrap();
    assert_eq!(request.uri(), "https://files.example/s3/b/k");
    let explanation = call.explain(super::epoch()).unwrap();
    let signed = explanation.canonical_request();
    assert_eq!(signed.uri, "/store/b/k");
    let host = signed.headers.iter().find(|(name, _)| *name == "host");
    assert_eq!(host, Some(("host", "minio")));
}
