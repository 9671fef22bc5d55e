//! CreateMultipartUpload: begins an upload in parts.

use http::Method;

use super::shared::encryption;
use super::shared::options::{StoresObject, check_no_sums};
use crate::call::{Call, Effect, Operation, OperationSpec};
use crate::client::Client;
use crate::error::Error;
use crate::request::Request;
use crate::response::Response;

/// Begins an upload in parts: [`Client::create_multipart_upload`].
#[derive(Debug)]
#[non_exhaustive]
pub struct CreateMultipartUpload;

/// The upload that was begun.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub struct CreateMultipartUploadOutput {
    /// Names the upload in every call that belongs to it.
    pub upload_id: String,
}

impl Client {
    /// Begins an upload in parts. `upload_file` and `upload_reader` do all of it; this is for doing it by hand.
    ///
    /// What the object is to have, such as its media type and metadata, is said here and not with the parts. The upload
    /// takes room at the store until it is completed or aborted.
    ///
    /// ```no_run
    /// # async fn example(s3: slim_s3::Client, first: Vec<u8>, last: Vec<u8>) -> Result<(), slim_s3::Error> {
    /// use slim_s3::operation::CompletedPart;
    ///
    /// let upload_id = s3.create_multipart_upload("films", "cat.mp4").content_type("video/mp4").send().await?.upload_id;
    /// let mut parts = Vec::new();
    /// for (part_number, part) in (1..).zip([first, last]) {
    ///     let etag = s3.upload_part("films", "cat.mp4", &upload_id, part_number, part).send().await?.etag;
    ///     parts.push(CompletedPart { part_number, etag });
    /// }
    /// s3.complete_multipart_upload("films", "cat.mp4", &upload_id, &parts).send().await?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// Every kind of [`Error`]. After a [`Transport`](Error::Transport) error an upload may have begun whose ID
    /// nobody knows: [`list_multipart_uploads`](Client::list_multipart_uploads) finds it.
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

impl Operation for CreateMultipartUpload {
    type Output = CreateMultipartUploadOutput;
    /// Each leaves an upload of its own.
    const SPEC: OperationSpec =
        OperationSpec::new("CreateMultipartUpload", Effect::Writes).not_idempotent();

    fn check_request(request: &Request) -> Result<(), Error> {
        check_no_sums(request)
    }

    fn check_response(request: &Request, response: &Response) -> Result<(), Error> {
        encryption::check_contradiction(request, response)
    }

    fn parse(response: Response) -> Result<CreateMultipartUploadOutput, Error> {
        let result = response.xml("InitiateMultipartUploadResult")?;
        Ok(CreateMultipartUploadOutput {
            upload_id: result.text("UploadId")?.to_owned(),
        })
    }
}

impl StoresObject for CreateMultipartUpload {}
