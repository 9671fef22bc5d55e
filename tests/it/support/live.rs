//! The live store that `tests/run` brings, and a bucket of its own for each test.

use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{SystemTime, UNIX_EPOCH};

use slim_s3::{Client, ClientBuilder, Credentials, Error};

/// Settings for the live store; says what to do if there is none.
pub fn builder() -> ClientBuilder {
    let variable = |name: &str| {
        std::env::var(name)
            .unwrap_or_else(|_| panic!("{name} is not set: run tests/run, which starts a store"))
    };
    let credentials = Credentials::new(
        variable("S3_TEST_ACCESS_KEY_ID"),
        variable("S3_TEST_SECRET_ACCESS_KEY"),
    );
    Client::builder()
        .endpoint(&variable("S3_TEST_ENDPOINT"))
        .region(&variable("S3_TEST_REGION"))
        .credentials(credentials)
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
    loop {
        // Folder by folder in effect: a flat listing of MinIO hides `a/b` while there is an `a`.
        let page = s3.list_objects_v2(bucket).send().await?;
        if page.contents.is_empty() {
            break;
        }
        for object in page.contents {
            s3.delete_object(bucket, &object.key).send().await?;
        }
    }
    s3.delete_bucket(bucket).send().await
}
