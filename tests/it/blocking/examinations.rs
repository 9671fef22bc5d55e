//! The doctor, and the diagnosis of a rejected signature.

use std::time::Duration;

use slim_s3::diagnosis::ProbeKind;
use slim_s3::error::TransportKind;
use slim_s3::mismatch::Cause;

use super::without_runtime;
use crate::doctor::{EMPTY, Store, names, ok};
use crate::support::script::{error_document, play, reject, transport_kind};
use crate::support::server::{assert_invalid, client, never_responding};

#[tokio::test]
async fn a_store_is_examined() {
    let store = Store::new(|_| ok(EMPTY)).await;
    let s3 = store.client.clone();
    let report = without_runtime(move || s3.doctor("bucket").write(true).send_blocking());
    let report = report.await.unwrap();
    assert!(report.error().is_none(), "{report}");
    assert_eq!(report.requests() as usize, store.requests().len());
    let awaited = store.client.doctor("bucket").write(true).send().await;
    assert_eq!(names(&report), names(&awaited));
    assert!(report.is_supported("list_objects_v2"), "{report}");
}

/// Its limits and its clean-up require timers.
#[tokio::test]
async fn a_cancelled_examination_ends_in_time() {
    let s3 = client(never_responding().await);
    let stop = async { tokio::time::sleep(Duration::from_millis(200)).await };
    let doctor = s3.doctor("bucket").write(true).cancel_on(stop);
    let report = without_runtime(move || doctor.send_blocking());
    let report = report.await.unwrap();
    let error = report.error().unwrap();
    assert_eq!(transport_kind(error), TransportKind::Cancelled);
}

/// Nothing is examined, so there is no report.
#[tokio::test]
async fn an_examination_in_a_task_is_an_error() {
    let store = Store::new(|_| ok(EMPTY)).await;
    let error = store.client.doctor("bucket").send_blocking().unwrap_err();
    assert_invalid(&error, "runtime");
    assert!(store.requests().is_empty());
}

#[tokio::test]
async fn an_examination_that_ends_early_is_a_report() {
    let store = Store::new(|_| {
        let document = error_document("InvalidAccessKeyId");
        ("403 Forbidden".to_owned(), document.into_bytes())
    })
    .await;
    let s3 = store.client.clone();
    let report = without_runtime(move || s3.doctor("bucket").send_blocking());
    let report = report.await.unwrap();
    assert_eq!(report.error().unwrap().code(), Some("InvalidAccessKeyId"));
}

#[tokio::test]
async fn a_rejected_signature_is_diagnosed() {
    let server = play([reject(403, "InvalidAccessKeyId")]).await;
    let s3 = server.client();
    let diagnosis = without_runtime(move || {
        let call = s3.put_object("bucket", "key", "data");
        s3.block_on(s3.diagnose(call))
    });
    let diagnosis = diagnosis.await.unwrap();
    assert_eq!(diagnosis.cause, Some(Cause::UnknownAccessKey));
    assert_eq!(diagnosis.probes[0].kind, ProbeKind::Call);
    assert_eq!(server.requests().len(), diagnosis.probes.len());
}
