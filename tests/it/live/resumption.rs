//! Uploads that are killed, cancelled or kept, and then resumed or aborted.

use std::path::Path;
use std::process::{Child, Command};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use slim_s3::error::ResumeToken;
use slim_s3::{Client, OnFailure, TransferEvent, Upload};

use super::{MIB, TempFile, assert_missing, content, read};
use crate::support::live::{self, Store, store, with_bucket};
use crate::support::proxy::{Fault, Proxy};

const PART: usize = 5 * MIB;
const SIZE: usize = 5 * PART + 7;

/// In six parts, one after the other.
fn upload(s3: &Client, bucket: &str, path: &Path) -> Upload {
    s3.upload_file(bucket, "key", path)
        .part_size(PART as u64)
        .concurrency(1)
}

/// Counts the parts that pass, and their bytes.
fn counting_proxy() -> (Proxy, Arc<Mutex<(u32, usize)>>) {
    let counted = Arc::new(Mutex::new((0, 0)));
    let counts = counted.clone();
    let proxy = Proxy::new(move |request| {
        if request.head.starts_with("PUT ") && request.head.contains("partNumber=") {
            let length = request.head.lines().find_map(|line| {
                let (name, value) = line.split_once(':')?;
                let is_length = name.eq_ignore_ascii_case("content-length");
                is_length.then(|| value.trim().parse::<usize>().unwrap())
            });
            let mut counts = counts.lock().unwrap();
            *counts = (counts.0 + 1, counts.1 + length.unwrap());
        }
        Fault::None
    });
    (proxy, counted)
}

const CHILD: &str = "SLIM_S3_TEST_KILLED_UPLOAD";

/// Runs this test in another process, which uploads a file until three parts are done, and then waits to be killed.
fn start_upload(bucket: &str, path: &Path, token: &Path) -> Child {
    let arguments = [bucket, path.to_str().unwrap(), token.to_str().unwrap()];
    Command::new(std::env::current_exe().unwrap())
        .args(["live::resumption::a_killed_upload_is_resumed_with_only_its_missing_parts"])
        .args(["--exact", "--include-ignored"])
        .env(CHILD, arguments.join("\n"))
        .spawn()
        .unwrap()
}

async fn upload_until_killed(arguments: &str) {
    let [bucket, path, token_path] = arguments.split('\n').collect::<Vec<_>>()[..] else {
        panic!("{arguments}");
    };
    let (token_path, saved) = (token_path.to_owned(), Mutex::new(String::new()));
    let s3 = live::builder().build().unwrap();
    let upload = upload(&s3, bucket, Path::new(path)).on_event(move |event| match event {
        TransferEvent::Created { resume_token, .. } => {
            *saved.lock().unwrap() = resume_token.unwrap().to_string();
        }
        TransferEvent::PartDone { part_number: 3, .. } => {
            std::fs::write(&token_path, &*saved.lock().unwrap()).unwrap();
            std::thread::sleep(Duration::from_secs(600));
        }
        _ => {}
    });
    upload.send().await.unwrap();
}

#[tokio::test]
#[ignore = "needs a store: tests/run"]
async fn a_killed_upload_is_resumed_with_only_its_missing_parts() {
    if let Ok(arguments) = std::env::var(CHILD) {
        return upload_until_killed(&arguments).await;
    }
    if store() == Store::S3sFs {
        // It runs in the test process, so it would be killed too. The other tests resume its uploads.
        return;
    }
    with_bucket(|s3, bucket| async move {
        let data = content(SIZE);
        let file = TempFile::new("killed", &data);
        let saved = TempFile::new("killed-token", b"");
        let mut child = start_upload(&bucket, &file.0, &saved.0);
        let token = loop {
            let token = std::fs::read_to_string(&saved.0).unwrap();
            if !token.is_empty() {
                break token;
            }
            assert_eq!(child.try_wait().unwrap(), None, "it ended by itself");
            tokio::time::sleep(Duration::from_millis(20)).await;
        };
        // SIGKILL.
        child.kill().unwrap();
        child.wait().unwrap();
        assert_missing(&s3, &bucket, "key").await;

        let (proxy, counted) = counting_proxy();
        let resumed = upload(&proxy.client(), &bucket, &file.0).resume(&token);
        let stored = resumed.send().await.unwrap();
        assert_eq!(*counted.lock().unwrap(), (3, SIZE - 3 * PART));
        assert_eq!((stored.parts, stored.size), (6, SIZE as u64));
        assert!(read(&s3, &bucket, "key").await == data);
    })
    .await;
}

#[tokio::test]
#[ignore = "needs a store: tests/run"]
async fn a_cancelled_upload_is_resumed_or_aborted() {
    with_bucket(|s3, bucket| async move {
        let data = content(SIZE);
        let file = TempFile::new("cancelled", &data);
        let cancelled = |on_failure| {
            let (stop, stopped) = tokio::sync::oneshot::channel();
            let stop = Mutex::new(Some(stop));
            upload(&s3, &bucket, &file.0)
                .on_failure(on_failure)
                .cancel_on(stopped)
                .on_event(move |event| {
                    if let TransferEvent::PartDone { part_number: 2, .. } = event {
                        let _ = stop.lock().unwrap().take().unwrap().send(());
                    }
                })
        };
        let error = cancelled(OnFailure::Keep).send().await.unwrap_err();
        let token = error.context().resume_token.clone().unwrap();
        assert_eq!(error.context().parts_done, Some(2));
        assert_missing(&s3, &bucket, "key").await;
        let (proxy, counted) = counting_proxy();
        let resumed = upload(&proxy.client(), &bucket, &file.0).resume(&token.to_string());
        resumed.send().await.unwrap();
        let sent = counted.lock().unwrap().0;
        match store() {
            // It lists the parts without their ETags, so they are all sent again.
            Store::S3sFs => assert_eq!(sent, 6),
            // A third part may have been stored when the upload was cancelled.
            _ => assert!(matches!(sent, 3 | 4), "{sent}"),
        }
        assert!(read(&s3, &bucket, "key").await == data);
        s3.delete_object(&bucket, "key").send().await.unwrap();

        let error = cancelled(OnFailure::Abort).send().await.unwrap_err();
        let context = error.context();
        if store() != Store::S3sFs {
            assert_eq!((&context.upload_id, &context.resume_token), (&None, &None));
        }
        assert_missing(&s3, &bucket, "key").await;
    })
    .await;
}

#[tokio::test]
#[ignore = "needs a store: tests/run"]
async fn an_upload_of_a_changed_file_starts_over_only_on_request() {
    with_bucket(|s3, bucket| async move {
        let file = TempFile::new("changed-source", &content(SIZE));
        let create = s3.create_multipart_upload(&bucket, "key");
        let upload_id = create.send().await.unwrap().upload_id;
        let part = s3.upload_part(&bucket, "key", &upload_id, 1, content(PART));
        part.send().await.unwrap();
        let line = format!("slim-s3-upload-1 {bucket} key {upload_id} {PART} {SIZE} -");
        let token: ResumeToken = line.parse().unwrap();
        let changed = content(SIZE + 1);
        std::fs::write(&file.0, &changed).unwrap();
        let resumed = upload(&s3, &bucket, &file.0).resume(&token.to_string());
        let error = resumed.send().await.unwrap_err().to_string();
        assert!(error.contains("and has"), "{error}");
        let restarted = upload(&s3, &bucket, &file.0).resume_or_restart(&token.to_string());
        restarted.send().await.unwrap();
        assert!(read(&s3, &bucket, "key").await == changed);
        if store() != Store::S3sFs {
            let list = s3.list_parts(&bucket, "key", &upload_id).send().await;
            assert!(list.unwrap_err().is_not_found());
        }
    })
    .await;
}

#[tokio::test]
#[ignore = "needs a store: tests/run"]
async fn incomplete_uploads_are_aborted() {
    with_bucket(|s3, bucket| async move {
        if store() == Store::S3sFs {
            let abort = s3.abort_incomplete_for(&bucket, "key").send().await;
            assert_eq!(abort.unwrap_err().code(), Some("NotImplemented"));
            return;
        }
        let mut ids = Vec::new();
        for key in ["key", "key", "key2"] {
            let create = s3.create_multipart_upload(&bucket, key);
            ids.push(create.send().await.unwrap().upload_id);
        }
        let day = Duration::from_secs(24 * 60 * 60);
        let new = s3.abort_incomplete(&bucket, day).send().await.unwrap();
        assert!(new.aborted.is_empty(), "{new:?}");
        let of_key = s3.abort_incomplete_for(&bucket, "key").send().await;
        let of_key = of_key.unwrap();
        let mut aborted: Vec<_> = of_key
            .aborted
            .iter()
            .map(|upload| &upload.upload_id)
            .collect();
        aborted.sort();
        let mut expected: Vec<_> = ids[..2].iter().collect();
        expected.sort();
        assert_eq!(aborted, expected);
        let rest = s3.abort_incomplete(&bucket, Duration::ZERO).send().await;
        let rest = rest.unwrap();
        assert_eq!(rest.aborted.len(), 1, "{rest:?}");
        assert!(rest.failed.is_empty(), "{rest:?}");
    })
    .await;
}
