//! The exit codes, for what a store or the network does.

use std::time::Duration;

use super::{run_beside, tool, tool_for};
use crate::support::script::{
    Close, Request, Reset, Script, Wait, drop_response, ok, play, raw, reject, response,
};
use crate::support::tool::{Folder, run};

fn empty(status: &str) -> Script {
    response(status, "")
}

/// What the store responds with, the arguments, and the exit code.
#[tokio::test]
async fn the_exit_code_says_why() {
    let put = &["put", "FILE", "s3://b/k"][..];
    let get = &["get", "s3://b/k", "-"][..];
    let (stat, ls) = (&["stat", "s3://b/k"][..], &["ls", "s3://b"][..]);
    let folder = Folder::new();
    let file = folder.write("file", "file");
    for (script, arguments, code) in [
        (ok(), put, 0),
        (reject(403, "AccessDenied"), put, 1),
        (reject(400, "EntityTooLarge"), put, 1),
        (reject(409, "BucketNotEmpty"), &["rb", "s3://b"], 1),
        (reject(403, "SignatureDoesNotMatch"), put, 3),
        (reject(403, "InvalidAccessKeyId"), get, 3),
        (reject(400, "ExpiredToken"), get, 3),
        (reject(301, "PermanentRedirect"), get, 3),
        (reject(400, "AuthorizationHeaderMalformed"), get, 3),
        (reject(404, "NoSuchBucket"), put, 4),
        (reject(404, "NoSuchKey"), get, 4),
        (reject(404, "NoSuchBucket"), ls, 4),
        (empty("404 Not Found"), stat, 4),
        (reject(500, "InternalError"), put, 5),
        (reject(503, "SlowDown"), get, 5),
        (reject(429, "TooManyRequests"), ls, 5),
        (empty("502 Bad Gateway"), stat, 5),
        (vec![Request, Close], get, 5),
        (vec![Request, Reset], put, 5),
        (drop_response(), ls, 5),
        (vec![Request, Wait(Duration::from_secs(30))], stat, 5),
        (reject(412, "PreconditionFailed"), put, 6),
        (empty("304 Not Modified"), get, 6),
        (reject(409, "BucketAlreadyOwnedByYou"), &["mb", "s3://b"], 6),
        (reject(409, "BucketAlreadyExists"), &["mb", "s3://b"], 6),
        (response("200 OK", "<html>Log in</html>"), ls, 1),
        (vec![Request, raw("garbage\r\n\r\n"), Close], ls, 5),
    ] {
        let what = format!("{arguments:?}: {script:?}");
        let server = play([script]).await;
        let mut all = vec!["--retries", "0", "--timeout", "1s"];
        all.extend(arguments.iter().map(|word| match *word {
            "FILE" => file.as_str(),
            word => word,
        }));
        let ended = run_beside(tool_for(&server), &all).await;
        assert_eq!(ended.code, Some(code), "{what}: {}", ended.stderr);
        assert_eq!(server.requests().len(), 1, "{what}");
        assert_eq!(ended.stderr.lines().count(), 1, "{what}: {}", ended.stderr);
    }
}

#[test]
fn a_closed_port_is_temporary() {
    let ended = run(tool(), &["--retries", "1", "stat", "s3://b/k"]);
    ended.failed(5, "attempts 2");
}

#[tokio::test]
async fn a_failed_request_is_retried_as_often_as_asked() {
    for (retries, code) in [("0", 5), ("1", 5), ("2", 0)] {
        let failures = [reject(500, "InternalError"), drop_response()];
        let server = play(failures.into_iter().chain([ok()])).await;
        let folder = Folder::new();
        let file = folder.write("file", "file");
        let arguments = ["--retries", retries, "put", &file, "s3://b/k"];
        let ended = run_beside(tool_for(&server), &arguments).await;
        ended.assert(code, "");
    }
}

/// One code if all agree, and otherwise 1.
#[tokio::test]
async fn several_failures_have_a_code_in_common() {
    let folder = Folder::new();
    let files = [folder.write("one", "1"), folder.write("two", "2")];
    for (first, second, code) in [
        (
            reject(412, "PreconditionFailed"),
            reject(412, "PreconditionFailed"),
            6,
        ),
        (
            reject(412, "PreconditionFailed"),
            reject(403, "AccessDenied"),
            1,
        ),
        (ok(), reject(404, "NoSuchBucket"), 4),
        (ok(), ok(), 0),
    ] {
        let server = play([first, second]).await;
        let arguments = ["put", "-j1", &files[0], &files[1], "s3://b/p/"];
        let ended = run_beside(tool_for(&server), &arguments).await;
        let stderr = ended.assert(code, "");
        assert!(stderr.contains("put s3://b/p/ "), "{stderr}");
    }
}

#[tokio::test]
async fn objects_that_are_not_deleted_are_listed() {
    let result = "<DeleteResult><Deleted><Key>a</Key></Deleted><Error><Key>b</Key><Code>AccessDenied</Code>\
                  <Message>no</Message></Error></DeleteResult>";
    let server = play([response("200 OK", result)]).await;
    let ended = run_beside(tool_for(&server), &["rm", "s3://bkt/a", "s3://bkt/b"]).await;
    let stderr = ended.assert(1, "");
    for line in [
        "slim-s3: s3://bkt/b: AccessDenied: no",
        "rm 1 object ",
        "slim-s3: 1 failed",
    ] {
        assert!(stderr.contains(line), "{stderr}");
    }
}
