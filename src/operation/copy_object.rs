//! CopyObject: copies an object within the store.

use std::time::SystemTime;

use http::Method;

use super::shared::copy_source::{CopiesObject, with_source};
use super::shared::encryption;
use super::shared::options::{Conditional, StoresObject, check_no_sums};
use crate::call::{Call, Effect, Operation, OperationSpec};
use crate::client::Client;
use crate::error::Error;
use crate::etag::ETag;
use crate::request::Request;
use crate::response::Response;
use crate::timestamp::parse_iso;

/// Copies an object within the store: [`Client::copy_object`].
#[derive(Debug)]
#[non_exhaustive]
pub struct CopyObject;

/// What a store says about the copy.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub struct CopyObjectOutput {
    /// The copy's ETag. That of a source uploaded in parts may differ.
    pub etag: ETag,
    /// When the copy was stored.
    pub last_modified: Option<SystemTime>,
    /// The copy's version, if the bucket keeps versions.
    pub version_id: Option<String>,
    /// The version that was copied.
    pub source_version_id: Option<String>,
    /// The store's name for the request.
    pub request_id: Option<String>,
}

impl Client {
    /// Copies `source_key` of `source_bucket` to `key` of `bucket`, without its bytes coming here. At most 5 GiB on
    /// AWS; more takes an upload of [`upload_part_copy`](Client::upload_part_copy)s.
    ///
    /// Media type, metadata and tags are copied too, unless they are [replaced](Call::replace_metadata); access control
    /// is not. The call can take minutes, in which nothing comes back.
    ///
    /// ```no_run
    /// # async fn example(s3: slim_s3::Client) -> Result<(), slim_s3::Error> {
    /// s3.copy_object("archive", "2026/cat.jpg", "photos", "cat.jpg").send().await?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// Every kind of [`Error`]. [`Error::Invalid`] for a media type, metadata or tags without
    /// [`replace_metadata`](Call::replace_metadata) or [`replace_tags`](Call::replace_tags): the store would ignore
    /// them. MinIO and versitygw ignore conditions on the target; those on the source are heeded.
    ///
    /// <https://docs.aws.amazon.com/AmazonS3/latest/API/API_CopyObject.html>
    #[doc(alias = "CopySource")]
    pub fn copy_object(
        &self,
        bucket: &str,
        key: &str,
        source_bucket: &str,
        source_key: &str,
    ) -> Call<CopyObject> {
        let call = Call::new(self, Request::object(Method::PUT, bucket, key), CopyObject);
        with_source(call, source_bucket, source_key)
    }
}

impl Call<CopyObject> {
    /// Gives the copy the media type and the metadata of this call, in place of all that the source has.
    #[doc(alias = "MetadataDirective")]
    pub fn replace_metadata(self) -> Call<CopyObject> {
        self.header("x-amz-metadata-directive", "REPLACE")
    }

    /// Gives the copy the tags of this call, in place of all that the source has.
    #[doc(alias = "TaggingDirective")]
    pub fn replace_tags(self) -> Call<CopyObject> {
        self.header("x-amz-tagging-directive", "REPLACE")
    }
}

impl Operation for CopyObject {
    type Output = CopyObjectOutput;
    const SPEC: OperationSpec = OperationSpec::new("CopyObject", Effect::Writes).slow_response();

    fn check_request(request: &Request) -> Result<(), Error> {
        check_no_sums(request)?;
        let is_metadata = |name: &str| {
            name.starts_with("x-amz-meta-")
                || matches!(name, "cache-control" | "expires")
                || matches!(
                    name.strip_prefix("content-"),
                    Some("type" | "disposition" | "encoding" | "language")
                )
        };
        let ignored = |is_of_it: &dyn Fn(&str) -> bool, directive: &str, remedy: &str| {
            let name = request
                .headers
                .iter()
                .map(|(name, _)| name)
                .find(|name| is_of_it(name));
            match name {
                Some(name) if request.header(directive) != Some("REPLACE") => Err(Error::invalid(
                    &format!("header {name}"),
                    "would be ignored: a copy keeps what the source has",
                    remedy,
                )),
                _ => Ok(()),
            }
        };
        ignored(
            &is_metadata,
            "x-amz-metadata-directive",
            "call replace_metadata too, and set all that the copy shall have",
        )?;
        let is_tagging = |name: &str| name == "x-amz-tagging";
        ignored(
            &is_tagging,
            "x-amz-tagging-directive",
            "call replace_tags too, and set all tags that the copy shall have",
        )
    }

    fn check_response(request: &Request, response: &Response) -> Result<(), Error> {
        encryption::check_contradiction(request, response)
    }

    fn parse(response: Response) -> Result<CopyObjectOutput, Error> {
        let result = response.xml("CopyObjectResult")?;
        Ok(CopyObjectOutput {
            etag: result.text("ETag")?.into(),
            last_modified: result.optional_text("LastModified").and_then(parse_iso),
            version_id: response.header_string("x-amz-version-id"),
            source_version_id: response.header_string("x-amz-copy-source-version-id"),
            request_id: response.header_string("x-amz-request-id"),
        })
    }
}

impl StoresObject for CopyObject {}
impl Conditional for CopyObject {}
impl CopiesObject for CopyObject {}
