//! Which host and which path the store may have received in place of the signed ones.

use crate::mismatch::{PathChange, SignatureMismatch, decode_path, normalized, path_change};
use crate::sigv4::{Slash, uri_encode};

/// The host that was signed.
pub(super) fn signed_host(mismatch: &SignatureMismatch) -> &str {
    let headers = &mismatch.signing().canonical_request.headers;
    let mut headers = headers.iter();
    let host = headers.find(|(name, _)| *name == "host");
    host.map_or("", |(_, host)| host)
}

/// The same host without its port, or with the default port of the scheme if it has none.
pub(super) fn other_host(signed: &str, is_https: bool) -> String {
    match signed.rsplit_once(':') {
        // Within brackets, the colon is one of an IPv6 address.
        Some((host, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => host.to_owned(),
        _ if is_https => [signed, ":443"].concat(),
        _ => [signed, ":80"].concat(),
    }
}

/// The path that the store has received, and how the signed one became it. By the path that the store quotes, which is decoded, or
/// else by what is unusual about the signed one. `None` if nothing suggests that the path was changed.
pub(super) fn other_path(signed: &str, quoted: Option<&str>) -> Option<(String, PathChange)> {
    let decoded = String::from_utf8(decode_path(signed)).ok()?;
    let encoded = |path: &str| uri_encode(path, Slash::Keep);
    let received = match quoted {
        Some(quoted) if quoted == decoded => return None,
        Some(quoted) => encoded(quoted),
        None if decoded.contains('%') => encoded(&String::from_utf8(decode_path(&decoded)).ok()?),
        None if decoded.contains("//") || decoded.ends_with('/') => encoded(&normalized(&decoded)),
        None if signed.contains('%') => encoded(signed),
        None => return None,
    };
    let change = path_change(signed, &received);
    (received != signed).then_some((received, change))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_port_is_dropped_or_added() {
        assert_eq!(other_host("127.0.0.1:9000", false), "127.0.0.1");
        assert_eq!(other_host("[::1]:9000", false), "[::1]");
        assert_eq!(other_host("[::1]", false), "[::1]:80");
        assert_eq!(other_host("s3.example.com", true), "s3.example.com:443");
    }

    #[test]
    fn a_quoted_path_is_the_one_that_was_received() {
        use PathChange::*;
        for (signed, quoted, expected) in [
            ("/b/a%20b", "/b/a b", None),
            ("/b/a%2520b", "/b/a b", Some(("/b/a%20b", Decoded))),
            ("/b/a%20b", "/b/a%20b", Some(("/b/a%2520b", EncodedTwice))),
            ("/b/a//b", "/b/a/b", Some(("/b/a/b", Normalized))),
            ("/s3/b/a", "/b/a", Some(("/b/a", Prefix))),
        ] {
            let expected = expected.map(|(path, change): (&str, _)| (path.to_owned(), change));
            assert_eq!(other_path(signed, Some(quoted)), expected, "{signed}");
        }
    }

    #[test]
    fn without_a_quoted_path_the_unusual_is_suspected() {
        use PathChange::*;
        for (signed, expected) in [
            ("/b/a", None),
            ("/b/a%2520b", Some(("/b/a%20b", Decoded))),
            ("/b/a//b", Some(("/b/a/b", Normalized))),
            ("/b/a/", Some(("/b/a", Normalized))),
            ("/b/a%20b", Some(("/b/a%2520b", EncodedTwice))),
        ] {
            let expected = expected.map(|(path, change): (&str, _)| (path.to_owned(), change));
            assert_eq!(other_path(signed, None), expected, "{signed}");
        }
    }
}
