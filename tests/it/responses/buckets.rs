//! Locations and versioning of buckets.

use slim_s3::operation::{GetBucketLocation, GetBucketVersioning, VersioningStatus};
use slim_s3::{Error, Operation};

use super::{bucket, ok};

/// AWS reports us-east-1 as an empty location, and may report eu-west-1 as `EU`.
#[test]
fn a_bucket_location_is_a_region_name() {
    for (body, region) in [
        (
            "<LocationConstraint xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\"></LocationConstraint>",
            "us-east-1",
        ),
        ("<LocationConstraint/>", "us-east-1"),
        ("<LocationConstraint>EU</LocationConstraint>", "eu-west-1"),
        (
            "<LocationConstraint>eu-central-1</LocationConstraint>",
            "eu-central-1",
        ),
        (
            "<LocationConstraint><LocationConstraint>here</LocationConstraint></LocationConstraint>",
            "here",
        ),
    ] {
        assert_eq!(
            GetBucketLocation::parse_http(&bucket(), ok(body))
                .unwrap()
                .region,
            region
        );
    }
}

#[test]
fn an_empty_bucket_location_response_is_malformed() {
    let error = GetBucketLocation::parse_http(&bucket(), ok("")).unwrap_err();
    assert!(matches!(error, Error::Malformed(_)), "{error}");
}

#[test]
fn versioning_status_is_absent_enabled_or_suspended() {
    let read = |body: &str| GetBucketVersioning::parse_http(&bucket(), ok(body));
    assert_eq!(read("<VersioningConfiguration/>").unwrap().status, None);
    let with = |status: &str| {
        format!("<VersioningConfiguration><Status>{status}</Status></VersioningConfiguration>")
    };
    assert_eq!(
        read(&with("Enabled")).unwrap().status,
        Some(VersioningStatus::Enabled)
    );
    assert_eq!(
        read(&with("Suspended")).unwrap().status,
        Some(VersioningStatus::Suspended)
    );
    assert!(
        read(&with("Perhaps"))
            .unwrap_err()
            .to_string()
            .contains("unknown versioning status \"Perhaps\"")
    );
}
