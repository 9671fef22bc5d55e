//! The whole request of each operation, as text: what `sign` returns for any HTTP client.

mod buckets;
#[cfg(feature = "checksums")]
mod checksums;
mod copies;
mod encryption;
mod listings;
mod multipart;
mod objects;
mod presigned;
mod signatures;
mod tags;

use std::fmt::Write;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use slim_s3::{AmzDate, Call, Client, Credentials, Operation, PayloadHash};

fn credentials() -> Credentials {
    Credentials::new("AKIDEXAMPLE", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY")
}

fn client() -> Client {
    Client::builder()
        .endpoint("http://127.0.0.1:9000")
        .credentials(credentials())
        .build()
        .unwrap()
}

/// When the requests are signed.
fn timestamp() -> AmzDate {
    AmzDate::parse("20250102T030405Z").unwrap()
}

/// A time for headers: Thu, 02 Jan 2025 03:04:05 GMT.
fn january_2() -> SystemTime {
    UNIX_EPOCH + Duration::from_secs(1_735_787_045)
}

/// The request as text, without the headers that every signed request has.
fn request_text<O: Operation>(call: &Call<O>) -> String {
    let request = call.sign(timestamp()).unwrap();
    let mut text = format!("{} {}\n", request.method(), request.uri());
    let mut headers: Vec<_> = request.headers().iter().collect();
    headers.sort_by_key(|(name, _)| name.as_str());
    for (name, value) in headers {
        let value = value.to_str().unwrap();
        match name.as_str() {
            "x-amz-date" => assert_eq!(value, "20250102T030405Z"),
            "x-amz-content-sha256" => {
                assert_eq!(value, PayloadHash::of(request.body()).to_string())
            }
            "authorization" => assert!(value.starts_with(
                "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20250102/us-east-1/s3/aws4_request, "
            )),
            name => writeln!(text, "{name}: {value}").unwrap(),
        }
    }
    if !request.body().is_empty() {
        writeln!(text, "\n{}", String::from_utf8_lossy(request.body())).unwrap();
    }
    text
}

#[track_caller]
fn check<O: Operation>(call: Call<O>, expected: &str) {
    assert_eq!(request_text(&call), expected);
}
