//! The sources of an upload: what each of them sends, and what happens if one fails.

use std::io::{self, Read};
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use futures_util::stream;
use http_body::{Frame, SizeHint};
use slim_s3::{Body, Client, Error, PartLimits, Upload, UploadOutput};

use crate::support::script::{Server, ok, play, tiny_parts, upload_completed, upload_created};

/// An HTTP body of these chunks and a trailer, with or without a declared length.
struct HttpBody(Vec<&'static str>, Option<u64>);

impl http_body::Body for HttpBody {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<io::Result<Frame<Bytes>>>> {
        if self.0.is_empty() {
            return Poll::Ready(None);
        }
        Poll::Ready(Some(Ok(match self.0.remove(0) {
            "trailer" => Frame::trailers(http::HeaderMap::new()),
            chunk => Frame::data(Bytes::from(chunk)),
        })))
    }

    fn size_hint(&self) -> SizeHint {
        self.1.map_or_else(SizeHint::default, SizeHint::with_exact)
    }
}

/// Returns one byte at a time.
struct Slow(&'static [u8]);

impl Read for Slow {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let size = buffer.len().min(1);
        (&mut self.0).take(1).read(&mut buffer[..size])
    }
}

fn file(content: &str) -> std::fs::File {
    use std::io::{Seek, Write};
    static NUMBER: AtomicU32 = AtomicU32::new(0);
    let number = NUMBER.fetch_add(1, Ordering::Relaxed);
    let path = std::env::temp_dir().join(format!("slim-s3-source-{}-{number}", std::process::id()));
    let mut options = std::fs::File::options();
    let mut file = options
        .create_new(true)
        .read(true)
        .write(true)
        .open(&path)
        .unwrap();
    std::fs::remove_file(path).unwrap();
    file.write_all(content.as_bytes()).unwrap();
    file.rewind().unwrap();
    file
}

fn chunks(chunks: &[&'static str]) -> impl stream::Stream<Item = io::Result<Bytes>> + use<> {
    stream::iter(
        chunks
            .iter()
            .map(|chunk| Ok(Bytes::from(*chunk)))
            .collect::<Vec<_>>(),
    )
}

fn in_parts_of_4(upload: Upload) -> Upload {
    upload
        .part_limits(tiny_parts())
        .part_size(4)
        .threshold(4)
        .concurrency(1)
}

async fn upload(start: impl FnOnce(&Client) -> Upload) -> (Result<UploadOutput, Error>, Server) {
    let server = play([upload_created(), ok(), ok(), ok(), upload_completed()]).await;
    let result = in_parts_of_4(start(&server.client())).send().await;
    (result, server)
}

#[tokio::test]
async fn every_source_is_divided_into_the_same_parts() {
    let seek = |mut file: std::fs::File| {
        std::io::Seek::seek(&mut file, io::SeekFrom::Start(3)).unwrap();
        file
    };
    type Start = Box<dyn FnOnce(&Client) -> Upload>;
    let sources: [(&str, Start); 10] = [
        ("bytes", Box::new(|s3| s3.upload("b", "k", "0123456789"))),
        (
            "open file",
            Box::new(move |s3| s3.upload("b", "k", seek(file("abc0123456789")))),
        ),
        (
            "range of a file",
            Box::new(|s3| {
                let range = Body::from_file_range(file("abc0123456789def"), 3..13);
                s3.upload("b", "k", range.unwrap())
            }),
        ),
        (
            "stream of known length",
            Box::new(|s3| s3.upload("b", "k", Body::stream(10, chunks(&["0123456", "789"])))),
        ),
        (
            "reader of known length",
            Box::new(|s3| s3.upload("b", "k", Body::reader(10, &b"0123456789"[..]))),
        ),
        (
            "reader",
            Box::new(|s3| s3.upload_reader("b", "k", &b"0123456789"[..])),
        ),
        (
            "stream",
            Box::new(|s3| s3.upload_stream("b", "k", chunks(&["0", "", "12345678", "9", ""]))),
        ),
        (
            "HTTP body",
            Box::new(|s3| {
                s3.upload_http_body("b", "k", HttpBody(vec!["01234", "56789", "trailer"], None))
            }),
        ),
        (
            "HTTP body of known length",
            Box::new(|s3| s3.upload_http_body("b", "k", HttpBody(vec!["0123456789"], Some(10)))),
        ),
        (
            "blocking reader",
            Box::new(|s3| s3.upload_blocking("b", "k", Slow(b"0123456789"))),
        ),
    ];
    for (name, start) in sources {
        let (result, server) = upload(start).await;
        let stored = result.unwrap_or_else(|error| panic!("{name}: {error}"));
        assert_eq!((stored.size, stored.parts), (10, 3), "{name}");
        let requests = server.requests();
        let parts: Vec<_> = requests[1..4].iter().map(|part| &part.body[..]).collect();
        assert_eq!(parts, [&b"0123"[..], b"4567", b"89"], "{name}");
    }
}

#[tokio::test]
async fn a_small_source_of_unknown_length_is_one_put() {
    for content in ["", "abc"] {
        let uploads: [fn(&Client, &'static str) -> Upload; 4] = [
            |s3, content| s3.upload("b", "k", content),
            |s3, content| s3.upload_stream("b", "k", chunks(&[content])),
            |s3, content| s3.upload_http_body("b", "k", HttpBody(vec![content], None)),
            |s3, content| s3.upload_blocking("b", "k", content.as_bytes()),
        ];
        for start in uploads {
            let server = play([ok()]).await;
            let stored = in_parts_of_4(start(&server.client(), content)).send().await;
            assert_eq!(stored.unwrap().parts, 0);
            assert_eq!(server.requests()[0].body, content.as_bytes());
        }
    }
}

/// The requests of a failed upload, after its creation and the parts.
fn last_requests(server: &Server) -> Vec<String> {
    let requests = server.requests();
    let lines = requests
        .iter()
        .map(|request| format!("{} {}", request.method, request.target));
    lines.filter(|line| !line.contains("partNumber")).collect()
}

#[tokio::test]
async fn a_source_that_fails_is_aborted_and_never_completed() {
    struct Panics;
    impl Read for Panics {
        fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
            panic!("on purpose")
        }
    }
    let damaged = || Err(io::Error::other("the tape is damaged"));
    type Start = Box<dyn FnOnce(&Client) -> Upload>;
    let sources: [(&str, Start); 6] = [
        (
            "the body ended before its declared length of 10 bytes",
            Box::new(|s3| s3.upload("b", "k", Body::stream(10, chunks(&["012345678"])))),
        ),
        (
            "the body continued after its declared length of 8 bytes",
            Box::new(|s3| s3.upload("b", "k", Body::stream(8, chunks(&["012345678"])))),
        ),
        (
            "the body ended before its declared length of 10 bytes",
            Box::new(|s3| s3.upload_http_body("b", "k", HttpBody(vec!["01234567"], Some(10)))),
        ),
        (
            "the reader failed: the tape is damaged",
            Box::new(move |s3| {
                let stream = stream::iter([Ok(Bytes::from("01234")), damaged()]);
                s3.upload_stream("b", "k", stream)
            }),
        ),
        (
            "the reader failed: the tape is damaged",
            Box::new(|s3| {
                struct Damaged;
                impl Read for Damaged {
                    fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
                        Err(io::Error::other("the tape is damaged"))
                    }
                }
                s3.upload_blocking("b", "k", Read::chain(&b"01234"[..], Damaged))
            }),
        ),
        (
            "the reader failed: task",
            Box::new(|s3| s3.upload_blocking("b", "k", Read::chain(&b"01234"[..], Panics))),
        ),
    ];
    for (problem, start) in sources {
        let (result, server) = upload(start).await;
        let error = result.unwrap_err();
        assert!(error.to_string().contains(problem), "{error}");
        let lines = last_requests(&server);
        assert!(lines[0].starts_with("POST /b/k?uploads"), "{lines:?}");
        assert!(lines[1].starts_with("DELETE /b/k?uploadId"), "{lines:?}");
    }
}

#[tokio::test]
async fn a_body_that_was_not_made_is_an_error() {
    let server = play([ok()]).await;
    let folder = std::fs::File::open(std::env::temp_dir()).unwrap();
    let error = server.client().upload("b", "k", folder).send().await;
    let error = error.unwrap_err().to_string();
    assert!(error.contains("Upload b/k: body: "), "{error}");
    for (start, end) in [(3, 2), (0, 5)] {
        let error = Body::from_file_range(file("abcd"), start..end).unwrap_err();
        assert!(
            error.to_string().contains("is not within the 4 bytes"),
            "{error}"
        );
    }
    assert!(server.requests().is_empty());
}

#[tokio::test]
async fn a_stream_that_needs_one_part_too_many_fails_at_the_ceiling() {
    let limits = PartLimits {
        max_parts: 3,
        ..tiny_parts()
    };
    let start = |s3: &Client, content: &'static str| {
        in_parts_of_4(s3.upload_stream("b", "k", chunks(&[content]))).part_limits(limits)
    };
    let (result, server) = {
        let server = play([upload_created(), ok(), ok(), ok(), ok()]).await;
        (
            start(&server.client(), "0123456789abc").send().await,
            server,
        )
    };
    let error = result.unwrap_err().to_string();
    assert!(
        error.contains(
            "does not fit into 3 parts of 4 bytes, so the limit of this upload is 12 bytes; set size_hint, or choose a larger \
             part_size"
        ),
        "{error}"
    );
    let lines = last_requests(&server);
    assert!(lines[1].starts_with("DELETE /b/k?uploadId"), "{lines:?}");
    assert_eq!(server.requests().len() - lines.len(), 3);

    // A length that is expected is not a limit, but the part size fits it.
    let server = play([upload_created(), ok(), ok(), upload_completed()]).await;
    let upload = start(&server.client(), "0123456789abc").size_hint(13);
    let stored = upload.send().await.unwrap();
    assert_eq!((stored.size, stored.parts), (13, 2));
}

#[tokio::test]
async fn max_memory_is_checked_before_a_request_is_sent() {
    let server = play([upload_created(), ok(), upload_completed()]).await;
    let s3 = server.client();
    let stream = || s3.upload_stream("b", "k", chunks(&["0123456789"]));
    for (upload, problem) in [
        (
            stream().max_memory(9 << 20),
            "do not hold two parts of 5242880 bytes",
        ),
        (
            stream().max_memory(20 << 20).part_size(16 << 20),
            "do not hold two parts of 16777216 bytes",
        ),
        (
            stream().max_memory(20 << 20).threshold(21 << 20),
            "threshold: 22020096 bytes exceed a part of 5242880 bytes",
        ),
    ] {
        let error = upload.send().await.unwrap_err().to_string();
        assert!(error.contains(problem), "{error}");
    }
    assert!(server.requests().is_empty());
    // Five buffers of two bytes each; the first one is filled before anything is sent.
    let upload = stream().part_limits(tiny_parts()).max_memory(50);
    assert_eq!(upload.send().await.unwrap().parts, 1);
    assert_eq!(server.requests()[1].body, b"0123456789");
}

#[tokio::test]
async fn a_blocking_reader_is_dropped_after_the_read_in_progress() {
    /// Returns a byte every 20 ms, without end.
    struct Endless(
        Arc<AtomicU32>,
        #[allow(dead_code)] std::sync::mpsc::Sender<()>,
    );
    impl Read for Endless {
        fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
            std::thread::sleep(Duration::from_millis(20));
            self.0.fetch_add(1, Ordering::Relaxed);
            buffer[0] = 7;
            Ok(1)
        }
    }
    let server = play([]).await;
    let reads = Arc::new(AtomicU32::new(0));
    let (sender, dropped) = std::sync::mpsc::channel();
    let upload = server
        .client()
        .upload_blocking("b", "k", Endless(reads.clone(), sender));
    let upload = tokio::spawn(upload.send());
    while reads.load(Ordering::Relaxed) < 3 {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    upload.abort();
    // The sender is dropped with the reader.
    let dropped = tokio::task::spawn_blocking(move || dropped.recv_timeout(Duration::from_secs(5)));
    let dropped = dropped.await.unwrap();
    assert_eq!(
        dropped,
        Err(std::sync::mpsc::RecvTimeoutError::Disconnected)
    );
    assert!(server.requests().is_empty());
}
