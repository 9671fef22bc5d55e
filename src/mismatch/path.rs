//! How one path became another.

use super::PathChange;

/// How the path that was signed became the one that the store has signed. Both are percent-encoded.
pub(crate) fn change(signed: &str, received: &str) -> PathChange {
    let decoded = decode(signed);
    let before_query = |path: &[u8]| {
        let end = path.iter().position(|byte| matches!(byte, b'?' | b'#'));
        end.is_some_and(|end| path.get(..end) == Some(received.as_bytes()))
    };
    if decoded == received.as_bytes() || before_query(&decoded) {
        PathChange::Decoded
    } else if decode(received) == signed.as_bytes() {
        PathChange::EncodedTwice
    } else if decoded == decode(received) {
        PathChange::EncodedDifferently
    } else if normalized(signed) == normalized(received) {
        PathChange::Normalized
    } else if is_end(signed, received) || is_end(received, signed) {
        PathChange::Prefix
    } else {
        PathChange::Other
    }
}

/// The path as proxies normalise it: without empty segments, `.` and `..`, and without the slash at its end.
pub(crate) fn normalized(path: &str) -> String {
    let mut kept = Vec::new();
    for segment in path.split('/') {
        match segment {
            "" | "." => {}
            ".." => {
                kept.pop();
            }
            segment => kept.push(segment),
        }
    }
    ["/", &kept.join("/")].concat()
}

/// Whether `end` is what follows the first segments of `path`. A slash alone ends many paths.
fn is_end(path: &str, end: &str) -> bool {
    end.starts_with('/') && end.len() > 1 && path.len() > end.len() && path.ends_with(end)
}

/// The bytes of a path. A percent sign without two digits stands for itself.
pub(crate) fn decode(path: &str) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(path.len());
    let mut rest = path.as_bytes();
    while let Some((&first, after)) = rest.split_first() {
        let digits = after.get(..2).filter(|_| first == b'%');
        let byte = digits.and_then(|digits| {
            let mut byte = [0];
            hex::decode_to_slice(digits, &mut byte).ok()?;
            Some(byte)
        });
        match byte {
            Some([byte]) => {
                bytes.push(byte);
                rest = after.get(2..).unwrap_or_default();
            }
            None => {
                bytes.push(first);
                rest = after;
            }
        }
    }
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_change_is_recognised() {
        use PathChange::*;
        for (signed, received, expected) in [
            ("/b/a%2520b", "/b/a%20b", Decoded),
            ("/b/caf%C3%A9", "/b/café", Decoded),
            ("/b/a%3Fb", "/b/a", Decoded),
            ("/b/a%20b", "/b/a%2520b", EncodedTwice),
            ("/b/a%2Bb%2F", "/b/a+b%2f", EncodedDifferently),
            ("/b/a%20b", "/b/a+b", Other),
            ("/b/a//b", "/b/a/b", Normalized),
            ("/b/a/", "/b/a", Normalized),
            ("/b/./a/../c", "/b/c", Normalized),
            ("/s3/b/a", "/b/a", Prefix),
            ("/a", "/b/a", Prefix),
            ("/b/a", "/b/c", Other),
            ("/b/a/", "/", Other),
            ("/b/%zz%", "/b/%zz", Other),
        ] {
            assert_eq!(change(signed, received), expected, "{signed} {received}");
        }
    }
}
