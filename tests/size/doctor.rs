//! `doctor BUCKET` examines the store of a bucket, with writes, and prints the report. The environment configures the client.

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
    let bucket = std::env::args().nth(1).ok_or("usage: doctor BUCKET")?;
    let s3 = Client::from_env().map_err(|error| error.to_string())?;
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_io()
        .enable_time()
        .build()
        .map_err(|error| error.to_string())?;
    let report = runtime.block_on(s3.doctor(&bucket).write(true).send());
    println!("{report}");
    Ok(())
}
