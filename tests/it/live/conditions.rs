//! Writes and reads under conditions.

use super::{MIB, content, read};
use crate::support::live::{Store, store, with_bucket};

const SECOND: std::time::Duration = std::time::Duration::from_secs(1);

#[tokio::test]
#[ignore = "needs a store: tests/run"]
async fn conditions() {
    with_bucket(|s3, bucket| async move {
        let first = s3
            .put_object(&bucket, "key", "one")
            .if_none_match("*")
            .send()
            .await
            .unwrap()
            .etag;
        let taken = s3
            .put_object(&bucket, "key", "two")
            .if_none_match("*")
            .send()
            .await
            .unwrap_err();
        assert!(taken.is_precondition_failed(), "{taken}");
        let second = s3
            .put_object(&bucket, "key", "two")
            .if_match(&first)
            .send()
            .await
            .unwrap()
            .etag;
        assert!(
            s3.put_object(&bucket, "key", "three")
                .if_match(&first)
                .send()
                .await
                .unwrap_err()
                .is_precondition_failed()
        );
        assert_eq!(read(&s3, &bucket, "key").await, "two");

        let same = s3.get_object(&bucket, "key").if_none_match(&second);
        let other = s3.head_object(&bucket, "key").if_match(&first);
        if store() == Store::S3sFs {
            same.send().await.unwrap();
            other.send().await.unwrap();
        } else {
            assert!(same.send().await.unwrap_err().is_not_modified());
            assert!(other.send().await.unwrap_err().is_precondition_failed());
        }
        let modified = s3
            .head_object(&bucket, "key")
            .send()
            .await
            .unwrap()
            .last_modified
            .unwrap();
        let since = |time| s3.get_object(&bucket, "key").if_modified_since(time).send();
        let until = |time| {
            s3.get_object(&bucket, "key")
                .if_unmodified_since(time)
                .send()
        };
        match store() {
            Store::Minio => {
                assert!(since(modified).await.unwrap_err().is_not_modified());
                until(modified).await.unwrap();
                let error = until(modified - SECOND).await.unwrap_err();
                assert!(error.is_precondition_failed(), "{error}");
            }
            // It knows the fraction of a second that it does not tell, and believes no time to come.
            Store::Versitygw => {
                since(modified).await.unwrap();
                assert!(until(modified).await.unwrap_err().is_precondition_failed());
                tokio::time::sleep(2 * SECOND).await;
                let error = since(modified + SECOND).await.unwrap_err();
                assert!(error.is_not_modified(), "{error}");
                until(modified + SECOND).await.unwrap();
            }
            Store::S3sFs => {
                since(modified).await.unwrap();
                until(modified - SECOND).await.unwrap();
            }
        }

        // The same for an upload, in one request and in parts.
        for size in [3, 8 * MIB] {
            let upload = |data| {
                s3.upload_reader(&bucket, "key", std::io::Cursor::new(data))
                    .if_none_match("*")
            };
            let taken = upload(content(size)).send().await.unwrap_err();
            assert!(taken.is_precondition_failed(), "{taken}");
            // s3s-fs lists the parts of an upload that is gone, so nobody can know.
            let is_unknown = size > 3 && store() == Store::S3sFs;
            assert_eq!(taken.context().upload_id.is_some(), is_unknown, "{taken}");
        }
        assert_eq!(read(&s3, &bucket, "key").await, "two");
    })
    .await;
}

/// Conditions beside the usual ones: another ETag that must not be there, any that must, and on a delete.
#[tokio::test]
#[ignore = "needs a store: tests/run"]
async fn rarer_conditions() {
    with_bucket(|s3, bucket| async move {
        let absent = s3.put_object(&bucket, "absent", "x").if_match("*").send();
        let absent = absent.await.unwrap_err();
        let code = match store() {
            Store::Minio | Store::Versitygw => "NoSuchKey",
            Store::S3sFs => "PreconditionFailed",
        };
        assert_eq!(absent.code(), Some(code), "{absent}");

        let put = s3.put_object(&bucket, "key", "x").send().await.unwrap();
        let any = s3
            .put_object(&bucket, "key", "x")
            .if_match("*")
            .send()
            .await;
        match store() {
            Store::Versitygw => assert!(any.unwrap_err().is_precondition_failed()),
            Store::Minio | Store::S3sFs => drop(any.unwrap()),
        }
        let same = s3.put_object(&bucket, "key", "x").if_none_match(&put.etag);
        let same = same.send().await;
        match store() {
            Store::Minio => assert!(same.unwrap_err().is_precondition_failed()),
            Store::Versitygw => assert_eq!(same.unwrap_err().code(), Some("NotImplemented")),
            Store::S3sFs => drop(same.unwrap()),
        }

        let other = "\"5d41402abc4b2a76b9719d911017c592\"";
        let delete = s3.delete_object(&bucket, "key").header("if-match", other);
        let deleted = delete.send().await;
        let is_there = s3.head_object(&bucket, "key").send().await.is_ok();
        match store() {
            Store::Versitygw => {
                assert!(deleted.unwrap_err().is_precondition_failed());
                assert!(is_there);
            }
            Store::Minio | Store::S3sFs => {
                deleted.unwrap();
                assert!(!is_there);
            }
        }
    })
    .await;
}
