//! Keys that change each second, under load: 200 puts a second for fifteen seconds, and no call fails.

use std::time::{Duration, Instant};

use futures_util::future::join_all;

use super::issuer::Issuer;

const PER_SECOND: u32 = 200;

/// For how long: fifteen seconds, or what the environment says.
fn seconds() -> u32 {
    let seconds = std::env::var("SLIM_S3_ROTATION_SECONDS");
    seconds.map_or(15, |seconds| seconds.parse().unwrap())
}

/// Puts at a steady rate, whatever each one takes. Returns the errors.
async fn puts(s3: slim_s3::Client, seconds: u32) -> Vec<String> {
    let started = Instant::now();
    let put = async |number: u32| {
        let at = started + Duration::from_secs(1) * number / PER_SECOND;
        tokio::time::sleep_until(at.into()).await;
        let put = s3.put_object("bucket", &format!("{number}"), "x").send();
        put.await.err().map(|error| error.to_string())
    };
    let all = join_all((0..seconds * PER_SECOND).map(put)).await;
    assert!(started.elapsed() >= Duration::from_secs(seconds.into()) - Duration::from_millis(100));
    all.into_iter().flatten().collect()
}

/// Each set expires after two seconds, and says so: it is replaced before.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn keys_that_expire_are_replaced_before() {
    let issuer = Issuer::start().await;
    issuer.state().lifetime = Some(Duration::from_secs(3));
    let s3 = issuer.builder().await.build().unwrap();
    let seconds = seconds();
    let errors = puts(s3, seconds).await;
    assert_eq!(errors, Vec::<String>::new());
    let state = issuer.state();
    assert_eq!(state.stored.len() as u32, seconds * PER_SECOND);
    assert!(
        (seconds / 3..seconds * 4).contains(&state.asked),
        "{} renewals",
        state.asked
    );
}

/// The provider changes its keys each second without notice, and the store rejects the old ones at once.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn keys_that_are_rejected_are_replaced_at_once() {
    let issuer = Issuer::start().await;
    issuer.state().lifetime = None;
    issuer.state().period = Some(Duration::from_secs(1));
    let s3 = issuer.builder().await.build().unwrap();
    let (seconds, started) = (seconds(), Instant::now());
    let errors = puts(s3, seconds).await;
    let periods = u32::try_from(started.elapsed().as_secs()).unwrap();
    assert_eq!(errors, Vec::<String>::new());
    let state = issuer.state();
    assert_eq!(state.stored.len() as u32, seconds * PER_SECOND);
    assert!(
        state.rejected >= seconds - 1,
        "{} rejections",
        state.rejected
    );
    // One renewal for each second, however many calls were rejected.
    assert!(
        (seconds - 1..=periods + 3).contains(&state.asked),
        "{} renewals",
        state.asked
    );
}
