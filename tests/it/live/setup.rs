//! What a store is set up with: its region, names of buckets in its host name, encryption.

use std::net::SocketAddr;

use slim_s3::{Addressing, Client, CompletedPart, CustomerKey, Encryption, Error};

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
fn confirmed<T: std::fmt::Debug>(put: Result<T, Error>) {
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
            .encryption(Encryption::S3);
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

        // An upload in parts is looked at when it is complete, as neither beginning nor completing it need say so.
        let upload = s3.upload_reader(&bucket, "parts", std::io::Cursor::new(vec![7; 9 << 20]));
        confirmed(upload.encryption(Encryption::S3).send().await);
        if store() == Store::Minio {
            let copy = s3.copy_object(&bucket, "copy", &bucket, "key");
            copy.encryption(Encryption::Kms { key_id: None })
                .send()
                .await
                .unwrap();
            let info = s3.head_object(&bucket, "copy").send().await.unwrap();
            assert_eq!(info.headers[name], "aws:kms");
        }
    })
    .await;
}

/// SSE-C: refused over http, and with the key in every request over https.
#[tokio::test]
#[ignore = "needs a store: tests/run"]
async fn encryption_with_the_callers_key() {
    with_bucket(|s3, bucket| async move {
        let key = CustomerKey::from([b'k'; 32]);
        let encrypted = || Encryption::Customer(key.clone());
        let put = s3
            .put_object(&bucket, "key", "plain")
            .encryption(encrypted());
        let put = put.send().await;
        if !is_https() {
            let error = put.unwrap_err();
            assert!(
                matches!(error, Error::Invalid(_)) && error.to_string().contains("over http"),
                "{error}"
            );
            return;
        }
        put.unwrap();
        let name = "x-amz-server-side-encryption-customer-algorithm";
        let without = s3.get_object(&bucket, "key").send().await;
        assert_eq!(without.unwrap_err().code(), Some("InvalidRequest"));
        let other = CustomerKey::from([b'o'; 32]);
        let other = s3
            .get_object(&bucket, "key")
            .customer_key(&other)
            .send()
            .await;
        assert!(other.unwrap_err().is_access_denied());
        let object = s3
            .get_object(&bucket, "key")
            .customer_key(&key)
            .send()
            .await
            .unwrap();
        assert_eq!(object.info.headers[name], "AES256");
        assert_eq!(object.body.bytes().await.unwrap(), "plain");

        // In parts, each of which brings the key; and copies, which need that of the source too.
        let upload = s3.upload_reader(&bucket, "parts", std::io::Cursor::new(vec![7; 9 << 20]));
        upload.encryption(encrypted()).send().await.unwrap();
        let info = s3
            .head_object(&bucket, "parts")
            .customer_key(&key)
            .send()
            .await
            .unwrap();
        assert_eq!(
            (info.content_length, &info.headers[name]),
            (9 << 20, &"AES256".parse().unwrap())
        );
        let copy = s3
            .copy_object(&bucket, "copy", &bucket, "key")
            .source_customer_key(&key);
        copy.encryption(encrypted()).send().await.unwrap();
        let object = s3
            .get_object(&bucket, "copy")
            .customer_key(&key)
            .send()
            .await
            .unwrap();
        assert_eq!(object.body.bytes().await.unwrap(), "plain");

        let begun = s3
            .create_multipart_upload(&bucket, "by hand")
            .encryption(encrypted());
        let id = begun.send().await.unwrap().upload_id;
        let part = s3.upload_part_copy(&bucket, "by hand", &id, 1, &bucket, "parts");
        let part = part
            .source_customer_key(&key)
            .customer_key(&key)
            .send()
            .await
            .unwrap();
        let parts = [CompletedPart {
            part_number: 1,
            etag: part.etag,
        }];
        s3.complete_multipart_upload(&bucket, "by hand", &id, &parts)
            .send()
            .await
            .unwrap();
        let info = s3
            .head_object(&bucket, "by hand")
            .customer_key(&key)
            .send()
            .await
            .unwrap();
        assert_eq!(info.content_length, 9 << 20);
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
