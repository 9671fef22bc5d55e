//! CopyObject: copies an object within the store.

use std::time::SystemTime;

use http::Method;

use super::shared::checksum::check_no_checksum;
use super::shared::copy_source::{CopiesObject, CopySource, with_source};
use super::shared::encryption;
use super::shared::follow_up::head_of;
use super::shared::object_options::{StoresObject, is_metadata};
use super::shared::options::Conditional;
use crate::call::{Call, Effect, FollowUp, Operation, OperationSpec};
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

/// The copy.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub struct CopyObjectOutput {
    /// The copy's ETag. It may differ from that of a source that was uploaded in parts. If the store does not return it,
    /// `send` asks for it with HeadObject; `None` if that fails as well.
    pub etag: Option<ETag>,
    /// When the copy was stored.
    pub last_modified: Option<SystemTime>,
    /// The copy's version ID, if the bucket is versioned.
    pub version_id: Option<String>,
    /// The version ID of the source, if its bucket is versioned.
    pub source_version_id: Option<String>,
}

impl Client {
    /// Copies `source` to `key` in `bucket`, within the store. The content does not pass through the client.
    ///
    /// At most 5 GiB on AWS; `copy` also copies larger objects, in parts. The content type, metadata and tags are also copied,
    /// unless they are [replaced](Call::replace_metadata); access control is not. The server may work for
    /// minutes before it responds.
    ///
    /// ```no_run
    /// # async fn example(s3: slim_s3::Client) -> Result<(), slim_s3::Error> {
    /// s3.copy_object("archive", "2026/cat.jpg", ("photos", "cat.jpg")).send().await?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// Any kind of [`Error`]. It is [`Error::Invalid`] if a content type, metadata or tags are set without
    /// [`replace_metadata`](Call::replace_metadata) or [`replace_tags`](Call::replace_tags), because the store
    /// would ignore them. MinIO and versitygw ignore conditions on the target, and honour those on the source.
    ///
    /// <https://docs.aws.amazon.com/AmazonS3/latest/API/API_CopyObject.html>
    pub fn copy_object(
        &self,
        bucket: &str,
        key: &str,
        source: impl Into<CopySource>,
    ) -> Call<CopyObject> {
        let call = Call::new(self, Request::object(Method::PUT, bucket, key), CopyObject);
        with_source(call, source.into())
    }
}

/// Options of CopyObject.
impl Call<CopyObject> {
    /// Gives the copy the content type and metadata of this call instead of the source's.
    #[doc(alias = "MetadataDirective")]
    pub fn replace_metadata(self) -> Call<CopyObject> {
        self.header("x-amz-metadata-directive", "REPLACE")
    }

    /// Gives the copy the tags of this call instead of the source's.
    #[doc(alias = "TaggingDirective")]
    pub fn replace_tags(self) -> Call<CopyObject> {
        self.header("x-amz-tagging-directive", "REPLACE")
    }
}

impl Operation for CopyObject {
    type Output = CopyObjectOutput;
    const SPEC: OperationSpec = OperationSpec::new("CopyObject", Effect::Writes)
        .slow_response()
        .confirms_encryption_later();

    fn check_request(request: &Request) -> Result<(), Error> {
        check_no_checksum(request)?;
        let ignored = |is_ignored: &dyn Fn(&str) -> bool, directive: &str, remedy: &str| {
            let name = request
                .headers
                .iter()
                .map(|(name, _)| name)
                .find(|name| is_ignored(name));
            match name {
                Some(name) if request.header(directive) != Some("REPLACE") => Err(Error::invalid(
                    &format!("header {name}"),
                    "would be ignored, because a copy keeps the source's value",
                    remedy,
                )),
                _ => Ok(()),
            }
        };
        ignored(
            &is_metadata,
            "x-amz-metadata-directive",
            "also call replace_metadata, and set everything that the copy needs",
        )?;
        let is_tagging = |name: &str| name == "x-amz-tagging";
        ignored(
            &is_tagging,
            "x-amz-tagging-directive",
            "also call replace_tags, and set all tags that the copy needs",
        )
    }

    fn check_response(request: &Request, response: &Response) -> Result<(), Error> {
        encryption::check_contradiction(request, response)
    }

    fn follow_up(request: &Request, parsed: &Result<CopyObjectOutput, Error>) -> Option<FollowUp> {
        let copy = parsed.as_ref().ok().filter(|copy| copy.etag.is_none())?;
        Some(head_of(request, copy.version_id.as_deref()))
    }

    fn settle(
        _: &Request,
        parsed: Result<CopyObjectOutput, Error>,
        found: Result<Response, Error>,
    ) -> Result<CopyObjectOutput, Error> {
        let etag = match found.and_then(|head| head.etag()) {
            Err(error) if error.is_not_found() => {
                let problem = "no <ETag> in <CopyObjectResult>, and HeadObject finds no copy";
                return Err(Error::malformed(problem, None));
            }
            etag => etag.ok().flatten(),
        };
        parsed.map(|copy| CopyObjectOutput { etag, ..copy })
    }

    fn parse(response: Response) -> Result<CopyObjectOutput, Error> {
        let result = response.xml("CopyObjectResult")?;
        let etag = ETag::in_element(&result)?.or(response.etag()?);
        // rclone serve s3 sends an empty result for a copy of an object onto itself.
        if !result.own_text().trim().is_empty() {
            let problem = "expected <ETag> in <CopyObjectResult>, got text";
            return Err(response.malformed(problem.to_owned()));
        }
        Ok(CopyObjectOutput {
            etag,
            last_modified: result.optional_text("LastModified")?.and_then(parse_iso),
            version_id: response.header_string("x-amz-version-id"),
            source_version_id: response.header_string("x-amz-copy-source-version-id"),
        })
    }
}

impl StoresObject for CopyObject {}
impl Conditional for CopyObject {}
impl CopiesObject for CopyObject {}
