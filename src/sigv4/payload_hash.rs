//! The payload hash: the last line of the canonical request and the header `x-amz-content-sha256`.

use std::fmt;

use crate::crypto::{HexDigest, sha256};

/// How a request's signature covers its body; prints as the value of `x-amz-content-sha256`.
///
/// | | the store checks | needs |
/// |---|---|---|
/// | `Sha256` | every byte of the body | a pass over the body before it is sent |
/// | `Streaming` | every chunk, as it arrives | a body in [chunks](crate::sigv4::ChunkEncoder) |
/// | `StreamingTrailer` | every chunk, and the checksum at the end | the same, and a checksum |
/// | `StreamingUnsignedTrailer` | the checksum at the end | the same; https, for most stores |
/// | `Unsigned` | nothing; TLS protects the body on its way | https, for most stores |
///
/// <https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-streaming.html>
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum PayloadHash {
    /// The SHA-256 digest of the body; prints as 64 lower-case hex digits.
    Sha256([u8; 32]),
    /// `UNSIGNED-PAYLOAD`: the body is not covered.
    Unsigned,
    /// `STREAMING-AWS4-HMAC-SHA256-PAYLOAD`: the body is sent in chunks, each with a signature.
    Streaming,
    /// `STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER`: the same, and a signed trailer follows.
    StreamingTrailer,
    /// `STREAMING-UNSIGNED-PAYLOAD-TRAILER`: the body is sent in chunks without signatures, and a trailer follows.
    StreamingUnsignedTrailer,
}

/// SHA-256 of no bytes: most requests have no body.
const OF_NOTHING: [u8; 32] = [
    0xe3, 0xb0, 0xc4, 0x42, 0x98, 0xfc, 0x1c, 0x14, 0x9a, 0xfb, 0xf4, 0xc8, 0x99, 0x6f, 0xb9, 0x24,
    0x27, 0xae, 0x41, 0xe4, 0x64, 0x9b, 0x93, 0x4c, 0xa4, 0x95, 0x99, 0x1b, 0x78, 0x52, 0xb8, 0x55,
];

impl PayloadHash {
    /// The hash of a body in memory.
    pub fn of(body: &[u8]) -> PayloadHash {
        match body {
            [] => PayloadHash::Sha256(OF_NOTHING),
            body => PayloadHash::Sha256(sha256(body)),
        }
    }

    /// Whether the body is sent in chunks, with `Content-Encoding: aws-chunked`.
    pub fn is_chunked(self) -> bool {
        !matches!(self, PayloadHash::Sha256(_) | PayloadHash::Unsigned)
    }

    /// Whether a trailer follows the body.
    pub(crate) fn has_trailer(self) -> bool {
        matches!(
            self,
            PayloadHash::StreamingTrailer | PayloadHash::StreamingUnsignedTrailer
        )
    }

    /// Whether the chunks of the body are signed.
    pub(crate) fn signs_chunks(self) -> bool {
        matches!(self, PayloadHash::Streaming | PayloadHash::StreamingTrailer)
    }
}

impl fmt::Display for PayloadHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            PayloadHash::Sha256(digest) => f.write_str(HexDigest::of(digest).as_str()),
            PayloadHash::Unsigned => f.write_str("UNSIGNED-PAYLOAD"),
            PayloadHash::Streaming => f.write_str("STREAMING-AWS4-HMAC-SHA256-PAYLOAD"),
            PayloadHash::StreamingTrailer => {
                f.write_str("STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER")
            }
            PayloadHash::StreamingUnsignedTrailer => {
                f.write_str("STREAMING-UNSIGNED-PAYLOAD-TRAILER")
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_constant_is_the_hash_of_no_bytes() {
        assert_eq!(OF_NOTHING, sha256(b""));
    }
}
