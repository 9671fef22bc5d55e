//! Secrets are never printed: no secret access key, session token, signature or customer key appears in the `Debug`
//! output of a public type, in an error, or in a log.

mod errors;
mod types;

use std::fmt::Debug;

use slim_s3::operation::PutObject;
use slim_s3::{Call, Client, Credentials, Error};

const SECRET: &str = "SECRETKEYSECRETKEYSECRETKEYSECRETKEYMARK";
const TOKEN: &str = "TOKENTOKENTOKENTOKENTOKENTOKENTOKENTOKENMARK";
const PRESIGNED_SIGNATURE: &str = "5161a7e0516";
const CUSTOMER_KEY: [u8; 32] = *b"CUSTOMERCUSTOMERCUSTOMERCUSTMARK";
const CUSTOMER_KEY_BASE64: &str = "Q1VTVE9NRVJDVVNUT01FUkNVU1RPTUVSQ1VTVE1BUks=";

#[track_caller]
fn assert_no_secret(label: &str, text: &str) {
    for secret in [
        SECRET,
        TOKEN,
        PRESIGNED_SIGNATURE,
        "CUSTOMERCUSTOMER",
        CUSTOMER_KEY_BASE64,
        // "CUST" as a list of bytes.
        "67, 85, 83, 84",
    ] {
        assert!(!text.contains(secret), "{label} contains {secret}: {text}");
    }
    // Half a secret must not appear either.
    for secret in [SECRET, TOKEN, CUSTOMER_KEY_BASE64] {
        assert!(
            !text.contains(&secret[..secret.len() / 2]),
            "{label}: {text}"
        );
    }
}

#[track_caller]
fn assert_debug_has_no_secret(label: &str, value: &dyn Debug) {
    assert_no_secret(label, &format!("{value:?}"));
    assert_no_secret(label, &format!("{value:#?}"));
}

#[track_caller]
fn assert_error_has_no_secret(label: &str, error: &Error) {
    assert_debug_has_no_secret(label, error);
    assert_no_secret(label, &error.to_string());
    assert_no_secret(label, &format!("{error:#}"));
    match error {
        Error::Invalid(inner) => assert_debug_has_no_secret(label, inner),
        Error::Transport(inner) => assert_debug_has_no_secret(label, inner),
        Error::Service(inner) => assert_debug_has_no_secret(label, inner),
        Error::Malformed(inner) => assert_debug_has_no_secret(label, inner),
        _ => panic!("{error} has a variant that is not checked here"),
    }
    assert_debug_has_no_secret(label, error.context());
    let mut cause = std::error::Error::source(error);
    while let Some(inner) = cause {
        assert_debug_has_no_secret(label, &inner);
        assert_no_secret(label, &inner.to_string());
        cause = inner.source();
    }
}

fn credentials() -> Credentials {
    Credentials::new("AKIDEXAMPLE", SECRET).with_session_token(TOKEN)
}

fn client(endpoint: &str) -> Client {
    let builder = Client::builder()
        .endpoint(endpoint)
        .credentials(credentials());
    builder.build().unwrap()
}

/// A call with every secret that a call can contain.
fn put_with_secrets(s3: &Client) -> Call<PutObject> {
    s3.put_object("bucket", "key", "data")
        .header("x-amz-s3session-token", TOKEN)
}
