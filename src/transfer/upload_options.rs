//! The options of an upload: those of a PutObject. `multipart.rs` decides which request of a multipart upload sends them.

use std::time::SystemTime;

use crate::etag::ETag;
use crate::operation::Encryption;
use crate::retry::RetryPolicy;
use crate::transfer::upload::Upload;

/// Options of the object.
impl Upload {
    /// The media type, such as `image/jpeg`.
    #[doc(alias = "ContentType")]
    pub fn content_type(mut self, media_type: &str) -> Upload {
        self.put = self.put.content_type(media_type);
        self
    }

    /// How browsers present the object, such as `attachment; filename="cat.jpg"`.
    #[doc(alias = "ContentDisposition")]
    pub fn content_disposition(mut self, disposition: &str) -> Upload {
        self.put = self.put.content_disposition(disposition);
        self
    }

    /// The encoding of the content, such as `gzip`. The bytes are stored and returned unchanged.
    #[doc(alias = "ContentEncoding")]
    pub fn content_encoding(mut self, encoding: &str) -> Upload {
        self.put = self.put.content_encoding(encoding);
        self
    }

    /// The language of the content, such as `en`.
    #[doc(alias = "ContentLanguage")]
    pub fn content_language(mut self, language: &str) -> Upload {
        self.put = self.put.content_language(language);
        self
    }

    /// How long caches may keep the object, such as `max-age=3600`.
    #[doc(alias = "CacheControl")]
    pub fn cache_control(mut self, directives: &str) -> Upload {
        self.put = self.put.cache_control(directives);
        self
    }

    /// When the object expires in caches.
    #[doc(alias = "Expires")]
    pub fn expires(mut self, at: SystemTime) -> Upload {
        self.put = self.put.expires(at);
        self
    }

    /// Adds an entry to the object's metadata; see [`Call::metadata`](crate::Call::metadata).
    #[doc(alias = "Metadata")]
    pub fn metadata(mut self, name: &str, value: &str) -> Upload {
        self.put = self.put.metadata(name, value);
        self
    }

    /// Adds entries to the object's metadata, such as those of a map; see [`Call::metadata`](crate::Call::metadata).
    #[doc(alias = "Metadata")]
    pub fn metadata_entries<N, V>(mut self, entries: impl IntoIterator<Item = (N, V)>) -> Upload
    where
        N: AsRef<str>,
        V: AsRef<str>,
    {
        self.put = self.put.metadata_entries(entries);
        self
    }

    /// Adds tags, such as those of a map; see [`tag`](Upload::tag).
    #[doc(alias = "Tagging")]
    pub fn tags<K, V>(mut self, tags: impl IntoIterator<Item = (K, V)>) -> Upload
    where
        K: AsRef<str>,
        V: AsRef<str>,
    {
        self.put = self.put.tags(tags);
        self
    }

    /// Adds a tag. An object has at most ten.
    #[doc(alias = "Tagging")]
    pub fn tag(mut self, key: &str, value: &str) -> Upload {
        self.put = self.put.tag(key, value);
        self
    }

    /// The storage class, such as `STANDARD_IA`. The names depend on the store.
    #[doc(alias = "StorageClass")]
    pub fn storage_class(mut self, storage_class: &str) -> Upload {
        self.put = self.put.storage_class(storage_class);
        self
    }

    /// A canned access control list, such as `public-read`. New AWS buckets accept only
    /// `bucket-owner-full-control`.
    #[doc(alias = "ACL")]
    pub fn acl(mut self, canned: &str) -> Upload {
        self.put = self.put.acl(canned);
        self
    }

    /// Server-side encryption; see [`Call::encryption`](crate::Call::encryption). After a multipart upload it is checked
    /// with HeadObject.
    #[doc(alias = "ServerSideEncryption")]
    pub fn encryption(mut self, encryption: Encryption) -> Upload {
        self.put = self.put.encryption(encryption);
        self
    }

    /// Succeeds only if the existing object has this ETag; see [`Call::if_match`](crate::Call::if_match).
    #[doc(alias = "IfMatch")]
    pub fn if_match(mut self, etag: impl Into<ETag>) -> Upload {
        self.put = self.put.if_match(etag);
        self
    }

    /// Succeeds only if the existing object does not have this ETag; see
    /// [`Call::if_none_match`](crate::Call::if_none_match).
    #[doc(alias = "IfNoneMatch")]
    pub fn if_none_match(mut self, etag: impl Into<ETag>) -> Upload {
        self.put = self.put.if_none_match(etag);
        self
    }

    /// Sets a header that has no setter, of PutObject or CreateMultipartUpload. `x-amz-expected-bucket-owner` and
    /// `x-amz-request-payer` are sent with every request of the upload, conditions with CompleteMultipartUpload.
    pub fn header(mut self, name: &str, value: &str) -> Upload {
        self.put = self.put.header(name, value);
        self
    }

    /// Sets a query parameter of PutObject or CreateMultipartUpload.
    pub fn query(mut self, name: &str, value: &str) -> Upload {
        self.put = self.put.query(name, value);
        self
    }

    /// Replaces the client's retry policy for each request of this upload.
    pub fn retry(mut self, policy: RetryPolicy) -> Upload {
        self.put = self.put.retry(policy);
        self
    }
}
