//! The constants of `Dialect`, compared with what the stores do.

use std::time::{Duration, SystemTime};

use bytes::Bytes;
use futures_util::stream;
use slim_s3::operation::CompletedPart;
use slim_s3::{Body, Call, Client, Error, Operation};

use super::{MIB, content, list, read};
use crate::support::live::{builder, dialect, region, with_bucket};

/// The ETag of another object.
const OTHER: &str = "\"5d41402abc4b2a76b9719d911017c592\"";

/// A condition that is not met: an operation, a header and its value.
type Unmet<'a> = (&'static str, &'static str, &'a str);

/// Sends `call` with the condition.
async fn send<O: Operation<Output: Send>>(
    call: Call<O>,
    (_, header, value): Unmet<'_>,
) -> Result<(), Error> {
    call.header(header, value).send().await.map(drop)
}

/// Sends the operation of the condition, for an object that exists.
async fn try_condition(s3: &Client, bucket: &str, unmet: Unmet<'_>) -> Result<(), Error> {
    s3.put_object(bucket, "key", "old").send().await.unwrap();
    let source = (bucket, "source");
    match unmet.0 {
        "PutObject" => send(s3.put_object(bucket, "key", "new"), unmet).await,
        "DeleteObject" => send(s3.delete_object(bucket, "key"), unmet).await,
        "CopyObject" => send(s3.copy_object(bucket, "key", source), unmet).await,
        operation => {
            let created = s3.create_multipart_upload(bucket, "key").send().await;
            let upload = created.unwrap().upload_id;
            let sent = if operation == "UploadPartCopy" {
                let copy = s3.upload_part_copy(bucket, "key", &upload, 1, source);
                send(copy, unmet).await
            } else {
                let part = s3.upload_part(bucket, "key", &upload, 1, "new").send();
                let etag = part.await.unwrap().etag;
                let parts = [CompletedPart {
                    part_number: 1,
                    etag,
                }];
                let complete = s3.complete_multipart_upload(bucket, "key", &upload, &parts);
                send(complete, unmet).await
            };
            // After a successful Complete there is nothing to abort.
            let _ = s3
                .abort_multipart_upload(bucket, "key", &upload)
                .send()
                .await;
            sent
        }
    }
}

/// A time as the client sends it in headers.
fn http_date(s3: &Client, time: SystemTime) -> String {
    let call = s3.put_object("bucket", "key", "").expires(time);
    let signed = call.sign(s3.now()).unwrap();
    signed.headers()["expires"].to_str().unwrap().to_owned()
}

#[tokio::test]
#[ignore = "needs a store: tests/run"]
async fn the_dialect_rejects_the_conditions_that_the_store_ignores() {
    with_bucket(|s3, bucket| async move {
        let strict = builder().dialect(dialect()).build().unwrap();
        let lax = builder().dialect(dialect()).allow_ignored_conditions();
        let lax = lax.build().unwrap();
        // Garage copies no part of a smaller source.
        let content = content(5 * MIB);
        s3.put_object(&bucket, "source", content)
            .send()
            .await
            .unwrap();
        let source = s3.head_object(&bucket, "source").send().await.unwrap();
        let same = source.etag.unwrap().to_string();
        // The object that each write would replace.
        let put = s3.put_object(&bucket, "key", "old").send().await.unwrap();
        let replaced = put.etag.to_string();
        // Some stores compare fractions of a second, or ignore times in the future.
        tokio::time::sleep(Duration::from_secs(2)).await;
        let modified = source.last_modified.unwrap();
        let after = http_date(&s3, modified + Duration::from_secs(1));
        let before = http_date(&s3, modified - Duration::from_secs(3600));

        let mut conditions: Vec<Unmet<'_>> = Vec::new();
        for operation in ["PutObject", "CompleteMultipartUpload", "CopyObject"] {
            conditions.push((operation, "if-match", OTHER));
            conditions.push((operation, "if-none-match", "*"));
            conditions.push((operation, "if-none-match", &replaced));
        }
        for operation in ["CopyObject", "UploadPartCopy"] {
            for (header, value) in [
                ("x-amz-copy-source-if-match", OTHER),
                ("x-amz-copy-source-if-none-match", &same),
                ("x-amz-copy-source-if-modified-since", &after),
                ("x-amz-copy-source-if-unmodified-since", &before),
            ] {
                conditions.push((operation, header, value));
            }
        }
        for (header, value) in [
            ("if-match", OTHER),
            ("x-amz-if-match-last-modified-time", &before),
            ("x-amz-if-match-size", "12345"),
        ] {
            conditions.push(("DeleteObject", header, value));
        }

        let mut wrong = Vec::new();
        for condition in conditions {
            let met = (condition.0, "x-amz-copy-source-if-match", &*same);
            if condition.0 == "UploadPartCopy"
                && let Err(error) = try_condition(&s3, &bucket, met).await
            {
                // Whatever the condition is.
                assert!(["gofakes3", "rclone"].contains(&dialect().name), "{error}");
                continue;
            }
            let rejected = try_condition(&strict, &bucket, condition).await;
            let is_rejected = matches!(rejected, Err(Error::Invalid(_)));
            let sent = try_condition(&lax, &bucket, condition).await;
            let is_ignored = sent.is_ok();
            if let Err(error) = sent {
                assert!(error.service().is_some(), "{condition:?}: {error}");
            }
            if is_rejected != is_ignored {
                wrong.push(format!(
                    "{condition:?}: rejected {is_rejected}, ignored {is_ignored}"
                ));
            }
        }
        assert!(wrong.is_empty(), "{}: {wrong:#?}", dialect().name);
    })
    .await;
}

#[tokio::test]
#[ignore = "needs a store: tests/run"]
async fn a_client_with_the_dialect_stores_and_lists_objects() {
    with_bucket(|_, bucket| async move {
        let dialect = dialect();
        assert_eq!(dialect.region.unwrap_or(&region()), region());
        let s3 = builder().dialect(dialect).build().unwrap();
        let mut keys = vec!["a b+\u{e9}"];
        if dialect.keeps_leading_slashes {
            keys.push("/slash");
        } else {
            let rejected = s3.put_object(&bucket, "/slash", "x").send().await;
            assert!(matches!(rejected, Err(Error::Invalid(_))), "{rejected:?}");
        }
        for key in &keys {
            // Signed in chunks where the dialect allows it.
            let pieces = stream::iter([Ok::<_, std::io::Error>(Bytes::from_static(b"meow"))]);
            let body = Body::stream(4, pieces);
            s3.put_object(&bucket, key, body).send().await.unwrap();
            assert_eq!(read(&s3, &bucket, key).await, "meow");
        }
        let mut listed: Vec<String> = Vec::new();
        for object in list(&s3, &bucket).await {
            listed.push(object.key);
        }
        keys.sort_unstable();
        assert_eq!(listed, keys);

        let part_size = dialect.part_limits.min_part.max(MIB as u64);
        let data = content(part_size as usize + 1);
        let upload = s3.upload_reader(&bucket, "parts", std::io::Cursor::new(data.clone()));
        let upload = upload.threshold(1).part_size(part_size);
        assert_eq!(upload.send().await.unwrap().parts, 2);
        assert_eq!(read(&s3, &bucket, "parts").await, data);
    })
    .await;
}
