//! Options of operations that store an object: its headers, metadata and tags.

use std::time::SystemTime;

use super::base64::base64;
use crate::call::Call;
use crate::request::Request;
use crate::sigv4::{Slash, uri_encode};
use crate::timestamp::to_http;

/// Operations that set an object's headers: PutObject, CreateMultipartUpload and CopyObject.
pub trait StoresObject {}

/// Whether a header is part of an object's metadata, which a copy keeps or replaces as a whole.
pub(crate) fn is_metadata(name: &str) -> bool {
    name.starts_with("x-amz-meta-")
        || matches!(name, "cache-control" | "expires")
        || matches!(
            name.strip_prefix("content-"),
            Some("type" | "disposition" | "encoding" | "language")
        )
}

pub(crate) fn append_tag(request: &mut Request, key: &str, value: &str) {
    let tag = format!(
        "{}={}",
        uri_encode(key, Slash::Encode),
        uri_encode(value, Slash::Encode)
    );
    request.append_header("x-amz-tagging", '&', &tag);
}

/// Options of operations that store an object.
impl<O: StoresObject> Call<O> {
    /// The media type, such as `image/jpeg`. Stores default to `binary/octet-stream`.
    #[doc(alias = "ContentType")]
    pub fn content_type(self, media_type: &str) -> Call<O> {
        self.header("content-type", media_type)
    }

    /// How a browser presents the object, such as `attachment; filename="cat.jpg"`.
    #[doc(alias = "ContentDisposition")]
    pub fn content_disposition(self, disposition: &str) -> Call<O> {
        self.header("content-disposition", disposition)
    }

    /// The encoding of the content, such as `gzip`. The bytes are stored and returned unchanged.
    #[doc(alias = "ContentEncoding")]
    pub fn content_encoding(self, encoding: &str) -> Call<O> {
        self.header("content-encoding", encoding)
    }

    /// The language of the content, such as `en`.
    #[doc(alias = "ContentLanguage")]
    pub fn content_language(self, language: &str) -> Call<O> {
        self.header("content-language", language)
    }

    /// How long caches may keep the object, such as `max-age=3600`.
    #[doc(alias = "CacheControl")]
    pub fn cache_control(self, directives: &str) -> Call<O> {
        self.header("cache-control", directives)
    }

    /// When the object expires in caches.
    #[doc(alias = "Expires")]
    pub fn expires(self, at: SystemTime) -> Call<O> {
        self.header("expires", &to_http(at))
    }

    /// Adds an entry to the object's metadata. Names are case-insensitive and values are ASCII. At most 2 KiB in
    /// total on AWS.
    #[doc(alias = "Metadata")]
    pub fn metadata(self, name: &str, value: &str) -> Call<O> {
        self.header(&format!("x-amz-meta-{name}"), value)
    }

    /// Adds entries to the object's metadata, such as those of a map; see [`metadata`](Call::metadata).
    #[doc(alias = "Metadata")]
    pub fn metadata_entries<N, V>(self, entries: impl IntoIterator<Item = (N, V)>) -> Call<O>
    where
        N: AsRef<str>,
        V: AsRef<str>,
    {
        entries.into_iter().fold(self, |call, (name, value)| {
            call.metadata(name.as_ref(), value.as_ref())
        })
    }

    /// Adds tags, such as those of a map; see [`tag`](Call::tag).
    #[doc(alias = "Tagging")]
    pub fn tags<K, V>(self, tags: impl IntoIterator<Item = (K, V)>) -> Call<O>
    where
        K: AsRef<str>,
        V: AsRef<str>,
    {
        tags.into_iter().fold(self, |call, (key, value)| {
            call.tag(key.as_ref(), value.as_ref())
        })
    }

    /// Adds a tag. An object has at most ten.
    #[doc(alias = "Tagging")]
    pub fn tag(mut self, key: &str, value: &str) -> Call<O> {
        append_tag(&mut self.request, key, value);
        self
    }

    /// The storage class, such as `STANDARD_IA`. The names depend on the store.
    #[doc(alias = "StorageClass")]
    pub fn storage_class(self, storage_class: &str) -> Call<O> {
        self.header("x-amz-storage-class", storage_class)
    }

    /// The MD5 digest of the content, which the store verifies. Buckets with object lock require it.
    #[doc(alias = "ContentMD5")]
    pub fn content_md5(self, digest: [u8; 16]) -> Call<O> {
        self.header("content-md5", &base64(&digest))
    }

    /// A canned access control list, such as `public-read`. New AWS buckets accept only
    /// `bucket-owner-full-control`.
    #[doc(alias = "ACL")]
    pub fn acl(self, canned: &str) -> Call<O> {
        self.header("x-amz-acl", canned)
    }
}
