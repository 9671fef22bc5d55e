//! Multipart uploads, as straight-line code over operations.

use std::time::Duration;

use crate::body::Body;
use crate::body::file::BoxFuture;
use crate::call::Call;
use crate::client::Client;
use crate::error::{Error, TransportKind};
use crate::http::within;
use crate::operation::{CompleteMultipartUpload, CompletedPart, PutObject, UploadPart};
use crate::request::{Request, Target};
use crate::send::{WithMetadata, confirm_encryption};
use crate::transfer::part_plan::PartPlan;
use crate::transfer::parts::{BoxResultFuture, PartSource};
use crate::transfer::upload::UploadOutput;
use futures_util::TryStreamExt;
use futures_util::stream::{self, BoxStream};

/// A multipart upload that has been created.
pub(super) struct Multipart {
    pub(super) client: Client,
    /// The object and the options of the upload.
    pub(super) request: Request,
    pub(super) upload_id: String,
    plan: PartPlan,
    concurrency: usize,
    max_parts: u32,
}

/// What ListParts shows of an upload.
pub(super) enum Listed {
    /// It has parts.
    Parts,
    /// It no longer exists.
    Gone,
    /// Neither: ListParts failed, or returned no parts. S3Proxy and s3s-fs list an upload that is gone as one without parts.
    Nothing,
}

/// The requests of a multipart upload, grouped by the options that they take.
#[derive(Clone, Copy, Eq, PartialEq)]
enum Step {
    /// CreateMultipartUpload.
    Create,
    /// UploadPart, and HeadObject after completion.
    Part,
    /// CompleteMultipartUpload.
    Complete,
    /// AbortMultipartUpload and ListParts.
    Abort,
}

impl Step {
    /// Whether the requests of this step send the upload's header.
    fn takes(self, header: &str) -> bool {
        match header {
            "x-amz-expected-bucket-owner" | "x-amz-request-payer" => true,
            // The key of an SSE-C object.
            _ if header.starts_with("x-amz-server-side-encryption-customer-") => {
                self != Step::Abort
            }
            // Conditions are evaluated when the object is created.
            _ if header.starts_with("if-") => self == Step::Complete,
            // The object's own headers.
            _ => self == Step::Create,
        }
    }
}

impl Multipart {
    /// Creates the upload.
    pub(super) async fn create(
        put: Call<PutObject>,
        plan: PartPlan,
        concurrency: usize,
        max_parts: u32,
    ) -> Result<Multipart, Error> {
        let Call {
            client, request, ..
        } = put;
        let (bucket, key) = names(&request);
        let create = client.create_multipart_upload(bucket, key);
        let mut create = with_options(create, Step::Create, &request);
        for (name, value) in &request.query {
            create = create.query(name, value);
        }
        let upload_id = create.send().await?.upload_id;
        Ok(Multipart {
            client,
            request,
            upload_id,
            plan,
            concurrency,
            max_parts,
        })
    }

    /// Sends the parts, several at a time, and completes the upload. The first error cancels the parts in flight.
    pub(super) async fn send_parts(
        &self,
        source: Box<dyn PartSource>,
    ) -> Result<WithMetadata<UploadOutput>, Error> {
        let length = source.length();
        let sent = self
            .bodies(source)
            .map_ok(|(part_number, body)| self.send_part(part_number, body));
        let sent: Vec<(CompletedPart, u64)> = sent
            .try_buffer_unordered(self.concurrency)
            .try_collect()
            .await?;
        let size = sent.iter().map(|(_, size)| size).sum();
        let mut parts: Vec<CompletedPart> = Vec::with_capacity(sent.len());
        for (part, _) in sent {
            // They finish almost in order, and the standard library's sort would add 4 KiB to the binary.
            let position = parts.partition_point(|other| other.part_number < part.part_number);
            parts.insert(position, part);
        }

        // A store may build a wrong object from a wrong list, without an error.
        let is_whole = parts
            .iter()
            .zip(1..)
            .all(|(part, number)| part.part_number == number)
            && length.is_none_or(|length| length == size);
        if !is_whole {
            let problem = "the parts do not add up to the object";
            return Err(Error::transport(TransportKind::Body, problem, None));
        }
        let stored = match self.complete(&parts).send_with_metadata().await {
            Err(error) if error.is_outcome_unknown() => self.settle(&parts, error).await?,
            completed => completed?,
        };
        let Some(etag) = stored.output.etag.clone() else {
            let mut error = Error::malformed("the object is stored, but has no ETag", None);
            error.context_mut().outcome_unknown = true;
            return Err(error);
        };
        Ok(stored.map(|stored| UploadOutput {
            etag,
            size,
            parts: u32::try_from(parts.len()).unwrap_or(u32::MAX),
            version_id: stored.version_id,
        }))
    }

    /// Completes the upload.
    pub(super) fn complete(&self, parts: &[CompletedPart]) -> Call<CompleteMultipartUpload> {
        let (bucket, key) = names(&self.request);
        let complete = self
            .client
            .complete_multipart_upload(bucket, key, &self.upload_id, parts);
        with_options(complete, Step::Complete, &self.request)
    }

    /// Checks that the object is encrypted if that was requested: the responses to Create and Complete need not show it.
    pub(super) async fn check_encryption(&self, version_id: Option<&str>) -> Result<(), Error> {
        confirm_encryption(&self.client, &self.request, version_id).await
    }

    /// The numbers and bodies of the parts. A part is read only when it can be sent.
    fn bodies(&self, source: Box<dyn PartSource>) -> BoxStream<'_, Result<(u32, Body), Error>> {
        let next = move |(mut source, part_number): (Box<dyn PartSource>, u32)| async move {
            let Some(body) = source.next(self.plan.part_size).await? else {
                return Ok(None);
            };
            if part_number > self.max_parts {
                return Err(self.too_many_parts());
            }
            Ok(Some(((part_number, body), (source, part_number + 1))))
        };
        Box::pin(stream::try_unfold((source, 1), next))
    }

    // Boxed, because the compiler cannot prove that the future of an `async fn` in a stream's closure is `Send`.
    fn send_part(&self, part_number: u32, body: Body) -> BoxResultFuture<'_, (CompletedPart, u64)> {
        let size = body.len();
        let (bucket, key) = names(&self.request);
        let mut call: Call<UploadPart> =
            self.client
                .upload_part(bucket, key, &self.upload_id, part_number, body);
        call.request.payload_hash = self.request.payload_hash;
        let call = with_options(call, Step::Part, &self.request);
        Box::pin(async move {
            let sent = call.send().await.map_err(|mut error| {
                // The store may have the part, but a part is not an object.
                error.context_mut().outcome_unknown = false;
                error
            });
            let etag = sent?.etag;
            Ok((CompletedPart { part_number, etag }, size))
        })
    }

    /// Aborts until ListParts confirms that the upload no longer exists, at most three times and for at most ten
    /// seconds. Returns whether this was confirmed.
    ///
    /// A part in flight may arrive after an abort and recreate the upload, so each check waits a moment.
    pub(super) async fn abort(&self) -> bool {
        let (bucket, key) = names(&self.request);
        let abort = async {
            let mut was_aborted = false;
            for _ in 0..3 {
                let abort = self
                    .client
                    .abort_multipart_upload(bucket, key, &self.upload_id);
                match with_options(abort, Step::Abort, &self.request).send().await {
                    Ok(_) => was_aborted = true,
                    // S3Proxy lists the parts of an aborted upload as if it had none.
                    Err(error) if was_aborted && is_gone(&error) => return true,
                    // A retry did not find the upload: the first attempt, whose response was lost, aborted it.
                    Err(Error::Transport(error)) if error.kind == TransportKind::Unsettled => {
                        was_aborted = true;
                    }
                    // ListParts decides.
                    Err(_) => {}
                }
                tokio::time::sleep(Duration::from_millis(300)).await;
                if matches!(self.list().await, Listed::Gone) {
                    return true;
                }
            }
            false
        };
        within(Duration::from_secs(10), abort)
            .await
            .unwrap_or(false)
    }

    /// Looks for the upload.
    pub(super) fn list(&self) -> BoxFuture<'_, Listed> {
        let (bucket, key) = names(&self.request);
        let list = self.client.list_parts(bucket, key, &self.upload_id);
        let list = with_options(list, Step::Abort, &self.request);
        Box::pin(async move {
            match list.send().await {
                Ok(list) if !list.parts.is_empty() => Listed::Parts,
                Err(error) if is_gone(&error) => Listed::Gone,
                _ => Listed::Nothing,
            }
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

/// Whether a response says that the upload no longer exists. Ceph returns `NoSuchKey`.
fn is_gone(error: &Error) -> bool {
    let is_stated = error.service().is_some_and(|error| !error.code_is_inferred);
    let gone = ["NoSuchUpload", "NoSuchKey", "NoSuchBucket"];
    is_stated && error.code().is_some_and(|code| gone.contains(&code))
}

/// Adds the options of the upload that this request takes.
fn with_options<O>(mut call: Call<O>, step: Step, upload: &Request) -> Call<O> {
    for (name, value) in &upload.headers {
        if step.takes(name) {
            call.request.set_header(name, value);
        }
    }
    call.request.retry = upload.retry;
    call
}

pub(super) fn names(request: &Request) -> (&str, &str) {
    match &request.target {
        Target::Object { bucket, key } => (bucket, key),
        _ => ("", ""),
    }
}
