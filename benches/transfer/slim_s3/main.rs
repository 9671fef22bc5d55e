//! The rows of `benches/transfer/run` with slim-s3: `transfer-slim-s3 ROW [FILE]`.
//!
//! The environment configures the client. TRANSFER_CA is a file with the store's certificate, TRANSFER_SIZE the size of the
//! object, and TRANSFER_THREADS=1 selects a current-thread runtime.

use std::env;
use std::fs::File;
use std::io::Read;

use bytes::Bytes;
use futures_util::{StreamExt, TryStreamExt, stream};
use sha2::{Digest, Sha256};
use slim_s3::{Body, Client, PayloadHash, Roots};
use tokio::runtime::{Builder, Runtime};

type Error = Box<dyn std::error::Error + Send + Sync>;

const BUCKET: &str = "transfer";
/// Written by the uploads.
const KEY: &str = "uploaded";
/// Read by the downloads.
const SOURCE: &str = "source";

const SMALL_OBJECTS: usize = 1000;
const SMALL: usize = 4 << 10;
const SMALL_CONCURRENCY: usize = 16;

/// The chunks of the streams. A file is read in chunks of this size too.
const CHUNK: usize = 256 << 10;
static ZEROS: [u8; CHUNK] = [0; CHUNK];

fn main() -> Result<(), Error> {
    let mut arguments = env::args().skip(1);
    let row = arguments
        .next()
        .ok_or("usage: transfer-slim-s3 ROW [FILE]")?;
    let file = arguments.next().unwrap_or_default();
    if row == "sha256" {
        return sha256(&file);
    }
    let runtime = runtime()?;
    let s3 = client()?;
    if let Some(row) = row.strip_suffix("-spawned").map(str::to_owned) {
        return runtime.block_on(runtime.spawn(async move { run(&s3, &row, &file).await }))?;
    }
    runtime.block_on(run(&s3, &row, &file))
}

fn runtime() -> std::io::Result<Runtime> {
    let mut builder = match env::var("TRANSFER_THREADS") {
        Ok(_) => Builder::new_current_thread(),
        Err(_) => Builder::new_multi_thread(),
    };
    builder.enable_all().build()
}

fn client() -> Result<Client, Error> {
    let mut builder = slim_s3::ClientBuilder::from_env()?;
    if let Ok(file) = env::var("TRANSFER_CA") {
        builder = builder.roots(Roots::Pem(std::fs::read(file)?));
    }
    Ok(builder.build()?)
}

async fn run(s3: &Client, row: &str, file: &str) -> Result<(), Error> {
    match row {
        "prepare" => {
            s3.create_bucket(BUCKET).send().await?;
            s3.upload_file(BUCKET, SOURCE, file).send().await?;
        }
        "file" => drop(s3.upload_file(BUCKET, KEY, file).send().await?),
        "put" => drop(s3.put_object(BUCKET, KEY, File::open(file)?).send().await?),
        "put-unsigned" => {
            let put = s3.put_object(BUCKET, KEY, File::open(file)?);
            put.payload_hash(PayloadHash::Unsigned).send().await?;
        }
        "pipe" => {
            let input = File::open("/dev/stdin")?;
            s3.upload_blocking(BUCKET, KEY, input).send().await?;
        }
        "pipe-stdin" => drop(
            s3.upload_blocking(BUCKET, KEY, std::io::stdin())
                .send()
                .await?,
        ),
        "pipe-file" => drop(s3.upload_file(BUCKET, KEY, "/dev/stdin").send().await?),
        "pipe-async" => {
            let input = tokio::io::stdin();
            s3.upload_reader(BUCKET, KEY, input).send().await?;
        }
        "get" => get(s3).await?,
        "download" => drop(s3.download_file(BUCKET, SOURCE, file).send().await?),
        "small" => small(s3).await?,
        "stream" => {
            let put = s3.put_object(BUCKET, KEY, Body::stream(size()?, zeros()?));
            put.payload_hash(PayloadHash::Unsigned).send().await?;
        }
        "stream-signed" => {
            let put = s3.put_object(BUCKET, KEY, Body::stream(size()?, zeros()?));
            put.payload_hash(PayloadHash::Streaming).send().await?;
        }
        _ => return Err(format!("unknown row {row}").into()),
    }
    Ok(())
}

async fn get(s3: &Client) -> Result<(), Error> {
    let mut body = s3.get_object(BUCKET, SOURCE).send().await?.body;
    let mut received = 0;
    while let Some(chunk) = body.chunk().await? {
        received += chunk.len() as u64;
    }
    expect_size(received)
}

async fn small(s3: &Client) -> Result<(), Error> {
    let body = Bytes::from(vec![7; SMALL]);
    stream::iter(0..SMALL_OBJECTS)
        .map(|number| {
            s3.put_object(BUCKET, &format!("small/{number}"), body.clone())
                .send()
        })
        .buffer_unordered(SMALL_CONCURRENCY)
        .try_for_each(async |_| Ok(()))
        .await?;
    Ok(())
}

fn size() -> Result<u64, Error> {
    Ok(env::var("TRANSFER_SIZE")?.parse()?)
}

fn expect_size(received: u64) -> Result<(), Error> {
    let size = size()?;
    if received == size {
        return Ok(());
    }
    Err(format!("received {received} bytes instead of {size}").into())
}

/// A stream of `TRANSFER_SIZE` zeros.
fn zeros()
-> Result<impl futures_util::Stream<Item = std::io::Result<Bytes>> + Send + 'static, Error> {
    let size = size()?;
    let chunks = (0..size).step_by(CHUNK).map(move |position| {
        let length = usize::try_from(size - position).unwrap_or(CHUNK).min(CHUNK);
        Ok(Bytes::from_static(&ZEROS[..length]))
    });
    Ok(stream::iter(chunks))
}

/// One SHA-256 pass over the file: what signing takes at least.
fn sha256(path: &str) -> Result<(), Error> {
    let (mut file, mut buffer) = (File::open(path)?, vec![0; CHUNK]);
    let mut hash = Sha256::new();
    loop {
        match file.read(&mut buffer)? {
            0 => break,
            count => hash.update(&buffer[..count]),
        }
    }
    println!("{:?}", hash.finalize());
    Ok(())
}
