//! Transfers that are killed or interrupted, and go on.

use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::time::Duration;

use super::tool_on;
use crate::live::{MIB, content, read};
use crate::support::live::{Store, is_https, store, with_bucket};
use crate::support::proxy::{Fault, Proxy};
use crate::support::tool::{Folder, names_in, run, send_signal, started};

const PART: usize = 5 * MIB;
const SIZE: usize = 5 * PART + 7;

/// A proxy that counts the requests that contain a text, and stalls on the fourth until it is told to go on.
struct Counting {
    proxy: Proxy,
    stalls: Arc<AtomicBool>,
    count: Arc<AtomicU32>,
}

impl Counting {
    fn new(counted: fn(&str) -> bool) -> Counting {
        let (stalls, count) = (Arc::new(AtomicBool::new(true)), Arc::new(AtomicU32::new(0)));
        let (stalling, counting) = (stalls.clone(), count.clone());
        let proxy = Proxy::new(move |request| {
            if !counted(request.head) {
                return Fault::None;
            }
            let number = counting.fetch_add(1, Ordering::SeqCst);
            if number >= 3 && stalling.load(Ordering::SeqCst) {
                return Fault::Stall(Duration::from_secs(60));
            }
            Fault::None
        });
        Counting {
            proxy,
            stalls,
            count,
        }
    }

    async fn wait_for_stall(&self) {
        while self.count.load(Ordering::SeqCst) < 4 {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    }

    /// Goes on, and counts anew.
    fn go_on(&self) {
        self.stalls.store(false, Ordering::SeqCst);
        self.count.store(0, Ordering::SeqCst);
    }

    fn tool(&self, cache: &Folder) -> Command {
        let mut command = tool_on(&format!("http://{}", self.proxy.address()));
        command.env("XDG_CACHE_HOME", &cache.0);
        command
    }
}

fn is_part(head: &str) -> bool {
    head.starts_with("PUT ") && head.contains("partNumber=")
}

fn is_range(head: &str) -> bool {
    head.starts_with("GET ") && head.contains("/key ")
}

/// The proxy has a certificate of its own over https, and s3s-fs is in this process.
fn cannot_be_proxied() -> bool {
    is_https() || store() == Store::S3sFs
}

#[tokio::test]
#[ignore = "needs a store: tests/run"]
async fn a_killed_upload_goes_on_with_its_missing_parts() {
    if cannot_be_proxied() {
        return;
    }
    with_bucket(|s3, bucket| async move {
        let (folder, cache) = (Folder::new(), Folder::new());
        let data = content(SIZE);
        let file = folder.write("file", &data);
        let store = Counting::new(is_part);
        let object = format!("s3://{bucket}/key");
        let arguments = ["put", "--resume", "-p5M", "-j1", &file, &object];
        let mut put = store.tool(&cache);
        put.args(arguments);
        let mut child = started(put);
        store.wait_for_stall().await;
        // SIGKILL.
        child.kill().unwrap();
        child.wait().unwrap();
        let states = names_in(&cache.path("slim-s3/uploads"));
        assert_eq!(states.len(), 1, "{states:?}");

        store.go_on();
        let stderr = run(store.tool(&cache), &arguments).assert(0, "");
        assert!(
            stderr.contains(&format!("put {object} {SIZE} bytes ")),
            "{stderr}"
        );
        assert_eq!(store.count.load(Ordering::SeqCst), 3);
        assert!(read(&s3, &bucket, "key").await == data);
        assert!(names_in(&cache.path("slim-s3/uploads")).is_empty());
    })
    .await;
}

/// The file that remembers it is gone: the folder of a container, for example.
#[tokio::test]
#[ignore = "needs a store: tests/run"]
async fn a_forgotten_upload_is_found_at_the_store() {
    if cannot_be_proxied() {
        return;
    }
    with_bucket(|s3, bucket| async move {
        let (folder, cache) = (Folder::new(), Folder::new());
        let data = content(SIZE);
        let file = folder.write("file", &data);
        let store = Counting::new(is_part);
        let object = format!("s3://{bucket}/key");
        let arguments = ["put", "--resume", "-p5M", "-j1", &file, &object];
        let mut put = store.tool(&cache);
        put.args(arguments);
        let mut child = started(put);
        store.wait_for_stall().await;
        child.kill().unwrap();
        child.wait().unwrap();

        store.go_on();
        let elsewhere = Folder::new();
        run(store.tool(&elsewhere), &arguments).assert(0, "");
        assert_eq!(store.count.load(Ordering::SeqCst), 3);
        assert!(read(&s3, &bucket, "key").await == data);
        assert!(names_in(&elsewhere.path("slim-s3/uploads")).is_empty());
    })
    .await;
}

#[tokio::test]
#[ignore = "needs a store: tests/run"]
async fn a_changed_file_is_uploaded_from_the_start() {
    if cannot_be_proxied() {
        return;
    }
    with_bucket(|s3, bucket| async move {
        let (folder, cache) = (Folder::new(), Folder::new());
        let file = folder.write("file", content(SIZE));
        let store = Counting::new(is_part);
        let object = format!("s3://{bucket}/key");
        let arguments = ["put", "--resume", "-p5M", "-j1", &file, &object];
        let mut put = store.tool(&cache);
        put.args(arguments);
        let mut child = started(put);
        store.wait_for_stall().await;
        child.kill().unwrap();
        child.wait().unwrap();
        let data = content(SIZE + 1);
        folder.write("file", &data);
        store.go_on();
        run(store.tool(&cache), &arguments).assert(0, "");
        assert_eq!(store.count.load(Ordering::SeqCst), 6);
        assert!(read(&s3, &bucket, "key").await == data);
        // The first upload is gone.
        let uploads = s3
            .list_multipart_uploads(&bucket)
            .prefix("key")
            .send()
            .await;
        assert!(uploads.unwrap().uploads.is_empty());
    })
    .await;
}

#[tokio::test]
#[ignore = "needs a store: tests/run"]
async fn an_interrupted_upload_is_kept_or_aborted() {
    if cannot_be_proxied() {
        return;
    }
    with_bucket(|s3, bucket| async move {
        for (option, text, left) in [
            ("--resume", "interrupted; the same command goes on", 1),
            ("--quiet", "interrupted; nothing is left at the store", 0),
        ] {
            let (folder, cache) = (Folder::new(), Folder::new());
            let file = folder.write("file", content(SIZE));
            let store = Counting::new(is_part);
            let key = option.trim_start_matches('-');
            let object = format!("s3://{bucket}/{key}");
            let mut put = store.tool(&cache);
            put.args(["put", option, "-p5M", "-j1", &file, &object]);
            let child = started(put);
            store.wait_for_stall().await;
            send_signal(&child, "-INT");
            let output = child.wait_with_output().unwrap();
            let stderr = String::from_utf8_lossy(&output.stderr);
            assert_eq!(output.status.code(), Some(130), "{stderr}");
            assert!(stderr.contains(text), "{stderr}");
            let uploads = s3.list_multipart_uploads(&bucket).prefix(key).send().await;
            assert_eq!(uploads.unwrap().uploads.len(), left, "{option}");
        }
    })
    .await;
}

#[tokio::test]
#[ignore = "needs a store: tests/run"]
async fn a_killed_download_goes_on_with_its_missing_ranges() {
    if cannot_be_proxied() {
        return;
    }
    with_bucket(|s3, bucket| async move {
        let (folder, cache) = (Folder::new(), Folder::new());
        let data = content(SIZE);
        s3.upload(&bucket, "key", data.clone())
            .send()
            .await
            .unwrap();
        let file = folder.write("file", "old");
        let store = Counting::new(is_range);
        let object = format!("s3://{bucket}/key");
        let arguments = ["get", "--resume", "-p5M", "-j1", &object, &file];
        let mut get = store.tool(&cache);
        get.args(arguments);
        let mut child = started(get);
        store.wait_for_stall().await;
        child.kill().unwrap();
        child.wait().unwrap();
        assert_eq!(
            (folder.names().len(), folder.read("file")),
            (3, b"old".to_vec())
        );

        store.go_on();
        let stderr = run(store.tool(&cache), &arguments).assert(0, "");
        assert!(
            stderr.contains(&format!("get {object} {file} {SIZE} bytes ")),
            "{stderr}"
        );
        assert_eq!(store.count.load(Ordering::SeqCst), 3);
        assert!(folder.read("file") == data);
        assert_eq!(folder.names(), ["file"]);
    })
    .await;
}
