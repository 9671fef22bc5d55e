//! The size of the chunks of an aws-chunked body, and the length of the encoded body.

use super::PayloadHash;
use super::chunked::{LINE_END, SIGNATURE_FIELD, SIGNATURE_LENGTH, TRAILER_SIGNATURE};

/// The size of every chunk but the last: 8 KiB to 16 MiB, by default 64 KiB, as in AWS's examples and most clients.
///
/// AWS rejects smaller chunks, MinIO larger ones. A chunk is buffered in memory before it is sent, and each has a signature.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct ChunkSize(u32);

impl ChunkSize {
    /// 8 KiB.
    pub const MIN: ChunkSize = ChunkSize(8 << 10);
    /// 16 MiB.
    pub const MAX: ChunkSize = ChunkSize(16 << 20);

    /// A chunk size in bytes; `None` if it is less than [`MIN`](ChunkSize::MIN) or more than [`MAX`](ChunkSize::MAX).
    pub fn new(bytes: u32) -> Option<ChunkSize> {
        (ChunkSize::MIN.0..=ChunkSize::MAX.0)
            .contains(&bytes)
            .then_some(ChunkSize(bytes))
    }

    /// The size in bytes.
    pub fn get(self) -> usize {
        self.0 as usize
    }
}

impl Default for ChunkSize {
    fn default() -> ChunkSize {
        ChunkSize(64 << 10)
    }
}

impl PayloadHash {
    /// The `Content-Length` of a body of `length` bytes, which is more than `length` if it is sent in chunks.
    ///
    /// `trailers` are the names of the trailers and the lengths of their values. Saturates at [`u64::MAX`].
    ///
    /// ```
    /// use slim_s3::sigv4::{ChunkSize, PayloadHash};
    ///
    /// // AWS's published example: 65 KiB in chunks of 64 KiB.
    /// let chunk_size = ChunkSize::default();
    /// let length = PayloadHash::Streaming.encoded_length(66_560, chunk_size, &[]);
    /// assert_eq!(length, 66_824);
    /// ```
    pub fn encoded_length(
        self,
        length: u64,
        chunk_size: ChunkSize,
        trailers: &[(&str, usize)],
    ) -> u64 {
        let is_signed = match self {
            PayloadHash::Sha256(_) | PayloadHash::Unsigned => return length,
            PayloadHash::Streaming | PayloadHash::StreamingTrailer => true,
            PayloadHash::StreamingUnsignedTrailer => false,
        };
        let signature = |field: &str| {
            if is_signed {
                field.len() + SIGNATURE_LENGTH
            } else {
                0
            }
        };
        // Of a chunk and its frame, in which the digits of its size vary.
        let chunk = |size: u64| {
            let digits = u64::from(size.checked_ilog(16).unwrap_or_default()) + 1;
            let frame = signature(SIGNATURE_FIELD) + 2 * LINE_END.len();
            size.saturating_add(digits + frame as u64)
        };
        let chunk_size = u64::from(chunk_size.0);
        let full = (length / chunk_size).saturating_mul(chunk(chunk_size));
        let last = match length % chunk_size {
            0 => 0,
            rest => chunk(rest),
        };
        let mut trailer = 0;
        for (name, value_length) in trailers {
            trailer += name.len() + ":".len() + value_length + LINE_END.len();
        }
        if is_signed && trailer > 0 {
            trailer += signature(TRAILER_SIGNATURE) + LINE_END.len();
        }
        full.saturating_add(last)
            .saturating_add(chunk(0))
            .saturating_add(trailer as u64)
    }
}
