//! Diagnoses in front of servers that are no stores, that stall or flood, and of causes that no probe proves.

use std::time::{Duration, Instant};

use slim_s3::diagnosis::ProbeKind;
use slim_s3::error::TransportKind;
use slim_s3::mismatch::{Cause, PathChange};
use slim_s3::{Body, Client, Diagnosis, PayloadHash};

use super::diagnosis::{assert_cause, denied, mismatch};
use crate::support::script::{
    Flood, Request, Script, Server, Wait, ok, play, raw, reject, response, transport_kind,
};
use crate::support::server::until;

const PAGE: &str = "<!DOCTYPE html><html><body>Welcome</body></html>";

fn page(status: &str) -> Script {
    response(&format!("{status}\r\ncontent-type: text/html"), PAGE)
}

/// The diagnosis of a put with two headers.
async fn of_put(scripts: Vec<Script>) -> (Server, Diagnosis) {
    let server = play(scripts).await;
    let s3 = server.client();
    let put = s3.put_object("bucket", "a b", "data");
    let put = put.metadata("name", "one").metadata("other", "two");
    let diagnosis = s3.diagnose(put).await.unwrap();
    assert_eq!(server.remaining(), 0, "{diagnosis}");
    assert_eq!(server.requests().len(), diagnosis.probes.len());
    (server, diagnosis)
}

#[tokio::test]
async fn a_page_is_no_accepted_signature() {
    for status in ["200 OK", "404 Not Found", "400 Bad Request"] {
        let (_, diagnosis) = of_put(vec![page(status)]).await;
        assert_cause(&diagnosis, None, false);
        let line = "cause     not known: the response is not that of a store\n";
        assert!(diagnosis.to_string().starts_with(line), "{diagnosis}");
    }
    // Of an object that is a page.
    let head = "200 OK\r\ncontent-type: text/html\r\nx-amz-request-id: 1";
    let (_, diagnosis) = of_put(vec![response(head, PAGE)]).await;
    assert_cause(&diagnosis, None, true);
}

#[tokio::test]
async fn a_page_that_denies_does_not_prove_who_denies() {
    let (_, diagnosis) = of_put(vec![page("403 Forbidden")]).await;
    assert_cause(&diagnosis, Some(Cause::NotPermitted), false);
    let (_, diagnosis) = of_put(vec![denied(), page("200 OK")]).await;
    assert_cause(&diagnosis, Some(Cause::NotPermitted), false);
}

#[tokio::test]
async fn a_page_confirms_no_guess() {
    let page = || page("404 Not Found");
    let (_, diagnosis) = of_put(vec![mismatch(), ok(), page(), page()]).await;
    let change = PathChange::Other;
    assert_cause(&diagnosis, Some(Cause::Path { change }), false);
    // If it is the response to `GET /`, the keys may be wrong.
    let (_, diagnosis) = of_put(vec![mismatch(), page(), mismatch(), mismatch()]).await;
    assert_cause(&diagnosis, Some(Cause::WrongSecret), false);
}

#[tokio::test]
async fn a_guess_that_was_rejected_is_not_named() {
    let (_, diagnosis) = of_put(vec![mismatch(), ok(), mismatch(), mismatch()]).await;
    let signed_path = ProbeKind::SignedPath("/bucket/a%2520b".to_owned());
    assert_eq!(diagnosis.probes[3].kind, signed_path);
    let change = PathChange::Other;
    assert_cause(&diagnosis, Some(Cause::Path { change }), false);
}

#[tokio::test]
async fn a_redirect_of_a_probe_is_inconclusive() {
    let redirect = response("307 Temporary Redirect\r\nlocation: /login", "");
    let (_, diagnosis) = of_put(vec![mismatch(), redirect, mismatch(), mismatch()]).await;
    assert_cause(&diagnosis, Some(Cause::WrongSecret), false);
    // That of the call itself leads to another store.
    let server = play(vec![response(
        "307 Temporary Redirect\r\nlocation: /login",
        "",
    )])
    .await;
    let s3 = server.client();
    let error = s3
        .diagnose(s3.get_object("bucket", "key"))
        .await
        .unwrap_err();
    assert_eq!(error.service().unwrap().status, 307, "{error}");
}

#[tokio::test]
async fn a_probe_that_is_rejected_for_its_signature_is_no_denial() {
    let (_, diagnosis) = of_put(vec![denied(), mismatch(), mismatch(), denied()]).await;
    assert_cause(&diagnosis, Some(Cause::WrongSecret), false);
    let (_, diagnosis) = of_put(vec![mismatch(), reject(403, "InvalidAccessKeyId")]).await;
    assert_cause(&diagnosis, Some(Cause::UnknownAccessKey), true);
}

#[tokio::test]
async fn several_parameters_are_all_named() {
    let server = play(vec![mismatch(), ok(), mismatch(), ok()]).await;
    let s3 = server.client();
    let put = s3.put_object("bucket", "a b", "data");
    let put = put.query("x-b", "2").query("x a", "1");
    let diagnosis = s3.diagnose(put).await.unwrap();
    let parameter = Some("x-b, x%20a".to_owned());
    assert_cause(&diagnosis, Some(Cause::Query { parameter }), true);
    let line = "cause     the query was changed on the way: one or more of x-b, x%20a\n";
    assert!(diagnosis.to_string().starts_with(line), "{diagnosis}");
}

#[tokio::test]
async fn several_headers_are_all_named() {
    let server = play(vec![mismatch(), ok(), ok(), mismatch()]).await;
    let s3 = server.client();
    let put = s3.put_object("bucket", "key", "data");
    let put = put.metadata("a", "1").metadata("b", "2").metadata("c", "3");
    let diagnosis = s3.diagnose(put.metadata("d", "4")).await.unwrap();
    let name = "x-amz-meta-a, x-amz-meta-b".to_owned();
    assert_cause(&diagnosis, Some(Cause::Header { name }), true);
    let words = "on the way: one or more of x-amz-meta-a, x-amz-meta-b\n";
    assert!(diagnosis.to_string().contains(words), "{diagnosis}");
}

/// `GET /` is sent to the host without the bucket, so it proves nothing about the one with it.
#[tokio::test]
async fn a_host_with_the_bucket_may_be_changed_alone() {
    let server = play(vec![mismatch(), ok()]).await;
    let endpoint = format!("http://s3.test:{}", server.address.port());
    let http = reqwest::Client::builder()
        .no_proxy()
        .resolve("bucket.s3.test", server.address)
        .resolve("s3.test", server.address);
    let s3 = server
        .builder()
        .endpoint(&endpoint)
        .addressing(slim_s3::Addressing::VirtualHosted)
        .http_client_builder(http)
        .build()
        .unwrap();
    let diagnosis = s3.diagnose(s3.get_object("bucket", "key")).await.unwrap();
    let received = None;
    assert_cause(&diagnosis, Some(Cause::Host { received }), false);
}

#[tokio::test]
async fn an_anonymous_client_has_no_signature_that_could_be_accepted() {
    let server = play(vec![denied()]).await;
    let s3 = server.builder().anonymous().build().unwrap();
    let diagnosis = s3.diagnose(s3.get_object("bucket", "key")).await.unwrap();
    assert_cause(&diagnosis, Some(Cause::NotPermitted), true);
    assert!(!diagnosis.to_string().contains("accepts"), "{diagnosis}");
}

/// Whatever the call sends: a body in chunks, a delete, a post.
#[tokio::test]
async fn a_call_that_writes_is_sent_as_a_get() {
    let server = play(vec![ok(); 5]).await;
    let s3 = server.client();
    let body = Body::reader(4, &b"data"[..]);
    let put = s3.put_object("bucket", "key", body);
    s3.diagnose(put.payload_hash(PayloadHash::Streaming))
        .await
        .unwrap();
    s3.diagnose(s3.delete_object("bucket", "key"))
        .await
        .unwrap();
    s3.diagnose(s3.delete_bucket("bucket")).await.unwrap();
    s3.diagnose(s3.copy_object("bucket", "key", ("bucket", "other")))
        .await
        .unwrap();
    s3.diagnose(s3.create_multipart_upload("bucket", "key"))
        .await
        .unwrap();
    let requests = server.requests();
    assert_eq!(requests.len(), 5);
    for request in requests {
        assert_eq!(request.method, "GET");
        assert!(request.body.is_empty(), "{request:?}");
        for name in [
            "content-length",
            "transfer-encoding",
            "content-encoding",
            "x-amz-decoded-content-length",
        ] {
            assert_eq!(request.header(name), None, "{request:?}");
        }
    }
}

fn with_timeouts(server: &Server) -> Client {
    server.client_with_timeouts(Duration::from_millis(500))
}

#[tokio::test]
async fn a_probe_without_a_response_ends_the_diagnosis() {
    let server = play(vec![
        mismatch(),
        vec![Request, Wait(Duration::from_secs(60))],
    ])
    .await;
    let s3 = with_timeouts(&server);
    let start = Instant::now();
    let error = s3
        .diagnose(s3.get_object("bucket", "key"))
        .await
        .unwrap_err();
    assert!(
        matches!(transport_kind(&error), TransportKind::Stalled(_)),
        "{error}"
    );
    assert!(start.elapsed() < Duration::from_secs(30));
    // Nothing is sent again.
    assert_eq!(server.requests().len(), 2);
}

/// An object of any size is not read, and an error document only up to a limit.
#[tokio::test]
async fn a_response_without_end_is_not_read() {
    let length = 10_u64 << 30;
    for (status, expected) in [("200 OK", true), ("403 Forbidden", false)] {
        let head = format!("HTTP/1.1 {status}\r\ncontent-length: {length}\r\n\r\n");
        let flood = vec![Request, raw(head), Flood(vec![b'a'; 64 << 10])];
        let server = play(vec![flood]).await;
        let s3 = with_timeouts(&server);
        let diagnosis = s3.diagnose(s3.get_object("bucket", "key"));
        let diagnosis = tokio::time::timeout(Duration::from_secs(30), diagnosis).await;
        match diagnosis.unwrap() {
            Ok(diagnosis) => assert_eq!(diagnosis.cause.is_none(), expected, "{diagnosis}"),
            Err(error) => assert!(!expected, "{error}"),
        }
    }
}

#[tokio::test]
async fn a_diagnosis_that_is_dropped_sends_no_more() {
    let server = play(vec![
        mismatch(),
        vec![Request, Wait(Duration::from_secs(60))],
    ])
    .await;
    let s3 = server.client();
    tokio::select! {
        diagnosis = s3.diagnose(s3.get_object("bucket", "key")) => panic!("{diagnosis:?}"),
        () = until(|| server.requests().len() == 2) => {}
    }
    tokio::time::sleep(Duration::from_millis(200)).await;
    assert_eq!(server.requests().len(), 2);
}

#[tokio::test]
async fn sixteen_diagnoses_at_once_do_not_mix() {
    let servers: Vec<Server> = {
        let mut servers = Vec::new();
        for number in 0..16 {
            let last = if number % 2 == 0 {
                mismatch()
            } else {
                denied()
            };
            servers.push(play(vec![mismatch(), mismatch(), mismatch(), last]).await);
        }
        servers
    };
    let diagnoses = servers.iter().map(|server| async {
        let s3 = server.client();
        s3.diagnose(s3.get_object("bucket", "key")).await.unwrap()
    });
    let found = futures_util::future::join_all(diagnoses).await;
    for (number, diagnosis) in found.iter().enumerate() {
        match number % 2 {
            0 => assert_cause(diagnosis, Some(Cause::Authorization), true),
            _ => assert_cause(diagnosis, Some(Cause::WrongSecret), false),
        }
    }
}
