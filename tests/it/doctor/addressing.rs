//! Stores that take the bucket from the path only, or from the host only: the rest of the examination uses what works.

use slim_s3::{Addressing, DoctorReport, Verdict};

use super::{EMPTY, Respond, Store, assert_prints, ok};
use crate::support::server::Received;

/// The response to a request for the list of buckets.
const BUCKETS: &str = "<ListAllMyBucketsResult><Buckets/></ListAllMyBucketsResult>";

const REFUSED: &str = "<Error><Code>SecondLevelDomainForbidden</Code></Error>";

/// Whether the bucket is named in the host.
fn is_in_host(request: &Received) -> bool {
    request
        .header("host")
        .unwrap()
        .starts_with("bucket.s3.test:")
}

/// Examines a store as `s3.test`, and returns the requests after the rows about addressing: those that write.
async fn examine(
    addressing: Addressing,
    respond: fn(&Received) -> Respond,
) -> (DoctorReport, Vec<Received>) {
    let store = Store::new(respond).await;
    let place = store.address;
    let http = reqwest::Client::builder();
    let http = http
        .resolve("s3.test", place)
        .resolve("bucket.s3.test", place);
    let client = store
        .builder()
        .endpoint(&format!("http://s3.test:{}", place.port()))
        .addressing(addressing)
        .http_client_builder(http)
        .build()
        .unwrap();
    let report = client.doctor("bucket").write(true).send().await;
    assert!(report.error().is_none(), "{report}");
    assert_prints(&report);
    let requests = store.requests().into_iter();
    let writes = requests.filter(|request| !matches!(request.method.as_str(), "GET" | "HEAD"));
    (report, writes.collect())
}

/// MinIO without a domain does this: a PutObject by the host would be CreateBucket.
#[tokio::test]
async fn a_store_that_ignores_the_host_is_examined_by_the_path() {
    let (report, writes) = examine(Addressing::VirtualHosted, |request| {
        match request.target.starts_with("/bucket") {
            true => ok(EMPTY),
            false => ok(BUCKETS),
        }
    })
    .await;
    assert_eq!(report.verdict("path_style"), Some(Verdict::Supported));
    assert_eq!(report.verdict("virtual_host"), Some(Verdict::Ignored));
    assert!(report.is_supported("list_objects_v2"), "{report}");
    assert!(writes.len() > 20, "{} writes", writes.len());
    for request in &writes {
        assert!(
            !is_in_host(request) && request.target.starts_with("/bucket"),
            "{request:?}"
        );
    }
    let code = report.builder_code();
    assert!(code.contains(".addressing(Addressing::Path)"), "{code}");
}

/// Alibaba's OSS does this.
#[tokio::test]
async fn a_store_that_requires_the_host_is_examined_by_the_host() {
    let (report, writes) = examine(Addressing::Auto, |request| match is_in_host(request) {
        true => ok(EMPTY),
        false => ("403 Forbidden".to_owned(), REFUSED.into()),
    })
    .await;
    assert_eq!(report.verdict("path_style"), Some(Verdict::Refused));
    assert_eq!(report.verdict("virtual_host"), Some(Verdict::Supported));
    assert!(report.is_supported("list_objects_v2"), "{report}");
    assert!(writes.len() > 20, "{} writes", writes.len());
    assert!(writes.iter().all(is_in_host), "{writes:?}");
    let code = report.builder_code();
    assert!(
        code.contains(".addressing(Addressing::VirtualHosted)"),
        "{code}"
    );
    // The error of every listing by the path says nothing about signatures and regions.
    for name in ["canonical_request", "region"] {
        assert_ne!(report.verdict(name), Some(Verdict::Supported), "{report}");
        assert_ne!(report.verdict(name), Some(Verdict::Differs), "{report}");
    }
}

/// Both work, so the client's own style stays.
#[tokio::test]
async fn a_style_that_works_is_kept() {
    for (addressing, expected) in [
        (Addressing::Auto, None),
        (Addressing::Path, None),
        (
            Addressing::VirtualHosted,
            Some(".addressing(Addressing::VirtualHosted)"),
        ),
    ] {
        let (report, writes) = examine(addressing, |_| ok(EMPTY)).await;
        assert!(report.is_supported("path_style"), "{report}");
        assert!(report.is_supported("virtual_host"), "{report}");
        let code = report.builder_code();
        let line = code
            .lines()
            .map(str::trim)
            .find(|line| line.starts_with(".addressing"));
        assert_eq!(line, expected);
        let in_host = writes.iter().filter(|request| is_in_host(request)).count();
        assert!(in_host == if expected.is_some() { writes.len() } else { 0 });
    }
}
