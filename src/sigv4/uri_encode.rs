//! AWS's `UriEncode`, and back.

/// How to encode `/`, which separates segments in a path and is an ordinary character in a query.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[allow(clippy::exhaustive_enums)]
pub enum Slash {
    /// In a path: keeps `/`.
    Keep,
    /// In a query name or value: encodes `/` as `%2F`.
    Encode,
}

/// Percent-encodes the UTF-8 bytes of `text`: all except `A-Z a-z 0-9 - . _ ~` become `%XX`, in upper case.
///
/// Unlike AWS's other services, S3 encodes a path **once** and does not normalise it: `//` and `/../` are kept. A space
/// is `%20`, never `+`.
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
    push_uri_encoded(&mut encoded, text, slash);
    encoded
}

/// Decodes what [`uri_encode`] has encoded; `None` if a `%` is not followed by two hexadecimal digits, or if the bytes are not
/// UTF-8. A `+` stands for itself.
///
/// ```
/// use slim_s3::sigv4::uri_decode;
/// assert_eq!(uri_decode("a%20b%2f%C3%A9+").as_deref(), Some("a b/é+"));
/// assert_eq!(uri_decode("100%"), None);
/// assert_eq!(uri_decode("%C3"), None);
/// ```
pub fn uri_decode(text: &str) -> Option<String> {
    let mut parts = text.split('%');
    let mut bytes = parts.next()?.as_bytes().to_vec();
    for part in parts {
        let (digits, rest) = part.split_at_checked(2)?;
        let mut byte = [0];
        hex::decode_to_slice(digits, &mut byte).ok()?;
        bytes.extend(byte);
        bytes.extend(rest.as_bytes());
    }
    String::from_utf8(bytes).ok()
}

/// Appends `text`, [encoded](uri_encode). Copies at once what needs no encoding: most keys, from end to end.
pub(crate) fn push_uri_encoded(encoded: &mut String, text: &str, slash: Slash) {
    let is_kept = |byte: u8| match byte {
        b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => true,
        b'/' => slash == Slash::Keep,
        _ => false,
    };
    let mut rest = text;
    loop {
        let end = rest.bytes().position(|byte| !is_kept(byte));
        let (kept, tail) = end
            .and_then(|end| rest.split_at_checked(end))
            .unwrap_or((rest, ""));
        encoded.push_str(kept);
        let mut chars = tail.chars();
        let Some(next) = chars.next() else {
            return;
        };
        for byte in next.encode_utf8(&mut [0; 4]).bytes() {
            encoded.push('%');
            for digit in [byte >> 4, byte & 15] {
                let digit = char::from_digit(digit.into(), 16).unwrap_or_default();
                encoded.push(digit.to_ascii_uppercase());
            }
        }
        rest = chars.as_str();
    }
}
