//! Uploads a file with a progress bar, and resumes an interrupted upload.
//!
//! ```text
//! cargo run --release --example upload -- FILE BUCKET KEY [RESUME-TOKEN]
//! ```
//!
//! The store and the keys are those of the usual AWS variables, such as `AWS_ENDPOINT_URL_S3`. Ctrl-C keeps the parts that the store
//! has, and prints the token that resumes the upload. Without a terminal, plain lines report the progress.

#![allow(clippy::print_stdout, clippy::print_stderr)]

use std::io::IsTerminal;
use std::process::ExitCode;

use indicatif::{ProgressBar, ProgressStyle};
use slim_s3::{Client, Error, OnFailure, TransferEvent};

#[tokio::main]
async fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let (file, bucket, key, token) = match &arguments[..] {
        [file, bucket, key] => (file, bucket, key, None),
        [file, bucket, key, token] => (file, bucket, key, Some(token)),
        _ => {
            eprintln!("usage: upload FILE BUCKET KEY [RESUME-TOKEN]");
            return ExitCode::from(2);
        }
    };
    match upload(file, bucket, key, token).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("Failed: {error}");
            if let Some(token) = &error.context().resume_token {
                eprintln!("To resume, pass this token:\n{token}");
            }
            ExitCode::FAILURE
        }
    }
}

async fn upload(file: &str, bucket: &str, key: &str, token: Option<&String>) -> Result<(), Error> {
    let s3 = Client::from_env()?;
    let mut upload = s3
        .upload_file(bucket, key, file)
        .on_failure(OnFailure::Keep)
        .cancel_on(tokio::signal::ctrl_c());
    if let Some(token) = token {
        upload = upload.resume(token);
    }
    let upload = if std::io::stderr().is_terminal() {
        let bar = progress_bar();
        upload.on_event(move |event| show(&bar, &event))
    } else {
        upload.on_event(|event| print(&event))
    };
    let stored = upload.send().await?;
    println!(
        "{bucket}/{key}: {} bytes, ETag {}",
        stored.size, stored.etag
    );
    Ok(())
}

fn progress_bar() -> ProgressBar {
    let template = "{bar:40} {bytes}/{total_bytes} {bytes_per_sec} {msg}";
    let style = ProgressStyle::with_template(template);
    ProgressBar::no_length().with_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()))
}

fn show(bar: &ProgressBar, event: &TransferEvent) {
    match event {
        TransferEvent::Started {
            size: Some(size), ..
        } => bar.set_length(*size),
        TransferEvent::Progress { bytes, .. } => bar.set_position(*bytes),
        TransferEvent::Retry { cause, .. } => bar.set_message(format!("retry after {cause}")),
        TransferEvent::Finished { .. } => bar.finish(),
        _ => {}
    }
}

fn print(event: &TransferEvent) {
    match event {
        TransferEvent::Created {
            resume_token: Some(resume_token),
            ..
        } => eprintln!("To resume: {resume_token}"),
        TransferEvent::Progress { bytes, size, .. } => match size {
            Some(size) => eprintln!("{bytes} of {size} bytes"),
            None => eprintln!("{bytes} bytes"),
        },
        TransferEvent::Retry { cause, delay, .. } => {
            eprintln!("{cause}, retried after {} ms", delay.as_millis());
        }
        _ => {}
    }
}
