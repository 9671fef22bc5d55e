//! A source that hangs or is slow, while the credentials that it returned before still hold.

use std::future::pending;
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant, SystemTime};

use futures_util::future::join_all;
use slim_s3::{Client, Credentials, Error};
use tokio::time::{sleep, timeout};

use crate::support::server::{Received, SECRET_ACCESS_KEY, builder, record};

const HOUR: Duration = Duration::from_secs(3600);

/// How long a call waits while the old credentials hold.
const PATIENCE: Duration = Duration::from_secs(10);

/// A client of a source whose first set has arrived, and is due for renewal.
struct Slow {
    s3: Client,
    /// How often the source was asked.
    asked: Arc<AtomicU32>,
    /// How long it takes; forever without a number.
    takes: Arc<Mutex<Option<Duration>>>,
    /// How far the clock is ahead, in seconds.
    ahead: Arc<AtomicU64>,
    requests: Arc<Mutex<Vec<Received>>>,
}

impl Slow {
    async fn new() -> Slow {
        let (address, requests) = record("200 OK\r\netag: \"e\"", "").await;
        let asked = Arc::new(AtomicU32::new(0));
        let takes = Arc::new(Mutex::new(Some(Duration::ZERO)));
        let ahead = Arc::new(AtomicU64::new(0));
        let (count, time, seconds) = (asked.clone(), takes.clone(), ahead.clone());
        let provide = move || {
            let set = 1 + count.fetch_add(1, Ordering::SeqCst);
            let takes = *time.lock().unwrap();
            async move {
                match takes {
                    Some(takes) => sleep(takes).await,
                    None => pending().await,
                }
                let keys = Credentials::new(format!("SET{set}"), SECRET_ACCESS_KEY);
                Ok::<_, std::io::Error>(keys.with_expiry(SystemTime::now() + HOUR * set))
            }
        };
        let clock = move || SystemTime::now() + Duration::from_secs(seconds.load(Ordering::SeqCst));
        let s3 = builder(address)
            .clock(clock)
            .cached_credentials_provider(provide)
            .build()
            .unwrap();
        put(&s3).await.unwrap();
        ahead.store(3400, Ordering::SeqCst);
        Slow {
            s3,
            asked,
            takes,
            ahead,
            requests,
        }
    }

    fn takes(&self, time: Option<Duration>) {
        *self.takes.lock().unwrap() = time;
    }

    fn asked(&self) -> u32 {
        self.asked.load(Ordering::SeqCst)
    }

    /// Whether the last request was signed with this set.
    fn used(&self, set: u32) -> bool {
        let requests = self.requests.lock().unwrap();
        let last = requests.last().unwrap().header("authorization").unwrap();
        last.contains(&format!("Credential=SET{set}/"))
    }
}

async fn put(s3: &Client) -> Result<(), Error> {
    s3.put_object("bucket", "key", "x").send().await.map(drop)
}

/// Sixteen puts at once, and how long each took.
async fn puts(s3: &Client) -> Vec<Duration> {
    let timed = |_| async {
        let started = Instant::now();
        put(s3).await.unwrap();
        started.elapsed()
    };
    let mut times = join_all((0..16).map(timed)).await;
    times.sort();
    times
}

#[tokio::test]
async fn a_source_that_hangs_delays_one_call_for_a_while_and_no_other() {
    let slow = Slow::new().await;
    slow.takes(None);
    let times = puts(&slow.s3).await;
    assert!(times[14] < Duration::from_secs(5), "{times:?}");
    assert!((PATIENCE..PATIENCE * 2).contains(&times[15]), "{times:?}");
    assert!(slow.used(1));
    // That is remembered: the next calls do not wait.
    let times = puts(&slow.s3).await;
    assert!(times[15] < Duration::from_secs(5), "{times:?}");
    assert_eq!(slow.asked(), 2);
    // Once the source has recovered, it is asked again.
    slow.takes(Some(Duration::ZERO));
    sleep(Duration::from_millis(1100)).await;
    puts(&slow.s3).await;
    put(&slow.s3).await.unwrap();
    assert_eq!(slow.asked(), 3);
    assert!(slow.used(3));
}

/// The caller's own limit is shorter: without a pause, each of its calls would be the one that waits.
#[tokio::test]
async fn a_call_that_is_dropped_while_it_waits_does_not_pass_the_wait_on() {
    let slow = Slow::new().await;
    slow.takes(None);
    let limit = Duration::from_millis(300);
    assert!(timeout(limit, put(&slow.s3)).await.is_err());
    timeout(limit * 10, puts(&slow.s3)).await.unwrap();
    assert_eq!(slow.asked(), 2);
    assert!(slow.used(1));
    // After the pause another one takes over.
    slow.takes(Some(Duration::ZERO));
    sleep(Duration::from_millis(1100)).await;
    puts(&slow.s3).await;
    put(&slow.s3).await.unwrap();
    assert_eq!(slow.asked(), 3);
    assert!(slow.used(3));
}

/// A pause after a dropped call is no reason to fail: the source may only be slow.
#[tokio::test]
async fn a_call_with_expired_credentials_takes_over_at_once() {
    let slow = Slow::new().await;
    slow.takes(None);
    let limit = Duration::from_millis(300);
    assert!(timeout(limit, put(&slow.s3)).await.is_err());
    slow.takes(Some(Duration::ZERO));
    slow.ahead.store(3601, Ordering::SeqCst);
    put(&slow.s3).await.unwrap();
    assert_eq!(slow.asked(), 3);
    assert!(slow.used(3));
}

/// The call that waits briefly goes on to wait for the same renewal.
#[tokio::test]
async fn credentials_that_expire_during_the_wait_are_awaited() {
    let slow = Slow::new().await;
    slow.takes(Some(PATIENCE + Duration::from_secs(1)));
    let expire = async {
        sleep(Duration::from_secs(1)).await;
        slow.ahead.store(3601, Ordering::SeqCst);
    };
    let (times, ()) = tokio::join!(puts(&slow.s3), expire);
    assert!(times[14] < Duration::from_secs(5), "{times:?}");
    assert!(times[15] > PATIENCE, "{times:?}");
    assert_eq!(slow.asked(), 2);
    assert!(slow.used(2));
}
