//! The endpoint: its region, buckets in the host name, and its certificate.

use std::net::SocketAddr;

use slim_s3::{Addressing, Client};

use super::presigned::run_curl;
use crate::support::live::{self, Store, builder, is_https, region, store, with_bucket};

/// A region that none of the stores is configured with.
const WRONG_REGION: &str = "ap-south-2";

#[tokio::test]
#[ignore = "needs a store: tests/run"]
async fn a_wrong_region_is_reported() {
    with_bucket(|_, bucket| async move {
        let elsewhere = builder().region(WRONG_REGION).build().unwrap();
        let put = elsewhere.put_object(&bucket, "key", "x").send().await;
        // MinIO without a configured region accepts any; s3s-fs has no region.
        let accepts_any = match store() {
            Store::Minio => region() == "us-east-1",
            Store::Versitygw => false,
            Store::S3sFs => true,
        };
        if accepts_any {
            put.unwrap();
            return;
        }
        let error = put.unwrap_err();
        assert_eq!(
            error.code(),
            Some("AuthorizationHeaderMalformed"),
            "{error}"
        );
        assert_eq!(error.region(), Some(region().as_str()), "{error}");
        assert!(error.to_string().contains(&region()), "{error}");
        assert!(!error.is_retryable(), "{error}");
    })
    .await;
}

/// A client with the bucket in the host name, which is resolved without DNS.
fn virtual_hosted(domain: &str, bucket: &str) -> Client {
    let address: SocketAddr = live::address();
    let endpoint = live::endpoint().replace(&address.ip().to_string(), domain);
    let resolves = reqwest::Client::builder().resolve(&format!("{bucket}.{domain}"), address);
    builder()
        .endpoint(&endpoint)
        .addressing(Addressing::VirtualHosted)
        .http_client_builder(resolves)
        .build()
        .unwrap()
}

#[tokio::test]
#[ignore = "needs a store: tests/run"]
async fn the_bucket_can_be_in_the_host_name() {
    with_bucket(|s3, bucket| async move {
        let Some(domain) = live::domain() else {
            // The store reads only the path, so it takes the key for the bucket.
            let virtual_host = virtual_hosted("s3.test", &bucket);
            let error = virtual_host.get_object(&bucket, "no-bucket").send().await;
            assert_eq!(error.unwrap_err().code(), Some("NoSuchBucket"));
            return;
        };
        let virtual_host = virtual_hosted(&domain, &bucket);
        for key in ["key", "a b/ü+%20"] {
            virtual_host
                .put_object(&bucket, key, "x")
                .send()
                .await
                .unwrap();
            let object = virtual_host.get_object(&bucket, key).send().await.unwrap();
            assert_eq!(object.body.bytes().await.unwrap(), "x");
            let by_path = s3.head_object(&bucket, key).send().await.unwrap();
            assert_eq!(by_path.content_length, Some(1));
        }
        let listed = virtual_host.list_objects_v2(&bucket).send().await.unwrap();
        assert_eq!(listed.contents.len(), 2);
        let data = super::content(9 * super::MIB);
        let reader = std::io::Cursor::new(data.clone());
        let upload = virtual_host.upload_reader(&bucket, "large", reader);
        assert_eq!(upload.send().await.unwrap().parts, 2);
        assert_eq!(super::read(&s3, &bucket, "large").await, data);
    })
    .await;
}

#[tokio::test]
#[ignore = "needs a store: tests/run"]
async fn a_url_can_have_the_bucket_in_its_host_name() {
    let Some(domain) = live::domain() else {
        // The store would take the key for the bucket.
        return;
    };
    with_bucket(|s3, bucket| async move {
        let address = live::address();
        let virtual_host = virtual_hosted(&domain, &bucket);
        let minute = std::time::Duration::from_secs(60);
        let host = format!("{bucket}.{domain}");
        // Without DNS.
        let resolve = format!("--resolve '{host}:{}:{}'", address.port(), address.ip());
        for key in ["key", "a b/ü+%20"] {
            let put = virtual_host.put_object(&bucket, key, "");
            let put = put.presign(s3.now(), minute).unwrap();
            assert!(put.url().starts_with(&format!("https://{host}:")), "{put}");
            let line = [&put.to_curl(), " ", &resolve].concat();
            assert_eq!(run_curl(&line, b"data").0, 200, "{key}");
            assert_eq!(super::read(&s3, &bucket, key).await, "data");
            let get = virtual_host.get_object(&bucket, key);
            let get = get.presign(s3.now(), minute).unwrap();
            let line = [&get.to_curl(), " ", &resolve].concat();
            assert_eq!(run_curl(&line, b""), (200, b"data".to_vec()), "{key}");
        }
    })
    .await;
}

/// The certificate is for another host name, or from a CA that is not trusted.
#[tokio::test]
#[ignore = "needs a store: tests/run"]
async fn an_untrusted_certificate_is_rejected() {
    let address = live::address();
    let resolves = || reqwest::Client::builder().resolve("other.example", address);
    let other_ca = crate::support::certificates::Authority::new("slim-s3 test CA, another");
    let resolving = || builder().http_client_builder(resolves());
    let rejection = |builder: slim_s3::ClientBuilder| {
        let call = builder.build().unwrap().head_bucket("bucket");
        async move { call.send().await.unwrap_err().to_string() }
    };
    let other_name = format!("https://other.example:{}", address.port());
    let name_error = rejection(resolving().endpoint(&other_name)).await;
    let https = format!("https://{address}");
    let roots = slim_s3::Roots::Pem(other_ca.pem);
    let ca_error = rejection(builder().endpoint(&https).roots(roots)).await;
    let prefix = |host: &str| format!("HeadBucket bucket: no connection to {host}: ");
    let other = format!("other.example:{}", address.port());
    assert!(name_error.starts_with(&prefix(&other)), "{name_error}");
    assert!(
        ca_error.starts_with(&prefix(&address.to_string())),
        "{ca_error}"
    );
    if !is_https() {
        // The store does not speak TLS.
        return;
    }
    let (name, ca) = match std::env::var("S3_TEST_TLS").as_deref() {
        Ok("native") => (
            "hostname mismatch",
            "unable to get local issuer certificate",
        ),
        _ => ("not valid for name \"other.example\"", "UnknownIssuer"),
    };
    assert!(name_error.contains(name), "{name_error}");
    assert!(ca_error.contains(ca), "{ca_error}");
}
