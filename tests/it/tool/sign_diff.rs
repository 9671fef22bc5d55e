//! `sign --diff`: an error response that was saved, and the cause in the output of other commands.

use std::process::Command;

use super::{run_beside, tool_for};
use crate::support::script::{play, response};
use crate::support::tool::{run, run_with_input, tool_at};

/// The request to which versitygw has responded with the recording.
const REQUEST: [&str; 9] = [
    "sign",
    "-X",
    "PUT",
    "-H",
    "x-amz-meta-name: one",
    "--body=@hello",
    "--region=us-east-1",
    "http://127.0.0.1:7070/photos/a%20b.txt",
    "--diff",
];

fn recording() -> String {
    let root = env!("CARGO_MANIFEST_DIR");
    format!("{root}/fixtures/responses/signature-mismatch.versitygw.xml")
}

fn tool() -> Command {
    tool_at("", "AKIDEXAMPLE", "wJalrXUtnFEMI/K7MDENG/EXAMPLEKEY")
}

#[test]
fn the_first_difference_and_its_cause_are_printed() {
    let path = recording();
    let arguments: Vec<&str> = REQUEST.into_iter().chain([path.as_str()]).collect();
    let text = run(tool(), &arguments).succeeded();
    for line in [
        "cause   a signed header was changed or removed on the way: x-amz-meta-name",
        "first difference in the canonical request, line 7, byte 17",
        "  7 - x-amz-meta-name:one",
        "    + x-amz-meta-name:One",
    ] {
        assert!(
            text.lines().any(|printed| printed == line),
            "no {line:?} in\n{text}"
        );
    }
}

#[test]
fn the_json_names_the_difference() {
    let body = std::fs::read(recording()).unwrap();
    let arguments: Vec<&str> = REQUEST.into_iter().chain(["-", "--json"]).collect();
    let json = run_with_input(tool(), &arguments, &body).succeeded();
    let json: serde_json::Value = serde_json::from_str(&json).unwrap();
    let difference = &json["difference"];
    assert_eq!(difference["document"], "canonical_request");
    assert_eq!(
        (&difference["line"], &difference["byte"]),
        (&7.into(), &17.into())
    );
    assert_eq!(difference["received"], "x-amz-meta-name:One");
    assert!(
        json["cause"].as_str().unwrap().ends_with("x-amz-meta-name"),
        "{json}"
    );
}

#[test]
fn another_file_is_no_error_response() {
    let arguments: Vec<&str> = REQUEST.into_iter().chain(["-"]).collect();
    let ended = run_with_input(tool(), &arguments, b"<Error><Code>NoSuchKey</Code></Error>");
    ended.failed(1, "not an error response about a signature");
}

#[tokio::test]
async fn other_commands_name_a_cause_that_is_certain() {
    let error = "<Error><Code>InvalidAccessKeyId</Code><Message>m</Message></Error>";
    let server = play(vec![response("403 Forbidden", error); 2]).await;
    let ended = run_beside(tool_for(&server), &["ls", "s3://b", "--json"]).await;
    let json: serde_json::Value = serde_json::from_str(&ended.assert(3, "")).unwrap();
    let cause = json["error"]["cause"].as_str().unwrap();
    assert_eq!(cause, "the store has no such access key ID");
    let ended = run_beside(tool_for(&server), &["ls", "s3://b"]).await;
    let stderr = ended.assert(3, "");
    let cause = ": m; the store has no such access key ID; check the access key ID";
    assert!(stderr.contains(cause), "{stderr}");
}
