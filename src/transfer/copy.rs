//! Copies of any size within the store: small objects with one CopyObject, large ones in parts.

use std::sync::Mutex;

use crate::call::{Call, Effect, Operation, OperationSpec, call_context};
use crate::client::Client;
use crate::client::part_limits::PartLimits;
use crate::error::{Context, Error};
use crate::etag::ETag;
use crate::http::check_runtime;
use crate::operation::{CompleteMultipartUpload, CopyObject, CopySource, UploadPartCopy};
use crate::send::WithMetadata;
use crate::sigv4::PayloadHash;
use crate::transfer::abort::{LIMIT, OnFailure};
use crate::transfer::copy_parts::copied_parts;
use crate::transfer::event::{Listener, TransferEvent};
use crate::transfer::multipart::Multipart;
use crate::transfer::part_plan::{PartPlan, Wanted};
use crate::transfer::source_object::{SourceObject, add_condition};
use crate::transfer::upload::UploadOutput;
use crate::transfer::upload_control::{Cancel, send_whole, tell_whole};

const CONCURRENCY: usize = 4;

/// Larger than those of an upload: no data passes through the client, so requests are what a copy costs.
const PART_SIZE: u64 = 64 << 20;

const COPY: OperationSpec = OperationSpec::new("Copy", Effect::Writes);

/// A copy of any size: [`Client::copy`].
#[must_use = "nothing is copied until this is sent"]
pub struct ManagedCopy {
    /// The source, the target and the options.
    pub(super) copy: Call<CopyObject>,
    source: CopySource,
    pub(super) wanted: Wanted,
    pub(super) limits: PartLimits,
    pub(super) listener: Listener,
    pub(super) cancel: Cancel,
}

/// A copied object.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub struct ManagedCopyOutput {
    /// The copy's ETag. It may differ from the source's, because it depends on the parts. `None` if the store does not
    /// return it.
    pub etag: Option<ETag>,
    /// The size in bytes.
    pub size: u64,
    /// The number of copied parts; 0 for a single CopyObject.
    pub parts: u32,
    /// The copy's version ID, if the bucket is versioned.
    pub version_id: Option<String>,
    /// The version ID of the source, if its bucket is versioned.
    pub source_version_id: Option<String>,
}

impl Client {
    /// Copies `source`, of any size, to `key` in `bucket`, within the store. The content does not pass through the client.
    ///
    /// HeadObject shows the source's size. Up to 5 GiB are copied with one CopyObject, more in parts of 64 MiB, four at
    /// a time: CopyObject cannot copy more on AWS. Either way the content type, the other content headers, the metadata and
    /// the tags are also copied, unless they are [replaced](ManagedCopy::replace_metadata); access control, storage class and
    /// encryption are not. An object that is copied in parts usually has another ETag than its source.
    ///
    /// Every request depends on the ETag that HeadObject returned. Before parts are joined, HeadObject checks once more that the
    /// source is still the same, because some stores ignore such conditions. Dropping the future leaves the parts at the store; use
    /// [`cancel_on`](ManagedCopy::cancel_on) to delete them.
    ///
    /// ```no_run
    /// # async fn example(s3: slim_s3::Client) -> Result<(), slim_s3::Error> {
    /// let copy = s3.copy(("films", "cat.mp4"), "archive", "2026/cat.mp4").send().await?;
    /// println!("{} bytes in {} parts", copy.size, copy.parts);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// Any kind of [`Error`]. [`is_not_found`](Error::is_not_found) is true if the source does not exist, and
    /// [`is_precondition_failed`](Error::is_precondition_failed) if it was replaced during the copy; it is
    /// [`Error::Malformed`] if only its ETag shows that. A copy in parts that fails is aborted like an
    /// [upload](Client::upload_file), and a lost response to its completion is settled in the same way.
    ///
    /// The tags of a source above 5 GiB are read with GetObjectTagging. If that is not permitted, the copy fails instead of losing them;
    /// with [`replace_tags`](ManagedCopy::replace_tags) they are not read. A store that does not support tags has none to copy.
    ///
    /// <https://docs.aws.amazon.com/AmazonS3/latest/userguide/CopyingObjectsMPUapi.html>
    #[doc(alias = "copy_from")]
    pub fn copy(&self, source: impl Into<CopySource>, bucket: &str, key: &str) -> ManagedCopy {
        let source = source.into();
        ManagedCopy {
            copy: self.copy_object(bucket, key, source.clone()),
            source,
            wanted: Wanted {
                part_size: None,
                concurrency: CONCURRENCY,
                threshold: None,
                budget: None,
            },
            limits: self.inner.dialect.part_limits,
            listener: Listener::default(),
            cancel: Cancel::default(),
        }
    }
}

impl ManagedCopy {
    /// Copies the object.
    ///
    /// # Errors
    ///
    /// See [`Client::copy`].
    pub async fn send(self) -> Result<ManagedCopyOutput, Error> {
        Ok(self.send_with_metadata().await?.output)
    }

    /// Like [`send`](ManagedCopy::send), but also returns the metadata of the response that confirmed the copy: that of CopyObject
    /// or CompleteMultipartUpload.
    ///
    /// # Errors
    ///
    /// See [`Client::copy`].
    pub async fn send_with_metadata(self) -> Result<WithMetadata<ManagedCopyOutput>, Error> {
        let context = call_context(&COPY, &self.copy.request, 0);
        self.run(&context)
            .await
            .map_err(|error| error.with_context(&context))
    }

    async fn run(self, context: &Context) -> Result<WithMetadata<ManagedCopyOutput>, Error> {
        check_runtime()?;
        let threshold = self.check()?;
        let ManagedCopy {
            mut copy,
            source,
            wanted,
            limits,
            listener,
            mut cancel,
        } = self;
        copy.request.on_retry = listener.on_retry(None);
        let source = SourceObject {
            client: &copy.client,
            name: &source,
            copy: &copy.request,
        };
        let head = cancel.or(Box::pin(source.head())).await?;
        let size = head.content_length.ok_or_else(no_size)?;
        let part_size = wanted.part_size.unwrap_or(PART_SIZE);
        let plan = PartPlan::new(&limits, Some(size), part_size)?;
        listener.tell(|| TransferEvent::Started {
            size: Some(size),
            part_size: plan.part_size,
            parts: plan.parts,
            ceiling: plan.ceiling,
        });

        if size <= threshold {
            let dialect = copy.client.inner.dialect;
            if let Some(etag) = &head.etag {
                add_condition(&dialect, CopyObject::SPEC.name, &mut copy.request, etag);
            }
            return copy_whole(copy, size, &listener, &mut cancel).await;
        }
        let etag = head.etag.clone().ok_or_else(no_etag)?;
        let request = cancel.or(Box::pin(source.target(&head))).await?;
        let mut multipart = Multipart {
            client: copy.client.clone(),
            request,
            upload_id: String::new(),
            plan,
            concurrency: wanted.concurrency,
            max_parts: limits.max_parts,
            size: Some(size),
            modified: None,
            can_be_resumed: false,
            stored: None,
            created: None,
            listener,
            done: Mutex::default(),
            #[cfg(feature = "checksums")]
            checksum: None,
        };
        // Not interrupted at once: nobody would know the ID of the upload.
        cancel.or_within(LIMIT, Box::pin(multipart.begin())).await?;
        let copied = async {
            let parts = multipart.collect(copied_parts(&multipart, &source, &etag));
            let parts = parts.await?;
            source.check_unchanged(&etag).await?;
            Ok(parts)
        };
        let copied = cancel.or(Box::pin(copied)).await;
        let stored = multipart.end(copied, false, OnFailure::Abort, context);
        Ok(stored.await?.map(|stored| {
            let UploadOutput {
                etag,
                size,
                parts,
                version_id,
                ..
            } = stored;
            ManagedCopyOutput {
                etag: Some(etag),
                size,
                parts,
                version_id,
                source_version_id: head.version_id,
            }
        }))
    }

    /// Checks what can be checked before anything is sent, and returns the threshold.
    fn check(&self) -> Result<u64, Error> {
        let ManagedCopy {
            copy: Call {
                client, request, ..
            },
            wanted,
            limits,
            ..
        } = self;
        CopyObject::check_request(request)?;
        wanted.check(limits)?;
        for spec in [
            CopyObject::SPEC,
            UploadPartCopy::SPEC,
            CompleteMultipartUpload::SPEC,
        ] {
            client.inner.dialect.check_conditions(spec.name, request)?;
        }
        // The checks of signing: HeadObject of the source shows nothing about the target.
        let hash = PayloadHash::of(b"");
        client.sign_request(
            client.endpoint(None),
            request,
            client.now(),
            None,
            hash,
            false,
        )?;
        match wanted.threshold {
            Some(threshold) if threshold > limits.max_part => Err(Error::invalid(
                "threshold",
                format!("{threshold} bytes are more than one request may copy"),
                format!("use at most {} bytes", limits.max_part),
            )),
            threshold => Ok(threshold.unwrap_or(limits.max_part)),
        }
    }
}

async fn copy_whole(
    copy: Call<CopyObject>,
    size: u64,
    listener: &Listener,
    cancel: &mut Cancel,
) -> Result<WithMetadata<ManagedCopyOutput>, Error> {
    let copied = send_whole(Box::pin(copy.send_with_metadata()), cancel).await?;
    tell_whole(size, listener);
    Ok(copied.map(|copied| ManagedCopyOutput {
        etag: copied.etag,
        size,
        parts: 0,
        version_id: copied.version_id,
        source_version_id: copied.source_version_id,
    }))
}

#[cold]
fn no_size() -> Error {
    let problem = "the store does not return the source's size, which copy_object does not need";
    Error::malformed(problem, None)
}

#[cold]
fn no_etag() -> Error {
    // Without it, the parts could be those of two objects.
    let problem = "the store returns no ETag of the source, so it cannot be copied in parts";
    Error::malformed(problem, None)
}

impl std::fmt::Debug for ManagedCopy {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ManagedCopy")
            .field("copy", &self.copy)
            .field("part_size", &self.wanted.part_size)
            .field("threshold", &self.wanted.threshold)
            .field("concurrency", &self.wanted.concurrency)
            .field("limits", &self.limits)
            .finish_non_exhaustive()
    }
}

// `tokio::spawn` requires futures that are `Send`.
const _: fn(ManagedCopy) = |copy| {
    fn is_send<T: Send + 'static>(_: T) {}
    is_send(copy.send());
};
