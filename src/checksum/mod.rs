//! Checksums of content: the algorithms, and what follows from the checksums of parts. Pure: no I/O, no HTTP.
//!
//! Uses `crypto`. Start with [`ChecksumAlgorithm`].

#[cfg(feature = "checksums")]
mod algorithms;
#[cfg(all(feature = "checksums", any(feature = "reqwest", test)))]
mod combine;
#[cfg(all(test, feature = "checksums"))]
mod tests;

#[cfg(feature = "checksums")]
pub(crate) use self::algorithms::{Running, Start};
#[cfg(all(feature = "checksums", any(feature = "reqwest", test)))]
pub(crate) use self::combine::{combine, composite};

/// The checksums for which S3 has a header. Stores differ in which ones they verify, and some ignore those that they
/// do not support.
///
/// <https://docs.aws.amazon.com/AmazonS3/latest/userguide/checking-object-integrity.html>
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum ChecksumAlgorithm {
    /// CRC-32, as in gzip.
    Crc32,
    /// CRC-32C (Castagnoli).
    Crc32c,
    /// CRC-64/NVME.
    Crc64Nvme,
    /// SHA-1.
    Sha1,
    /// SHA-256.
    Sha256,
}

impl ChecksumAlgorithm {
    /// The header that has the checksum.
    pub(crate) const fn header(self) -> &'static str {
        match self {
            ChecksumAlgorithm::Crc32 => "x-amz-checksum-crc32",
            ChecksumAlgorithm::Crc32c => "x-amz-checksum-crc32c",
            ChecksumAlgorithm::Crc64Nvme => "x-amz-checksum-crc64nvme",
            ChecksumAlgorithm::Sha1 => "x-amz-checksum-sha1",
            ChecksumAlgorithm::Sha256 => "x-amz-checksum-sha256",
        }
    }
}

/// Whether this header, in lower case, contains a checksum of content. Content-MD5 is another matter: stores accept it beside one.
pub(crate) fn is_checksum(header: &str) -> bool {
    let kind = header.strip_prefix("x-amz-checksum-");
    kind.is_some_and(|kind| !matches!(kind, "algorithm" | "type" | "mode"))
}

/// What the computed checksums need to know of each algorithm.
#[cfg(feature = "checksums")]
impl ChecksumAlgorithm {
    /// In the order in which a download prefers them: the fastest first, and CRC-32 after the longer or better ones.
    pub(crate) const ALL: [ChecksumAlgorithm; 5] = [
        ChecksumAlgorithm::Crc64Nvme,
        ChecksumAlgorithm::Crc32c,
        ChecksumAlgorithm::Crc32,
        ChecksumAlgorithm::Sha256,
        ChecksumAlgorithm::Sha1,
    ];

    /// The name in `x-amz-checksum-algorithm`.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            ChecksumAlgorithm::Crc32 => "CRC32",
            ChecksumAlgorithm::Crc32c => "CRC32C",
            ChecksumAlgorithm::Crc64Nvme => "CRC64NVME",
            ChecksumAlgorithm::Sha1 => "SHA1",
            ChecksumAlgorithm::Sha256 => "SHA256",
        }
    }

    /// The length of the digest in bytes.
    #[cfg(feature = "checksums")]
    pub(crate) const fn digest_length(self) -> usize {
        match self {
            ChecksumAlgorithm::Crc32 | ChecksumAlgorithm::Crc32c => 4,
            ChecksumAlgorithm::Crc64Nvme => 8,
            ChecksumAlgorithm::Sha1 => 20,
            ChecksumAlgorithm::Sha256 => 32,
        }
    }

    /// The reflected polynomial of a CRC, and its number of bits. `None` for a hash.
    pub(crate) const fn polynomial(self) -> Option<(u64, u32)> {
        match self {
            ChecksumAlgorithm::Crc32 => Some((0xedb8_8320, 32)),
            ChecksumAlgorithm::Crc32c => Some((0x82f6_3b78, 32)),
            ChecksumAlgorithm::Crc64Nvme => Some((0x9a6c_9329_ac4b_c9b5, 64)),
            ChecksumAlgorithm::Sha1 | ChecksumAlgorithm::Sha256 => None,
        }
    }
}

/// Whether content that was read is that of the object, by the checksum that the store returns.
#[cfg(feature = "checksums")]
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum Verification {
    /// It was not asked for.
    NotRequested,
    /// The content has this checksum. A body that is still to be read ends with an error if it has not.
    Verified(ChecksumAlgorithm),
    /// Not verified: the store returns no checksum, or none of those that this crate computes.
    NoChecksum,
    /// Not verified: the checksum is composite, so it is not that of the content, but of the checksums of its parts.
    Composite,
    /// Not verified: the response has a range or a part of the object.
    Range,
}

/// A checksum of content.
#[cfg(feature = "checksums")]
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub struct Checksum {
    /// How it is computed.
    pub algorithm: ChecksumAlgorithm,
    /// The value as in S3's headers: base64, and `-N` after it if it is [composite](https://docs.aws.amazon.com/AmazonS3/latest/userguide/checking-object-integrity-upload.html)
    /// of `N` parts.
    pub value: String,
}
