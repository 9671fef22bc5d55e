//! AbortMultipartUpload: aborts a multipart upload.

use http::Method;

use crate::call::{Call, Effect, Operation, OperationSpec};
use crate::client::Client;
use crate::error::Error;
use crate::request::Request;
use crate::response::Response;

/// Aborts a multipart upload: [`Client::abort_multipart_upload`].
#[derive(Debug)]
#[non_exhaustive]
pub struct AbortMultipartUpload;

/// A successful response, which has no content.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
#[non_exhaustive]
pub struct AbortMultipartUploadOutput {}

impl Client {
    /// Aborts a multipart upload and frees the storage of its parts.
    ///
    /// A part in flight can arrive after the abort and remain: abort again until
    /// [`list_parts`](Client::list_parts) fails with [`is_not_found`](Error::is_not_found).
    ///
    /// ```no_run
    /// # use slim_s3::{Client, Error};
    /// # async fn example(s3: Client, upload_id: &str) -> Result<(), Error> {
    /// s3.abort_multipart_upload("films", "cat.mp4", upload_id).send().await?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// Any kind of [`Error`]. If the upload no longer exists, some stores return `NoSuchUpload` and others succeed.
    ///
    /// <https://docs.aws.amazon.com/AmazonS3/latest/API/API_AbortMultipartUpload.html>
    pub fn abort_multipart_upload(
        &self,
        bucket: &str,
        key: &str,
        upload_id: &str,
    ) -> Call<AbortMultipartUpload> {
        Call::new(
            self,
            Request::object(Method::DELETE, bucket, key).with_query("uploadId", upload_id),
            AbortMultipartUpload,
        )
    }
}

impl Operation for AbortMultipartUpload {
    type Output = AbortMultipartUploadOutput;
    const SPEC: OperationSpec = OperationSpec::new("AbortMultipartUpload", Effect::Deletes);

    fn parse(response: Response) -> Result<AbortMultipartUploadOutput, Error> {
        response.expect_empty()?;
        Ok(AbortMultipartUploadOutput {})
    }
}
