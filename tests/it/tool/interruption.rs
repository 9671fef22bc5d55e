//! Ctrl-C, SIGTERM, and a standard output that is closed early.

use std::io::Read;
use std::process::{Command, Stdio};
use std::time::Duration;

use super::tool_for;
use crate::support::script::{
    Head, Request, Server, Wait, play, raw, reject, response, upload_created,
};
use crate::support::tool::{Ended, Folder, send_signal, started};

/// Waits until the store has received this many requests.
async fn received(server: &Server, count: usize) {
    while server.requests().len() < count {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

async fn end_of(child: std::process::Child) -> Ended {
    let ended = tokio::task::spawn_blocking(|| child.wait_with_output().unwrap());
    ended.await.unwrap().into()
}

fn with(mut command: Command, arguments: &[&str]) -> Command {
    command.args(arguments);
    command
}

#[tokio::test]
async fn a_signal_ends_a_command_that_waits() {
    for (signal, code, text) in [("-INT", 130, "interrupted"), ("-TERM", 143, "terminated")] {
        for arguments in [
            &["ls", "s3://b"][..],
            &["stat", "s3://b/k"],
            &["rm", "s3://b/k"],
        ] {
            let server = play([vec![Request, Wait(Duration::from_secs(60))]]).await;
            let child = started(with(tool_for(&server), arguments));
            received(&server, 1).await;
            send_signal(&child, signal);
            end_of(child)
                .await
                .failed(code, &format!("slim-s3: {text}"));
        }
    }
}

/// Nobody reads what it prints, so it waits in the middle of a listing.
#[tokio::test]
async fn a_signal_ends_a_command_whose_output_is_not_read() {
    let keys: String = (0..5_000)
        .map(|number| format!("<Contents><Key>key-{number}</Key><Size>1</Size></Contents>"))
        .collect();
    let list =
        format!("<ListBucketResult><IsTruncated>false</IsTruncated>{keys}</ListBucketResult>");
    let server = play([response("200 OK", list)]).await;
    let mut child = started(with(tool_for(&server), &["ls", "s3://b"]));
    let stdout = child.stdout.take().unwrap();
    received(&server, 1).await;
    // Until the pipe is full.
    tokio::time::sleep(Duration::from_millis(500)).await;
    send_signal(&child, "-TERM");
    assert_eq!(end_of(child).await.code, Some(143));
    drop(stdout);
}

#[tokio::test]
async fn an_upload_is_aborted_after_the_first_signal() {
    let folder = Folder::new();
    let file = folder.write("file", vec![0; 9 << 20]);
    let server = play([
        upload_created(),
        vec![Head, Wait(Duration::from_secs(60))],
        vec![Head, Wait(Duration::from_secs(60))],
        response("204 No Content", ""),
        reject(404, "NoSuchUpload"),
    ])
    .await;
    let child = started(with(tool_for(&server), &["put", &file, "s3://b/k"]));
    received(&server, 3).await;
    send_signal(&child, "-INT");
    let ended = end_of(child).await;
    ended.failed(130, "interrupted; nothing is left at the store");
    let requests = server.requests();
    assert_eq!((requests.len(), requests[3].method.as_str()), (5, "DELETE"));
}

#[tokio::test]
async fn the_second_signal_ends_the_command_at_once() {
    let folder = Folder::new();
    let file = folder.write("file", vec![0; 9 << 20]);
    let silent = || vec![Head, Wait(Duration::from_secs(60))];
    // The abort gets no response either.
    let server = play([upload_created(), silent(), silent(), silent()]).await;
    let child = started(with(tool_for(&server), &["put", &file, "s3://b/k"]));
    received(&server, 3).await;
    send_signal(&child, "-INT");
    received(&server, 4).await;
    send_signal(&child, "-TERM");
    assert_eq!(end_of(child).await.code, Some(143));
}

#[tokio::test]
async fn a_download_leaves_the_file_as_it_was() {
    let folder = Folder::new();
    let file = folder.write("file", "old");
    let head = "HTTP/1.1 200 OK\r\netag: \"e\"\r\ncontent-length: 20\r\n\r\nhello";
    let object = vec![Request, raw(head), Wait(Duration::from_secs(60))];
    let server = play([object]).await;
    let child = started(with(tool_for(&server), &["get", "s3://b/k", &file]));
    received(&server, 1).await;
    send_signal(&child, "-INT");
    end_of(child)
        .await
        .failed(130, "interrupted; the file is as it was before");
    assert_eq!(
        (folder.names(), folder.read("file")),
        (vec!["file".to_owned()], b"old".to_vec())
    );
}

/// Listings, content and help. No message, and the exit code of SIGPIPE.
#[tokio::test]
async fn a_reader_that_has_enough_ends_the_command_quietly() {
    let keys: String = (0..5_000)
        .map(|number| format!("<Contents><Key>key-{number}</Key><Size>1</Size></Contents>"))
        .collect();
    let list =
        format!("<ListBucketResult><IsTruncated>false</IsTruncated>{keys}</ListBucketResult>");
    let object = response("200 OK\r\netag: \"e\"", vec![b'x'; 4 << 20]);
    for (script, arguments) in [
        (response("200 OK", list), &["ls", "s3://b"][..]),
        (object.clone(), &["get", "s3://b/k", "-"]),
        (object, &["sign", "--send", "s3://b/k"]),
    ] {
        let server = play([script]).await;
        let mut child = started(with(tool_for(&server), arguments));
        let mut stdout = child.stdout.take().unwrap();
        let read = tokio::task::spawn_blocking(move || stdout.read_exact(&mut [0; 10]));
        read.await.unwrap().unwrap();
        let stderr = end_of(child).await.assert(141, "");
        assert!(!stderr.contains("slim-s3"), "{arguments:?}: {stderr}");
    }
}

#[tokio::test]
async fn standard_input_that_never_ends_does_not_hold_up_the_end() {
    let server = play([]).await;
    let mut command = with(tool_for(&server), &["put", "-", "s3://b/k"]);
    command.stdin(Stdio::piped());
    let mut child = started(command);
    // Kept open.
    let stdin = child.stdin.take().unwrap();
    tokio::time::sleep(Duration::from_millis(300)).await;
    send_signal(&child, "-INT");
    end_of(child).await.failed(130, "interrupted");
    drop(stdin);
    assert!(server.requests().is_empty());
}
