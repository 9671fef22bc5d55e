//! What a store is set up with: its region, names of buckets in its host name, encryption.

use std::net::SocketAddr;

use slim_s3::{Addressing, Client, Error};

use crate::support::live::{self, Store, builder, is_https, region, store, with_bucket};

/// A region that no store of these tests is in.
const ANOTHER: &str = "ap-south-2";

#[tokio::test]
#[ignore = "needs a store: tests/run"]
async fn another_region() {
    with_bucket(|_, bucket| async move {
        let elsewhere = builder().region(ANOTHER).build().unwrap();
        let put = elsewhere.put_object(&bucket, "key", "x").send().await;
        // MinIO without a region of its own takes any, and s3s-fs has none.
        let has_none = match store() {
            Store::Minio => region() == "us-east-1",
            Store::Versitygw => false,
            Store::S3sFs => true,
        };
        if has_none {
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

/// The bucket in the host name, which is resolved here and not by the system.
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
async fn virtual_hosts() {
    with_bucket(|s3, bucket| async move {
        let Some(domain) = live::domain() else {
            // The store looks at the path alone, and takes the key for the bucket.
            let there = virtual_hosted("s3.test", &bucket);
            let error = there.get_object(&bucket, "no-bucket").send().await;
            assert_eq!(error.unwrap_err().code(), Some("NoSuchBucket"));
            return;
        };
        let there = virtual_hosted(&domain, &bucket);
        for key in ["key", "a b/ü+%20"] {
            there.put_object(&bucket, key, "x").send().await.unwrap();
            let there = there.get_object(&bucket, key).send().await.unwrap();
            assert_eq!(there.body.bytes().await.unwrap(), "x");
            let by_path = s3.head_object(&bucket, key).send().await.unwrap();
            assert_eq!(by_path.content_length, 1);
        }
        let listed = there.list_objects_v2(&bucket).send().await.unwrap();
        assert_eq!(listed.contents.len(), 2);
        let data = super::content(9 * super::MIB);
        let reader = std::io::Cursor::new(data.clone());
        let upload = there.upload_reader(&bucket, "large", reader);
        assert_eq!(upload.send().await.unwrap().parts, 2);
        assert_eq!(super::read(&s3, &bucket, "large").await, data);
    })
    .await;
}

/// MinIO says that it has encrypted. The others store the object as it is, and the missing word is an error.
fn confirmed(put: Result<slim_s3::PutObjectOutput, Error>) {
    if store() == Store::Minio {
        put.unwrap();
        return;
    }
    let error = put.unwrap_err();
    assert!(matches!(error, Error::Malformed(_)), "{error}");
    assert!(error.to_string().contains("encryption"), "{error}");
}

/// SSE-S3. Asked for and not said to have been done is not done.
#[tokio::test]
#[ignore = "needs a store: tests/run"]
async fn encryption_with_the_stores_key() {
    with_bucket(|s3, bucket| async move {
        let name = "x-amz-server-side-encryption";
        let put = s3
            .put_object(&bucket, "key", "plain")
            .header(name, "AES256");
        let put = put.send().await;
        // tests/run gives a key to the MinIO over https alone.
        if store() == Store::Minio && !is_https() {
            assert_eq!(put.unwrap_err().code(), Some("NotImplemented"));
            return;
        }
        confirmed(put);
        let object = s3.get_object(&bucket, "key").send().await.unwrap();
        let said = object
            .info
            .headers
            .get(name)
            .map(|value| value.to_str().unwrap());
        assert_eq!(said, (store() == Store::Minio).then_some("AES256"));
        assert_eq!(object.body.bytes().await.unwrap(), "plain");
    })
    .await;
}

/// SSE-C: a key of 32 bytes `k`, in base64, and its MD5.
#[tokio::test]
#[ignore = "needs a store: tests/run"]
async fn encryption_with_the_callers_key() {
    const HEADERS: [(&str, &str); 3] = [
        ("x-amz-server-side-encryption-customer-algorithm", "AES256"),
        (
            "x-amz-server-side-encryption-customer-key",
            "a2tra2tra2tra2tra2tra2tra2tra2tra2tra2tra2s=",
        ),
        (
            "x-amz-server-side-encryption-customer-key-md5",
            "mT2HRsMGJ5IX5C+0rreZ8Q==",
        ),
    ];
    with_bucket(|s3, bucket| async move {
        let put = s3.put_object(&bucket, "key", "plain");
        let put = HEADERS
            .iter()
            .fold(put, |put, (name, value)| put.header(name, value));
        let put = put.send().await;
        if store() == Store::Minio && !is_https() {
            let error = put.unwrap_err();
            assert_eq!(error.code(), Some("InvalidRequest"), "{error}");
            assert!(error.to_string().contains("secure connection"), "{error}");
            return;
        }
        confirmed(put);
        let without: Result<_, Error> = s3.get_object(&bucket, "key").send().await;
        if store() == Store::Minio {
            assert_eq!(without.unwrap_err().code(), Some("InvalidRequest"));
            let get = s3.get_object(&bucket, "key");
            let get = HEADERS
                .iter()
                .fold(get, |get, (name, value)| get.header(name, value));
            let object = get.send().await.unwrap();
            assert_eq!(object.info.headers[HEADERS[0].0], "AES256");
            assert_eq!(object.body.bytes().await.unwrap(), "plain");
        } else {
            let object = without.unwrap();
            assert!(!object.info.headers.contains_key(HEADERS[0].0));
            assert_eq!(object.body.bytes().await.unwrap(), "plain");
        }
    })
    .await;
}

/// The store's own certificate, under a name that it is not for, and with a CA that has not signed it.
#[tokio::test]
#[ignore = "needs a store: tests/run"]
async fn a_store_that_cannot_be_trusted() {
    let address = live::address();
    let resolves = || reqwest::Client::builder().resolve("other.example", address);
    let stranger = crate::support::certificates::Authority::new("slim-s3 test CA, another");
    let there = || builder().http_client_builder(resolves());
    let refused = |builder: slim_s3::ClientBuilder| {
        let call = builder.build().unwrap().head_bucket("bucket");
        async move { call.send().await.unwrap_err().to_string() }
    };
    let other_name = format!("https://other.example:{}", address.port());
    let named = refused(there().endpoint(&other_name)).await;
    let https = format!("https://{address}");
    let roots = slim_s3::Roots::Pem(stranger.pem);
    let strange = refused(builder().endpoint(&https).roots(roots)).await;
    let begins = "HeadBucket bucket: no connection to the store: ";
    assert!(named.starts_with(begins), "{named}");
    assert!(strange.starts_with(begins), "{strange}");
    if !is_https() {
        // What came back is no TLS at all.
        return;
    }
    let (name, ca) = match std::env::var("S3_TEST_TLS").as_deref() {
        Ok("native") => (
            "hostname mismatch",
            "unable to get local issuer certificate",
        ),
        _ => ("not valid for name \"other.example\"", "UnknownIssuer"),
    };
    assert!(named.contains(name), "{named}");
    assert!(strange.contains(ca), "{strange}");
}
