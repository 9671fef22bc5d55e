//! The object's properties in the response headers of HeadObject and GetObject.

use std::time::SystemTime;

use http::HeaderMap;

use super::content_range::ContentRange;
use crate::error::Error;
use crate::etag::ETag;
use crate::response::Response;
use crate::timestamp::parse_http;

/// An object without its content.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct HeadObjectOutput {
    /// The size in bytes: of the whole object, or of the range or part that was requested. `None` if the store does not
    /// return it, because it generates or compresses the content.
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
    /// All headers, including those without a field.
    pub headers: HeaderMap,
}

impl HeadObjectOutput {
    pub(crate) fn new(response: &Response) -> Result<HeadObjectOutput, Error> {
        let text = |name: &str| response.header_string(name);
        let (content_length, etag) = (response.content_length()?, response.etag()?);
        // A page from a proxy or a login portal has neither. Stores send one of these headers for every object.
        if etag.is_none() && response.header("last-modified").is_none() {
            let problem =
                "neither an etag nor a last-modified header: not a response about an object";
            return Err(response.malformed(problem.to_owned()));
        }
        Ok(HeadObjectOutput {
            content_length,
            content_range: response
                .header("content-range")
                .and_then(ContentRange::parse),
            content_type: text("content-type"),
            etag,
            last_modified: response.header("last-modified").and_then(parse_http),
            content_encoding: response
                .header("content-encoding")
                .and_then(content_encoding),
            storage_class: text("x-amz-storage-class"),
            parts_count: response
                .header("x-amz-mp-parts-count")
                .and_then(|count| count.parse().ok()),
            version_id: text("x-amz-version-id"),
            headers: response.headers().clone(),
        })
    }

    /// The value of a metadata entry, if it exists and is UTF-8. `name` is case-insensitive.
    pub fn metadata(&self, name: &str) -> Option<&str> {
        metadata(&self.headers, name)
    }

    /// The object's metadata, with lower-case names.
    pub fn all_metadata(&self) -> impl Iterator<Item = (&str, &str)> {
        all_metadata(&self.headers)
    }
}

pub(crate) fn metadata<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    all_metadata(headers)
        .find_map(|(known, value)| known.eq_ignore_ascii_case(name).then_some(value))
}

pub(crate) fn all_metadata(headers: &HeaderMap) -> impl Iterator<Item = (&str, &str)> {
    headers.iter().filter_map(|(name, value)| {
        Some((
            name.as_str().strip_prefix("x-amz-meta-")?,
            std::str::from_utf8(value.as_bytes()).ok()?,
        ))
    })
}

/// Omits `aws-chunked`: it describes how the upload was sent, but versitygw stores it with the object.
fn content_encoding(value: &str) -> Option<String> {
    let encodings: Vec<&str> = value
        .split(',')
        .map(str::trim)
        .filter(|encoding| !encoding.is_empty() && !encoding.eq_ignore_ascii_case("aws-chunked"))
        .collect();
    (!encodings.is_empty()).then(|| encodings.join(", "))
}
