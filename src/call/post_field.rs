//! A field of an upload form, as the caller sets it.

use std::fmt;

use http::HeaderName;
use zeroize::Zeroize;

use crate::error::Error;
use crate::redact::is_secret;

pub(crate) struct Field {
    pub(crate) name: String,
    pub(crate) value: String,
    /// The value must start with this; `None` if it must be exactly `value`.
    pub(crate) prefix: Option<String>,
}

/// Masks secret values, which are rejected when the form is signed.
impl fmt::Debug for Field {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let value = if is_secret(&self.name) {
            "***"
        } else {
            &self.value
        };
        let mut field = f.debug_struct("Field");
        field.field("name", &self.name).field("value", &value);
        field
            .field("prefix", &self.prefix.as_ref().map(|_| value))
            .finish()
    }
}

/// Wipes a secret value.
impl Drop for Field {
    fn drop(&mut self) {
        if is_secret(&self.name) {
            self.value.zeroize();
            self.prefix.zeroize();
        }
    }
}

pub(super) fn check_field(field: &Field) -> Result<(), Error> {
    const OURS: [&str; 9] = [
        "bucket",
        "file",
        "policy",
        "x-amz-signature",
        "x-amz-algorithm",
        "x-amz-credential",
        "x-amz-date",
        "x-amz-security-token",
        "awsaccesskeyid",
    ];
    let Field {
        name,
        value,
        prefix,
    } = field;
    let lower = name.to_ascii_lowercase();
    let (problem, remedy) = if OURS.contains(&lower.as_str()) {
        ("only the client may set this field", "leave it out")
    } else if is_secret(&lower) {
        (
            "a secret, which the form would show to everyone who uploads",
            "leave it out: a form cannot use a customer key",
        )
    } else if HeaderName::from_bytes(name.as_bytes()).is_err() || lower == "x-amz-meta-" {
        (
            "not a valid name",
            "use letters, digits, hyphens and underscores",
        )
    } else if value.chars().any(char::is_control) {
        (
            "contains a control character, which browsers change",
            "leave it out",
        )
    } else if prefix.as_deref().unwrap_or(value).contains("${filename}") {
        // AWS replaces it in every field, other stores only in the key.
        (
            "contains ${filename}, which the store replaces before it checks the policy",
            match lower.as_str() {
                "key" => "use key_starts_with, which adds it",
                _ => {
                    "use field_starts_with, and let the sender of the form add the name of the file"
                }
            },
        )
    } else if lower == "key" && prefix.is_some() && !value.ends_with("${filename}") {
        (
            "only a prefix, and the sender of the form cannot add to it: the key is a hidden field",
            "use key_starts_with, which adds the name of the file",
        )
    } else if lower == "success_action_status" && !matches!(value.as_str(), "200" | "201" | "204") {
        ("stores ignore other values", "use 200, 201 or 204")
    } else {
        return Ok(());
    };
    Err(invalid_field(field, problem, remedy))
}

#[cold]
pub(super) fn invalid_field(field: &Field, problem: &str, remedy: &'static str) -> Error {
    Error::invalid(&["field ", &field.name].concat(), problem, remedy)
}
