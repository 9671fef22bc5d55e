//! Ctrl-C, SIGTERM, and a standard output that is closed early.

use std::io::{Read, Write};
use std::process::{Command, Stdio};
use std::time::Duration;

use super::{TOOL, shell, tool_for};
use crate::support::script::{
    Head, Request, Server, Wait, ok, play, raw, reject, response, upload_created,
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
    for (signal, code, text) in [
        ("-INT", 130, "interrupted"),
        ("-TERM", 143, "terminated"),
        ("-HUP", 129, "hung up"),
    ] {
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
    let stderr = end_of(child).await.assert(130, "");
    let expected = "slim-s3: stopping; a second Ctrl-C stops at once\n\
                    slim-s3: interrupted; nothing is left at the store\n";
    assert_eq!(stderr, expected);
    let requests = server.requests();
    assert_eq!((requests.len(), requests[3].method.as_str()), (5, "DELETE"));
}

/// The store does not say whether it has created an upload.
#[tokio::test]
async fn an_upload_that_the_store_does_not_begin_is_given_up() {
    let folder = Folder::new();
    let file = folder.write("file", vec![0; 9 << 20]);
    let server = play([vec![Head, Wait(Duration::from_secs(60))]]).await;
    let child = started(with(tool_for(&server), &["put", &file, "s3://b/k"]));
    received(&server, 1).await;
    send_signal(&child, "-HUP");
    let expected = "hung up: Upload b/k: the transfer was cancelled (not aborted: \
                    CreateMultipartUpload returned no upload ID, but may have created";
    end_of(child).await.failed(129, expected);
}

/// Of `nohup`, and of a shell that runs a command in the background.
#[cfg(target_os = "linux")]
#[tokio::test]
async fn a_signal_that_is_ignored_from_the_start_stays_ignored() {
    for (name, signal) in [("HUP", "-HUP"), ("INT", "-INT")] {
        let mut slow = response("200 OK\r\netag: \"e\"", "hello");
        slow.insert(1, Wait(Duration::from_secs(1)));
        let server = play([slow]).await;
        let script = format!("trap '' {name}; exec \"$0\" get s3://b/k -");
        let child = started(with(shell(&tool_for(&server)), &["-c", &script, TOOL]));
        received(&server, 1).await;
        send_signal(&child, signal);
        let ended = end_of(child).await;
        assert_eq!((ended.code, ended.stdout.as_str()), (Some(0), "hello"));
    }
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

/// Of two files, one is stored, and the upload of the other is aborted.
#[tokio::test]
async fn the_uploads_of_a_folder_are_aborted() {
    let folder = Folder::new();
    folder.write("album/1", "small");
    folder.write("album/2", vec![0; 9 << 20]);
    let server = play([
        ok(),
        upload_created(),
        vec![Head, Wait(Duration::from_secs(60))],
        vec![Head, Wait(Duration::from_secs(60))],
        response("204 No Content", ""),
        reject(404, "NoSuchUpload"),
    ])
    .await;
    let album = folder.name("album");
    let put = with(
        tool_for(&server),
        &["put", "-r", "-j1", &album, "s3://b/p/"],
    );
    let child = started(put);
    received(&server, 4).await;
    send_signal(&child, "-TERM");
    let stderr = end_of(child).await.assert(143, "");
    assert!(
        stderr.contains("slim-s3: terminated; 1 files are done"),
        "{stderr}"
    );
    assert_eq!(server.requests()[4].method, "DELETE");
    assert_eq!(server.remaining(), 0);
}

#[tokio::test]
async fn the_downloads_of_a_folder_leave_whole_files() {
    let list = "<ListBucketResult><IsTruncated>false</IsTruncated>\
                <Contents><Key>p/1</Key><Size>5</Size></Contents>\
                <Contents><Key>p/2</Key><Size>20</Size></Contents></ListBucketResult>";
    let head = "HTTP/1.1 200 OK\r\netag: \"e\"\r\ncontent-length: 20\r\n\r\nhello";
    let server = play([
        response("200 OK", list),
        response("200 OK\r\netag: \"e\"", "hello"),
        vec![Request, raw(head), Wait(Duration::from_secs(60))],
    ])
    .await;
    let folder = Folder::new();
    let arguments = ["get", "-r", "-j1", "s3://b/p/", &folder.name("")];
    let child = started(with(tool_for(&server), &arguments));
    received(&server, 3).await;
    send_signal(&child, "-INT");
    let stderr = end_of(child).await.assert(130, "");
    assert!(
        stderr.contains("slim-s3: interrupted; 1 files are done"),
        "{stderr}"
    );
    assert_eq!(
        (folder.names(), folder.read("1")),
        (vec!["1".to_owned()], b"hello".to_vec())
    );
}

#[tokio::test]
async fn a_copy_whose_outcome_is_unknown_says_so() {
    let head = "HTTP/1.1 200 OK\r\ncontent-length: 5\r\netag: \"e\"\r\n\r\n";
    let server = play([
        vec![Request, raw(head)],
        vec![Request, Wait(Duration::from_secs(60))],
    ])
    .await;
    let child = started(with(tool_for(&server), &["cp", "s3://b/k", "s3://b/copy"]));
    received(&server, 2).await;
    send_signal(&child, "-INT");
    end_of(child)
        .await
        .failed(130, "interrupted; the object may be stored");
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
    // Kept open. More than a pipe holds: once it is written, the tool reads.
    let mut stdin = child.stdin.take().unwrap();
    let written = tokio::task::spawn_blocking(move || {
        stdin.write_all(&[b'x'; 256 << 10]).unwrap();
        stdin
    });
    let stdin = written.await.unwrap();
    send_signal(&child, "-INT");
    end_of(child).await.failed(130, "interrupted");
    drop(stdin);
    assert!(server.requests().is_empty());
}
