//! aws-chunked bodies: each chunk carries its own signature, so a stream need not be hashed in advance.
//!
//! ```text
//! 10000;chunk-signature=ad80…8648\r\n   65,536 bytes  \r\n
//! 400;chunk-signature=0055…5497\r\n      1,024 bytes  \r\n
//! 0;chunk-signature=b6c6…9df9\r\n                     \r\n
//! ```
//!
//! Each signature covers the one before it, and the first covers the request's own (the seed): no chunk can be dropped,
//! repeated or moved. The chunk of length zero ends the body; without it some stores accept a truncated body as complete.
//!
//! <https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-streaming.html>

use std::fmt;

use zeroize::ZeroizeOnDrop;

use super::{ALGORITHM, CredentialScope, Signature, SigningKey};
use crate::crypto::{hex, sha256};

/// The chunk size that AWS's examples and most clients use. Some stores reject chunks under 8 KiB.
pub(crate) const CHUNK_SIZE: usize = 64 << 10;

const SIGNATURE_FIELD: &str = ";chunk-signature=";
const SIGNATURE_LENGTH: usize = 64;
const LINE_END: &str = "\r\n";

/// Signs the chunks of one body, in order.
#[derive(Debug)]
pub struct ChunkSigner {
    key: SigningKey,
    scope: CredentialScope,
    previous: Signature,
}

/// Its key is wiped.
impl ZeroizeOnDrop for ChunkSigner {}

impl ChunkSigner {
    /// Starts the chain with the signature of the request that the body belongs to.
    pub fn new(key: SigningKey, scope: CredentialScope, seed_signature: Signature) -> ChunkSigner {
        ChunkSigner {
            key,
            scope,
            previous: seed_signature,
        }
    }

    /// Signs the next chunk. The last chunk of a body is empty.
    pub fn sign(&mut self, data: &[u8]) -> &Signature {
        let string_to_sign = format!(
            "{ALGORITHM}-PAYLOAD\n{}\n{}\n{}\n{}\n{}",
            self.scope.at,
            self.scope,
            self.previous.to_hex(),
            hex(&sha256(b"")),
            hex(&sha256(data)),
        );
        self.previous = self.key.mac(&string_to_sign);
        &self.previous
    }

    /// Signs the next chunk. Returns the line before its data, including `\r\n`. Another `\r\n` follows the data.
    pub fn chunk_header(&mut self, data: &[u8]) -> String {
        let length = data.len();
        let signature = self.sign(data).to_hex();
        format!("{length:x}{SIGNATURE_FIELD}{signature}{LINE_END}")
    }
}

/// Encodes one body into signed chunks of 64 KiB. The last chunk with data may be smaller.
///
/// The output does not depend on how the data is split between calls; its length is
/// `encoded_length(length, 65_536)`.
pub struct ChunkEncoder {
    signer: ChunkSigner,
    /// The start of the next chunk; never a full one.
    pending: Vec<u8>,
}

/// Its signer's key is wiped.
impl ZeroizeOnDrop for ChunkEncoder {}

impl ChunkEncoder {
    /// Encodes a body whose chunks `signer` signs.
    pub fn new(signer: ChunkSigner) -> ChunkEncoder {
        ChunkEncoder {
            signer,
            pending: Vec::new(),
        }
    }

    /// Takes the next bytes of the body, and appends every chunk that they complete to `out`.
    pub fn encode(&mut self, mut data: &[u8], out: &mut Vec<u8>) {
        let missing = |pending: &Vec<u8>| CHUNK_SIZE.saturating_sub(pending.len());
        while let Some((head, tail)) = data.split_at_checked(missing(&self.pending)) {
            self.pending.extend_from_slice(head);
            self.write_chunk(out);
            data = tail;
        }
        self.pending.extend_from_slice(data);
    }

    /// Appends the rest of the body and the empty chunk that ends it to `out`.
    pub fn finish(mut self, out: &mut Vec<u8>) {
        if !self.pending.is_empty() {
            self.write_chunk(out);
        }
        out.extend_from_slice(self.signer.chunk_header(b"").as_bytes());
        // Trailers belong here: after the header of the empty chunk, before the line end that closes the body.
        out.extend_from_slice(LINE_END.as_bytes());
    }

    fn write_chunk(&mut self, out: &mut Vec<u8>) {
        let header = self.signer.chunk_header(&self.pending);
        out.reserve(header.len() + self.pending.len() + LINE_END.len());
        out.extend_from_slice(header.as_bytes());
        out.extend_from_slice(&self.pending);
        out.extend_from_slice(LINE_END.as_bytes());
        self.pending.clear();
    }
}

/// Does not show the body.
impl fmt::Debug for ChunkEncoder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ChunkEncoder").finish_non_exhaustive()
    }
}

/// The `Content-Length` of `length` bytes in signed chunks of `chunk_size` bytes. Saturates at [`u64::MAX`].
pub fn encoded_length(length: u64, chunk_size: u64) -> u64 {
    const FRAME: usize = SIGNATURE_FIELD.len() + SIGNATURE_LENGTH + 2 * LINE_END.len();
    let chunk = |size: u64| {
        let hex_digits = u64::from(size.checked_ilog(16).unwrap_or_default()) + 1;
        size.saturating_add(hex_digits + FRAME as u64)
    };
    let chunk_size = chunk_size.max(1);
    let rest = length % chunk_size;
    let tail = if rest == 0 { 0 } else { chunk(rest) };
    let full = (length / chunk_size).saturating_mul(chunk(chunk_size));
    full.saturating_add(tail).saturating_add(chunk(0))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sigv4::{AmzDate, SecretAccessKey};

    /// AWS's published example, <https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-streaming.html>.
    fn signer() -> ChunkSigner {
        let at = AmzDate::parse("20130524T000000Z").unwrap();
        let scope = CredentialScope::new(at, "us-east-1", "s3");
        let secret = SecretAccessKey::new("wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY");
        let seed = "4f232c4386841ef735655705268965c44a0e4690baa4adea153f7db9fa80a0a9";
        let seed = Signature::new(hex::decode(seed).unwrap().try_into().unwrap());
        ChunkSigner::new(SigningKey::derive(&secret, &scope), scope, seed)
    }

    fn encoded(body: &[u8], piece_size: usize) -> Vec<u8> {
        let (mut encoder, mut out) = (ChunkEncoder::new(signer()), Vec::new());
        for piece in body.chunks(piece_size) {
            encoder.encode(piece, &mut out);
        }
        encoder.finish(&mut out);
        out
    }

    #[test]
    fn the_published_example_is_encoded_however_it_is_split() {
        let data = |length| "a".repeat(length);
        let expected = [
            "10000;chunk-signature=ad80c730a21e5b8d04586a2213dd63b9a0e99e0e2307b0ade35a65485a288648",
            &data(65_536),
            "400;chunk-signature=0055627c9e194cb4542bae2aa5492e3c1575bbb81b612b7d234b86a503ef5497",
            &data(1024),
            "0;chunk-signature=b6c6ea8a5354eaf15b3cb7646744f4275b71ea724fed81ceb9323e279d449df9",
            "\r\n",
        ]
        .join("\r\n");
        assert_eq!(expected.len(), 66_824);
        let body = data(66_560);
        for piece_size in [1000, 65_535, 65_536, 65_537, 66_560] {
            let encoded = encoded(body.as_bytes(), piece_size);
            assert!(encoded == expected.as_bytes(), "{piece_size}");
        }
    }

    #[test]
    fn encoded_length_matches_the_encoded_body() {
        for length in [0, 1, 15, 16, 65_535, 65_536, 65_537, 131_072, 200_000] {
            assert_eq!(
                encoded(&vec![b'x'; length], 50_000).len() as u64,
                encoded_length(length as u64, CHUNK_SIZE as u64),
                "{length}"
            );
        }
    }
}
