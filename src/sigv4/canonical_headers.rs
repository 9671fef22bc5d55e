//! The canonical headers and the list of signed headers.

use std::fmt;

use zeroize::{Zeroize, ZeroizeOnDrop};

use crate::redact::is_secret;

/// The signed headers in canonical form; prints one `name:value` line for each.
///
/// The signature covers `host`, every `x-amz-*` header, and the headers that state the meaning of the request:
/// `content-type`, `content-md5`, `range`, `if-*`, `date`. All others are left out, since proxies edit them: a signed
/// `accept-encoding`, `user-agent` or `connection` is the usual reason why a request works on one network and is
/// rejected on another.
#[derive(Clone, Default, Eq, PartialEq)]
pub struct CanonicalHeaders(Vec<Line>);

/// `name:value`, in one text: half as many allocations as two.
#[derive(Clone, Eq, PartialEq)]
struct Line {
    text: String,
    name_length: usize,
}

impl Line {
    fn new(name: &str, value: &str) -> Line {
        let mut text = String::with_capacity(name.len() + 1 + value.len());
        text.push_str(name);
        text.make_ascii_lowercase(); // Lowercase(HeaderName)
        text.push(':');
        push_trimmed(&mut text, value); // Trim(HeaderValue)
        let name_length = name.len();
        Line { text, name_length }
    }

    fn name(&self) -> &str {
        self.text.get(..self.name_length).unwrap_or_default()
    }

    fn value(&self) -> &str {
        self.text.get(self.name_length + 1..).unwrap_or_default()
    }
}

/// Wipes a secret value.
impl Drop for Line {
    fn drop(&mut self) {
        if is_secret(self.name()) {
            self.text.zeroize();
        }
    }
}

impl CanonicalHeaders {
    /// Selects the signed headers from those that are sent, and converts them to canonical form: names in lower case
    /// and sorted; values trimmed, with single spaces inside; values of a repeated name joined by commas in the order
    /// sent.
    pub fn new<'a>(headers: impl IntoIterator<Item = (&'a str, &'a str)>) -> CanonicalHeaders {
        let mut signed = CanonicalHeaders::default();
        for (name, value) in headers {
            let line = Line::new(name, value);
            if is_signed(line.name()) {
                signed.insert(line);
            }
        }
        signed
    }

    /// Signs all of `headers`, in the same form. For presigned requests: the holder must send exactly these.
    pub fn all<'a>(headers: impl IntoIterator<Item = (&'a str, &'a str)>) -> CanonicalHeaders {
        let mut signed = CanonicalHeaders::default();
        for (name, value) in headers {
            signed.insert(Line::new(name, value));
        }
        signed
    }

    /// Inserts a line in order. There are few, and the standard library's sort would add 5 KiB to the binary.
    fn insert(&mut self, line: Line) {
        let position = self.0.partition_point(|other| other.name() < line.name());
        match self.0.get_mut(position) {
            Some(same) if same.name() == line.name() => {
                same.text.push(',');
                same.text.push_str(line.value());
            }
            _ => self.0.insert(position, line),
        }
    }

    /// The names of these headers.
    pub fn signed_headers(&self) -> SignedHeaders<'_> {
        SignedHeaders(self)
    }

    /// Names and values, sorted by name.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|line| (line.name(), line.value()))
    }
}

impl fmt::Display for CanonicalHeaders {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for line in &self.0 {
            f.write_str(&line.text)?;
            f.write_str("\n")?;
        }
        Ok(())
    }
}

/// Each line wipes itself.
impl ZeroizeOnDrop for CanonicalHeaders {}

/// Masks secret values: the session token and customer keys.
impl fmt::Debug for CanonicalHeaders {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_map()
            .entries(
                self.iter()
                    .map(|(name, value)| (name, if is_secret(name) { "***" } else { value })),
            )
            .finish()
    }
}

/// The names of the signed headers; prints as `host;range;x-amz-date`.
#[derive(Clone, Copy, Debug)]
pub struct SignedHeaders<'a>(&'a CanonicalHeaders);

impl fmt::Display for SignedHeaders<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, (name, _)) in self.0.iter().enumerate() {
            let separator = if index == 0 { "" } else { ";" };
            f.write_str(separator)?;
            f.write_str(name)?;
        }
        Ok(())
    }
}

fn is_signed(name: &str) -> bool {
    matches!(
        name,
        "host" | "content-type" | "content-md5" | "range" | "date"
    ) || name.starts_with("x-amz-")
        || name.starts_with("if-")
}

/// AWS's `Trim`: removes white space at the ends, and collapses it to single spaces inside.
fn push_trimmed(text: &mut String, value: &str) {
    if !value.bytes().any(|byte| byte.is_ascii_whitespace()) {
        text.push_str(value); // most values, at once
        return;
    }
    for (index, word) in value.split_ascii_whitespace().enumerate() {
        if index > 0 {
            text.push(' ');
        }
        text.push_str(word);
    }
}
