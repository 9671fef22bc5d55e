//! Thousands of puts and gets through a network that resets connections, throttles and truncates.
//!
//! ```text
//! SLIM_S3_TEST_SETS=default SLIM_S3_TEST_STORES=minio tests/run -- unreliable_network --nocapture
//! ```

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use futures_util::StreamExt;
use slim_s3::{Client, Error};

use super::content;
use crate::support::live::with_bucket;
use crate::support::proxy::{Fault, ProxiedRequest, Proxy};

const KEYS: usize = 2000;
const CONCURRENCY: usize = 16;

/// Of 100 requests, 5 are reset, 10 get a 503, and 2 have the body of the request or the response truncated.
fn unreliable(request: &ProxiedRequest<'_>) -> Fault {
    // Scattered, but identical in every run.
    match (u64::from(request.number) * 0x9e37_79b9 % 1009) % 100 {
        0..5 => Fault::Reset,
        5..15 => Fault::Respond(
            "503 Slow Down",
            "<Error><Code>SlowDown</Code></Error>".to_owned(),
        ),
        15..17 if request.head.starts_with("PUT ") => Fault::TruncateRequest,
        15..17 => Fault::TruncateResponse(100),
        _ => Fault::None,
    }
}

#[derive(Default)]
struct Summary {
    puts: u32,
    gets: u32,
    attempts: u32,
    /// How many calls failed and were repeated by the test, by cause.
    failures: BTreeMap<String, u32>,
    corrupt: u32,
}

/// The cause of a failed call. Panics if the proxy cannot have caused it.
fn cause(error: &Error) -> String {
    let attempts = error.context().attempts;
    assert!(error.is_retryable(), "not caused by the proxy: {error}");
    let text = error.to_string();
    match error {
        Error::Service(service) => {
            assert!(
                service.code == "SlowDown" && attempts == 3,
                "not caused by the proxy: {error}"
            );
            "503 SlowDown, three times".to_owned()
        }
        Error::Transport(_) if text.contains("the response was truncated after") => {
            "truncated object".to_owned()
        }
        Error::Transport(_) => {
            assert!(
                attempts == 3 && error.context().earlier.len() == 2,
                "not caused by the proxy: {error}"
            );
            "broken connection, after two other failures".to_owned()
        }
        _ => panic!("not caused by the proxy: {error}"),
    }
}

async fn put_and_get(s3: &Client, bucket: &str, number: usize, summary: &Mutex<Summary>) {
    let key = format!("key-{number}");
    // Up to 32 KiB, with different bytes for each key.
    let bytes = content(8 + number * 7919 % (32 << 10)).split_off(number % 8);
    loop {
        let put = s3
            .put_object(bucket, &key, bytes.clone())
            .send_with_metadata()
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
                *summary.failures.entry(cause(&error)).or_default() += 1;
            }
        }
    }
    loop {
        let got = async {
            // The attempts of a body that continues are not counted in the metadata.
            let get = s3.get_object(bucket, &key).no_continuation();
            let object = get.send_with_metadata().await?;
            Ok::<_, Error>((object.attempts, object.output.body.bytes().await?))
        };
        let got = got.await;
        let mut summary = summary.lock().unwrap();
        summary.gets += 1;
        match got {
            Ok((attempts, got)) => {
                summary.attempts += attempts;
                summary.corrupt += u32::from(got != bytes);
                return;
            }
            Err(error) => {
                summary.attempts += error.context().attempts;
                *summary.failures.entry(cause(&error)).or_default() += 1;
            }
        }
    }
}

#[tokio::test]
#[ignore = "needs a store: tests/run"]
async fn objects_survive_an_unreliable_network() {
    with_bucket(|_, bucket| async move {
        let proxy = Proxy::new(unreliable);
        let (s3, summary) = (proxy.client(), Arc::new(Mutex::new(Summary::default())));
        let start = std::time::Instant::now();
        let calls = futures_util::stream::iter(0..KEYS).map(|number| {
            let (s3, bucket, summary) = (s3.clone(), bucket.clone(), summary.clone());
            async move { put_and_get(&s3, &bucket, number, &summary).await }
        });
        calls.buffer_unordered(CONCURRENCY).collect::<()>().await;
        let Summary {
            puts,
            gets,
            attempts,
            failures,
            corrupt,
        } = std::mem::take(&mut *summary.lock().unwrap());
        println!(
            "unreliable network: {KEYS} objects stored and read back, {CONCURRENCY} at a time, in {:?}",
            start.elapsed()
        );
        println!(
            "  {} requests reached the proxy, which injected {} faults",
            proxy.requests(),
            proxy.faults()
        );
        println!("  {puts} puts and {gets} gets took {attempts} attempts");
        for (cause, count) in &failures {
            println!("  reported and repeated: {count} times {cause}");
        }
        println!("  corrupt objects: {corrupt}; any other kind of error would have failed the test");
        assert_eq!(corrupt, 0);
        assert_eq!(attempts, proxy.requests(), "each attempt is one request");
        assert!(f64::from(proxy.faults()) > f64::from(proxy.requests()) * 0.15);
    })
    .await;
}
