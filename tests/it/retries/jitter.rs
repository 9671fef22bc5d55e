//! The client's own delay before a retry: drawn at random, up to a bound that doubles.

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use futures_util::future::join_all;
use slim_s3::{Error, RetryPolicy};

use crate::support::server;

const CALLS: usize = 60;
/// In milliseconds. The last one is `max_delay`.
const BOUNDS: [u64; 4] = [40, 80, 160, 200];

/// When the requests for each path arrived.
type Times = HashMap<String, Vec<Instant>>;

fn record(times: &Mutex<Times>, path: String) {
    let mut times = times.lock().unwrap();
    times.entry(path).or_default().push(Instant::now());
}

/// Sends [`CALLS`] calls that fail in every attempt, each to its own key. Returns their errors, and the times at the server.
async fn failed_calls(head: &'static str, policy: RetryPolicy) -> (Vec<Error>, Times) {
    let times = Arc::new(Mutex::new(Times::new()));
    let noted = times.clone();
    let address = server::serve(move |mut connection| {
        let noted = noted.clone();
        async move {
            while let Some(request) = connection.request().await {
                record(&noted, request.target);
                connection.respond(head, "").await;
            }
        }
    })
    .await;
    let s3 = server::builder(address).retry(policy).build().unwrap();
    let puts = (0..CALLS).map(|call| s3.put_object("bucket", &call.to_string(), "x").send());
    let errors = join_all(puts).await;
    let errors = errors.into_iter().map(Result::unwrap_err).collect();
    let times = times.lock().unwrap().clone();
    (errors, times)
}

#[tokio::test]
async fn delays_are_random_up_to_a_bound_that_doubles() {
    let base = Duration::from_millis(BOUNDS[0]);
    let other = Duration::from_secs(600);
    let policy = RetryPolicy {
        max_attempts: 1 + BOUNDS.len() as u32,
        max_delay: Duration::from_millis(BOUNDS[3]),
        budget: u32::MAX,
        ..RetryPolicy::default()
    };
    for (head, base_delay, throttled_delay) in [
        ("500 Internal Server Error", base, other),
        ("429 Too Many Requests", other, base),
    ] {
        let policy = RetryPolicy {
            base_delay,
            throttled_delay,
            ..policy
        };
        let (errors, times) = failed_calls(head, policy).await;
        // How much longer than its delay each wait was, measured at the server.
        let mut excess = Vec::new();
        for (retry, bound) in BOUNDS.iter().enumerate() {
            let bound = Duration::from_millis(*bound);
            let mut delays = Vec::new();
            for error in &errors {
                let delay = error.context().earlier[retry].delay;
                let key = error.context().key.as_deref().unwrap();
                let times = &times[&format!("/bucket/{key}")];
                let waited = times[retry + 1] - times[retry];
                assert!(delay <= bound, "{head}: {delay:?} in retry {retry}");
                assert!(waited >= delay, "{head}: {waited:?} instead of {delay:?}");
                excess.push(waited - delay);
                delays.push(delay);
            }
            // The chance that one of 60 fails to do so is less than 1 in 10^7, for each of these.
            let (least, most) = (delays.iter().min(), delays.iter().max());
            assert!(
                *least.unwrap() < bound / 4,
                "{head}: {least:?} of {bound:?}"
            );
            assert!(
                *most.unwrap() > bound * 3 / 4,
                "{head}: {most:?} of {bound:?}"
            );
            let distinct: HashSet<_> = delays.iter().collect();
            assert!(distinct.len() > CALLS / 2, "{head}: {distinct:?}");
        }
        // Half of them, because a busy machine may delay some.
        excess.sort();
        let median = excess[excess.len() / 2];
        assert!(median < Duration::from_secs(1), "{head}: {median:?}");
    }
}
