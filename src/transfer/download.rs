//! Downloads of any size: to a file, several ranges at a time.

use std::ops::Range;
use std::path::{Path, PathBuf};

use futures_util::stream::{self, BoxStream};
use futures_util::{StreamExt, TryStreamExt};

use crate::call::{Call, Effect, OperationSpec, call_context};
use crate::client::Client;
use crate::error::Error;
use crate::etag::ETag;
use crate::http::check_runtime;
use crate::operation::{GetObject, GetObjectOutput};
use crate::request::Request;
use crate::response::body::ResponseBody;
use crate::transfer::multipart::names;
use crate::transfer::part_file::PartFile;
use crate::transfer::part_plan::PART_SIZE;
use crate::transfer::parts::BoxResultFuture;

const CONCURRENCY: usize = 4;

const DOWNLOAD: OperationSpec = OperationSpec::new("Download", Effect::Reads);

/// A download to a file: [`Client::download_file`].
#[must_use = "nothing is downloaded until this is sent"]
#[derive(Debug)]
pub struct Download {
    /// The object and its options.
    pub(super) get: Call<GetObject>,
    path: PathBuf,
    pub(super) part_size: u64,
    pub(super) concurrency: usize,
    pub(super) sync: bool,
}

/// A downloaded object.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub struct DownloadOutput {
    /// The object's ETag, if the store returns one.
    pub etag: Option<ETag>,
    /// The object's size in bytes.
    pub size: u64,
    /// The number of ranges that it was downloaded in.
    pub parts: u32,
    /// The version ID, if the bucket is versioned.
    pub version_id: Option<String>,
}

impl Client {
    /// Downloads an object of any size to a file: ranges of 8 MiB, four at a time.
    ///
    /// The content goes to a hidden temporary file in the same folder, which is renamed when it is complete: the path never
    /// names half a file, and a file that exists keeps its content until then. Its mode is also that of the new file. A symbolic
    /// link is replaced, not followed. The temporary file is deleted if the download fails or its future is dropped. If the
    /// system may fail before it has written the data to the disk, use [`sync`](Download::sync).
    ///
    /// The first range shows the object's size and its ETag, on which the others depend: if the object is replaced meanwhile, the
    /// download fails. A range whose connection fails is continued where it was interrupted, according to the
    /// [`RetryPolicy`](crate::RetryPolicy).
    ///
    /// ```no_run
    /// # async fn example(s3: slim_s3::Client) -> Result<(), slim_s3::Error> {
    /// let film = s3.download_file("films", "cat.mp4", "cat.mp4").send().await?;
    /// println!("{} bytes", film.size);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// Any kind of [`Error`]. It is [`Error::Invalid`] if the file cannot be created, which is checked first;
    /// [`is_not_found`](Error::is_not_found) if the object does not exist; and
    /// [`is_precondition_failed`](Error::is_precondition_failed) if it was replaced during the download, or
    /// [`Error::Malformed`] if that shows only in another ETag.
    ///
    /// <https://docs.aws.amazon.com/AmazonS3/latest/userguide/range-get-olap.html>
    #[doc(alias = "download_fileobj")]
    pub fn download_file(&self, bucket: &str, key: &str, path: impl AsRef<Path>) -> Download {
        Download {
            get: self.get_object(bucket, key),
            path: path.as_ref().to_owned(),
            part_size: PART_SIZE,
            concurrency: CONCURRENCY,
            sync: false,
        }
    }
}

impl Download {
    /// Downloads the object.
    ///
    /// # Errors
    ///
    /// See [`Client::download_file`].
    pub async fn send(self) -> Result<DownloadOutput, Error> {
        let context = call_context(&DOWNLOAD, &self.get.request, 0);
        let downloaded = self.run().await;
        downloaded.map_err(|error| error.with_context(&context))
    }

    async fn run(self) -> Result<DownloadOutput, Error> {
        check_runtime()?;
        self.check()?;
        // An invalid request is reported before the file is created.
        self.get.request.check()?;
        let file = PartFile::create(self.path.clone()).await?;
        let first = self.first().await?;
        let size = total(&first)?;
        let (etag, version_id) = (first.etag, first.version_id);
        let source = Source {
            get: &self.get,
            etag: etag.as_ref(),
            file: &file,
        };
        let first_end = first.content_range.map_or(size, |range| range.last + 1);
        let part_size = self.part_size;
        let ranges = stream::unfold((0..first_end, Some(first.body)), move |(range, body)| {
            let next = range.end..range.end.saturating_add(part_size).min(size);
            // An empty object has one empty range.
            let is_over = range.is_empty() && body.is_none();
            std::future::ready((!is_over).then_some(((range, body), (next, None))))
        });
        let ranges: BoxStream<'_, (Range<u64>, Option<ResponseBody>)> = Box::pin(ranges);
        let parts = ranges
            .map(|(range, body)| source.receive(range, body))
            .buffer_unordered(self.concurrency)
            .try_fold(0_u32, async |parts, ()| Ok(parts.saturating_add(1)))
            .await?;
        file.rename(size, self.sync).await?;
        Ok(DownloadOutput {
            etag,
            size,
            parts,
            version_id,
        })
    }

    fn check(&self) -> Result<(), Error> {
        let problem = if self.concurrency == 0 {
            ("concurrency", "0 ranges at a time", "use at least 1")
        } else if self.part_size == 0 {
            ("part size", "0 bytes", "use at least 1")
        } else if self
            .get
            .request
            .headers
            .iter()
            .any(|(name, _)| name.eq_ignore_ascii_case("range"))
        {
            (
                "header range",
                "a download reads the whole object",
                "use get_object for a range",
            )
        } else {
            return Ok(());
        };
        let (field, problem, remedy) = problem;
        Err(Error::invalid(field, problem, remedy))
    }

    /// The first range, or the whole of an object that is empty: it has no range.
    async fn first(&self) -> Result<GetObjectOutput, Error> {
        let first = request(&self.get, None)
            .range(..self.part_size)
            .send()
            .await;
        match first {
            Err(error) if error.status().is_some_and(|status| status.as_u16() == 416) => {
                request(&self.get, None).send().await
            }
            first => first,
        }
    }
}

/// The size of the object.
fn total(first: &GetObjectOutput) -> Result<u64, Error> {
    let total = match first.content_range {
        Some(range) => range.total,
        None => first.content_length,
    };
    total.ok_or_else(|| Error::malformed("the store does not return the object's size", None))
}

/// A GetObject with the options of the download. The ETag replaces a condition of the caller's, which the first response met.
fn request(get: &Call<GetObject>, etag: Option<&ETag>) -> Call<GetObject> {
    let Request { headers, query, .. } = &get.request;
    let (bucket, key) = names(&get.request);
    let mut call = get.client.get_object(bucket, key);
    for (name, value) in headers {
        if etag.is_none() || name != "if-match" {
            call = call.header(name, value);
        }
    }
    for (name, value) in query {
        call = call.query(name, value);
    }
    call.request.retry = get.request.retry;
    match etag {
        Some(etag) => call.if_match(etag.clone()),
        None => call,
    }
}

/// What the ranges come from, and where they go.
struct Source<'a> {
    get: &'a Call<GetObject>,
    etag: Option<&'a ETag>,
    file: &'a PartFile,
}

impl Source<'_> {
    /// Receives a range, whose response may have begun. If its body is interrupted, it continues by itself.
    // Boxed, because the compiler cannot prove that the future of an `async fn` in a stream's closure is `Send`.
    fn receive(&self, range: Range<u64>, body: Option<ResponseBody>) -> BoxResultFuture<'_, ()> {
        Box::pin(async move {
            let body = match body {
                Some(body) => body,
                None => self.request(range.clone()).await?,
            };
            self.write(body, range).await
        })
    }

    async fn request(&self, range: Range<u64>) -> Result<ResponseBody, Error> {
        let Some(etag) = self.etag else {
            // Without it, the ranges could be those of two objects.
            let problem = "the store returns no ETag, so the object cannot be read in ranges";
            return Err(Error::malformed(problem, None));
        };
        let part = request(self.get, Some(etag)).range(range).send().await?;
        if part.etag.as_ref() != Some(etag) {
            let problem = format!(
                "the object was replaced during the download: expected the ETag {etag}, got {}",
                part.etag.map_or("none".to_owned(), |etag| etag.to_string())
            );
            return Err(Error::malformed(problem, None));
        }
        Ok(part.body)
    }

    /// Writes a body up to `end`, and advances the position with each chunk.
    async fn write(&self, mut body: ResponseBody, range: Range<u64>) -> Result<(), Error> {
        let (mut position, end) = (range.start, range.end);
        while let Some(chunk) = body.chunk().await? {
            let next = position + chunk.len() as u64;
            if next > end {
                let problem = format!("the body continued after byte {end}");
                return Err(Error::malformed(problem, None));
            }
            self.file.write(chunk, position).await?;
            position = next;
        }
        if position < end {
            let problem = format!("the body ended at byte {position} instead of {end}");
            return Err(Error::malformed(problem, None));
        }
        Ok(())
    }
}

// `tokio::spawn` requires futures that are `Send`.
const _: fn(Download) = |download| {
    fn is_send<T: Send + 'static>(_: T) {}
    is_send(download.send());
};
