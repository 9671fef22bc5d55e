//! Invalid input is rejected before anything is sent; the error names the field, the problem and a remedy.

mod addressing;
#[cfg(any(
    not(feature = "reqwest"),
    feature = "rustls",
    feature = "webpki-roots",
    feature = "native-tls"
))]
mod aws;
mod bodies;
mod buckets_and_keys;
mod copies;
mod credentials;
mod dialects;
mod encryption;
mod endpoints;
mod environment;
mod headers;
mod identifiers;
mod multipart;
mod presigned;

use slim_s3::{AmzDate, Call, Client, ClientBuilder, Credentials, Error, Operation};

fn builder() -> ClientBuilder {
    Client::builder()
        .endpoint("http://127.0.0.1:9000")
        .credentials(Credentials::new("AK", "SK"))
}

fn s3() -> Client {
    builder().build().unwrap()
}

fn epoch() -> AmzDate {
    AmzDate::from_unix_seconds(0)
}

/// Asserts that `result` is an `Error::Invalid` about `field`, whose message contains each of `fragments`.
#[track_caller]
fn assert_rejected<T>(result: Result<T, Error>, field: &str, fragments: &[&str]) {
    let Err(error) = result else {
        panic!("{field} was accepted")
    };
    let Error::Invalid(invalid) = &error else {
        panic!("{error}")
    };
    assert_eq!(invalid.field, field, "{error}");
    let message = error.to_string();
    for fragment in fragments {
        assert!(
            message.contains(fragment),
            "expected {fragment:?} in: {message}"
        );
    }
    assert!(
        !invalid.problem.is_empty() && !invalid.remedy.is_empty() && !message.contains('\n'),
        "{message}"
    );
    assert_eq!(error.context().attempts, 0);
}

#[track_caller]
fn assert_call_rejected<O: Operation>(call: Call<O>, field: &str, fragments: &[&str]) {
    assert_rejected(call.sign(epoch()), field, fragments);
}

#[track_caller]
fn assert_call_accepted<O: Operation>(call: Call<O>) {
    call.sign(epoch()).unwrap();
}
