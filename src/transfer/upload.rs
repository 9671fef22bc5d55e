//! Uploads of any size: small objects with one PutObject, large ones in parts.

use std::path::Path;

use tokio::io::AsyncRead;

use crate::body::Body;
use crate::call::{Call, Effect, Operation, OperationSpec, call_context};
use crate::client::Client;
use crate::client::part_limits::PartLimits;
use crate::error::{Context, Error};
use crate::etag::ETag;
use crate::http::check_runtime;
use crate::operation::shared::checksum::is_checksum;
use crate::operation::{CompleteMultipartUpload, PutObject};
use crate::request::Request;
use crate::send::WithMetadata;
use crate::sigv4::PayloadHash;
use crate::transfer::multipart::Multipart;
use crate::transfer::parts::{FileParts, PartSource, Reader, ReaderParts};

/// The threshold and part size of boto3, so that the same file has the same ETag.
const PART_SIZE: u64 = 8 << 20;
const CONCURRENCY: usize = 4;

const UPLOAD: OperationSpec = OperationSpec::new("Upload", Effect::Writes);

/// An upload of any size: [`Client::upload_file`], [`Client::upload_reader`].
#[must_use = "nothing is uploaded until this is sent"]
pub struct Upload {
    /// The object and its options. The body is empty: the data comes from `source`.
    pub(super) put: Call<PutObject>,
    source: Box<dyn PartSource>,
    part_size: u64,
    threshold: u64,
    concurrency: usize,
    limits: PartLimits,
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
}

impl Client {
    /// Stores a file of any size: with one PutObject below 8 MiB, otherwise in parts of 8 MiB, four at a time.
    ///
    /// The parts are read from the file while they are sent, so little memory is used. A failed part is retried
    /// according to the [`RetryPolicy`](crate::RetryPolicy).
    ///
    /// A pipe or a device is read as [`upload_reader`](Client::upload_reader) does. A device, and on other systems than Linux
    /// a pipe, is read by a blocking thread: a read that waits for data goes on after the call was dropped, and a
    /// runtime that shuts down waits for it.
    ///
    /// If the response to the completion is lost, HeadObject and ListParts show what became of the upload. Only if they do not
    /// is the error's [outcome unknown](Error::is_outcome_unknown).
    ///
    /// A failed upload is aborted. If the abort also fails, or the outcome is unknown and the upload may still be open, the
    /// error's [context](Error::context) holds the upload ID. If the future is dropped, the upload is not aborted: its parts occupy storage until you or a lifecycle
    /// rule abort it.
    ///
    /// ```no_run
    /// # async fn example(s3: slim_s3::Client) -> Result<(), slim_s3::Error> {
    /// let film = s3
    ///     .upload_file("films", "cat.mp4", "cat.mp4")
    ///     .content_type("video/mp4")
    ///     .send()
    ///     .await?;
    /// println!("{} bytes in {} parts, ETag {}", film.size, film.parts, film.etag);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// Any kind of [`Error`]. It is [`Error::Invalid`] if the file cannot be opened, and a
    /// [`Transport`](Error::Transport) error if the file changes its length while it is read.
    ///
    /// <https://docs.aws.amazon.com/AmazonS3/latest/userguide/mpuoverview.html>
    pub fn upload_file(&self, bucket: &str, key: &str, path: impl AsRef<Path>) -> Upload {
        let path = path.as_ref().to_owned();
        self.upload(bucket, key, Box::new(FileParts::Closed(path)))
    }

    /// Stores everything a reader returns, of any length: with one PutObject below 8 MiB, otherwise in parts.
    ///
    /// Each part is buffered in memory before it is sent: at most `concurrency` + 1 parts at a time, and a
    /// small object takes at most twice its size. 10,000 parts of 8 MiB hold about 78 GiB; for longer streams choose a
    /// larger [`part_size`](Upload::part_size). A stream that is too long is an error and is never truncated.
    ///
    /// There is no timeout for the reader: the upload stays open while it waits for data. Otherwise this works like
    /// [`upload_file`](Client::upload_file).
    ///
    /// ```no_run
    /// # async fn example(s3: slim_s3::Client) -> Result<(), Box<dyn std::error::Error>> {
    /// // Any tokio reader: a socket, the output of a process, standard input.
    /// let reader = tokio::net::TcpStream::connect("127.0.0.1:5140").await?;
    /// let log = s3.upload_reader("logs", "today.log", reader).send().await?;
    /// println!("{} bytes in {} parts", log.size, log.parts);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// Any kind of [`Error`]. It is a [`Transport`](Error::Transport) error if the reader fails, and
    /// [`Error::Invalid`] if the stream is too long for its part size.
    ///
    /// <https://docs.aws.amazon.com/AmazonS3/latest/userguide/mpuoverview.html>
    #[doc(alias = "upload_fileobj")]
    pub fn upload_reader(
        &self,
        bucket: &str,
        key: &str,
        reader: impl AsyncRead + Send + 'static,
    ) -> Upload {
        let reader = ReaderParts::new(Reader::Async(Box::pin(reader)));
        self.upload(bucket, key, Box::new(reader))
    }

    fn upload(&self, bucket: &str, key: &str, source: Box<dyn PartSource>) -> Upload {
        Upload {
            put: self.put_object(bucket, key, Body::empty()),
            source,
            part_size: PART_SIZE,
            threshold: PART_SIZE,
            concurrency: CONCURRENCY,
            limits: self.inner.dialect.part_limits,
        }
    }
}

impl Upload {
    /// Stores the object.
    ///
    /// # Errors
    ///
    /// See [`Client::upload_file`].
    pub async fn send(self) -> Result<UploadOutput, Error> {
        Ok(self.send_with_metadata().await?.output)
    }

    /// Like [`send`](Upload::send), but also returns the metadata of the response that confirmed the object: that
    /// of PutObject or CompleteMultipartUpload.
    ///
    /// # Errors
    ///
    /// See [`Client::upload_file`].
    pub async fn send_with_metadata(self) -> Result<WithMetadata<UploadOutput>, Error> {
        let context = call_context(&UPLOAD, &self.put.request, 0);
        self.run(&context)
            .await
            .map_err(|error| error.with_context(&context))
    }

    /// The size in bytes of all parts but the last: 8 MiB by default, 5 MiB to 5 GiB on AWS. It is doubled until a
    /// file fits into 10,000 parts.
    #[doc(alias = "multipart_chunksize")]
    pub fn part_size(mut self, bytes: u64) -> Upload {
        self.part_size = bytes;
        self
    }

    /// Data of this size in bytes or more is uploaded in parts: 8 MiB by default. A reader is buffered in memory up to
    /// this size before anything is sent.
    #[doc(alias = "multipart_threshold")]
    pub fn threshold(mut self, bytes: u64) -> Upload {
        self.threshold = bytes;
        self
    }

    /// The maximum number of parts that are sent at a time: 4 by default.
    #[doc(alias = "max_concurrency")]
    pub fn concurrency(mut self, parts: usize) -> Upload {
        self.concurrency = parts;
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
            put,
            mut source,
            part_size,
            threshold,
            concurrency,
            limits,
        } = self;
        check_runtime()?;
        check_options(&put.request, concurrency)?;
        // Also checked for small objects: an upload must not start to fail when the object grows.
        limits.part_size(None, part_size)?;
        let complete = CompleteMultipartUpload::SPEC.name;
        let dialect = &put.client.inner.dialect;
        dialect.check_conditions(complete, &put.request)?;

        // An empty object has no part, so it is never uploaded in parts.
        let threshold = threshold.max(1);
        let size = source.fill(threshold).await?;
        if size < threshold {
            let body = source.next(size).await?.unwrap_or_default();
            return put_whole(put, body).await;
        }
        let part_size = limits.part_size(source.length(), part_size)?;
        let multipart = Multipart::create(put, part_size, concurrency, limits.max_parts).await?;
        match multipart.send_parts(source).await {
            Ok(output) => match multipart
                .check_encryption(output.output.version_id.as_deref())
                .await
            {
                Ok(()) => Ok(output),
                Err(error) => {
                    let mut error = error.with_context(context);
                    // The object exists, although the check failed.
                    error.context_mut().outcome_unknown = true;
                    Err(error)
                }
            },
            Err(error) => {
                // Returns the first error, whether or not the abort succeeds. An upload that may be complete is not aborted.
                let mut error = error.with_context(context);
                if !error.is_outcome_unknown() && !multipart.abort().await {
                    error.context_mut().upload_id = Some(multipart.upload_id);
                }
                Err(error)
            }
        }
    }
}

async fn put_whole(
    mut put: Call<PutObject>,
    body: Body,
) -> Result<WithMetadata<UploadOutput>, Error> {
    let size = body.len();
    put.request.body = body;
    let stored = put.send_with_metadata().await?;
    Ok(stored.map(|stored| UploadOutput {
        etag: stored.etag,
        size,
        parts: 0,
        version_id: stored.version_id,
    }))
}

fn check_options(request: &Request, concurrency: usize) -> Result<(), Error> {
    if concurrency == 0 {
        return Err(Error::invalid(
            "concurrency",
            "0 parts at a time",
            "use 1 to send one part after the other",
        ));
    }
    match request.headers.iter().find(|(name, _)| is_checksum(name)) {
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
            part_size,
            threshold,
            concurrency,
            limits,
            ..
        } = self;
        let mut upload = f.debug_struct("Upload");
        upload
            .field("put", put)
            .field("part_size", part_size)
            .field("threshold", threshold)
            .field("concurrency", concurrency)
            .field("limits", limits)
            .finish_non_exhaustive()
    }
}

// `tokio::spawn` requires futures that are `Send`.
const _: fn(Upload) = |upload| {
    fn is_send<T: Send + 'static>(_: T) {}
    is_send(upload.send());
};
