//! The feature `tracing`: one span for each call, one event for each attempt, with fields to search by.

use crate::support::listener::Listener;
use crate::support::script::{answer, play, refuse, swallow};

/// Those of this crate, among all that was heard.
fn ours(lines: Vec<String>) -> Vec<String> {
    let is_ours =
        |line: &String| line.starts_with("span slim_s3") || line.starts_with("event slim_s3");
    lines.into_iter().filter(is_ours).collect()
}

fn has(line: &str, fields: &[&str]) {
    for field in fields {
        assert!(line.contains(field), "no {field:?} in {line:?}");
    }
}

#[tokio::test]
async fn a_span_for_a_call_and_an_event_for_an_attempt() {
    let last = answer("200 OK\r\netag: \"e\"\r\nx-amz-request-id: R3", "");
    let server = play([refuse(503, "SlowDown"), swallow(), last]).await;
    let put = server.client().put_object("photos", "cat.jpg", "meow");
    let (outcome, lines) = Listener::hear(put.send()).await;
    outcome.unwrap();
    let lines = ours(lines);
    assert_eq!(lines.len(), 4, "{lines:#?}");
    let call = [
        "operation=\"PutObject\"",
        "bucket=\"photos\"",
        "key=\"cat.jpg\"",
    ];
    for line in &lines {
        has(line, &call);
    }
    has(&lines[0], &["span slim_s3::telemetry s3"]);
    has(
        &lines[1],
        &[
            "attempt failed",
            "attempt=1",
            "status=503",
            "ms=",
            "bytes=4",
            "again_after_ms=",
            "503 SlowDown",
        ],
    );
    has(
        &lines[2],
        &[
            "attempt failed",
            "attempt=2",
            "again_after_ms=",
            "the connection broke before an answer came",
        ],
    );
    has(
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
async fn a_call_that_fails() {
    let refusal = "404 Not Found\r\nx-amz-request-id: R1";
    let server = play([answer(refusal, "<Error><Code>NoSuchKey</Code></Error>")]).await;
    let get = server.client().get_object("photos", "cat.jpg");
    let (outcome, lines) = Listener::hear(get.send()).await;
    outcome.unwrap_err();
    let lines = ours(lines);
    assert_eq!(lines.len(), 2, "{lines:#?}");
    has(
        &lines[1],
        &[
            "attempt failed",
            "attempt=1",
            "status=404",
            "request_id=\"R1\"",
            "404 NoSuchKey",
        ],
    );
    assert!(!lines[1].contains("again_after_ms"), "{}", lines[1]);
}

/// What is told of a success only after its document was read.
#[tokio::test]
async fn a_document_that_breaks_off() {
    let whole = "<ListBucketResult><IsTruncated>false</IsTruncated></ListBucketResult>";
    let server = play([answer("200 OK", &whole[..20]), answer("200 OK", whole)]).await;
    let list = server.client().list_objects_v2("photos");
    let (outcome, lines) = Listener::hear(list.send()).await;
    outcome.unwrap();
    let lines = ours(lines);
    assert_eq!(lines.len(), 3, "{lines:#?}");
    has(
        &lines[1],
        &[
            "attempt failed",
            "attempt=1",
            "status=200",
            "again_after_ms=",
        ],
    );
    has(&lines[2], &["attempt succeeded", "attempt=2", "status=200"]);
    assert!(!lines[2].contains("key="), "{}", lines[2]);
}
