//! The source of a copy: which object, which version, and on which conditions.

use std::time::SystemTime;

use super::encryption::{CustomerKey, with_customer_key};
use crate::call::Call;
use crate::client::endpoint::Addressing;
use crate::error::Error;
use crate::etag::ETag;
use crate::request::Target;
use crate::sigv4::{Slash, uri_encode};
use crate::timestamp::to_http;

const SOURCE: &str = "x-amz-copy-source";

/// Operations that copy within the store: CopyObject and UploadPartCopy.
pub trait CopiesObject {}

/// Names the source. A header carries it, so it is checked here as the target is where the URL is made.
pub(crate) fn with_source<O>(mut call: Call<O>, bucket: &str, key: &str) -> Call<O> {
    let target = Target::Object {
        bucket: bucket.to_owned(),
        key: key.to_owned(),
    };
    let endpoint = &call.client.inner.endpoint;
    let checked = endpoint
        .locate(&target, Addressing::Path)
        .and_then(|_| endpoint.check_named_key(key));
    if let Err(Error::Invalid(refused)) = checked {
        let problem = format!("{} {}", refused.field, refused.problem);
        call.request
            .defer_error("copy source", problem, "name an object that is there");
    }
    let source = format!("/{bucket}/{}", uri_encode(key, Slash::Keep));
    call.header(SOURCE, &source)
}

impl<O: CopiesObject> Call<O> {
    /// Copies this version of the source, in place of the current one.
    pub fn source_version_id(mut self, version_id: &str) -> Call<O> {
        let source = self.request.header(SOURCE).unwrap_or_default();
        let source = source.split('?').next().unwrap_or_default();
        let source = format!(
            "{source}?versionId={}",
            uri_encode(version_id, Slash::Encode)
        );
        self.request.set_header(SOURCE, &source);
        self
    }

    /// Only if the source has this ETag; else the call fails with
    /// [`is_precondition_failed`](Error::is_precondition_failed).
    #[doc(alias = "CopySourceIfMatch")]
    pub fn source_if_match(self, etag: impl Into<ETag>) -> Call<O> {
        self.header("x-amz-copy-source-if-match", &etag.into().to_condition())
    }

    /// Only if the source does not have this ETag.
    #[doc(alias = "CopySourceIfNoneMatch")]
    pub fn source_if_none_match(self, etag: impl Into<ETag>) -> Call<O> {
        self.header(
            "x-amz-copy-source-if-none-match",
            &etag.into().to_condition(),
        )
    }

    /// Only if the source has changed since.
    #[doc(alias = "CopySourceIfModifiedSince")]
    pub fn source_if_modified_since(self, time: SystemTime) -> Call<O> {
        self.header("x-amz-copy-source-if-modified-since", &to_http(time))
    }

    /// Only if the source has not changed since.
    #[doc(alias = "CopySourceIfUnmodifiedSince")]
    pub fn source_if_unmodified_since(self, time: SystemTime) -> Call<O> {
        self.header("x-amz-copy-source-if-unmodified-since", &to_http(time))
    }

    /// The key that the source was encrypted with. InvalidArgument for an `http` endpoint.
    #[doc(alias = "CopySourceSSECustomerKey")]
    pub fn source_customer_key(self, key: &CustomerKey) -> Call<O> {
        with_customer_key(self, "x-amz-copy-source-", key)
    }
}
