//! CreateMultipartUpload: starts a multipart upload.

use http::Method;

use super::shared::checksum::check_no_checksum;
use super::shared::encryption;
use super::shared::object_options::StoresObject;
use crate::call::{Call, Effect, Operation, OperationSpec};
#[cfg(feature = "checksums")]
use crate::checksum::ChecksumAlgorithm;
use crate::client::Client;
use crate::error::Error;
use crate::request::Request;
use crate::response::Response;

#[cfg(feature = "checksums")]
const TYPE: &str = "x-amz-checksum-type";
#[cfg(feature = "checksums")]
const FULL_OBJECT: &str = "FULL_OBJECT";

/// Starts a multipart upload: [`Client::create_multipart_upload`].
#[derive(Debug)]
#[non_exhaustive]
pub struct CreateMultipartUpload;

/// The new upload.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub struct CreateMultipartUploadOutput {
    /// The upload ID, which every call for this upload requires.
    pub upload_id: String,
}

impl Client {
    /// Starts a multipart upload. `upload_file` and `upload_reader` do this for you.
    ///
    /// The object's headers, such as its content type and metadata, are set here and not with the parts. The
    /// upload occupies storage until it is completed or aborted.
    ///
    /// ```no_run
    /// # use slim_s3::{Client, Error};
    /// # async fn example(s3: Client, first: Vec<u8>, last: Vec<u8>) -> Result<(), Error> {
    /// use slim_s3::operation::CompletedPart;
    ///
    /// let (bucket, key) = ("films", "cat.mp4");
    /// let create = s3.create_multipart_upload(bucket, key).content_type("video/mp4");
    /// let upload_id = create.send().await?.upload_id;
    /// let mut parts = Vec::new();
    /// for (part_number, body) in (1..).zip([first, last]) {
    ///     let upload = s3.upload_part(bucket, key, &upload_id, part_number, body);
    ///     let etag = upload.send().await?.etag;
    ///     parts.push(CompletedPart { part_number, etag });
    /// }
    /// s3.complete_multipart_upload(bucket, key, &upload_id, &parts).send().await?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// Any kind of [`Error`]. After a [`Transport`](Error::Transport) error an upload may exist whose ID is
    /// unknown: [`list_multipart_uploads`](Client::list_multipart_uploads) finds it.
    ///
    /// <https://docs.aws.amazon.com/AmazonS3/latest/API/API_CreateMultipartUpload.html>
    pub fn create_multipart_upload(&self, bucket: &str, key: &str) -> Call<CreateMultipartUpload> {
        Call::new(
            self,
            Request::object(Method::POST, bucket, key).with_query("uploads", ""),
            CreateMultipartUpload,
        )
    }
}

#[cfg(feature = "checksums")]
impl Call<CreateMultipartUpload> {
    /// Declares that each part has this checksum. UploadPart must then [compute](Call::compute_checksum) it, and
    /// CompleteMultipartUpload [list](Call::part_checksums) it.
    ///
    /// That of the object is then composite, except for CRC-64/NVME, which is of the full object.
    #[doc(alias = "ChecksumAlgorithm")]
    pub fn declare_checksum(self, algorithm: ChecksumAlgorithm) -> Call<CreateMultipartUpload> {
        let call = self.header("x-amz-checksum-algorithm", algorithm.name());
        match algorithm {
            ChecksumAlgorithm::Crc64Nvme => call.header(TYPE, FULL_OBJECT),
            _ => call,
        }
    }

    /// Declares that each part has this checksum, and that the one of the object is of its content: that is possible for CRCs.
    ///
    /// UploadPart must then [compute](Call::compute_checksum) it, and CompleteMultipartUpload
    /// [list](Call::part_checksums) it. CompleteMultipartUpload also needs the header `x-amz-checksum-type` with the value
    /// `FULL_OBJECT`, and may have that of the object in the header of the algorithm.
    #[doc(alias = "ChecksumType")]
    pub fn declare_full_object_checksum(
        mut self,
        algorithm: ChecksumAlgorithm,
    ) -> Call<CreateMultipartUpload> {
        self.request.check_full_object(algorithm);
        self.declare_checksum(algorithm).header(TYPE, FULL_OBJECT)
    }
}

impl Operation for CreateMultipartUpload {
    type Output = CreateMultipartUploadOutput;
    /// Each call creates another upload.
    const SPEC: OperationSpec =
        OperationSpec::new("CreateMultipartUpload", Effect::Writes).not_idempotent();

    fn check_request(request: &Request) -> Result<(), Error> {
        check_no_checksum(request)
    }

    fn check_response(request: &Request, response: &Response) -> Result<(), Error> {
        encryption::check_contradiction(request, response)
    }

    fn parse(response: Response) -> Result<CreateMultipartUploadOutput, Error> {
        let result = response.xml("InitiateMultipartUploadResult")?;
        let upload_id = result.text("UploadId")?;
        if upload_id.trim().is_empty() {
            return Err(response.malformed("the <UploadId> is blank".to_owned()));
        }
        Ok(CreateMultipartUploadOutput {
            upload_id: upload_id.to_owned(),
        })
    }
}

impl StoresObject for CreateMultipartUpload {}
