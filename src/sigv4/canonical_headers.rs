//! The canonical headers and the list of signed headers.

use std::fmt;

use zeroize::ZeroizeOnDrop;

use super::line;
use crate::redact::{is_secret, wipe_secrets};

/// The signed headers in canonical form; prints one `name:value` line for each.
///
/// The signature covers `host`, every `x-amz-*` header, and the headers that state the meaning of the request:
/// `content-type`, `content-md5`, `range`, `if-*`, `date`. All others are left out, since proxies edit them: a signed
/// `accept-encoding`, `user-agent` or `connection` is the usual reason why a request works on one network and is
/// rejected on another.
#[derive(Clone, Default, Eq, PartialEq)]
pub struct CanonicalHeaders(Vec<(String, String)>);

impl CanonicalHeaders {
    /// Selects the signed headers from those that are sent, and converts them to canonical form: names in lower case
    /// and sorted; values trimmed, with single spaces inside; values of a repeated name joined by commas in the order
    /// sent.
    pub fn new<'a>(headers: impl IntoIterator<Item = (&'a str, &'a str)>) -> CanonicalHeaders {
        let mut signed = CanonicalHeaders::default();
        for (name, value) in headers {
            let name = name.to_ascii_lowercase(); // Lowercase(HeaderName)
            if is_signed(&name) {
                signed.insert(name, value);
            }
        }
        signed
    }

    /// Signs all of `headers`, in the same form. For presigned requests: the holder must send exactly these.
    pub fn all<'a>(headers: impl IntoIterator<Item = (&'a str, &'a str)>) -> CanonicalHeaders {
        let mut signed = CanonicalHeaders::default();
        for (name, value) in headers {
            signed.insert(name.to_ascii_lowercase(), value);
        }
        signed
    }

    fn insert(&mut self, name: String, value: &str) {
        let value = trim(value); // Trim(HeaderValue)
        match self.0.iter_mut().find(|(known, _)| *known == name) {
            Some((_, values)) => {
                values.push(',');
                values.push_str(&value);
            }
            None => super::insert_sorted(&mut self.0, (name, value)),
        }
    }

    /// The names of these headers.
    pub fn signed_headers(&self) -> SignedHeaders<'_> {
        SignedHeaders(self)
    }

    /// Names and values, sorted by name.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0
            .iter()
            .map(|(name, value)| (name.as_str(), value.as_str()))
    }
}

impl fmt::Display for CanonicalHeaders {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (name, value) in self.iter() {
            f.write_str(name)?;
            f.write_str(":")?;
            line(f, &value)?;
        }
        Ok(())
    }
}

/// Wipes secret values.
impl Drop for CanonicalHeaders {
    fn drop(&mut self) {
        wipe_secrets(&mut self.0);
    }
}

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
fn trim(value: &str) -> String {
    let mut trimmed = String::with_capacity(value.len());
    for word in value.split_ascii_whitespace() {
        if !trimmed.is_empty() {
            trimmed.push(' ');
        }
        trimmed.push_str(word);
    }
    trimmed
}
