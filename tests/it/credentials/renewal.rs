//! The cache: one renewal however many calls wait, ahead of time, and the old credentials while they hold.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};
use std::time::{Duration, SystemTime};

use futures_util::future::join_all;
use slim_s3::error::TransportKind;
use slim_s3::{Client, Credentials, Error};
use tokio::time::sleep;

use super::issuer::Issuer;
use crate::support::script::transport_kind;
use crate::support::server::{SECRET_ACCESS_KEY, put_error, record, until};

/// A client whose clock can be set forward.
async fn client(issuer: &Issuer) -> (Client, Arc<AtomicU64>) {
    let ahead = Arc::new(AtomicU64::new(0));
    let seconds = ahead.clone();
    let clock = move || SystemTime::now() + Duration::from_secs(seconds.load(Ordering::SeqCst));
    let s3 = issuer.builder().await.clock(clock).build().unwrap();
    (s3, ahead)
}

async fn put(s3: &Client) -> Result<(), Error> {
    s3.put_object("bucket", "key", "x").send().await.map(drop)
}

#[tokio::test]
async fn sixteen_calls_wait_for_one_renewal() {
    let issuer = Issuer::start().await;
    let (s3, ahead) = client(&issuer).await;
    issuer.state().delay = Duration::from_millis(200);
    ahead.store(3601, Ordering::SeqCst);
    for outcome in join_all((0..16).map(|_| put(&s3))).await {
        outcome.unwrap();
    }
    assert_eq!(issuer.state().asked, 2);
    assert_eq!(issuer.state().stored, [2; 16]);
}

/// Ahead of time, one call waits and the others use what holds.
#[tokio::test]
async fn credentials_are_renewed_ahead_by_one_call_and_the_others_do_not_wait() {
    let issuer = Issuer::start().await;
    let (s3, ahead) = client(&issuer).await;
    ahead.store(3230, Ordering::SeqCst);
    put(&s3).await.unwrap();
    assert_eq!(issuer.state().asked, 1, "six minutes before they expire");
    ahead.store(3310, Ordering::SeqCst);
    issuer.state().delay = Duration::from_secs(1);
    for outcome in join_all((0..16).map(|_| put(&s3))).await {
        outcome.unwrap();
    }
    let state = issuer.state();
    assert_eq!(state.asked, 2);
    let with_old = state.stored[1..].iter().filter(|set| **set == 1).count();
    assert_eq!((with_old, state.stored.last()), (15, Some(&2)));
}

#[tokio::test]
async fn a_dropped_call_does_not_strand_those_that_wait_with_it() {
    let issuer = Issuer::start().await;
    let (s3, ahead) = client(&issuer).await;
    issuer.state().delay = Duration::from_secs(1);
    ahead.store(3601, Ordering::SeqCst);
    // The first one starts the renewal.
    let first = tokio::spawn({
        let s3 = s3.clone();
        async move { put(&s3).await }
    });
    until(|| issuer.state().asked == 2).await;
    let others: Vec<_> = (0..15)
        .map(|_| {
            let s3 = s3.clone();
            tokio::spawn(async move { put(&s3).await })
        })
        .collect();
    sleep(Duration::from_millis(100)).await;
    first.abort();
    for outcome in join_all(others).await {
        outcome.unwrap().unwrap();
    }
    assert!(first.await.unwrap_err().is_cancelled());
    assert_eq!(issuer.state().asked, 2);
    assert_eq!(issuer.state().stored, [2; 15]);
}

#[tokio::test]
async fn when_all_that_wait_are_dropped_the_next_call_starts_anew() {
    let issuer = Issuer::start().await;
    let (s3, ahead) = client(&issuer).await;
    issuer.state().delay = Duration::from_secs(60);
    ahead.store(3601, Ordering::SeqCst);
    tokio::select! {
        outcomes = join_all((0..4).map(|_| put(&s3))) => panic!("{outcomes:?}"),
        () = until(|| issuer.state().asked == 2) => {}
    }
    issuer.state().delay = Duration::ZERO;
    put(&s3).await.unwrap();
    assert_eq!(issuer.state().asked, 3);
}

#[tokio::test]
async fn while_renewals_fail_the_old_credentials_are_used_and_the_source_has_pauses() {
    let issuer = Issuer::start().await;
    let (s3, ahead) = client(&issuer).await;
    issuer.state().fails = true;
    ahead.store(3400, Ordering::SeqCst);
    for _ in 0..50 {
        put(&s3).await.unwrap();
    }
    // One renewal, which has three attempts.
    assert_eq!(issuer.state().asked, 1 + 3);
    assert_eq!(issuer.state().stored, [1; 50]);
    issuer.state().fails = false;
    sleep(Duration::from_millis(1100)).await;
    put(&s3).await.unwrap();
    assert_eq!(issuer.state().stored.last(), Some(&2));
}

#[tokio::test]
async fn expired_credentials_are_never_sent() {
    let issuer = Issuer::start().await;
    let (s3, ahead) = client(&issuer).await;
    issuer.state().fails = true;
    ahead.store(3601, Ordering::SeqCst);
    let outcomes = join_all((0..16).map(|_| put(&s3))).await;
    for outcome in outcomes {
        let error = outcome.unwrap_err();
        assert_eq!(transport_kind(&error), TransportKind::Credentials);
        assert!(
            error.to_string().starts_with(
                "PutObject bucket/key: the credentials cannot be renewed: container credentials: the service returned 500"
            ),
            "{error}"
        );
        assert_eq!(error.context().attempts, 0, "{error}");
    }
    assert_eq!(issuer.state().asked, 1 + 3);
    assert!(issuer.state().stored.is_empty());
    issuer.state().fails = false;
    sleep(Duration::from_millis(1100)).await;
    put(&s3).await.unwrap();
    assert_eq!(issuer.state().stored, [2]);
}

#[tokio::test]
async fn credentials_that_the_store_rejects_as_expired_are_renewed_once_for_all_calls() {
    let issuer = Issuer::start().await;
    let (s3, _) = client(&issuer).await;
    issuer.state().first_valid = 2;
    issuer.state().delay = Duration::from_millis(100);
    for outcome in join_all((0..16).map(|_| put(&s3))).await {
        outcome.unwrap();
    }
    assert_eq!(issuer.state().rejected, 16);
    assert_eq!(issuer.state().asked, 2);
    assert_eq!(issuer.state().stored, [2; 16]);
    // Without retries the call fails, and the next one has new credentials.
    issuer.state().first_valid = 3;
    let once = slim_s3::RetryPolicy::none();
    let put_once = s3.put_object("bucket", "key", "x").retry(once).send().await;
    assert_eq!(put_once.unwrap_err().code(), Some("ExpiredToken"));
    put(&s3).await.unwrap();
    assert_eq!(issuer.state().rejected, 17);
}

/// The same credentials would be rejected again.
#[tokio::test]
async fn a_source_that_returns_rejected_credentials_again_is_not_hammered() {
    let issuer = Issuer::start().await;
    let (s3, _) = client(&issuer).await;
    issuer.state().is_renewing = false;
    issuer.state().first_valid = 2;
    for _ in 0..20 {
        let error = put_error(&s3, "x").await.to_string();
        assert!(
            error.contains(
                "the store rejected them as expired, and their source still returns the same ones"
            ),
            "{error}"
        );
    }
    assert_eq!(issuer.state().rejected, 1);
    assert!(issuer.state().asked <= 3, "{}", issuer.state().asked);
}

#[tokio::test]
async fn a_source_that_returns_expired_credentials_is_an_error() {
    let issuer = Issuer::start().await;
    let (s3, ahead) = client(&issuer).await;
    // The store proves that the clock is right.
    put(&s3).await.unwrap();
    issuer.state().lifetime = Some(Duration::from_secs(3600));
    ahead.store(2 * 3600 + 30, Ordering::SeqCst);
    // By the server's clock they hold. A clock that was set is not proved any more, so the server decides.
    put(&s3).await.unwrap();
    assert_eq!(issuer.state().stored, [1, 2]);
    // Now it is, and they have expired by it.
    let error = put_error(&s3, "x").await.to_string();
    assert!(
        error.contains("their source returned credentials that have expired"),
        "{error}"
    );
    assert_eq!(issuer.state().stored, [1, 2]);
}

#[tokio::test]
async fn held_credentials_sign_and_presign_without_waiting() {
    let issuer = Issuer::start().await;
    let (s3, ahead) = client(&issuer).await;
    assert_eq!(super::access_key_id(&s3), "SET1");
    let get = || s3.get_object("bucket", "key");
    let minute = Duration::from_secs(60);
    let link = get().presign(s3.now(), minute).unwrap();
    assert!(link.url().contains("X-Amz-Credential=SET1"));
    issuer.state().lifetime = Some(Duration::from_secs(7200));
    ahead.store(3601, Ordering::SeqCst);
    let error = get().presign(s3.now(), minute).unwrap_err().to_string();
    assert!(error.contains("credentials"), "{error}");
    let link = get().presign_now(minute).await.unwrap();
    assert!(link.url().contains("X-Amz-Credential=SET2"));
}

/// A provider of the program has the same cache.
#[tokio::test]
async fn a_cached_provider_is_called_once_and_its_panic_is_an_error() {
    let (address, requests) = record("200 OK\r\netag: \"e\"", "").await;
    let calls = Arc::new(AtomicU32::new(0));
    let count = calls.clone();
    let provider = move || {
        let number = count.fetch_add(1, Ordering::SeqCst);
        async move {
            sleep(Duration::from_millis(50)).await;
            assert!(number != 0, "a panic of the provider");
            let credentials = Credentials::new("AKID", SECRET_ACCESS_KEY);
            Ok::<_, std::io::Error>(credentials)
        }
    };
    let s3 = crate::support::server::builder(address)
        .cached_credentials_provider(provider)
        .build()
        .unwrap();
    assert!(format!("{s3:?}").contains("credentials: Cached"), "{s3:?}");
    for outcome in join_all((0..16).map(|_| put(&s3))).await {
        let error = outcome.unwrap_err().to_string();
        assert!(
            error.contains("the credentials provider panicked"),
            "{error}"
        );
    }
    assert_eq!(calls.load(Ordering::SeqCst), 1);
    sleep(Duration::from_millis(1100)).await;
    for outcome in join_all((0..16).map(|_| put(&s3))).await {
        outcome.unwrap();
    }
    assert_eq!(calls.load(Ordering::SeqCst), 2);
    assert_eq!(requests.lock().unwrap().len(), 16);
}

/// Two runtimes share a client. The one that started the renewal ends; the calls of the other go on.
#[test]
fn a_runtime_that_ends_does_not_strand_the_calls_of_another() {
    let runtime = || {
        let mut builder = tokio::runtime::Builder::new_multi_thread();
        builder.worker_threads(1).enable_all().build().unwrap()
    };
    let (servers, one, two) = (runtime(), runtime(), runtime());
    let issuer = servers.block_on(Issuer::start());
    let (s3, ahead) = servers.block_on(client(&issuer));
    issuer.state().delay = Duration::from_secs(1);
    ahead.store(3601, Ordering::SeqCst);
    let first = s3.clone();
    one.spawn(async move { put(&first).await });
    std::thread::sleep(Duration::from_millis(200));
    let second = two.spawn(async move { put(&s3).await });
    std::thread::sleep(Duration::from_millis(200));
    one.shutdown_background();
    let outcome = two.block_on(async {
        let limit = Duration::from_secs(20);
        tokio::time::timeout(limit, second).await.unwrap().unwrap()
    });
    if let Err(error) = outcome {
        // The first runtime took the connection of the renewal with it.
        assert_eq!(
            transport_kind(&error),
            TransportKind::Credentials,
            "{error}"
        );
    }
}
