//! Groups of options: each operation declares which groups it takes, so each option is documented once.

use std::ops::{Bound, RangeBounds};
use std::time::SystemTime;

use http::Method;

use crate::call::Call;
use crate::etag::ETag;
use crate::request::Request;
use crate::timestamp::to_http;

/// A request for one part of an upload.
pub(crate) fn part_request(
    method: Method,
    bucket: &str,
    key: &str,
    upload_id: &str,
    part_number: u32,
) -> Request {
    let mut request = Request::object(method, bucket, key)
        .with_query("partNumber", &part_number.to_string())
        .with_query("uploadId", upload_id);
    if !(1..=10_000).contains(&part_number) {
        request.defer_error(
            "part number",
            format!("{part_number} is out of range"),
            "use a part number from 1 to 10,000",
        );
    }
    request
}

/// Operations with conditions on the object's ETag. Stores that do not support them often ignore the headers.
///
/// <https://docs.aws.amazon.com/AmazonS3/latest/userguide/conditional-requests.html>
pub trait Conditional {}

/// Conditions on the ETag of the existing object.
impl<O: Conditional> Call<O> {
    /// Succeeds only if the existing object has this ETag. Otherwise the call fails with
    /// [`is_precondition_failed`](crate::Error::is_precondition_failed).
    #[doc(alias = "IfMatch")]
    pub fn if_match(self, etag: impl Into<ETag>) -> Call<O> {
        self.header("if-match", &etag.into().to_condition())
    }

    /// Succeeds only if the existing object does not have this ETag. `"*"` matches every object, so a write with it
    /// never replaces one. Otherwise a read fails with [`is_not_modified`](crate::Error::is_not_modified), and a write
    /// with [`is_precondition_failed`](crate::Error::is_precondition_failed).
    #[doc(alias = "IfNoneMatch")]
    pub fn if_none_match(self, etag: impl Into<ETag>) -> Call<O> {
        self.header("if-none-match", &etag.into().to_condition())
    }
}

/// Operations that read an object: GetObject and HeadObject.
pub trait ReadsObject {}

/// Options of GetObject and HeadObject.
impl<O: ReadsObject> Call<O> {
    /// Reads a range of bytes, such as `0..1024` or `1024..`. It is an error if the range starts past the end of
    /// the object, or if the store ignores it and sends the whole object.
    #[doc(alias = "Range")]
    pub fn range(self, range: impl RangeBounds<u64>) -> Call<O> {
        let first = match range.start_bound() {
            Bound::Included(first) => *first,
            Bound::Excluded(before) => before.saturating_add(1),
            Bound::Unbounded => 0,
        };
        let last = match range.end_bound() {
            Bound::Included(last) => last.to_string(),
            // An empty range stays empty, and is rejected before it is sent.
            Bound::Excluded(0) => return self.header("range", "bytes=-0"),
            Bound::Excluded(end) => (end - 1).to_string(),
            Bound::Unbounded => String::new(),
        };
        self.header("range", &format!("bytes={first}-{last}"))
    }

    /// Reads the last `count` bytes, or the whole object if it is smaller.
    pub fn last_bytes(self, count: u64) -> Call<O> {
        self.header("range", &format!("bytes=-{count}"))
    }

    /// Reads one part of an object that was uploaded in parts. The first is 1. Cannot be combined with a range.
    #[doc(alias = "PartNumber")]
    pub fn part_number(mut self, part_number: u32) -> Call<O> {
        if part_number == 0 {
            self.request.defer_error(
                "part number",
                "0 is out of range",
                "use a part number from 1 to 10,000",
            );
        }
        self.query("partNumber", &part_number.to_string())
    }

    /// Succeeds only if the object was modified after this time. Otherwise the call fails with
    /// [`is_not_modified`](crate::Error::is_not_modified).
    #[doc(alias = "IfModifiedSince")]
    pub fn if_modified_since(self, time: SystemTime) -> Call<O> {
        self.header("if-modified-since", &to_http(time))
    }

    /// Succeeds only if the object was not modified after this time. Otherwise the call fails with
    /// [`is_precondition_failed`](crate::Error::is_precondition_failed).
    #[doc(alias = "IfUnmodifiedSince")]
    pub fn if_unmodified_since(self, time: SystemTime) -> Call<O> {
        self.header("if-unmodified-since", &to_http(time))
    }
}

/// Overrides of the response headers. Stores accept them only in signed requests.
impl<O: ReadsObject> Call<O> {
    /// Overrides the response's `Content-Type`.
    #[doc(alias = "ResponseContentType")]
    pub fn response_content_type(self, media_type: &str) -> Call<O> {
        self.query("response-content-type", media_type)
    }

    /// Overrides the response's `Content-Disposition`.
    #[doc(alias = "ResponseContentDisposition")]
    pub fn response_content_disposition(self, disposition: &str) -> Call<O> {
        self.query("response-content-disposition", disposition)
    }

    /// Overrides the response's `Content-Encoding`.
    #[doc(alias = "ResponseContentEncoding")]
    pub fn response_content_encoding(self, encoding: &str) -> Call<O> {
        self.query("response-content-encoding", encoding)
    }

    /// Overrides the response's `Content-Language`.
    #[doc(alias = "ResponseContentLanguage")]
    pub fn response_content_language(self, language: &str) -> Call<O> {
        self.query("response-content-language", language)
    }

    /// Overrides the response's `Cache-Control`.
    #[doc(alias = "ResponseCacheControl")]
    pub fn response_cache_control(self, directives: &str) -> Call<O> {
        self.query("response-cache-control", directives)
    }

    /// Overrides the response's `Expires`.
    #[doc(alias = "ResponseExpires")]
    pub fn response_expires(self, at: SystemTime) -> Call<O> {
        self.query("response-expires", &to_http(at))
    }
}

/// Operations that list keys, versions or uploads.
pub trait ListsKeys {}

/// Options of listings of keys.
impl<O: ListsKeys> Call<O> {
    /// Lists only keys that start with this prefix.
    #[doc(alias = "Prefix")]
    pub fn prefix(self, prefix: &str) -> Call<O> {
        self.query("prefix", prefix)
    }

    /// Groups keys that contain this text after the prefix into common prefixes. With `/`, a listing looks like that
    /// of a folder.
    #[doc(alias = "Delimiter")]
    pub fn delimiter(self, delimiter: &str) -> Call<O> {
        self.query("delimiter", delimiter)
    }
}

/// Operations on one version of an object.
///
/// <https://docs.aws.amazon.com/AmazonS3/latest/userguide/Versioning.html>
pub trait Versioned {}

/// Selects a version of the object.
impl<O: Versioned> Call<O> {
    /// Selects a version instead of the current one.
    #[doc(alias = "VersionId")]
    pub fn version_id(self, version_id: &str) -> Call<O> {
        self.query("versionId", version_id)
    }
}
