//! The canonical request: the first of the four steps.

use std::fmt;

use super::{CanonicalHeaders, CanonicalQuery, PayloadHash};
use crate::crypto::sha256;

/// The request in the one spelling both sides agree on; prints as the document whose hash is signed.
///
/// The `Display` form holds every signed header as it is sent, the session token too: it is the document itself. Show
/// people an [`Explanation`](crate::Explanation) instead, which masks what is secret.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct CanonicalRequest {
    /// `GET`, `PUT` and so on.
    pub method: String,
    /// The path, encoded: the very bytes that are sent. `/` when there is none.
    pub uri: String,
    /// The query, encoded and sorted: the very bytes that are sent.
    pub query: CanonicalQuery,
    /// The signed headers.
    pub headers: CanonicalHeaders,
    /// How the body is covered.
    pub payload_hash: PayloadHash,
}

impl CanonicalRequest {
    /// The hash of the document, in hex: the last line of the string to sign.
    pub fn hash(&self) -> String {
        hex::encode(sha256(self.to_string().as_bytes()))
    }
}

impl fmt::Display for CanonicalRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}", self.method)?; //                    HTTPMethod
        writeln!(f, "{}", self.uri)?; //                       CanonicalURI
        writeln!(f, "{}", self.query)?; //                     CanonicalQueryString
        writeln!(f, "{}", self.headers)?; //                   CanonicalHeaders, and the empty line after them
        writeln!(f, "{}", self.headers.signed_headers())?; //  SignedHeaders
        write!(f, "{}", self.payload_hash) //                  HashedPayload
    }
}
