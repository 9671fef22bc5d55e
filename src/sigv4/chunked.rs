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
//! A trailer may follow that chunk, such as a checksum that is known only at the end. It has a signature of its own, which
//! covers that of the empty chunk. A body with a trailer may also be framed without any signature.
//!
//! <https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-streaming.html>
//! <https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-streaming-trailers.html>

use std::fmt;

use zeroize::ZeroizeOnDrop;

use super::{ALGORITHM, ChunkSize, CredentialScope, Signature, SigningKey};
use crate::crypto::{hex, sha256};

pub(super) const SIGNATURE_FIELD: &str = ";chunk-signature=";
pub(super) const SIGNATURE_LENGTH: usize = 64;
pub(super) const TRAILER_SIGNATURE: &str = "x-amz-trailer-signature:";
pub(super) const LINE_END: &str = "\r\n";

/// Signs the chunks of one body, in order, and its trailers.
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
        let nothing = hex(&sha256(b""));
        self.sign_next("PAYLOAD", &[&nothing, &hex(&sha256(data))])
    }

    /// Signs the trailers, pairs of a lower-case name and a value in the order of their names, after the empty chunk.
    pub fn sign_trailers(&mut self, trailers: &[(&str, &str)]) -> &Signature {
        let mut canonical = String::new();
        for (name, value) in trailers {
            canonical.extend([name, ":", value, "\n"]);
        }
        self.sign_next("TRAILER", &[&hex(&sha256(canonical.as_bytes()))])
    }

    fn sign_next(&mut self, what: &str, hashes: &[&str]) -> &Signature {
        let previous = self.previous.to_hex();
        let string_to_sign = chunk_string_to_sign(what, &self.scope, &previous, hashes);
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

/// Encodes one body into chunks of one [size](ChunkSize), which may be signed. The last chunk with data may be smaller.
///
/// The output does not depend on how the data is split between calls;
/// [`PayloadHash::encoded_length`](super::PayloadHash::encoded_length) is its length.
pub struct ChunkEncoder {
    signer: Option<ChunkSigner>,
    chunk_size: ChunkSize,
    /// The start of the next chunk; never a full one.
    pending: Vec<u8>,
}

/// Its signer's key is wiped.
impl ZeroizeOnDrop for ChunkEncoder {}

impl ChunkEncoder {
    /// Encodes a body whose chunks `signer` signs, in chunks of 64 KiB.
    pub fn new(signer: ChunkSigner) -> ChunkEncoder {
        ChunkEncoder {
            signer: Some(signer),
            ..ChunkEncoder::unsigned()
        }
    }

    /// Encodes a body without signatures, in chunks of 64 KiB. Stores require a trailer then.
    pub fn unsigned() -> ChunkEncoder {
        ChunkEncoder {
            signer: None,
            chunk_size: ChunkSize::default(),
            pending: Vec::new(),
        }
    }

    /// Encodes in chunks of another size.
    pub fn with_chunk_size(mut self, chunk_size: ChunkSize) -> ChunkEncoder {
        self.chunk_size = chunk_size;
        self
    }

    /// Takes the next bytes of the body, and appends every chunk that they complete to `out`.
    pub fn encode(&mut self, mut data: &[u8], out: &mut Vec<u8>) {
        let size = self.chunk_size.get();
        if !self.pending.is_empty() {
            let missing = size.saturating_sub(self.pending.len());
            let Some((head, tail)) = data.split_at_checked(missing) else {
                self.pending.extend_from_slice(data);
                return;
            };
            let mut chunk = std::mem::take(&mut self.pending);
            chunk.extend_from_slice(head);
            self.write_chunk(&chunk, out);
            chunk.clear();
            self.pending = chunk;
            data = tail;
        }
        while let Some((chunk, tail)) = data.split_at_checked(size) {
            self.write_chunk(chunk, out);
            data = tail;
        }
        self.pending.extend_from_slice(data);
    }

    /// Appends the rest of the body and the empty chunk that ends it to `out`.
    pub fn finish(self, out: &mut Vec<u8>) {
        self.finish_with_trailers(&[], out);
    }

    /// Like [`finish`](ChunkEncoder::finish), with trailers: pairs of a lower-case name and a value, in the order of their
    /// names. MinIO accepts only one.
    pub fn finish_with_trailers(mut self, trailers: &[(&str, &str)], out: &mut Vec<u8>) {
        let rest = std::mem::take(&mut self.pending);
        if !rest.is_empty() {
            self.write_chunk(&rest, out);
        }
        self.write_header(b"", out);
        for (name, value) in trailers {
            extend(out, &[name, ":", value, LINE_END]);
        }
        if let Some(signer) = &mut self.signer
            && !trailers.is_empty()
        {
            let signature = signer.sign_trailers(trailers).to_hex();
            extend(out, &[TRAILER_SIGNATURE, &signature, LINE_END]);
        }
        extend(out, &[LINE_END]);
    }

    fn write_chunk(&mut self, chunk: &[u8], out: &mut Vec<u8>) {
        self.write_header(chunk, out);
        out.reserve(chunk.len() + LINE_END.len());
        out.extend_from_slice(chunk);
        extend(out, &[LINE_END]);
    }

    fn write_header(&mut self, chunk: &[u8], out: &mut Vec<u8>) {
        let header = self.chunk_header(chunk);
        extend(out, &[&header]);
    }

    /// The line before the data of `chunk`, for a caller that splits the body into chunks.
    pub(crate) fn chunk_header(&mut self, chunk: &[u8]) -> String {
        match &mut self.signer {
            Some(signer) => signer.chunk_header(chunk),
            None => format!("{:x}{LINE_END}", chunk.len()),
        }
    }
}

/// The string to sign of a chunk (`PAYLOAD`) or of the trailers (`TRAILER`), after the signature `previous`.
pub(crate) fn chunk_string_to_sign(
    what: &str,
    scope: &CredentialScope,
    previous: &str,
    hashes: &[&str],
) -> String {
    let mut string_to_sign = format!("{ALGORITHM}-{what}\n{}\n{scope}\n{previous}", scope.at);
    for hash in hashes {
        string_to_sign.extend(["\n", hash]);
    }
    string_to_sign
}

fn extend(out: &mut Vec<u8>, texts: &[&str]) {
    for text in texts {
        out.extend_from_slice(text.as_bytes());
    }
}

/// Does not show the body.
impl fmt::Debug for ChunkEncoder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ChunkEncoder").finish_non_exhaustive()
    }
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
}
