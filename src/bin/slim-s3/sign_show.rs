//! What `sign` prints: the steps as text, JSON or a page, a curl command, or the headers.

use slim_s3::Credentials;
use slim_s3::explain::{Explanation, View};

/// The form of what is printed.
#[derive(Clone, Copy, Debug, Eq, PartialEq, clap::ValueEnum)]
pub enum Show {
    Text,
    Json,
    Html,
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

/// Headers whose values are never printed. Names in lower case.
pub fn is_secret(name: &str) -> bool {
    matches!(
        name,
        "x-amz-security-token" | "x-amz-s3session-token" | "proxy-authorization" | "cookie"
    ) || name.ends_with("-customer-key")
}

pub fn show(signed: &Signed, form: Show) -> String {
    match form {
        Show::Text => view(signed).to_string(),
        Show::Json => view(signed).to_json() + "\n",
        Show::Html => view(signed).to_html(),
        Show::Curl => curl(signed),
        Show::Header => header_lines(signed),
    }
}

/// The explanation with the signature, which is what the command is for, and the keys if they are to be shown.
fn view(signed: &Signed) -> View<'_, Explanation> {
    let view = signed.explanation.with_signature();
    match &signed.keys {
        Some(keys) => view.with_keys(keys),
        None => view,
    }
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
pub fn mask(secret: &str) -> String {
    let shown = secret.get(..4).filter(|_| secret.len() >= 16);
    let count = secret.chars().count();
    format!("{}…({count} characters)", shown.unwrap_or_default())
}
