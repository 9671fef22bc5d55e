//! The policy of a browser's upload form: what it may upload, as a document in JSON that is signed.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use super::{AmzDate, Signature, SigningKey};

/// A policy document: until when a form is valid, and the conditions on its fields.
///
/// Each field of the form must meet a condition, except `file`, `policy` and `x-amz-signature`. The policy in base64 is
/// the string to sign; there is no canonical request.
///
/// ```
/// use slim_s3::sigv4::*;
///
/// let at = AmzDate::parse("20250102T030405Z").unwrap();
/// let mut policy = PolicyDocument::new(at);
/// policy.exact("bucket", "photos");
/// policy.starts_with("key", "uploads/");
/// policy.content_length_range(1, 1 << 20);
/// let json = r#"{"expiration": "2025-01-02T03:04:05Z", "conditions": [{"bucket": "#;
/// assert!(policy.to_json().starts_with(json));
///
/// let scope = CredentialScope::new(at, "us-east-1", "s3");
/// let key = SigningKey::derive(&SecretAccessKey::new("SK"), &scope);
/// let signature = key.sign_policy(&policy.to_base64());
/// ```
///
/// <https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-HTTPPOSTConstructPolicy.html>
#[derive(Clone)]
pub struct PolicyDocument {
    expires_at: AmzDate,
    /// The conditions in JSON, separated by `, `.
    conditions: String,
}

impl PolicyDocument {
    /// A policy that expires at `expires_at`, without conditions. A store accepts no form with it yet.
    pub fn new(expires_at: AmzDate) -> PolicyDocument {
        PolicyDocument {
            expires_at,
            conditions: String::new(),
        }
    }

    /// The field must have this value.
    pub fn exact(&mut self, field: &str, value: &str) {
        self.push(exact(field, value));
    }

    /// The field's value must start with `prefix`. Any value does with an empty one.
    pub fn starts_with(&mut self, field: &str, prefix: &str) {
        self.push(starts_with(field, prefix));
    }

    /// The file must have at least `min` and at most `max` bytes.
    pub fn content_length_range(&mut self, min: u64, max: u64) {
        self.push(length_range(min, max));
    }

    fn push(&mut self, condition: String) {
        if !self.conditions.is_empty() {
            self.conditions.push_str(", ");
        }
        self.conditions.push_str(&condition);
    }

    /// When it expires, as the document has it.
    pub(crate) fn expiration(&self) -> String {
        self.expires_at.to_rfc3339()
    }

    /// The document. It contains the session token, if there is one: do not print it.
    pub fn to_json(&self) -> String {
        let expiration = self.expiration();
        [
            "{\"expiration\": \"",
            &expiration,
            "\", \"conditions\": [",
            &self.conditions,
            "]}",
        ]
        .concat()
    }

    /// The document in base64: the form's field `policy`, and the string to sign.
    pub fn to_base64(&self) -> String {
        STANDARD.encode(self.to_json())
    }
}

/// Hides the conditions, which contain the session token.
impl std::fmt::Debug for PolicyDocument {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("PolicyDocument")
            .field("expires_at", &self.expires_at)
            .finish_non_exhaustive()
    }
}

impl SigningKey {
    /// Signs a policy in base64, which is the string to sign of a form.
    pub fn sign_policy(&self, policy: &str) -> Signature {
        self.mac(&policy)
    }
}

/// The condition that a field has a value.
pub(crate) fn exact(field: &str, value: &str) -> String {
    ["{", &json(field), ": ", &json(value), "}"].concat()
}

/// The condition that the value of a field starts with a prefix.
pub(crate) fn starts_with(field: &str, prefix: &str) -> String {
    let field = json(&["$", field].concat());
    ["[\"starts-with\", ", &field, ", ", &json(prefix), "]"].concat()
}

/// The condition that the file has a size in a range.
pub(crate) fn length_range(min: u64, max: u64) -> String {
    let (min, max) = (min.to_string(), max.to_string());
    ["[\"content-length-range\", ", &min, ", ", &max, "]"].concat()
}

/// A JSON string.
pub(crate) fn json(text: &str) -> String {
    let mut quoted = String::with_capacity(text.len() + 2);
    quoted.push('"');
    for character in text.chars() {
        match character {
            '"' | '\\' => {
                quoted.push('\\');
                quoted.push(character);
            }
            '\0'..='\x1f' => {
                quoted.push_str("\\u00");
                quoted.push_str(&crate::crypto::hex(&[character as u8]));
            }
            _ => quoted.push(character),
        }
    }
    quoted.push('"');
    quoted
}
