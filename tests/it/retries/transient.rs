//! Transient failures are retried, permanent ones are not.

use std::time::Duration;

use slim_s3::error::{Stage, TransportKind};
use slim_s3::{Client, Credentials, RetryPolicy};

use crate::support::script::{
    Close, HalfClose, Head, Read, Request, Reset, Script, Wait, drop_response, error_document, ok,
    one_part, play, quick, raw, reject, response, transport_kind,
};
use crate::support::server::put_error;
use crate::support::verifier::verify;

/// Checks that a put whose first attempt fails like this is signed again and succeeds on its second attempt.
async fn check_retried(name: &str, script: Script) {
    let server = play([script, ok()]).await;
    let call = server.client().put_object("bucket", "key", "data");
    let stored = call.send_with_metadata().await;
    let stored = stored.unwrap_or_else(|error| panic!("{name}: {error}"));
    assert_eq!((stored.attempts, stored.earlier.len()), (2, 1), "{name}");
    let requests = server.requests();
    assert_eq!(server.remaining(), 0, "{name}");
    let last = requests.last().unwrap();
    verify(last);
    assert_eq!(last.body, b"data", "{name}");
}

#[tokio::test]
async fn broken_connections_are_retried() {
    for (name, script) in [
        ("closed before the response", drop_response()),
        ("closed when accepted", vec![Close]),
        ("closed after the request's head", vec![Head, Close]),
        ("reset", vec![Request, Reset]),
        ("reset after the request's head", vec![Head, Reset]),
        ("half-closed", vec![Request, HalfClose]),
        (
            "a truncated response head",
            vec![Request, raw("HTTP/1.1 200 OK\r\neta"), Close],
        ),
        (
            "not HTTP, such as the rest of an earlier response",
            vec![Request, raw("SSH-2.0-OpenSSH_9.9\r\n\r\n"), Close],
        ),
    ] {
        check_retried(name, script).await;
    }
}

#[tokio::test]
async fn transient_statuses_and_codes_are_retried() {
    for status in [408, 429, 499, 500, 502, 503, 504, 509, 520, 524] {
        check_retried("an empty body", response(&format!("{status} X"), "")).await;
        let page = "<html><body>Bad gateway</body></html>";
        check_retried("an HTML page", response(&format!("{status} X"), page)).await;
    }
    for (status, code) in [
        (500, "InternalError"),
        (503, "SlowDown"),
        (503, "SlowDownWrite"),
        (503, "XMinioServerNotInitialized"),
        (503, "RequestTimeout"),
        (400, "RequestTimeout"),
        (429, "TooManyRequests"),
        (409, "OperationAborted"),
        (409, "ConditionalRequestConflict"),
        (400, "BadDigest"),
    ] {
        check_retried(code, reject(status, code)).await;
    }
}

#[tokio::test]
async fn permanent_errors_are_not_retried() {
    for (status, code) in [
        (400, "InvalidArgument"),
        (403, "AccessDenied"),
        (403, "SignatureDoesNotMatch"),
        (404, "NoSuchBucket"),
        (409, "BucketAlreadyExists"),
        (412, "PreconditionFailed"),
        (501, "NotImplemented"),
        (507, "InsufficientStorage"),
        (301, "PermanentRedirect"),
    ] {
        let server = play([reject(status, code), ok()]).await;
        let error = put_error(&server.client(), "data").await;
        assert_eq!(error.code(), Some(code), "{error}");
        assert!(
            !error.is_retryable() && !error.is_outcome_unknown(),
            "{error}"
        );
        assert_eq!(
            (error.context().attempts, server.remaining()),
            (1, 1),
            "{error}"
        );
    }
}

/// S3 sends the status of a copy or a completion before the outcome is known.
#[tokio::test]
async fn a_transient_error_inside_a_200_is_retried() {
    let copied = "<CopyObjectResult><ETag>\"e\"</ETag></CopyObjectResult>";
    let part_copied = "<CopyPartResult><ETag>\"e\"</ETag></CopyPartResult>";
    let completed =
        "<CompleteMultipartUploadResult><ETag>\"e-1\"</ETag></CompleteMultipartUploadResult>";
    for (name, first) in [
        ("an error", error_document("InternalError")),
        (
            "an error without a code",
            "<Error><Message>m</Message></Error>".to_owned(),
        ),
        ("throttling", error_document("SlowDown")),
        ("an empty body", String::new()),
        ("white space", " \n \n".to_owned()),
        (
            "only an XML declaration",
            "<?xml version=\"1.0\"?>\n".to_owned(),
        ),
        ("truncated inside a tag", completed[..20].to_owned()),
        (
            "truncated between tags",
            "<CopyObjectResult><ETag>\"e\"</ETag>".to_owned(),
        ),
    ] {
        let server = play([response("200 OK", &first), response("200 OK", copied)]).await;
        let copy = server
            .client()
            .copy_object("bucket", "key", ("bucket", "source"));
        copy.send()
            .await
            .unwrap_or_else(|error| panic!("{name}: {error}"));
        let server = play([response("200 OK", &first), response("200 OK", part_copied)]).await;
        let copy = server
            .client()
            .upload_part_copy("bucket", "key", "id", 1, ("bucket", "source"));
        copy.send()
            .await
            .unwrap_or_else(|error| panic!("{name}: {error}"));
        let server = play([response("200 OK", &first), response("200 OK", completed)]).await;
        let complete =
            server
                .client()
                .complete_multipart_upload("bucket", "key", "id", &one_part());
        complete
            .send()
            .await
            .unwrap_or_else(|error| panic!("{name}: {error}"));
    }
}

#[tokio::test]
async fn a_permanent_error_inside_a_200_is_not_retried() {
    let server = play([response("200 OK", error_document("AccessDenied")), ok()]).await;
    let copy = server
        .client()
        .copy_object("bucket", "key", ("bucket", "source"));
    let error = copy.send().await.unwrap_err();
    assert_eq!(
        (error.code(), error.context().attempts),
        (Some("AccessDenied"), 1),
        "{error}"
    );
}

#[tokio::test]
async fn a_truncated_listing_is_retried() {
    let whole = "<ListBucketResult><IsTruncated>false</IsTruncated><Contents><Key>k</Key><Size>1</Size></Contents></ListBucketResult>";
    for end in [0, 1, 30, 60, whole.len() - 1] {
        let server = play([response("200 OK", &whole[..end]), response("200 OK", whole)]).await;
        let page = server.client().list_objects_v2("bucket").send().await;
        assert_eq!(page.unwrap().contents.len(), 1, "{end}");
        assert_eq!(server.remaining(), 0, "{end}");
    }
}

/// Unlike an invalid certificate, a refused connection may be temporary.
#[tokio::test]
async fn a_refused_connection_is_retried() {
    let s3 = Client::builder()
        .endpoint("http://127.0.0.1:1")
        .credentials(Credentials::new("AKID", "SECRET"))
        .retry(quick())
        .build()
        .unwrap();
    let error = put_error(&s3, "data").await;
    assert_eq!(error.context().attempts, 3, "{error}");
    assert!(
        !error.is_outcome_unknown() && error.is_retryable(),
        "{error}"
    );
}

/// Usually the server rejects the request without reading its body, and would do so again.
#[tokio::test]
async fn a_reset_while_sending_is_retried_once() {
    let server = play((0..4).map(|_| vec![Head, Read(100_000), Reset])).await;
    let error = put_error(&server.client(), vec![1; 32 << 20]).await;
    assert_eq!(
        transport_kind(&error),
        TransportKind::Broken(Stage::Sending),
        "{error}"
    );
    assert_eq!(error.context().attempts, 2, "{error}");
    assert!(!error.is_outcome_unknown(), "{error}");
}

#[tokio::test]
async fn other_failures_do_not_count_as_a_reset_while_sending() {
    let reset = || vec![Head, Read(100_000), Reset];
    let server = play([reject(503, "SlowDown"), reset(), ok()]).await;
    let body = vec![1; 8 << 20];
    let stored = server
        .client()
        .put_object("bucket", "key", body.clone())
        .send_with_metadata()
        .await
        .unwrap();
    assert_eq!(stored.attempts, 3);
    let server = play([reset(), reject(503, "SlowDown"), reset(), ok()]).await;
    let policy = RetryPolicy {
        max_attempts: 10,
        ..quick()
    };
    let s3 = server.builder().retry(policy).build().unwrap();
    let error = put_error(&s3, body).await;
    assert_eq!(
        (error.context().attempts, server.remaining()),
        (3, 1),
        "{error}"
    );
    assert!(
        error
            .to_string()
            .contains("not retried: such failures are retried only once"),
        "{error}"
    );
}

#[tokio::test]
async fn connections_closed_after_each_response_cause_no_errors() {
    let mut closing = ok();
    closing.push(Close);
    let server = play((0..300).map(|_| closing.clone())).await;
    let s3 = server.client();
    for number in 0..200 {
        let put = s3.put_object("bucket", "key", "data");
        put.send()
            .await
            .unwrap_or_else(|error| panic!("{number}: {error}"));
    }
}

/// Servers close idle connections, sometimes exactly when the next request is sent.
#[tokio::test]
async fn a_pooled_connection_that_was_closed_is_replaced() {
    let mut idle = ok();
    idle.extend([Wait(Duration::from_millis(50)), Close]);
    for script in [drop_response(), vec![Head, Reset], vec![Request, Reset]] {
        let server = play([ok(), script, idle.clone(), ok(), ok()]).await;
        let s3 = server.client();
        for _ in 0..4 {
            s3.put_object("bucket", "key", "data").send().await.unwrap();
            tokio::time::sleep(Duration::from_millis(60)).await;
        }
        assert_eq!(server.remaining(), 0);
    }
}
