//! The feature `tracing`: a span for each call and an event for each attempt, with their fields.

use crate::support::log_capture::LogCapture;
use crate::support::script::{drop_response, play, reject, response};

/// The spans and events of this crate.
fn ours(lines: Vec<String>) -> Vec<String> {
    let is_ours =
        |line: &String| line.starts_with("span slim_s3") || line.starts_with("event slim_s3");
    lines.into_iter().filter(is_ours).collect()
}

#[track_caller]
fn assert_contains(line: &str, fields: &[&str]) {
    for field in fields {
        assert!(line.contains(field), "no {field:?} in {line:?}");
    }
}

#[tokio::test]
async fn a_call_has_a_span_and_each_attempt_an_event() {
    let last = response("200 OK\r\netag: \"e\"\r\nx-amz-request-id: R3", "");
    let server = play([reject(503, "SlowDown"), drop_response(), last]).await;
    let put = server.client().put_object("photos", "cat.jpg", "meow");
    let (outcome, lines) = LogCapture::run(put.send()).await;
    outcome.unwrap();
    let lines = ours(lines);
    assert_eq!(lines.len(), 4, "{lines:#?}");
    let call = [
        "operation=\"PutObject\"",
        "bucket=\"photos\"",
        "key=\"cat.jpg\"",
    ];
    for line in &lines {
        assert_contains(line, &call);
    }
    assert_contains(&lines[0], &["span slim_s3 s3"]);
    assert_contains(
        &lines[1],
        &[
            "attempt failed",
            "method=\"PUT\"",
            "/photos/cat.jpg\"",
            "attempt=1",
            "status=503",
            "ms=",
            "bytes=4",
            "retry_after_ms=",
            "503 SlowDown",
        ],
    );
    assert_contains(
        &lines[2],
        &[
            "attempt failed",
            "attempt=2",
            "retry_after_ms=",
            "the connection failed before a response arrived",
        ],
    );
    assert_contains(
        &lines[3],
        &[
            "attempt succeeded",
            "attempt=3",
            "status=200",
            "request_id=\"R3\"",
            "ms=",
            "bytes=4",
        ],
    );
    assert!(!lines[2].contains("status="), "{}", lines[2]);
}

#[tokio::test]
async fn a_failed_call_reports_its_attempt() {
    let rejection = "404 Not Found\r\nx-amz-request-id: R1";
    let server = play([response(rejection, "<Error><Code>NoSuchKey</Code></Error>")]).await;
    let get = server.client().get_object("photos", "cat.jpg");
    let (outcome, lines) = LogCapture::run(get.send()).await;
    outcome.unwrap_err();
    let lines = ours(lines);
    assert_eq!(lines.len(), 2, "{lines:#?}");
    assert_contains(
        &lines[1],
        &[
            "attempt failed",
            "attempt=1",
            "status=404",
            "request_id=\"R1\"",
            "404 NoSuchKey",
        ],
    );
    assert!(!lines[1].contains("retry_after_ms"), "{}", lines[1]);
}

/// Success is reported only once the XML body is parsed.
#[tokio::test]
async fn a_truncated_body_is_a_failed_attempt() {
    let whole = "<ListBucketResult><IsTruncated>false</IsTruncated></ListBucketResult>";
    let server = play([response("200 OK", &whole[..20]), response("200 OK", whole)]).await;
    let list = server.client().list_objects_v2("photos");
    let (outcome, lines) = LogCapture::run(list.send()).await;
    outcome.unwrap();
    let lines = ours(lines);
    assert_eq!(lines.len(), 3, "{lines:#?}");
    assert_contains(
        &lines[1],
        &[
            "attempt failed",
            "attempt=1",
            "status=200",
            "retry_after_ms=",
        ],
    );
    assert_contains(&lines[2], &["attempt succeeded", "attempt=2", "status=200"]);
    assert!(!lines[2].contains("key="), "{}", lines[2]);
}
