//! Files that change during `upload_file`. If the length changes, the upload fails and is aborted.

use std::fs::{self, OpenOptions};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, Once};

use slim_s3::error::TransportKind;
use slim_s3::{Client, Error, Upload};

use super::{STORED, store_with_upload};
use crate::support::script::{quick, tiny_parts, transport_kind};
use crate::support::server::{self, Connection, Received};

const PART: u64 = 100_000;
const TOO_LONG: &str = "continued after its declared length";
const TOO_SHORT: &str = "ended before its declared length";

/// A change with its name, and the parts and the error that result from it.
type Change = (&'static str, fn(&Path), usize, &'static str);

type Requests = Arc<Mutex<Vec<Received>>>;

/// A file of three parts that is deleted at the end.
struct Temporary(PathBuf);

impl Temporary {
    fn new(name: &str) -> Temporary {
        let name = format!("slim-s3-{name}-{}", std::process::id());
        let path = std::env::temp_dir().join(name);
        fs::write(&path, content()).unwrap();
        Temporary(path)
    }
}

impl Drop for Temporary {
    fn drop(&mut self) {
        let _ = fs::remove_file(&self.0);
    }
}

fn content() -> Vec<u8> {
    (0..3 * PART).map(|index| (index % 251) as u8).collect()
}

/// Starts a store that changes the file once it has received the first part, or the whole object.
async fn store_that_changes(
    file: &Temporary,
    change: fn(&Path),
    first: &'static str,
) -> (Client, Requests) {
    let (path, once) = (file.0.clone(), Arc::new(Once::new()));
    let (address, requests) = store_with_upload(move || {
        let mut head = STORED;
        once.call_once(|| {
            change(&path);
            head = first;
        });
        std::future::ready(head)
    })
    .await;
    let s3 = server::builder(address).retry(quick()).build().unwrap();
    (s3, requests)
}

fn upload(s3: &Client, file: &Temporary) -> Upload {
    s3.upload_file("bucket", "key", &file.0)
        .threshold(PART)
        .part_size(PART)
        .part_limits(tiny_parts())
        .concurrency(1)
}

#[track_caller]
fn assert_is_changed_body(error: &Error, problem: &str) {
    assert_eq!(transport_kind(error), TransportKind::Body, "{error}");
    assert!(error.to_string().contains(problem), "{error}");
    assert!(
        !error.is_retryable() && !error.is_outcome_unknown(),
        "{error}"
    );
}

fn set_len(path: &Path, length: u64) {
    let file = OpenOptions::new().write(true).open(path).unwrap();
    file.set_len(length).unwrap();
}

#[tokio::test]
async fn an_upload_of_a_file_that_changes_its_length_is_aborted() {
    let changes: [Change; 6] = [
        (
            "appended to",
            |path| {
                let mut file = OpenOptions::new().append(true).open(path).unwrap();
                file.write_all(b"x").unwrap();
            },
            2,
            TOO_LONG,
        ),
        (
            "replaced by more",
            |path| fs::write(path, vec![1; 4 * PART as usize]).unwrap(),
            2,
            TOO_LONG,
        ),
        (
            "without its last byte",
            |path| set_len(path, 3 * PART - 1),
            2,
            TOO_SHORT,
        ),
        (
            "without its last part",
            |path| set_len(path, 2 * PART),
            2,
            TOO_SHORT,
        ),
        (
            "replaced by less",
            |path| fs::write(path, "less").unwrap(),
            1,
            TOO_SHORT,
        ),
        ("empty", |path| set_len(path, 0), 1, TOO_SHORT),
    ];
    for (name, change, parts, problem) in changes {
        for is_signed in [true, false] {
            let file = Temporary::new("changing");
            let (s3, requests) = store_that_changes(&file, change, STORED).await;
            let mut upload = upload(&s3, &file);
            if !is_signed {
                upload = upload.unsigned_payload();
            }
            let error = upload.send().await.unwrap_err();
            assert_is_changed_body(&error, problem);
            let context = error.context();
            assert_eq!(
                (context.operation, context.upload_id.as_deref()),
                ("UploadPart", None),
                "{name}: {error}"
            );
            let requests = requests.lock().unwrap();
            let mut expected = vec!["POST"];
            expected.extend(vec!["PUT"; parts]);
            // The abort and its confirmation; no CompleteMultipartUpload.
            expected.extend(["DELETE", "GET"]);
            let methods: Vec<_> = requests.iter().map(|sent| sent.method.as_str()).collect();
            assert_eq!(methods, expected, "{name}: {error}");
        }
    }
}

#[tokio::test]
async fn a_file_that_changes_its_length_between_two_attempts_is_an_error() {
    let file = Temporary::new("between-attempts");
    let shrink = |path: &Path| set_len(path, PART);
    let (s3, requests) = store_that_changes(&file, shrink, "503 Busy").await;
    let error = upload(&s3, &file)
        .threshold(1 << 30)
        .send()
        .await
        .unwrap_err();
    assert_eq!(transport_kind(&error), TransportKind::Body, "{error}");
    assert!(error.to_string().contains(TOO_SHORT), "{error}");
    assert_eq!(requests.lock().unwrap().len(), 1);
}

#[tokio::test]
async fn a_file_that_is_truncated_while_it_is_sent_never_completes_a_request() {
    // More than the buffers of the sockets hold.
    const SIZE: u64 = 64 << 20;
    let file = Temporary::new("truncated");
    set_len(&file.0, SIZE);
    let (path, is_complete) = (file.0.clone(), Arc::new(Mutex::new(None)));
    let noted = is_complete.clone();
    let address = server::serve(move |mut connection: Connection| {
        let (path, noted) = (path.clone(), noted.clone());
        async move {
            connection.head().await.unwrap();
            set_len(&path, PART);
            let body = connection.body(SIZE as usize).await;
            *noted.lock().unwrap() = Some(body.is_some());
        }
    })
    .await;
    let put = server::client(address).upload_file("bucket", "key", &file.0);
    let error = put
        .threshold(1 << 30)
        .unsigned_payload()
        .send()
        .await
        .unwrap_err();
    assert_is_changed_body(&error, TOO_SHORT);
    while is_complete.lock().unwrap().is_none() {
        tokio::time::sleep(std::time::Duration::from_millis(5)).await;
    }
    assert_eq!(*is_complete.lock().unwrap(), Some(false));
}

/// The open file stays what it was, although its name now belongs to another one.
#[cfg(unix)]
#[tokio::test]
async fn a_file_whose_name_is_taken_by_another_is_uploaded_as_it_was_opened() {
    let file = Temporary::new("renamed");
    let replace = |path: &Path| {
        let other = path.with_extension("other");
        fs::write(&other, "another file").unwrap();
        fs::rename(&other, path).unwrap();
    };
    let (s3, requests) = store_that_changes(&file, replace, STORED).await;
    let stored = upload(&s3, &file).send().await.unwrap();
    assert_eq!((stored.size, stored.parts), (3 * PART, 3));
    let requests = requests.lock().unwrap();
    let parts = requests.iter().filter(|sent| sent.method == "PUT");
    let bodies: Vec<u8> = parts.flat_map(|sent| sent.body.clone()).collect();
    assert!(bodies == content());
}
