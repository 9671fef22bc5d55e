//! The memory that an upload takes: that of a process with nothing else to do, as Linux reports it.

use std::fs;
use std::process::Command;

use slim_s3::{Client, Upload};
use tokio::io::AsyncReadExt;

use super::{STORED, store_with_upload};
use crate::support::server;

const MIB: u64 = 1 << 20;
/// What a process takes besides the parts: threads, connections, buffers of the HTTP client.
const OTHERS: u64 = 12 * MIB;
/// In the process that is measured: the port of the store.
const PORT: &str = "SLIM_S3_TEST_MEMORY_PORT";

/// A size in this process's status, in bytes.
fn status(field: &str) -> Option<u64> {
    let status = fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find(|line| line.starts_with(field))?;
    let size: u64 = line.split_whitespace().nth(1)?.parse().unwrap();
    Some(size << 10)
}

/// Asserts that the upload adds at most `limit` bytes to its process: this one, or another one that runs only `test`.
async fn assert_takes_at_most(limit: u64, test: &str, upload: impl FnOnce(&Client) -> Upload) {
    if let Ok(port) = std::env::var(PORT) {
        let address = format!("127.0.0.1:{port}").parse().unwrap();
        let upload = upload(&server::client(address));
        // Some emulations of Linux do not report the peak.
        let (Some(before), Some(_)) = (status("VmRSS"), status("VmHWM")) else {
            return;
        };
        upload.send().await.unwrap();
        let taken = status("VmHWM").unwrap() - before;
        assert!(taken <= limit, "{} KiB", taken >> 10);
        return;
    }
    let (address, _) = store_with_upload(async || STORED).await;
    let mut other = Command::new(std::env::current_exe().unwrap());
    other
        .args(["--exact", test, "--nocapture"])
        .env(PORT, address.port().to_string());
    let output = tokio::task::spawn_blocking(move || other.output());
    let output = output.await.unwrap().unwrap();
    let text = String::from_utf8_lossy(&output.stdout) + String::from_utf8_lossy(&output.stderr);
    assert!(
        output.status.success() && text.contains("1 passed"),
        "{text}"
    );
}

#[tokio::test]
async fn an_upload_from_a_reader_holds_one_part_more_than_it_sends_at_a_time() {
    let (part, concurrency) = (8 * MIB, 4);
    let test =
        "sequences::memory::an_upload_from_a_reader_holds_one_part_more_than_it_sends_at_a_time";
    let limits = crate::support::script::tiny_parts();
    assert_takes_at_most((concurrency + 1) * part + OTHERS, test, |s3| {
        s3.upload_reader("bucket", "key", tokio::io::repeat(7).take(20 * part))
            .part_limits(limits)
            .part_size(part)
            .threshold(part)
            .concurrency(concurrency as usize)
    })
    .await;
}

/// With the default settings of the allocator, memory that is freed and allocated again on other threads would add up.
#[tokio::test]
async fn an_upload_from_a_blocking_reader_uses_the_memory_of_sent_parts_again() {
    let part = 8 * MIB;
    let test =
        "sequences::memory::an_upload_from_a_blocking_reader_uses_the_memory_of_sent_parts_again";
    assert_takes_at_most(5 * part + OTHERS, test, |s3| {
        let reader = std::io::Read::take(std::io::repeat(7), 40 * part);
        s3.upload_blocking("bucket", "key", reader).concurrency(4)
    })
    .await;
}

#[tokio::test]
async fn an_upload_from_a_file_does_not_hold_its_parts() {
    let path = std::env::temp_dir().join(format!("slim-s3-memory-{}", std::process::id()));
    let file = fs::File::create(&path).unwrap();
    file.set_len(128 * MIB).unwrap();
    let test = "sequences::memory::an_upload_from_a_file_does_not_hold_its_parts";
    assert_takes_at_most(OTHERS, test, |s3| {
        s3.upload_file("bucket", "key", &path).part_size(32 * MIB)
    })
    .await;
    fs::remove_file(&path).unwrap();
}
