//! Regions derived from the endpoint, and bucket names in its host.

use slim_s3::{Addressing, Client, Credentials, Error};

use super::{assert_rejected, builder, epoch};
use crate::support::fixtures::{rows, text};

#[test]
fn the_region_is_taken_from_known_host_names() {
    for (endpoint, region) in [
        ("http://s3.eu-central-1.amazonaws.com", "eu-central-1"),
        ("http://s3.amazonaws.com", "us-east-1"),
        ("http://s3.dualstack.eu-west-3.amazonaws.com", "eu-west-3"),
        (
            "http://s3-fips.us-gov-west-1.amazonaws.com",
            "us-gov-west-1",
        ),
        (
            "http://s3-fips.dualstack.us-east-2.amazonaws.com",
            "us-east-2",
        ),
        ("http://s3.cn-north-1.amazonaws.com.cn", "cn-north-1"),
        ("http://s3.us-west-004.backblazeb2.com", "us-west-004"),
        ("http://0123456789abcdef.r2.cloudflarestorage.com", "auto"),
        ("http://s3.wasabisys.com", "us-east-1"),
        ("http://127.0.0.1:9000", "us-east-1"),
    ] {
        assert_eq!(
            builder().endpoint(endpoint).build().unwrap().region(),
            region,
            "{endpoint}"
        );
    }
}

/// An AWS host that does not name its region must not silently be signed for us-east-1.
#[test]
fn an_aws_host_without_a_region_requires_one() {
    for endpoint in [
        "http://bucket.vpce-1a2b.amazonaws.com",
        "http://s3-accelerate.amazonaws.com",
    ] {
        assert_rejected(
            builder().endpoint(endpoint).build(),
            "region",
            &["region: not set", "AWS_REGION"],
        );
        builder()
            .endpoint(endpoint)
            .region("eu-west-1")
            .build()
            .unwrap();
    }
}

/// The host of a request for an object in this bucket.
fn host_of(s3: &Client, bucket: &str) -> Result<String, Error> {
    let request = s3.get_object(bucket, "k").sign(epoch())?;
    Ok(request.uri().host().unwrap().to_owned())
}

#[test]
fn only_dns_labels_become_part_of_the_host_name() {
    for row in rows("bucket_names.json", "cases", 30) {
        let name = text(&row, "name");
        let s3 = builder()
            .endpoint("http://store.example")
            .addressing(Addressing::VirtualHosted)
            .build()
            .unwrap();
        let host = host_of(&s3, name);
        match row["virtual_host_http"].as_bool().unwrap() {
            true => assert_eq!(host.unwrap(), format!("{name}.store.example")),
            false => assert_rejected(host, "bucket", &[]),
        }
        if cfg!(any(not(feature = "reqwest"), feature = "rustls")) {
            let s3 = Client::builder()
                .region("eu-west-1")
                .credentials(Credentials::new("AK", "SK"))
                .build()
                .unwrap();
            let host = host_of(&s3, name);
            let is_virtual_hosted =
                host.is_ok_and(|host| host == format!("{name}.s3.eu-west-1.amazonaws.com"));
            assert_eq!(
                is_virtual_hosted,
                row["virtual_host_https"].as_bool().unwrap(),
                "{row}"
            );
        }
    }
}
