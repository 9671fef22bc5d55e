//! Downloads of any size: to a file, several ranges at a time.

use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::Mutex;

use futures_util::stream::{self, BoxStream};
use futures_util::{StreamExt, TryStreamExt};

use crate::call::{Effect, OperationSpec, call_context};
#[cfg(feature = "checksums")]
use crate::checksum::Verification;
use crate::client::Client;
use crate::error::Error;
use crate::etag::ETag;
use crate::http::check_runtime;
use crate::response::body::ResponseBody;
#[cfg(feature = "checksums")]
use crate::transfer::download_checksum::DownloadChecksum;
use crate::transfer::download_resume::Kept;
use crate::transfer::event::Listener;
use crate::transfer::final_name::Name;
use crate::transfer::part_file::{PartFile, follow_link};
use crate::transfer::part_plan::PART_SIZE;
use crate::transfer::parts::BoxResultFuture;
use crate::transfer::ranges::{Begun, Object, Source, advance};

const CONCURRENCY: usize = 4;

pub(super) const DOWNLOAD: OperationSpec = OperationSpec::new("Download", Effect::Reads);

/// A download to a file or a writer: [`Client::download_file`], [`Client::download_writer`].
#[must_use = "nothing is downloaded until this is sent"]
#[derive(Debug)]
pub struct Download<T> {
    pub(crate) source: Source,
    pub(super) target: T,
}

/// The target of [`Client::download_file`].
#[derive(Debug)]
#[non_exhaustive]
pub struct ToFile {
    path: PathBuf,
    pub(super) sync: bool,
    pub(super) resume: bool,
    pub(super) follow_symlink: bool,
    pub(super) name: Name,
}

/// A downloaded object.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub struct DownloadOutput {
    /// The object's ETag, if the store returns one.
    pub etag: Option<ETag>,
    /// The object's size in bytes.
    pub size: u64,
    /// The number of ranges that it was downloaded in. After a resume, only those that were missing.
    pub parts: u32,
    /// The version ID, if the bucket is versioned.
    pub version_id: Option<String>,
    /// Whether the content was verified with the checksum of the object; see `verify_checksum`.
    #[cfg(feature = "checksums")]
    pub verification: Verification,
}

impl Client {
    /// Downloads an object of any size to a file: ranges of 8 MiB, four at a time.
    ///
    /// The content goes to a hidden temporary file in the same folder, which is renamed when it is complete: the path never
    /// names half a file, and a file that exists keeps its content until then. Its mode is also that of the new file. A symbolic
    /// link is replaced, unless [`follow_symlink`](Download::follow_symlink) is set. The temporary file is deleted if the
    /// download fails or its future is dropped, unless [`resume`](Download::resume) keeps it. If the system may fail before it
    /// has written the data to the disk, use [`sync`](Download::sync).
    ///
    /// The first range shows the object's size and its ETag, on which the others depend: if the object is replaced meanwhile, the
    /// download fails. A range whose connection fails is continued where it was interrupted, according to the
    /// [`RetryPolicy`](crate::RetryPolicy), whose `give_up_after` counts for each range. From a store that returns no ETag or no
    /// size, the object is read with one request, which does not continue.
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
    /// [`Error::Malformed`] if that shows only in another ETag or size.
    ///
    /// <https://docs.aws.amazon.com/AmazonS3/latest/userguide/range-get-olap.html>
    #[doc(alias = "download_fileobj")]
    pub fn download_file(
        &self,
        bucket: &str,
        key: &str,
        path: impl AsRef<Path>,
    ) -> Download<ToFile> {
        let target = ToFile {
            path: path.as_ref().to_owned(),
            sync: false,
            resume: false,
            follow_symlink: false,
            name: Name::Replace,
        };
        self.download(bucket, key, target)
    }

    pub(super) fn download<T>(&self, bucket: &str, key: &str, target: T) -> Download<T> {
        let defaults = &self.inner.defaults;
        Download {
            source: Source {
                get: self.get_object(bucket, key),
                part_size: defaults.part_size.unwrap_or(PART_SIZE),
                concurrency: CONCURRENCY,
                listener: Listener::default(),
                written: Mutex::new(0),
                #[cfg(feature = "checksums")]
                checksum: defaults.checksums.verify.map(DownloadChecksum::new),
            },
            target,
        }
    }
}

impl Download<ToFile> {
    /// Downloads the object.
    ///
    /// # Errors
    ///
    /// See [`Client::download_file`].
    pub async fn send(self) -> Result<DownloadOutput, Error> {
        let context = call_context(&DOWNLOAD, &self.source.get.request, 0);
        let downloaded = self.run().await;
        downloaded.map_err(|error| error.with_context(&context))
    }

    async fn run(self) -> Result<DownloadOutput, Error> {
        let Download { source, target } = self;
        check_runtime()?;
        // An invalid request is reported before the file is created.
        source.check()?;
        let path = if target.follow_symlink {
            follow_link(target.path).await?
        } else {
            target.path
        };
        let (file, begun, gaps) = begin(&source, path, target.resume, target.name).await?;
        let Begun {
            object,
            range: first,
            body,
        } = begun;
        #[cfg(feature = "checksums")]
        source.find_checksum(&object).await?;
        let ranges = source.split(gaps).map(|range| (range, None));
        let ranges = std::iter::once((first, Some(body))).chain(ranges);
        let ranges: BoxStream<'_, (Range<u64>, Option<ResponseBody>)> =
            Box::pin(stream::iter(ranges));
        let parts = ranges
            .map(|(range, body)| receive(&source, &object, &file, range, body))
            .buffer_unordered(source.concurrency)
            .try_fold(0_u32, async |parts, ()| Ok(parts.saturating_add(1)))
            .await?;
        let size = source.total();
        #[cfg(feature = "checksums")]
        let verification = match source.verify_file(&file, size).await {
            Ok(verification) => verification,
            Err(error) => {
                if let Error::Malformed(_) = error {
                    file.discard();
                }
                return Err(error);
            }
        };
        file.rename(object.size.unwrap_or(size), target.sync, target.name)
            .await?;
        source.tell_finished(size);
        Ok(DownloadOutput {
            etag: object.etag,
            size,
            parts,
            version_id: object.version_id,
            #[cfg(feature = "checksums")]
            verification,
        })
    }
}

/// Creates the file and requests the first range; or, of a download that an earlier one has left, opens the file and requests
/// the first range that is missing. Also returns what is missing after that.
async fn begin(
    source: &Source,
    path: PathBuf,
    resume: bool,
    name: Name,
) -> Result<(PartFile, Begun, Vec<Range<u64>>), Error> {
    let request = &source.get.request;
    if resume && let Some((file, kept)) = PartFile::reopen(&path, request).await? {
        if let Some((begun, gaps)) = begin_again(source, &kept).await? {
            source.tell_started(&begun.object);
            source.tell_resumed(&kept.done());
            return Ok((file, begun, gaps));
        }
        file.discard();
    }
    let mut file = PartFile::create(path, resume, name).await?;
    let begun = source.begin().await?;
    let Begun { object, range, .. } = &begun;
    source.tell_started(object);
    let rest = object.size.map(|size| range.end..size);
    let rest: Vec<_> = rest.filter(|rest| !rest.is_empty()).into_iter().collect();
    if resume && !rest.is_empty() {
        file.record(request, object).await?;
    }
    Ok((file, begun, rest))
}

/// Requests the first range that is missing; `None` if the object has changed.
async fn begin_again(
    source: &Source,
    kept: &Kept,
) -> Result<Option<(Begun, Vec<Range<u64>>)>, Error> {
    let object = &kept.object;
    // The store decides about any other condition of the caller's.
    let condition = object.etag.as_ref().map(ETag::to_condition);
    let mut headers = source.get.request.headers.iter();
    if headers.any(|(name, value)| name.starts_with("if-") && Some(value) != condition.as_ref()) {
        return Ok(None);
    }
    let mut gaps = kept.missing();
    let Some(first) = source.split(gaps.clone()).next() else {
        return Ok(None);
    };
    let body = match source.fetch(object, first.clone()).await {
        Ok(body) => body,
        Err(error) if error.is_precondition_failed() => return Ok(None),
        Err(error) if error.status().is_some_and(|status| status.as_u16() == 416) => {
            return Ok(None);
        }
        Err(Error::Malformed(_)) => return Ok(None),
        Err(error) => return Err(error),
    };
    if let Some(gap) = gaps.first_mut() {
        gap.start = first.end;
    }
    let begun = Begun {
        object: object.clone(),
        range: first,
        body,
    };
    Ok(Some((begun, gaps)))
}

/// Receives a range, whose response may have begun. If its body is interrupted, it continues by itself.
// Boxed, because the compiler cannot prove that the future of an `async fn` in a stream's closure is `Send`.
fn receive<'a>(
    source: &'a Source,
    object: &'a Object,
    file: &'a PartFile,
    range: Range<u64>,
    body: Option<ResponseBody>,
) -> BoxResultFuture<'a, ()> {
    Box::pin(async move {
        let mut body = match body {
            Some(body) => body,
            None => source.fetch(object, range.clone()).await?,
        };
        let mut position = range.start;
        #[cfg(feature = "checksums")]
        let mut running = source.start_range();
        while let Some(chunk) = body.chunk().await? {
            let length = chunk.len();
            let next = advance(position, Some(length), &range)?;
            #[cfg(feature = "checksums")]
            if let Some(running) = &mut running {
                running.update(&chunk);
            }
            file.write(chunk, position).await?;
            position = next;
            source.advance(length as u64, object);
        }
        advance(position, None, &range)?;
        file.record_done(range.clone()).await?;
        #[cfg(feature = "checksums")]
        source.end_range(range.start..position, running);
        source.tell_part_done(&range, position - range.start);
        Ok(())
    })
}

// `tokio::spawn` requires futures that are `Send`.
const _: fn(Download<ToFile>) = |download| {
    fn is_send<T: Send + 'static>(_: T) {}
    is_send(download.send());
};
