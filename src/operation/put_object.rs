//! PutObject: stores one object with one request.

use http::Method;

#[cfg(feature = "checksums")]
use super::shared::checksum;
use super::shared::checksum::SendsContent;
use super::shared::encryption;
use super::shared::object_options::StoresObject;
use super::shared::options::Conditional;
use crate::body::Body;
use crate::call::{Call, Effect, Operation, OperationSpec};
#[cfg(feature = "checksums")]
use crate::checksum::Checksum;
use crate::client::Client;
use crate::error::Error;
use crate::etag::ETag;
use crate::request::Request;
use crate::response::Response;

/// Stores an object and replaces the one under the same key: [`Client::put_object`].
#[derive(Debug)]
#[non_exhaustive]
pub struct PutObject;

/// The stored object.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub struct PutObjectOutput {
    /// The object's ETag.
    pub etag: ETag,
    /// The version ID, if the bucket is versioned.
    pub version_id: Option<String>,
    /// The checksum of the content, if one was sent and the store confirms that it has verified it.
    #[cfg(feature = "checksums")]
    pub checksum: Option<Checksum>,
}

impl Client {
    /// Stores `body` as one object with one request: bytes, text, an open file, or a stream of known length.
    ///
    /// At most 5 GiB on AWS. `upload_file` and `upload_reader` store larger objects, files by their path, and
    /// streams of unknown length.
    ///
    /// ```no_run
    /// # async fn example(s3: slim_s3::Client) -> Result<(), Box<dyn std::error::Error>> {
    /// s3.put_object("photos", "note.txt", "Hello").send().await?;
    ///
    /// let file = std::fs::File::open("cat.jpg")?;
    /// let cat = s3
    ///     .put_object("photos", "cat.jpg", file)
    ///     .content_type("image/jpeg")
    ///     .metadata("name", "Kitty")
    ///     .send()
    ///     .await?;
    /// println!("stored, with the ETag {}", cat.etag);
    ///
    /// // Only if the key is not in use yet:
    /// match s3.put_object("photos", "cat.jpg", "meow").if_none_match("*").send().await {
    ///     Err(error) if error.is_precondition_failed() => println!("already exists"),
    ///     result => drop(result?),
    /// }
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// Any kind of [`Error`]. With a condition, [`is_precondition_failed`](Error::is_precondition_failed) is true
    /// only if another writer caused the conflict. If this call itself may have caused it, because the response to
    /// an earlier attempt was lost, the [outcome is unknown](Error::is_outcome_unknown).
    ///
    /// <https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutObject.html>
    pub fn put_object(&self, bucket: &str, key: &str, body: impl Into<Body>) -> Call<PutObject> {
        Call::new(
            self,
            Request::object(Method::PUT, bucket, key).with_body(body.into()),
            PutObject,
        )
    }
}

impl Operation for PutObject {
    type Output = PutObjectOutput;
    const SPEC: OperationSpec = OperationSpec::new("PutObject", Effect::Writes);

    fn check_response(request: &Request, response: &Response) -> Result<(), Error> {
        response.expect_empty_or_result()?;
        encryption::check_echo(request, response)
    }

    fn parse(response: Response) -> Result<PutObjectOutput, Error> {
        Ok(PutObjectOutput {
            etag: response.required_etag()?,
            #[cfg(feature = "checksums")]
            checksum: None,
            version_id: response.header_string("x-amz-version-id"),
        })
    }

    #[cfg(feature = "checksums")]
    fn parse_for(request: &Request, response: Response) -> Result<PutObjectOutput, Error> {
        let checksum = checksum::confirmed(request, &response)?;
        let output = PutObject::parse(response)?;
        Ok(PutObjectOutput { checksum, ..output })
    }
}

impl StoresObject for PutObject {}
impl Conditional for PutObject {}
impl SendsContent for PutObject {}
