//! Aborting incomplete uploads.

use std::time::{Duration, SystemTime};

use crate::support::script::{Script, play, reject, response};

const DAY: Duration = Duration::from_secs(24 * 60 * 60);

/// ListMultipartUploads of these keys: the ID of each is its key in upper case.
fn listed(uploads: &[(&str, &str)], next: Option<&str>) -> Script {
    let mut document = format!(
        "<ListMultipartUploadsResult><IsTruncated>{}</IsTruncated>",
        next.is_some()
    );
    if let Some(next) = next {
        document += &format!("<NextKeyMarker>{next}</NextKeyMarker>");
    }
    for (key, initiated) in uploads {
        let id = key.to_uppercase();
        document +=
            &format!("<Upload><Key>{key}</Key><UploadId>{id}</UploadId>{initiated}</Upload>");
    }
    response("200 OK", document + "</ListMultipartUploadsResult>")
}

const OLD: &str = "<Initiated>2026-01-02T03:04:05.000Z</Initiated>";

/// Of an upload that has just begun.
fn new() -> String {
    let now = slim_s3::AmzDate::from(SystemTime::now()).to_string();
    let (date, time) = (&now[..8], &now[9..15]);
    format!(
        "<Initiated>{}-{}-{}T{}:{}:{}.000Z</Initiated>",
        &date[..4],
        &date[4..6],
        &date[6..],
        &time[..2],
        &time[2..4],
        &time[4..]
    )
}

fn aborted() -> Script {
    response("204 No Content", "")
}

#[tokio::test]
async fn old_uploads_of_all_pages_are_aborted_and_new_ones_are_not() {
    let new = new();
    let server = play([
        listed(&[("a", OLD), ("b", &new), ("c", "")], Some("c")),
        aborted(),
        listed(&[("d", OLD)], None),
        aborted(),
    ])
    .await;
    let s3 = server.client();
    let output = s3.abort_incomplete("bucket", DAY).send().await.unwrap();
    let keys: Vec<_> = output.aborted.iter().map(|upload| &upload.key).collect();
    assert_eq!(keys, ["a", "d"]);
    assert!(output.failed.is_empty());
    let requests = server.requests();
    assert_eq!(requests[1].target, "/bucket/a?uploadId=A");
    assert_eq!(requests[3].target, "/bucket/d?uploadId=D");
}

#[tokio::test]
async fn all_uploads_of_one_key_are_aborted_whatever_their_age() {
    let server = play([
        listed(&[("key", &new()), ("key", ""), ("key2", OLD)], None),
        aborted(),
        reject(404, "NoSuchUpload"),
    ])
    .await;
    let s3 = server.client();
    let abort = s3.abort_incomplete_for("bucket", "key");
    let output = abort
        .header("x-amz-expected-bucket-owner", "123456789012")
        .send()
        .await
        .unwrap();
    assert_eq!(output.aborted.len(), 2);
    let requests = server.requests();
    assert!(requests[0].target.contains("prefix=key"));
    assert_eq!(requests.len(), 3);
    for request in requests {
        let owner = request.header("x-amz-expected-bucket-owner");
        assert_eq!(owner, Some("123456789012"));
    }
}

#[tokio::test]
async fn an_upload_that_cannot_be_aborted_is_reported_and_the_others_are_aborted() {
    let server = play([
        listed(&[("a", OLD), ("b", OLD)], None),
        reject(403, "AccessDenied"),
        aborted(),
    ])
    .await;
    let s3 = server.client();
    let output = s3.abort_incomplete("bucket", DAY).send().await.unwrap();
    assert_eq!(output.aborted[0].key, "b");
    let (upload, error) = &output.failed[0];
    assert_eq!(
        (upload.key.as_str(), error.code()),
        ("a", Some("AccessDenied"))
    );
}

#[tokio::test]
async fn a_listing_that_fails_is_an_error() {
    let server = play([reject(501, "NotImplemented")]).await;
    let s3 = server.client();
    let error = s3.abort_incomplete("bucket", DAY).send().await.unwrap_err();
    assert_eq!(error.code(), Some("NotImplemented"));
}
