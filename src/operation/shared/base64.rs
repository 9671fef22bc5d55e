//! Base64, the encoding of digests and keys in S3's headers.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use crate::crypto::md5;

pub(crate) fn base64(bytes: &[u8]) -> String {
    STANDARD.encode(bytes)
}

/// The base64 of the MD5 digest of `data`, as in `Content-MD5`.
pub(crate) fn base64_md5(data: &[u8]) -> String {
    base64(&md5(data))
}
