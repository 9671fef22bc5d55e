//! UploadPart: stores one part of an upload.

use http::Method;

#[cfg(feature = "checksums")]
use super::shared::checksum;
use super::shared::checksum::SendsContent;
use super::shared::encryption::{self, TakesCustomerKey};
use super::shared::options::part_request;
use crate::body::Body;
use crate::call::{Call, Effect, Operation, OperationSpec};
#[cfg(feature = "checksums")]
use crate::checksum::Checksum;
use crate::client::Client;
use crate::error::Error;
use crate::etag::ETag;
use crate::request::Request;
use crate::response::Response;

/// Stores one part of an upload: [`Client::upload_part`].
#[derive(Debug)]
#[non_exhaustive]
pub struct UploadPart;

/// The stored part.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub struct UploadPartOutput {
    /// The part's ETag, which CompleteMultipartUpload requires.
    pub etag: ETag,
    /// The checksum of the part, if one was sent and the store confirms that it has verified it.
    #[cfg(feature = "checksums")]
    pub checksum: Option<Checksum>,
}

impl Client {
    /// Stores one part of an upload. Parts may be sent in any order; sending a part number again replaces the part.
    ///
    /// Part numbers range from 1 to 10,000. On AWS, all parts but the last must be 5 MiB to 5 GiB; some stores require
    /// the same size for all parts but the last.
    ///
    /// ```no_run
    /// # use slim_s3::{Client, Error};
    /// # async fn example(s3: Client, upload_id: &str) -> Result<(), Error> {
    /// let body = vec![0; 5 << 20];
    /// let part = s3.upload_part("films", "cat.mp4", upload_id, 1, body).send().await?;
    /// println!("part 1 has the ETag {}", part.etag);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// Any kind of [`Error`]. The code is `NoSuchUpload` if the upload was completed or aborted. A part that is too
    /// small is rejected only when the upload is completed.
    ///
    /// <https://docs.aws.amazon.com/AmazonS3/latest/API/API_UploadPart.html>
    pub fn upload_part(
        &self,
        bucket: &str,
        key: &str,
        upload_id: &str,
        part_number: u32,
        body: impl Into<Body>,
    ) -> Call<UploadPart> {
        let request = part_request(Method::PUT, bucket, key, upload_id, part_number);
        Call::new(self, request.with_body(body.into()), UploadPart)
    }
}

impl Operation for UploadPart {
    type Output = UploadPartOutput;
    const SPEC: OperationSpec = OperationSpec::new("UploadPart", Effect::Writes);

    fn check_response(request: &Request, response: &Response) -> Result<(), Error> {
        response.expect_empty_or_result()?;
        encryption::check_echo(request, response)
    }

    fn parse(response: Response) -> Result<UploadPartOutput, Error> {
        Ok(UploadPartOutput {
            etag: response.required_etag()?,
            #[cfg(feature = "checksums")]
            checksum: None,
        })
    }

    #[cfg(feature = "checksums")]
    fn parse_for(request: &Request, response: Response) -> Result<UploadPartOutput, Error> {
        let checksum = checksum::confirmed(request, &response)?;
        let output = UploadPart::parse(response)?;
        Ok(UploadPartOutput { checksum, ..output })
    }
}

impl TakesCustomerKey for UploadPart {}
impl SendsContent for UploadPart {}
