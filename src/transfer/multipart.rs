//! Multipart uploads, as straight-line code over operations.

use std::sync::{Mutex, PoisonError};
use std::time::Instant;

use crate::body::Body;
use crate::call::Call;
use crate::client::Client;
use crate::error::{Context, Error, ResumeToken, TransportKind};
use crate::operation::{CompleteMultipartUpload, CompletedPart, UploadPart};
use crate::request::Request;
use crate::send::WithMetadata;
use crate::transfer::abort::OnFailure;
use crate::transfer::event::{Listener, TransferEvent};
use crate::transfer::part_plan::PartPlan;
use crate::transfer::parts::{BoxResultFuture, PartSource};
use crate::transfer::request_options::{Step, names, with_options};
use crate::transfer::stored_object::exists;
use crate::transfer::upload::UploadOutput;
#[cfg(feature = "checksums")]
use crate::transfer::upload_checksum::PartChecksums;
use crate::transfer::upload_resume::Stored;
use futures_util::TryStreamExt;
use futures_util::stream::{self, BoxStream};

/// A multipart upload.
pub(super) struct Multipart {
    pub(super) client: Client,
    /// The object and the options of the upload.
    pub(super) request: Request,
    /// Empty until it is created.
    pub(super) upload_id: String,
    pub(super) plan: PartPlan,
    pub(super) concurrency: usize,
    pub(super) max_parts: u32,
    /// The size of the data, if it is known.
    pub(super) size: Option<u64>,
    /// When the data was modified; see [`ResumeToken`].
    pub(super) modified: Option<u128>,
    /// Whether a later call can go on with it: a copy cannot.
    pub(super) can_be_resumed: bool,
    /// The parts of an earlier upload that is resumed.
    pub(super) stored: Option<Stored>,
    /// When its creation began; `None` for an upload that is resumed.
    pub(super) created: Option<Instant>,
    pub(super) listener: Listener,
    pub(super) done: Mutex<Done>,
    /// The checksums that are sent with the parts.
    #[cfg(feature = "checksums")]
    pub(super) checksum: Option<Box<PartChecksums>>,
}

/// What the store has acknowledged.
#[derive(Clone, Copy, Default)]
pub(super) struct Done {
    pub(super) parts: u32,
    pub(super) bytes: u64,
}

/// A part that is being sent or copied. At its end it is counted.
pub(super) type Sending<'a> = BoxResultFuture<'a, CompletedPart>;

/// The parts of an upload, in order.
pub(super) type Parts<'a> = BoxStream<'a, Result<Sending<'a>, Error>>;

impl Multipart {
    /// Creates the upload, unless an earlier one is resumed.
    pub(super) async fn begin(&mut self) -> Result<(), Error> {
        if let Some(stored) = &self.stored {
            self.upload_id.clone_from(&stored.upload_id);
            self.listener.tell(|| stored.resumed(self.size));
            return Ok(());
        }
        let (bucket, key) = names(&self.request);
        let create = self.client.create_multipart_upload(bucket, key);
        let mut create = with_options(create, Step::Create, &self.request);
        for (name, value) in &self.request.query {
            create = create.query(name, value);
        }
        #[cfg(feature = "checksums")]
        if let Some(checksum) = &self.checksum {
            create = (checksum.declare)(checksum, create);
        }
        self.created = Some(Instant::now());
        self.upload_id = create.send().await?.upload_id;
        self.listener.tell(|| TransferEvent::Created {
            upload_id: self.upload_id.clone(),
            resume_token: self.resume_token(),
        });
        Ok(())
    }

    pub(super) fn resume_token(&self) -> Option<ResumeToken> {
        let (bucket, key) = names(&self.request);
        self.can_be_resumed.then(|| ResumeToken {
            bucket: bucket.to_owned(),
            key: key.to_owned(),
            upload_id: self.upload_id.clone(),
            part_size: self.plan.part_size,
            size: self.size,
            modified: self.modified,
        })
    }

    pub(super) fn done(&self) -> Done {
        *self.done.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Counts a part that the store has.
    pub(super) fn count(&self, part_number: u32, size: u64) {
        let done = {
            let mut done = self.done.lock().unwrap_or_else(PoisonError::into_inner);
            done.parts = done.parts.saturating_add(1);
            done.bytes = done.bytes.saturating_add(size);
            *done
        };
        self.listener
            .tell(|| TransferEvent::PartDone { part_number, size });
        self.listener.tell(|| TransferEvent::Progress {
            bytes: done.bytes,
            size: self.size,
        });
    }

    /// Sends or copies the parts, several at a time, and returns them in order. The first error cancels those in flight.
    pub(super) async fn collect(&self, parts: Parts<'_>) -> Result<Vec<CompletedPart>, Error> {
        let sent: Vec<CompletedPart> = parts
            .try_buffer_unordered(self.concurrency)
            .try_collect()
            .await?;
        let mut parts: Vec<CompletedPart> = Vec::with_capacity(sent.len());
        for part in sent {
            // They finish almost in order, and the standard library's sort would add 4 KiB to the binary.
            let position = parts.partition_point(|other| other.part_number < part.part_number);
            parts.insert(position, part);
        }

        // A store may build a wrong object from a wrong list, without an error.
        let size = self.done().bytes;
        let is_whole = parts
            .iter()
            .zip(1..)
            .all(|(part, number)| part.part_number == number)
            && self.size.is_none_or(|length| length == size);
        if !is_whole {
            let problem = "the parts do not add up to the object";
            return Err(Error::transport(TransportKind::Body, problem, None));
        }
        Ok(parts)
    }

    /// Completes the upload if all parts were sent, and otherwise gives it up. Returns the first error, whatever becomes of
    /// the parts.
    pub(super) async fn end(
        &self,
        sent: Result<Vec<CompletedPart>, Error>,
        verify_etag: bool,
        on_failure: OnFailure,
        context: &Context,
    ) -> Result<WithMetadata<UploadOutput>, Error> {
        let was_completing = sent.is_ok();
        let finished = match sent {
            Ok(parts) => self.finish(&parts, verify_etag).await,
            Err(error) => Err(error),
        };
        match finished {
            Ok(stored) => Ok(stored),
            Err(error) => {
                let error = error.with_context(context);
                Err(self.give_up(error, on_failure, was_completing).await)
            }
        }
    }

    /// Completes the upload, settles a lost response, and checks the object's ETag and encryption.
    async fn finish(
        &self,
        parts: &[CompletedPart],
        verify_etag: bool,
    ) -> Result<WithMetadata<UploadOutput>, Error> {
        let stored = match self.complete(parts).send_with_metadata().await {
            Err(error) if error.is_outcome_unknown() => self.settle(parts, error).await?,
            completed => completed?,
        };
        let checked = self.check_object(parts, &stored.output, verify_etag).await;
        let etag = checked.map_err(exists)?;
        #[cfg(feature = "checksums")]
        let checksum = match &self.checksum {
            Some(sums) => (sums.check)(sums, &stored.output.checksums).map_err(exists)?,
            None => None,
        };
        let bytes = self.done().bytes;
        self.listener.tell(|| TransferEvent::Finished { bytes });
        Ok(stored.map(|stored| UploadOutput {
            etag,
            size: bytes,
            parts: u32::try_from(parts.len()).unwrap_or(u32::MAX),
            version_id: stored.version_id,
            #[cfg(feature = "checksums")]
            checksum,
        }))
    }

    /// Completes the upload.
    pub(super) fn complete(&self, parts: &[CompletedPart]) -> Call<CompleteMultipartUpload> {
        let (bucket, key) = names(&self.request);
        let complete = self
            .client
            .complete_multipart_upload(bucket, key, &self.upload_id, parts);
        let complete = with_options(complete, Step::Complete, &self.request);
        #[cfg(feature = "checksums")]
        if let Some(checksum) = &self.checksum {
            return (checksum.list)(checksum, complete);
        }
        complete
    }

    /// The parts of a source. A part is read only when it can be sent.
    pub(super) fn parts_of(&self, source: Box<dyn PartSource>) -> Parts<'_> {
        let next = move |(mut source, part_number): (Box<dyn PartSource>, u32)| async move {
            let Some(body) = source.next(self.plan.part_size).await? else {
                return Ok(None);
            };
            if part_number > self.max_parts {
                return Err(self.too_many_parts());
            }
            let sending = self.send_part(part_number, body);
            Ok(Some((sending, (source, part_number + 1))))
        };
        Box::pin(stream::try_unfold((source, 1), next))
    }

    // Boxed, because the compiler cannot prove that the future of an `async fn` in a stream's closure is `Send`.
    fn send_part(&self, part_number: u32, body: Body) -> Sending<'_> {
        Box::pin(async move {
            let size = body.len();
            #[cfg(feature = "checksums")]
            if let Some(checksum) = &self.checksum {
                (checksum.add)(checksum, part_number, &body).await?;
            }
            if let Some(stored) = &self.stored
                && let Some(etag) = stored.etag_of(part_number, &body).await
            {
                self.count(part_number, size);
                return Ok(CompletedPart { part_number, etag });
            }
            let (bucket, key) = names(&self.request);
            let mut call: Call<UploadPart> =
                self.client
                    .upload_part(bucket, key, &self.upload_id, part_number, body);
            call.request.payload_hash = self.request.payload_hash;
            #[cfg(feature = "checksums")]
            if let Some(checksum) = &self.checksum {
                (checksum.send)(checksum, part_number, &self.request, &mut call.request);
            }
            let mut call = with_options(call, Step::Part, &self.request);
            call.request.on_retry = self.listener.on_retry(Some(part_number));
            let sent = call.send().await.map_err(|mut error| {
                // The store may have the part, but a part is not an object.
                error.context_mut().outcome_unknown = false;
                error
            });
            let etag = sent?.etag;
            self.count(part_number, size);
            Ok(CompletedPart { part_number, etag })
        })
    }

    #[cold]
    fn too_many_parts(&self) -> Error {
        let PartPlan {
            part_size, ceiling, ..
        } = self.plan;
        let problem = format!(
            "does not fit into {} parts of {part_size} bytes, so the limit of this upload is {ceiling} bytes",
            self.max_parts
        );
        Error::invalid(
            "data",
            problem,
            "set size_hint, or choose a larger part_size; nothing was stored",
        )
    }
}
