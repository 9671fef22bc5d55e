//! Checksums that the caller provides and the store verifies.

use super::object_options::StoresObject;
use crate::call::Call;
use crate::error::Error;
use crate::request::Request;

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

/// Checksums of an object that is stored.
impl<O: StoresObject> Call<O> {
    /// A checksum of the content, in base64, which the store verifies and keeps with the object.
    ///
    /// The store has verified it only if the response echoes it. By default the client computes and sends no
    /// checksum, because many stores reject or ignore these headers. Copies and multipart uploads reject it,
    /// because their requests contain no content.
    ///
    /// ```no_run
    /// # async fn example(s3: slim_s3::Client) -> Result<(), slim_s3::Error> {
    /// use slim_s3::operation::ChecksumAlgorithm;
    ///
    /// let call = s3.put_object("photos", "note.txt", "hello");
    /// call.checksum(ChecksumAlgorithm::Crc32, "NhCmhg==").send().await?;
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

/// Whether a header contains a checksum of the request's content.
pub(crate) fn is_checksum(header: &str) -> bool {
    header.eq_ignore_ascii_case("content-md5")
        || header
            .strip_prefix("x-amz-checksum-")
            .is_some_and(|kind| !matches!(kind, "algorithm" | "type"))
}

/// Rejects checksums on a request without content.
pub(crate) fn check_no_checksum(request: &Request) -> Result<(), Error> {
    match request.headers.iter().find(|(name, _)| is_checksum(name)) {
        Some((name, _)) => Err(Error::invalid(
            &format!("header {name}"),
            "this request has no content to verify",
            "leave it out",
        )),
        None => Ok(()),
    }
}
