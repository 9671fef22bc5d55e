//! The rows of `benches/transfer/run` with object_store: `transfer-object-store ROW [FILE]`. `../slim_s3/main.rs`
//! describes the environment.

use std::env;
use std::sync::Arc;

use bytes::{Bytes, BytesMut};
use futures_util::{StreamExt, TryStreamExt, stream};
use object_store::aws::AmazonS3Builder;
use object_store::path::Path;
use object_store::{ObjectStore, ObjectStoreExt, WriteMultipart};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWriteExt};

type Error = Box<dyn std::error::Error + Send + Sync>;

const PART: usize = 8 << 20;
const CONCURRENCY: usize = 4;

fn main() -> Result<(), Error> {
    let mut arguments = env::args().skip(1);
    let row = arguments
        .next()
        .ok_or("usage: transfer-object-store ROW [FILE]")?;
    let file = arguments.next().unwrap_or_default();
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()?;
    let store: Arc<dyn ObjectStore> = Arc::new(
        AmazonS3Builder::from_env()
            .with_bucket_name("transfer")
            .with_allow_http(true)
            .build()?,
    );
    if row == "get-spawned" {
        return runtime.block_on(runtime.spawn(async move { get(&*store).await }))?;
    }
    runtime.block_on(run(&*store, &row, &file))
}

async fn run(store: &dyn ObjectStore, row: &str, file: &str) -> Result<(), Error> {
    match row {
        "file" => upload(store, tokio::fs::File::open(file).await?).await,
        "pipe" => upload(store, tokio::io::stdin()).await,
        "get" => get(store).await,
        "download" => download(store, file).await,
        "small" => small(store).await,
        _ => Err(format!("unknown row {row}").into()),
    }
}

async fn upload(store: &dyn ObjectStore, mut reader: impl AsyncRead + Unpin) -> Result<(), Error> {
    let upload = store.put_multipart(&Path::from("uploaded")).await?;
    let mut write = WriteMultipart::new_with_chunk_size(upload, PART);
    loop {
        let part = read_part(&mut reader).await?;
        if part.is_empty() {
            break;
        }
        write.wait_for_capacity(CONCURRENCY).await?;
        // A whole part is not copied.
        write.put(part);
    }
    write.finish().await?;
    Ok(())
}

async fn read_part(reader: &mut (impl AsyncRead + Unpin)) -> Result<Bytes, Error> {
    let mut part = BytesMut::with_capacity(PART);
    while part.len() < PART {
        let mut limited = (&mut *reader).take((PART - part.len()) as u64);
        if limited.read_buf(&mut part).await? == 0 {
            break;
        }
    }
    Ok(part.freeze())
}

async fn get(store: &dyn ObjectStore) -> Result<(), Error> {
    let mut chunks = store.get(&Path::from("source")).await?.into_stream();
    let mut received = 0;
    while let Some(chunk) = chunks.try_next().await? {
        received += chunk.len() as u64;
    }
    expect_size(received)
}

async fn download(store: &dyn ObjectStore, path: &str) -> Result<(), Error> {
    let mut file = tokio::fs::File::create(path).await?;
    let mut chunks = store.get(&Path::from("source")).await?.into_stream();
    let mut received = 0;
    while let Some(chunk) = chunks.try_next().await? {
        received += chunk.len() as u64;
        file.write_all(&chunk).await?;
    }
    file.flush().await?;
    expect_size(received)
}

async fn small(store: &dyn ObjectStore) -> Result<(), Error> {
    let body = Bytes::from(vec![7; 4 << 10]);
    stream::iter(0..1000)
        .map(|number| {
            let (path, body) = (Path::from(format!("small/{number}")), body.clone());
            async move { store.put(&path, body.into()).await }
        })
        .buffer_unordered(16)
        .try_for_each(async |_| Ok(()))
        .await?;
    Ok(())
}

fn expect_size(received: u64) -> Result<(), Error> {
    if received == env::var("TRANSFER_SIZE")?.parse::<u64>()? {
        return Ok(());
    }
    Err(format!("received {received} bytes").into())
}
