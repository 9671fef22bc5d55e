//! Copies a file to a bucket and back, and lists the bucket, in a program without a runtime.
//!
//! ```text
//! cargo run --release --features blocking --example blocking -- BUCKET FILE
//! ```
//!
//! The store and the keys come from the environment: `AWS_ENDPOINT_URL_S3`, `AWS_ACCESS_KEY_ID`, `AWS_SECRET_ACCESS_KEY`.

#![allow(clippy::print_stdout)]

use std::error::Error;
use std::io;

use slim_s3::Client;

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let (Some(bucket), Some(file)) = (arguments.next(), arguments.next()) else {
        return Err("usage: blocking BUCKET FILE".into());
    };
    let s3 = Client::from_env()?;

    let stored = s3.upload_file(&bucket, "file", &file).send_blocking()?;
    println!("{} bytes in {} parts", stored.size, stored.parts);

    let object = s3.get_object(&bucket, "file").send_blocking()?;
    let size = io::copy(&mut object.body.into_blocking_reader(), &mut io::sink())?;
    println!("{size} bytes read");

    for object in s3.list_objects_v2(&bucket).objects_blocking() {
        let object = object?;
        println!("{:>12} {}", object.size, object.key);
    }
    Ok(())
}
