//! The doctor on a live store: what it finds, and that it leaves the bucket as it was.

use std::time::Duration;

use futures_util::future::join_all;
use slim_s3::error::TransportKind;
use slim_s3::operation::VersioningStatus;
use slim_s3::{Addressing, Client, DoctorReport};

use super::list;
use crate::support::live::{self, Store, is_https, is_minio, store, with_bucket};
use crate::support::script::transport_kind;

/// The rows of MinIO over http.
const MINIO: &str = "\
reachable supported
tls differs
credentials supported
clock supported
canonical_request differs
region ignored
path_style supported
virtual_host skipped
list_objects_v2 supported
encoding_type supported
versioning supported
list_object_versions supported
list_multipart_uploads supported
put_object supported
get_object supported
metadata supported
etag supported
range supported
range_if_match supported
content_md5 supported
checksum_crc32 supported
checksum_sha256 supported
aws_chunked supported
sse_s3 refused
sse_kms refused
sse_c skipped
copy_object supported
put_if_none_match supported
put_if_match supported
copy_if_none_match ignored
delete_if_match ignored
multipart supported
multipart_etag supported
complete_if_none_match supported
odd_characters supported
leading_slash differs
double_slash refused
trailing_slash supported
delete_object supported
delete_objects supported
";

/// The stores of tests/stores have profiles of their own.
fn has_profile() -> bool {
    is_minio() || store() != Store::Minio
}

/// The rows in which the store differs from [`MINIO`].
fn differences() -> &'static [&'static str] {
    match store() {
        // With a certificate, a region and a key.
        Store::Minio if is_https() => &[
            "tls supported",
            "region supported",
            "sse_s3 supported",
            "sse_kms supported",
            "sse_c supported",
        ],
        Store::Minio => &[],
        Store::Versitygw => &[
            "canonical_request supported",
            "region supported",
            "encoding_type ignored",
            "aws_chunked differs",
            "sse_s3 ignored",
            "sse_kms ignored",
            "delete_if_match supported",
            "double_slash differs",
            "trailing_slash refused",
        ],
        Store::S3sFs => &[
            "encoding_type differs",
            "versioning refused",
            "list_object_versions refused",
            "list_multipart_uploads refused",
            "range_if_match ignored",
            "aws_chunked differs",
            "sse_s3 ignored",
            "sse_kms ignored",
            "leading_slash unknown",
            "double_slash differs",
            "trailing_slash refused",
        ],
    }
}

/// One row a line, and the details of all for the message of a failure. `others` are further rows that differ.
#[track_caller]
fn assert_profile(report: &DoctorReport, others: &[&str]) {
    let mut expected = String::new();
    for row in MINIO.lines() {
        let (name, _) = row.split_once(' ').unwrap();
        let mut known = others.iter().chain(differences());
        let other = known.find(|other| other.split(' ').next() == Some(name));
        expected = expected + other.unwrap_or(&row) + "\n";
    }
    let rows = report.checks().iter();
    let found: String = rows
        .map(|check| format!("{} {}\n", check.name, check.verdict.name()))
        .collect();
    assert_eq!(found, expected, "{report}");
}

/// The keys and the versions of a bucket, and how many uploads are open.
async fn contents(s3: &Client, bucket: &str) -> (Vec<String>, usize, usize) {
    let keys = list(s3, bucket).await.into_iter().map(|object| object.key);
    let versions = s3.list_object_versions(bucket).send().await;
    let versions = versions.map_or(0, |page| page.versions.len() + page.delete_markers.len());
    (keys.collect(), versions, open_uploads(s3, bucket).await)
}

/// How many uploads exist. Without a prefix, MinIO also lists an upload whose completion was interrupted, and that is gone.
async fn open_uploads(s3: &Client, bucket: &str) -> usize {
    let Ok(page) = s3.list_multipart_uploads(bucket).send().await else {
        return 0;
    };
    let mut count = 0;
    for listed in page.uploads {
        let of_key = s3.list_multipart_uploads(bucket).prefix(&listed.key);
        let uploads = of_key.send().await.unwrap().uploads;
        count += usize::from(
            uploads
                .iter()
                .any(|upload| upload.upload_id == listed.upload_id),
        );
    }
    count
}

async fn examine(s3: &Client, bucket: &str) -> DoctorReport {
    let report = s3.doctor(bucket).write(true).send().await;
    assert!(report.error().is_none(), "{report}");
    assert_eq!(report.left(), [""; 0], "{report}");
    report
}

#[tokio::test]
#[ignore = "needs a store: tests/run"]
async fn each_row_is_what_the_store_does() {
    with_bucket(|s3, bucket| async move {
        s3.put_object(&bucket, "own", "x").send().await.unwrap();
        let before = contents(&s3, &bucket).await;
        let report = examine(&s3, &bucket).await;
        println!("{report}\n{}", report.to_json());
        assert_eq!(contents(&s3, &bucket).await, before);
        assert!(report.requests() <= 110, "{report}");
        if has_profile() {
            assert_profile(&report, &[]);
        }
    })
    .await;
}

#[tokio::test]
#[ignore = "needs a store: tests/run"]
async fn the_rows_without_writes_are_the_same() {
    with_bucket(|s3, bucket| async move {
        let read = s3.doctor(&bucket).send().await;
        let written = examine(&s3, &bucket).await;
        let rows = |report: &DoctorReport| -> Vec<_> {
            let rows = report.checks().iter();
            rows.map(|check| (check.name, check.verdict)).collect()
        };
        let (read, written) = (rows(&read), rows(&written));
        assert_eq!(read.len() + 27, written.len());
        assert!(written.starts_with(&read), "{read:?}");
    })
    .await;
}

/// A client that reaches the store by a name, without DNS, with the bucket in the host or not.
fn named(domain: &str, bucket: &str, addressing: Addressing) -> (String, Client) {
    let address = live::address();
    let endpoint = live::endpoint().replace(&address.ip().to_string(), domain);
    let resolves = reqwest::Client::builder().resolve(domain, address);
    let client = live::builder()
        .endpoint(&endpoint)
        .addressing(addressing)
        .http_client_builder(resolves.resolve(&format!("{bucket}.{domain}"), address));
    (endpoint, client.build().unwrap())
}

/// A store without a domain reads only the path. There, a PutObject by the host would be CreateBucket.
#[tokio::test]
#[ignore = "needs a store: tests/run"]
async fn the_settings_say_whether_the_bucket_can_be_in_the_host() {
    with_bucket(|s3, bucket| async move {
        let domain = live::domain();
        let name = domain.as_deref().unwrap_or("s3.test");
        for addressing in [Addressing::Auto, Addressing::VirtualHosted] {
            let (endpoint, client) = named(name, &bucket, addressing);
            let report = examine(&client, &bucket).await;
            let (verdict, style) = match (&domain, addressing) {
                (Some(_), Addressing::Auto) => ("supported", None),
                (Some(_), _) => ("supported", Some("VirtualHosted")),
                (None, Addressing::Auto) => ("ignored", None),
                (None, _) => ("ignored", Some("Path")),
            };
            if has_profile() {
                assert_profile(&report, &[&format!("virtual_host {verdict}")]);
            }
            let code = report.builder_code();
            let line = style.map(|style| format!("    .addressing(Addressing::{style})\n"));
            let region = live::region();
            let place = format!("    .endpoint({endpoint:?})\n    .region({region:?})\n");
            assert!(code.contains(&place), "{code}");
            assert_eq!(
                code.matches(".addressing(").count(),
                line.iter().count(),
                "{code}"
            );
            assert!(line.is_none_or(|line| code.contains(&line)), "{code}");
            let expected = [("AWS_ENDPOINT_URL_S3", endpoint), ("AWS_REGION", region)];
            assert_eq!(report.environment(), expected);
            // As the code says.
            let suggested = match style {
                Some("VirtualHosted") => Addressing::VirtualHosted,
                _ => Addressing::Path,
            };
            let (_, client) = named(name, &bucket, suggested);
            client.put_object(&bucket, "key", "x").send().await.unwrap();
            assert_eq!(super::read(&s3, &bucket, "key").await, "x");
            s3.delete_object(&bucket, "key").send().await.unwrap();
        }
    })
    .await;
}

/// Deleting an object of a bucket with versions would leave a version and a marker.
#[tokio::test]
#[ignore = "needs a store: tests/run"]
async fn no_version_is_left() {
    with_bucket(|s3, bucket| async move {
        let enabled = s3.put_bucket_versioning(&bucket, VersioningStatus::Enabled);
        if enabled.send().await.is_err() {
            assert_ne!(store(), Store::Minio);
            return;
        }
        let report = examine(&s3, &bucket).await;
        assert!(report.requests() <= 160, "{report}");
        assert_eq!(contents(&s3, &bucket).await, (Vec::new(), 0, 0));
    })
    .await;
}

#[tokio::test]
#[ignore = "needs a store: tests/run"]
async fn a_cancelled_examination_leaves_nothing() {
    with_bucket(|s3, bucket| async move {
        s3.put_object(&bucket, "own", "x").send().await.unwrap();
        let before = contents(&s3, &bucket).await;
        let mut cancelled = 0;
        for milliseconds in (0..24).map(|step| 3 + step * step) {
            let stop = tokio::time::sleep(Duration::from_millis(milliseconds));
            let doctor = s3.doctor(&bucket).write(true).cancel_on(stop);
            let report = doctor.send().await;
            if let Some(error) = report.error() {
                assert_eq!(transport_kind(error), TransportKind::Cancelled);
                cancelled += 1;
            }
            // s3s-fs cannot list uploads, as one whose creation was interrupted, and does not abort one whose completion was.
            let mut left = report.left().iter();
            let is_expected = |left: &String| store() == Store::S3sFs && left.contains(" (");
            assert!(left.all(is_expected), "after {milliseconds} ms: {report}");
            let after = contents(&s3, &bucket).await;
            assert_eq!(after, before, "after {milliseconds} ms: {report}");
        }
        assert!(cancelled > 5, "{cancelled} cancelled");
    })
    .await;
}

#[tokio::test]
#[ignore = "needs a store: tests/run"]
async fn sixteen_at_once_do_not_disturb_each_other() {
    with_bucket(|s3, bucket| async move {
        s3.put_object(&bucket, "own", "x").send().await.unwrap();
        let before = contents(&s3, &bucket).await;
        let reports = join_all((0..16).map(|_| examine(&s3, &bucket))).await;
        assert_eq!(contents(&s3, &bucket).await, before);
        let prefixes: std::collections::BTreeSet<&str> =
            reports.iter().map(DoctorReport::prefix).collect();
        assert_eq!(prefixes.len(), 16);
        let rows = |report: &DoctorReport| -> Vec<_> {
            let rows = report.checks().iter();
            rows.map(|check| (check.name, check.verdict)).collect()
        };
        for report in &reports {
            assert_eq!(rows(report), rows(&reports[0]), "{report}\n{}", reports[0]);
        }
    })
    .await;
}

#[tokio::test]
#[ignore = "needs a store: tests/run"]
async fn a_wrong_secret_ends_the_examination() {
    with_bucket(|_, bucket| async move {
        let (id, secret) = live::keys();
        let wrong = slim_s3::Credentials::new(id, format!("{secret}x"));
        let client = live::builder().credentials(wrong);
        let report = client.build().unwrap().doctor(&bucket).send().await;
        let error = report.error().unwrap();
        assert_eq!(error.code(), Some("SignatureDoesNotMatch"), "{report}");
        assert!(!report.to_string().contains(&secret));
    })
    .await;
}
