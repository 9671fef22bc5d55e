//! The canonical query string, which is also the query string that is sent.

use std::fmt;

use zeroize::ZeroizeOnDrop;

use super::uri_encode::{Slash, uri_encode};
use crate::redact::{is_secret, wipe_secrets};

/// The query parameters, encoded and sorted; prints as `max-keys=2&prefix=J`.
///
/// A parameter without a value prints as `uploads=`. Stores accept both spellings, so it is also sent that way: the
/// query on the wire is the query that was signed, byte for byte.
#[derive(Clone, Default, Eq, PartialEq)]
pub struct CanonicalQuery(Vec<(String, String)>);

impl CanonicalQuery {
    /// Encodes raw names and values, and sorts them by encoded name, then by encoded value. Keeps repeated names.
    pub fn new<'a>(parameters: impl IntoIterator<Item = (&'a str, &'a str)>) -> CanonicalQuery {
        let encode = |(name, value)| {
            (
                uri_encode(name, Slash::Encode),
                uri_encode(value, Slash::Encode),
            )
        };
        let mut encoded = Vec::new();
        for parameter in parameters {
            // As pairs, not as "name=value" texts: `=` would sort between `-` and the letters and change the order.
            insert_sorted(&mut encoded, encode(parameter));
        }
        CanonicalQuery(encoded)
    }

    /// Adds a raw name and value.
    pub(super) fn insert(&mut self, name: &str, value: &str) {
        let encode = |text| uri_encode(text, Slash::Encode);
        insert_sorted(&mut self.0, (encode(name), encode(value)));
    }

    /// Encoded names and values, in order.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0
            .iter()
            .map(|(name, value)| (name.as_str(), value.as_str()))
    }

    /// The query with secret values masked: the signature and the session token of a presigned URL.
    pub(crate) fn masked(&self) -> String {
        let shown = self
            .iter()
            .map(|(name, value)| format!("{name}={}", if is_secret(name) { "***" } else { value }));
        shown.collect::<Vec<_>>().join("&")
    }
}

/// Wipes secret values: the session token of a presigned URL.
impl Drop for CanonicalQuery {
    fn drop(&mut self) {
        wipe_secrets(&mut self.0);
    }
}

impl ZeroizeOnDrop for CanonicalQuery {}

impl fmt::Debug for CanonicalQuery {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "CanonicalQuery({:?})", self.masked())
    }
}

impl fmt::Display for CanonicalQuery {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, (name, value)) in self.0.iter().enumerate() {
            let separator = if index == 0 { "" } else { "&" };
            f.write_str(separator)?;
            f.write_str(name)?;
            f.write_str("=")?;
            f.write_str(value)?;
        }
        Ok(())
    }
}

/// Inserts a pair in order. There are few, and the standard library's sort would add 5 KiB to the binary.
fn insert_sorted(pairs: &mut Vec<(String, String)>, pair: (String, String)) {
    let position = pairs.partition_point(|other| *other <= pair);
    pairs.insert(position, pair);
}
