//! Stores a file in each of the three ways that the crate offers, and shows the results.
//!
//! ```text
//! cargo run --release --example quickstart [FILE]
//! ```
//!
//! By default it starts an S3 server in this process, which verifies signatures. With `AWS_ENDPOINT_URL_S3` and keys in the
//! environment it uses that store instead, in a bucket that it creates and deletes.

#![allow(clippy::print_stdout, clippy::print_stderr)]

use std::error::Error;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use hyper_util::rt::{TokioExecutor, TokioIo};
use s3s::auth::SimpleAuth;
use s3s::service::S3ServiceBuilder;
use slim_s3::{Client, Credentials, ETag, PayloadHash};

const MIB: usize = 1 << 20;

#[tokio::main]
async fn main() -> ExitCode {
    match run().await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("\nFailed: {error}");
            ExitCode::FAILURE
        }
    }
}

async fn run() -> Result<(), Box<dyn Error>> {
    let work = WorkFolder::new()?;
    let given = std::env::args_os().nth(1).map(PathBuf::from);
    let file = given.unwrap_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("README.md"));
    let name = file
        .file_name()
        .ok_or("the path has no file name")?
        .to_string_lossy()
        .into_owned();
    if !file.is_file() {
        return Err(format!("{} is not a readable file", file.display()).into());
    }
    let big = work.path.join("generated.bin");
    std::fs::write(&big, generated(20 * MIB))?;

    let is_set = |name: &str| std::env::var(name).is_ok_and(|value| !value.is_empty());
    let s3 = if is_set("AWS_ENDPOINT_URL_S3") || is_set("AWS_ENDPOINT_URL") {
        println!("Using the store from the environment.");
        Client::from_env()?
    } else {
        let store = work.path.join("store");
        std::fs::create_dir(&store)?;
        let address = serve(&store).await?;
        println!(
            "No store is set in the environment: started one in this process, at http://{address}."
        );
        Client::builder()
            .endpoint(&format!("http://{address}"))
            .credentials(Credentials::new("quickstart", "a-secret-for-this-run"))
            // A proxy from the environment cannot reach loopback.
            .http_client_builder(reqwest::Client::builder().no_proxy())
            .build()?
    };

    let bucket = format!(
        "quickstart-{}",
        SystemTime::now().duration_since(UNIX_EPOCH)?.as_nanos()
    );
    s3.create_bucket(&bucket).send().await?;
    println!("Created bucket {bucket}.\n");
    let outcome = store_and_check(&s3, &bucket, &file, &name, &big).await;
    // Also after a failure, so that nothing remains in a real store.
    let deleted = delete_all(&s3, &bucket).await;
    outcome?;
    println!(
        "\nDeleted {} objects and the bucket. Every object was read back unchanged.",
        deleted?
    );
    Ok(())
}

async fn store_and_check(
    s3: &Client,
    bucket: &str,
    file: &Path,
    name: &str,
    big: &Path,
) -> Result<(), Box<dyn Error>> {
    println!(
        "  method                     {:>12}  {:>8}  {:<36}  key",
        "size", "time", "ETag"
    );
    let mut stored = Vec::new();

    // 1. One PutObject, from bytes or from an open file.
    let key = "hello.txt".to_owned();
    let start = Instant::now();
    let put = s3
        .put_object(bucket, &key, "Hello, S3!\n")
        .content_type("text/plain")
        .send()
        .await?;
    line("put_object, text", 11, start, &put.etag, &key);
    stored.push((key, PayloadHash::of(b"Hello, S3!\n")));

    let key = format!("whole/{name}");
    let size = std::fs::metadata(file)?.len();
    let start = Instant::now();
    let put = s3
        .put_object(bucket, &key, std::fs::File::open(file)?)
        .metadata("from", "quickstart")
        .send()
        .await?;
    line("put_object, open file", size, start, &put.etag, &key);
    stored.push((key, hash(file)?));

    // 2. A file by its path: one PutObject if it is small, otherwise a multipart upload.
    for (path, name) in [(file, name), (big, "generated.bin")] {
        let key = format!("file/{name}");
        let start = Instant::now();
        let upload = s3.upload_file(bucket, &key, path).send().await?;
        line(
            &with_parts("upload_file", upload.parts),
            upload.size,
            start,
            &upload.etag,
            &key,
        );
        stored.push((key, hash(path)?));
    }

    // 3. A reader of unknown length.
    for (path, name) in [(file, name), (big, "generated.bin")] {
        let key = format!("reader/{name}");
        let reader = tokio::fs::File::open(path).await?;
        let start = Instant::now();
        let upload = s3.upload_reader(bucket, &key, reader).send().await?;
        line(
            &with_parts("upload_reader", upload.parts),
            upload.size,
            start,
            &upload.etag,
            &key,
        );
        stored.push((key, hash(path)?));
    }

    println!("\nThe bucket contains:");
    let listed = s3.list_objects_v2(bucket).send().await?.contents;
    for object in &listed {
        println!("  {:>12}  {}", grouped(object.size), object.key);
    }

    println!("\nRead back:");
    for (key, expected) in stored {
        if !listed.iter().any(|object| object.key == key) {
            return Err(format!("{key} is not listed").into());
        }
        let start = Instant::now();
        let bytes = s3
            .get_object(bucket, &key)
            .send()
            .await?
            .body
            .bytes()
            .await?;
        let got = PayloadHash::of(&bytes);
        if got != expected {
            return Err(format!("{key}: expected SHA-256 {expected}, got {got}").into());
        }
        let digits: String = got.to_string().chars().take(16).collect();
        println!(
            "  same SHA-256 {digits}…  {:>8}  {key}",
            millis(start.elapsed())
        );
    }
    Ok(())
}

async fn delete_all(s3: &Client, bucket: &str) -> Result<usize, slim_s3::Error> {
    let objects = s3.list_objects_v2(bucket).send().await?.contents;
    for object in &objects {
        s3.delete_object(bucket, &object.key).send().await?;
    }
    s3.delete_bucket(bucket).send().await?;
    Ok(objects.len())
}

/// Starts an S3 server that stores its objects in `folder`. It stops when this process exits.
async fn serve(folder: &Path) -> Result<SocketAddr, Box<dyn Error>> {
    let store = s3s_fs::FileSystem::new(folder).map_err(|error| format!("{error:?}"))?;
    let mut builder = S3ServiceBuilder::new(store);
    builder.set_auth(SimpleAuth::from_single(
        "quickstart",
        "a-secret-for-this-run",
    ));
    let service = builder.build();
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
    let address = listener.local_addr()?;
    tokio::spawn(async move {
        while let Ok((socket, _)) = listener.accept().await {
            // Nagle's algorithm would delay small responses.
            let _ = socket.set_nodelay(true);
            let service = service.clone();
            tokio::spawn(async move {
                let server = hyper_util::server::conn::auto::Builder::new(TokioExecutor::new());
                // The client reports a broken connection.
                let _ = server.serve_connection(TokioIo::new(socket), service).await;
            });
        }
    });
    Ok(address)
}

/// A folder for this run, deleted on drop.
struct WorkFolder {
    path: PathBuf,
}

impl WorkFolder {
    fn new() -> std::io::Result<WorkFolder> {
        let path = std::env::temp_dir().join(format!("slim-s3-quickstart-{}", std::process::id()));
        std::fs::create_dir(&path)?;
        Ok(WorkFolder { path })
    }
}

impl Drop for WorkFolder {
    fn drop(&mut self) {
        if let Err(error) = std::fs::remove_dir_all(&self.path) {
            eprintln!("cannot delete {}: {error}", self.path.display());
        }
    }
}

/// Bytes that do not repeat within a part, so that swapped or duplicated data changes the hash.
fn generated(size: usize) -> Vec<u8> {
    let mut state = 0x9e37_79b9_7f4a_7c15_u64;
    let mut bytes = Vec::with_capacity(size + 8);
    while bytes.len() < size {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        bytes.extend_from_slice(&state.to_le_bytes());
    }
    bytes.truncate(size);
    bytes
}

fn hash(path: &Path) -> std::io::Result<PayloadHash> {
    Ok(PayloadHash::of(&std::fs::read(path)?))
}

fn with_parts(what: &str, parts: u32) -> String {
    if parts == 0 {
        format!("{what}, one request")
    } else {
        format!("{what}, {parts} parts")
    }
}

fn line(what: &str, size: u64, start: Instant, etag: &ETag, key: &str) {
    println!(
        "  {what:<26} {:>12}  {:>8}  {:<36}  {key}",
        grouped(size),
        millis(start.elapsed()),
        etag.as_str()
    );
}

fn millis(time: Duration) -> String {
    format!("{:.1} ms", time.as_secs_f64() * 1e3)
}

fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut grouped = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    grouped
}
