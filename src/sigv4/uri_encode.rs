//! AWS's `UriEncode`, used once for the path and once for the query. Nothing else in this crate percent-encodes.

use std::fmt::Write;

/// What becomes of `/`: it separates segments in a path and is a character like any other in a query.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[allow(clippy::exhaustive_enums)]
pub enum Slash {
    /// In a path: `/` stays.
    Keep,
    /// In a query name or value: `/` becomes `%2F`.
    Encode,
}

/// Percent-encodes the UTF-8 bytes of `text`: all but `A-Z a-z 0-9 - . _ ~` become `%XX`, in upper case.
///
/// S3 differs from AWS's other services: a path is encoded **once**, and it is not normalised, so that `//` and `/../`
/// stay what they are. A space is `%20`, never `+`.
///
/// ```
/// use slim_s3::sigv4::{Slash, uri_encode};
/// assert_eq!(uri_encode("a b/é", Slash::Keep), "a%20b/%C3%A9");
/// assert_eq!(uri_encode("a b/é", Slash::Encode), "a%20b%2F%C3%A9");
/// ```
///
/// <https://docs.aws.amazon.com/AmazonS3/latest/API/sig-v4-header-based-auth.html#example-signature-calculations>
pub fn uri_encode(text: &str, slash: Slash) -> String {
    let mut encoded = String::with_capacity(text.len());
    for byte in text.bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => {
                encoded.push(byte.into())
            }
            b'/' if slash == Slash::Keep => encoded.push('/'),
            // Writing to a String cannot fail.
            _ => drop(write!(encoded, "%{byte:02X}")),
        }
    }
    encoded
}
