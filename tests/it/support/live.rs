//! The live store that `tests/run` starts, and a separate bucket for each test.

use std::any::Any;
use std::cell::RefCell;
use std::net::SocketAddr;
use std::path::Path;
use std::sync::Once;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{SystemTime, UNIX_EPOCH};

use slim_s3::{Client, ClientBuilder, Credentials, Dialect, Error, Roots};

use super::differences::{differences, expected_difference};

/// The stores whose differences the tests expect. `docs/compatibility.md` lists them. The stores of `tests/stores` are
/// expected to behave as MinIO over http does, except where [`differences`] says otherwise.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Store {
    Minio,
    Versitygw,
    S3sFs,
}

fn variable(name: &str) -> String {
    std::env::var(name)
        .unwrap_or_else(|_| panic!("{name} is not set: run tests/run, which starts a store"))
}

/// The store under test.
pub fn store() -> Store {
    match std::env::var("S3_TEST_STORE").as_deref() {
        Err(_) | Ok("minio") => Store::Minio,
        Ok("versitygw") => Store::Versitygw,
        Ok("s3s-fs") => Store::S3sFs,
        Ok(other) if differences(other).is_some() => Store::Minio,
        Ok(other) => {
            panic!(
                "S3_TEST_STORE is {other}: use minio, versitygw, s3s-fs or a name in tests/stores"
            )
        }
    }
}

/// The name of the store, if it is one of `tests/stores`.
fn other_store() -> Option<String> {
    let name = std::env::var("S3_TEST_STORE").ok()?;
    differences(&name).is_some().then_some(name)
}

/// Whether it is MinIO itself, and not a store that is expected to behave like it.
pub fn is_minio() -> bool {
    store() == Store::Minio && other_store().is_none()
}

/// The constant for the store.
pub fn dialect() -> Dialect {
    match (other_store().as_deref(), store()) {
        (Some("ceph"), _) => Dialect::CEPH,
        (Some("garage"), _) => Dialect::GARAGE,
        (Some("gofakes3"), _) => Dialect::GOFAKES3,
        (Some("moto"), _) => Dialect::MOTO,
        (Some("rclone"), _) => Dialect::RCLONE,
        (Some("s3proxy"), _) => Dialect::S3PROXY,
        (Some("seaweedfs"), _) => Dialect::SEAWEEDFS,
        (Some("swift"), _) => Dialect::SWIFT,
        (Some(other), _) => panic!("{other} has no dialect"),
        (None, Store::Minio) => Dialect::MINIO,
        (None, Store::Versitygw) => Dialect::VERSITYGW,
        (None, Store::S3sFs) => Dialect::S3S_FS,
    }
}

/// The store's keys.
pub fn keys() -> (String, String) {
    (
        variable("S3_TEST_ACCESS_KEY_ID"),
        variable("S3_TEST_SECRET_ACCESS_KEY"),
    )
}

/// The store's URL.
pub fn endpoint() -> String {
    if store() == Store::S3sFs {
        let (id, secret) = keys();
        return format!("http://{}", super::s3s_fs::address(&id, &secret));
    }
    variable("S3_TEST_ENDPOINT")
}

pub fn is_https() -> bool {
    endpoint().starts_with("https://")
}

/// The store's socket address.
pub fn address() -> SocketAddr {
    let endpoint = endpoint();
    let (_, address) = endpoint.split_once("://").unwrap();
    address.parse().unwrap()
}

/// The store's region.
pub fn region() -> String {
    variable("S3_TEST_REGION")
}

/// The store's domain for virtual-hosted buckets, if it has one.
pub fn domain() -> Option<String> {
    std::env::var("S3_TEST_DOMAIN").ok()
}

/// The certificate of the store's CA, in PEM form, if it is a private one.
pub fn ca() -> Option<Vec<u8>> {
    let path = std::env::var("S3_TEST_CA").ok()?;
    Some(std::fs::read(&path).unwrap_or_else(|error| panic!("S3_TEST_CA: {path}: {error}")))
}

/// A builder for a client of the store. Panics with instructions if no store is configured.
pub fn builder() -> ClientBuilder {
    let (id, secret) = keys();
    let mut builder = with_tls(Client::builder())
        .endpoint(&endpoint())
        .region(&region())
        .credentials(Credentials::new(id, secret));
    if let Some(ca) = ca() {
        builder = builder.roots(Roots::Pem(ca));
    }
    builder
}

/// Selects the TLS library of this run.
fn with_tls(builder: ClientBuilder) -> ClientBuilder {
    match std::env::var("S3_TEST_TLS").as_deref() {
        #[cfg(all(
            feature = "native-tls",
            any(feature = "rustls", feature = "webpki-roots")
        ))]
        Ok("native") => builder.tls(slim_s3::Tls::Native),
        Ok("rustls") | Err(_) => builder,
        Ok(other) => {
            panic!("S3_TEST_TLS is {other}: use rustls, or native with both features compiled in")
        }
    }
}

/// Runs `test` with a new bucket. Deletes the bucket and its objects afterwards, even if the test fails.
pub async fn with_bucket<F: Future<Output = ()> + Send + 'static>(
    test: impl FnOnce(Client, String) -> F,
) {
    static NUMBER: AtomicU32 = AtomicU32::new(0);
    let s3 = builder().build().unwrap();
    let time = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap()
        .as_millis();
    let bucket = format!(
        "slim-s3-{time}-{}-{}",
        std::process::id(),
        NUMBER.fetch_add(1, Ordering::Relaxed)
    );
    s3.create_bucket(&bucket).send().await.unwrap();
    record_panics();
    // In a task: a panic must not skip the cleanup.
    let outcome = tokio::spawn(test(s3.clone(), bucket.clone())).await;
    let panic = outcome.err().map(|error| error.into_panic());
    if let Some(store) = other_store() {
        // What a failed test leaves is not worth deleting: the store's folder is temporary.
        let _ = delete_bucket(&s3, &bucket).await;
        return assert_differs_as_expected(&store, panic);
    }
    let deleted = delete_bucket(&s3, &bucket).await;
    if let Some(panic) = panic {
        std::panic::resume_unwind(panic);
    }
    deleted.unwrap();
}

/// Asserts that the test failed with the message in the store's line for it, or passed if there is no line.
fn assert_differs_as_expected(store: &str, panic: Option<Box<dyn Any + Send>>) {
    let thread = std::thread::current();
    // libtest names the thread after the test.
    let test = thread.name().unwrap_or_default();
    let expected = expected_difference(store, test);
    let Some(panic) = panic else {
        assert!(
            expected.is_none(),
            "{store} now does what MinIO does: delete the line of {test}"
        );
        return;
    };
    let text = panic.downcast_ref::<String>().map(String::as_str);
    let message = text.or_else(|| panic.downcast_ref::<&str>().copied());
    let message = without_bucket_names(message.unwrap_or_default());
    let statement = PANICKED_AT.take().map(|place| statement_at(&place));
    let statement = statement.unwrap_or_default();
    println!("{store} differs: {test} | {statement} | {message}");
    match expected {
        Some(expected) => assert!(
            statement.contains(expected.statement) && message.contains(expected.message),
            "{store} is expected to differ by {expected:?}, but in {statement:?}: {message}"
        ),
        None => std::panic::resume_unwind(panic),
    }
}

thread_local! {
    /// The file and the line of the last panic.
    static PANICKED_AT: RefCell<Option<(String, u32)>> = const { RefCell::new(None) };
}

/// Keeps where each test panics: the message alone does not show how far the test came.
fn record_panics() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let hook = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |info| {
            let place = info.location();
            PANICKED_AT.set(place.map(|place| (place.file().to_owned(), place.line())));
            hook(info);
        }));
    });
}

/// The statement that contains a line, on one line.
fn statement_at((file, line): &(String, u32)) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(file);
    let source = std::fs::read_to_string(path).unwrap_or_default();
    let lines: Vec<&str> = source.lines().map(str::trim).collect();
    let at = (*line as usize).min(lines.len()).saturating_sub(1);
    let ends = |line: &str| line.is_empty() || line.ends_with([';', '{', '}']);
    let first = lines[..at].iter().rposition(|line| ends(line));
    let last = lines[at..].iter().position(|line| ends(line));
    let statement = &lines[first.map_or(0, |line| line + 1)..=at + last.unwrap_or_default()];
    statement.join(" ").replace(" .", ".")
}

/// On one line, and with `BUCKET` in place of the name of a test's bucket, `slim-s3-…`.
fn without_bucket_names(message: &str) -> String {
    let line = message.split_whitespace().collect::<Vec<_>>().join(" ");
    let mut pieces = line.split("slim-s3-");
    let mut text = pieces.next().unwrap_or_default().to_owned();
    for piece in pieces {
        let rest =
            piece.trim_start_matches(|letter: char| letter.is_ascii_digit() || letter == '-');
        text = text + "BUCKET" + rest;
    }
    text
}

/// Deletes a bucket and all its objects.
async fn delete_bucket(s3: &Client, bucket: &str) -> Result<(), Error> {
    // s3s-fs deletes a bucket with its objects, and cannot list every key that it stores.
    let mut listed = Vec::new();
    while store() != Store::S3sFs {
        // Repeated until the listing is empty: MinIO hides `a/b` while `a` exists.
        let page = s3.list_objects_v2(bucket).send().await?;
        let keys: Vec<String> = page
            .contents
            .into_iter()
            .map(|object| object.key)
            .rev()
            .collect();
        // versitygw lists some keys under names that cannot be deleted.
        if keys.is_empty() || keys == listed {
            break;
        }
        for key in &keys {
            s3.delete_object(bucket, key).send().await?;
        }
        listed = keys;
    }
    s3.delete_bucket(bucket).send().await.map(drop)
}
