//! The algorithms. The only file that names a CRC crate.
//!
//! A caller keeps the function that starts one algorithm, so that a program links only the algorithms that it names.

use super::ChecksumAlgorithm;
use crate::crypto::{Sha1Stream, Sha256Stream};

/// A checksum of the data so far.
pub(crate) trait Running: Send {
    fn update(&mut self, data: &[u8]);

    /// The digest; a CRC in big-endian order.
    fn finish(self: Box<Self>) -> Vec<u8>;
}

/// Starts a checksum, of no data yet.
pub(crate) type Start = fn() -> Box<dyn Running>;

impl ChecksumAlgorithm {
    // Inlined, so that only the algorithm of a constant is linked.
    #[inline(always)]
    pub(crate) fn start(self) -> Start {
        match self {
            ChecksumAlgorithm::Crc32 => || Box::new(crc32fast::Hasher::new()),
            ChecksumAlgorithm::Crc32c => || Box::new(Crc32c(0)),
            ChecksumAlgorithm::Crc64Nvme => || Box::new(crc64fast_nvme::Digest::new()),
            ChecksumAlgorithm::Sha1 => || Box::new(Sha1Stream::default()),
            ChecksumAlgorithm::Sha256 => || Box::new(Sha256Stream::default()),
        }
    }
}

impl Running for crc32fast::Hasher {
    fn update(&mut self, data: &[u8]) {
        crc32fast::Hasher::update(self, data);
    }

    fn finish(self: Box<Self>) -> Vec<u8> {
        self.finalize().to_be_bytes().into()
    }
}

struct Crc32c(u32);

impl Running for Crc32c {
    fn update(&mut self, data: &[u8]) {
        self.0 = crc32c::crc32c_append(self.0, data);
    }

    fn finish(self: Box<Self>) -> Vec<u8> {
        self.0.to_be_bytes().into()
    }
}

impl Running for crc64fast_nvme::Digest {
    fn update(&mut self, data: &[u8]) {
        self.write(data);
    }

    fn finish(self: Box<Self>) -> Vec<u8> {
        self.sum64().to_be_bytes().into()
    }
}

impl Running for Sha1Stream {
    fn update(&mut self, data: &[u8]) {
        Sha1Stream::update(self, data);
    }

    fn finish(self: Box<Self>) -> Vec<u8> {
        Sha1Stream::finish(*self).into()
    }
}

impl Running for Sha256Stream {
    fn update(&mut self, data: &[u8]) {
        Sha256Stream::update(self, data);
    }

    fn finish(self: Box<Self>) -> Vec<u8> {
        Sha256Stream::finish(*self).into()
    }
}
