//! Calls that are dropped at random moments, 16 at a time, through a network that resets, throttles and truncates.
//!
//! ```text
//! SLIM_S3_CANCELLATION_ROUNDS=500 SLIM_S3_TEST_SETS=default SLIM_S3_TEST_STORES=minio tests/run -- cancellation --nocapture
//! ```

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use slim_s3::Client;

use super::{MIB, content, read};
use crate::support::live::{Store, store, with_bucket};
use crate::support::proxy::{Fault, ProxiedRequest, Proxy};
use crate::support::server::sockets_to;

const TASKS: u64 = 16;
const SEEDS: usize = 50;

/// How many calls each task makes.
fn rounds() -> u64 {
    let rounds = std::env::var("SLIM_S3_CANCELLATION_ROUNDS");
    rounds.map_or(25, |rounds| rounds.parse().unwrap())
}

/// Of 100 requests, 5 are reset, 5 get a 503, and 2 have the body of the request or the response truncated. The first
/// request for `probe` gets a 500.
fn unreliable(request: &ProxiedRequest<'_>) -> Fault {
    let respond =
        |status, code: &str| Fault::Respond(status, format!("<Error><Code>{code}</Code></Error>"));
    if request.head.contains("/probe ") {
        static PROBES: std::sync::atomic::AtomicU32 = std::sync::atomic::AtomicU32::new(0);
        let is_first = PROBES.fetch_add(1, std::sync::atomic::Ordering::SeqCst) == 0;
        return if is_first {
            respond("500 Internal Server Error", "InternalError")
        } else {
            Fault::None
        };
    }
    match (u64::from(request.number) * 0x9e37_79b9 % 1009) % 100 {
        0..5 => Fault::Reset,
        5..10 => respond("503 Slow Down", "SlowDown"),
        10..12 if request.head.starts_with("PUT ") => Fault::TruncateRequest,
        10..12 => Fault::TruncateResponse(100),
        _ => Fault::None,
    }
}

/// A fixed sequence of numbers for each task (splitmix64).
struct Random(u64);

impl Random {
    fn next(&mut self, below: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (mixed ^ (mixed >> 31)) % below
    }
}

#[derive(Default)]
struct Outcome {
    /// Of each kind of call: completed, failed, dropped.
    calls: BTreeMap<&'static str, [u32; 3]>,
    /// The keys of uploads that were dropped, or failed with an upload that is left.
    open: BTreeSet<String>,
}

impl Outcome {
    fn count<T>(
        &mut self,
        kind: &'static str,
        result: Option<Result<T, slim_s3::Error>>,
    ) -> Option<T> {
        let counts = self.calls.entry(kind).or_default();
        match result {
            Some(Ok(output)) => {
                counts[0] += 1;
                Some(output)
            }
            Some(Err(error)) => {
                counts[1] += 1;
                assert!(
                    error.is_retryable()
                        || error.is_outcome_unknown()
                        || error.context().upload_id.is_some(),
                    "not caused by the proxy: {error}"
                );
                None
            }
            None => {
                counts[2] += 1;
                None
            }
        }
    }
}

fn seed(number: usize) -> (String, Vec<u8>) {
    (format!("seed-{number:03}"), content(100 + number * 997))
}

fn put_content(task: u64, round: u64) -> Vec<u8> {
    let skipped = usize::try_from(task * 31 + round).unwrap() % 64;
    content(40_000 + skipped).split_off(skipped)
}

fn upload_content(task: u64) -> Vec<u8> {
    let skipped = usize::try_from(task).unwrap();
    content(6 * MIB + skipped).split_off(skipped)
}

async fn one_task(s3: Client, bucket: String, task: u64, outcome: Arc<Mutex<Outcome>>) {
    let mut random = Random(task);
    for round in 0..rounds() {
        let limit = Duration::from_micros(random.next(30_000));
        match random.next(10) {
            0..4 => {
                let put = s3.put_object(
                    &bucket,
                    &format!("put-{task}-{round}"),
                    put_content(task, round),
                );
                let put = tokio::time::timeout(limit, put.send()).await.ok();
                outcome.lock().unwrap().count("put", put);
            }
            4..7 => {
                let (key, expected) = seed(usize::try_from(random.next(SEEDS as u64)).unwrap());
                let get = async {
                    s3.get_object(&bucket, &key)
                        .send()
                        .await?
                        .body
                        .bytes()
                        .await
                };
                let got = tokio::time::timeout(limit, get).await.ok();
                if let Some(bytes) = outcome.lock().unwrap().count("get", got) {
                    assert!(bytes == expected, "{key} has other bytes");
                }
            }
            7 => {
                let key = format!("upload-{task}-{round}");
                let reader = std::io::Cursor::new(upload_content(task));
                let upload = s3
                    .upload_reader(&bucket, &key, reader)
                    .threshold(5 * MIB as u64)
                    .part_size(5 * MIB as u64);
                let uploaded = tokio::time::timeout(limit * 8, upload.send()).await.ok();
                let mut outcome = outcome.lock().unwrap();
                let is_open = match &uploaded {
                    None => true,
                    Some(Err(error)) => {
                        error.context().upload_id.is_some() || error.is_outcome_unknown()
                    }
                    Some(Ok(_)) => false,
                };
                if is_open {
                    outcome.open.insert(key);
                }
                outcome.count("upload", uploaded);
            }
            8 => list(&s3, &bucket, &mut random, &outcome).await,
            _ => {
                let keys = (0..round).map(|earlier| format!("put-{task}-{earlier}"));
                let delete = s3.delete_many(&bucket, keys).send();
                let deleted = tokio::time::timeout(limit, delete).await.ok();
                outcome.lock().unwrap().count("delete_many", deleted);
            }
        }
    }
}

/// A listing whose pages are dropped and requested again still returns every key.
async fn list(s3: &Client, bucket: &str, random: &mut Random, outcome: &Mutex<Outcome>) {
    let mut pages = s3
        .list_objects_v2(bucket)
        .prefix("seed-")
        .max_keys(7)
        .pages();
    let (mut keys, mut dropped) = (Vec::new(), 0);
    loop {
        // Each time a little longer, so that it ends.
        let limit = Duration::from_micros(random.next(10_000) + dropped * 1_000);
        let page = tokio::time::timeout(limit, pages.next_page()).await.ok();
        dropped += u64::from(page.is_none());
        let is_dropped = page.is_none();
        match outcome.lock().unwrap().count("page", page) {
            Some(Some(page)) => keys.extend(page.contents.into_iter().map(|object| object.key)),
            Some(None) => break,
            None if is_dropped => {}
            // An error ends the listing.
            None => return,
        }
    }
    let expected: Vec<String> = (0..SEEDS).map(|number| seed(number).0).collect();
    assert_eq!(keys, expected);
}

/// Runs in a runtime of its own, whose tasks can be counted.
fn storm(proxy: &Proxy, bucket: &str, outcome: &Arc<Mutex<Outcome>>) {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .unwrap();
    runtime.block_on(async {
        let s3 = proxy.client();
        let tasks: Vec<_> = (0..TASKS)
            .map(|task| {
                tokio::spawn(one_task(
                    s3.clone(),
                    bucket.to_owned(),
                    task,
                    outcome.clone(),
                ))
            })
            .collect();
        for task in tasks {
            task.await.unwrap();
        }
        // Dropped retries have returned their tokens: there are some left.
        let probe = s3
            .put_object(bucket, "probe", "x")
            .send_with_metadata()
            .await
            .unwrap();
        assert_eq!(probe.attempts, 2);
        drop(s3);
        let start = Instant::now();
        while runtime.metrics().num_alive_tasks() > 0 || sockets_to(proxy.address().port()) > 0 {
            assert!(
                start.elapsed() < Duration::from_secs(20),
                "{} tasks and {} sockets are left",
                runtime.metrics().num_alive_tasks(),
                sockets_to(proxy.address().port())
            );
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        println!(
            "  no task and no socket is left after {:?}",
            start.elapsed()
        );
        proxy.idle().await;
    });
}

#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
#[ignore = "needs a store: tests/run"]
async fn calls_that_are_dropped_at_random_leave_nothing_behind() {
    with_bucket(|s3, bucket| async move {
        for number in 0..SEEDS {
            let (key, bytes) = seed(number);
            s3.put_object(&bucket, &key, bytes).send().await.unwrap();
        }
        let outcome = Arc::new(Mutex::new(Outcome::default()));
        let start = Instant::now();
        let (name, shared) = (bucket.clone(), outcome.clone());
        let stormed =
            tokio::task::spawn_blocking(move || storm(&Proxy::new(unreliable), &name, &shared));
        stormed.await.unwrap();
        let Outcome { calls, open } = std::mem::take(&mut *outcome.lock().unwrap());
        println!(
            "cancellation: {TASKS} tasks, {} calls each, in {:?}",
            rounds(),
            start.elapsed()
        );
        for (kind, [completed, failed, dropped]) in &calls {
            println!("  {kind}: {completed} completed, {failed} failed, {dropped} dropped");
        }

        let mut pages = s3.list_objects_v2(&bucket).pages();
        let mut objects = 0;
        while let Some(page) = pages.next_page().await.unwrap() {
            for object in page.contents {
                let numbers: Vec<u64> = object
                    .key
                    .split('-')
                    .filter_map(|part| part.parse().ok())
                    .collect();
                let expected = match (object.key.split('-').next(), &numbers[..]) {
                    (Some("put"), [task, round]) => put_content(*task, *round),
                    (Some("upload"), [task, _]) => upload_content(*task),
                    _ => continue,
                };
                objects += 1;
                let bytes = read(&s3, &bucket, &object.key).await;
                assert!(bytes == expected, "{} has other bytes", object.key);
            }
        }
        println!("  {objects} objects hold the bytes that were sent");

        // s3s-fs does not list uploads.
        if store() == Store::S3sFs {
            return;
        }
        let mut left = 0;
        for task in 0..TASKS {
            for round in 0..rounds() {
                let key = format!("upload-{task}-{round}");
                let page = s3
                    .list_multipart_uploads(&bucket)
                    .prefix(&key)
                    .send()
                    .await
                    .unwrap();
                for upload in page.uploads.into_iter().filter(|upload| upload.key == key) {
                    assert!(
                        open.contains(&key),
                        "{key} has an upload that was not reported"
                    );
                    left += 1;
                    s3.abort_multipart_upload(&bucket, &key, &upload.upload_id)
                        .send()
                        .await
                        .unwrap();
                }
            }
        }
        println!("  {left} uploads are left, all of calls that were dropped or have reported them");
    })
    .await;
}
