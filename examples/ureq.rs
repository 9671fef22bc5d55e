//! Stores a file in a bucket and reads it back, in a program without a runtime: slim-s3 signs, ureq sends.
//!
//! ```text
//! cargo run --release --no-default-features --example ureq -- BUCKET FILE COPY
//! ```
//!
//! The store and the keys come from the environment: `AWS_ENDPOINT_URL_S3`, `AWS_ACCESS_KEY_ID`, `AWS_SECRET_ACCESS_KEY`.
//!
//! Without the feature `reqwest`, slim-s3 signs requests and parses responses. What it does around them is up to the program:
//! this one retries nothing, and holds bodies in memory. It uses ureq without TLS: for an https endpoint, turn on a TLS feature of
//! ureq.

#![allow(clippy::print_stdout)]

use std::error::Error;

use http::{Method, Request, Response};
use slim_s3::{Call, Client, Operation};
use ureq::Agent;

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [bucket, file, copy] = &arguments[..] else {
        return Err("usage: ureq BUCKET FILE COPY".into());
    };
    let s3 = Client::from_env()?;
    let agent = Agent::config_builder()
        // An error of S3 is in the body.
        .http_status_as_error(false)
        // The signature is for one host only.
        .max_redirects(0)
        .build()
        .new_agent();

    let put = s3.put_object(bucket, "file", std::fs::read(file)?);
    let stored = send(&agent, &s3, &put)?;
    println!("stored with the ETag {}", stored.etag);

    let get = s3.get_object(bucket, "file");
    let object = send(&agent, &s3, &get)?;
    let content = object.body.buffered().ok_or("not in memory")?;
    std::fs::write(copy, content)?;
    println!("{} bytes read", content.len());
    Ok(())
}

/// Signs a call, sends it, and parses the response.
fn send<O: Operation>(
    agent: &Agent,
    s3: &Client,
    call: &Call<O>,
) -> Result<O::Output, Box<dyn Error>> {
    let (head, body) = call.sign(s3.now())?.into_parts();
    let response = match head.method {
        Method::PUT | Method::POST => agent.run(Request::from_parts(head, &body[..]))?,
        _ => agent.run(Request::from_parts(head, ()))?,
    };
    let (head, mut body) = response.into_parts();
    let body = body.with_config().limit(u64::MAX).read_to_vec()?;
    let response = Response::from_parts(head, body.into());
    Ok(O::parse_http(call.request(), response)?)
}
