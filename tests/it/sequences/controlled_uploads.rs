//! Uploads that report events, keep their parts, or verify their ETag.

use std::sync::{Arc, Mutex};

use slim_s3::{ETag, OnFailure, TransferEvent, Upload};

use crate::support::script::{
    Script, Server, error_document, ok, play, quick, reject, response, tiny_parts, upload_created,
};

/// The response to a part of these bytes.
pub(super) fn part(bytes: &str) -> Script {
    response(&format!("200 OK\r\netag: {}", md5(bytes)), "")
}

fn md5(bytes: &str) -> ETag {
    use md5::Digest;
    ETag::from(hex::encode(md5::Md5::digest(bytes)).as_str())
}

pub(super) fn completed(etag: &str) -> Script {
    let document = format!(
        "<CompleteMultipartUploadResult><ETag>{etag}</ETag></CompleteMultipartUploadResult>"
    );
    response("200 OK", document)
}

pub(super) fn composite() -> ETag {
    ETag::composite(&[md5("0123"), md5("4567"), md5("89")]).unwrap()
}

/// To AbortMultipartUpload and to ListParts.
pub(super) fn aborted() -> [Script; 2] {
    [response("204 No Content", ""), reject(404, "NoSuchUpload")]
}

/// Three parts, one after the other.
pub(super) fn upload(server: &Server) -> Upload {
    server
        .builder()
        .retry(quick())
        .build()
        .unwrap()
        .upload("bucket", "key", "0123456789")
        .part_limits(tiny_parts())
        .part_size(4)
        .threshold(4)
        .concurrency(1)
}

type Events = Arc<Mutex<Vec<TransferEvent>>>;

fn recorded(upload: Upload) -> (Upload, Events) {
    let events = Events::default();
    let told = events.clone();
    let upload = upload.on_event(move |event| told.lock().unwrap().push(event));
    (upload, events)
}

/// What an event is about, in short.
fn summary(event: &TransferEvent) -> String {
    match event {
        TransferEvent::Started {
            size,
            part_size,
            parts,
            ceiling,
            ..
        } => format!("started {size:?} {part_size} {parts:?} {ceiling}"),
        TransferEvent::Created {
            upload_id,
            resume_token,
            ..
        } => format!("created {upload_id}, {}", resume_token.as_ref().unwrap()),
        TransferEvent::Progress { bytes, size, .. } => format!("{bytes} of {size:?}"),
        TransferEvent::PartDone {
            part_number, size, ..
        } => format!("part {part_number} {size}"),
        TransferEvent::Retry {
            part_number,
            attempt,
            cause,
            ..
        } => format!("retry {part_number:?} {attempt} {cause}"),
        TransferEvent::Resumed { parts, bytes, .. } => format!("resumed {parts} {bytes}"),
        TransferEvent::EtagDiffers {
            expected, actual, ..
        } => format!("{actual} instead of {expected}"),
        TransferEvent::Aborted {
            upload_id, failure, ..
        } => format!("aborted {upload_id} {failure:?}"),
        TransferEvent::Finished { bytes, .. } => format!("finished {bytes}"),
        other => panic!("{other:?}"),
    }
}

fn summaries(events: &Events) -> Vec<String> {
    events.lock().unwrap().iter().map(summary).collect()
}

#[tokio::test]
async fn events_report_the_plan_each_part_each_retry_and_the_end() {
    let etag = composite();
    let server = play([
        upload_created(),
        part("0123"),
        reject(503, "SlowDown"),
        part("4567"),
        part("89"),
        completed(etag.as_str()),
    ])
    .await;
    let (upload, events) = recorded(upload(&server));
    upload.verify_etag().send().await.unwrap();
    assert_eq!(
        summaries(&events),
        [
            "started Some(10) 4 Some(3) 40000",
            "created id, slim-s3-upload-1 bucket key id 4 10 -",
            "part 1 4",
            "4 of Some(10)",
            "retry Some(2) 1 503 SlowDown",
            "part 2 4",
            "8 of Some(10)",
            "part 3 2",
            "10 of Some(10)",
            "finished 10",
        ]
    );
}

#[tokio::test]
async fn a_small_object_has_progress_too() {
    let server = play([reject(503, "SlowDown"), ok()]).await;
    let (upload, events) = recorded(upload(&server).threshold(11));
    upload.send().await.unwrap();
    assert_eq!(
        summaries(&events),
        [
            "started Some(10) 4 Some(3) 40000",
            "retry None 1 503 SlowDown",
            "10 of Some(10)",
            "finished 10",
        ]
    );
}

#[tokio::test]
async fn the_ceiling_of_a_stream_is_known_before_it_is_read() {
    let server = play([ok()]).await;
    let reader = server.client().upload_reader("bucket", "key", &b""[..]);
    let (upload, events) = recorded(reader);
    upload.send().await.unwrap();
    let ceiling = 10_000_u64 * (8 << 20);
    assert_eq!(
        summaries(&events)[0],
        format!("started None 8388608 None {ceiling}")
    );
}

#[tokio::test]
async fn another_etag_is_an_event_and_an_error_only_on_request() {
    for verify in [false, true] {
        let server = play([
            upload_created(),
            part("0123"),
            part("4567"),
            part("89"),
            completed("other-3"),
        ])
        .await;
        let (upload, events) = recorded(upload(&server));
        let upload = if verify { upload.verify_etag() } else { upload };
        let result = upload.send().await;
        let difference = format!("\"other-3\" instead of {}", composite());
        assert!(summaries(&events).contains(&difference), "{events:?}");
        assert_eq!(server.remaining(), 0);
        match result {
            Ok(stored) => assert!(!verify && stored.etag.as_str() == "other-3"),
            Err(error) => {
                assert!(verify && error.is_outcome_unknown(), "{error}");
                assert!(
                    error.to_string().contains("follows from the data"),
                    "{error}"
                );
            }
        }
    }
}

#[tokio::test]
async fn the_etag_of_a_small_object_is_its_md5_on_request() {
    let file = crate::live::TempFile::new("verified-etag", b"0123456789");
    let md5 = "781e5e245d69b566979b86e28d23f2c7";
    for (etag, verify, fails) in [
        (md5, true, false),
        ("other", true, true),
        ("other", false, false),
    ] {
        for from_file in [false, true] {
            let stored = response(&format!("200 OK\r\netag: \"{etag}\""), "");
            let server = play([stored]).await;
            let upload = match from_file {
                true => server.client().upload_file("bucket", "key", &file.0),
                false => upload(&server).threshold(11),
            };
            let (upload, events) = recorded(upload);
            let upload = if verify { upload.verify_etag() } else { upload };
            let result = upload.send().await;
            assert_eq!(result.is_err(), fails, "{result:?}");
            let events = summaries(&events);
            let difference = format!("\"{etag}\" instead of \"{md5}\"");
            assert_eq!(events.contains(&difference), fails, "{events:?}");
            assert_eq!(events.iter().any(|event| event == "finished 10"), !fails);
            if let Err(error) = result {
                assert!(error.is_outcome_unknown(), "{error}");
                assert!(error.to_string().contains(md5), "{error}");
            }
        }
    }
}

#[tokio::test]
async fn an_etag_that_cannot_be_verified_is_an_error_on_request() {
    let server = play([upload_created(), ok(), ok(), ok(), completed("other-3")]).await;
    let error = upload(&server).verify_etag().send().await.unwrap_err();
    assert!(error.to_string().contains("cannot be verified"), "{error}");
}

#[tokio::test]
async fn kept_parts_are_not_aborted_and_the_error_holds_their_resume_token() {
    let server = play([upload_created(), part("0123"), reject(403, "AccessDenied")]).await;
    let upload = upload(&server).on_failure(OnFailure::Keep);
    let error = upload.send().await.unwrap_err();
    assert_eq!(server.requests().len(), 3);
    let context = error.context();
    assert_eq!(context.upload_id.as_deref(), Some("id"));
    assert_eq!(
        (context.parts_done, &context.abort_failure),
        (Some(1), &None)
    );
    let token = context.resume_token.as_ref().unwrap().to_string();
    assert_eq!(token, "slim-s3-upload-1 bucket key id 4 10 -");
    assert!(
        error.to_string().ends_with("not aborted: upload id)"),
        "{error}"
    );
}

#[tokio::test]
async fn a_failed_upload_says_how_many_parts_are_done_and_why_its_abort_failed() {
    let denied = || reject(403, "AccessDenied");
    let looked = || reject(403, "AccessDenied");
    let scripts = vec![
        upload_created(),
        part("0123"),
        reject(400, "InvalidDigest"),
        denied(),
        looked(),
        denied(),
        looked(),
        denied(),
        looked(),
    ];
    let server = play(scripts).await;
    let (upload, events) = recorded(upload(&server));
    let error = upload.send().await.unwrap_err();
    let reason = "AbortMultipartUpload: 403 AccessDenied";
    let context = error.context();
    assert_eq!(error.code(), Some("InvalidDigest"));
    assert_eq!(
        (context.parts_done, context.abort_failure.as_deref()),
        (Some(1), Some(reason))
    );
    assert!(context.resume_token.is_some());
    let line = error.to_string();
    let note = format!("not confirmed as aborted: upload id, because {reason})");
    assert!(line.ends_with(&note), "{line}");
    let last = summaries(&events).pop().unwrap();
    assert_eq!(last, format!("aborted id {:?}", Some(reason)));
}

#[tokio::test]
async fn an_upload_that_was_aborted_cannot_be_resumed() {
    let [abort, list] = aborted();
    let server = play([upload_created(), reject(403, "AccessDenied"), abort, list]).await;
    let (upload, events) = recorded(upload(&server));
    let error = upload.send().await.unwrap_err();
    let context = error.context();
    assert_eq!((&context.upload_id, context.parts_done), (&None, Some(0)));
    assert_eq!(
        (&context.resume_token, &context.abort_failure),
        (&None, &None)
    );
    assert_eq!(summaries(&events).pop().unwrap(), "aborted id None");
}

#[tokio::test]
async fn an_error_inside_a_200_of_a_kept_upload_keeps_its_parts() {
    let server = play([
        upload_created(),
        part("0123"),
        part("4567"),
        part("89"),
        response("200 OK", error_document("InvalidPart")),
    ])
    .await;
    let upload = upload(&server).on_failure(OnFailure::Keep);
    let error = upload.send().await.unwrap_err();
    assert_eq!(error.context().parts_done, Some(3));
    assert!(error.context().resume_token.is_some());
    assert_eq!(server.remaining(), 0);
}
