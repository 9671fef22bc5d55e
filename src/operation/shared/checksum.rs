//! Checksums that the caller has: the store compares them with what has come.

use super::options::StoresObject;
use crate::call::Call;

/// The kinds of checksums that S3 knows by a header of their own. Stores differ in which they compare, and some ignore
/// what they do not know.
///
/// <https://docs.aws.amazon.com/AmazonS3/latest/userguide/checking-object-integrity.html>
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum ChecksumAlgorithm {
    /// CRC-32, as in gzip.
    Crc32,
    /// CRC-32C, by Castagnoli.
    Crc32c,
    /// CRC-64/NVME.
    Crc64Nvme,
    /// SHA-1.
    Sha1,
    /// SHA-256.
    Sha256,
}

impl<O: StoresObject> Call<O> {
    /// A checksum of the content, in base64, which the store compares with what has come. It is stored with the object,
    /// and only an answer that repeats it says that the store has compared. Nothing is computed here, and none is sent
    /// unless it is asked for: many stores refuse or ignore these headers.
    ///
    /// Not for uploads in parts, whose parts have checksums of their own.
    ///
    /// ```no_run
    /// # async fn example(s3: slim_s3::Client) -> Result<(), slim_s3::Error> {
    /// use slim_s3::operation::ChecksumAlgorithm;
    /// s3.put_object("photos", "note.txt", "hello").checksum(ChecksumAlgorithm::Crc32, "NhCmhg==").send().await?;
    /// # Ok(())
    /// # }
    /// ```
    #[doc(alias = "ChecksumCRC32")]
    #[doc(alias = "ChecksumSHA256")]
    pub fn checksum(self, algorithm: ChecksumAlgorithm, base64: &str) -> Call<O> {
        let name = match algorithm {
            ChecksumAlgorithm::Crc32 => "x-amz-checksum-crc32",
            ChecksumAlgorithm::Crc32c => "x-amz-checksum-crc32c",
            ChecksumAlgorithm::Crc64Nvme => "x-amz-checksum-crc64nvme",
            ChecksumAlgorithm::Sha1 => "x-amz-checksum-sha1",
            ChecksumAlgorithm::Sha256 => "x-amz-checksum-sha256",
        };
        self.header(name, base64)
    }
}
