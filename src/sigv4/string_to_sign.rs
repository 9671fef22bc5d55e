//! The string to sign: the second of the four steps.

use std::fmt;

use super::{ALGORITHM, CanonicalRequest, CredentialScope, line};

/// The text that the signing key signs; prints as four lines.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct StringToSign {
    /// The date in the second line and the scope in the third.
    pub scope: CredentialScope,
    /// The hash of the canonical request, in hex.
    pub canonical_request_hash: String,
}

impl StringToSign {
    /// The string to sign for `request` in `scope`, which is copied if it is a reference.
    pub fn new(scope: impl Into<CredentialScope>, request: &CanonicalRequest) -> StringToSign {
        StringToSign {
            scope: scope.into(),
            canonical_request_hash: request.hash(),
        }
    }
}

impl fmt::Display for StringToSign {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        line(f, &ALGORITHM)?; //               Algorithm
        line(f, &self.scope.at)?; //           RequestDateTime
        line(f, &self.scope)?; //              CredentialScope
        self.canonical_request_hash.fmt(f) //  HashedCanonicalRequest
    }
}
