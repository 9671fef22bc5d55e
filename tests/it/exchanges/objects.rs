//! Writing and reading objects.

use slim_s3::{Body, ETag, Encryption};

use super::BUCKET;
use crate::support::exchange::{ACCESS_KEY_ID, Session, expect_error};

pub async fn run(session: &Session) {
    let etag = put(session).await;
    get(session, &etag).await;
    head(session, &etag).await;
    get_with_wrong_keys(session).await;
}

/// Returns the ETag of `a.txt`.
async fn put(session: &Session) -> ETag {
    let client = session.client();
    let is_minio = session.store == "minio";
    let put = session
        .ok(
            "PutObject/whole",
            client
                .put_object(BUCKET, "a.txt", "hello")
                .send_with_metadata(),
        )
        .await;
    assert!(put.request_id().is_some());
    let put = put.output;
    assert_eq!(put.etag.as_str(), "5d41402abc4b2a76b9719d911017c592");
    assert!(put.version_id.is_none());
    let options = client
        .put_object(BUCKET, "a+b/ü %.txt", "world")
        .content_type("text/plain")
        .content_disposition("inline")
        .cache_control("max-age=60")
        .metadata("name", "Kitty")
        .tag("kind", "a cat")
        .if_none_match("*");
    session.ok("PutObject/options", options.send()).await;
    let pieces = std::io::Cursor::new(vec![b'x'; 70_000]);
    let stream = client.put_object(BUCKET, "chunks", Body::reader(70_000, pieces));
    let etag = session
        .ok("PutObject/signed-chunks", stream.send())
        .await
        .etag;
    assert_eq!(etag.as_str(), "bbe08e77a44b51de811b3d30272b9916");
    let taken = client
        .put_object(BUCKET, "a.txt", "other")
        .if_none_match("*");
    assert!(
        session
            .rejected("PutObject/taken", taken.send(), 412, "PreconditionFailed")
            .await
            .is_precondition_failed()
    );
    let no_bucket = session
        .rejected(
            "PutObject/no-bucket",
            client.put_object("absent", "a", "x").send(),
            404,
            "NoSuchBucket",
        )
        .await;
    assert!(no_bucket.is_not_found());
    let encrypted = client
        .put_object(BUCKET, "encrypted", "x")
        .encryption(Encryption::S3);
    let encrypted = session
        .call("PutObject/encrypted", encrypted.send())
        .await
        .unwrap_err();
    if is_minio {
        assert_eq!(encrypted.code(), Some("NotImplemented"));
    } else {
        // versitygw accepts the request, but stores the bytes unencrypted.
        assert!(
            encrypted
                .to_string()
                .contains("does not confirm the requested encryption"),
            "{encrypted}"
        );
    }
    put.etag
}

async fn get(session: &Session, etag: &ETag) {
    let client = session.client();
    let get = session
        .ok(
            "GetObject/whole",
            client.get_object(BUCKET, "a+b/ü %.txt").send(),
        )
        .await;
    assert_eq!(
        (get.content_type.as_deref(), get.metadata("name")),
        (Some("text/plain"), Some("Kitty"))
    );
    assert_eq!((get.content_length, get.content_range), (Some(5), None));
    assert_eq!(get.headers["x-amz-tagging-count"], "1");
    assert_eq!(get.body.bytes().await.unwrap(), "world");
    let range = session
        .ok(
            "GetObject/range",
            client.get_object(BUCKET, "a.txt").range(1..3).send(),
        )
        .await;
    let part = range.content_range.unwrap();
    assert_eq!((part.first, part.last, part.total), (1, 2, Some(5)));
    assert_eq!(range.body.bytes().await.unwrap(), "el");
    session
        .rejected(
            "GetObject/after-the-end",
            client.get_object(BUCKET, "a.txt").range(9..).send(),
            416,
            "InvalidRange",
        )
        .await;
    let absent = session
        .rejected(
            "GetObject/absent",
            client.get_object(BUCKET, "absent").send(),
            404,
            "NoSuchKey",
        )
        .await;
    assert!(absent.is_not_found());
    let same = client.get_object(BUCKET, "a.txt").if_none_match(etag);
    assert!(
        session
            .rejected("GetObject/not-modified", same.send(), 304, "NotModified")
            .await
            .is_not_modified()
    );
}

async fn head(session: &Session, etag: &ETag) {
    let client = session.client();
    let is_minio = session.store == "minio";
    let head = session
        .ok(
            "HeadObject/existing",
            client.head_object(BUCKET, "a.txt").send(),
        )
        .await;
    assert_eq!(
        (head.content_length, head.etag),
        (Some(5), Some(etag.clone()))
    );
    assert!(head.last_modified.is_some());
    let absent = session
        .rejected(
            "HeadObject/absent",
            client.head_object(BUCKET, "absent").send(),
            404,
            "NoSuchKey",
        )
        .await;
    assert_eq!(absent.service().unwrap().code_is_inferred, !is_minio);
}

async fn get_with_wrong_keys(session: &Session) {
    let is_minio = session.store == "minio";
    let wrong_secret = session.client_with_keys(ACCESS_KEY_ID, "another-secret");
    let error = session
        .rejected(
            "GetObject/wrong-secret",
            wrong_secret.get_object(BUCKET, "a.txt").send(),
            403,
            "SignatureDoesNotMatch",
        )
        .await;
    assert!(error.is_access_denied() && !error.is_retryable());
    let stranger = session.client_with_keys("nobody", "another-secret");
    let error = session
        .call(
            "GetObject/unknown-key",
            stranger.get_object(BUCKET, "a.txt").send(),
        )
        .await;
    let error = if is_minio {
        expect_error(error, 403, "InvalidAccessKeyId")
    } else {
        expect_error(error, 404, "XAdminUserNotFound")
    };
    // A 404 for an unknown access key ID does not mean that the object is missing.
    assert!(!error.is_not_found());
}
