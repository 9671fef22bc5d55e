//! Uploads of any size: small objects with one PutObject, large ones in parts.

use std::sync::Mutex;

use crate::body::Body;
use crate::call::{Call, Effect, Operation, OperationSpec, call_context};
#[cfg(feature = "checksums")]
use crate::checksum::Checksum;
use crate::client::part_limits::PartLimits;
use crate::error::{Context, Error};
use crate::etag::ETag;
use crate::http::check_runtime;
use crate::operation::shared::checksum::covers_content;
use crate::operation::{CompleteMultipartUpload, PutObject};
use crate::request::Request;
use crate::send::WithMetadata;
use crate::sigv4::PayloadHash;
use crate::transfer::abort::LIMIT;
use crate::transfer::event::{Listener, TransferEvent};
use crate::transfer::multipart::Multipart;
use crate::transfer::part_plan::{PART_SIZE, PartPlan, Wanted, plan_within};
use crate::transfer::parts::PartSource;
#[cfg(feature = "checksums")]
use crate::transfer::upload_checksum::PartChecksums;
use crate::transfer::upload_control::{Cancel, Control, PutVerified, send_whole, tell_whole};

const CONCURRENCY: usize = 4;

const UPLOAD: OperationSpec = OperationSpec::new("Upload", Effect::Writes);

/// An upload of any size: [`Client::upload_file`](crate::Client::upload_file), [`Client::upload`](crate::Client::upload), [`Client::upload_reader`](crate::Client::upload_reader),
/// [`Client::upload_blocking`](crate::Client::upload_blocking), [`Client::upload_stream`](crate::Client::upload_stream), [`Client::upload_http_body`](crate::Client::upload_http_body).
#[must_use = "nothing is uploaded until this is sent"]
pub struct Upload {
    /// The object and its options. The body is empty: the data comes from `source`.
    pub(crate) put: Call<PutObject>,
    source: Result<Box<dyn PartSource>, Error>,
    wanted: Wanted,
    size_hint: Option<u64>,
    limits: PartLimits,
    pub(super) control: Control,
}

/// An uploaded object.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub struct UploadOutput {
    /// The object's ETag.
    pub etag: ETag,
    /// The object's size in bytes.
    pub size: u64,
    /// The number of uploaded parts; 0 for a single PutObject.
    pub parts: u32,
    /// The version ID, if the bucket is versioned.
    pub version_id: Option<String>,
    /// The checksum of the object, if one was sent and the store confirms that it has verified it.
    #[cfg(feature = "checksums")]
    pub checksum: Option<Checksum>,
}

impl Upload {
    pub(super) fn new(put: Call<PutObject>, source: Result<Box<dyn PartSource>, Error>) -> Upload {
        Upload {
            source,
            wanted: Wanted {
                part_size: put.client.inner.defaults.part_size,
                concurrency: CONCURRENCY,
                threshold: put.client.inner.defaults.threshold,
                budget: None,
            },
            size_hint: None,
            limits: put.client.inner.dialect.part_limits,
            put,
            control: Control::default(),
        }
    }

    /// Stores the object.
    ///
    /// # Errors
    ///
    /// See [`Client::upload_file`](crate::Client::upload_file).
    pub async fn send(self) -> Result<UploadOutput, Error> {
        Ok(self.send_with_metadata().await?.output)
    }

    /// Like [`send`](Upload::send), but also returns the metadata of the response that confirmed the object: that
    /// of PutObject or CompleteMultipartUpload.
    ///
    /// # Errors
    ///
    /// See [`Client::upload_file`](crate::Client::upload_file).
    pub async fn send_with_metadata(self) -> Result<WithMetadata<UploadOutput>, Error> {
        let context = call_context(&UPLOAD, &self.put.request, 0);
        self.run(&context)
            .await
            .map_err(|error| error.with_context(&context))
    }

    /// The size in bytes of all parts but the last: 8 MiB by default, 5 MiB to 5 GiB on AWS. It is doubled until data of
    /// known or [expected](Upload::size_hint) length fits into 10,000 parts.
    #[doc(alias = "multipart_chunksize")]
    pub fn part_size(mut self, bytes: u64) -> Upload {
        self.wanted.part_size = Some(bytes);
        self
    }

    /// Data of this size in bytes or more is uploaded in parts: 8 MiB by default, or a part if that is smaller and
    /// [`max_memory`](Upload::max_memory) is set, where it cannot be more than a part. A reader or a stream is buffered in memory up to this size before anything
    /// is sent.
    #[doc(alias = "multipart_threshold")]
    pub fn threshold(mut self, bytes: u64) -> Upload {
        self.wanted.threshold = Some(bytes);
        self
    }

    /// The maximum number of parts that are sent at a time: 4 by default.
    #[doc(alias = "max_concurrency")]
    pub fn concurrency(mut self, parts: usize) -> Upload {
        self.wanted.concurrency = parts;
        self
    }

    /// How many bytes a reader or a stream is expected to have. The part size is doubled until they fit into 10,000 parts. The
    /// data may be shorter or longer; if it does not fit, the upload fails.
    pub fn size_hint(mut self, bytes: u64) -> Upload {
        self.size_hint = Some(bytes);
        self
    }

    /// The memory in bytes that the parts of a reader or a stream may use: those that are sent, and the one that is read. At
    /// least two parts must fit, 10 MiB on AWS.
    ///
    /// It lowers the [`concurrency`](Upload::concurrency) if necessary. Without [`part_size`](Upload::part_size) and
    /// [`size_hint`](Upload::size_hint) it also sets the part size, in whole MiB: the longest stream is 10,000 parts, so 1 GiB of
    /// memory is enough for a stream of 1.9 TiB. A file needs 1 to 3 MiB for each part that is sent, whatever is set here.
    pub fn max_memory(mut self, bytes: u64) -> Upload {
        self.wanted.budget = Some((bytes, plan_within));
        self
    }

    /// The store's limits for parts, if they differ from those of the client's [`Dialect`](crate::Dialect).
    pub fn part_limits(mut self, limits: PartLimits) -> Upload {
        self.limits = limits;
        self
    }

    /// Leaves the content out of the signature. Most stores accept this only over https.
    pub fn unsigned_payload(mut self) -> Upload {
        self.put = self.put.payload_hash(PayloadHash::Unsigned);
        self
    }

    async fn run(self, context: &Context) -> Result<WithMetadata<UploadOutput>, Error> {
        let Upload {
            mut put,
            source,
            mut wanted,
            size_hint,
            limits,
            control,
        } = self;
        let Control {
            listener,
            on_failure,
            mut cancel,
            resume,
            verify_etag,
            #[cfg(feature = "checksums")]
            checksum,
        } = control;
        check_runtime()?;
        let mut source = source?;
        #[cfg(feature = "checksums")]
        let checksum = checksum.or_else(|| PartChecksums::by_default(&mut put));
        #[cfg(feature = "checksums")]
        put.request.check()?;
        check_headers(&put.request)?;
        wanted.check(&limits)?;
        let complete = CompleteMultipartUpload::SPEC.name;
        let dialect = &put.client.inner.dialect;
        dialect.check_conditions(complete, &put.request)?;
        put.request.on_retry = listener.on_retry(None);
        // Opens a file, which may be a pipe.
        cancel.or(source.fill(0)).await?;
        let stored = match &resume {
            Some(resume) => {
                #[cfg(feature = "checksums")]
                let kind = checksum.as_ref().map(|checksum| checksum.kind());
                #[cfg(not(feature = "checksums"))]
                let kind = None;
                let find = (resume.find)(resume, &put, &*source, wanted.part_size, kind);
                cancel.or(find).await?
            }
            None => None,
        };
        if let Some(stored) = &stored {
            wanted.part_size = Some(stored.part_size);
        }
        // Also checked for small objects: an upload must not start to fail when the object grows.
        let (plan, concurrency) = if source.is_buffered() {
            wanted.plan(&limits, source.length().or(size_hint))?
        } else {
            let part_size = wanted.part_size.unwrap_or(PART_SIZE);
            let plan = PartPlan::new(&limits, source.length(), part_size)?;
            (plan, wanted.concurrency)
        };
        let threshold = wanted.threshold.unwrap_or(match wanted.budget {
            Some(_) => PART_SIZE.min(plan.part_size),
            None => PART_SIZE,
        });
        listener.tell(|| TransferEvent::Started {
            size: source.length(),
            part_size: plan.part_size,
            parts: source.length().and(plan.parts),
            ceiling: plan.ceiling,
        });

        // An empty object has no part, so it is never uploaded in parts.
        let threshold = threshold.max(1);
        let size = cancel.or(source.fill(threshold)).await?;
        if size < threshold && stored.is_none() {
            let body = source.next(size).await?.unwrap_or_default();
            return put_whole(put, body, verify_etag, &listener, &mut cancel).await;
        }
        let Call {
            client, request, ..
        } = put;
        let mut multipart = Multipart {
            client,
            request,
            upload_id: String::new(),
            plan,
            concurrency,
            max_parts: limits.max_parts,
            size: source.length(),
            modified: source.modified(),
            can_be_resumed: true,
            stored,
            created: None,
            listener,
            done: Mutex::default(),
            #[cfg(feature = "checksums")]
            checksum,
        };
        // Not interrupted at once: nobody would know the ID of the upload.
        cancel.or_within(LIMIT, Box::pin(multipart.begin())).await?;
        let parts = multipart.parts_of(source);
        let sent = cancel.or(Box::pin(multipart.collect(parts))).await;
        let verify_etag = verify_etag.is_some();
        multipart.end(sent, verify_etag, on_failure, context).await
    }
}

async fn put_whole(
    mut put: Call<PutObject>,
    body: Body,
    verify_etag: Option<PutVerified>,
    listener: &Listener,
    cancel: &mut Cancel,
) -> Result<WithMetadata<UploadOutput>, Error> {
    let size = body.len();
    put.request.body = body;
    let stored = match verify_etag {
        Some(put_verified) => put_verified(put, listener, cancel).await?,
        None => send_whole(Box::pin(put.send_with_metadata()), cancel).await?,
    };
    tell_whole(size, listener);
    Ok(stored.map(|stored| UploadOutput {
        etag: stored.etag,
        size,
        parts: 0,
        version_id: stored.version_id,
        #[cfg(feature = "checksums")]
        checksum: stored.checksum,
    }))
}

fn check_headers(request: &Request) -> Result<(), Error> {
    let mut headers = request.headers.iter();
    match headers.find(|(name, _)| covers_content(name)) {
        Some((name, _)) => Err(Error::invalid(
            &format!("header {name}"),
            "covers one body, but an upload may have several",
            "leave it out, or use put_object",
        )),
        None => Ok(()),
    }
}

impl std::fmt::Debug for Upload {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Upload {
            put,
            wanted,
            size_hint,
            limits,
            control,
            source: _,
        } = self;
        let mut upload = f.debug_struct("Upload");
        upload
            .field("put", put)
            .field("part_size", &wanted.part_size)
            .field("threshold", &wanted.threshold)
            .field("concurrency", &wanted.concurrency)
            .field("max_memory", &wanted.budget.map(|(memory, _)| memory))
            .field("size_hint", size_hint)
            .field("limits", limits)
            .field("on_failure", &control.on_failure)
            .field("verify_etag", &control.verify_etag.is_some())
            .finish_non_exhaustive()
    }
}

// `tokio::spawn` requires futures that are `Send`.
const _: fn(Upload) = |upload| {
    fn is_send<T: Send + 'static>(_: T) {}
    is_send(upload.send());
};
