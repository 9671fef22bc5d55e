//! The line of progress, on a terminal.

use std::io::Read;
use std::os::fd::AsFd;
use std::process::Stdio;
use std::time::Duration;

use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};
use rustix::termios::{Winsize, tcsetwinsize};

use super::tool_for;
use crate::support::script::{Request, Wait, play, raw};
use crate::support::tool::Folder;

/// What `get` of 20 bytes, which come in with a pause, writes to a terminal of this width.
async fn on_a_terminal(options: &[&str]) -> (Option<i32>, String) {
    let head = "HTTP/1.1 200 OK\r\netag: \"e\"\r\ncontent-length: 20\r\n\r\n0123456789";
    let pause = Wait(Duration::from_secs(2));
    let server = play([vec![Request, raw(head), pause, raw("0123456789")]]).await;
    let folder = Folder::new();
    let file = folder.name("file");

    let terminal = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY).unwrap();
    grantpt(&terminal).unwrap();
    unlockpt(&terminal).unwrap();
    let size = Winsize {
        ws_row: 24,
        ws_col: 100,
        ws_xpixel: 0,
        ws_ypixel: 0,
    };
    tcsetwinsize(&terminal, size).unwrap();
    let name = ptsname(&terminal, Vec::new()).unwrap();
    let mut opened = std::fs::OpenOptions::new();
    opened.read(true).write(true);
    let end = opened.open(name.to_str().unwrap()).unwrap();
    let mut command = tool_for(&server);
    command
        .args(options)
        .args(["get", "s3://b/k", &file])
        .env("TERM", "xterm")
        .stdout(Stdio::null())
        .stderr(end.as_fd().try_clone_to_owned().unwrap());
    let mut child = command.spawn().unwrap();
    // Reading ends when no process has the other end.
    drop((end, command));
    let mut terminal = std::fs::File::from(terminal);
    let read = tokio::task::spawn_blocking(move || {
        let mut written = Vec::new();
        let mut buffer = [0; 4096];
        while let Ok(count @ 1..) = terminal.read(&mut buffer) {
            written.extend_from_slice(&buffer[..count]);
        }
        (child.wait().unwrap().code(), written)
    });
    let (code, written) = read.await.unwrap();
    (code, String::from_utf8(written).unwrap())
}

#[tokio::test]
async fn a_terminal_shows_progress_which_is_erased_at_the_end() {
    let (code, written) = on_a_terminal(&[]).await;
    assert_eq!(code, Some(0), "{written:?}");
    assert!(written.contains("50%  10 B/20 B"), "{written:?}");
    let (_, last) = written.rsplit_once("\u{1b}[2K").unwrap();
    assert!(last.trim().starts_with("get s3://b/k "), "{written:?}");
    assert!(last.trim().ends_with("MiB/s"), "{written:?}");
    // No colour.
    assert!(!written.contains("\u{1b}[3"), "{written:?}");
}

#[tokio::test]
async fn nothing_is_drawn_on_request() {
    let (code, written) = on_a_terminal(&["--quiet"]).await;
    assert_eq!((code, written.as_str()), (Some(0), ""));
    let (code, written) = on_a_terminal(&["--json"]).await;
    assert_eq!((code, written.as_str()), (Some(0), ""));
    let (_, written) = on_a_terminal(&["--verbose"]).await;
    assert!(!written.contains('%'), "{written:?}");
}
