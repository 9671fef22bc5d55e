//! Thousands of puts and gets through a network that resets, refuses and cuts.
//!
//! ```text
//! SLIM_S3_TEST_SETS=default SLIM_S3_TEST_STORES=minio tests/run -- bad_minute --nocapture
//! ```

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use futures_util::StreamExt;
use slim_s3::{Client, Error};

use super::content;
use crate::support::live::with_bucket;
use crate::support::proxy::{Asked, Fault, Proxy};

const KEYS: usize = 2000;
const AT_ONCE: usize = 16;

/// Of a hundred requests, 5 are reset, 10 refused with 503, and of 2 the body is cut, there or back.
fn bad_network(asked: &Asked<'_>) -> Fault {
    // Scattered, and the same in every run.
    match (u64::from(asked.number) * 0x9e37_79b9 % 1009) % 100 {
        0..5 => Fault::Reset,
        5..15 => Fault::Answer(
            "503 Slow Down",
            "<Error><Code>SlowDown</Code></Error>".to_owned(),
        ),
        15..17 if asked.head.starts_with("PUT ") => Fault::Halve,
        15..17 => Fault::Cut(100),
        _ => Fault::None,
    }
}

#[derive(Default)]
struct Summary {
    puts: u32,
    gets: u32,
    attempts: u32,
    /// Calls that failed for good and were made anew, by what they were told.
    told: BTreeMap<String, u32>,
    wrong: u32,
}

/// What a failed call may say here. Anything else would be a fault of the client.
fn explained(error: &Error) -> String {
    let attempts = error.context().attempts;
    assert!(error.is_retryable(), "unexplained: {error}");
    let text = error.to_string();
    match error {
        Error::Service(service) => {
            assert!(
                service.code == "SlowDown" && attempts == 3,
                "unexplained: {error}"
            );
            "503 SlowDown, three times".to_owned()
        }
        Error::Transport(_) if text.contains("the answer was cut short after") => {
            "an object that was cut short".to_owned()
        }
        Error::Transport(_) => {
            assert!(
                attempts == 3 && error.context().earlier.len() == 2,
                "unexplained: {error}"
            );
            "a connection that broke, after two other failures".to_owned()
        }
        _ => panic!("unexplained: {error}"),
    }
}

async fn put_and_get(s3: &Client, bucket: &str, number: usize, summary: &Mutex<Summary>) {
    let key = format!("key-{number}");
    // From nothing to 32 KiB, each with bytes of its own.
    let bytes = content(8 + number * 7919 % (32 << 10)).split_off(number % 8);
    loop {
        let put = s3
            .put_object(bucket, &key, bytes.clone())
            .send_answered()
            .await;
        let mut summary = summary.lock().unwrap();
        summary.puts += 1;
        match put {
            Ok(stored) => {
                summary.attempts += stored.attempts;
                break;
            }
            Err(error) => {
                summary.attempts += error.context().attempts;
                *summary.told.entry(explained(&error)).or_default() += 1;
            }
        }
    }
    loop {
        let got = async {
            let object = s3.get_object(bucket, &key).send_answered().await?;
            Ok::<_, Error>((object.attempts, object.output.body.bytes().await?))
        };
        let got = got.await;
        let mut summary = summary.lock().unwrap();
        summary.gets += 1;
        match got {
            Ok((attempts, got)) => {
                summary.attempts += attempts;
                summary.wrong += u32::from(got != bytes);
                return;
            }
            Err(error) => {
                summary.attempts += error.context().attempts;
                *summary.told.entry(explained(&error)).or_default() += 1;
            }
        }
    }
}

#[tokio::test]
#[ignore = "needs a store: tests/run"]
async fn a_bad_minute() {
    with_bucket(|_, bucket| async move {
        let proxy = Proxy::new(bad_network);
        let (s3, summary) = (proxy.client(), Arc::new(Mutex::new(Summary::default())));
        let start = std::time::Instant::now();
        let calls = futures_util::stream::iter(0..KEYS).map(|number| {
            let (s3, bucket, summary) = (s3.clone(), bucket.clone(), summary.clone());
            async move { put_and_get(&s3, &bucket, number, &summary).await }
        });
        calls.buffer_unordered(AT_ONCE).collect::<()>().await;
        let Summary {
            puts,
            gets,
            attempts,
            told,
            wrong,
        } = std::mem::take(&mut *summary.lock().unwrap());
        println!(
            "a bad minute: {KEYS} objects stored and read back, {AT_ONCE} at a time, in {:?}",
            start.elapsed()
        );
        println!(
            "  {} requests came to the proxy, and it did something to {}",
            proxy.asked(),
            proxy.faults()
        );
        println!("  {puts} puts and {gets} gets were made, in {attempts} attempts");
        for (what, count) in &told {
            println!("  told and made anew: {count} times {what}");
        }
        println!("  objects with a wrong byte: {wrong}; an error of any other kind would have ended the test");
        assert_eq!(wrong, 0);
        assert_eq!(attempts, proxy.asked(), "each attempt is one request");
        assert!(f64::from(proxy.faults()) > f64::from(proxy.asked()) * 0.15);
    })
    .await;
}
