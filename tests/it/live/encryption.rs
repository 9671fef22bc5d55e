//! Server-side encryption: SSE-S3, SSE-KMS and SSE-C.

use slim_s3::operation::CompletedPart;
use slim_s3::{CustomerKey, Encryption, Error};

use crate::support::live::{Store, is_https, store, with_bucket};

/// MinIO confirms the encryption in its response. The other stores leave the object unencrypted, and the missing
/// confirmation is an error.
fn assert_confirmed<T: std::fmt::Debug>(put: Result<T, Error>) {
    if store() == Store::Minio {
        put.unwrap();
        return;
    }
    let error = put.unwrap_err();
    assert!(matches!(error, Error::Malformed(_)), "{error}");
    assert!(error.to_string().contains("encryption"), "{error}");
}

/// SSE-S3: encryption that the response does not confirm is an error.
#[tokio::test]
#[ignore = "needs a store: tests/run"]
async fn sse_s3_must_be_confirmed() {
    with_bucket(|s3, bucket| async move {
        let name = "x-amz-server-side-encryption";
        let put = s3
            .put_object(&bucket, "key", "plain")
            .encryption(Encryption::S3);
        let put = put.send().await;
        // tests/run configures a key only for MinIO over https.
        if store() == Store::Minio && !is_https() {
            assert_eq!(put.unwrap_err().code(), Some("NotImplemented"));
            return;
        }
        assert_confirmed(put);
        let object = s3.get_object(&bucket, "key").send().await.unwrap();
        let confirmation = object
            .headers
            .get(name)
            .map(|value| value.to_str().unwrap());
        assert_eq!(confirmation, (store() == Store::Minio).then_some("AES256"));
        assert_eq!(object.body.bytes().await.unwrap(), "plain");

        // A multipart upload is checked once it is complete, because MinIO confirms the encryption only then.
        let upload = s3.upload_reader(&bucket, "parts", std::io::Cursor::new(vec![7; 9 << 20]));
        assert_confirmed(upload.encryption(Encryption::S3).send().await);
        if store() == Store::Minio {
            let copy = s3.copy_object(&bucket, "copy", (&bucket, "key"));
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

/// SSE-C is rejected over http; over https every request carries the key.
#[tokio::test]
#[ignore = "needs a store: tests/run"]
async fn sse_c_sends_the_key_over_https_only() {
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
                matches!(error, Error::Invalid(_)) && error.to_string().contains("plain http"),
                "{error}"
            );
            return;
        }
        put.unwrap();
        let name = "x-amz-server-side-encryption-customer-algorithm";
        let without = s3.get_object(&bucket, "key").send().await;
        assert_eq!(without.unwrap_err().code(), Some("InvalidRequest"));
        let wrong_key = CustomerKey::from([b'o'; 32]);
        let wrong = s3
            .get_object(&bucket, "key")
            .customer_key(&wrong_key)
            .send()
            .await;
        assert!(wrong.unwrap_err().is_access_denied());
        let object = s3
            .get_object(&bucket, "key")
            .customer_key(&key)
            .send()
            .await
            .unwrap();
        assert_eq!(object.headers[name], "AES256");
        assert_eq!(object.body.bytes().await.unwrap(), "plain");

        // Each part carries the key; a copy also requires the key of the source.
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
            (Some(9 << 20), &"AES256".parse().unwrap())
        );
        let copy = s3
            .copy_object(&bucket, "copy", (&bucket, "key"))
            .source_customer_key(&key);
        copy.encryption(encrypted()).send().await.unwrap();
        let object = s3
            .get_object(&bucket, "copy")
            .customer_key(&key)
            .send()
            .await
            .unwrap();
        assert_eq!(object.body.bytes().await.unwrap(), "plain");

        let create = s3
            .create_multipart_upload(&bucket, "by hand")
            .encryption(encrypted());
        let id = create.send().await.unwrap().upload_id;
        let part = s3.upload_part_copy(&bucket, "by hand", &id, 1, (&bucket, "parts"));
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
        assert_eq!(info.content_length, Some(9 << 20));
    })
    .await;
}
