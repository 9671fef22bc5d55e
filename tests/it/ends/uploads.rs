//! Uploads from readers that have more after their end, and with parts that do not fit into memory.

use std::collections::VecDeque;
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};

use slim_s3::{PartLimits, UploadOutput};
use tokio::io::{AsyncRead, ReadBuf};

use crate::support::script::{Wait, ok, play, tiny_parts, upload_completed, upload_created};
#[cfg(unix)]
use crate::support::server::until;

/// A reader of these chunks. An empty one is an end, after which the reader has more.
struct Chunks(VecDeque<Vec<u8>>);

impl AsyncRead for Chunks {
    fn poll_read(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let mut chunk = self.0.pop_front().unwrap_or_default();
        let rest = chunk.split_off(chunk.len().min(buffer.remaining()));
        if !rest.is_empty() {
            self.0.push_front(rest);
        }
        buffer.put_slice(&chunk);
        Poll::Ready(Ok(()))
    }
}

async fn upload(chunks: &[&[u8]], part_size: u64) -> UploadOutput {
    let scripts = [upload_created(), ok(), ok(), ok(), upload_completed()];
    let server = play(scripts).await;
    let chunks: Vec<_> = chunks.iter().map(|chunk| chunk.to_vec()).collect();
    let limits = PartLimits {
        max_part: u64::MAX,
        ..tiny_parts()
    };
    server
        .client()
        .upload_reader("bucket", "key", Chunks(chunks.into()))
        .threshold(1)
        .part_size(part_size)
        .part_limits(limits)
        .concurrency(1)
        .send()
        .await
        .unwrap()
}

#[tokio::test]
async fn a_reader_is_not_read_after_its_end() {
    let server = play([upload_created(), ok(), ok(), upload_completed()]).await;
    let chunks = [
        b"abcd".to_vec(),
        b"ef".to_vec(),
        Vec::new(),
        b"of another job".to_vec(),
    ];
    let stored = server
        .client()
        .upload_reader("bucket", "key", Chunks(chunks.into()))
        .threshold(1)
        .part_size(4)
        .part_limits(tiny_parts())
        .concurrency(1)
        .send()
        .await
        .unwrap();
    assert_eq!((stored.size, stored.parts), (6, 2));
    let bodies: Vec<_> = server
        .requests()
        .into_iter()
        .map(|request| request.body)
        .collect();
    assert_eq!(bodies[1..3], [b"abcd".to_vec(), b"ef".to_vec()]);
}

#[cfg(unix)]
#[tokio::test]
async fn a_pipe_is_not_read_after_its_first_writer_has_closed_it() {
    use std::io::Write;

    let folder = std::env::temp_dir().join(format!("slim-s3-pipe-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let pipe = folder.join("pipe");
    let made = std::process::Command::new("mkfifo").arg(&pipe).status();
    assert!(made.unwrap().success());
    let path = pipe.clone();
    let (has_ended, ended) = std::sync::mpsc::channel();
    let writer = std::thread::spawn(move || {
        for job in [&b"abcdef"[..], b"another"] {
            let mut file = std::fs::OpenOptions::new().write(true).open(&path).unwrap();
            let _ = file.write_all(job);
            drop(file);
            ended.recv().unwrap();
        }
    });
    let mut slow_part = ok();
    slow_part.insert(1, Wait(std::time::Duration::from_millis(700)));
    let server = play([upload_created(), ok(), slow_part, upload_completed()]).await;
    let upload = server
        .client()
        .upload_file("bucket", "key", &pipe)
        .threshold(1)
        .part_size(4)
        .part_limits(tiny_parts())
        .concurrency(1)
        .send();
    let second_job = async {
        // The last part is sent, because the end was seen.
        until(|| server.requests().len() == 3).await;
        has_ended.send(()).unwrap();
    };
    let (stored, ()) = tokio::join!(upload, second_job);
    let stored = stored.unwrap();
    has_ended.send(()).unwrap();
    assert_eq!((stored.size, stored.parts), (6, 2));
    // Lets the second writer go.
    let _ = std::fs::OpenOptions::new()
        .read(true)
        .write(true)
        .open(&pipe);
    writer.join().unwrap();
    std::fs::remove_dir_all(&folder).unwrap();
}

/// A runtime that shuts down waits for blocking reads.
#[cfg(target_os = "linux")]
#[test]
fn a_silent_pipe_does_not_delay_the_shutdown_of_the_runtime() {
    let pipe = std::env::temp_dir().join(format!("slim-s3-silent-{}", std::process::id()));
    let made = std::process::Command::new("mkfifo").arg(&pipe).status();
    assert!(made.unwrap().success());
    for has_writer in [false, true] {
        // Opened for reading too, so that this does not wait for a reader.
        let writer = has_writer.then(|| {
            let mut options = std::fs::OpenOptions::new();
            options.read(true).write(true).open(&pipe).unwrap()
        });
        let (done, is_done) = std::sync::mpsc::channel();
        let path = pipe.clone();
        std::thread::spawn(move || {
            let runtime = tokio::runtime::Runtime::new().unwrap();
            runtime.block_on(async {
                let server = play([]).await;
                let upload = server.client().upload_file("bucket", "key", &path).send();
                let limit = std::time::Duration::from_millis(100);
                assert!(tokio::time::timeout(limit, upload).await.is_err());
            });
            drop(runtime);
            done.send(()).unwrap();
        });
        let limit = std::time::Duration::from_secs(5);
        assert!(is_done.recv_timeout(limit).is_ok(), "writer: {has_writer}");
        drop(writer);
    }
    std::fs::remove_file(&pipe).unwrap();
}

/// The part size is an upper bound. A short stream does not need its memory.
#[tokio::test]
async fn a_huge_part_size_reserves_no_memory() {
    for part_size in [5 << 30, 1 << 40, u64::MAX] {
        let stored = upload(&[b"0123456789"], part_size).await;
        assert_eq!((stored.size, stored.parts), (10, 1), "{part_size}");
    }
}
