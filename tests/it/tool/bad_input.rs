//! Bad input: a line on standard error that says what is wrong, the exit code of the table, and nothing half-written.

use std::process::Stdio;
use std::time::Duration;

use super::{TOOL, run_beside, shell, tool, tool_for};
use crate::support::script::{Request, Wait, play, raw, response};
use crate::support::server::until;
use crate::support::tool::{Ended, Folder, run, run_with_input, send_signal, started};

/// Arguments, exit code, and a part of standard error. `DIR` stands for a folder with the files that `folder` creates.
const ROWS: &[(&str, i32, &str)] = &[
    // The command line.
    ("", 2, "Usage: slim-s3"),
    ("mv a b", 2, "unrecognized subcommand 'mv'"),
    (
        "put --frob DIR/file s3://b/k",
        2,
        "unexpected argument '--frob'",
    ),
    ("put", 2, "required arguments were not provided"),
    ("put DIR/file", 2, "expected s3://BUCKET/KEY"),
    ("get", 2, "<SOURCE>"),
    ("ls -0", 2, "<PREFIX>"),
    ("parts --abort", 2, "<PREFIX>"),
    ("put DIR/file s3://", 2, "the bucket is missing"),
    ("put DIR/file b/k", 2, "expected s3://BUCKET/KEY"),
    (
        "cp DIR/file s3://b/k",
        2,
        "expected s3://BUCKET/KEY; put and get",
    ),
    ("rm b/k", 2, "\"b/k\": expected s3://BUCKET/KEY"),
    (
        "put -p 8X DIR/file s3://b/k",
        2,
        "expected a size such as 8M",
    ),
    ("put -p -1 DIR/file s3://b/k", 2, "unexpected argument '-1'"),
    ("put -j 0 DIR/file s3://b/k", 2, "0 is not in 1.."),
    ("put -m color DIR/file s3://b/k", 2, "expected NAME=VALUE"),
    (
        "put -H color DIR/file s3://b/k",
        2,
        "expected a name, a colon and a value",
    ),
    (
        "put --checksum md5 DIR/file s3://b/k",
        2,
        "possible values: crc32, crc32c",
    ),
    (
        "put --sse none DIR/file s3://b/k",
        2,
        "expected AES256, aws:kms",
    ),
    (
        "put --create-only --if-match e DIR/file s3://b/k",
        2,
        "cannot be used with",
    ),
    (
        "get --range 9-5 s3://b/k",
        2,
        "expected positions such as 0-1023",
    ),
    (
        "get --range 0-1 --resume s3://b/k",
        2,
        "cannot be used with",
    ),
    (
        "presign -e 1w s3://b/k",
        2,
        "expected a duration such as 90s",
    ),
    ("presign -e 0 s3://b/k", 2, "expected a second or more"),
    ("presign -e 8d s3://b/k", 2, "expires: "),
    (
        "presign -X PATCH s3://b/k",
        2,
        "possible values: GET, PUT, HEAD, DELETE",
    ),
    ("--path-style --virtual-host ls", 2, "cannot be used with"),
    ("--timeout 0 ls", 2, "expected a second or more"),
    ("completions tcsh", 2, "possible values: bash"),
    ("man frob", 2, "\"frob\": not a command"),
    // Keys and prefixes.
    ("stat s3://b", 2, "s3://b/: names no object"),
    ("rm s3://b", 2, "s3://b/: names no object"),
    (
        "rm -r s3://b/k",
        2,
        "s3://b/k: names one object; -r needs a prefix that ends in /",
    ),
    (
        "mb s3://b/k",
        2,
        "s3://b/k: names an object; expected s3://b",
    ),
    (
        "rb s3://b/k",
        2,
        "s3://b/k: names an object; expected s3://b",
    ),
    ("presign s3://b", 2, "s3://b/: names no object"),
    ("cp s3://b s3://b/k", 2, "s3://b/: names no object"),
    ("cp s3://b/p/ s3://b/q/", 2, "the key ends in /"),
    ("get s3://b", 2, "s3://b/: names no object"),
    (
        "get s3://b/p/",
        2,
        "the key ends in /, so the file has no name",
    ),
    (
        "get -r s3://b/k DIR",
        2,
        "s3://b/k: names one object; -r needs a prefix",
    ),
    ("get -r s3://b/p/", 2, "-r: name the folder to download to"),
    (
        "get -r s3://b/p/ -",
        2,
        "-r: name the folder to download to",
    ),
    ("put s3://b", 2, "required arguments were not provided"),
    ("stat s3://b?c/k", 2, "bucket: "),
    // The library refuses these, because the URL would name another object.
    ("stat s3://b/a/../k", 2, "key: "),
    ("stat s3://b//k", 2, "begins with a slash"),
    // Files and folders.
    (
        "put DIR/missing s3://b/k",
        1,
        "missing: cannot be read: No such file",
    ),
    (
        "put DIR/circle s3://b/k",
        1,
        "circle: cannot be read: Too many levels",
    ),
    (
        "put DIR/folder s3://b/p/",
        2,
        "folder: is a folder; upload it with -r",
    ),
    (
        "put -r DIR/file s3://b/p/",
        2,
        "file: not a folder; leave out -r",
    ),
    (
        "put -r DIR/folder s3://b/k",
        2,
        "s3://b/k: names one object; several files need a prefix",
    ),
    (
        "put DIR/file DIR/other s3://b/k",
        2,
        "s3://b/k: names one object",
    ),
    (
        "put DIR/file DIR/folder s3://b/p/",
        2,
        "folder: is a folder; use -r",
    ),
    (
        "put DIR/file DIR/folder/file s3://b/p/",
        2,
        "would get the same key \"file\"",
    ),
    (
        "put DIR/file DIR/missing s3://b/p/",
        1,
        "missing: cannot be read",
    ),
    ("put DIR/.. s3://b/p/", 2, ": is a folder"),
    (
        "put DIR/file/below s3://b/k",
        1,
        "file/below: cannot be read: Not a directory",
    ),
    (
        "put DIR/file - s3://b/p/",
        2,
        "-: standard input has no name",
    ),
    (
        "get s3://b/k DIR/folder",
        2,
        "folder: is a folder; name the file in it",
    ),
    (
        "get --no-clobber s3://b/k DIR/file",
        6,
        "file: exists already",
    ),
    (
        "get --no-clobber s3://b/k DIR/dangling",
        6,
        "dangling: exists already",
    ),
    // It would become a regular file.
    (
        "get --range 0-3 s3://b/k DIR/socket",
        2,
        "socket: is no regular file, and would be replaced",
    ),
    ("get s3://b/k DIR/socket", 2, "socket: is no regular file"),
    (
        "get --range 0-3 s3://b/k /dev/null",
        2,
        "/dev/null: is no regular file",
    ),
    (
        "get --resume --if-none-match e s3://b/k DIR/new",
        2,
        "cannot be used with",
    ),
    (
        "get s3://b/k DIR/missing/k",
        1,
        "missing/k cannot be created",
    ),
    ("get s3://b/k DIR/file/k", 1, "file/k cannot be created"),
    (
        "get s3://b/k /proc/slim-s3",
        1,
        "/proc/slim-s3 cannot be created",
    ),
    (
        "get --no-clobber s3://b/k /sys/slim-s3",
        1,
        "/sys/slim-s3 cannot be created",
    ),
    (
        "get -r s3://b/p/ DIR/file",
        2,
        "file: exists, and is no folder",
    ),
    // Standard input and output.
    ("put - s3://b/p/", 2, "-: standard input has no name"),
    ("put - s3://b", 2, "-: standard input has no name"),
    (
        "put --resume - s3://b/k",
        2,
        "-: standard input is not a folder, and cannot be read again",
    ),
    (
        "put - s3://b/k",
        2,
        "-: standard input is closed or /dev/null",
    ),
    (
        "get --resume s3://b/k -",
        2,
        "-: standard output is no file",
    ),
    (
        "get --no-clobber s3://b/k -",
        2,
        "-: standard output is no file",
    ),
    (
        "rm -r -",
        2,
        "-: standard input names objects, not prefixes",
    ),
    ("rm s3://b/p -", 2, "expected s3://BUCKET before -"),
    // Settings.
    ("--endpoint 127.0.0.1 ls", 3, "endpoint: "),
    ("--endpoint ftp://host ls", 3, "endpoint: "),
    ("--region a/b ls", 3, "region: "),
    ("--ca-bundle DIR/missing ls", 3, "--ca-bundle: "),
    (
        "--endpoint https://127.0.0.1:9 --ca-bundle DIR/file ls",
        3,
        "roots: not certificates in PEM format",
    ),
    // `sign`.
    ("sign", 2, "<TARGET>"),
    (
        "sign b/k",
        2,
        "\"b/k\": expected s3://BUCKET/KEY, or the http or https URL",
    ),
    ("sign -X P=T s3://b/k", 2, "\"P=T\": not a method"),
    (
        "sign --date yesterday s3://b/k",
        2,
        "expected a time such as 20260102T030405Z",
    ),
    (
        "sign --payload abc s3://b/k",
        2,
        "expected signed, unsigned, or a SHA-256",
    ),
    (
        "sign --body DIR/missing s3://b/k",
        1,
        "missing: cannot be read",
    ),
    (
        "sign -X PUT --payload unsigned -H host:x s3://b/k",
        2,
        "header host: ",
    ),
];

/// A file, another one, a folder with a file of the same name, and a link to itself, which cannot be read.
fn folder() -> Folder {
    let folder = Folder::new();
    folder.write("file", "file");
    folder.write("other", "other");
    folder.write("folder/file", "file");
    std::os::unix::fs::symlink("circle", folder.path("circle")).unwrap();
    std::os::unix::fs::symlink("nowhere", folder.path("dangling")).unwrap();
    std::os::unix::net::UnixListener::bind(folder.path("socket")).unwrap();
    folder
}

#[test]
fn bad_input_gets_a_line_and_the_exit_code_of_the_table() {
    let folder = folder();
    let before = folder.names();
    for (line, code, expected) in ROWS {
        let words = line.split_whitespace();
        let words: Vec<String> = words
            .map(|word| word.replace("DIR", folder.0.to_str().unwrap()))
            .collect();
        let ended = run(tool(), &words);
        assert_eq!(ended.code, Some(*code), "{line}: {}", ended.stderr);
        assert!(ended.stderr.contains(expected), "{line}: {}", ended.stderr);
        assert_eq!(ended.stdout, "", "{line}");
    }
    assert_eq!(folder.names(), before);
    assert_eq!(folder.read("file"), b"file");
}

/// The parts of an interrupted upload would stay at the store, and nothing could go on with them.
#[test]
fn an_upload_that_cannot_be_remembered_is_refused() {
    let folder = folder();
    let mut command = tool();
    command.env("XDG_CACHE_HOME", "/proc");
    let file = folder.path("file");
    let arguments = ["put", "--resume", file.to_str().unwrap(), "s3://b/k"];
    let expected = "slim-s3: --resume: /proc/slim-s3/uploads cannot be written";
    run(command, &arguments).failed(3, expected);
}

/// With `--json` the same, as an object.
#[test]
fn bad_input_is_reported_as_json_on_request() {
    for (arguments, code) in [
        (&["--json", "put", "--frob"][..], 2),
        (&["--json", "stat", "s3://b"], 2),
        (&["--json", "put", "missing", "s3://b/k"], 1),
        (&["--json", "--endpoint", "x", "ls"], 3),
    ] {
        let stderr = run(tool(), arguments).assert(code, "");
        let error: serde_json::Value = serde_json::from_str(&stderr).unwrap();
        assert_eq!(error["error"]["exit_code"], code, "{stderr}");
        assert!(error["error"]["message"].is_string(), "{stderr}");
    }
}

#[test]
fn keys_in_the_endpoint_are_refused_and_not_repeated() {
    for url in ["https://AK:HUNTER2@host", "http://AK:HUNTER2@127.0.0.1:9/"] {
        let ended = run(tool(), &["--endpoint", url, "ls"]);
        let stderr = ended.assert(2, "");
        assert!(stderr.contains("--endpoint: contains keys"), "{stderr}");
        assert!(!stderr.contains("HUNTER2"), "{stderr}");
    }
}

#[test]
fn missing_keys_are_a_matter_of_configuration() {
    for name in ["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"] {
        let mut command = tool();
        command.env_remove(name);
        run(command, &["ls"]).failed(3, name);
    }
    let mut command = tool();
    command
        .env_remove("AWS_ACCESS_KEY_ID")
        .env_remove("AWS_SECRET_ACCESS_KEY");
    run(command, &["ls"]).failed(3, "found in none of these places");
}

#[test]
fn profiles_that_are_missing_or_damaged_are_named() {
    let folder = Folder::new();
    folder.write(
        ".aws/config",
        "[profile one]\nregion = eu-west-1\n[profile two]\n",
    );
    let at_home = || {
        let mut command = tool();
        command.env("HOME", &folder.0);
        command
    };
    for text in ["three", "one", "two"] {
        run(at_home(), &["--profile", "three", "ls"]).failed(3, text);
    }
    // The keys of a profile that is named come before those in the environment.
    run(at_home(), &["--profile", "one", "ls"]).failed(3, "profile one");
    folder.write(
        ".aws/config",
        "[profile one]\nregion = eu-west-1\n[profile\n",
    );
    run(at_home(), &["ls"]).failed(3, "line 3");
}

#[test]
fn resuming_requires_a_place_to_remember_it() {
    let folder = folder();
    let file = folder.name("file");
    // Neither HOME nor XDG_CACHE_HOME is set.
    run(tool(), &["put", "--resume", &file, "s3://b/k"]).failed(3, "XDG_CACHE_HOME");
}

#[test]
fn a_closed_standard_input_is_no_empty_object() {
    let script = format!("exec {TOOL} put - s3://b/k <&-");
    let ended = run(shell(&tool()), &["-c", &script]);
    ended.failed(2, "standard input is closed or /dev/null");
}

/// A list of keys that is missing is not an empty one.
#[test]
fn a_closed_standard_input_is_no_empty_list() {
    for command in ["rm - <&-", "rm s3://b - <&-"] {
        let ended = run(shell(&tool()), &["-c", &format!("exec {TOOL} {command}")]);
        ended.failed(2, "-: standard input is closed");
    }
    // These are what they say.
    let script = format!("exec {TOOL} rm - < /dev/null");
    let stderr = run(shell(&tool()), &["-c", &script]).assert(0, "");
    assert!(stderr.starts_with("rm 0 objects"), "{stderr}");
    let script = format!("exec {TOOL} get s3://b/k - > /dev/null");
    run(shell(&tool()), &["-c", &script]).failed(5, "127.0.0.1:9");
}

/// Another process creates the file during the download.
#[tokio::test]
async fn a_file_that_is_created_meanwhile_is_not_replaced() {
    for (range, head) in [
        (None, "HTTP/1.1 200 OK\r\n"),
        (
            Some("--range=0-9"),
            "HTTP/1.1 206 Partial Content\r\ncontent-range: bytes 0-9/10\r\n",
        ),
    ] {
        let head = format!("{head}etag: \"e\"\r\ncontent-length: 10\r\n\r\nhello");
        let rest = [Wait(Duration::from_secs(2)), raw("world")];
        let object = [vec![Request, raw(head)], rest.to_vec()].concat();
        let server = play([object]).await;
        let folder = Folder::new();
        let mut get = tool_for(&server);
        get.args(["get", "--no-clobber", "s3://b/k"]);
        get.arg(folder.path("file")).args(range);
        let child = started(get);
        until(|| !server.requests().is_empty()).await;
        folder.write("file", "of another");
        let ended = tokio::task::spawn_blocking(|| child.wait_with_output().unwrap());
        let ended: Ended = ended.await.unwrap().into();
        ended.failed(6, "file: exists already");
        assert_eq!(folder.read("file"), b"of another");
        assert_eq!(folder.names(), ["file"]);
    }
}

/// It is killed with the tool.
#[cfg(target_os = "linux")]
#[test]
fn a_helper_that_hangs_is_ended_by_a_signal() {
    let folder = Folder::new();
    let id = folder.name("id");
    folder.write(
        ".aws/config",
        format!("[default]\ncredential_process = /bin/sh -c 'echo $$ > {id}; exec sleep 600'\n"),
    );
    let mut command = tool();
    command
        .env("HOME", &folder.0)
        .env_remove("AWS_ACCESS_KEY_ID")
        .env_remove("AWS_SECRET_ACCESS_KEY")
        .args(["ls", "s3://b"]);
    let child = started(command);
    let pid = loop {
        match std::fs::read_to_string(&id) {
            Ok(text) if text.ends_with('\n') => break text.trim().to_owned(),
            _ => std::thread::sleep(Duration::from_millis(10)),
        }
    };
    send_signal(&child, "-INT");
    let ended: Ended = child.wait_with_output().unwrap().into();
    ended.failed(130, "interrupted");
    let helper = std::path::Path::new("/proc").join(pid);
    for _ in 0..100 {
        if !helper.exists() {
            return;
        }
        std::thread::sleep(Duration::from_millis(20));
    }
    panic!("the helper is still there");
}

#[test]
fn standard_input_names_keys_as_they_are() {
    for (input, expected) in [
        (&b"s3://b/k\nk\n"[..], "\"k\": expected s3://BUCKET/KEY"),
        (b"s3://b/\n", "s3://b/: names no object"),
        (b"s3://b/\xff\n", "standard input: a key is not UTF-8"),
    ] {
        run_with_input(tool(), &["rm", "-"], input).failed(2, expected);
    }
    let ended = run_with_input(tool(), &["rm", "-n", "s3://b", "-"], b"k\ns3://c/k\n");
    assert_eq!(ended.succeeded(), "s3://b/k\ns3://b/s3://c/k\n");
    let ended = run_with_input(tool(), &["rm", "-n0", "s3://b", "-"], b"a\nb\0c");
    assert_eq!(ended.succeeded(), "s3://b/a\\nb\ns3://b/c\n");
}

/// Keys that would be stored outside of the folder, and those that would not.
#[tokio::test]
async fn keys_that_lead_out_of_the_folder_are_refused() {
    let key = |key: &str| format!("<Contents><Key>{key}</Key><Size>5</Size></Contents>");
    let bad = [
        "p/../x", "p//etc/x", "p/a//b", "p/link/x", "p/./x", "p/folder",
    ];
    let all: String = bad.into_iter().chain(["p/good"]).map(key).collect();
    let list = format!(
        "<ListBucketResult><IsTruncated>false</IsTruncated>{all}\
         <Contents><Key>p/</Key><Size>0</Size></Contents></ListBucketResult>"
    );
    let object = response(
        "200 OK\r\netag: \"e\"\r\nlast-modified: Fri, 02 Jan 2026 03:04:05 GMT",
        "hello",
    );
    let server = play([response("200 OK", list), object]).await;
    let folder = Folder::new();
    folder.write("target/folder/file", "old");
    let target = folder.name("target");
    std::os::unix::fs::symlink(&folder.0, folder.path("target/link")).unwrap();
    let ended = run_beside(tool_for(&server), &["get", "-r", "s3://b/p/", &target]).await;
    let stderr = ended.assert(1, "");
    for key in bad {
        assert!(
            stderr.contains(&format!("s3://b/{key}")) || key == "p/folder",
            "{key}: {stderr}"
        );
    }
    assert_eq!(stderr.matches("refused, because").count(), 5, "{stderr}");
    assert!(stderr.contains("target/folder: is a folder"), "{stderr}");
    assert!(stderr.contains("slim-s3: 6 failed"), "{stderr}");
    assert_eq!(folder.read("target/good"), b"hello");
    assert_eq!(folder.names(), ["target"]);
    assert_eq!(server.requests().len(), 2);
}

/// `/dev/full` rejects every byte, and a limit of one block ends a file.
#[tokio::test]
async fn a_full_disk_fails_and_leaves_nothing() {
    let object = || {
        let head = "200 OK\r\netag: \"e\"\r\nlast-modified: Fri, 02 Jan 2026 03:04:05 GMT";
        response(head, vec![b'x'; 100_000])
    };
    let server = play([object(), object(), object()]).await;
    let mut command = tool_for(&server);
    command.stdout(std::fs::File::create("/dev/full").unwrap());
    command
        .stderr(Stdio::piped())
        .args(["get", "s3://b/k", "-"]);
    let child = command.spawn().unwrap();
    let ended = tokio::task::spawn_blocking(|| child.wait_with_output().unwrap());
    let ended: Ended = ended.await.unwrap().into();
    ended.failed(1, "No space left on device");

    let folder = Folder::new();
    folder.write("file", "old");
    for option in ["", "--range 0-99999"] {
        let script = format!(
            "trap '' XFSZ; ulimit -f 8; exec {TOOL} get {option} s3://b/k {}",
            folder.name("file"),
        );
        let ended = run_beside(shell(&tool_for(&server)), &["-c", &script]).await;
        ended.failed(1, "File too large");
    }
    assert_eq!(folder.names(), ["file"]);
    assert_eq!(folder.read("file"), b"old");
}

/// `/dev/stdout` is such a link. As root, the tool could replace it.
#[cfg(target_os = "linux")]
#[tokio::test]
async fn a_link_to_a_descriptor_is_not_replaced() {
    let folder = Folder::new();
    std::os::unix::fs::symlink("/proc/self/fd/1", folder.path("stdout")).unwrap();
    std::os::unix::fs::symlink("stdout", folder.path("link")).unwrap();
    for name in ["stdout", "link"] {
        for options in [&[][..], &["--range=0-3"], &["--resume"]] {
            let mut get = tool();
            get.arg("get").args(options).arg("s3://b/k");
            get.arg(folder.path(name));
            get.stdout(std::fs::File::create(folder.path("out")).unwrap());
            let ended: Ended = get.output().unwrap().into();
            ended.failed(2, "is no regular file, and would be replaced by one");
            assert!(folder.path(name).is_symlink());
        }
    }
    // A file that happens to be below a link is one.
    std::os::unix::fs::symlink(&folder.0, folder.path("here")).unwrap();
    run(
        tool(),
        &["get", "--no-clobber", "s3://b/k", &folder.name("here/out")],
    )
    .failed(6, "exists already");
}
