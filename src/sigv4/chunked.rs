//! aws-chunked bodies: each chunk carries a signature of its own, so that a stream needs no hash in advance.
//!
//! ```text
//! 10000;chunk-signature=ad80…8648\r\n   65,536 bytes  \r\n
//! 400;chunk-signature=0055…5497\r\n      1,024 bytes  \r\n
//! 0;chunk-signature=b6c6…9df9\r\n                     \r\n
//! ```
//!
//! Each signature covers the one before it, and the first covers the request's own (the seed): no chunk can be dropped,
//! repeated or moved. The chunk of length zero ends the body; without it some stores take a cut body for a whole one.
//!
//! <https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-streaming.html>

use zeroize::ZeroizeOnDrop;

use super::{ALGORITHM, CredentialScope, Signature, SigningKey};
use crate::crypto::sha256;

/// Signs the chunks of one body, in order.
#[derive(Debug)]
pub struct ChunkSigner {
    key: SigningKey,
    scope: CredentialScope,
    previous: Signature,
}

/// By its key.
impl ZeroizeOnDrop for ChunkSigner {}

impl ChunkSigner {
    /// Begins with the signature of the request that the body belongs to.
    pub fn new(key: SigningKey, scope: CredentialScope, seed_signature: Signature) -> ChunkSigner {
        ChunkSigner {
            key,
            scope,
            previous: seed_signature,
        }
    }

    /// The signature of the next chunk, which is empty at the end of the body.
    pub fn sign(&mut self, data: &[u8]) -> &Signature {
        let string_to_sign = format!(
            "{ALGORITHM}-PAYLOAD\n{}\n{}\n{}\n{}\n{}",
            self.scope.at,
            self.scope,
            self.previous.to_hex(),
            hex::encode(sha256(b"")),
            hex::encode(sha256(data)),
        );
        self.previous = self.key.mac(&string_to_sign);
        &self.previous
    }

    /// The line that goes before the chunk's data. `\r\n` follows the data.
    pub fn chunk_header(&mut self, data: &[u8]) -> String {
        let length = data.len();
        format!(
            "{length:x};chunk-signature={}\r\n",
            self.sign(data).to_hex()
        )
    }
}

/// The size of signed chunks: what the AWS examples and most clients use. Some stores refuse chunks under 8 KiB.
pub(crate) const CHUNK_SIZE: u64 = 64 << 10;

/// The `Content-Length` of `length` bytes in signed chunks of `chunk_size`; no more than [`u64::MAX`].
pub fn encoded_length(length: u64, chunk_size: u64) -> u64 {
    let chunk = |size: u64| {
        let frame = format!("{size:x};chunk-signature=").len() + 64 + 2 + 2;
        size.saturating_add(frame as u64)
    };
    let chunk_size = chunk_size.max(1);
    let rest = length % chunk_size;
    let tail = if rest == 0 { 0 } else { chunk(rest) };
    let full = (length / chunk_size).saturating_mul(chunk(chunk_size));
    full.saturating_add(tail).saturating_add(chunk(0))
}
