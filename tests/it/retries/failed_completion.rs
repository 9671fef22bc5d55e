//! An upload whose CompleteMultipartUpload fails: it is aborted unless it may be complete, and the first error is returned.

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
    upload_error_after(completions, vec![], aborts).await
}

/// ListParts gets the script `listed`, and HeadObject finds nothing.
fn no_object(listed: Script) -> Vec<Script> {
    vec![listed, reject(404, "NoSuchKey")]
}

/// The same if the outcome is unknown: `looks` are for ListParts and HeadObject.
async fn upload_error_after(
    completions: Vec<Script>,
    looks: Vec<Script>,
    aborts: Vec<Script>,
) -> Error {
    let mut expected = vec!["POST"; completions.len()];
    expected.extend(["GET", "HEAD"].iter().take(looks.len()));
    expected.extend(["DELETE", "GET"].iter().cycle().take(aborts.len()));
    let scripts = [vec![upload_created(), ok()], completions, looks, aborts].concat();
    let server = play(scripts).await;
    let upload = upload_in_one_part(&server.client());
    let error = upload.send().await.unwrap_err();
    let requests = server.requests();
    let sent = &requests[2..];
    let methods: Vec<_> = sent.iter().map(|sent| sent.method.as_str()).collect();
    assert_eq!(methods, expected, "{error}");
    for request in sent.iter().filter(|sent| sent.method != "HEAD") {
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

/// Each is retried, and leaves open whether the upload was completed.
fn unknown() -> [(Script, Option<&'static str>); 3] {
    [
        (reject(500, "InternalError"), Some("InternalError")),
        (error_inside_a_200("InternalError"), Some("InternalError")),
        (drop_response(), None),
    ]
}

#[tokio::test]
async fn an_upload_that_is_still_open_was_not_completed_and_is_aborted() {
    for (script, code) in unknown() {
        let aborts = vec![aborted(), gone()];
        let error = upload_error_after(vec![script; 3], vec![still_listed()], aborts).await;
        let context = error.context();
        assert_eq!((error.code(), context.attempts), (code, 3), "{error}");
        assert_eq!(context.upload_id, None, "{error}");
        assert!(!error.is_outcome_unknown(), "{error}");
    }
}

#[tokio::test]
async fn an_upload_that_is_gone_is_not_aborted() {
    for (script, code) in unknown() {
        let error = upload_error_after(vec![script; 3], no_object(gone()), vec![]).await;
        assert_eq!(error.code(), code, "{error}");
        assert_eq!(error.context().upload_id, None, "{error}");
        assert!(error.is_outcome_unknown(), "{error}");
    }
}

/// Some stores list an upload that is gone as one without parts.
#[tokio::test]
async fn an_upload_that_may_be_complete_is_not_aborted_and_named_by_the_error() {
    let no_parts = "<ListPartsResult><IsTruncated>false</IsTruncated></ListPartsResult>";
    for look in [reject(403, "AccessDenied"), response("200 OK", no_parts)] {
        let completions = vec![reject(500, "InternalError"); 3];
        let error = upload_error_after(completions, no_object(look), vec![]).await;
        assert_eq!(error.context().upload_id.as_deref(), Some("id"), "{error}");
        assert!(error.is_outcome_unknown(), "{error}");
    }
}

/// The first attempt may have completed the upload, which then no longer exists.
#[tokio::test]
async fn a_completion_whose_retry_finds_no_upload_is_unsettled() {
    let completions = vec![drop_response(), reject(404, "NoSuchUpload")];
    let error = upload_error_after(completions, no_object(gone()), vec![]).await;
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
