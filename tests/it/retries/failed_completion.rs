//! An upload whose CompleteMultipartUpload fails: it is aborted, and the first error is returned.

use slim_s3::Error;
use slim_s3::error::TransportKind;

use super::upload_in_one_part;
use crate::support::script::{
    Script, drop_response, error_document, ok, play, reject, response, transport_kind,
    upload_created,
};

fn aborted() -> Script {
    response("204 No Content", "")
}

/// To ListParts.
fn gone() -> Script {
    reject(404, "NoSuchUpload")
}

/// To ListParts.
fn still_listed() -> Script {
    response(
        "200 OK",
        "<ListPartsResult><IsTruncated>false</IsTruncated><Part><PartNumber>1</PartNumber><Size>4</Size></Part></ListPartsResult>",
    )
}

fn error_inside_a_200(code: &str) -> Script {
    response("200 OK", error_document(code))
}

/// The error of an upload after whose part the server plays these scripts: `completions` for CompleteMultipartUpload, and
/// then as many pairs for AbortMultipartUpload and ListParts as there are.
async fn upload_error(completions: Vec<Script>, aborts: Vec<Script>) -> Error {
    let mut expected = vec!["POST"; completions.len()];
    expected.extend(["DELETE", "GET"].iter().cycle().take(aborts.len()));
    let scripts = [vec![upload_created(), ok()], completions, aborts].concat();
    let server = play(scripts).await;
    let upload = upload_in_one_part(&server.client());
    let error = upload.send().await.unwrap_err();
    let requests = server.requests();
    let sent = &requests[2..];
    let methods: Vec<_> = sent.iter().map(|sent| sent.method.as_str()).collect();
    assert_eq!(methods, expected, "{error}");
    for request in sent {
        assert!(request.target.contains("uploadId=id"), "{request:?}");
    }
    assert_eq!(error.context().operation, "CompleteMultipartUpload");
    error
}

#[tokio::test]
async fn a_rejected_completion_aborts_the_upload() {
    for (script, code) in [
        (reject(400, "InvalidPart"), "InvalidPart"),
        (reject(400, "EntityTooSmall"), "EntityTooSmall"),
        (reject(403, "AccessDenied"), "AccessDenied"),
        (reject(412, "PreconditionFailed"), "PreconditionFailed"),
        (error_inside_a_200("InvalidPart"), "InvalidPart"),
        (error_inside_a_200("AccessDenied"), "AccessDenied"),
    ] {
        let error = upload_error(vec![script], vec![aborted(), gone()]).await;
        let context = error.context();
        assert_eq!((error.code(), context.attempts), (Some(code), 1), "{error}");
        assert_eq!(context.upload_id, None, "{error}");
        assert!(!error.is_outcome_unknown(), "{error}");
    }
}

/// The abort does no harm to an object that was completed nevertheless: its upload no longer exists.
#[tokio::test]
async fn a_completion_with_an_unknown_outcome_aborts_the_upload_after_its_retries() {
    for (script, code) in [
        (reject(500, "InternalError"), Some("InternalError")),
        (error_inside_a_200("InternalError"), Some("InternalError")),
        (drop_response(), None),
    ] {
        let error = upload_error(vec![script; 3], vec![aborted(), gone()]).await;
        let context = error.context();
        assert_eq!((error.code(), context.attempts), (code, 3), "{error}");
        assert_eq!(context.upload_id, None, "{error}");
        assert!(error.is_outcome_unknown(), "{error}");
    }
}

/// The first attempt may have completed the upload, which then no longer exists.
#[tokio::test]
async fn a_completion_whose_retry_finds_no_upload_is_unsettled() {
    let completions = vec![drop_response(), reject(404, "NoSuchUpload")];
    let error = upload_error(completions, vec![reject(404, "NoSuchUpload"), gone()]).await;
    assert_eq!(transport_kind(&error), TransportKind::Unsettled, "{error}");
    assert!(error.is_outcome_unknown(), "{error}");
    assert_eq!(error.context().upload_id, None, "{error}");
}

#[tokio::test]
async fn an_abort_is_repeated_until_the_upload_is_gone() {
    let completion = || vec![reject(400, "InvalidPart")];
    for aborts in [
        vec![aborted(), still_listed(), aborted(), gone()],
        vec![reject(403, "AccessDenied"), gone()],
    ] {
        let error = upload_error(completion(), aborts).await;
        assert_eq!(error.code(), Some("InvalidPart"), "{error}");
        assert_eq!(error.context().upload_id, None, "{error}");
    }
}

#[tokio::test]
async fn an_upload_whose_abort_is_not_confirmed_is_named_by_the_error() {
    let denied = || reject(403, "AccessDenied");
    for aborts in [
        vec![aborted(), still_listed()],
        vec![aborted(), denied()],
        vec![denied(), denied()],
    ] {
        let error = upload_error(vec![reject(400, "InvalidPart")], vec![aborts; 3].concat()).await;
        assert_eq!(error.code(), Some("InvalidPart"), "{error}");
        assert_eq!(error.context().upload_id.as_deref(), Some("id"), "{error}");
        assert!(error.to_string().contains("id"), "{error}");
    }
}
