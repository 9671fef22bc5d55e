//! The canonical request: the first of the four steps.

use std::fmt;

use super::{CanonicalHeaders, CanonicalQuery, PayloadHash, line};
use crate::crypto::{hex, sha256_of};

/// A request in canonical form; prints as the document whose hash is signed.
///
/// `Display` prints the document itself, with every signed header as it is sent, including the session token. To show
/// it to people, use an [`Explanation`](crate::Explanation), which masks secrets.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct CanonicalRequest {
    /// The HTTP method, such as `GET`.
    pub method: String,
    /// The encoded path, exactly as it is sent; `/` if it is empty.
    pub uri: String,
    /// The encoded and sorted query, exactly as it is sent.
    pub query: CanonicalQuery,
    /// The signed headers.
    pub headers: CanonicalHeaders,
    /// How the signature covers the body.
    pub payload_hash: PayloadHash,
}

impl CanonicalRequest {
    /// The hash of the document, in hex: the last line of the string to sign.
    pub fn hash(&self) -> String {
        hex(&sha256_of(self))
    }
}

impl fmt::Display for CanonicalRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        line(f, &self.method)?; //                    HTTPMethod
        line(f, &self.uri)?; //                       CanonicalURI
        line(f, &self.query)?; //                     CanonicalQueryString
        line(f, &self.headers)?; //                   CanonicalHeaders, and the empty line after them
        line(f, &self.headers.signed_headers())?; //  SignedHeaders
        self.payload_hash.fmt(f) //                   HashedPayload
    }
}
