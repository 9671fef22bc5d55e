//! ListParts: lists the parts of an upload.

use std::time::SystemTime;

use http::Method;

use super::shared::paginated::{NextPage, Paginated};
use crate::call::{Call, Effect, Operation, OperationSpec};
use crate::client::Client;
use crate::error::Error;
use crate::etag::ETag;
use crate::request::Request;
use crate::response::Response;
use crate::timestamp::parse_iso;
use crate::xml::Element;

/// Lists the parts of an upload: [`Client::list_parts`].
#[derive(Debug)]
#[non_exhaustive]
pub struct ListParts;

/// One page of an upload's parts.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
#[non_exhaustive]
pub struct ListPartsOutput {
    /// The parts, ordered by number.
    pub parts: Vec<Part>,
    /// Whether there are more pages.
    pub is_truncated: bool,
    /// The number after which the next page continues. Set if and only if `is_truncated` is true.
    pub next_part_number_marker: Option<u32>,
    /// The algorithm of the checksums that CreateMultipartUpload has declared, such as `CRC32`. Few stores return it.
    pub checksum_algorithm: Option<String>,
    /// `COMPOSITE` or `FULL_OBJECT`, whether the object's checksum is to be that of the parts' checksums or of the content.
    pub checksum_type: Option<String>,
}

/// An uploaded part.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub struct Part {
    /// The part number.
    pub part_number: u32,
    /// The size in bytes.
    pub size: u64,
    /// The ETag; a few stores omit it.
    pub etag: Option<ETag>,
    /// When the part was stored.
    pub last_modified: Option<SystemTime>,
}

impl Client {
    /// Lists the parts of an upload, up to 1,000 per page on most stores.
    ///
    /// ```no_run
    /// # use slim_s3::{Client, Error};
    /// # async fn example(s3: Client, upload_id: &str) -> Result<(), Error> {
    /// for part in s3.list_parts("films", "cat.mp4", upload_id).send().await?.parts {
    ///     println!("part {}: {} bytes", part.part_number, part.size);
    /// }
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// Any kind of [`Error`]. [`is_not_found`](Error::is_not_found) is true if the upload was completed or aborted.
    ///
    /// <https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListParts.html>
    pub fn list_parts(&self, bucket: &str, key: &str, upload_id: &str) -> Call<ListParts> {
        Call::new(
            self,
            Request::object(Method::GET, bucket, key).with_query("uploadId", upload_id),
            ListParts,
        )
    }
}

/// Options of ListParts.
impl Call<ListParts> {
    /// The maximum number of parts per page, up to 1,000 on AWS.
    pub fn max_parts(self, max_parts: u32) -> Call<ListParts> {
        self.query("max-parts", &max_parts.to_string())
    }

    /// Lists only parts after this number.
    pub fn part_number_marker(self, marker: u32) -> Call<ListParts> {
        self.query("part-number-marker", &marker.to_string())
    }
}

impl Operation for ListParts {
    type Output = ListPartsOutput;
    const SPEC: OperationSpec = OperationSpec::new("ListParts", Effect::Reads);

    fn parse(response: Response) -> Result<ListPartsOutput, Error> {
        let list = response.xml("ListPartsResult")?;
        let has = |name| list.children(name).next().is_some();
        if !["UploadId", "IsTruncated", "Part"].into_iter().any(has) {
            let problem = format!("no <UploadId> in <{}>", list.name());
            return Err(response.malformed(problem));
        }
        let number = |element: &Element, name: &str| {
            let number = element.number(name)?;
            u32::try_from(number)
                .map_err(|_| response.malformed(format!("<{name}> is out of range: {number}")))
        };
        let part = |element: &Element| {
            Ok(Part {
                part_number: number(element, "PartNumber")?,
                size: element.number("Size")?,
                etag: ETag::in_element(element)?,
                last_modified: element.optional_text("LastModified")?.and_then(parse_iso),
            })
        };
        // Stores built on s3s list all parts in one page, without `IsTruncated`.
        let is_truncated = list.child("IsTruncated")?.is_some() && list.is_truncated()?;
        let next_part_number_marker = if is_truncated {
            Some(number(&list, "NextPartNumberMarker")?)
        } else {
            None
        };
        // MinIO returns an empty text for none, and versitygw `null`.
        let declared = |name| -> Result<Option<String>, Error> {
            let text = list.optional_text(name)?;
            Ok(text
                .filter(|text| !matches!(*text, "" | "null"))
                .map(str::to_owned))
        };
        Ok(ListPartsOutput {
            parts: list
                .children("Part")
                .map(part)
                .collect::<Result<_, Error>>()?,
            is_truncated,
            next_part_number_marker,
            checksum_algorithm: declared("ChecksumAlgorithm")?,
            checksum_type: declared("ChecksumType")?,
        })
    }
}

impl Paginated for ListParts {
    fn next_page(page: &ListPartsOutput) -> Option<NextPage> {
        let marker = page.next_part_number_marker?;
        Some(vec![("part-number-marker", Some(marker.to_string()))])
    }

    fn is_empty(page: &ListPartsOutput) -> bool {
        page.parts.is_empty()
    }
}
