//! Responses from the tests of the AWS Common Runtime, played by a scripted server. Delays and timeouts are divided by
//! 30: 2 s stand for a minute.

use std::time::{Duration, Instant};

use serde_json::Value;
use slim_s3::operation::{Effect, OperationSpec};
use slim_s3::{Client, Error, Operation, PartLimits, Response, RetryPolicy, Timeouts};

use super::rows;
use crate::support::fixtures::text;
use crate::support::script::{
    Close, Head, Read, Request, Script, Server, Step, Wait, ok, one_part, play, quick, raw, reject,
    response,
};
use crate::support::verifier::verify;

const DATA_LENGTH: usize = 64 << 10;

/// CreateSession, which the crate does not support, as a custom operation.
struct CreateSession;

impl Operation for CreateSession {
    type Output = String;
    const SPEC: OperationSpec = OperationSpec::new("CreateSession", Effect::Reads);

    fn parse(response: Response) -> Result<String, Error> {
        let session = response.xml("CreateSessionResult")?;
        let credentials = session.child("Credentials")?.unwrap();
        Ok(credentials.text("AccessKeyId")?.to_owned())
    }
}

/// The steps of a row's response, after the request.
fn respond(row: &Value) -> Vec<Step> {
    let mut steps = Vec::new();
    if let Some(seconds) = row["delay"].as_u64() {
        // A delay of 60 s must clearly exceed the timeout.
        let late = if seconds == 60 { 1000 } else { 0 };
        steps.push(Wait(Duration::from_millis(seconds * 1000 / 30 + late)));
    }
    let body = match text(row, "body") {
        "<data-to-send>" => "x".repeat(DATA_LENGTH),
        body => body.to_owned(),
    };
    let mut head = format!("HTTP/1.1 {} X\r\n", row["status"]);
    let mut has_length = false;
    for (name, value) in row["headers"].as_object().unwrap() {
        let range = format!("bytes 0-{}", DATA_LENGTH - 1);
        let value = value.as_str().unwrap().replace("<request-range>", &range);
        head.push_str(&format!("{name}: {value}\r\n"));
        has_length |= name.eq_ignore_ascii_case("content-length");
    }
    if !has_length {
        head.push_str(&format!("content-length: {}\r\n", body.len()));
    }
    steps.push(raw(format!("{head}\r\n{body}")));
    steps
}

fn request_and_respond(row: &Value) -> Script {
    [vec![Request], respond(row)].concat()
}

/// Makes a row's call and summarises its output.
async fn call(s3: &Client, row: &Value) -> Result<String, Error> {
    let id = text(row, "id");
    match text(row, "operation") {
        "AbortMultipartUpload" => s3
            .abort_multipart_upload("bucket", "key", "id")
            .send()
            .await
            .map(|_| String::new()),
        "CompleteMultipartUpload" => {
            let complete = s3.complete_multipart_upload("bucket", "key", "id", &one_part());
            complete
                .send()
                .await
                .map(|completed| completed.etag.unwrap().as_str().to_owned())
        }
        "CreateMultipartUpload" => s3
            .create_multipart_upload("bucket", "key")
            .send()
            .await
            .map(|created| created.upload_id),
        "CreateSession" => {
            let request =
                slim_s3::Request::bucket(http::Method::GET, "bucket").with_query("session", "");
            let mut call = slim_s3::Call::new(s3, request, CreateSession);
            for (name, value) in row["request_headers"].as_object().into_iter().flatten() {
                call = call.header(name, value.as_str().unwrap());
            }
            call.send().await
        }
        "GetObject" if id.ends_with("_head") => {
            let head = s3.head_object("bucket", "key").send().await?;
            Ok(format!("{} bytes", head.content_length.unwrap()))
        }
        "GetObject" => {
            let mut get = s3.get_object("bucket", "key");
            if row["status"] == 206 {
                get = get.range(0..DATA_LENGTH as u64);
            }
            let bytes = get.send().await?.body.bytes().await?;
            Ok(format!("{} bytes", bytes.len()))
        }
        "ListParts" => {
            let page = s3.list_parts("bucket", "key", "id").send().await?;
            let numbers: Vec<_> = page.parts.iter().map(|part| part.part_number).collect();
            Ok(format!("{numbers:?}, {:?}", page.next_part_number_marker))
        }
        "UploadPart" => s3
            .upload_part("bucket", "key", "id", 1, "data")
            .send()
            .await
            .map(|part| part.etag.as_str().to_owned()),
        other => panic!("{other}"),
    }
}

fn client(server: &Server) -> Client {
    let limits = Timeouts {
        connect: Duration::from_millis(500),
        response: Duration::from_secs(2),
        stall: Duration::from_secs(2),
        ..Timeouts::default()
    };
    server.builder().timeouts(limits).build().unwrap()
}

/// Asserts that an upload reports the row's error and is aborted.
async fn assert_upload_is_aborted(row: &Value, after: Vec<Script>) {
    let id = text(row, "id");
    let created =
        "<InitiateMultipartUploadResult><UploadId>id</UploadId></InitiateMultipartUploadResult>";
    let mut scripts = vec![response("200 OK", created)];
    scripts.extend(after);
    scripts.extend([
        request_and_respond(row),
        response("204 X", ""),
        reject(404, "NoSuchUpload"),
    ]);
    let server = play(scripts).await;
    let tiny = PartLimits {
        min_part: 1,
        ..PartLimits::default()
    };
    let upload = client(&server)
        .upload_reader("bucket", "key", &b"data"[..])
        .part_limits(tiny)
        .part_size(4)
        .threshold(1);
    let error = upload.send().await.unwrap_err();
    assert_eq!(
        (error.code(), error.context().attempts),
        (Some("AccessDenied"), 1),
        "{id}: {error}"
    );
    let requests = server.requests();
    let abort = &requests[requests.len() - 2];
    assert_eq!(
        (abort.method.as_str(), server.remaining()),
        ("DELETE", 0),
        "{id}"
    );
}

fn scenarios() -> Vec<Value> {
    let skipped = [(
        "checksums of downloaded objects are not verified",
        &["mock/GetObject/get_object_unmatch_checksum_crc32"][..],
    )];
    rows("mock_scenarios.jsonl", 37, &skipped)
}

#[tokio::test]
async fn scripted_responses_give_the_expected_result() {
    let all = scenarios();
    for row in &all {
        let id = text(row, "id");
        // The output, or the beginning of the error after its call, and the number of attempts.
        let (expected, attempts) = match id.trim_start_matches("mock/") {
            "AbortMultipartUpload/default" => ("", 1),
            "CompleteMultipartUpload/async_access_denied_error" => {
                ("200 AccessDenied: Access denied.", 1)
            }
            "CompleteMultipartUpload/async_internal_error" => ("e", 2),
            "CompleteMultipartUpload/default" | "CompleteMultipartUpload/sse_kms" => {
                ("3858f62230ac3c915f300c664312c11f-9", 1)
            }
            "CreateMultipartUpload/default" => ("defaultID", 1),
            "CreateMultipartUpload/request_time_too_skewed" => ("403 RequestTimeTooSkewed", 1),
            "CreateMultipartUpload/request_timeout" => ("again", 2),
            "CreateSession/default" | "CreateSession/sse_kms" => ("accessKeyId", 1),
            "GetObject/default" => ("404 NoSuchKey (inferred from the status)", 1),
            "GetObject/get_object_checksum_combine_head" => ("262144 bytes", 1),
            "GetObject/get_object_checksum_single_part_head" => ("65536 bytes", 1),
            "GetObject/get_object_delay_60s" => ("5 bytes", 2),
            "GetObject/get_object_error_part" => ("403 AccessDenied: Access Denied", 1),
            "GetObject/get_object_invalid_response_missing_content_range" => (
                "malformed response: requested bytes=0-65535, got 206 with no content-range",
                1,
            ),
            "GetObject/get_object_long_error" => ("403 NoSuchKey: really long error", 1),
            "GetObject/get_object_modified_failure" => {
                ("400 BadRequest (inferred from the status): bad_request", 1)
            }
            "GetObject/get_object_modified_success" => (
                "412 PreconditionFailed (inferred from the status): precondition failed",
                1,
            ),
            // The object's length is unknown, so an empty body is complete.
            "GetObject/get_object_checksum_retry" => ("0 bytes", 1),
            "ListParts/default" => ("404 NoSuchKey (inferred from the status)", 1),
            "ListParts/multiple_list_parts_1" => ("[2], Some(2)", 1),
            "ListParts/multiple_list_parts_2" => ("[3], None", 1),
            "ListParts/resume_first_part_not_completed" => ("[2, 3], None", 1),
            "UploadPart/default" => ("b54357faf0632cce46e942fa68356b38", 1),
            "UploadPart/missing_etag" => ("malformed response: no etag header", 1),
            "UploadPart/throttle" | "UploadPart/throttle_before_finish" => ("e", 2),
            "UploadPart/upload_part_error" => ("403 AccessDenied: Access Denied", 1),
            other if other.starts_with("GetObject/") && row["status"] == 206 => ("65536 bytes", 1),
            other => panic!("{other} has no expected result"),
        };
        // A second attempt succeeds.
        let retried = match text(row, "operation") {
            "CompleteMultipartUpload" => response(
                "200 OK",
                "<CompleteMultipartUploadResult><ETag>e</ETag></CompleteMultipartUploadResult>",
            ),
            "CreateMultipartUpload" => response(
                "200 OK",
                "<InitiateMultipartUploadResult><UploadId>again</UploadId></InitiateMultipartUploadResult>",
            ),
            "GetObject" => response(
                "200 OK\r\netag: \"e\"\r\nlast-modified: Thu, 02 Jan 2025 03:04:05 GMT",
                "again",
            ),
            _ => ok(),
        };
        let server = play([request_and_respond(row), retried]).await;
        let start = Instant::now();
        match call(&client(&server), row).await {
            Ok(output) => assert_eq!(output, expected, "{id}"),
            Err(error) => {
                let text = error.to_string();
                assert!(text.contains(&format!(": {expected}")), "{id}: {text}");
                assert!(text.len() < 900, "{id}: {text}");
            }
        }
        let requests = server.requests();
        assert_eq!(requests.len(), attempts, "{id}");
        requests.iter().for_each(|request| drop(verify(request)));
        assert!(
            start.elapsed() < Duration::from_secs(4),
            "{id}: {:?}",
            start.elapsed()
        );
    }
}

/// The row with this ID, if the folder is present.
fn scenario(id: &str) -> Option<Value> {
    scenarios().into_iter().find(|row| text(row, "id") == id)
}

#[tokio::test]
async fn a_failed_upload_is_aborted() {
    if let Some(row) = scenario("mock/CompleteMultipartUpload/async_access_denied_error") {
        assert_upload_is_aborted(&row, vec![ok()]).await;
    }
    if let Some(row) = scenario("mock/UploadPart/upload_part_error") {
        assert_upload_is_aborted(&row, vec![]).await;
    }
}

/// The server responds before it has read the body; the next attempt sends all of it.
#[tokio::test]
async fn an_early_response_does_not_shorten_the_next_attempt() {
    if let Some(row) = scenario("mock/UploadPart/throttle_before_finish") {
        let early = [
            vec![Head, Read(1000)],
            respond(&row),
            vec![Wait(Duration::from_secs(1)), Close],
        ]
        .concat();
        let server = play([early, ok()]).await;
        let body = vec![7; 8 << 20];
        let part = client(&server).upload_part("bucket", "key", "id", 1, body.clone());
        assert_eq!(
            part.retry(RetryPolicy {
                max_attempts: 2,
                ..quick()
            })
            .send_with_metadata()
            .await
            .unwrap()
            .attempts,
            2
        );
        assert_eq!(server.requests()[1].body, body);
    }
}
