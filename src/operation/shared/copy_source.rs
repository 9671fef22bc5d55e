//! The source of a copy: the object, its version, and conditions on it.

use std::time::SystemTime;

use super::encryption::{CustomerKey, with_customer_key};
use crate::call::Call;
use crate::client::endpoint::Addressing;
use crate::error::Error;
use crate::etag::ETag;
use crate::request::Target;
use crate::sigv4::{Slash, uri_encode};
use crate::timestamp::to_http;

/// The object that a copy reads: a bucket, a key, and optionally a version. Converts from `(bucket, key)`.
///
/// ```no_run
/// # async fn example(s3: slim_s3::Client) -> Result<(), slim_s3::Error> {
/// use slim_s3::CopySource;
///
/// s3.copy_object("archive", "cat.jpg", ("photos", "cat.jpg")).send().await?;
///
/// let source = CopySource::new("photos", "cat.jpg").version_id("3HL4kqtJlcpXrof3");
/// s3.copy_object("archive", "old-cat.jpg", source).send().await?;
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct CopySource {
    pub(crate) bucket: String,
    pub(crate) key: String,
    pub(crate) version_id: Option<String>,
}

impl CopySource {
    /// The current version of an object.
    pub fn new(bucket: impl Into<String>, key: impl Into<String>) -> CopySource {
        CopySource {
            bucket: bucket.into(),
            key: key.into(),
            version_id: None,
        }
    }

    /// Selects a version instead of the current one.
    pub fn version_id(mut self, version_id: impl Into<String>) -> CopySource {
        self.version_id = Some(version_id.into());
        self
    }
}

/// A bucket and a key.
impl<B: Into<String>, K: Into<String>> From<(B, K)> for CopySource {
    fn from((bucket, key): (B, K)) -> CopySource {
        CopySource::new(bucket, key)
    }
}

/// Operations that copy within the store: CopyObject and UploadPartCopy.
pub trait CopiesObject {}

/// Sets the source. It is sent in a header, so it is checked here and not where the URL is built.
pub(crate) fn with_source<O>(mut call: Call<O>, source: CopySource) -> Call<O> {
    let CopySource {
        bucket,
        key,
        version_id,
    } = source;
    // Without a leading slash, as AWS's SDKs send it: R2 reads an empty bucket name before it.
    let mut header = format!("{bucket}/{}", uri_encode(&key, Slash::Keep));
    if let Some(version_id) = version_id {
        if version_id.is_empty() {
            call.request.defer_error(
                "copy source",
                "the version ID is empty",
                "leave it out to copy the current version",
            );
        }
        header.push_str("?versionId=");
        header.push_str(&uri_encode(&version_id, Slash::Encode));
    }
    let endpoint = &call.client.inner.endpoint;
    let target = Target::Object {
        bucket,
        key: key.clone(),
    };
    let checked = endpoint
        .locate(&target, Addressing::Path)
        .and_then(|_| endpoint.check_named_key(&key));
    if let Err(Error::Invalid(error)) = checked {
        let problem = format!("{}: {}", error.field, error.problem);
        call.request
            .defer_error("copy source", problem, "name an existing object");
    }
    call.header("x-amz-copy-source", &header)
}

/// Conditions on the source of a copy.
impl<O: CopiesObject> Call<O> {
    /// Copies only if the source has this ETag. Otherwise the call fails with
    /// [`is_precondition_failed`](Error::is_precondition_failed).
    #[doc(alias = "CopySourceIfMatch")]
    pub fn source_if_match(self, etag: impl Into<ETag>) -> Call<O> {
        self.header("x-amz-copy-source-if-match", &etag.into().to_condition())
    }

    /// Copies only if the source does not have this ETag.
    #[doc(alias = "CopySourceIfNoneMatch")]
    pub fn source_if_none_match(self, etag: impl Into<ETag>) -> Call<O> {
        self.header(
            "x-amz-copy-source-if-none-match",
            &etag.into().to_condition(),
        )
    }

    /// Copies only if the source has been modified since this time.
    #[doc(alias = "CopySourceIfModifiedSince")]
    pub fn source_if_modified_since(self, time: SystemTime) -> Call<O> {
        self.header("x-amz-copy-source-if-modified-since", &to_http(time))
    }

    /// Copies only if the source has not been modified since this time.
    #[doc(alias = "CopySourceIfUnmodifiedSince")]
    pub fn source_if_unmodified_since(self, time: SystemTime) -> Call<O> {
        self.header("x-amz-copy-source-if-unmodified-since", &to_http(time))
    }

    /// The key that the source was encrypted with. Rejected for an `http` endpoint.
    #[doc(alias = "CopySourceSSECustomerKey")]
    pub fn source_customer_key(self, key: &CustomerKey) -> Call<O> {
        with_customer_key(self, "x-amz-copy-source-", key)
    }
}
