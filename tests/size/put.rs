//! `put BUCKET KEY` stores a short text with one PutObject and prints its ETag. The environment configures the client.

use std::process::ExitCode;

use slim_s3::Client;

fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

fn run() -> Result<(), String> {
    let mut arguments = std::env::args().skip(1);
    let (Some(bucket), Some(key)) = (arguments.next(), arguments.next()) else {
        return Err("usage: put BUCKET KEY".into());
    };
    let s3 = client()?;
    #[cfg(not(feature = "stream"))]
    let body = "Hello, S3!\n";
    #[cfg(feature = "stream")]
    let body = slim_s3::Body::reader(11, &b"Hello, S3!\n"[..]);
    let put = s3.put_object(&bucket, &key, body);
    #[cfg(feature = "checksums")]
    let put = put.compute_checksum(slim_s3::operation::ChecksumAlgorithm::Crc64Nvme);
    #[cfg(feature = "explain")]
    {
        let explanation = put.explain(s3.now()).map_err(|error| error.to_string())?;
        println!("{}", explanation.to_html());
    }
    #[cfg(feature = "blocking")]
    let put = put.send_blocking();
    #[cfg(not(feature = "blocking"))]
    let put = {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_io()
            .enable_time()
            .build()
            .map_err(|error| error.to_string())?;
        runtime.block_on(put.send())
    };
    let put = put.map_err(|error| error.to_string())?;
    println!("{}", put.etag);
    Ok(())
}

#[cfg(not(feature = "credentials"))]
fn client() -> Result<Client, String> {
    Client::from_env().map_err(|error| error.to_string())
}

#[cfg(feature = "credentials")]
fn client() -> Result<Client, String> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_io()
        .enable_time()
        .build()
        .map_err(|error| error.to_string())?;
    let s3 = runtime.block_on(Client::from_default_chain());
    s3.map_err(|error| error.to_string())
}
