//! The rows of `benches/transfer/run` with aws-sdk-s3: `transfer-aws-sdk-s3 ROW [FILE]`. `../slim_s3/main.rs` describes
//! the environment.
//!
//! Parts are read into memory: the SDK signs the content of bytes, but not that of a file.

use std::collections::VecDeque;
use std::env;

use aws_sdk_s3::Client;
use aws_sdk_s3::config::{
    BehaviorVersion, Credentials, Region, RequestChecksumCalculation, ResponseChecksumValidation,
};
use aws_sdk_s3::primitives::ByteStream;
use aws_sdk_s3::types::{CompletedMultipartUpload, CompletedPart};
use bytes::{Bytes, BytesMut};
use futures_util::{StreamExt, TryStreamExt, stream};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWriteExt};
use tokio::task::JoinHandle;

type Error = Box<dyn std::error::Error + Send + Sync>;

const BUCKET: &str = "transfer";
const KEY: &str = "uploaded";
const PART: usize = 8 << 20;
const CONCURRENCY: usize = 4;

fn main() -> Result<(), Error> {
    let mut arguments = env::args().skip(1);
    let row = arguments
        .next()
        .ok_or("usage: transfer-aws-sdk-s3 ROW [FILE]")?;
    let file = arguments.next().unwrap_or_default();
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()?;
    // The client spawns tasks when it is made.
    let _context = runtime.enter();
    let s3 = client()?;
    if row == "get-spawned" {
        return runtime.block_on(runtime.spawn(async move { get(&s3).await }))?;
    }
    runtime.block_on(run(&s3, &row, &file))
}

fn client() -> Result<Client, Error> {
    let (id, secret) = (
        env::var("AWS_ACCESS_KEY_ID")?,
        env::var("AWS_SECRET_ACCESS_KEY")?,
    );
    let config = aws_sdk_s3::Config::builder()
        .behavior_version(BehaviorVersion::latest())
        .endpoint_url(env::var("AWS_ENDPOINT_URL")?)
        .credentials_provider(Credentials::new(id, secret, None, None, "environment"))
        .region(Region::new(env::var("AWS_REGION")?))
        .force_path_style(true)
        .request_checksum_calculation(RequestChecksumCalculation::WhenRequired)
        .response_checksum_validation(ResponseChecksumValidation::WhenRequired)
        .http_client(aws_smithy_http_client::Builder::new().build_http());
    Ok(Client::from_conf(config.build()))
}

async fn run(s3: &Client, row: &str, file: &str) -> Result<(), Error> {
    match row {
        "file" => upload(s3, tokio::fs::File::open(file).await?).await,
        "put-unsigned" => {
            let body = ByteStream::from_path(file).await?;
            s3.put_object()
                .bucket(BUCKET)
                .key(KEY)
                .body(body)
                .send()
                .await?;
            Ok(())
        }
        "pipe" => upload(s3, tokio::io::stdin()).await,
        "get" => get(s3).await,
        "download" => download(s3, file).await,
        "small" => small(s3).await,
        _ => Err(format!("unknown row {row}").into()),
    }
}

async fn upload(s3: &Client, mut reader: impl AsyncRead + Unpin) -> Result<(), Error> {
    let created = s3
        .create_multipart_upload()
        .bucket(BUCKET)
        .key(KEY)
        .send()
        .await?;
    let id = created.upload_id().ok_or("no upload ID")?.to_owned();
    let mut running: VecDeque<JoinHandle<Result<CompletedPart, Error>>> = VecDeque::new();
    let mut parts = Vec::new();
    for number in 1.. {
        let part = read_part(&mut reader).await?;
        if part.is_empty() {
            break;
        }
        if running.len() == CONCURRENCY
            && let Some(first) = running.pop_front()
        {
            parts.push(first.await??);
        }
        let request = s3.upload_part().bucket(BUCKET).key(KEY).upload_id(&id);
        let request = request.part_number(number).body(part.into());
        running.push_back(tokio::spawn(async move {
            let etag = request.send().await?.e_tag;
            Ok(CompletedPart::builder()
                .part_number(number)
                .set_e_tag(etag)
                .build())
        }));
    }
    for part in running {
        parts.push(part.await??);
    }
    let parts = CompletedMultipartUpload::builder()
        .set_parts(Some(parts))
        .build();
    let complete = s3.complete_multipart_upload().bucket(BUCKET).key(KEY);
    complete
        .upload_id(id)
        .multipart_upload(parts)
        .send()
        .await?;
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

async fn get(s3: &Client) -> Result<(), Error> {
    let mut body = s3
        .get_object()
        .bucket(BUCKET)
        .key("source")
        .send()
        .await?
        .body;
    let mut received = 0;
    while let Some(chunk) = body.try_next().await? {
        received += chunk.len() as u64;
    }
    expect_size(received)
}

async fn download(s3: &Client, path: &str) -> Result<(), Error> {
    let mut file = tokio::fs::File::create(path).await?;
    let mut body = s3
        .get_object()
        .bucket(BUCKET)
        .key("source")
        .send()
        .await?
        .body;
    let mut received = 0;
    while let Some(chunk) = body.try_next().await? {
        received += chunk.len() as u64;
        file.write_all(&chunk).await?;
    }
    file.flush().await?;
    expect_size(received)
}

async fn small(s3: &Client) -> Result<(), Error> {
    let body = Bytes::from(vec![7; 4 << 10]);
    stream::iter(0..1000)
        .map(|number| {
            let put = s3
                .put_object()
                .bucket(BUCKET)
                .key(format!("small/{number}"));
            put.body(body.clone().into()).send()
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
