//! Objects with all their options, and many concurrent calls.

use slim_s3::operation::ChecksumAlgorithm;

use super::{boto3_etag, content, list, read};
use crate::support::live::{Store, store, with_bucket};

#[tokio::test]
#[ignore = "needs a store: tests/run"]
async fn an_object_keeps_all_its_options() {
    with_bucket(|s3, bucket| async move {
        let put = s3
            .put_object(&bucket, "key", "Hello")
            .content_type("text/plain; charset=utf-8")
            .content_disposition("attachment; filename=\"a  b.txt\"")
            .content_encoding("identity")
            .content_language("en")
            .cache_control("max-age=60")
            .metadata("Name", "two  blanks")
            .tag("kind", "a b+c")
            .storage_class("STANDARD")
            .send_with_metadata()
            .await
            .unwrap();
        assert_eq!(put.output.etag, boto3_etag(b"Hello"));
        assert_eq!(put.request_id().is_some(), store() != Store::S3sFs);

        let head = s3.head_object(&bucket, "key").send().await.unwrap();
        assert_eq!(
            (head.content_length, head.etag.as_ref()),
            (Some(5), Some(&put.output.etag))
        );
        assert_eq!(
            head.content_type.as_deref(),
            Some("text/plain; charset=utf-8")
        );
        assert_eq!(head.metadata("name"), Some("two  blanks"));
        assert_eq!(
            head.headers["content-disposition"],
            "attachment; filename=\"a  b.txt\""
        );
        assert_eq!(head.headers["cache-control"], "max-age=60");
        assert_eq!(head.headers["content-language"], "en");
        let age = std::time::SystemTime::now()
            .duration_since(head.last_modified.unwrap())
            .unwrap_or_default();
        assert!(age.as_secs() < 60, "{age:?}");

        let object = s3.get_object(&bucket, "key").send().await.unwrap();
        assert_eq!(object.metadata("NAME"), Some("two  blanks"));
        assert_eq!(object.body.bytes().await.unwrap(), "Hello");

        s3.delete_object(&bucket, "key").send().await.unwrap();
        s3.delete_object(&bucket, "key").send().await.unwrap();
        let error = s3.get_object(&bucket, "key").send().await.unwrap_err();
        assert!(error.is_not_found() && !error.is_retryable(), "{error}");
        assert_eq!(
            (error.code(), error.service().unwrap().code_is_inferred),
            (Some("NoSuchKey"), false)
        );
        // A response to HEAD has no XML error; MinIO sends headers with the code and the message.
        let error = s3.head_object(&bucket, "key").send().await.unwrap_err();
        assert_eq!(
            (error.code(), error.status().unwrap().as_u16()),
            (Some("NoSuchKey"), 404)
        );
        let has_error_headers = store() == Store::Minio;
        assert_eq!(
            error.service().unwrap().code_is_inferred,
            !has_error_headers
        );
        assert_eq!(
            error
                .to_string()
                .contains("The specified key does not exist."),
            has_error_headers,
            "{error}"
        );
    })
    .await;
}

/// 100 concurrent tasks share one client, as in a server.
#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs a store: tests/run"]
async fn a_client_serves_concurrent_calls() {
    with_bucket(|s3, bucket| async move {
        let puts = (0..100).map(|number| {
            let (s3, bucket) = (s3.clone(), bucket.clone());
            tokio::spawn(async move {
                let (key, data) = (format!("key {number}"), content(number * 1000));
                s3.put_object(&bucket, &key, data.clone())
                    .send()
                    .await
                    .unwrap();
                assert_eq!(read(&s3, &bucket, &key).await, data);
            })
        });
        for put in puts.collect::<Vec<_>>() {
            put.await.unwrap();
        }
        assert_eq!(list(&s3, &bucket).await.len(), 100);
    })
    .await;
}

/// Tags that are not ASCII, the default content type, and the size limit of metadata.
#[tokio::test]
#[ignore = "needs a store: tests/run"]
async fn metadata_tags_and_types_differ_by_store() {
    with_bucket(|s3, bucket| async move {
        let tagged = s3.put_object(&bucket, "tagged", "x").tag("Ort", "Köln");
        let tagged = tagged.send().await;
        match store() {
            Store::Minio => assert_eq!(tagged.unwrap_err().code(), Some("InvalidTag")),
            Store::Versitygw | Store::S3sFs => drop(tagged.unwrap()),
        }
        s3.put_object(&bucket, "key", "x").send().await.unwrap();
        let head = s3.head_object(&bucket, "key").send().await.unwrap();
        let content_type = match store() {
            Store::Minio | Store::Versitygw => Some("binary/octet-stream"),
            Store::S3sFs => None,
        };
        assert_eq!(head.content_type.as_deref(), content_type);
        // The limit is 2,048 bytes of names and values; only MinIO counts the prefix x-amz-meta-.
        let put = |size| {
            let value = "v".repeat(size);
            let call = s3.put_object(&bucket, "key", "x").metadata("a", &value);
            async move { call.send().await }
        };
        let limit = match store() {
            Store::Minio => 2048 - "x-amz-meta-a".len(),
            Store::Versitygw => 2048 - "a".len(),
            Store::S3sFs => {
                put(4000).await.unwrap();
                return;
            }
        };
        put(limit).await.unwrap();
        let error = put(limit + 1).await.unwrap_err();
        assert_eq!(error.code(), Some("MetadataTooLarge"), "{error}");
    })
    .await;
}

/// The store verifies the checksum that the caller sets.
#[tokio::test]
#[ignore = "needs a store: tests/run"]
async fn the_callers_checksums_are_verified() {
    with_bucket(|s3, bucket| async move {
        let put = |algorithm, sum| {
            let call = s3
                .put_object(&bucket, "key", "hello")
                .checksum(algorithm, sum);
            async move { call.send().await }
        };
        put(ChecksumAlgorithm::Crc32, "NhCmhg==").await.unwrap();
        put(
            ChecksumAlgorithm::Sha256,
            "LPJNul+wow4m6DsqxbninhsWHlwfp0JecwQzYpOLmCQ=",
        )
        .await
        .unwrap();
        let wrong = put(ChecksumAlgorithm::Crc32, "AAAAAA==").await.unwrap_err();
        let code = match store() {
            Store::Minio => "XAmzContentChecksumMismatch",
            Store::Versitygw | Store::S3sFs => "BadDigest",
        };
        assert_eq!(wrong.code(), Some(code), "{wrong}");
        let md5 = s3.put_object(&bucket, "key", "hello").content_md5([0; 16]);
        assert_eq!(md5.send().await.unwrap_err().code(), Some("BadDigest"));
    })
    .await;
}

#[tokio::test]
#[ignore = "needs a store: tests/run"]
async fn a_get_overrides_response_headers() {
    with_bucket(|s3, bucket| async move {
        s3.put_object(&bucket, "key", "x")
            .content_type("image/jpeg")
            .send()
            .await
            .unwrap();
        let get = s3
            .get_object(&bucket, "key")
            .response_content_type("text/plain")
            .response_content_disposition("attachment; filename=\"a b.txt\"")
            .response_cache_control("no-cache")
            .response_content_language("en")
            .response_content_encoding("identity");
        let object = get.send().await.unwrap();
        let header = |name: &str| {
            object
                .headers
                .get(name)
                .map(|value| value.to_str().unwrap())
        };
        assert_eq!(object.content_type.as_deref(), Some("text/plain"));
        assert_eq!(
            header("content-disposition"),
            Some("attachment; filename=\"a b.txt\"")
        );
        assert_eq!(
            (header("cache-control"), header("content-language")),
            (Some("no-cache"), Some("en"))
        );
    })
    .await;
}

/// Each is a header of its own: an HTTP client that reads 100 of them could store this object, but not read it.
#[tokio::test]
#[ignore = "needs a store: tests/run"]
async fn an_object_with_120_metadata_entries_is_readable() {
    with_bucket(|s3, bucket| async move {
        let entries = (0..120).map(|number| (number.to_string(), "v"));
        let put = s3.put_object(&bucket, "key", "data");
        let put = put.metadata_entries(entries).send().await;
        if store() == Store::S3sFs {
            // The HTTP server in the test process reads 100 headers.
            assert_eq!(put.unwrap_err().status().unwrap().as_u16(), 431);
            return;
        }
        put.unwrap();
        let head = s3.head_object(&bucket, "key").send().await.unwrap();
        let get = s3.get_object(&bucket, "key").send().await.unwrap();
        assert_eq!(head.all_metadata().count(), 120);
        assert_eq!(get.all_metadata().count(), 120);
        assert_eq!(get.body.bytes().await.unwrap(), "data");
    })
    .await;
}
