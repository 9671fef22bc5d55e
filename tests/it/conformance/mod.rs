//! Public conformance data, read from the folder that `SLIM_S3_VECTORS` names. It is licensed separately and not part of
//! this repository; see fixtures/README.md.

mod bucket_names;
mod encoding;
mod endpoints;
#[cfg(feature = "reqwest")]
mod keys;
mod operations;
#[cfg(feature = "reqwest")]
mod part_plan;
mod recordings;
mod responses;
#[cfg(feature = "reqwest")]
mod scenarios;
mod signing;
mod smithy;
mod streaming;

use std::path::Path;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use http::Method;
use serde_json::Value;
use slim_s3::operation::Target;
use slim_s3::{AmzDate, Call, Client, ClientBuilder, Credentials, Error, Request};

use self::operations::RequestOnly;
use crate::support;
use crate::support::fixtures::text;

/// Reasons for skipping rows, each with the IDs of its rows. An ID that is not in the file is an error.
type Skipped<'a> = &'a [(&'a str, &'a [&'a str])];

/// The rows of a file that are not skipped, at least `minimum` of them. Empty if the variable is not set.
fn rows(file: &str, minimum: usize, skipped: Skipped<'_>) -> Vec<Value> {
    let Some(folder) = std::env::var_os("SLIM_S3_VECTORS") else {
        println!("{file}: 0 rows, folder absent");
        return Vec::new();
    };
    let path = Path::new(&folder).join(file);
    let content =
        std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{path:?}: {error}"));
    let mut rows: Vec<Value> = content
        .lines()
        .map(|line| serde_json::from_str(line).unwrap_or_else(|error| panic!("{path:?}: {error}")))
        .collect();
    let mut reasons = Vec::new();
    let all = rows.len();
    for (reason, ids) in skipped {
        reasons.push(format!("{reason} x{}", ids.len()));
        for id in *ids {
            let before = rows.len();
            rows.retain(|row| text(row, "id") != *id);
            assert_eq!(
                rows.len() + 1,
                before,
                "{file}: expected one row with the ID {id}"
            );
        }
    }
    println!(
        "{file}: {} rows run, {} skipped{}{}",
        rows.len(),
        all - rows.len(),
        if reasons.is_empty() { "" } else { ": " },
        reasons.join("; ")
    );
    assert!(
        rows.len() >= minimum,
        "{file}: expected at least {minimum} rows, got {}",
        rows.len()
    );
    rows
}

fn base64(text: &str) -> Vec<u8> {
    STANDARD
        .decode(text)
        .unwrap_or_else(|error| panic!("{text}: {error}"))
}

fn percent_decode(text: &str) -> String {
    String::from_utf8(support::encoding::percent_decode(text)).unwrap()
}

fn epoch() -> AmzDate {
    AmzDate::from_unix_seconds(0)
}

fn builder(endpoint: &str) -> ClientBuilder {
    Client::builder()
        .endpoint(endpoint)
        .region("us-east-1")
        .credentials(Credentials::new("AK", "SK"))
}

fn s3(endpoint: &str) -> Client {
    builder(endpoint).build().unwrap()
}

fn url(s3: &Client, target: Target) -> Result<http::Uri, Error> {
    let call = Call::new(s3, Request::new(Method::GET, target), RequestOnly);
    Ok(call.sign(epoch())?.uri().clone())
}
