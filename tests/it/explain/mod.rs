//! Explanations: their values beside AWS's published examples, and what they print.

mod chunks;
mod example;
mod forms;
mod html;
mod json;
mod values;

use slim_s3::explain::Explanation;
use slim_s3::{AmzDate, Client, Credentials};

const ACCESS_KEY_ID: &str = "AKIAIOSFODNN7EXAMPLE";
const SECRET_ACCESS_KEY: &str = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY";
const TOKEN: &str = "TOKENTOKENTOKENTOKENTOKEN==";
const CUSTOMER_KEY: &str = "MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE=";

/// When AWS's examples are signed.
fn published() -> AmzDate {
    AmzDate::parse("20130524T000000Z").unwrap()
}

fn credentials() -> Credentials {
    Credentials::new(ACCESS_KEY_ID, SECRET_ACCESS_KEY)
}

fn client(endpoint: &str, credentials: Credentials) -> Client {
    let builder = Client::builder().endpoint(endpoint).region("us-east-1");
    builder.credentials(credentials).build().unwrap()
}

/// The store of AWS's examples.
fn aws() -> Client {
    client("https://s3.amazonaws.com", credentials())
}

/// AWS's example: the first ten bytes of an object.
fn published_get() -> Explanation {
    let get = aws().get_object("examplebucket", "test.txt");
    get.range(0..=9).explain(published()).unwrap()
}

/// A request with all secrets, and with text that a page must escape.
fn with_secrets() -> Explanation {
    let credentials = credentials().with_session_token(TOKEN);
    let s3 = client("https://127.0.0.1:9000", credentials);
    s3.put_object("photos", "a b/<script>alert(1)</script>\"é\n'", "meow")
        .header("x-amz-server-side-encryption-customer-key", CUSTOMER_KEY)
        .header("x-amz-meta-note", "</code><script>  alert('2')</script>")
        .header("cache-control", "no-cache")
        .query("a\u{202e}&b", "<b>")
        .explain(published())
        .unwrap()
}
