//! What `sign` prints: the steps as text, JSON, a curl command, or the headers.

use std::fmt::Write as _;

use serde_json::{Map, Value, json};
use slim_s3::sigv4::SigningKey;
use slim_s3::{Credentials, Explanation};

/// The form of what is printed.
#[derive(Clone, Copy, Debug, Eq, PartialEq, clap::ValueEnum)]
pub enum Show {
    Text,
    Json,
    Curl,
    Header,
}

/// A signed request.
pub struct Signed {
    pub explanation: Explanation,
    pub request: http::Request<bytes::Bytes>,
    /// If the keys are to be shown, what they are derived from.
    pub keys: Option<Credentials>,
    /// The argument that says where the body comes from.
    pub body: Option<String>,
}

/// Headers whose values are never printed.
fn is_secret(name: &str) -> bool {
    name == "x-amz-security-token" || name.ends_with("-customer-key")
}

pub fn show(signed: &Signed, form: Show) -> String {
    match form {
        Show::Text => text(signed),
        Show::Json => format!("{}\n", json_of(signed)),
        Show::Curl => curl(signed),
        Show::Header => header_lines(signed),
    }
}

/// The explanation. It shows the signature, which is what the command is for, but no token or key.
fn text(signed: &Signed) -> String {
    let mut text = signed.explanation.unmasked();
    let headers = &signed.explanation.canonical_request().headers;
    for (name, value) in headers.iter().filter(|(name, _)| is_secret(name)) {
        text = text.replace(
            &format!("{name}:{value}"),
            &format!("{name}:{}", mask(value)),
        );
    }
    for (name, key) in derivation(signed) {
        // Writing to a String cannot fail.
        let _ = writeln!(text, "{name:14}  {}", key.to_hex());
    }
    text
}

/// The four keys with their names in AWS's documentation, if they are to be shown.
fn derivation(signed: &Signed) -> Vec<(&'static str, SigningKey)> {
    let (Some(keys), Some(signing)) = (&signed.keys, signed.explanation.signing()) else {
        return Vec::new();
    };
    let derived = keys.derive_keys(&signing.string_to_sign.scope);
    let names = ["date key", "region key", "service key", "signing key"];
    names.into_iter().zip(derived).collect()
}

fn json_of(signed: &Signed) -> Value {
    let canonical = signed.explanation.canonical_request();
    let headers: Map<String, Value> = sent_headers(signed)
        .map(|(name, value)| (name.to_owned(), value.into()))
        .collect();
    let mut document = canonical.to_string();
    for (name, value) in canonical.headers.iter().filter(|(name, _)| is_secret(name)) {
        document = document.replace(
            &format!("{name}:{value}"),
            &format!("{name}:{}", mask(value)),
        );
    }
    let signing = signed.explanation.signing();
    let keys: Map<String, Value> = derivation(signed)
        .into_iter()
        .map(|(name, key)| (name.replace(' ', "_"), key.to_hex().into()))
        .collect();
    json!({
        "method": canonical.method,
        "url": signed.request.uri().to_string(),
        "headers": headers,
        "canonical_request": document,
        "canonical_request_sha256": canonical.hash(),
        "string_to_sign": signing.map(|signing| signing.string_to_sign.to_string()),
        "signature": signing.map(|signing| signing.signature.to_hex()),
        "keys": keys,
    })
}

/// The headers to send, with secrets masked.
fn sent_headers(signed: &Signed) -> impl Iterator<Item = (&str, String)> {
    signed.request.headers().iter().map(|(name, value)| {
        let value = String::from_utf8_lossy(value.as_bytes());
        let value = match is_secret(name.as_str()) {
            true => mask(&value),
            false => value.into_owned(),
        };
        (name.as_str(), value)
    })
}

fn header_lines(signed: &Signed) -> String {
    sent_headers(signed)
        .map(|(name, value)| format!("{name}: {value}\n"))
        .collect()
}

/// A command that sends the request. A session token comes from the environment, where it is.
fn curl(signed: &Signed) -> String {
    let mut line = "curl --fail-with-body --globoff".to_owned();
    let mut add = |argument: &str, value: &str| {
        line.push(' ');
        line.push_str(argument);
        line.push_str(value);
    };
    match signed.request.method().as_str() {
        "GET" => {}
        "HEAD" => add("--head", ""),
        method => add("--request ", &quoted(method)),
    }
    let mut has_type = false;
    for (name, value) in signed.request.headers() {
        let value = String::from_utf8_lossy(value.as_bytes());
        has_type |= name == "content-type";
        match name.as_str() {
            // curl counts the body itself.
            "content-length" => {}
            "x-amz-security-token" => {
                add("--header ", "\"x-amz-security-token: $AWS_SESSION_TOKEN\"");
            }
            name if is_secret(name) => {
                add("--header ", &quoted(&format!("{name}: {}", mask(&value))))
            }
            name => add("--header ", &quoted(&format!("{name}: {value}"))),
        }
    }
    if let Some(body) = &signed.body {
        if !has_type {
            // Otherwise curl would send that of a form.
            add("--header ", "'content-type:'");
        }
        match body.strip_prefix('@') {
            Some(text) => add("--data-raw ", &quoted(text)),
            None => add("--data-binary ", &quoted(&format!("@{body}"))),
        }
    } else if matches!(signed.request.method().as_str(), "PUT" | "POST") {
        add("--header ", "'content-length: 0'");
    }
    add("", &quoted(&signed.request.uri().to_string()));
    line.push('\n');
    line
}

/// One word of a POSIX shell.
fn quoted(word: &str) -> String {
    ["'", &word.replace('\'', "'\\''"), "'"].concat()
}

/// The first four characters and the length.
fn mask(secret: &str) -> String {
    let shown = secret.get(..4).filter(|_| secret.len() >= 16);
    let count = secret.chars().count();
    format!("{}…({count} characters)", shown.unwrap_or_default())
}
