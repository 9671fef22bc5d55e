//! The payload hash: the last line of the canonical request and the header `x-amz-content-sha256`.

use std::fmt;

use crate::crypto::{hex, sha256};

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

impl PayloadHash {
    /// The hash of a body in memory.
    pub fn of(body: &[u8]) -> PayloadHash {
        PayloadHash::Sha256(sha256(body))
    }

    /// Whether the body is sent in chunks, with `Content-Encoding: aws-chunked`.
    pub fn is_chunked(self) -> bool {
        !matches!(self, PayloadHash::Sha256(_) | PayloadHash::Unsigned)
    }

    /// Whether the chunks of the body are signed.
    pub(crate) fn signs_chunks(self) -> bool {
        matches!(self, PayloadHash::Streaming | PayloadHash::StreamingTrailer)
    }
}

impl fmt::Display for PayloadHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            PayloadHash::Sha256(digest) => f.write_str(&hex(digest)),
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
