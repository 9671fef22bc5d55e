//! SHA-256, SHA-1, HMAC-SHA-256, MD5, and digests as text. The only file that names a crypto crate.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit, Mac};
use md5::Md5;
use sha2::{Digest, Sha256};

/// The SHA-256 digest of `data`.
pub(crate) fn sha256(data: &[u8]) -> [u8; 32] {
    Sha256::digest(data).into()
}

/// SHA-256 of data that is read in chunks.
#[cfg(any(feature = "reqwest", feature = "checksums"))]
#[derive(Default)]
pub(crate) struct Sha256Stream(Sha256);

#[cfg(any(feature = "reqwest", feature = "checksums"))]
impl Sha256Stream {
    pub(crate) fn update(&mut self, data: &[u8]) {
        self.0.update(data);
    }

    pub(crate) fn finish(self) -> [u8; 32] {
        self.0.finalize().into()
    }
}

/// SHA-1 of data that is read in chunks. Not for security.
#[cfg(feature = "checksums")]
#[derive(Default)]
pub(crate) struct Sha1Stream(sha1::Sha1);

#[cfg(feature = "checksums")]
impl Sha1Stream {
    pub(crate) fn update(&mut self, data: &[u8]) {
        self.0.update(data);
    }

    pub(crate) fn finish(self) -> [u8; 20] {
        self.0.finalize().into()
    }
}

/// HMAC-SHA-256 of `message` under `key`.
pub(crate) fn hmac_sha256(key: &[u8], message: &[u8]) -> [u8; 32] {
    // HMAC accepts keys of every length, so the constructor cannot fail. The match keeps a panic out of the binary.
    match Hmac::<Sha256>::new_from_slice(key) {
        Ok(mut mac) => {
            mac.update(message);
            mac.finalize().into_bytes().into()
        }
        Err(_) => [0; 32],
    }
}

/// The MD5 digest of `data`, on which S3 bases ETags and `Content-MD5`. Not for security.
pub(crate) fn md5(data: &[u8]) -> [u8; 16] {
    Md5::digest(data).into()
}

/// MD5 of data that is read in chunks.
#[cfg(feature = "reqwest")]
#[derive(Default)]
pub(crate) struct Md5Stream(Md5);

#[cfg(feature = "reqwest")]
impl Md5Stream {
    pub(crate) fn update(&mut self, data: &[u8]) {
        self.0.update(data);
    }

    pub(crate) fn finish(self) -> [u8; 16] {
        self.0.finalize().into()
    }
}

/// `bytes` in lower-case hex. `hex::encode` would take 7,000 instructions more for each signed request.
pub(crate) fn hex(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(2 * bytes.len());
    for byte in bytes {
        for digit in [byte >> 4, byte & 15] {
            text.push(char::from_digit(digit.into(), 16).unwrap_or_default());
        }
    }
    text
}

/// `bytes` in base64, the encoding of digests and keys in S3's headers.
pub(crate) fn base64(bytes: &[u8]) -> String {
    STANDARD.encode(bytes)
}
