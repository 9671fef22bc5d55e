//! The probes of a diagnosis, and what follows from the responses to them.

use slim_s3::diagnosis::ProbeKind;
use slim_s3::mismatch::Cause;
use slim_s3::{Credentials, Diagnosis, Error};

use crate::support::script::{Script, Server, ok, play, reject, response};
use crate::support::server::put_error;

const TOKEN: &str = "TOKENTOKENTOKENTOKENTOKEN";

/// The diagnosis of a put with two headers, by a store that plays this.
async fn diagnose(scripts: Vec<Script>) -> (Server, Result<Diagnosis, Error>) {
    let server = play(scripts).await;
    let keys = Credentials::new("AK", "secret-secret").with_session_token(TOKEN);
    let s3 = server.builder().credentials(keys).build().unwrap();
    let put = s3.put_object("bucket", "a b", "data");
    let put = put.metadata("name", "one").metadata("other", "two");
    let diagnosis = s3.diagnose(put).await;
    (server, diagnosis)
}

pub fn mismatch() -> Script {
    reject(403, "SignatureDoesNotMatch")
}

pub fn denied() -> Script {
    reject(403, "AccessDenied")
}

#[track_caller]
pub fn assert_cause(diagnosis: &Diagnosis, expected: Option<Cause>, is_certain: bool) {
    let found = (diagnosis.cause.clone(), diagnosis.is_certain);
    assert_eq!(found, (expected, is_certain), "{diagnosis}");
}

#[tokio::test]
async fn each_request_is_a_get_without_a_body() {
    let scripts = vec![mismatch(), ok(), mismatch(), mismatch()];
    let (server, diagnosis) = diagnose(scripts).await;
    let diagnosis = diagnosis.unwrap();
    let requests = server.requests();
    assert_eq!(requests.len(), 4);
    for request in &requests {
        assert_eq!(request.method, "GET");
        assert!(request.body.is_empty());
        assert_eq!(request.header("content-length"), None);
    }
    let targets: Vec<_> = requests.iter().map(|request| &*request.target).collect();
    assert_eq!(
        targets,
        ["/bucket/a%20b", "/", "/bucket/a%20b", "/bucket/a%20b"]
    );
    let names: Vec<_> = requests
        .iter()
        .map(|request| request.header("x-amz-meta-name"))
        .collect();
    assert_eq!(names, [Some("one"), None, None, None]);
    let kinds: Vec<_> = diagnosis
        .probes
        .iter()
        .map(|probe| probe.kind.clone())
        .collect();
    let both = vec!["x-amz-meta-name".to_owned(), "x-amz-meta-other".to_owned()];
    assert_eq!(
        kinds,
        [
            ProbeKind::Call,
            ProbeKind::Bare,
            ProbeKind::WithoutHeaders(both),
            ProbeKind::SignedPath("/bucket/a%2520b".to_owned()),
        ]
    );
    // The path is all that is left, and no probe has confirmed it.
    assert!(
        matches!(diagnosis.cause, Some(Cause::Path { .. })),
        "{diagnosis}"
    );
    assert!(!diagnosis.is_certain);
}

#[tokio::test]
async fn the_header_that_is_changed_is_narrowed_down() {
    for (last, name) in [(mismatch(), "x-amz-meta-name"), (ok(), "x-amz-meta-other")] {
        let (_, diagnosis) = diagnose(vec![mismatch(), ok(), ok(), last]).await;
        let name = name.to_owned();
        assert_cause(&diagnosis.unwrap(), Some(Cause::Header { name }), true);
    }
}

#[tokio::test]
async fn a_denial_by_a_policy_is_no_mismatch() {
    // The store sees the signature, because it rejects a wrong one.
    for bare in [ok(), denied()] {
        let (_, diagnosis) = diagnose(vec![denied(), bare, mismatch()]).await;
        assert_cause(&diagnosis.unwrap(), Some(Cause::NotPermitted), true);
    }
    // Garage rejects it like this.
    let (_, diagnosis) = diagnose(vec![denied(), ok(), denied()]).await;
    assert_cause(&diagnosis.unwrap(), Some(Cause::NotPermitted), true);
}

/// Ceph permits `GET /` without a signature, so a success of it does not show that one arrives.
#[tokio::test]
async fn a_bare_request_that_everyone_may_send_proves_nothing() {
    let (_, diagnosis) = diagnose(vec![denied(), ok(), ok()]).await;
    assert_cause(&diagnosis.unwrap(), Some(Cause::Authorization), false);
}

#[tokio::test]
async fn a_signature_that_does_not_arrive_is_found() {
    let (server, diagnosis) = diagnose(vec![denied(), denied(), denied(), denied()]).await;
    // So would a gateway respond that denies everything.
    assert_cause(&diagnosis.unwrap(), Some(Cause::Authorization), false);
    let requests = server.requests();
    assert!(requests[2].header("authorization").is_some());
    assert_eq!(requests[3].header("authorization"), None);
}

#[tokio::test]
async fn a_signature_that_a_proxy_adds_is_found() {
    let (_, diagnosis) = diagnose(vec![mismatch(); 4]).await;
    assert_cause(&diagnosis.unwrap(), Some(Cause::Authorization), true);
}

#[tokio::test]
async fn a_report_contains_no_secret() {
    let (server, diagnosis) = diagnose(vec![mismatch(), mismatch(), mismatch(), denied()]).await;
    let diagnosis = diagnosis.unwrap();
    assert_cause(&diagnosis, Some(Cause::WrongSecret), false);
    let authorization = server.requests()[0]
        .header("authorization")
        .unwrap()
        .to_owned();
    let (_, signature) = authorization.rsplit_once("Signature=").unwrap();
    for text in [
        diagnosis.to_string(),
        format!("{diagnosis:?} {diagnosis:#?}"),
    ] {
        for secret in [TOKEN, "secret-secret", signature] {
            assert!(!text.contains(secret), "{text}");
        }
    }
}

#[tokio::test]
async fn a_failing_store_is_an_error() {
    let (server, diagnosis) = diagnose(vec![reject(503, "SlowDown")]).await;
    let error = diagnosis.unwrap_err();
    assert_eq!(error.code(), Some("SlowDown"), "{error}");
    assert_eq!(server.requests().len(), 1);
}

#[tokio::test]
async fn an_invalid_call_is_not_sent() {
    let server = play(Vec::<Script>::new()).await;
    let s3 = server.client();
    let error = s3.diagnose(s3.put_object("bucket", "", "data")).await;
    let error = error.unwrap_err();
    assert!(matches!(error, Error::Invalid(_)), "{error}");
    assert!(
        error
            .to_string()
            .starts_with("PutObject bucket/: key: empty"),
        "{error}"
    );
    assert!(server.requests().is_empty());
}

/// Ceph sends none.
#[tokio::test]
async fn the_error_names_a_certain_cause_also_without_a_message() {
    let document = "<Error><Code>XAmzContentSHA256Mismatch</Code></Error>";
    let server = play([response("400 Bad Request", document)]).await;
    let error = put_error(&server.client(), "data").await;
    assert_eq!(
        error.to_string(),
        "PutObject bucket/key: 400 XAmzContentSHA256Mismatch: the body was changed after it was hashed"
    );
}
