//! GetObject: reads an object, or a range of it.

use std::time::SystemTime;

use http::{HeaderMap, Method, StatusCode};

use super::shared::content_range::{self, ContentRange};
use super::shared::encryption::{self, TakesCustomerKey};
use super::shared::object_headers::{HeadObjectOutput, all_metadata, metadata};
use super::shared::options::{Conditional, ReadsObject, Versioned};
use crate::call::{BodyRange, Call, Effect, Operation, OperationSpec};
#[cfg(feature = "checksums")]
use crate::checksum::Verification;
use crate::client::Client;
use crate::error::Error;
use crate::etag::ETag;
use crate::request::Request;
use crate::response::Response;
use crate::response::body::ResponseBody;
#[cfg(feature = "checksums")]
use crate::response::verified::verified;

/// Reads an object: [`Client::get_object`].
#[derive(Debug)]
#[non_exhaustive]
pub struct GetObject;

/// An object: its headers, and a body that streams its content.
#[derive(Debug)]
#[non_exhaustive]
pub struct GetObjectOutput {
    /// The content. It is read from the connection on demand, so reading it can take a long time and can fail.
    pub body: ResponseBody,
    /// The size of `body` in bytes: of the whole object, or of the range or part that was requested. `None` if the store does
    /// not return it: the end of the body is then marked by its chunked encoding.
    pub content_length: Option<u64>,
    /// The position of these bytes in the object, if a range or a part was requested.
    pub content_range: Option<ContentRange>,
    /// The media type.
    pub content_type: Option<String>,
    /// The ETag.
    pub etag: Option<ETag>,
    /// When the object was stored, to the second.
    pub last_modified: Option<SystemTime>,
    /// The encoding of the content, such as `gzip`. The content is not decoded.
    pub content_encoding: Option<String>,
    /// The storage class, unless it is the default one.
    pub storage_class: Option<String>,
    /// The number of parts that the object was uploaded in, if a part was requested.
    pub parts_count: Option<u32>,
    /// The version ID, if the bucket is versioned.
    pub version_id: Option<String>,
    /// Whether the body is verified while it is read; see `verify_checksum`.
    #[cfg(feature = "checksums")]
    pub verification: Verification,
    /// All headers, including those without a field.
    pub headers: HeaderMap,
}

impl GetObjectOutput {
    /// The value of a metadata entry, if it exists and is UTF-8. `name` is case-insensitive.
    pub fn metadata(&self, name: &str) -> Option<&str> {
        metadata(&self.headers, name)
    }

    /// The object's metadata, with lower-case names.
    pub fn all_metadata(&self) -> impl Iterator<Item = (&str, &str)> {
        all_metadata(&self.headers)
    }
}

impl Client {
    /// Reads an object. The output holds its headers, and a body that streams the content.
    ///
    /// If the connection fails while the body is read, the body continues from the byte reached: the rest is requested with
    /// `Range` and `If-Match`, as often as the [`RetryPolicy`](crate::RetryPolicy) allows. That requires an ETag and a
    /// size; without them, and with `no_continuation`, the failure is returned.
    ///
    /// ```no_run
    /// # async fn example(s3: slim_s3::Client) -> Result<(), Box<dyn std::error::Error>> {
    /// // The whole content, in memory:
    /// let bytes = s3.get_object("photos", "cat.jpg").send().await?.body.bytes().await?;
    ///
    /// // The first MiB, chunk by chunk:
    /// let mut cat = s3.get_object("photos", "cat.jpg").range(..1 << 20).send().await?;
    /// println!("{:?} bytes of {:?}", cat.content_length, cat.content_type);
    /// while let Some(chunk) = cat.body.chunk().await? {
    ///     println!("{} more", chunk.len());
    /// }
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// Any kind of [`Error`]. [`is_not_found`](Error::is_not_found) is true if the object does not exist. Reading the body fails
    /// with [`is_precondition_failed`](Error::is_precondition_failed) if it was interrupted, and the object replaced meanwhile.
    ///
    /// <https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetObject.html>
    pub fn get_object(&self, bucket: &str, key: &str) -> Call<GetObject> {
        Call::new(self, Request::object(Method::GET, bucket, key), GetObject)
    }
}

#[cfg(feature = "reqwest")]
impl Call<GetObject> {
    /// Returns the error when the body is interrupted, instead of requesting the rest of it.
    pub fn no_continuation(mut self) -> Call<GetObject> {
        self.request.no_continuation = true;
        self
    }
}

#[cfg(feature = "checksums")]
impl Call<GetObject> {
    /// Requests the checksum of the object, and verifies the content with it.
    ///
    /// The body then holds its last chunk back until it has compared all bytes, and ends with [`Error::Malformed`] if they
    /// differ. What cannot be verified is returned as without this option, and
    /// [`GetObjectOutput::verification`] says why: a range, a composite checksum, or an object for which the store has none.
    ///
    /// ```no_run
    /// # async fn example(s3: slim_s3::Client) -> Result<(), slim_s3::Error> {
    /// use slim_s3::operation::Verification;
    ///
    /// let cat = s3.get_object("photos", "cat.jpg").verify_checksum().send().await?;
    /// let is_verified = matches!(cat.verification, Verification::Verified(_));
    /// let bytes = cat.body.bytes().await?;
    /// println!("{} bytes, verified: {is_verified}", bytes.len());
    /// # Ok(())
    /// # }
    /// ```
    #[doc(alias = "ChecksumMode")]
    pub fn verify_checksum(mut self) -> Call<GetObject> {
        self.request.checksums.verify = Some(|algorithm| algorithm.start()());
        self.header("x-amz-checksum-mode", "ENABLED")
    }
}

impl Operation for GetObject {
    type Output = GetObjectOutput;
    const SPEC: OperationSpec = OperationSpec::new("GetObject", Effect::Reads).streams_body();

    fn check_response(request: &Request, response: &Response) -> Result<(), Error> {
        encryption::check_echo(request, response)?;
        // A body that ends with the connection could be truncated without notice.
        let has_end = response.has_marked_end()?;
        if !has_end {
            let problem =
                "the end of the body is not marked: it has no content-length and is not chunked";
            return Err(response.malformed(problem.to_owned()));
        }
        content_range::check(request, response)
    }

    fn body_range(_: &Request, response: &Response) -> Option<BodyRange> {
        let etag = response.etag().ok()??;
        let length = response.content_length().ok()?;
        if response.status() == StatusCode::OK {
            let length = length?;
            return Some(BodyRange::new(0..length, length, etag));
        }
        let range = ContentRange::parse(response.header("content-range")?)?;
        let positions = range.first..range.last + 1;
        Some(BodyRange::new(positions, range.total?, etag))
    }

    fn parse(response: Response) -> Result<GetObjectOutput, Error> {
        let head = HeadObjectOutput::new(&response)?;
        let body = response.into_body();
        let buffered = body.buffered().map(|bytes| bytes.len() as u64);
        Ok(GetObjectOutput {
            body,
            content_length: head.content_length.or(buffered),
            content_range: head.content_range,
            content_type: head.content_type,
            etag: head.etag,
            last_modified: head.last_modified,
            content_encoding: head.content_encoding,
            storage_class: head.storage_class,
            parts_count: head.parts_count,
            version_id: head.version_id,
            #[cfg(feature = "checksums")]
            verification: Verification::NotRequested,
            headers: head.headers,
        })
    }

    #[cfg(feature = "checksums")]
    fn parse_for(request: &Request, response: Response) -> Result<GetObjectOutput, Error> {
        let Some(start) = request.checksums.verify else {
            return GetObject::parse(response);
        };
        let (response, verification) = verified(response, start)?;
        let output = GetObject::parse(response)?;
        Ok(GetObjectOutput {
            verification,
            ..output
        })
    }
}

impl ReadsObject for GetObject {}
impl Conditional for GetObject {}
impl TakesCustomerKey for GetObject {}
impl Versioned for GetObject {}
