//! docs/errors.md quotes actual errors, docs/multipart.md recorded exchanges, and docs/testing.md tests.

use std::path::Path;
use std::task::Poll;
use std::time::Duration;

use bytes::Bytes;
use futures_util::stream;
use http::Method;
use slim_s3::operation::{
    CompleteMultipartUpload, CompletedPart, GetObject, HeadBucket, HeadObject, ListObjectsV2,
    PutObject, UploadPart,
};
use slim_s3::{
    AmzDate, Body, Client, Credentials, Dialect, ETag, Error, Operation, PartLimits, Request,
    RetryPolicy,
};

use crate::support::fixtures::response;
use crate::support::script::{self, Script};
use crate::support::server::{self, client_with_timeouts};

fn read(name: &str) -> String {
    let text = std::fs::read(Path::new(env!("CARGO_MANIFEST_DIR")).join(name)).unwrap();
    String::from_utf8(text).unwrap().replace('\r', "")
}

/// The error of a recorded response.
fn recorded<O: Operation>(case: &str) -> Error {
    let request = match O::SPEC.name {
        "HeadBucket" => Request::bucket(Method::HEAD, "photos"),
        "HeadObject" => Request::object(Method::HEAD, "photos", "cat.jpg"),
        "UploadPart" => {
            Request::object(Method::PUT, "photos", "cat.jpg").with_query("partNumber", "1")
        }
        _ => Request::object(Method::GET, "photos", "cat.jpg"),
    };
    O::parse_http(&request, response(case))
        .map(drop)
        .unwrap_err()
}

fn invalid_errors() -> Vec<Error> {
    let builder = || {
        Client::builder()
            .endpoint("http://127.0.0.1:9000")
            .credentials(Credentials::new("AK", "SK"))
    };
    let s3 = builder().build().unwrap();
    let garage = builder().dialect(Dialect::GARAGE).build().unwrap();
    let at = AmzDate::from_unix_seconds(0);
    let part = |part_number| CompletedPart {
        part_number,
        etag: ETag::from("e"),
    };
    vec![
        s3.put_object("photos", "", "x").sign(at).unwrap_err(),
        s3.put_object("photos", "/cat.jpg", "x")
            .sign(at)
            .unwrap_err(),
        s3.put_object("my photos", "cat.jpg", "x")
            .sign(at)
            .unwrap_err(),
        s3.put_object("photos", "cat.jpg", "x")
            .metadata("name", "Müsli")
            .sign(at)
            .unwrap_err(),
        s3.put_object("photos", "cat.jpg", "x")
            .header("host", "x")
            .sign(at)
            .unwrap_err(),
        s3.put_object("photos", "cat.jpg", "x")
            .content_type("text/plain;\tcharset=utf-8")
            .sign(at)
            .unwrap_err(),
        (0..2001)
            .fold(s3.put_object("photos", "cat.jpg", "x"), |put, number| {
                put.metadata(&number.to_string(), "x")
            })
            .sign(at)
            .unwrap_err(),
        s3.delete_object("photos", "cat.jpg")
            .version_id("")
            .sign(at)
            .unwrap_err(),
        s3.complete_multipart_upload("photos", "film", "id", &[part(2), part(1)])
            .sign(at)
            .unwrap_err(),
        s3.copy_object("photos", "k", ("photos", "cat.jpg"))
            .content_type("image/png")
            .sign(at)
            .unwrap_err(),
        garage
            .put_object("photos", "cat.jpg", "x")
            .if_none_match("*")
            .sign(at)
            .unwrap_err(),
        Client::builder()
            .endpoint("127.0.0.1:9000")
            .anonymous()
            .build()
            .unwrap_err(),
        Client::builder()
            .endpoint("https://s3.eu-west-1.amazonaws.com/photos")
            .anonymous()
            .build()
            .unwrap_err(),
        Client::builder().anonymous().build().unwrap_err(),
        Client::builder().region("eu-west-1").build().unwrap_err(),
        Client::builder()
            .region("eu-west-1")
            .credentials(Credentials::new("AK", "hunter2\n"))
            .build()
            .unwrap_err(),
    ]
}

fn service_errors() -> Vec<Error> {
    vec![
        recorded::<GetObject>("GetObject/absent.minio"),
        recorded::<HeadObject>("HeadObject/absent.versitygw"),
        recorded::<PutObject>("PutObject/no-bucket.minio"),
        recorded::<PutObject>("PutObject/taken.minio"),
        recorded::<PutObject>("PutObject/encrypted.minio"),
        recorded::<PutObject>("PutObject/slow-down.aws"),
        recorded::<GetObject>("GetObject/not-modified.minio"),
        recorded::<GetObject>("GetObject/after-the-end.minio"),
        recorded::<GetObject>("GetObject/wrong-secret.minio"),
        recorded::<GetObject>("GetObject/unknown-key.minio"),
        recorded::<GetObject>("GetObject/wrong-region.aws"),
        recorded::<HeadBucket>("HeadBucket/elsewhere.aws"),
        recorded::<UploadPart>("UploadPart/no-upload.minio"),
        recorded::<CompleteMultipartUpload>("CompleteMultipartUpload/too-small.minio"),
        recorded::<CompleteMultipartUpload>("CompleteMultipartUpload/wrong-etag.minio"),
        recorded::<CompleteMultipartUpload>("CompleteMultipartUpload/error-inside.aws"),
    ]
}

fn malformed_errors() -> Vec<Error> {
    let request = Request::bucket(Method::GET, "photos");
    let list = |body: &'static str| {
        let response = http::Response::new(Bytes::from_static(body.as_bytes()));
        ListObjectsV2::parse_http(&request, response).unwrap_err()
    };
    let put = |body: &'static str| {
        let request = Request::object(Method::PUT, "photos", "cat.jpg");
        let response = http::Response::new(Bytes::from_static(body.as_bytes()));
        PutObject::parse_http(&request, response).unwrap_err()
    };
    vec![
        list(""),
        list("<html><body>Log in to the guest network</body></html>"),
        list("<ListBucketResult><IsTruncated>true</IsTruncated></ListBucketResult>"),
        list("<ListBucketResult><Contents>"),
        put("{\"error\":\"denied\"}"),
        put("<html><h1>Accepted</h1><p>The request is accepted for processing.</p></html>"),
    ]
}

/// Errors of calls that send nothing.
async fn unsent_errors() -> Vec<Error> {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let closed = listener.local_addr().unwrap();
    drop(listener);
    let no_token = || async {
        let error = std::io::Error::other("the token file is missing");
        Err::<Credentials, _>(error)
    };
    let without_credentials = server::builder(closed)
        .credentials_provider(no_token)
        .build()
        .unwrap();
    let put = async |s3: Client| {
        let put = s3.put_object("photos", "cat.jpg", "meow");
        put.send().await.unwrap_err()
    };
    let s3 = server::client(closed);
    let outside = std::thread::spawn(move || {
        use futures_util::FutureExt;
        let put = s3.put_object("photos", "cat.jpg", "meow").send();
        put.now_or_never().unwrap().unwrap_err()
    });
    vec![
        outside.join().unwrap(),
        put(server::client(closed)).await,
        put(without_credentials).await,
    ]
}

async fn transport_errors() -> Vec<Error> {
    let limit = Duration::from_secs(1);
    let silent = server::never_responding().await;
    let not_reading = server::never_reading().await;
    let response = "HTTP/1.1 200 OK\r\netag: \"e\"\r\ncontent-length: 20\r\n\r\nhello";
    let truncated = server::serve_bytes(response).await;
    let short = || Body::reader(10, &b"hello"[..]);
    let long = || Body::reader(3, &b"hello"[..]);
    let object = client_with_timeouts(truncated, limit)
        .get_object("photos", "cat.jpg")
        .send()
        .await
        .unwrap();
    let failing = stream::iter([Err::<Bytes, _>("the disk is gone")]);
    let panicking = stream::poll_fn(|_| -> Poll<Option<Result<Bytes, std::io::Error>>> {
        panic!("a panic of the source")
    });
    let pausing = stream::pending::<Result<Bytes, std::io::Error>>();
    let put_stream = async |key: &str, body: Body| {
        let s3 = client_with_timeouts(silent, limit);
        s3.put_object("photos", key, body).send().await.unwrap_err()
    };
    let (waiting, sending) = (
        client_with_timeouts(silent, limit),
        client_with_timeouts(not_reading, limit),
    );
    let (waiting, sending) = tokio::join!(
        waiting.put_object("photos", "cat.jpg", "meow").send(),
        sending
            .put_object("photos", "film", vec![0; 64 << 20])
            .send(),
    );
    let contradictory = "HTTP/1.1 200 OK\r\ncontent-length: 1\r\ncontent-length: 2\r\n\r\n";
    let unmarked = "HTTP/1.1 200 OK\r\netag: \"e\"\r\n\r\nhello";
    let get = async |response| {
        let s3 = client_with_timeouts(server::serve_bytes(response).await, limit);
        let get = s3.get_object("photos", "cat.jpg").send();
        get.await.map(drop).unwrap_err()
    };
    vec![
        object.body.bytes().await.unwrap_err(),
        get(contradictory).await,
        get(unmarked).await,
        waiting.unwrap_err(),
        sending.unwrap_err(),
        put_stream("cat.jpg", Body::stream(10, failing)).await,
        put_stream("cat.jpg", Body::stream(10, panicking)).await,
        put_stream("film", Body::stream(10, pausing)).await,
        put_stream("cat.jpg", short()).await,
        put_stream("cat.jpg", long()).await,
    ]
}

/// Errors whose messages mention attempts.
async fn errors_with_attempts() -> Vec<Error> {
    let busy = || {
        let body = "<Error><Code>SlowDown</Code><Message>Please reduce your request rate.</Message></Error>";
        script::response("503 Slow Down", body)
    };
    let put = async |scripts: Vec<Script>, body: Body, policy: RetryPolicy| {
        let server = script::play(scripts).await;
        let s3 = server.builder().retry(policy).build().unwrap();
        let put = s3.put_object("photos", "cat.jpg", body).if_none_match("*");
        put.send().await.unwrap_err()
    };
    let three_failures = vec![
        script::reject(500, "InternalError"),
        script::drop_response(),
        busy(),
    ];
    let lost_then_412 = vec![
        script::drop_response(),
        script::reject(412, "PreconditionFailed"),
    ];
    let no_budget = RetryPolicy {
        budget: 0,
        ..script::quick()
    };
    let lost = script::play([script::drop_response()]).await;
    let create = lost.client().create_multipart_upload("photos", "film");
    vec![
        put(three_failures, "meow".into(), script::quick()).await,
        put(vec![busy()], Body::reader(4, &b"meow"[..]), script::quick()).await,
        put(vec![busy()], "meow".into(), no_budget).await,
        put(lost_then_412, "meow".into(), script::quick()).await,
        create.send().await.unwrap_err(),
    ]
}

/// Uploads that their options do not allow.
async fn upload_errors() -> Vec<Error> {
    let part = 5 << 20;
    let scripts = [
        script::upload_created(),
        script::ok(),
        script::ok(),
        script::response("204 No Content", ""),
        script::reject(404, "NoSuchUpload"),
    ];
    let server = script::play(scripts).await;
    let upload = |length: u64| {
        let stream = tokio::io::AsyncReadExt::take(tokio::io::repeat(7), length);
        let upload = server.client().upload_reader("films", "cat.mp4", stream);
        upload.part_size(part).retry(RetryPolicy::none())
    };
    let limits = PartLimits {
        max_parts: 2,
        ..PartLimits::default()
    };
    let memory = 2 * part;
    let mut errors = Vec::new();
    for upload in [
        upload(2 * part + 1).part_limits(limits),
        upload(1).max_memory(memory - 1),
        upload(1).max_memory(memory).threshold(memory),
    ] {
        errors.push(upload.send().await.unwrap_err());
    }
    let upload = || server.client().upload("films", "cat.mp4", "meow");
    let token = "slim-s3-upload-1 films cat.mp4 id 8388608 3 -";
    errors.push(upload().resume(token).send().await.unwrap_err());
    errors.push(upload().cancel_on(async {}).send().await.unwrap_err());
    errors
}

/// Copies in parts whose source does not allow them.
async fn copy_errors() -> Vec<Error> {
    let head = |etag: &str, metadata: &str| -> Script {
        let head = format!(
            "HTTP/1.1 200 OK\r\ncontent-length: 9\r\netag: \"{etag}\"\r\nx-amz-tagging-count: 0\r\n{metadata}\r\n"
        );
        vec![script::Request, script::raw(head)]
    };
    let part = "<CopyPartResult><ETag>e</ETag></CopyPartResult>";
    let scripts = [
        head("old", "x-amz-meta-name:\r\n"),
        head("old", ""),
        script::upload_created(),
        script::response("200 OK", part),
        head("new", ""),
        script::response("204 No Content", ""),
        script::reject(404, "NoSuchUpload"),
    ];
    let server = script::play(scripts).await;
    let s3 = server.client();
    let copy = || {
        s3.copy(("films", "cat.mp4"), "archive", "cat.mp4")
            .threshold(8)
    };
    vec![
        copy().send().await.unwrap_err(),
        copy().send().await.unwrap_err(),
    ]
}

/// Objects that are too large, or replaced while they are read; and a writer that fails.
async fn read_errors() -> Vec<Error> {
    let part = |etag: &str, first: usize, total: usize, body: &str| {
        let last = first + body.len() - 1;
        let range = format!("content-range: bytes {first}-{last}/{total}");
        script::response(&format!("206 X\r\netag: \"{etag}\"\r\n{range}"), body)
    };
    let interrupted = || {
        let response = "HTTP/1.1 200 OK\r\netag: \"e\"\r\ncontent-length: 20\r\n\r\nhello";
        vec![script::Request, script::raw(response), script::Close]
    };
    let mut errors = Vec::new();
    for (rest, limit) in [
        (script::reject(412, "PreconditionFailed"), usize::MAX),
        (part("f", 5, 20, "fifteen letters"), usize::MAX),
        (vec![], 10),
    ] {
        let server = script::play([interrupted(), rest]).await;
        let get = server.client().get_object("photos", "cat.jpg").send().await;
        errors.push(get.unwrap().body.bytes_limited(limit).await.unwrap_err());
    }
    let server = script::play([part("e", 0, 8, "four"), part("f", 4, 8, "more")]).await;
    let download = server
        .client()
        .download_writer("photos", "cat.jpg", tokio::io::sink());
    let replaced = download.part_size(4).concurrency(1).send().await;
    errors.push(replaced.unwrap_err());
    let server = script::play([part("e", 0, 4, "four")]).await;
    let (writer, reader) = tokio::io::duplex(1);
    drop(reader);
    let download = server.client().download_writer("photos", "cat.jpg", writer);
    errors.push(download.send().await.unwrap_err());
    errors
}

/// The line up to the first value that differs between runs or systems.
fn without_values(line: &str) -> String {
    let ends = [
        " (request ID ",
        " (status ",
        "for 1s, after ",
        ", retried after ",
        " to 127.0.0.1:",
    ];
    let end = ends.iter().filter_map(|end| line.find(end)).min();
    line[..end.unwrap_or(line.len())].to_owned()
}

#[tokio::test]
async fn errors_md_quotes_every_error() {
    let document = read("docs/errors.md");
    let mut quoted = Vec::new();
    let mut inside = false;
    for line in document.lines() {
        if line.starts_with("```") {
            inside = line == "```text";
        } else if inside {
            quoted.push(without_values(line));
        }
    }
    let all: Vec<Error> = invalid_errors()
        .into_iter()
        .chain(service_errors())
        .chain(malformed_errors())
        .chain(unsent_errors().await)
        .chain(transport_errors().await)
        .chain(errors_with_attempts().await)
        .chain(upload_errors().await)
        .chain(copy_errors().await)
        .chain(read_errors().await)
        .collect();
    let all: Vec<String> = all.iter().map(Error::to_string).collect();
    let is_missing = |line: &&String| !quoted.contains(&without_values(line));
    let missing: Vec<_> = all.iter().filter(is_missing).cloned().collect();
    assert!(
        missing.is_empty(),
        "docs/errors.md lacks\n{}",
        missing.join("\n")
    );
    let occurring: Vec<String> = all.iter().map(|line| without_values(line)).collect();
    for line in &quoted {
        assert!(
            occurring.contains(line),
            "docs/errors.md quotes an error that does not occur: {line}"
        );
    }
}

/// Each line of an `http` block must occur in the recording linked above the block. `…` stands for omitted text.
#[test]
fn multipart_md_quotes_its_recordings() {
    let document = read("docs/multipart.md");
    let mut recording: Option<(String, String)> = None;
    let mut inside = false;
    let mut quoted = 0;
    for line in document.lines() {
        if let Some((_, rest)) = line.split_once("](../fixtures/responses/") {
            let name = rest.split(')').next().unwrap();
            recording = Some((name.to_owned(), read(&format!("fixtures/responses/{name}"))));
        }
        if line.starts_with("```") {
            inside = line == "```http";
            continue;
        }
        if !inside || line.is_empty() || line == "…" {
            continue;
        }
        let (name, recording) = recording
            .as_ref()
            .expect("an http block before any link to a recording");
        let has_pieces = |recorded: &str| {
            let mut rest = recorded;
            line.split('…').all(|piece| {
                rest.find(piece)
                    .map(|at| rest = &rest[at + piece.len()..])
                    .is_some()
            })
        };
        assert!(
            recording.lines().any(has_pieces),
            "{name} does not contain the line {line}"
        );
        quoted += 1;
    }
    assert!(quoted > 20, "{quoted} lines are quoted");
}

/// The `rust` block below the link to a file is that file, without its first line.
#[test]
fn testing_md_quotes_its_tests() {
    let document = read("docs/testing.md");
    let mut quoted = 0;
    for section in document.split("](../tests/it/testing/").skip(1) {
        let name = section.split(')').next().unwrap();
        let (_, rest) = section.split_once("\n```rust\n").unwrap();
        let (block, _) = rest.split_once("```\n").unwrap();
        let file = read(&format!("tests/it/testing/{name}"));
        let (_, listing) = file.split_once("\n\n").unwrap();
        assert!(
            block == listing,
            "docs/testing.md does not quote {name} as it is"
        );
        quoted += 1;
    }
    assert_eq!(quoted, 3);
}
