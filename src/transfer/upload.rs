//! Uploads of any size: one PutObject for what is small, parts for the rest.
//!
//! The engine is straight-line code over operations; it knows neither how they are sent nor where the bytes are from.

use std::path::Path;
use std::time::Duration;

use futures_util::TryStreamExt;
use futures_util::stream::{self, BoxStream};
use http::{HeaderMap, Method};
use tokio::io::AsyncRead;

use crate::body::Body;
use crate::call::{Call, Effect, Operation, OperationSpec, context};
use crate::client::Client;
use crate::error::{Error, TransportKind};
use crate::etag::ETag;
use crate::operation::shared::encryption;
use crate::operation::{
    CompletedPart, Conditional, CreateMultipartUpload, PutObject, StoresObject, UploadPart,
};
use crate::request::{Request, Target};
use crate::response::Response;
use crate::sigv4::PayloadHash;
use crate::transfer::part_limits::PartLimits;
use crate::transfer::parts::{BoxFuture, FileParts, PartSource, Reader, ReaderParts};

/// Threshold and part size as boto3 has them: the same file gets the same ETag.
const PART_SIZE: u64 = 8 << 20;
const CONCURRENCY: usize = 4;

const UPLOAD: OperationSpec = OperationSpec::new("Upload", Effect::Writes);

/// An upload of any size: [`Client::upload_file`], [`Client::upload_reader`].
pub struct Upload {
    source: Box<dyn PartSource>,
    part_size: u64,
    threshold: u64,
    concurrency: usize,
    limits: PartLimits,
}

/// What has become of an upload.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub struct UploadOutput {
    /// The object's ETag.
    pub etag: ETag,
    /// The object's size.
    pub size: u64,
    /// How many parts it was sent in; 0 for a single PutObject.
    pub parts: u32,
    /// The version's name, if the bucket keeps versions.
    pub version_id: Option<String>,
}

impl Client {
    /// Stores a file of any size: with one PutObject below 8 MiB, in parts of 8 MiB from there on, four at a time.
    ///
    /// The parts are read from the file as they are sent, so memory stays small. A part that fails is sent again, as the
    /// [`RetryPolicy`](crate::RetryPolicy) says. A pipe or a device is sent as
    /// [`upload_reader`](Client::upload_reader) does it. Should the upload fail, it is aborted; should that fail too,
    /// the error has the upload's ID in its [context](Error::context). An upload whose future is dropped is not
    /// aborted: its parts stay at the store until its upload ID is aborted, by hand or by a lifecycle rule.
    ///
    /// ```no_run
    /// # async fn example(s3: slim_s3::Client) -> Result<(), slim_s3::Error> {
    /// let film = s3.upload_file("films", "cat.mp4", "cat.mp4").content_type("video/mp4").send().await?;
    /// println!("{} bytes in {} parts, ETag {}", film.size, film.parts, film.etag);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// Every kind of [`Error`]. It is [`Error::Invalid`] if the file cannot be opened, and a
    /// [`Transport`](Error::Transport) error if it has changed its length while it was read.
    ///
    /// <https://docs.aws.amazon.com/AmazonS3/latest/userguide/mpuoverview.html>
    pub fn upload_file(&self, bucket: &str, key: &str, path: impl AsRef<Path>) -> Call<Upload> {
        self.upload(
            bucket,
            key,
            Box::new(FileParts::Closed(path.as_ref().to_owned())),
        )
    }

    /// Stores what a reader gives, of whatever length: with one PutObject if it ends below 8 MiB, else in parts.
    ///
    /// A part is read into memory before it is sent: at most `concurrency` + 1 parts are in memory at a time, and for a
    /// small object no more than twice its size. With parts of 8 MiB the longest object has 10,000 of them, about
    /// 78 GiB; for more choose a larger [`part_size`](Call::part_size). What is longer fails, and is never cut off.
    /// A reader that is silent is waited for without a limit, as it may have nothing to say for long; while it is, an
    /// upload that has begun stays open. Everything else is as with [`upload_file`](Client::upload_file).
    ///
    /// ```no_run
    /// # async fn example(s3: slim_s3::Client) -> Result<(), slim_s3::Error> {
    /// // Any tokio reader: a socket, a child's output, standard input.
    /// let (mut writer, reader) = tokio::io::duplex(64 << 10);
    /// let upload = s3.upload_reader("logs", "today.log", reader).concurrency(2).send();
    /// let write = async {
    ///     let written = tokio::io::AsyncWriteExt::write_all(&mut writer, b"It rained.\n").await;
    ///     drop(writer);
    ///     written
    /// };
    /// let (upload, written) = tokio::join!(upload, write);
    /// println!("{} bytes, {written:?}", upload?.size);
    /// # Ok(())
    /// # }
    /// ```
    #[doc(alias = "upload_fileobj")]
    pub fn upload_reader(
        &self,
        bucket: &str,
        key: &str,
        reader: impl AsyncRead + Send + 'static,
    ) -> Call<Upload> {
        self.upload(
            bucket,
            key,
            Box::new(ReaderParts::new(Reader::Async(Box::pin(reader)))),
        )
    }

    fn upload(&self, bucket: &str, key: &str, source: Box<dyn PartSource>) -> Call<Upload> {
        let upload = Upload {
            source,
            part_size: PART_SIZE,
            threshold: PART_SIZE,
            concurrency: CONCURRENCY,
            limits: PartLimits::default(),
        };
        Call::new(self, Request::object(Method::PUT, bucket, key), upload)
    }
}

impl StoresObject for Upload {}
impl Conditional for Upload {}

impl Call<Upload> {
    /// The size of the parts, all but the last: 8 MiB by default. It is doubled for a file that would not fit into
    /// 10,000 parts otherwise.
    #[doc(alias = "multipart_chunksize")]
    pub fn part_size(mut self, bytes: u64) -> Call<Upload> {
        self.operation.part_size = bytes;
        self
    }

    /// From which size on the object is sent in parts: 8 MiB by default. A reader is read into memory up to here
    /// before anything is sent.
    #[doc(alias = "multipart_threshold")]
    pub fn threshold(mut self, bytes: u64) -> Call<Upload> {
        self.operation.threshold = bytes;
        self
    }

    /// How many parts are sent at a time: 4 by default.
    #[doc(alias = "max_concurrency")]
    pub fn concurrency(mut self, parts: usize) -> Call<Upload> {
        self.operation.concurrency = parts;
        self
    }

    /// What the store demands of parts, where that is not what AWS does.
    pub fn part_limits(mut self, limits: PartLimits) -> Call<Upload> {
        self.operation.limits = limits;
        self
    }

    /// Stores the object.
    ///
    /// # Errors
    ///
    /// See [`Client::upload_file`].
    pub async fn send(self) -> Result<UploadOutput, Error> {
        let context = context(&UPLOAD, &self.request, 0);
        self.run()
            .await
            .map_err(|error| error.with_context(&context))
    }

    async fn run(self) -> Result<UploadOutput, Error> {
        let Call {
            client,
            request,
            operation,
        } = self;
        let Upload {
            mut source,
            part_size,
            threshold,
            concurrency,
            limits,
        } = operation;
        check_options(&request, concurrency)?;
        // The size is checked also for what will turn out small: an upload must not work today and fail tomorrow.
        limits.part_size(None, part_size)?;

        // What is empty has no part, so it is never sent in parts.
        let threshold = threshold.max(1);
        let size = source.fill(threshold).await?;
        if size < threshold {
            return put(
                &client,
                request,
                source.next(size).await?.unwrap_or_default(),
            )
            .await;
        }
        let part_size = limits.part_size(source.length(), part_size)?;
        let create = Call::new(&client, for_create(&request), CreateMultipartUpload);
        let upload_id = create.send().await?.upload_id;
        let multipart = Multipart {
            client,
            request,
            upload_id,
            part_size,
            concurrency,
            max_parts: limits.max_parts,
        };
        match multipart.send_parts(source).await {
            // It is there by now, whatever comes of looking at it.
            Ok(output) => match multipart.check_encryption().await {
                Ok(()) => Ok(output),
                Err(mut error) => {
                    error.context_mut().outcome_unknown = true;
                    Err(error)
                }
            },
            Err(mut error) => {
                // The first error is the one to tell, whatever comes of the abort.
                if !multipart.abandon().await {
                    error.context_mut().upload_id = Some(multipart.upload_id);
                }
                Err(error)
            }
        }
    }
}

async fn put(client: &Client, request: Request, body: Body) -> Result<UploadOutput, Error> {
    let size = body.len();
    let stored = Call::new(client, request.with_body(body), PutObject)
        .send()
        .await?;
    Ok(UploadOutput {
        etag: stored.etag,
        size,
        parts: 0,
        version_id: stored.version_id,
    })
}

/// HeadObject, of which no more is read than this: what reads the rest would add 8 KiB to the binary.
struct Headers;

impl Operation for Headers {
    type Output = HeaderMap;
    const SPEC: OperationSpec = OperationSpec::new("HeadObject", Effect::Reads);

    fn parse(response: Response) -> Result<HeaderMap, Error> {
        Ok(response.headers().clone())
    }
}

/// One upload in parts that has begun.
struct Multipart {
    client: Client,
    /// The object and its options.
    request: Request,
    upload_id: String,
    part_size: u64,
    concurrency: usize,
    max_parts: u32,
}

impl Multipart {
    /// Sends the parts, several at a time, and completes the upload. At the first error the parts in flight are dropped.
    async fn send_parts(&self, source: Box<dyn PartSource>) -> Result<UploadOutput, Error> {
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
            // They come almost in order, and the standard library's sort would add 4 KiB to the binary.
            let position = parts.partition_point(|other| other.part_number < part.part_number);
            parts.insert(position, part);
        }

        // A store may build a wrong object from a wrong list without a word.
        let is_whole = parts
            .iter()
            .zip(1..)
            .all(|(part, number)| part.part_number == number)
            && length.is_none_or(|length| length == size);
        if !is_whole {
            return Err(Error::transport(
                TransportKind::Body,
                "the parts do not add up to the object",
                None,
            ));
        }
        let complete = self.client.complete_multipart_upload(
            self.bucket(),
            self.key(),
            &self.upload_id,
            &parts,
        );
        let stored = with_headers(complete, &self.request, goes_with_complete)
            .send()
            .await?;
        let parts = u32::try_from(parts.len()).unwrap_or(u32::MAX);
        Ok(UploadOutput {
            etag: stored.etag,
            size,
            parts,
            version_id: stored.version_id,
        })
    }

    /// Some stores take the request for encryption, and do nothing about it; beginning and completing need not say so.
    async fn check_encryption(&self) -> Result<(), Error> {
        if !encryption::is_asked(&self.request) {
            return Ok(());
        }
        let head = Request::new(Method::HEAD, self.request.target.clone());
        let head = Call::new(&self.client, head, Headers);
        let headers = with_headers(head, &self.request, goes_with_parts)
            .send()
            .await?;
        encryption::check(&self.request, &headers, true)
            .map_err(|problem| Error::malformed(problem, None))
    }

    /// The parts' numbers and bodies, each read when there is room for it.
    fn bodies(&self, source: Box<dyn PartSource>) -> BoxStream<'_, Result<(u32, Body), Error>> {
        let next = move |(mut source, part_number): (Box<dyn PartSource>, u32)| async move {
            let Some(body) = source.next(self.part_size).await? else {
                return Ok(None);
            };
            if part_number > self.max_parts {
                return Err(self.too_many_parts());
            }
            Ok(Some(((part_number, body), (source, part_number + 1))))
        };
        Box::pin(stream::try_unfold((source, 1), next))
    }

    // A named type for the future: that of an `async fn` in a closure of a stream is too general to be seen to be Send.
    fn send_part(&self, part_number: u32, body: Body) -> BoxFuture<'_, (CompletedPart, u64)> {
        let size = body.len();
        let mut call: Call<UploadPart> = self.client.upload_part(
            self.bucket(),
            self.key(),
            &self.upload_id,
            part_number,
            body,
        );
        call.request.payload_hash = self.request.payload_hash;
        let call = with_headers(call, &self.request, goes_with_parts);
        Box::pin(async move {
            let sent = call.send().await.map_err(|mut error| {
                // A part that the store may have is no object.
                error.context_mut().outcome_unknown = false;
                error
            });
            let etag = sent?.etag;
            Ok((CompletedPart { part_number, etag }, size))
        })
    }

    /// Aborts until the store says that the upload is gone: a part that was on its way may arrive after an abort, and
    /// bring it back, so the question comes a moment later. At most three times and ten seconds; whether it is gone.
    async fn abandon(&self) -> bool {
        let abort = async {
            for _ in 0..3 {
                // What the abort says matters less than what is there afterwards.
                let abort =
                    self.client
                        .abort_multipart_upload(self.bucket(), self.key(), &self.upload_id);
                let _ = with_headers(abort, &self.request, goes_with_all)
                    .send()
                    .await;
                tokio::time::sleep(Duration::from_millis(300)).await;
                let parts = self
                    .client
                    .list_parts(self.bucket(), self.key(), &self.upload_id);
                let parts = with_headers(parts, &self.request, goes_with_all)
                    .send()
                    .await;
                if parts.is_err_and(|error| error.code() == Some("NoSuchUpload")) {
                    return true;
                }
            }
            false
        };
        tokio::time::timeout(Duration::from_secs(10), abort)
            .await
            .unwrap_or(false)
    }

    #[cold]
    fn too_many_parts(&self) -> Error {
        let problem = format!(
            "goes on behind {} parts of {} bytes, the most an upload can have",
            self.max_parts, self.part_size
        );
        Error::invalid(
            "data",
            problem,
            "choose a larger part_size; nothing was stored",
        )
    }

    fn bucket(&self) -> &str {
        self.names().0
    }

    fn key(&self) -> &str {
        self.names().1
    }

    fn names(&self) -> (&str, &str) {
        match &self.request.target {
            Target::Object { bucket, key } => (bucket, key),
            _ => ("", ""),
        }
    }
}

fn check_options(request: &Request, concurrency: usize) -> Result<(), Error> {
    if concurrency == 0 {
        return Err(Error::invalid(
            "concurrency",
            "is 0",
            "use 1 to send one part after the other",
        ));
    }
    if matches!(
        request.payload_hash,
        Some(PayloadHash::Sha256(_) | PayloadHash::Streaming)
    ) {
        return Err(Error::invalid(
            "payload hash",
            "is that of one body, and an upload may have many",
            "leave it out: every part is hashed",
        ));
    }
    let is_of_one_body = |name: &str| {
        name == "content-md5"
            || (name.starts_with("x-amz-checksum-")
                && name != "x-amz-checksum-algorithm"
                && name != "x-amz-checksum-type")
    };
    match request
        .headers
        .iter()
        .find(|(name, _)| is_of_one_body(name))
    {
        Some((name, _)) => Err(Error::invalid(
            &format!("header {name}"),
            "is for one request, and an upload may take many",
            "leave it out, or use put_object",
        )),
        None => Ok(()),
    }
}

/// The object's headers are said when the upload begins; its conditions when it ends.
fn for_create(request: &Request) -> Request {
    let mut create = Request::new(Method::POST, request.target.clone()).with_query("uploads", "");
    create.query.extend(request.query.iter().cloned());
    create.retry = request.retry;
    create.headers = request
        .headers
        .iter()
        .filter(|(name, _)| !name.starts_with("if-"))
        .cloned()
        .collect();
    create
}

/// Who asks, and who pays, is said with every request.
fn goes_with_all(name: &str) -> bool {
    matches!(name, "x-amz-expected-bucket-owner" | "x-amz-request-payer")
}

/// The key of an object that the store encrypts with it comes with every part.
fn goes_with_parts(name: &str) -> bool {
    name.starts_with("x-amz-server-side-encryption-customer-") || goes_with_all(name)
}

fn goes_with_complete(name: &str) -> bool {
    goes_with_parts(name) || name.starts_with("if-")
}

fn with_headers<O>(mut call: Call<O>, request: &Request, goes: fn(&str) -> bool) -> Call<O> {
    for (name, value) in request.headers.iter().filter(|(name, _)| goes(name)) {
        call.request.set_header(name, value);
    }
    call.request.retry = request.retry;
    call
}

impl std::fmt::Debug for Upload {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Upload {
            part_size,
            threshold,
            concurrency,
            limits,
            ..
        } = self;
        let mut upload = f.debug_struct("Upload");
        upload
            .field("part_size", part_size)
            .field("threshold", threshold)
            .field("concurrency", concurrency)
            .field("limits", limits)
            .finish_non_exhaustive()
    }
}

// Futures go to other threads: `tokio::spawn` takes them.
const _: fn(Call<Upload>) = |call| {
    fn is_send<T: Send + 'static>(_: T) {}
    is_send(call.send());
};
