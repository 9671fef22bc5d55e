//! A body in chunks: the string to sign and the signature of each, and of the trailer.

use std::sync::Arc;

use crate::crypto::{hex, sha256};
use crate::sigv4::{
    ChunkSigner, ChunkSize, CredentialScope, Signature, SigningKey, chunk_string_to_sign,
};

/// How a body in chunks is signed.
///
/// Each signature covers the one before it, and the first one the signature of the request, the seed.
///
/// ```
/// use slim_s3::explain::ChunkedBody;
/// use slim_s3::sigv4::*;
///
/// // AWS's example: 65 KiB of the letter a.
/// let at = AmzDate::parse("20130524T000000Z").unwrap();
/// let scope = CredentialScope::new(at, "us-east-1", "s3");
/// let secret = SecretAccessKey::new("wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY");
/// let key = SigningKey::derive(&secret, &scope);
/// let seed = "4f232c4386841ef735655705268965c44a0e4690baa4adea153f7db9fa80a0a9";
/// let seed = Signature::from_hex(seed).unwrap();
///
/// let (body, size) = ([b'a'; 66_560], ChunkSize::default());
/// let body = ChunkedBody::signed(key, &scope, &seed, &body, size, &[]);
/// let [_, second, last] = body.chunks() else {
///     panic!("three chunks");
/// };
/// assert_eq!((second.offset, second.length), (65_536, 1024));
/// assert_eq!(last.length, 0);
/// assert_eq!(
///     second.signature.as_ref().unwrap().to_hex(),
///     "0055627c9e194cb4542bae2aa5492e3c1575bbb81b612b7d234b86a503ef5497"
/// );
/// ```
///
/// <https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-streaming.html>
#[derive(Clone, Debug)]
pub struct ChunkedBody {
    chunks: Vec<ExplainedChunk>,
    trailer: Option<ChunkTrailer>,
    length: u64,
}

/// One chunk. The last one is empty.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct ExplainedChunk {
    /// Where its data starts in the body.
    pub offset: u64,
    /// The length of its data in bytes.
    pub length: usize,
    /// The SHA-256 of its data, in hex.
    pub sha256: String,
    /// The signature of the chunk before, or the seed; `None` if the chunks are not signed.
    pub previous: Option<Signature>,
    /// Its signature; `None` if the chunks are not signed.
    pub signature: Option<Signature>,
    scope: Option<Arc<CredentialScope>>,
}

impl ExplainedChunk {
    /// The string to sign; `None` if the chunks are not signed. It contains the previous signature.
    pub fn string_to_sign(&self) -> Option<String> {
        self.string_after(&self.previous.as_ref()?.to_hex())
    }

    /// The same with another text in place of the previous signature, to mask it.
    pub(super) fn string_after(&self, previous: &str) -> Option<String> {
        let nothing = hex(&sha256(b""));
        let hashes = [nothing.as_str(), &self.sha256];
        let scope = self.scope.as_ref()?;
        Some(chunk_string_to_sign("PAYLOAD", scope, previous, &hashes))
    }
}

/// What follows the last chunk.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct ChunkTrailer {
    /// One `name:value` for each trailer, each with a line feed.
    pub canonical: String,
    /// The SHA-256 of `canonical`, in hex.
    pub sha256: String,
    /// The signature of the last chunk; `None` if the chunks are not signed.
    pub previous: Option<Signature>,
    /// Its signature; `None` if the chunks are not signed.
    pub signature: Option<Signature>,
    scope: Option<Arc<CredentialScope>>,
}

impl ChunkTrailer {
    /// The string to sign; `None` if the chunks are not signed. It contains the previous signature.
    pub fn string_to_sign(&self) -> Option<String> {
        self.string_after(&self.previous.as_ref()?.to_hex())
    }

    /// The same with another text in place of the previous signature, to mask it.
    pub(super) fn string_after(&self, previous: &str) -> Option<String> {
        let scope = self.scope.as_ref()?;
        Some(chunk_string_to_sign(
            "TRAILER",
            scope,
            previous,
            &[&self.sha256],
        ))
    }
}

impl ChunkedBody {
    /// Signs the chunks of a body, and its trailers: pairs of a lower-case name and a value, in the order of their names.
    pub fn signed(
        key: SigningKey,
        scope: &CredentialScope,
        seed: &Signature,
        body: &[u8],
        chunk_size: ChunkSize,
        trailers: &[(&str, &str)],
    ) -> ChunkedBody {
        let signer = ChunkSigner::new(key, scope.clone(), seed.clone());
        let seed = Some((signer, seed.clone(), Arc::new(scope.clone())));
        ChunkedBody::new(seed, body, chunk_size, trailers)
    }

    /// Splits a body into chunks without signatures.
    pub fn unsigned(body: &[u8], chunk_size: ChunkSize, trailers: &[(&str, &str)]) -> ChunkedBody {
        ChunkedBody::new(None, body, chunk_size, trailers)
    }

    fn new(
        seed: Option<(ChunkSigner, Signature, Arc<CredentialScope>)>,
        body: &[u8],
        chunk_size: ChunkSize,
        trailers: &[(&str, &str)],
    ) -> ChunkedBody {
        let (mut signer, mut previous, scope) = match seed {
            Some((signer, seed, scope)) => (Some(signer), Some(seed), Some(scope)),
            None => (None, None, None),
        };
        let mut chunks = Vec::new();
        let mut offset = 0;
        for data in body.chunks(chunk_size.get()).chain([&b""[..]]) {
            let signature = signer.as_mut().map(|signer| signer.sign(data).clone());
            chunks.push(ExplainedChunk {
                offset,
                length: data.len(),
                sha256: hex(&sha256(data)),
                previous: std::mem::replace(&mut previous, signature.clone()),
                signature,
                scope: scope.clone(),
            });
            offset += data.len() as u64;
        }
        let mut canonical = String::new();
        for (name, value) in trailers {
            canonical.extend([name, ":", value, "\n"]);
        }
        let trailer = (!trailers.is_empty()).then(|| ChunkTrailer {
            sha256: hex(&sha256(canonical.as_bytes())),
            canonical,
            signature: signer.map(|mut signer| signer.sign_trailers(trailers).clone()),
            previous,
            scope,
        });
        ChunkedBody {
            chunks,
            trailer,
            length: offset,
        }
    }

    /// The chunks in order. The last one is empty.
    pub fn chunks(&self) -> &[ExplainedChunk] {
        &self.chunks
    }

    /// What follows the last chunk, if anything does.
    pub fn trailer(&self) -> Option<&ChunkTrailer> {
        self.trailer.as_ref()
    }

    /// The length of the body in bytes, without what the chunks add.
    pub fn length(&self) -> u64 {
        self.length
    }
}
