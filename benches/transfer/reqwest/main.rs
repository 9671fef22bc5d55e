//! The rows `get` and `stream` with reqwest alone, without signatures: `transfer-reqwest ROW`. `../slim_s3/main.rs`
//! describes the environment.

use std::env;

use bytes::Bytes;
use futures_util::{Stream, stream};
use tokio::runtime::Builder;

type Error = Box<dyn std::error::Error + Send + Sync>;

const CHUNK: usize = 256 << 10;
static ZEROS: [u8; CHUNK] = [0; CHUNK];

fn main() -> Result<(), Error> {
    let row = env::args().nth(1).ok_or("usage: transfer-reqwest ROW")?;
    let mut builder = match env::var("TRANSFER_THREADS") {
        Ok(_) => Builder::new_current_thread(),
        Err(_) => Builder::new_multi_thread(),
    };
    let runtime = builder.enable_all().build()?;
    match row.as_str() {
        "get" => runtime.block_on(get()),
        "get-spawned" => runtime.block_on(runtime.spawn(get()))?,
        "stream" => runtime.block_on(put_stream()),
        _ => Err(format!("unknown row {row}").into()),
    }
}

async fn get() -> Result<(), Error> {
    let url = format!("{}/transfer/source", env::var("AWS_ENDPOINT_URL")?);
    let get = reqwest::Client::new().get(url);
    let mut response = get.send().await?.error_for_status()?;
    let mut received = 0;
    while let Some(chunk) = response.chunk().await? {
        received += chunk.len() as u64;
    }
    if received == size()? {
        return Ok(());
    }
    Err(format!("received {received} bytes").into())
}

async fn put_stream() -> Result<(), Error> {
    let url = format!("{}/transfer/uploaded", env::var("AWS_ENDPOINT_URL")?);
    let body = reqwest::Body::wrap_stream(zeros(size()?));
    let put = reqwest::Client::new()
        .put(url)
        .header("content-length", size()?);
    put.body(body).send().await?.error_for_status()?;
    Ok(())
}

fn size() -> Result<u64, Error> {
    Ok(env::var("TRANSFER_SIZE")?.parse()?)
}

fn zeros(size: u64) -> impl Stream<Item = std::io::Result<Bytes>> {
    let chunks = (0..size).step_by(CHUNK).map(move |position| {
        let length = usize::try_from(size - position).unwrap_or(CHUNK).min(CHUNK);
        Ok(Bytes::from_static(&ZEROS[..length]))
    });
    stream::iter(chunks)
}
