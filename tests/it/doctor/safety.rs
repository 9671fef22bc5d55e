//! What the doctor writes and deletes, and that it stops.

use std::time::{Duration, Instant};

use slim_s3::error::TransportKind;
use slim_s3::{Timeouts, Verdict};

use super::{EMPTY, Store, assert_prints, ok};
use crate::support::script::{error_document, transport_kind};
use crate::support::server::never_responding;

/// A listing that ignores the prefix must not lead to the deletion of other objects.
#[tokio::test]
async fn only_its_own_keys_are_written_and_deleted() {
    let store = Store::new(|request| {
        let target = &request.target;
        let list = |root: &str, inner: &str| {
            ok(&format!("<{root}><IsTruncated>false</IsTruncated>{inner}</{root}>"))
        };
        let named = "<Key>precious</Key><VersionId>1</VersionId><UploadId>u</UploadId>";
        let own = "<Key>slim-s3-doctor-0000000000000000-object</Key><VersionId>1</VersionId>";
        if target.contains("list-type=2") {
            let inner = format!("<Contents>{named}</Contents><Contents>{own}</Contents>");
            list("ListBucketResult", &inner)
        } else if target.contains("versions=") {
            let inner = format!("<Version>{named}</Version><Version>{own}</Version>");
            list("ListVersionsResult", &inner)
        } else if target.contains("uploads=&") || target.ends_with("uploads=") {
            match request.method.as_str() {
                "GET" => list(
                    "ListMultipartUploadsResult",
                    &format!("<Upload>{named}</Upload>"),
                ),
                _ => ok("<InitiateMultipartUploadResult><UploadId>id</UploadId></InitiateMultipartUploadResult>"),
            }
        } else {
            ("200 OK\r\netag: \"e\"\r\nx-amz-version-id: 1".to_owned(), Vec::new())
        }
    })
    .await;
    let report = store.examine().await;
    let (prefix, requests) = (report.prefix().to_owned(), store.requests());
    let changes = requests
        .iter()
        .filter(|request| !matches!(request.method.as_str(), "GET" | "HEAD"));
    let mut count = 0;
    for request in changes {
        let (target, body) = (&request.target, String::from_utf8_lossy(&request.body));
        let is_bulk = target.ends_with("?delete=") && body.contains(&prefix);
        assert!(
            target.contains(&prefix) || is_bulk,
            "{} {target}",
            request.method
        );
        assert!(!body.contains("precious"), "{body}");
        count += 1;
    }
    assert!(count > 20, "{count} changes");
    assert_prints(&report);
}

#[tokio::test]
async fn requests_and_bytes_are_limited() {
    let store = Store::new(|request| {
        let head = "200 OK\r\netag: \"0123456789abcdef0123456789abcdef\"".to_owned();
        match request.target.contains("uploads=") && request.method == "POST" {
            true => ok("<InitiateMultipartUploadResult><UploadId>id</UploadId></InitiateMultipartUploadResult>"),
            false => (head, EMPTY.into()),
        }
    })
    .await;
    let report = store.examine().await;
    let requests = store.requests();
    let bytes: usize = requests.iter().map(|request| request.body.len()).sum();
    assert_eq!(report.requests() as usize, requests.len());
    assert!(requests.len() < 110, "{} requests", requests.len());
    assert!(bytes < (51 << 20) / 10, "{bytes} bytes");
}

/// What could not be deleted is named.
#[tokio::test]
async fn what_stays_is_reported() {
    let store = Store::new(|request| {
        let denied = error_document("AccessDenied").into();
        let listed = request.target.split_once("&prefix=slim-s3-doctor-");
        match (request.method.as_str(), listed) {
            ("DELETE", _) => ("403 Forbidden".to_owned(), denied),
            (_, Some((_, digits))) => ok(&format!(
                "<ListBucketResult><IsTruncated>false</IsTruncated><Contents>\
                 <Key>slim-s3-doctor-{}-object</Key></Contents></ListBucketResult>",
                &digits[..16]
            )),
            _ => ("200 OK\r\netag: \"e\"".to_owned(), EMPTY.into()),
        }
    })
    .await;
    let report = store.examine().await;
    let object = format!("{}-object", report.prefix());
    // The response to CreateMultipartUpload had no ID.
    let upload = format!("{}-multipart (an upload of unknown ID)", report.prefix());
    assert_eq!(report.left(), [object.as_str(), &upload]);
    let text = report.to_string();
    assert!(text.contains(&format!("\n    {object}\n")), "{text}");
    let json: serde_json::Value = serde_json::from_str(&report.to_json()).unwrap();
    assert_eq!(json["left"].as_array().unwrap().len(), report.left().len());
}

/// The store can neither create nor list uploads.
#[tokio::test]
async fn a_store_without_uploads_leaves_none() {
    let store = Store::new(|request| match request.target.contains("uploads=") {
        true => {
            let document = error_document("NotImplemented");
            ("501 Not Implemented".to_owned(), document.into_bytes())
        }
        false => ("200 OK\r\netag: \"e\"".to_owned(), EMPTY.into()),
    })
    .await;
    let report = store.examine().await;
    assert_eq!(report.verdict("multipart"), Some(Verdict::Refused));
    assert_eq!(report.left(), [""; 0], "{report}");
}

/// All deletions together take more than 20 seconds, which is the limit after a cancellation only.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_slow_store_is_left_clean() {
    let store = Store::new(|request| {
        if request.method == "DELETE" && request.target.contains("slim-s3-doctor-") {
            std::thread::sleep(Duration::from_millis(1900));
        }
        ("200 OK\r\netag: \"e\"".to_owned(), EMPTY.into())
    })
    .await;
    let client = store.builder().timeouts(Timeouts::default());
    let doctor = client.build().unwrap().doctor("bucket").write(true);
    let report = doctor.send().await;
    // The response to CreateMultipartUpload has no ID.
    let is_upload = |left: &String| left.ends_with("(an upload of unknown ID)");
    assert!(report.left().iter().all(is_upload), "{report}");
    let requests = store.requests();
    let deletes = requests.iter().filter(|request| request.method == "DELETE");
    assert!(deletes.count() > 12, "{report}");
}

#[tokio::test]
async fn a_cancelled_examination_ends_in_time() {
    let address = never_responding().await;
    let client = crate::support::server::client(address);
    let started = Instant::now();
    let report = client
        .doctor("bucket")
        .write(true)
        .cancel_on(tokio::time::sleep(Duration::from_millis(200)))
        .send()
        .await;
    assert!(started.elapsed() < Duration::from_secs(5));
    let error = report.error().unwrap();
    assert_eq!(transport_kind(error), TransportKind::Cancelled);
    assert_prints(&report);
}

/// Cancelled while an object may exist: it is deleted.
#[tokio::test]
async fn a_cancelled_examination_deletes_what_it_may_have_written() {
    let (stop, stopped) = tokio::sync::oneshot::channel();
    let stop = std::sync::Mutex::new(Some(stop));
    let store = Store::new(move |request| {
        if request.method == "PUT"
            && let Some(stop) = stop.lock().unwrap().take()
        {
            let _ = stop.send(());
            std::thread::sleep(Duration::from_millis(100));
        }
        ("200 OK\r\netag: \"e\"".to_owned(), EMPTY.into())
    })
    .await;
    let doctor = store.client.doctor("bucket").write(true);
    let report = doctor.cancel_on(stopped).send().await;
    let error = report.error().unwrap();
    assert_eq!(transport_kind(error), TransportKind::Cancelled);
    assert_eq!(report.left(), [""; 0]);
    let requests = store.requests();
    let put = requests.iter().find(|request| request.method == "PUT");
    let target = &put.unwrap().target;
    let mut deletes = requests.iter().filter(|request| request.method == "DELETE");
    assert!(deletes.all(|request| request.target == *target));
    let last = requests
        .iter()
        .rposition(|request| request.method == "DELETE");
    assert!(last > requests.iter().rposition(|request| request.method == "PUT"));
}
