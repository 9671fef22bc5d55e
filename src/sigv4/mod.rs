//! Signature Version 4, with one type for each term of AWS's signing page.
//!
//! A signature proves who sent a request, and that it was not changed on the way. [`sign()`] takes four steps. The
//! results of the first two print as the documents that AWS describes:
//!
//! 1. [`CanonicalRequest`]: the request in a form that client and server agree on. Its parts are the path, encoded by
//!    [`uri_encode()`], [`CanonicalQuery`], [`CanonicalHeaders`] with [`SignedHeaders`], and [`PayloadHash`].
//! 2. [`StringToSign`]: the hash of that document, with the [`AmzDate`] and the [`CredentialScope`].
//! 3. [`SigningKey`]: derived from the secret access key for one day, region and service.
//! 4. [`Signature`]: the HMAC of the string to sign under the signing key.
//!
//! [`presign()`] puts the signature into the query, so that a URL alone authenticates. [`PolicyDocument`] is what signs a
//! browser's upload form.
//!
//! Everything here is pure: no S3, no HTTP types, no clock, no network. The time is an argument. The
//! [guide](crate::guide) explains each step, and what goes wrong.
//!
//! <https://docs.aws.amazon.com/AmazonS3/latest/API/sig-v4-header-based-auth.html>
//!
//! ```
//! use slim_s3::sigv4::*;
//!
//! // The first example of that page: GET the first ten bytes of test.txt.
//! let payload_hash = PayloadHash::of(b"");
//! let headers = CanonicalHeaders::new([
//!     ("Host", "examplebucket.s3.amazonaws.com"),
//!     ("Range", "bytes=0-9"),
//!     ("x-amz-content-sha256", &payload_hash.to_string()),
//!     ("x-amz-date", "20130524T000000Z"),
//! ]);
//! let request = CanonicalRequest {
//!     method: "GET".into(),
//!     uri: uri_encode("/test.txt", Slash::Keep),
//!     query: CanonicalQuery::new([]),
//!     headers,
//!     payload_hash,
//! };
//! let at = AmzDate::parse("20130524T000000Z").unwrap();
//! let scope = CredentialScope::new(at, "us-east-1", "s3");
//! let secret = SecretAccessKey::new("wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY");
//!
//! let keys = KeyCache::default();
//! let signing = sign(request, &scope, "AKIAIOSFODNN7EXAMPLE", &secret, &keys);
//! assert_eq!(
//!     signing.signature.to_hex(),
//!     "f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41",
//! );
//! println!("Authorization: {}", signing.authorization().to_header());
//! ```

// One file for each term. Uses `crypto` and `redact` only. Start with `sign.rs`.

use std::fmt;

mod authorization;
mod canonical_headers;
mod canonical_query;
mod canonical_request;
mod chunk_size;
mod chunked;
mod credential_scope;
mod date;
mod key_cache;
mod payload_hash;
mod post_policy;
mod presigned;
mod sign;
mod signature;
mod signing_key;
mod string_to_sign;
mod uri_encode;

pub use authorization::Authorization;
pub use canonical_headers::{CanonicalHeaders, SignedHeaders};
pub use canonical_query::CanonicalQuery;
pub use canonical_request::CanonicalRequest;
pub use chunk_size::ChunkSize;
pub(crate) use chunked::chunk_string_to_sign;
pub use chunked::{ChunkEncoder, ChunkSigner};
pub use credential_scope::CredentialScope;
pub use date::AmzDate;
pub use key_cache::KeyCache;
pub use payload_hash::PayloadHash;
pub use post_policy::PolicyDocument;
pub(crate) use post_policy::{exact, json, length_range, starts_with};
pub use presigned::{MAX_EXPIRES, presign};
pub use sign::{Signing, sign};
pub use signature::Signature;
pub use signing_key::{SecretAccessKey, SigningKey};
pub use string_to_sign::StringToSign;
pub(crate) use uri_encode::push_uri_encoded;
pub use uri_encode::{Slash, uri_decode, uri_encode};

/// The algorithm, as the string to sign and the `Authorization` header name it.
pub const ALGORITHM: &str = "AWS4-HMAC-SHA256";

/// The last part of every credential scope and the last message of the key derivation.
pub(crate) const TERMINATOR: &str = "aws4_request";

/// Writes one line of a document. `writeln!` would take 200 instructions more.
fn line(f: &mut fmt::Formatter<'_>, value: &dyn fmt::Display) -> fmt::Result {
    value.fmt(f)?;
    f.write_str("\n")
}
