//! What is tried again, with what, and what is said when it is not. On scripted servers.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant, SystemTime};

use bytes::Bytes;
use slim_s3::{Body, Client, Credentials, Error, RetryPolicy, Stage, TransportKind};

use crate::support::script::{
    Close, HalfClose, Head, Read, Request, Reset, Script, Wait, answer, error_document, ok,
    one_part, play, quick, raw, refuse, swallow, transport_kind,
};
use crate::support::server::SECRET_ACCESS_KEY;
use crate::support::verifier::verify;

/// The error of a put that is not to succeed.
async fn refused(s3: &Client) -> Error {
    let put = s3.put_object("bucket", "key", "data");
    put.send().await.unwrap_err()
}

/// A put that fails once like this is made again, signed anew, and succeeds.
async fn succeeds_after(name: &str, script: Script) {
    let server = play([script, ok()]).await;
    let call = server.client().put_object("bucket", "key", "data");
    let stored = call.send_answered().await;
    let stored = stored.unwrap_or_else(|error| panic!("{name}: {error}"));
    assert_eq!((stored.attempts, stored.earlier.len()), (2, 1), "{name}");
    let requests = server.requests();
    assert_eq!(server.left(), 0, "{name}");
    let last = requests.last().unwrap();
    verify(last);
    assert_eq!(last.body, b"data", "{name}");
}

#[tokio::test]
async fn connections_that_break() {
    for (name, script) in [
        ("closed before an answer", swallow()),
        ("closed at once", vec![Close]),
        ("closed with the head read", vec![Head, Close]),
        ("reset", vec![Request, Reset]),
        ("reset with the head read", vec![Head, Reset]),
        ("half-closed", vec![Request, HalfClose]),
        (
            "half an answer",
            vec![Request, raw("HTTP/1.1 200 OK\r\neta"), Close],
        ),
        (
            "no HTTP",
            vec![Request, raw("SSH-2.0-OpenSSH_9.9\r\n\r\n"), Close],
        ),
    ] {
        succeeds_after(name, script).await;
    }
}

#[tokio::test]
async fn busy_stores() {
    for status in [408, 429, 499, 500, 502, 503, 504, 509, 520, 524] {
        succeeds_after("without a body", answer(&format!("{status} X"), "")).await;
        let page = "<html><body>Bad gateway</body></html>";
        succeeds_after("a page", answer(&format!("{status} X"), page)).await;
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
        succeeds_after(code, refuse(status, code)).await;
    }
}

#[tokio::test]
async fn refusals_for_good() {
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
        let server = play([refuse(status, code), ok()]).await;
        let error = refused(&server.client()).await;
        assert_eq!(error.code(), Some(code), "{error}");
        assert!(
            !error.is_retryable() && !error.is_outcome_unknown(),
            "{error}"
        );
        assert_eq!((error.context().attempts, server.left()), (1, 1), "{error}");
    }
}

/// S3 begins its answer before it knows how it ends.
#[tokio::test]
async fn failures_inside_of_a_success() {
    let copied = "<CopyObjectResult><ETag>\"e\"</ETag></CopyObjectResult>";
    let completed =
        "<CompleteMultipartUploadResult><ETag>\"e-1\"</ETag></CompleteMultipartUploadResult>";
    for (name, first) in [
        ("an error", error_document("InternalError")),
        (
            "an error without a code",
            "<Error><Message>m</Message></Error>".to_owned(),
        ),
        ("too busy", error_document("SlowDown")),
        ("nothing", String::new()),
        ("white space", " \n \n".to_owned()),
        (
            "a declaration alone",
            "<?xml version=\"1.0\"?>\n".to_owned(),
        ),
        ("cut in a tag", completed[..20].to_owned()),
        (
            "cut between tags",
            "<CopyObjectResult><ETag>\"e\"</ETag>".to_owned(),
        ),
    ] {
        let server = play([answer("200 OK", &first), answer("200 OK", copied)]).await;
        let copy = server
            .client()
            .copy_object("bucket", "key", "bucket", "source");
        copy.send()
            .await
            .unwrap_or_else(|error| panic!("{name}: {error}"));
        let server = play([answer("200 OK", &first), answer("200 OK", completed)]).await;
        let complete =
            server
                .client()
                .complete_multipart_upload("bucket", "key", "id", &one_part());
        complete
            .send()
            .await
            .unwrap_or_else(|error| panic!("{name}: {error}"));
    }
    // What is final inside of a success is final.
    let server = play([answer("200 OK", error_document("AccessDenied")), ok()]).await;
    let copy = server
        .client()
        .copy_object("bucket", "key", "bucket", "source");
    let error = copy.send().await.unwrap_err();
    assert_eq!(
        (error.code(), error.context().attempts),
        (Some("AccessDenied"), 1),
        "{error}"
    );
}

/// A listing that breaks off is asked for again, and never taken for a short one.
#[tokio::test]
async fn documents_that_break_off() {
    let whole = "<ListBucketResult><IsTruncated>false</IsTruncated><Contents><Key>k</Key><Size>1</Size></Contents></ListBucketResult>";
    for end in [0, 1, 30, 60, whole.len() - 1] {
        let server = play([answer("200 OK", &whole[..end]), answer("200 OK", whole)]).await;
        let page = server.client().list_objects_v2("bucket").send().await;
        assert_eq!(page.unwrap().contents.len(), 1, "{end}");
        assert_eq!(server.left(), 0, "{end}");
    }
}

#[tokio::test]
async fn each_attempt_has_the_date_and_the_credentials_of_its_moment() {
    let server = play([refuse(503, "SlowDown"), swallow(), ok()]).await;
    let asked = Arc::new(AtomicU32::new(0));
    let (seconds, count) = (asked.clone(), asked.clone());
    let s3 = server
        .builder()
        .clock(move || {
            let passed = u64::from(seconds.load(Ordering::SeqCst));
            SystemTime::UNIX_EPOCH + Duration::from_secs(1_735_787_000 + passed)
        })
        .credentials_provider(move || {
            let number = count.fetch_add(1, Ordering::SeqCst);
            let credentials = Credentials::new(format!("AKID{number}"), SECRET_ACCESS_KEY);
            async move {
                Ok::<_, std::io::Error>(credentials.with_session_token(format!("token{number}")))
            }
        })
        .build()
        .unwrap();
    s3.put_object("bucket", "key", "data").send().await.unwrap();
    let requests = server.requests();
    for (number, request) in requests.iter().enumerate() {
        verify(request);
        let authorization = request.header("authorization").unwrap();
        assert!(
            authorization.contains(&format!("Credential=AKID{number}/")),
            "{authorization}"
        );
        assert_eq!(
            request.header("x-amz-security-token"),
            Some(format!("token{number}").as_str())
        );
        let date = format!("20250102T03032{}Z", number + 1);
        assert_eq!(request.header("x-amz-date"), Some(date.as_str()));
    }
    assert_eq!(requests.len(), 3);
}

/// Credentials that have expired by the store's clock are asked for once more; those that stay expired are told.
#[tokio::test]
async fn credentials_that_expire() {
    let server = play([
        refuse(400, "ExpiredToken"),
        ok(),
        refuse(400, "ExpiredToken"),
        refuse(400, "ExpiredToken"),
        ok(),
    ])
    .await;
    let provide = || async { Ok::<_, std::io::Error>(Credentials::new("AKID", SECRET_ACCESS_KEY)) };
    let s3 = server
        .builder()
        .credentials_provider(provide)
        .build()
        .unwrap();
    s3.put_object("bucket", "key", "data").send().await.unwrap();
    let error = refused(&s3).await;
    assert_eq!(
        (error.code(), error.context().attempts),
        (Some("ExpiredToken"), 2),
        "{error}"
    );
    // Fixed ones stay what they are.
    let server = play([refuse(400, "ExpiredToken"), ok()]).await;
    let error = refused(&server.client()).await;
    assert_eq!(error.context().attempts, 1, "{error}");

    // Between two attempts, by the client's own clock.
    let server = play([refuse(503, "SlowDown"), ok()]).await;
    let now = SystemTime::now();
    let ticks = AtomicU32::new(0);
    let credentials =
        Credentials::new("AKID", SECRET_ACCESS_KEY).with_expiry(now + Duration::from_secs(60));
    let s3 = server
        .builder()
        .clock(move || now + Duration::from_secs(100) * ticks.fetch_add(1, Ordering::SeqCst).min(1))
        .credentials(credentials)
        .build()
        .unwrap();
    let error = refused(&s3).await;
    let text = error.to_string();
    assert!(matches!(error, Error::Invalid(_)), "{error}");
    assert!(
        text.contains("credentials have expired") && text.contains("503 SlowDown, again after"),
        "{text}"
    );
}

#[tokio::test]
async fn files_are_read_again() {
    let path = std::env::temp_dir().join(format!("slim-s3-retry-{}", std::process::id()));
    std::fs::write(&path, vec![7; 1 << 20]).unwrap();
    let server = play([vec![Head, Read(1000), Reset], refuse(503, "SlowDown"), ok()]).await;
    let file = std::fs::File::open(&path).unwrap();
    let stored = server
        .client()
        .put_object("bucket", "key", file)
        .send_answered()
        .await
        .unwrap();
    assert_eq!(stored.attempts, 3);
    let last = server.requests().pop().unwrap();
    verify(&last);
    assert_eq!(last.body, vec![7; 1 << 20]);
    std::fs::remove_file(&path).unwrap();
}

fn stream(text: &'static str) -> Body {
    let pieces = futures_util::stream::iter([Ok::<_, std::io::Error>(Bytes::from(text))]);
    Body::stream(text.len() as u64, pieces)
}

#[tokio::test]
async fn streams_are_not_read_twice() {
    for script in [refuse(503, "SlowDown"), swallow(), vec![Request, Reset]] {
        let server = play([script, ok()]).await;
        let error = server
            .client()
            .put_object("bucket", "key", stream("data"))
            .send()
            .await
            .unwrap_err();
        assert_eq!((error.context().attempts, server.left()), (1, 1), "{error}");
        let says = "(not tried again: the body is a stream of which some was read, and it cannot be read again)";
        assert!(error.to_string().ends_with(says), "{error}");
        assert!(error.is_retryable(), "{error}");
    }
    // Nor is that said where nothing would be tried again.
    let server = play([refuse(403, "AccessDenied")]).await;
    let error = server
        .client()
        .put_object("bucket", "key", stream("data"))
        .send()
        .await
        .unwrap_err();
    assert_eq!(error.context().gave_up, None, "{error}");
}

/// A stream of which nothing was read is still whole.
#[tokio::test]
async fn streams_wait_for_a_connection() {
    let free = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = free.local_addr().unwrap();
    drop(free);
    let policy = RetryPolicy {
        max_attempts: 1000,
        base_delay: Duration::from_millis(20),
        max_delay: Duration::from_millis(20),
        budget: u32::MAX,
        ..RetryPolicy::default()
    };
    let s3 = Client::builder()
        .endpoint(&format!("http://{address}"))
        .credentials(Credentials::new("AKID", SECRET_ACCESS_KEY))
        .retry(policy)
        .build()
        .unwrap();
    let put = s3
        .put_object("bucket", "key", stream("data"))
        .send_answered();
    let listen = async {
        tokio::time::sleep(Duration::from_millis(200)).await;
        let listener = tokio::net::TcpListener::bind(address).await.unwrap();
        let (mut socket, _) = listener.accept().await.unwrap();
        let mut received = Vec::new();
        while !received.ends_with(b"\r\n0;chunk-signature=")
            && !received.windows(4).any(|window| window == b"data")
        {
            let mut buffer = [0; 4096];
            let count = tokio::io::AsyncReadExt::read(&mut socket, &mut buffer)
                .await
                .unwrap();
            received.extend_from_slice(&buffer[..count]);
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
        let answer = b"HTTP/1.1 200 OK\r\netag: \"e\"\r\ncontent-length: 0\r\n\r\n";
        tokio::io::AsyncWriteExt::write_all(&mut socket, answer)
            .await
            .unwrap();
        socket
    };
    let (stored, _socket) = tokio::join!(put, listen);
    let stored = stored.unwrap();
    assert!(stored.attempts > 1, "{stored:?}");
    assert!(
        stored.earlier[0]
            .cause
            .starts_with("no connection to the store"),
        "{stored:?}"
    );
}

#[tokio::test]
async fn the_error_lists_the_attempts() {
    let server = play([
        refuse(500, "InternalError"),
        swallow(),
        refuse(503, "SlowDown"),
    ])
    .await;
    let error = refused(&server.client()).await;
    let context = error.context();
    assert_eq!(
        (context.attempts, context.earlier.len(), context.gave_up),
        (3, 2, None)
    );
    assert_eq!(context.earlier[0].cause, "500 InternalError");
    assert!(context.earlier[0].delay <= Duration::from_millis(1));
    assert!(
        context.earlier[1]
            .cause
            .starts_with("the connection broke before an answer came"),
        "{error}"
    );
    let text = error.to_string();
    assert!(
        text.starts_with(
            "PutObject bucket/key: 503 SlowDown: m (attempts 3: 500 InternalError, again after "
        ),
        "{text}"
    );
    assert!(
        text.contains("; the connection broke before an answer came"),
        "{text}"
    );
    // Two answers may have been a success.
    assert!(error.is_outcome_unknown() && error.is_retryable());
}

#[tokio::test]
async fn how_often() {
    let busy = || (0..9).map(|_| refuse(503, "SlowDown"));
    let put = |s3: &Client| s3.put_object("bucket", "key", "data");
    let server = play(busy()).await;
    let error = put(&server.client()).send().await.unwrap_err();
    assert_eq!((error.context().attempts, server.left()), (3, 6));
    let error = put(&server.client())
        .retry(RetryPolicy::none())
        .send()
        .await
        .unwrap_err();
    assert_eq!((error.context().attempts, server.left()), (1, 5));
    let s3 = server.builder().retry(RetryPolicy::none()).build().unwrap();
    let error = put(&s3).send().await.unwrap_err();
    assert_eq!((error.context().attempts, server.left()), (1, 4));
    // One call may have more than its client.
    let error = put(&s3)
        .retry(RetryPolicy {
            max_attempts: 2,
            ..quick()
        })
        .send()
        .await
        .unwrap_err();
    assert_eq!((error.context().attempts, server.left()), (2, 2));
    let error = put(&server.client())
        .retry(RetryPolicy {
            max_attempts: 2,
            ..quick()
        })
        .send()
        .await
        .unwrap_err();
    assert_eq!((error.context().attempts, server.left()), (2, 0));
    let server = play(busy()).await;
    let late = RetryPolicy {
        give_up_after: Some(Duration::ZERO),
        ..quick()
    };
    let error = put(&server.client()).retry(late).send().await.unwrap_err();
    assert_eq!((error.context().attempts, server.left()), (1, 8));
    assert!(
        error
            .to_string()
            .contains("not tried again: the time for further attempts has run out"),
        "{error}"
    );
}

/// 28 tokens are two retries, whichever clone takes them; a success that needed one gives it back.
#[tokio::test]
async fn clones_share_the_budget() {
    let policy = RetryPolicy {
        budget: 28,
        ..quick()
    };
    let fail = || answer("500 X", "");
    let server = play([
        fail(),
        ok(),
        fail(),
        fail(),
        ok(),
        fail(),
        fail(),
        fail(),
        fail(),
        ok(),
        fail(),
    ])
    .await;
    let s3 = server.builder().retry(policy).build().unwrap();
    let put = || s3.clone().put_object("bucket", "key", "data");
    put().send().await.unwrap();
    // Two retries, of which the last is given back: 14 are left.
    assert_eq!(put().send_answered().await.unwrap().attempts, 3);
    let error = put().send().await.unwrap_err();
    assert_eq!(
        (error.context().attempts, error.context().gave_up.is_some()),
        (2, true),
        "{error}"
    );
    let error = put().send().await.unwrap_err();
    assert_eq!(error.context().attempts, 1, "{error}");
    assert!(
        error.to_string().contains("budget for retries is used up"),
        "{error}"
    );
    // Another client has a budget of its own.
    let other = server.builder().retry(policy).build().unwrap();
    assert_eq!(
        other
            .put_object("bucket", "key", "data")
            .send_answered()
            .await
            .unwrap()
            .attempts,
        2
    );
}

#[tokio::test]
async fn wishes_of_the_store() {
    for (header, least) in [("x-amz-retry-after: 300", 300), ("retry-after: 1", 1000)] {
        let server = play([answer(&format!("503 X\r\n{header}"), ""), ok()]).await;
        let start = Instant::now();
        let stored = server
            .client()
            .put_object("bucket", "key", "data")
            .send_answered()
            .await
            .unwrap();
        let least = Duration::from_millis(least);
        assert!(
            stored.earlier[0].delay >= least && start.elapsed() >= least,
            "{header}: {stored:?}"
        );
        assert!(
            start.elapsed() < least + Duration::from_secs(3),
            "{header}: {:?}",
            start.elapsed()
        );
    }
}

/// It is not made twice where it may have been made: each leaves an upload of its own.
#[tokio::test]
async fn what_is_not_idempotent() {
    let created =
        "<InitiateMultipartUploadResult><UploadId>id</UploadId></InitiateMultipartUploadResult>";
    for script in [refuse(503, "SlowDown"), refuse(400, "RequestTimeout")] {
        let server = play([script, answer("200 OK", created)]).await;
        let create = server.client().create_multipart_upload("bucket", "key");
        assert_eq!(create.send().await.unwrap().upload_id, "id");
    }
    for script in [
        swallow(),
        refuse(500, "InternalError"),
        answer("200 OK", ""),
    ] {
        let server = play([script, answer("200 OK", created)]).await;
        let error = server
            .client()
            .create_multipart_upload("bucket", "key")
            .send()
            .await
            .unwrap_err();
        assert_eq!((error.context().attempts, server.left()), (1, 1), "{error}");
        assert!(error.is_outcome_unknown(), "{error}");
        assert!(
            error
                .to_string()
                .contains("not tried again: it may have been done"),
            "{error}"
        );
    }
}

/// What mostly is a refusal that does not wait to be heard is tried once more, and no more.
#[tokio::test]
async fn connections_that_close_while_a_body_goes_out() {
    let server = play((0..4).map(|_| vec![Head, Read(100_000), Reset])).await;
    let error = server
        .client()
        .put_object("bucket", "key", vec![1; 32 << 20])
        .send()
        .await
        .unwrap_err();
    assert_eq!(
        transport_kind(&error),
        TransportKind::Broken(Stage::Sending),
        "{error}"
    );
    assert_eq!(error.context().attempts, 2, "{error}");
    assert!(!error.is_outcome_unknown(), "{error}");
}

/// Servers close connections that were idle; sometimes just when they are used.
#[tokio::test]
async fn pooled_connections_that_were_closed() {
    // Without a word, right behind each answer.
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
    // While it is idle, and with the request on its way.
    let mut idle = ok();
    idle.extend([Wait(Duration::from_millis(50)), Close]);
    for script in [swallow(), vec![Head, Reset], vec![Request, Reset]] {
        let server = play([ok(), script, idle.clone(), ok(), ok()]).await;
        let s3 = server.client();
        for _ in 0..4 {
            s3.put_object("bucket", "key", "data").send().await.unwrap();
            tokio::time::sleep(Duration::from_millis(60)).await;
        }
        assert_eq!(server.left(), 0);
    }
}

const LATER: &str = "Thu, 02 Jan 2025 04:04:05 GMT";

/// What a store says of the date is taken at its word once, by all clones, and never in a circle.
#[tokio::test]
async fn clocks() {
    let skewed = || {
        answer(
            &format!("403 Forbidden\r\ndate: {LATER}"),
            error_document("RequestTimeTooSkewed"),
        )
    };
    let server = play([skewed(), ok(), ok(), skewed(), skewed(), ok()]).await;
    // 03:04:05, an hour before the store's.
    let early = || SystemTime::UNIX_EPOCH + Duration::from_secs(1_735_787_045);
    let s3 = server.builder().clock(early).build().unwrap();
    s3.put_object("bucket", "key", "data").send().await.unwrap();
    s3.clone()
        .put_object("bucket", "key", "data")
        .send()
        .await
        .unwrap();
    assert_eq!(s3.now().to_string(), "20250102T040405Z");
    let dates: Vec<_> = server
        .requests()
        .iter()
        .map(|request| request.header("x-amz-date").unwrap().to_owned())
        .collect();
    assert_eq!(
        dates,
        ["20250102T030405Z", "20250102T040405Z", "20250102T040405Z"]
    );
    // The clock is right by now, so that there is nothing to put right.
    let error = refused(&s3).await;
    assert_eq!(
        (error.code(), error.context().attempts),
        (Some("RequestTimeTooSkewed"), 1),
        "{error}"
    );
    let other = server.builder().clock(early).build().unwrap();
    let put = other.put_object("bucket", "key", "data");
    assert_eq!(put.send_answered().await.unwrap().attempts, 2);

    // A store that refuses every date is not believed.
    let behind = || {
        answer(
            "403 Forbidden\r\ndate: Thu, 02 Jan 2025 01:04:05 GMT",
            error_document("RequestTimeTooSkewed"),
        )
    };
    let server = play([behind(), skewed(), ok()]).await;
    let s3 = server.builder().clock(early).build().unwrap();
    let error = refused(&s3).await;
    assert_eq!((error.context().attempts, server.left()), (2, 1), "{error}");
    assert_eq!(s3.now().to_string(), "20250102T030405Z");
}

/// An answer to HEAD cannot say why it is 403. Its date can.
#[tokio::test]
async fn clocks_and_head() {
    let bare = |date: &str| {
        vec![
            Request,
            raw(format!(
                "HTTP/1.1 403 Forbidden\r\ndate: {date}\r\ncontent-length: 0\r\n\r\n"
            )),
        ]
    };
    let found = || {
        vec![
            Request,
            raw(
                "HTTP/1.1 200 OK\r\netag: \"e\"\r\nlast-modified: Thu, 02 Jan 2025 03:04:05 GMT\r\ncontent-length: 3\r\n\r\n",
            ),
        ]
    };
    let early = || SystemTime::UNIX_EPOCH + Duration::from_secs(1_735_787_045);
    let server = play([bare(LATER), found()]).await;
    let s3 = server.builder().clock(early).build().unwrap();
    let head = s3
        .head_object("bucket", "key")
        .send_answered()
        .await
        .unwrap();
    assert_eq!((head.attempts, head.output.content_length), (2, 3));
    // Three minutes are no reason, and without a date there is none to see.
    for script in [
        bare("Thu, 02 Jan 2025 03:07:05 GMT"),
        answer("403 Forbidden", ""),
    ] {
        let server = play([script, found()]).await;
        let s3 = server.builder().clock(early).build().unwrap();
        let error = s3.head_object("bucket", "key").send().await.unwrap_err();
        assert!(
            error.is_access_denied() && error.context().attempts == 1,
            "{error}"
        );
    }
}

/// A client for AWS whose hosts are this server.
fn aws(server: &crate::support::script::Server, endpoint: &str, bucket: &str) -> Client {
    let port = server.address.port();
    let mut own = reqwest::Client::builder();
    for region in ["us-east-1", "eu-west-1", "ap-south-1"] {
        for host in [format!("s3.{region}"), format!("s3.dualstack.{region}")] {
            own = own.resolve(&format!("{bucket}.{host}.amazonaws.com"), server.address);
        }
    }
    server
        .builder()
        .endpoint(&format!("http://{endpoint}:{port}"))
        .region("us-east-1")
        .http_client_builder(own)
        .build()
        .unwrap()
}

/// Wrong-region answers of AWS: signed once more, for the region that they name, at that region's host.
#[tokio::test]
async fn regions_of_aws() {
    let malformed =
        "<Error><Code>AuthorizationHeaderMalformed</Code><Region>eu-west-1</Region></Error>";
    for (name, first) in [
        (
            "301",
            answer(
                "301 Moved\r\nx-amz-bucket-region: eu-west-1",
                error_document("PermanentRedirect"),
            ),
        ),
        (
            "307",
            answer(
                "307 Moved\r\nx-amz-bucket-region: eu-west-1\r\nlocation: http://127.0.0.1:1/",
                error_document("TemporaryRedirect"),
            ),
        ),
        ("400", answer("400 Bad Request", malformed)),
    ] {
        let server = play([first, ok(), ok()]).await;
        let port = server.address.port();
        let s3 = aws(&server, "s3.us-east-1.amazonaws.com", "photos");
        let stored = s3.put_object("photos", "key", "data").send_answered().await;
        assert_eq!(
            stored
                .unwrap_or_else(|error| panic!("{name}: {error}"))
                .attempts,
            2
        );
        // Clones know it from now on.
        let stored = s3
            .clone()
            .put_object("photos", "key", "data")
            .send_answered()
            .await;
        assert_eq!(stored.unwrap().attempts, 1);
        let hosts: Vec<_> = server
            .requests()
            .iter()
            .map(|request| {
                verify(request);
                let scope = request
                    .header("authorization")
                    .unwrap()
                    .split('/')
                    .nth(2)
                    .unwrap()
                    .to_owned();
                (request.header("host").unwrap().to_owned(), scope)
            })
            .collect();
        let at = |region: &str| {
            (
                format!("photos.s3.{region}.amazonaws.com:{port}"),
                region.to_owned(),
            )
        };
        assert_eq!(
            hosts,
            [at("us-east-1"), at("eu-west-1"), at("eu-west-1")],
            "{name}"
        );
    }
    // A store that sends from one region to the other is followed once.
    let to = |region: &str| answer(&format!("301 Moved\r\nx-amz-bucket-region: {region}"), "");
    let server = play([to("eu-west-1"), to("ap-south-1"), ok()]).await;
    let s3 = aws(&server, "s3.dualstack.us-east-1.amazonaws.com", "photos");
    let error = s3
        .put_object("photos", "key", "data")
        .send()
        .await
        .unwrap_err();
    assert_eq!(
        (error.region(), error.context().attempts),
        (Some("ap-south-1"), 2),
        "{error}"
    );
    let host = server.requests()[1].header("host").unwrap().to_owned();
    assert!(
        host.starts_with("photos.s3.dualstack.eu-west-1.amazonaws.com"),
        "{host}"
    );
    // What is no region's name is not made a host's.
    for region in ["evil.example/", "a.b", "", "us-east-1"] {
        let server = play([to(region), ok()]).await;
        let s3 = aws(&server, "s3.us-east-1.amazonaws.com", "photos");
        let error = s3
            .put_object("photos", "key", "data")
            .send()
            .await
            .unwrap_err();
        assert_eq!(error.context().attempts, 1, "{region}: {error}");
    }
    // Nor is anything signed again for other stores: the error names the region.
    let server = play([to("eu-west-1"), ok()]).await;
    let error = server
        .client()
        .put_object("photos", "key", "data")
        .send()
        .await
        .unwrap_err();
    assert_eq!(
        (error.region(), error.context().attempts),
        (Some("eu-west-1"), 1),
        "{error}"
    );
}

/// What a certificate is wrong with stays wrong; a name may be known the next time.
#[tokio::test]
async fn connections_that_do_not_come_about() {
    let s3 = Client::builder()
        .endpoint("http://127.0.0.1:1")
        .credentials(Credentials::new("AKID", SECRET_ACCESS_KEY))
        .retry(quick())
        .build()
        .unwrap();
    let error = refused(&s3).await;
    assert_eq!(error.context().attempts, 3, "{error}");
    assert!(
        !error.is_outcome_unknown() && error.is_retryable(),
        "{error}"
    );
}

#[tokio::test]
async fn names_of_requests_that_succeed() {
    let ids = "200 OK\r\netag: \"e\"\r\nx-amz-request-id: R1\r\nx-amz-id-2: H2";
    let server = play([answer("500 X", ""), answer(ids, "")]).await;
    let deleted = server
        .client()
        .delete_object("bucket", "key")
        .send_answered()
        .await
        .unwrap();
    assert_eq!(
        (deleted.request_id(), deleted.host_id()),
        (Some("R1"), Some("H2"))
    );
    assert_eq!((deleted.status.as_u16(), deleted.attempts), (200, 2));
    assert_eq!(deleted.earlier[0].cause, "500 InternalError");
}

/// A provider is asked as often as a request would have been sent.
#[tokio::test]
async fn providers_that_fail() {
    let server = play([ok()]).await;
    let asked = Arc::new(AtomicU32::new(0));
    let count = asked.clone();
    let provider = move || {
        let is_there = count.fetch_add(1, Ordering::SeqCst) % 4 == 3;
        async move {
            let credentials = Credentials::new("AKID", SECRET_ACCESS_KEY);
            is_there.then_some(credentials).ok_or("the vault is shut")
        }
    };
    let s3 = server
        .builder()
        .credentials_provider(provider)
        .build()
        .unwrap();
    let error = refused(&s3).await;
    assert_eq!(
        (asked.load(Ordering::SeqCst), error.context().attempts),
        (3, 0),
        "{error}"
    );
    assert!(
        !error.is_outcome_unknown() && error.to_string().contains("the vault is shut"),
        "{error}"
    );
    s3.put_object("bucket", "key", "data").send().await.unwrap();
}

/// A policy for one call is one for all the requests it makes.
#[tokio::test]
async fn how_often_in_calls_of_several_requests() {
    let busy = || refuse(503, "SlowDown");
    let created = || {
        answer(
            "200 OK",
            "<InitiateMultipartUploadResult><UploadId>id</UploadId></InitiateMultipartUploadResult>",
        )
    };
    let gone = || [answer("204 X", ""), refuse(404, "NoSuchUpload")];
    let completed = || {
        answer(
            "200 OK",
            "<CompleteMultipartUploadResult><ETag>e-1</ETag></CompleteMultipartUploadResult>",
        )
    };
    let upload = |s3: &Client| {
        let upload = s3
            .upload_reader("bucket", "key", &b"data"[..])
            .threshold(1)
            .part_size(4);
        upload.part_limits(slim_s3::PartLimits {
            min_part: 1,
            ..slim_s3::PartLimits::default()
        })
    };
    let server = play([
        busy(),
        created(),
        swallow(),
        ok(),
        answer("200 OK", ""),
        completed(),
    ])
    .await;
    upload(&server.client()).send().await.unwrap();
    assert_eq!(server.left(), 0);
    let server = play([busy()]).await;
    let error = upload(&server.client())
        .retry(RetryPolicy::none())
        .send()
        .await
        .unwrap_err();
    assert_eq!(
        (error.context().operation, error.context().attempts),
        ("CreateMultipartUpload", 1)
    );
    let [abort, list] = gone();
    let server = play([created(), swallow(), abort, list]).await;
    let error = upload(&server.client())
        .retry(RetryPolicy::none())
        .send()
        .await
        .unwrap_err();
    assert_eq!(
        (error.context().operation, error.context().attempts),
        ("UploadPart", 1)
    );
    // The part may be there; the object is not.
    assert!(!error.is_outcome_unknown() && server.left() == 0, "{error}");
    let [abort, list] = gone();
    let server = play([created(), ok(), swallow(), abort, list]).await;
    let error = upload(&server.client())
        .retry(RetryPolicy::none())
        .send()
        .await
        .unwrap_err();
    assert_eq!(error.context().operation, "CompleteMultipartUpload");
    assert!(error.is_outcome_unknown(), "{error}");

    let server = play([busy(), ok()]).await;
    let mut pages = server
        .client()
        .list_objects_v2("bucket")
        .retry(RetryPolicy::none())
        .pages();
    assert_eq!(pages.next_page().await.unwrap_err().context().attempts, 1);
    let server = play([busy(), ok()]).await;
    let delete = server
        .client()
        .delete_objects("bucket", ["key"])
        .retry(RetryPolicy::none());
    assert_eq!(delete.send().await.unwrap_err().context().attempts, 1);
}

/// An hour before the store's 04:04:05.
fn early() -> SystemTime {
    SystemTime::UNIX_EPOCH + Duration::from_secs(1_735_787_045)
}

/// Calls that were on their way when another one has set the clock are signed anew as well.
#[tokio::test]
async fn clocks_of_calls_side_by_side() {
    let skewed = || {
        answer(
            &format!("403 Forbidden\r\ndate: {LATER}"),
            error_document("RequestTimeTooSkewed"),
        )
    };
    let late = || {
        let mut script = skewed();
        script.insert(1, Wait(Duration::from_millis(200)));
        script
    };
    let server = play([late(), late(), late(), late(), ok(), ok(), ok(), ok()]).await;
    let s3 = server.builder().clock(early).build().unwrap();
    let put = || s3.put_object("bucket", "key", "data").send_answered();
    let (one, two, three, four) = tokio::join!(put(), put(), put(), put());
    for stored in [one, two, three, four] {
        assert_eq!(stored.unwrap().attempts, 2);
    }
}

/// A date that does not help is not kept, so that one wrong answer does not spoil all calls to come.
#[tokio::test]
async fn clocks_that_are_wrong_themselves() {
    let far = "Fri, 02 Jan 2060 03:04:05 GMT";
    let bare = || {
        vec![
            Request,
            raw(format!(
                "HTTP/1.1 403 Forbidden\r\ndate: {far}\r\ncontent-length: 0\r\n\r\n"
            )),
        ]
    };
    let said = || {
        answer(
            &format!("403 Forbidden\r\ndate: {far}"),
            error_document("RequestTimeTooSkewed"),
        )
    };
    let credentials = || {
        let expiry = SystemTime::now() + Duration::from_secs(3600);
        Credentials::new("AKID", SECRET_ACCESS_KEY).with_expiry(expiry)
    };
    for script in [bare(), said()] {
        let server = play([script, ok(), ok()]).await;
        let s3 = server.builder().credentials(credentials()).build().unwrap();
        let before = s3.now();
        s3.head_object("bucket", "key").send().await.unwrap_err();
        assert!(
            s3.now() < slim_s3::AmzDate::from_unix_seconds(2_000_000_000) && s3.now() >= before
        );
        s3.put_object("bucket", "key", "data").send().await.unwrap();
    }
    // Refused again, with the new date.
    let server = play([said(), refuse(403, "AccessDenied"), ok()]).await;
    let s3 = server.client();
    refused(&s3).await;
    assert!(s3.now() < slim_s3::AmzDate::from_unix_seconds(2_000_000_000));
    // Another method's 403 has a body to say why, and a request without a signature has no date.
    let server = play([bare(), bare(), ok()]).await;
    let error = refused(&server.client()).await;
    assert_eq!(error.context().attempts, 1, "{error}");
    let s3 = server.builder().anonymous().build().unwrap();
    let error = s3.head_object("bucket", "key").send().await.unwrap_err();
    assert_eq!(error.context().attempts, 1, "{error}");
    // An answer that has nothing to do with dates leaves the clock as it was set.
    let server = play([
        answer(
            &format!("403 Forbidden\r\ndate: {LATER}"),
            error_document("RequestTimeTooSkewed"),
        ),
        refuse(404, "NoSuchBucket"),
    ])
    .await;
    let s3 = server.builder().clock(early).build().unwrap();
    refused(&s3).await;
    assert_eq!(s3.now().to_string(), "20250102T040405Z");
}

/// A gateway's 503 may come after it has passed the request on; S3's own says that it was not begun.
#[tokio::test]
async fn what_gateways_say() {
    let envoy = "upstream connect error or disconnect/reset before headers. reset reason: connection termination";
    let server = play([
        answer("503 Service Unavailable", envoy),
        refuse(412, "PreconditionFailed"),
    ])
    .await;
    let put = server
        .client()
        .put_object("bucket", "key", "data")
        .if_none_match("*");
    let error = put.send().await.unwrap_err();
    assert!(
        error.is_outcome_unknown() && !error.is_precondition_failed(),
        "{error}"
    );
    let server = play([refuse(503, "SlowDown"), refuse(412, "PreconditionFailed")]).await;
    let put = server
        .client()
        .put_object("bucket", "key", "data")
        .if_none_match("*");
    let error = put.send().await.unwrap_err();
    assert!(
        !error.is_outcome_unknown() && error.is_precondition_failed(),
        "{error}"
    );
    // What a put cannot bring about is not its own doing, though the first attempt may have stored the object.
    let server = play([swallow(), refuse(404, "NoSuchBucket")]).await;
    let error = refused(&server.client()).await;
    assert!(
        error.is_outcome_unknown() && error.is_not_found(),
        "{error}"
    );
    // A success before the whole body came may be one.
    let early = vec![
        Head,
        raw("HTTP/1.1 200 OK\r\netag: \"e\"\r\ncontent-length: 0\r\n\r\n"),
        Wait(Duration::from_secs(1)),
    ];
    let server = play([early]).await;
    let put = server
        .client()
        .put_object("bucket", "key", vec![1; 32 << 20])
        .retry(RetryPolicy::none());
    let error = put.send().await.unwrap_err();
    assert!(error.is_outcome_unknown(), "{error}");
}

/// Once means once of its kind, and the error says so.
#[tokio::test]
async fn once_is_not_the_first_attempt_alone() {
    let reset = || vec![Head, Read(100_000), Reset];
    let server = play([refuse(503, "SlowDown"), reset(), ok()]).await;
    let body = vec![1; 8 << 20];
    let stored = server
        .client()
        .put_object("bucket", "key", body.clone())
        .send_answered()
        .await
        .unwrap();
    assert_eq!(stored.attempts, 3);
    let server = play([reset(), refuse(503, "SlowDown"), reset(), ok()]).await;
    let policy = RetryPolicy {
        max_attempts: 10,
        ..quick()
    };
    let error = server
        .client()
        .put_object("bucket", "key", body)
        .retry(policy)
        .send()
        .await
        .unwrap_err();
    assert_eq!((error.context().attempts, server.left()), (3, 1), "{error}");
    assert!(
        error
            .to_string()
            .contains("not tried again: it was tried again, and the same has happened"),
        "{error}"
    );
}

/// An upload that is complete is there, whatever comes of looking at its encryption.
#[tokio::test]
async fn an_upload_that_cannot_be_looked_at() {
    let created =
        "<InitiateMultipartUploadResult><UploadId>id</UploadId></InitiateMultipartUploadResult>";
    let completed =
        "<CompleteMultipartUploadResult><ETag>e-1</ETag></CompleteMultipartUploadResult>";
    let encrypted = "200 OK\r\netag: \"e\"\r\nx-amz-server-side-encryption: AES256";
    let bare = || {
        vec![
            Request,
            raw("HTTP/1.1 403 Forbidden\r\ncontent-length: 0\r\n\r\n"),
        ]
    };
    let server = play([
        answer("200 OK", created),
        answer(encrypted, ""),
        answer("200 OK", completed),
        bare(),
    ])
    .await;
    let upload = server
        .client()
        .upload_reader("bucket", "key", &b"data"[..])
        .threshold(1)
        .part_size(4);
    let upload = upload.part_limits(slim_s3::PartLimits {
        min_part: 1,
        ..slim_s3::PartLimits::default()
    });
    let error = upload
        .encryption(slim_s3::Encryption::S3)
        .send()
        .await
        .unwrap_err();
    assert!(error.is_outcome_unknown(), "{error}");
    // Nothing is aborted: there is nothing left to abort.
    assert_eq!(server.requests().len(), 4, "{error}");
}

/// A call that is dropped while it waits gives back what it has taken.
#[tokio::test]
async fn calls_that_are_dropped_while_they_wait() {
    let policy = RetryPolicy {
        budget: 28,
        base_delay: Duration::from_secs(600),
        max_delay: Duration::from_secs(600),
        ..RetryPolicy::default()
    };
    let fail = || answer("500 X\r\nx-amz-retry-after: 5000", "");
    let server = play((0..20).map(|_| fail())).await;
    let s3 = server.builder().retry(policy).build().unwrap();
    for _ in 0..10 {
        let put = s3.put_object("bucket", "key", "data").send();
        assert!(
            tokio::time::timeout(Duration::from_millis(50), put)
                .await
                .is_err(),
            "it waits"
        );
    }
}

/// A policy's time is up for corrections too.
#[tokio::test]
async fn corrections_that_come_too_late() {
    let mut late = answer(
        &format!("403 Forbidden\r\ndate: {LATER}"),
        error_document("RequestTimeTooSkewed"),
    );
    late.insert(1, Wait(Duration::from_millis(200)));
    let server = play([late, ok()]).await;
    let policy = RetryPolicy {
        give_up_after: Some(Duration::from_millis(50)),
        ..quick()
    };
    let s3 = server.builder().clock(early).retry(policy).build().unwrap();
    let error = refused(&s3).await;
    assert_eq!((error.context().attempts, server.left()), (1, 1), "{error}");
}

/// What a store writes is kept in bounds, in every attempt that is listed.
#[tokio::test]
async fn long_words_are_not_kept() {
    let long = "x".repeat(1 << 19);
    let server = play((0..20).map(|_| refuse(503, &long))).await;
    let policy = RetryPolicy {
        max_attempts: 20,
        max_delay: Duration::from_millis(1),
        budget: u32::MAX,
        ..quick()
    };
    let error = server
        .client()
        .put_object("bucket", "key", "data")
        .retry(policy)
        .send()
        .await
        .unwrap_err();
    assert_eq!(error.context().earlier.len(), 19);
    assert!(format!("{:?}", error.context()).len() < 10_000);
    assert!(error.code().unwrap().len() <= 100);
}
