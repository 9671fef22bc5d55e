//! Which values are secret, how they are masked, and how they are wiped from memory.

use zeroize::Zeroize;

/// Whether the value of a header or query parameter must not be printed.
pub(crate) fn is_secret(name: &str) -> bool {
    [
        "x-amz-security-token",
        "x-amz-s3session-token",
        "x-amz-signature",
        "authorization",
        "proxy-authorization",
        "cookie",
    ]
    .iter()
    .any(|secret| name.eq_ignore_ascii_case(secret))
        || ends_with_ignore_case(name, "-customer-key")
}

// Makes no lower-case copy, because every header is checked several times per request.
fn ends_with_ignore_case(name: &str, end: &str) -> bool {
    let start = name.len().checked_sub(end.len());
    start
        .and_then(|start| name.get(start..))
        .is_some_and(|tail| tail.eq_ignore_ascii_case(end))
}

/// A secret's length and, if it is long, its first four characters: enough to tell two values apart.
pub(crate) fn mask(secret: &str) -> String {
    let shown = if secret.len() >= 16 {
        secret.get(..4).unwrap_or_default()
    } else {
        ""
    };
    format!("{shown}…({} characters)", secret.chars().count())
}

/// Overwrites secret values before they are dropped.
pub(crate) fn wipe_secrets(pairs: &mut [(impl AsRef<str>, String)]) {
    for (name, value) in pairs {
        if is_secret(name.as_ref()) {
            value.zeroize();
        }
    }
}
