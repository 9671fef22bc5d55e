//! What ends an examination, and what does not.

use slim_s3::error::TransportKind;
use slim_s3::{Addressing, Client, Credentials, Verdict};

use super::{EMPTY, Respond, Store, assert_prints, names, ok};
use crate::support::script::{error_document, transport_kind};

fn rejected(status: &str, code: &str) -> Respond {
    (status.to_owned(), error_document(code).into_bytes())
}

#[tokio::test]
async fn an_unreachable_store_is_reported() {
    let client = Client::builder()
        .endpoint("http://127.0.0.1:9")
        .credentials(Credentials::new("AK", "SK"))
        .retry(slim_s3::RetryPolicy::none())
        .build()
        .unwrap();
    let report = client.doctor("bucket").write(true).send().await;
    assert_eq!(names(&report), ["reachable"]);
    assert_eq!(report.verdict("reachable"), Some(Verdict::Unknown));
    let error = report.error().unwrap();
    assert_eq!(transport_kind(error), TransportKind::Connect);
    assert_eq!(report.left(), [""; 0]);
    assert!(report.to_string().contains("Ended early: "), "{report}");
    assert_prints(&report);
}

#[tokio::test]
async fn rejected_keys_end_the_examination() {
    for (status, code) in [
        ("403 Forbidden", "InvalidAccessKeyId"),
        ("403 Forbidden", "SignatureDoesNotMatch"),
        ("404 Not Found", "XAdminUserNotFound"),
        ("400 Bad Request", "ExpiredToken"),
    ] {
        let store = Store::new(move |_| rejected(status, code)).await;
        let report = store.examine().await;
        assert_eq!(names(&report), ["reachable", "credentials"]);
        assert_eq!(report.verdict("reachable"), Some(Verdict::Supported));
        assert_eq!(report.verdict("credentials"), Some(Verdict::Refused));
        assert_eq!(report.error().unwrap().code(), Some(code));
        assert_eq!(store.requests().len(), 1, "{code}");
        assert_prints(&report);
    }
}

#[tokio::test]
async fn a_missing_bucket_ends_the_examination() {
    let store = Store::new(|_| rejected("404 Not Found", "NoSuchBucket")).await;
    let report = store.examine().await;
    assert_eq!(names(&report), ["reachable", "credentials", "bucket"]);
    assert_eq!(report.verdict("bucket"), Some(Verdict::Refused));
    assert!(report.error().unwrap().is_not_found());
}

/// Keys that permit nothing may still be valid.
#[tokio::test]
async fn a_403_to_every_request_is_a_row_for_each_check() {
    let store = Store::new(|_| rejected("403 Forbidden", "AccessDenied")).await;
    let report = store.examine().await;
    assert!(report.error().is_none(), "{report}");
    assert_eq!(report.verdict("reachable"), Some(Verdict::Supported));
    assert_eq!(report.verdict("credentials"), Some(Verdict::Unknown));
    // Nothing shows whether a change to the listing was the cause.
    for name in ["canonical_request", "region"] {
        assert_ne!(report.verdict(name), Some(Verdict::Supported), "{name}");
        assert_ne!(report.verdict(name), Some(Verdict::Differs), "{name}");
    }
    for name in [
        "list_objects_v2",
        "encoding_type",
        "versioning",
        "put_object",
    ] {
        assert_eq!(report.verdict(name), Some(Verdict::Refused), "{name}");
    }
    // Without a put that succeeds, nothing else is written.
    assert_eq!(report.verdict("multipart"), Some(Verdict::Skipped));
    let requests = store.requests();
    let writes = requests.iter().filter(|request| request.method == "PUT");
    assert_eq!(writes.count(), 1);
    assert!(requests.len() < 30, "{} requests", requests.len());
    assert_prints(&report);
}

#[tokio::test]
async fn the_region_that_the_store_expects_is_used() {
    let document =
        "<Error><Code>AuthorizationHeaderMalformed</Code><Region>garage</Region></Error>";
    let store = Store::new(move |request| {
        let authorization = request.header("authorization").unwrap();
        match authorization.contains("/garage/s3/") {
            true => ok(EMPTY),
            false => ("400 Bad Request".to_owned(), document.into()),
        }
    })
    .await;
    let report = store.client.doctor("bucket").send().await;
    assert!(report.error().is_none(), "{report}");
    assert_eq!(report.verdict("region"), Some(Verdict::Differs));
    let code = report.builder_code();
    assert!(code.contains(".region(\"garage\")"), "{code}");
    assert!(
        report
            .environment()
            .contains(&("AWS_REGION", "garage".to_owned()))
    );
    assert!(report.is_supported("list_objects_v2"));
}

#[tokio::test]
async fn without_write_nothing_is_written() {
    let store = Store::new(|_| ok(EMPTY)).await;
    let report = store.client.doctor("bucket").send().await;
    let requests = store.requests();
    let mut methods = requests.iter().map(|request| request.method.as_str());
    assert!(methods.all(|method| matches!(method, "GET" | "HEAD")));
    assert!(requests.len() <= 14, "{} requests", requests.len());
    assert_eq!(report.requests() as usize, requests.len());
    assert_eq!(report.verdict("put_object"), None);
    let text = report.to_string();
    assert!(
        text.contains("Nothing was written, which 27 more checks require."),
        "{text}"
    );
    assert_prints(&report);
}

#[tokio::test]
async fn an_invalid_bucket_is_reported_before_anything_is_sent() {
    let store = Store::new(|_| ok(EMPTY)).await;
    let report = store.client.doctor("a/b").send().await;
    crate::support::server::assert_invalid(report.error().unwrap(), "bucket");
    assert_eq!(store.requests().len(), 0);
    assert_prints(&report);
}

#[tokio::test]
async fn an_anonymous_client_is_examined_without_signatures() {
    let store = Store::new(|_| ok(EMPTY)).await;
    let endpoint = store.client.get_object("b", "k").sign(store.client.now());
    let endpoint = endpoint.unwrap().uri().authority().unwrap().to_string();
    let client = Client::builder()
        .endpoint(&format!("http://{endpoint}"))
        .addressing(Addressing::Path)
        .anonymous()
        .build()
        .unwrap();
    let report = client.doctor("bucket").send().await;
    for name in ["credentials", "canonical_request", "region"] {
        assert_eq!(report.verdict(name), Some(Verdict::Skipped), "{name}");
    }
    let mut requests = store.requests().into_iter();
    assert!(requests.all(|request| request.header("authorization").is_none()));
    assert!(report.builder_code().contains(".anonymous()"));
    assert!(!report.to_string().contains("AWS_ACCESS_KEY_ID"));
}
