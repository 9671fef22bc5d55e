//! Base64, the encoding of digests and keys in S3's headers.

pub(crate) use crate::crypto::base64;
use crate::crypto::md5;

/// The base64 of the MD5 digest of `data`, as in `Content-MD5`.
pub(crate) fn base64_md5(data: &[u8]) -> String {
    base64(&md5(data))
}
