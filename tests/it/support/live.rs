//! The live store that `tests/run` brings, and a bucket of its own for each test.

use std::net::SocketAddr;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{SystemTime, UNIX_EPOCH};

use slim_s3::{Client, ClientBuilder, Credentials, Error, Roots};

/// The stores that are told apart where they differ. `docs/compatibility.md` says how.
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

/// Which store this is.
pub fn store() -> Store {
    match std::env::var("S3_TEST_STORE").as_deref() {
        Err(_) | Ok("minio") => Store::Minio,
        Ok("versitygw") => Store::Versitygw,
        Ok("s3s-fs") => Store::S3sFs,
        Ok(other) => panic!("S3_TEST_STORE is {other}: use minio, versitygw or s3s-fs"),
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

/// Where the store listens.
pub fn address() -> SocketAddr {
    let endpoint = endpoint();
    let (_, address) = endpoint.split_once("://").unwrap();
    address.parse().unwrap()
}

/// The region the store signs for.
pub fn region() -> String {
    variable("S3_TEST_REGION")
}

/// The domain below which the store takes names of buckets, if it does.
pub fn domain() -> Option<String> {
    std::env::var("S3_TEST_DOMAIN").ok()
}

/// The certificate of the CA that has signed the store's, if it is not one that everybody knows.
pub fn ca() -> Option<Vec<u8>> {
    let path = std::env::var("S3_TEST_CA").ok()?;
    Some(std::fs::read(&path).unwrap_or_else(|error| panic!("S3_TEST_CA: {path}: {error}")))
}

/// Settings for the live store; says what to do if there is none.
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

/// With the TLS library that this run is about.
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

/// A bucket that is there while `test` runs, and is removed with all it holds afterwards, also if the test fails.
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
    // A task of its own: its panic is an outcome here.
    let outcome = tokio::spawn(test(s3.clone(), bucket.clone())).await;
    let removed = remove(&s3, &bucket).await;
    if let Err(panic) = outcome {
        std::panic::resume_unwind(panic.into_panic());
    }
    removed.unwrap();
}

async fn remove(s3: &Client, bucket: &str) -> Result<(), Error> {
    // s3s-fs removes a bucket with all it holds, and cannot list every key it takes.
    let mut listed = Vec::new();
    while store() != Store::S3sFs {
        // Again until nothing is left: MinIO hides `a/b` while there is an `a`.
        let page = s3.list_objects_v2(bucket).send().await?;
        let keys: Vec<String> = page
            .contents
            .into_iter()
            .map(|object| object.key)
            .rev()
            .collect();
        // versitygw lists some keys under another name, under which they cannot be deleted.
        if keys.is_empty() || keys == listed {
            break;
        }
        for key in &keys {
            s3.delete_object(bucket, key).send().await?;
        }
        listed = keys;
    }
    s3.delete_bucket(bucket).send().await
}
