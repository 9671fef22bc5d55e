//! `upload BUCKET KEY FILE` stores a file, in parts if it is large, and prints its ETag. The environment configures the
//! client.

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
    let (Some(bucket), Some(key), Some(file)) =
        (arguments.next(), arguments.next(), arguments.next())
    else {
        return Err("usage: upload BUCKET KEY FILE".into());
    };
    let s3 = client()?;
    let upload = s3.upload_file(&bucket, &key, file);
    #[cfg(feature = "checksums")]
    let upload = upload.compute_checksum(slim_s3::operation::ChecksumAlgorithm::Crc64Nvme);
    #[cfg(feature = "blocking")]
    let upload = upload.send_blocking();
    #[cfg(not(feature = "blocking"))]
    let upload = {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_io()
            .enable_time()
            .build()
            .map_err(|error| error.to_string())?;
        runtime.block_on(upload.send())
    };
    let upload = upload.map_err(|error| error.to_string())?;
    println!("{}", upload.etag);
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
