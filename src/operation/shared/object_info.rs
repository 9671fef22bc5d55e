//! What the headers of an answer say about an object.

use std::time::SystemTime;

use http::HeaderMap;

use super::content_range::ContentRange;
use crate::error::Error;
use crate::etag::ETag;
use crate::response::Response;
use crate::timestamp::parse_http;

/// What a store says about an object, without its content.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct ObjectInfo {
    /// How many bytes the answer has: the object's size, or that of the range or part that was asked for.
    pub content_length: u64,
    /// Which bytes of the object these are, if a range or a part was asked for.
    pub content_range: Option<ContentRange>,
    /// The media type.
    pub content_type: Option<String>,
    /// The ETag.
    pub etag: Option<ETag>,
    /// When the object was stored, to the second.
    pub last_modified: Option<SystemTime>,
    /// How the content is encoded, for example `gzip`: it comes as it was stored.
    pub content_encoding: Option<String>,
    /// The storage class, where it is not the usual one.
    pub storage_class: Option<String>,
    /// How many parts the object was uploaded in, if one of them was asked for.
    pub parts_count: Option<u32>,
    /// The version's name, if the bucket keeps versions.
    pub version_id: Option<String>,
    /// All headers, for what has no field here.
    pub headers: HeaderMap,
}

impl ObjectInfo {
    pub(crate) fn new(response: &Response) -> Result<ObjectInfo, Error> {
        let text = |name: &str| response.header_string(name);
        let length = response.required_header("content-length")?;
        // A page of a proxy or a login portal has a length too. Stores say one of these of every object.
        if response.header("etag").is_none() && response.header("last-modified").is_none() {
            return Err(response.malformed(
                "neither an etag nor a last-modified header: it is not about an object".to_owned(),
            ));
        }
        Ok(ObjectInfo {
            content_length: length.parse().map_err(|_| {
                response.malformed(format!("the content-length {length:?} is no number"))
            })?,
            content_range: response
                .header("content-range")
                .and_then(ContentRange::parse),
            content_type: text("content-type"),
            etag: response.header("etag").map(ETag::from),
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

    /// The entry `name` of the object's metadata, if it is there and is text.
    pub fn metadata(&self, name: &str) -> Option<&str> {
        self.all_metadata()
            .find_map(|(known, value)| known.eq_ignore_ascii_case(name).then_some(value))
    }

    /// The object's metadata, names in lower case.
    pub fn all_metadata(&self) -> impl Iterator<Item = (&str, &str)> {
        self.headers.iter().filter_map(|(name, value)| {
            Some((
                name.as_str().strip_prefix("x-amz-meta-")?,
                std::str::from_utf8(value.as_bytes()).ok()?,
            ))
        })
    }
}

/// Without `aws-chunked`: that was how the content came to the store, and versitygw keeps it as if it belonged to it.
fn content_encoding(value: &str) -> Option<String> {
    let encodings: Vec<&str> = value
        .split(',')
        .map(str::trim)
        .filter(|encoding| !encoding.is_empty() && !encoding.eq_ignore_ascii_case("aws-chunked"))
        .collect();
    (!encodings.is_empty()).then(|| encodings.join(", "))
}
