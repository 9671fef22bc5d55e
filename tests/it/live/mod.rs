//! Every operation, and uploads from memory, files and readers, on a live store that `tests/run` starts.

#[cfg(feature = "credentials")]
mod assume_role;
mod authentication;
#[cfg(feature = "blocking")]
mod blocking;
mod buckets;
mod bulk_deletes;
mod cancellation;
#[cfg(feature = "checksums")]
mod checksums;
mod conditions;
mod connections;
mod copies;
mod diagnosis;
mod dialects;
mod doctor;
mod downloads;
mod encryption;
mod endpoint;
mod failed_uploads;
mod forms;
mod keys;
mod listings;
mod lost_responses;
mod multipart;
mod objects;
mod own_http_client;
mod presigned;
mod ranges;
mod resumption;
mod reverse_proxy;
mod round_trips;
mod signing_by_hand;
mod sinks;
mod sources;
mod spread_upload;
mod tags;
mod temporary_keys;
#[cfg(all(feature = "cli", unix))]
mod tool;
mod unreliable_network;
mod uploads;
mod versions;
mod web_server;
mod workbook;

use futures_util::{StreamExt, TryStreamExt, stream};
use md5::{Digest, Md5};
use slim_s3::operation::Object;
use slim_s3::{Client, ETag};

use crate::support::live;
pub use crate::support::server::read;

pub const MIB: usize = 1 << 20;

/// Deterministic pseudorandom bytes, which reveal swapped or repeated parts.
pub fn content(size: usize) -> Vec<u8> {
    let mut state = 0x9e37_79b9_7f4a_7c15_u64;
    let words = (0..size.div_ceil(8)).flat_map(|_| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state.to_le_bytes()
    });
    words.take(size).collect()
}

/// Sizes around those of a part. With `SLIM_S3_TEST_LARGE` in the environment, which tests/run sets for one store, also 100 MiB and
/// 1 GiB.
pub fn sizes() -> Vec<usize> {
    let part = 8 * MIB;
    let mut sizes = vec![0, 1, part - 1, part, part + 1, 3 * part + part / 2];
    if std::env::var_os("SLIM_S3_TEST_LARGE").is_some() {
        sizes.extend([100 * MIB, 1 << 30]);
    }
    sizes
}

/// The ETag of an upload by boto3 or the AWS CLI: the MD5 below 8 MiB, and the MD5 of the parts' MD5s from 8 MiB up.
pub fn boto3_etag(content: &[u8]) -> ETag {
    let md5 = |data: &[u8]| Md5::digest(data);
    if content.len() < 8 * MIB {
        return ETag::from(hex::encode(md5(content)).as_str());
    }
    let digests: Vec<u8> = content
        .chunks(8 * MIB)
        .flat_map(|part| md5(part).to_vec())
        .collect();
    ETag::from(
        format!(
            "{}-{}",
            hex::encode(md5(&digests)),
            content.len().div_ceil(8 * MIB)
        )
        .as_str(),
    )
}

/// Stores an object under each key, 16 at a time.
pub async fn put_all(s3: &Client, bucket: &str, keys: &[String]) {
    // Collected first: the compiler rejects the lazy iterator in a `Send` future.
    let puts: Vec<_> = keys
        .iter()
        .map(|key| s3.put_object(bucket, key, "x").send())
        .collect();
    let puts = stream::iter(puts).buffer_unordered(16);
    puts.try_collect::<Vec<_>>().await.unwrap();
}

/// The objects on the first page of a listing.
pub async fn list(s3: &Client, bucket: &str) -> Vec<Object> {
    let page = s3.list_objects_v2(bucket).send().await;
    page.unwrap().contents
}

/// Asserts that an object does not exist.
pub async fn assert_missing(s3: &Client, bucket: &str, key: &str) {
    let error = s3.head_object(bucket, key).send().await.unwrap_err();
    assert!(error.is_not_found(), "{key:?}: {error}");
}

/// Creates a multipart upload and returns its ID.
pub async fn create_upload(s3: &Client, bucket: &str, key: &str) -> String {
    let created = s3.create_multipart_upload(bucket, key).send().await;
    created.unwrap().upload_id
}

/// A file that is deleted on drop.
pub struct TempFile(pub std::path::PathBuf);

impl TempFile {
    pub fn new(name: &str, content: &[u8]) -> TempFile {
        let path = std::env::temp_dir().join(format!("slim-s3-{}-{name}", std::process::id()));
        std::fs::write(&path, content).unwrap();
        TempFile(path)
    }
}

impl Drop for TempFile {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.0);
    }
}

/// An example program, with the store in its environment. `cargo test` builds the examples beside the tests.
pub fn example(name: &str) -> std::process::Command {
    let tests = std::env::current_exe().unwrap();
    let folder = tests.parent().unwrap().parent().unwrap().join("examples");
    let path = folder
        .join(name)
        .with_extension(std::env::consts::EXE_EXTENSION);
    assert!(
        path.exists(),
        "{} is missing: run all tests",
        path.display()
    );
    let (id, secret) = live::keys();
    let mut command = std::process::Command::new(path);
    command
        .env("AWS_ENDPOINT_URL_S3", live::endpoint())
        .env("AWS_REGION", live::region())
        .env("AWS_ACCESS_KEY_ID", id)
        .env("AWS_SECRET_ACCESS_KEY", secret)
        .env_remove("AWS_SESSION_TOKEN");
    if let Ok(ca) = std::env::var("S3_TEST_CA") {
        command.env("SSL_CERT_FILE", ca);
    }
    command
}
