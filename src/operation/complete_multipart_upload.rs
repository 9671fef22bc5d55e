//! CompleteMultipartUpload: makes the parts of an upload an object.

use http::Method;

use super::shared::encryption::TakesCustomerKey;
use super::shared::options::Conditional;
use crate::call::{Call, Effect, Operation, OperationSpec};
use crate::client::Client;
use crate::error::Error;
use crate::etag::ETag;
use crate::request::Request;
use crate::response::Response;
use crate::xml::Writer;

/// Makes the parts of an upload an object: [`Client::complete_multipart_upload`].
#[derive(Debug)]
#[non_exhaustive]
pub struct CompleteMultipartUpload;

/// A part that the store has.
#[derive(Clone, Debug, Eq, PartialEq)]
#[allow(clippy::exhaustive_structs)]
pub struct CompletedPart {
    /// Its number.
    pub part_number: u32,
    /// Its ETag, as the store gave it.
    pub etag: ETag,
}

/// What a store says about the object it has made.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub struct CompleteMultipartUploadOutput {
    /// The object's ETag: on most stores the [composite](ETag::composite) one.
    pub etag: ETag,
    /// The version's name, if the bucket keeps versions.
    pub version_id: Option<String>,
    /// The store's name for the request.
    pub request_id: Option<String>,
}

impl Client {
    /// Makes the parts of an upload an object. The store needs every part's number and ETag, in ascending order.
    ///
    /// The list is checked before it is sent, because a store may build a wrong object from a wrong one: MinIO takes a
    /// number that stands there twice, and puts the part into the object twice. This call can take minutes, in which
    /// nothing comes back.
    ///
    /// ```no_run
    /// # async fn example(s3: slim_s3::Client, upload_id: &str, etag: slim_s3::ETag) -> Result<(), slim_s3::Error> {
    /// use slim_s3::operation::CompletedPart;
    /// s3.complete_multipart_upload("films", "cat.mp4", upload_id, &[CompletedPart { part_number: 1, etag }]).send().await?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// Every kind of [`Error`]. If an answer was lost the call is tried again, and stores that have made the object do not
    /// know the upload any more: the [outcome is unknown](Error::is_outcome_unknown), and HeadObject tells.
    ///
    /// <https://docs.aws.amazon.com/AmazonS3/latest/API/API_CompleteMultipartUpload.html>
    pub fn complete_multipart_upload(
        &self,
        bucket: &str,
        key: &str,
        upload_id: &str,
        parts: &[CompletedPart],
    ) -> Call<CompleteMultipartUpload> {
        let mut request =
            Request::object(Method::POST, bucket, key).with_query("uploadId", upload_id);
        let mut document = Writer::new("CompleteMultipartUpload");
        let mut previous = 0;
        for CompletedPart { part_number, etag } in parts {
            if *part_number <= previous || *part_number > 10_000 {
                request.defer_error(
                    "parts",
                    format!("have {part_number} behind {previous}"),
                    "list each part once, in ascending order, from 1 to 10,000",
                );
            }
            previous = *part_number;
            document.open("Part");
            if document.text("ETag", &etag.to_string()).is_err() {
                request.defer_error(
                    "parts",
                    format!("have an ETag with a control character at {part_number}"),
                    "use the ETags that the store gave",
                );
            }
            // A number has no character that XML cannot express.
            let _ = document.text("PartNumber", &part_number.to_string());
            document.close();
        }
        if parts.is_empty() {
            request.defer_error(
                "parts",
                "are none",
                "upload one part at least, which may be empty, or abort the upload",
            );
        }
        request.body = document.finish().into();
        Call::new(self, request, CompleteMultipartUpload).header("content-type", "application/xml")
    }
}

impl Operation for CompleteMultipartUpload {
    type Output = CompleteMultipartUploadOutput;
    const SPEC: OperationSpec =
        OperationSpec::new("CompleteMultipartUpload", Effect::Completes).slow_response();

    fn parse(response: Response) -> Result<CompleteMultipartUploadOutput, Error> {
        let result = response.xml("CompleteMultipartUploadResult")?;
        Ok(CompleteMultipartUploadOutput {
            etag: result.text("ETag")?.into(),
            version_id: response.header_string("x-amz-version-id"),
            request_id: response.header_string("x-amz-request-id"),
        })
    }
}

impl Conditional for CompleteMultipartUpload {}
impl TakesCustomerKey for CompleteMultipartUpload {}
