//! What goes to standard output and standard error: data, summaries, JSON, a line for each request.

use super::{run_beside, tool_for};
use crate::support::script::{ok, play, reject, response};
use crate::support::server::SECRET_ACCESS_KEY;
use crate::support::tool::Folder;

const LISTING: &str = "<ListBucketResult><IsTruncated>false</IsTruncated>\
    <Contents><Key>p/cat&#10;\u{e9}.jpg</Key><Size>20971525</Size>\
    <LastModified>2025-01-01T00:00:00.000Z</LastModified><ETag>&quot;e&quot;</ETag></Contents>\
    <CommonPrefixes><Prefix>p/a/</Prefix></CommonPrefixes></ListBucketResult>";

#[tokio::test]
async fn a_listing_has_sortable_columns() {
    for (arguments, expected) in [
        (
            &["ls", "s3://b/p/"][..],
            "                             PRE a/\n2025-01-01T00:00:00Z    20971525 cat\\n\u{e9}.jpg\n",
        ),
        (
            &["ls", "-r", "s3://b/p/"],
            "                             PRE p/a/\n2025-01-01T00:00:00Z    20971525 p/cat\\n\u{e9}.jpg\n",
        ),
        (&["ls", "-0", "s3://b/p/"], "p/a/\0p/cat\n\u{e9}.jpg\0"),
        (
            &["--json", "ls", "s3://b/p/"],
            "{\"bucket\":\"b\",\"prefix\":\"p/a/\"}\n{\"bucket\":\"b\",\"etag\":\"e\",\"key\":\"p/cat\\n\u{e9}.jpg\",\
             \"last_modified\":\"2025-01-01T00:00:00Z\",\"size\":20971525,\"storage_class\":null}\n",
        ),
    ] {
        let server = play([response("200 OK", LISTING)]).await;
        let ended = run_beside(tool_for(&server), arguments).await;
        assert_eq!(ended.succeeded(), expected, "{arguments:?}");
        let target = &server.requests()[0].target;
        let is_recursive = arguments.contains(&"-r");
        assert_eq!(target.contains("delimiter=%2F"), !is_recursive, "{target}");
        assert!(target.contains("prefix=p%2F"), "{target}");
    }
}

#[tokio::test]
async fn an_empty_listing_prints_nothing() {
    let list = "<ListBucketResult><IsTruncated>false</IsTruncated></ListBucketResult>";
    let server = play([response("200 OK", list)]).await;
    let ended = run_beside(tool_for(&server), &["ls", "s3://b/p/"]).await;
    assert_eq!(ended.assert(0, ""), "");
}

#[tokio::test]
async fn a_put_prints_a_summary_only_for_people() {
    let folder = Folder::new();
    let file = folder.write("cat.jpg", "meow");
    for (options, expected) in [
        (&[][..], "put s3://b/k 4 bytes "),
        (&["-q"], ""),
        (&["--json"], ""),
    ] {
        let server = play([ok()]).await;
        let mut arguments = options.to_vec();
        arguments.extend(["put", &file, "s3://b/k"]);
        let ended = run_beside(tool_for(&server), &arguments).await;
        assert_eq!(ended.code, Some(0));
        let is_json = options == ["--json"];
        assert_eq!(!ended.stdout.is_empty(), is_json, "{}", ended.stdout);
        assert_eq!(
            ended.stderr.is_empty(),
            expected.is_empty(),
            "{}",
            ended.stderr
        );
        assert!(ended.stderr.starts_with(expected), "{}", ended.stderr);
        if is_json {
            let object: serde_json::Value = serde_json::from_str(&ended.stdout).unwrap();
            for (name, value) in [
                ("op", "put".into()),
                ("bucket", "b".into()),
                ("key", "k".into()),
                ("source", file.as_str().into()),
                ("size", serde_json::Value::from(4)),
                ("etag", "e".into()),
            ] {
                assert_eq!(object[name], value, "{object}");
            }
        }
        let request = &server.requests()[0];
        assert_eq!(request.header("content-type"), Some("image/jpeg"));
    }
}

#[tokio::test]
async fn the_options_of_an_object_are_headers() {
    let folder = Folder::new();
    let file = folder.write("cat.jpg", "meow");
    let server = play([ok()]).await;
    let arguments = [
        "put",
        "-t",
        "text/x-cat",
        "-m",
        "owner=ada",
        "-H",
        "Cache-Control: no-cache",
        "--create-only",
        "--checksum",
        "sha256",
        "--storage-class",
        "COLD",
        &file,
        "s3://b/p/",
    ];
    run_beside(tool_for(&server), &arguments)
        .await
        .assert(0, "");
    let request = &server.requests()[0];
    assert_eq!(
        (&*request.method, &*request.target),
        ("PUT", "/b/p/cat.jpg")
    );
    for (name, value) in [
        ("content-type", "text/x-cat"),
        ("x-amz-meta-owner", "ada"),
        ("cache-control", "no-cache"),
        ("if-none-match", "*"),
        ("x-amz-storage-class", "COLD"),
        (
            "x-amz-checksum-sha256",
            "QEyp4ioQC3vbXT2eCRRb9fdGU+5tKnYdsMRzp/hiAB8=",
        ),
    ] {
        if name == "x-amz-checksum-sha256" {
            assert!(request.header(name).is_some(), "{request:?}");
        } else {
            assert_eq!(request.header(name), Some(value), "{name}");
        }
    }
}

#[tokio::test]
async fn each_request_has_a_line_on_request() {
    let folder = Folder::new();
    let file = folder.write("file", "meow");
    let busy = response(
        "503 Busy\r\nx-amz-request-id: R1",
        "<Error><Code>SlowDown</Code></Error>",
    );
    let done = response("200 OK\r\netag: \"e\"\r\nx-amz-request-id: R2", "");
    let server = play([busy, done]).await;
    let ended = run_beside(tool_for(&server), &["-v", "put", &file, "s3://b/k"]).await;
    let stderr = ended.assert(0, "");
    let lines: Vec<&str> = stderr.lines().collect();
    let url = format!("PUT http://{}/b/k ", server.address);
    for (line, status, id) in [(lines[0], "503 ", "ms R1"), (lines[1], "200 ", "ms R2")] {
        let rest = line.strip_prefix(&url).unwrap_or_else(|| panic!("{line}"));
        assert!(rest.starts_with(status) && rest.ends_with(id), "{line}");
    }
    assert_eq!(lines.len(), 3, "{stderr}");
}

#[tokio::test]
async fn an_error_is_an_object_on_request() {
    let server = play([reject(403, "AccessDenied")]).await;
    let ended = run_beside(tool_for(&server), &["--json", "get", "s3://b/k", "-"]).await;
    let error: serde_json::Value = serde_json::from_str(&ended.assert(1, "")).unwrap();
    let error = &error["error"];
    for (name, value) in [
        ("op", "GetObject"),
        ("bucket", "b"),
        ("key", "k"),
        ("code", "AccessDenied"),
    ] {
        assert_eq!(error[name], value, "{error}");
    }
    assert_eq!(
        (&error["status"], &error["exit_code"]),
        (&403.into(), &1.into())
    );
}

/// Nothing that the tool prints contains the secret access key or the session token.
#[tokio::test]
async fn no_secret_is_printed() {
    const TOKEN: &str = "TOKENTOKENTOKENTOKENTOKEN";
    for arguments in [
        &["-v", "stat", "s3://b/k"][..],
        &["-v", "--json", "stat", "s3://b/k"],
        &["sign", "s3://b/k"],
        &["sign", "--show", "json", "--keys", "s3://b/k"],
        &["sign", "--show", "html", "s3://b/k"],
        &["sign", "--show", "curl", "s3://b/k"],
        &["sign", "--show", "header", "s3://b/k"],
        &["-v", "sign", "--send", "s3://b/k"],
    ] {
        let server = play([reject(403, "SignatureDoesNotMatch")]).await;
        let mut command = tool_for(&server);
        command.env("AWS_SESSION_TOKEN", TOKEN);
        let ended = run_beside(command, arguments).await;
        let printed = ended.stdout + &ended.stderr;
        assert!(printed.len() > 40, "{arguments:?}: {printed}");
        for secret in [SECRET_ACCESS_KEY, TOKEN] {
            assert!(!printed.contains(&secret[..12]), "{arguments:?}: {printed}");
        }
    }
}
