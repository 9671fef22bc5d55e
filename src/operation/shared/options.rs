//! Options, in groups: an operation says which groups it takes, and each option is documented once.

use base64::Engine;
use std::ops::{Bound, RangeBounds};
use std::time::SystemTime;

use http::Method;

use crate::call::Call;
use crate::error::Error;
use crate::etag::ETag;
use crate::request::Request;
use crate::sigv4::{Slash, uri_encode};
use crate::timestamp::to_http;

/// A request about one part of an upload.
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
            "part numbers go from 1 to 10,000",
        );
    }
    request
}

/// Refuses sums of a content that does not come with the request.
pub(crate) fn check_no_sums(request: &Request) -> Result<(), Error> {
    let is_sum = |name: &str| {
        name.eq_ignore_ascii_case("content-md5")
            || name
                .strip_prefix("x-amz-checksum-")
                .is_some_and(|kind| !matches!(kind, "algorithm" | "type"))
    };
    match request.headers.iter().find(|(name, _)| is_sum(name)) {
        Some((name, _)) => Err(Error::invalid(
            &format!("header {name}"),
            "is for a content, and none comes with this request",
            "leave it out",
        )),
        None => Ok(()),
    }
}

/// Operations that give an object its headers: PutObject, CreateMultipartUpload, and uploads.
pub trait StoresObject {}

impl<O: StoresObject> Call<O> {
    /// The media type, for example `image/jpeg`. Without it, stores say `binary/octet-stream`.
    #[doc(alias = "ContentType")]
    pub fn content_type(self, media_type: &str) -> Call<O> {
        self.header("content-type", media_type)
    }

    /// What a browser does with the object, for example `attachment; filename="cat.jpg"`.
    #[doc(alias = "ContentDisposition")]
    pub fn content_disposition(self, disposition: &str) -> Call<O> {
        self.header("content-disposition", disposition)
    }

    /// How the bytes are encoded, for example `gzip`. They are stored and given back as they are.
    #[doc(alias = "ContentEncoding")]
    pub fn content_encoding(self, encoding: &str) -> Call<O> {
        self.header("content-encoding", encoding)
    }

    /// The language of the content, for example `en`.
    #[doc(alias = "ContentLanguage")]
    pub fn content_language(self, language: &str) -> Call<O> {
        self.header("content-language", language)
    }

    /// How long caches may keep the object, for example `max-age=3600`.
    #[doc(alias = "CacheControl")]
    pub fn cache_control(self, directives: &str) -> Call<O> {
        self.header("cache-control", directives)
    }

    /// When caches should drop the object.
    #[doc(alias = "Expires")]
    pub fn expires(self, at: SystemTime) -> Call<O> {
        self.header("expires", &to_http(at))
    }

    /// An entry of the object's metadata. Names are case-insensitive, values are ASCII; together at most 2 KiB.
    #[doc(alias = "Metadata")]
    pub fn metadata(self, name: &str, value: &str) -> Call<O> {
        self.header(&format!("x-amz-meta-{name}"), value)
    }

    /// A tag; at most ten.
    #[doc(alias = "Tagging")]
    pub fn tag(mut self, key: &str, value: &str) -> Call<O> {
        let tag = format!(
            "{}={}",
            uri_encode(key, Slash::Encode),
            uri_encode(value, Slash::Encode)
        );
        self.request.append_header("x-amz-tagging", '&', &tag);
        self
    }

    /// The storage class, for example `STANDARD_IA`. Stores have names of their own.
    #[doc(alias = "StorageClass")]
    pub fn storage_class(self, storage_class: &str) -> Call<O> {
        self.header("x-amz-storage-class", storage_class)
    }

    /// The MD5 of the content, which the store compares with what has come. Buckets with object lock want it.
    #[doc(alias = "ContentMD5")]
    pub fn content_md5(self, digest: [u8; 16]) -> Call<O> {
        self.header(
            "content-md5",
            &base64::engine::general_purpose::STANDARD.encode(digest),
        )
    }

    /// A canned access control list, for example `public-read`. New AWS buckets refuse all.
    #[doc(alias = "ACL")]
    pub fn acl(self, canned: &str) -> Call<O> {
        self.header("x-amz-acl", canned)
    }
}

/// Operations that can be made to depend on the object's ETag. A store that does not know these headers ignores them.
///
/// <https://docs.aws.amazon.com/AmazonS3/latest/userguide/conditional-requests.html>
pub trait Conditional {}

impl<O: Conditional> Call<O> {
    /// Only if the object there has this ETag; else the call fails with
    /// [`is_precondition_failed`](crate::Error::is_precondition_failed).
    #[doc(alias = "IfMatch")]
    pub fn if_match(self, etag: impl Into<ETag>) -> Call<O> {
        self.header("if-match", &etag.into().to_condition())
    }

    /// Only if the object there does not have this ETag. `"*"` stands for any object: a write with it only ever
    /// creates. A read fails with [`is_not_modified`](crate::Error::is_not_modified), a write with
    /// [`is_precondition_failed`](crate::Error::is_precondition_failed).
    #[doc(alias = "IfNoneMatch")]
    pub fn if_none_match(self, etag: impl Into<ETag>) -> Call<O> {
        self.header("if-none-match", &etag.into().to_condition())
    }
}

/// Operations that read an object: GetObject and HeadObject.
pub trait ReadsObject {}

impl<O: ReadsObject> Call<O> {
    /// A range of bytes, such as `0..1024` or `1024..`. The answer is an error if the range begins behind the end, and
    /// also if the store ignores it and sends the whole object.
    #[doc(alias = "Range")]
    pub fn range(self, range: impl RangeBounds<u64>) -> Call<O> {
        let first = match range.start_bound() {
            Bound::Included(first) => *first,
            Bound::Excluded(before) => before.saturating_add(1),
            Bound::Unbounded => 0,
        };
        let last = match range.end_bound() {
            Bound::Included(last) => last.to_string(),
            // An empty range stays one that holds no byte, and is refused when the call is made.
            Bound::Excluded(0) => return self.header("range", "bytes=-0"),
            Bound::Excluded(end) => (end - 1).to_string(),
            Bound::Unbounded => String::new(),
        };
        self.header("range", &format!("bytes={first}-{last}"))
    }

    /// The last `count` bytes, or all if there are fewer.
    pub fn last_bytes(self, count: u64) -> Call<O> {
        self.header("range", &format!("bytes=-{count}"))
    }

    /// One part of an object that was uploaded in parts, from 1. Not together with a range.
    #[doc(alias = "PartNumber")]
    pub fn part_number(mut self, part_number: u32) -> Call<O> {
        if part_number == 0 {
            self.request
                .defer_error("part number", "is 0", "part numbers begin at 1");
        }
        self.query("partNumber", &part_number.to_string())
    }

    /// Only if the object has changed since; else the call fails with
    /// [`is_not_modified`](crate::Error::is_not_modified).
    #[doc(alias = "IfModifiedSince")]
    pub fn if_modified_since(self, time: SystemTime) -> Call<O> {
        self.header("if-modified-since", &to_http(time))
    }

    /// Only if the object has not changed since; else the call fails with
    /// [`is_precondition_failed`](crate::Error::is_precondition_failed).
    #[doc(alias = "IfUnmodifiedSince")]
    pub fn if_unmodified_since(self, time: SystemTime) -> Call<O> {
        self.header("if-unmodified-since", &to_http(time))
    }
}

/// Headers of the answer, in place of those the object was stored with; only for requests that are signed.
impl<O: ReadsObject> Call<O> {
    /// Has the answer say this media type.
    #[doc(alias = "ResponseContentType")]
    pub fn response_content_type(self, media_type: &str) -> Call<O> {
        self.query("response-content-type", media_type)
    }

    /// Has the answer say this disposition.
    #[doc(alias = "ResponseContentDisposition")]
    pub fn response_content_disposition(self, disposition: &str) -> Call<O> {
        self.query("response-content-disposition", disposition)
    }

    /// Has the answer say this encoding.
    #[doc(alias = "ResponseContentEncoding")]
    pub fn response_content_encoding(self, encoding: &str) -> Call<O> {
        self.query("response-content-encoding", encoding)
    }

    /// Has the answer say this language.
    #[doc(alias = "ResponseContentLanguage")]
    pub fn response_content_language(self, language: &str) -> Call<O> {
        self.query("response-content-language", language)
    }

    /// Has the answer say these directives for caches.
    #[doc(alias = "ResponseCacheControl")]
    pub fn response_cache_control(self, directives: &str) -> Call<O> {
        self.query("response-cache-control", directives)
    }

    /// Has the answer say that caches should drop it then.
    #[doc(alias = "ResponseExpires")]
    pub fn response_expires(self, at: SystemTime) -> Call<O> {
        self.query("response-expires", &to_http(at))
    }
}

/// Operations that list keys, or what belongs to them.
pub trait ListsKeys {}

impl<O: ListsKeys> Call<O> {
    /// Only keys that begin so.
    #[doc(alias = "Prefix")]
    pub fn prefix(self, prefix: &str) -> Call<O> {
        self.query("prefix", prefix)
    }

    /// Rolls up keys that have this text behind the prefix; with `/` a listing looks like that of a folder.
    #[doc(alias = "Delimiter")]
    pub fn delimiter(self, delimiter: &str) -> Call<O> {
        self.query("delimiter", delimiter)
    }
}

/// Operations on one version of an object.
///
/// <https://docs.aws.amazon.com/AmazonS3/latest/userguide/Versioning.html>
pub trait Versioned {}

impl<O: Versioned> Call<O> {
    /// The version, in place of the current one.
    #[doc(alias = "VersionId")]
    pub fn version_id(self, version_id: &str) -> Call<O> {
        self.query("versionId", version_id)
    }
}
