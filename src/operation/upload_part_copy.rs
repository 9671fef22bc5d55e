//! UploadPartCopy: copies a part of an upload from an existing object.

use std::ops::RangeInclusive;
use std::time::SystemTime;

use http::Method;

use super::shared::copy_source::{CopiesObject, CopySource, with_source};
use super::shared::encryption::{self, TakesCustomerKey};
use super::shared::follow_up::{listed_part, part_of};
use super::shared::options::part_request;
use crate::call::{Call, Effect, FollowUp, Operation, OperationSpec};
use crate::client::Client;
use crate::error::Error;
use crate::etag::ETag;
use crate::request::Request;
use crate::response::Response;
use crate::timestamp::parse_iso;

/// Copies a part of an upload from an existing object: [`Client::upload_part_copy`].
#[derive(Debug)]
#[non_exhaustive]
pub struct UploadPartCopy;

/// How a response without an ETag is reported.
const NO_ETAG: &str = "no <ETag> in ";

/// The copied part.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub struct UploadPartCopyOutput {
    /// The part's ETag, which CompleteMultipartUpload requires.
    pub etag: ETag,
    /// When the part was stored.
    pub last_modified: Option<SystemTime>,
    /// The version ID of the source, if its bucket is versioned. `None` also if the response had no ETag, which
    /// `send` then gets from ListParts.
    pub source_version_id: Option<String>,
}

impl Client {
    /// Copies a part of an upload from an existing object, or from a [range](Call::source_range) of it. The
    /// content does not pass through the client.
    ///
    /// Part numbers range from 1 to 10,000; a part is at most 5 GiB on AWS. The server may work for minutes before
    /// it responds.
    ///
    /// ```no_run
    /// # use slim_s3::{Client, Error};
    /// # async fn example(s3: Client, upload_id: &str) -> Result<(), Error> {
    /// let part = s3
    ///     .upload_part_copy("archive", "film.mp4", upload_id, 1, ("films", "film.mp4"))
    ///     .source_range(0..=(1 << 30) - 1)
    ///     .send()
    ///     .await?;
    /// println!("part 1 has the ETag {}", part.etag);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// Any kind of [`Error`]. Stores reject a range that extends past the end of the source.
    ///
    /// <https://docs.aws.amazon.com/AmazonS3/latest/API/API_UploadPartCopy.html>
    pub fn upload_part_copy(
        &self,
        bucket: &str,
        key: &str,
        upload_id: &str,
        part_number: u32,
        source: impl Into<CopySource>,
    ) -> Call<UploadPartCopy> {
        let request = part_request(Method::PUT, bucket, key, upload_id, part_number);
        with_source(Call::new(self, request, UploadPartCopy), source.into())
    }
}

/// Options of UploadPartCopy.
impl Call<UploadPartCopy> {
    /// Copies only these bytes of the source, both ends included.
    #[doc(alias = "CopySourceRange")]
    pub fn source_range(mut self, bytes: RangeInclusive<u64>) -> Call<UploadPartCopy> {
        let (first, last) = bytes.into_inner();
        if last < first {
            self.request.defer_error(
                "source range",
                format!("{first}..={last} is empty"),
                "use a range of at least one byte",
            );
        }
        self.header("x-amz-copy-source-range", &format!("bytes={first}-{last}"))
    }
}

impl Operation for UploadPartCopy {
    type Output = UploadPartCopyOutput;
    const SPEC: OperationSpec =
        OperationSpec::new("UploadPartCopy", Effect::Writes).slow_response();

    fn check_response(request: &Request, response: &Response) -> Result<(), Error> {
        encryption::check_contradiction(request, response)
    }

    fn follow_up(
        request: &Request,
        parsed: &Result<UploadPartCopyOutput, Error>,
    ) -> Option<FollowUp> {
        match parsed {
            Err(Error::Malformed(error)) if error.problem.starts_with(NO_ETAG) => {
                let upload_id = request.query_value("uploadId")?;
                Some(part_of(request, upload_id, part_number(request)?))
            }
            _ => None,
        }
    }

    fn settle(
        request: &Request,
        parsed: Result<UploadPartCopyOutput, Error>,
        found: Result<Response, Error>,
    ) -> Result<UploadPartCopyOutput, Error> {
        let part = part_number(request).and_then(|number| listed_part(found.ok()?, number));
        match part.and_then(|part| Some((part.etag?, part.last_modified))) {
            Some((etag, last_modified)) => Ok(UploadPartCopyOutput {
                etag,
                last_modified,
                source_version_id: None,
            }),
            None => parsed,
        }
    }

    fn parse(response: Response) -> Result<UploadPartCopyOutput, Error> {
        let result = response.xml("CopyPartResult")?;
        if !result.own_text().trim().is_empty() {
            let problem = "expected <ETag> in <CopyPartResult>, got text";
            return Err(response.malformed(problem.to_owned()));
        }
        Ok(UploadPartCopyOutput {
            etag: ETag::in_element(&result)?
                .or(response.etag()?)
                .ok_or_else(|| response.malformed(format!("{NO_ETAG}<{}>", result.name())))?,
            last_modified: result.optional_text("LastModified")?.and_then(parse_iso),
            source_version_id: response.header_string("x-amz-copy-source-version-id"),
        })
    }
}

fn part_number(request: &Request) -> Option<u32> {
    request.query_value("partNumber")?.parse().ok()
}

impl CopiesObject for UploadPartCopy {}
impl TakesCustomerKey for UploadPartCopy {}
