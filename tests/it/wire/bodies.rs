//! Request bodies: each kind arrives whole, and one of the wrong length never completes a request.

use std::fs::{self, File, OpenOptions};
use std::io::{Cursor, Seek, SeekFrom, Write};
use std::path::PathBuf;
use std::time::Duration;

use bytes::Bytes;
use futures_util::stream;
use slim_s3::{Body, Error, PayloadHash};

use super::{OK, received};
use crate::support::server::{client, record};
use crate::support::verifier::verify;

const STREAMING: &str = "STREAMING-AWS4-HMAC-SHA256-PAYLOAD";
const TOO_LONG: &str = "continued after its declared length";
const TOO_SHORT: &str = "ended before its declared length";

fn temporary_file(name: &str) -> PathBuf {
    std::env::temp_dir().join(format!("slim-s3-{name}-{}", std::process::id()))
}

#[tokio::test]
async fn every_kind_of_body_arrives_whole() {
    let path = temporary_file("wire");
    let content: Vec<u8> = (0..700_000_u32).map(|index| (index % 251) as u8).collect();
    fs::write(&path, &content).unwrap();
    let open = || File::open(&path).unwrap();
    let open_at = |position| {
        let mut file = open();
        file.seek(SeekFrom::Start(position)).unwrap();
        file
    };
    let hashed: Vec<(Body, &[u8])> = vec![
        (Body::from("text"), b"text"),
        (Body::from(content.clone()), &content),
        (Body::from(open()), &content),
        (Body::from(open_at(100_000)), &content[100_000..]),
        (Body::from(open_at(700_000)), b""),
        (Body::from(open_at(800_000)), b""),
        (
            Body::from(tokio::fs::File::open(&path).await.unwrap()),
            &content,
        ),
        (Body::from_path(&path).unwrap(), &content),
        (Body::reader(0, Cursor::new(*b"")), b""),
    ];
    let streaming: Vec<(Body, &[u8])> = vec![
        (stream_in_pieces(&content, 1_000), &content),
        (stream_in_pieces(&content, 65_536), &content),
        (stream_in_pieces(&content, 1 << 20), &content),
        (Body::reader(7, Cursor::new(*b"literal")), b"literal"),
    ];
    for (body, expected) in hashed {
        let hash = PayloadHash::of(expected).to_string();
        assert_arrives_whole(body, expected, &hash).await;
    }
    for (body, expected) in streaming {
        assert_arrives_whole(body, expected, STREAMING).await;
    }
    fs::remove_file(&path).unwrap();
}

fn stream_in_pieces(content: &[u8], size: usize) -> Body {
    let pieces: Vec<std::io::Result<Bytes>> = content
        .chunks(size)
        .map(|piece| Ok(Bytes::copy_from_slice(piece)))
        .collect();
    Body::stream(content.len() as u64, stream::iter(pieces))
}

async fn assert_arrives_whole(body: Body, expected: &[u8], payload_hash: &str) {
    let (request, body) =
        received(|s3| async move { s3.put_object("bucket", "key", body).send().await.map(drop) })
            .await;
    assert!(
        body == expected,
        "expected {} bytes, got {}",
        expected.len(),
        body.len()
    );
    assert_eq!(request.header("x-amz-content-sha256"), Some(payload_hash));
}

#[tokio::test]
async fn a_stream_is_sent_in_chunks_of_the_chosen_size() {
    let content = vec![7; 20_000];
    for (size, lengths) in [(8_192, "2000 2000 e20 0"), (16_384, "4000 e20 0")] {
        let body = stream_in_pieces(&content, 9);
        let (request, body) = received(|s3| async move {
            let put = s3.put_object("bucket", "key", body).chunk_size(size);
            put.send().await.map(drop)
        })
        .await;
        assert_eq!(body, content);
        let lines = request.body.split(|byte| *byte == b'\n');
        let headers = lines.filter_map(|line| std::str::from_utf8(line).ok()?.split_once(';'));
        let found: Vec<&str> = headers.map(|(length, _)| length).collect();
        assert_eq!(found.join(" "), lengths);
    }
}

#[tokio::test]
async fn an_unsigned_stream_keeps_its_length_and_encoding() {
    let content = vec![7; 700_000];
    let (request, _) = received(|s3| {
        let call = s3
            .put_object("bucket", "key", stream_in_pieces(&content, 9))
            .content_encoding("gzip")
            .payload_hash(PayloadHash::Unsigned);
        async move { call.send().await.map(drop) }
    })
    .await;
    assert_eq!(
        request.header("x-amz-content-sha256"),
        Some("UNSIGNED-PAYLOAD")
    );
    assert_eq!(request.header("content-encoding"), Some("gzip"));
    assert_eq!(request.header("content-length"), Some("700000"));
}

fn stream_of(length: usize, declared: usize) -> Body {
    let piece = Ok::<_, std::io::Error>(Bytes::from(vec![7; length]));
    Body::stream(declared as u64, stream::iter([piece]))
}

#[tokio::test]
async fn a_stream_of_the_wrong_length_never_completes_a_request() {
    let size = 300_000;
    for (declared, problem) in [
        (size - 1, TOO_LONG),
        (1, TOO_LONG),
        (0, TOO_LONG),
        (size + 1, TOO_SHORT),
    ] {
        assert_never_completes(stream_of(size, declared), None, problem).await;
    }
    for (declared, problem) in [(size - 1, TOO_LONG), (size + 1, TOO_SHORT)] {
        let unsigned = Some(PayloadHash::Unsigned);
        assert_never_completes(stream_of(size, declared), unsigned, problem).await;
    }
}

#[tokio::test]
async fn a_file_that_changes_its_length_never_completes_a_request() {
    let (growing, shrinking) = (temporary_file("growing"), temporary_file("shrinking"));
    fs::write(&growing, vec![7; 300_000]).unwrap();
    let grown = Body::from(File::open(&growing).unwrap());
    let mut appended = OpenOptions::new().append(true).open(&growing).unwrap();
    appended.write_all(b"more").unwrap();
    assert_never_completes(grown, None, TOO_LONG).await;

    fs::write(&shrinking, vec![7; 300_000]).unwrap();
    let shrunk = Body::from(File::open(&shrinking).unwrap());
    fs::write(&shrinking, b"less").unwrap();
    assert_never_completes(shrunk, None, TOO_SHORT).await;
    fs::remove_file(&growing).unwrap();
    fs::remove_file(&shrinking).unwrap();
}

#[tokio::test]
async fn a_stream_that_fails_never_completes_a_request() {
    let failing = Body::stream(
        10,
        stream::iter([
            Ok(Bytes::from_static(b"some")),
            Err(std::io::Error::other("the disk burns")),
        ]),
    );
    assert_never_completes(failing, None, "the disk burns").await;
}

/// Asserts that the call fails and the server never receives a complete request.
async fn assert_never_completes(body: Body, payload_hash: Option<PayloadHash>, problem: &str) {
    let (address, requests) = record(OK, "").await;
    let mut call = client(address).put_object("bucket", "key", body);
    if let Some(payload_hash) = payload_hash {
        call = call.payload_hash(payload_hash);
    }
    let error = call.send().await.unwrap_err();
    assert!(
        matches!(error, Error::Transport(_)) && error.to_string().contains(problem),
        "{error}"
    );
    assert!(!error.is_retryable());
    tokio::time::sleep(Duration::from_millis(50)).await;
    assert!(
        requests.lock().unwrap().is_empty(),
        "a complete request was received: {problem}"
    );
}

/// Ceph rejects an empty body in signed chunks.
#[tokio::test]
async fn an_empty_stream_is_sent_without_chunks() {
    let (address, requests) = record(OK, "").await;
    let body = Body::reader(0, tokio::io::empty());
    let put = client(address).put_object("bucket", "key", body);
    put.send().await.unwrap();
    let request = requests.lock().unwrap().pop().unwrap();
    verify(&request);
    assert_eq!(request.header("content-length"), Some("0"));
    assert_eq!(request.header("content-encoding"), None);
    let body = Body::reader(0, &b"data"[..]);
    let put = client(address).put_object("bucket", "key", body);
    put.send().await.unwrap_err();
}
