//! The `Authorization` header, which carries the signature.

use std::fmt::Write;

use super::{ALGORITHM, CredentialScope, Signature, SignedHeaders};

/// The parts of the header `Authorization: AWS4-HMAC-SHA256 Credential=…, SignedHeaders=…, Signature=…`.
#[derive(Clone, Debug)]
pub struct Authorization<'a> {
    /// Identifies the key pair; not secret.
    pub access_key_id: &'a str,
    /// Where and when the signature is valid.
    pub scope: &'a CredentialScope,
    /// The headers that the signature covers.
    pub signed_headers: SignedHeaders<'a>,
    /// The signature.
    pub signature: &'a Signature,
}

impl Authorization<'_> {
    /// The header's value. It contains the signature: do not print it.
    pub fn to_header(&self) -> String {
        self.with_signature(self.signature.digits().as_str())
    }

    /// The header's value with another text in place of the signature, to mask it.
    pub(crate) fn with_signature(&self, signature: &str) -> String {
        let Authorization {
            access_key_id,
            scope,
            signed_headers,
            ..
        } = self;
        let mut header = String::with_capacity(256);
        // Writing to a String cannot fail.
        let _ = write!(
            header,
            "{ALGORITHM} Credential={access_key_id}/{scope}, SignedHeaders={signed_headers}, Signature={signature}"
        );
        header
    }
}
