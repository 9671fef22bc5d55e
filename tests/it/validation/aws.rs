//! AWS's endpoints, which are derived from the region.

use slim_s3::{Addressing, Client, Credentials, Error};

use super::{assert_rejected, epoch};

fn aws_url(region: &str, bucket: &str, addressing: Addressing) -> Result<String, Error> {
    let s3 = Client::builder()
        .region(region)
        .addressing(addressing)
        .credentials(Credentials::new("AK", "SK"))
        .build()
        .unwrap();
    s3.get_object(bucket, "k")
        .sign(epoch())
        .map(|request| request.uri().to_string())
}

#[test]
fn the_host_is_derived_from_region_and_bucket() {
    for (region, bucket, addressing, expected) in [
        (
            "us-east-1",
            "my-bucket",
            Addressing::Auto,
            "https://my-bucket.s3.us-east-1.amazonaws.com/k",
        ),
        (
            "eu-central-1",
            "my-bucket",
            Addressing::Path,
            "https://s3.eu-central-1.amazonaws.com/my-bucket/k",
        ),
        (
            "cn-north-1",
            "my-bucket",
            Addressing::Auto,
            "https://my-bucket.s3.cn-north-1.amazonaws.com.cn/k",
        ),
        (
            "us-gov-west-1",
            "my-bucket",
            Addressing::Auto,
            "https://my-bucket.s3.us-gov-west-1.amazonaws.com/k",
        ),
        (
            "us-east-1",
            "my.bucket",
            Addressing::Auto,
            "https://s3.us-east-1.amazonaws.com/my.bucket/k",
        ),
        (
            "us-east-1",
            "My_Bucket",
            Addressing::Auto,
            "https://s3.us-east-1.amazonaws.com/My_Bucket/k",
        ),
    ] {
        assert_eq!(aws_url(region, bucket, addressing).unwrap(), expected);
    }
}

#[test]
fn a_bucket_with_dots_cannot_be_virtual_hosted_over_https() {
    assert_rejected(
        aws_url("us-east-1", "my.bucket", Addressing::VirtualHosted),
        "bucket",
        &["cannot be part of the host name", "Addressing::Path"],
    );
}

#[test]
fn a_valid_region_is_required() {
    assert_rejected(
        Client::builder()
            .credentials(Credentials::new("AK", "SK"))
            .build(),
        "region",
        &["region: not set"],
    );
    for region in ["", "us east", "a/b", "us-east-1\n"] {
        assert_rejected(
            Client::builder()
                .region(region)
                .credentials(Credentials::new("AK", "SK"))
                .build(),
            "region",
            &[],
        );
    }
}
