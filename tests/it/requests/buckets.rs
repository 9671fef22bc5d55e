//! Requests that create, inspect and delete buckets.

use slim_s3::operation::VersioningStatus;
use slim_s3::{Client, Credentials};

use super::{check, client, timestamp};

#[test]
fn a_plain_bucket_request_has_no_body() {
    check(
        client().create_bucket("b"),
        "PUT http://127.0.0.1:9000/b\ncontent-length: 0\n",
    );
    check(client().head_bucket("b"), "HEAD http://127.0.0.1:9000/b\n");
    check(
        client().delete_bucket("b"),
        "DELETE http://127.0.0.1:9000/b\n",
    );
}

#[test]
fn create_bucket_names_its_region_outside_us_east_1() {
    let aws = |region: &str| {
        Client::builder()
            .region(region)
            .credentials(Credentials::new("AKIDEXAMPLE", "s"))
            .build()
            .unwrap()
    };
    let created = |region: &str| {
        aws(region)
            .create_bucket("new-bucket")
            .sign(timestamp())
            .unwrap()
    };
    assert!(created("us-east-1").body().is_empty());
    let xmlns = "xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\"";
    assert_eq!(
        created("eu-central-1").body(),
        &format!(
            "<CreateBucketConfiguration {xmlns}><LocationConstraint>eu-central-1</LocationConstraint></CreateBucketConfiguration>"
        )
    );
}

#[test]
fn bucket_settings_are_subresources() {
    check(
        client().get_bucket_location("b"),
        "GET http://127.0.0.1:9000/b?location=\n",
    );
    check(
        client().get_bucket_versioning("b"),
        "GET http://127.0.0.1:9000/b?versioning=\n",
    );
}

#[test]
fn put_bucket_versioning_sends_a_content_md5() {
    check(
        client().put_bucket_versioning("b", VersioningStatus::Enabled),
        "PUT http://127.0.0.1:9000/b?versioning=
content-length: 123
content-md5: QQFYoy/mRYV9PGZUfFi0Bw==
content-type: application/xml

<VersioningConfiguration xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\"><Status>Enabled</Status></VersioningConfiguration>
",
    );
}
