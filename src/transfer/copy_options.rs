//! The options of a copy: those of a CopyObject, and those of the transfer.

use std::future::Future;
use std::time::SystemTime;

use super::copy::ManagedCopy;
use super::event::{Listener, TransferEvent};
use super::upload_control::Cancel;
use crate::client::part_limits::PartLimits;
use crate::etag::ETag;
use crate::operation::{CustomerKey, Encryption};
use crate::retry::RetryPolicy;

/// Options of the copied object.
impl ManagedCopy {
    /// Gives the copy the content headers and metadata of this call instead of the source's.
    #[doc(alias = "MetadataDirective")]
    pub fn replace_metadata(mut self) -> ManagedCopy {
        self.copy = self.copy.replace_metadata();
        self
    }

    /// The media type, with [`replace_metadata`](ManagedCopy::replace_metadata).
    #[doc(alias = "ContentType")]
    pub fn content_type(mut self, media_type: &str) -> ManagedCopy {
        self.copy = self.copy.content_type(media_type);
        self
    }

    /// How browsers present the object, with [`replace_metadata`](ManagedCopy::replace_metadata).
    #[doc(alias = "ContentDisposition")]
    pub fn content_disposition(mut self, disposition: &str) -> ManagedCopy {
        self.copy = self.copy.content_disposition(disposition);
        self
    }

    /// The encoding of the content, with [`replace_metadata`](ManagedCopy::replace_metadata).
    #[doc(alias = "ContentEncoding")]
    pub fn content_encoding(mut self, encoding: &str) -> ManagedCopy {
        self.copy = self.copy.content_encoding(encoding);
        self
    }

    /// The language of the content, with [`replace_metadata`](ManagedCopy::replace_metadata).
    #[doc(alias = "ContentLanguage")]
    pub fn content_language(mut self, language: &str) -> ManagedCopy {
        self.copy = self.copy.content_language(language);
        self
    }

    /// How long caches may keep the object, with [`replace_metadata`](ManagedCopy::replace_metadata).
    #[doc(alias = "CacheControl")]
    pub fn cache_control(mut self, directives: &str) -> ManagedCopy {
        self.copy = self.copy.cache_control(directives);
        self
    }

    /// When the object expires in caches, with [`replace_metadata`](ManagedCopy::replace_metadata).
    #[doc(alias = "Expires")]
    pub fn expires(mut self, at: SystemTime) -> ManagedCopy {
        self.copy = self.copy.expires(at);
        self
    }

    /// Adds an entry to the metadata, with [`replace_metadata`](ManagedCopy::replace_metadata); see
    /// [`Call::metadata`](crate::Call::metadata).
    #[doc(alias = "Metadata")]
    pub fn metadata(mut self, name: &str, value: &str) -> ManagedCopy {
        self.copy = self.copy.metadata(name, value);
        self
    }

    /// Adds entries to the metadata, such as those of a map, with [`replace_metadata`](ManagedCopy::replace_metadata).
    #[doc(alias = "Metadata")]
    pub fn metadata_entries<N, V>(
        mut self,
        entries: impl IntoIterator<Item = (N, V)>,
    ) -> ManagedCopy
    where
        N: AsRef<str>,
        V: AsRef<str>,
    {
        self.copy = self.copy.metadata_entries(entries);
        self
    }

    /// Gives the copy the tags of this call instead of the source's, which are then not read.
    #[doc(alias = "TaggingDirective")]
    pub fn replace_tags(mut self) -> ManagedCopy {
        self.copy = self.copy.replace_tags();
        self
    }

    /// Adds a tag, with [`replace_tags`](ManagedCopy::replace_tags). An object has at most ten.
    #[doc(alias = "Tagging")]
    pub fn tag(mut self, key: &str, value: &str) -> ManagedCopy {
        self.copy = self.copy.tag(key, value);
        self
    }

    /// Adds tags, such as those of a map, with [`replace_tags`](ManagedCopy::replace_tags).
    #[doc(alias = "Tagging")]
    pub fn tags<K, V>(mut self, tags: impl IntoIterator<Item = (K, V)>) -> ManagedCopy
    where
        K: AsRef<str>,
        V: AsRef<str>,
    {
        self.copy = self.copy.tags(tags);
        self
    }

    /// The storage class of the copy, such as `STANDARD_IA`. Without it, the copy has the store's default class, whatever that of
    /// the source.
    #[doc(alias = "StorageClass")]
    pub fn storage_class(mut self, storage_class: &str) -> ManagedCopy {
        self.copy = self.copy.storage_class(storage_class);
        self
    }

    /// A canned access control list, such as `public-read`. New AWS buckets accept only
    /// `bucket-owner-full-control`.
    #[doc(alias = "ACL")]
    pub fn acl(mut self, canned: &str) -> ManagedCopy {
        self.copy = self.copy.acl(canned);
        self
    }

    /// Server-side encryption of the copy; see [`Call::encryption`](crate::Call::encryption). It is checked with HeadObject
    /// if the store does not confirm it.
    #[doc(alias = "ServerSideEncryption")]
    pub fn encryption(mut self, encryption: Encryption) -> ManagedCopy {
        self.copy = self.copy.encryption(encryption);
        self
    }

    /// Succeeds only if the object that the copy would replace has this ETag; see [`Call::if_match`](crate::Call::if_match).
    #[doc(alias = "IfMatch")]
    pub fn if_match(mut self, etag: impl Into<ETag>) -> ManagedCopy {
        self.copy = self.copy.if_match(etag);
        self
    }

    /// Succeeds only if there is no object with this ETag that the copy would replace; see
    /// [`Call::if_none_match`](crate::Call::if_none_match).
    #[doc(alias = "IfNoneMatch")]
    pub fn if_none_match(mut self, etag: impl Into<ETag>) -> ManagedCopy {
        self.copy = self.copy.if_none_match(etag);
        self
    }

    /// Copies only if the source has this ETag. Otherwise the copy fails with
    /// [`is_precondition_failed`](crate::Error::is_precondition_failed).
    #[doc(alias = "CopySourceIfMatch")]
    pub fn source_if_match(mut self, etag: impl Into<ETag>) -> ManagedCopy {
        self.copy = self.copy.source_if_match(etag);
        self
    }

    /// The key that the source was encrypted with. Rejected for an `http` endpoint.
    #[doc(alias = "CopySourceSSECustomerKey")]
    pub fn source_customer_key(mut self, key: &CustomerKey) -> ManagedCopy {
        self.copy = self.copy.source_customer_key(key);
        self
    }

    /// Sets a header that has no setter, of CopyObject. A copy in parts sends those about the source with the requests that
    /// read it, `x-amz-expected-bucket-owner` and `x-amz-request-payer` with every request, conditions with
    /// CompleteMultipartUpload, and the others with CreateMultipartUpload.
    pub fn header(mut self, name: &str, value: &str) -> ManagedCopy {
        self.copy = self.copy.header(name, value);
        self
    }

    /// Replaces the client's retry policy for each request of this copy.
    pub fn retry(mut self, policy: RetryPolicy) -> ManagedCopy {
        self.copy = self.copy.retry(policy);
        self
    }
}

/// Options of the transfer.
impl ManagedCopy {
    /// An object of up to this size in bytes is copied with one CopyObject, a larger one in parts: 5 GiB by default, which is
    /// also the maximum on AWS.
    #[doc(alias = "multipart_threshold")]
    pub fn threshold(mut self, bytes: u64) -> ManagedCopy {
        self.wanted.threshold = Some(bytes);
        self
    }

    /// The size in bytes of all parts but the last: 64 MiB by default, 5 MiB to 5 GiB on AWS. It is doubled until the object
    /// fits into 10,000 parts.
    #[doc(alias = "multipart_chunksize")]
    pub fn part_size(mut self, bytes: u64) -> ManagedCopy {
        self.wanted.part_size = Some(bytes);
        self
    }

    /// The maximum number of parts that are copied at a time: 4 by default.
    #[doc(alias = "max_concurrency")]
    pub fn concurrency(mut self, parts: usize) -> ManagedCopy {
        self.wanted.concurrency = parts;
        self
    }

    /// The store's limits for parts, if they differ from those of the client's [`Dialect`](crate::Dialect). The largest part
    /// also limits the [threshold](ManagedCopy::threshold).
    pub fn part_limits(mut self, limits: PartLimits) -> ManagedCopy {
        self.limits = limits;
        self
    }

    /// Calls `listener` for each [`TransferEvent`]; see [`Upload::on_event`](crate::Upload::on_event).
    #[doc(alias = "Callback")]
    pub fn on_event(
        mut self,
        listener: impl Fn(TransferEvent) + Send + Sync + 'static,
    ) -> ManagedCopy {
        self.listener = Listener::new(listener);
        self
    }

    /// Cancels the copy when `future` completes; see [`Upload::cancel_on`](crate::Upload::cancel_on). The parts are deleted. If
    /// a CopyObject was being sent, the [outcome is unknown](crate::Error::is_outcome_unknown).
    pub fn cancel_on<F>(mut self, future: F) -> ManagedCopy
    where
        F: Future + Send + 'static,
    {
        self.cancel = Cancel::on(future);
        self
    }
}
