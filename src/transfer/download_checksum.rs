//! The checksum of a download: that of the object, from HeadObject, is compared with that of what was downloaded.
//!
//! A response to a range has no checksum of the object, and may have that of a part. The CRCs of ranges, which arrive in any
//! order, are combined. What cannot be combined, or was downloaded earlier, is read from the file.

use std::fmt;
use std::fs::File;
use std::io;
use std::ops::Range;
use std::sync::{Mutex, MutexGuard, OnceLock, PoisonError};

use super::download::Download;
use super::part_file::PartFile;
use super::parts::BoxResultFuture;
use super::ranges::{Object, Source, replaced};
use super::request_options::names;
use crate::body::blocking::blocking;
use crate::body::file::FileSource;
use crate::checksum::{Checksum, ChecksumAlgorithm, Running, Verification, combine};
use crate::error::Error;
use crate::request::Request;
use crate::response::verified::{compare, whole_checksum};

/// The request to verify a download. It holds the functions that do it, so that a program that does not ask for it does not
/// link them.
pub(super) struct DownloadChecksum {
    expected: OnceLock<Result<Checksum, Verification>>,
    /// The digests of ranges, in order.
    ranges: Mutex<Vec<(Range<u64>, Vec<u8>)>>,
    written: Mutex<Written>,
    start: fn(ChecksumAlgorithm) -> Box<dyn Running>,
    find: for<'a> fn(&'a Source, &'a Object) -> BoxResultFuture<'a, Result<Checksum, Verification>>,
    of_file: for<'a> fn(
        &'a DownloadChecksum,
        ChecksumAlgorithm,
        &'a PartFile,
        u64,
    ) -> BoxResultFuture<'a, Vec<u8>>,
}

/// What a writer has got.
#[derive(Default)]
struct Written {
    running: Option<Box<dyn Running>>,
    bytes: u64,
    is_compared: bool,
}

impl<T> Download<T> {
    /// Compares the content with the checksum of the object, which one more request, HeadObject, returns.
    ///
    /// If the checksums differ, the download fails with [`Error::Malformed`]: a file is not renamed, and a writer does not
    /// get the last bytes. [`DownloadOutput::verification`](crate::DownloadOutput::verification) says what was verified.
    /// A composite checksum, as of most objects that were uploaded in parts, cannot be verified. A CRC is computed while
    /// ranges arrive. For SHA-1 and SHA-256, the file is read again at the end, and so is what an earlier download has left.
    ///
    /// ```no_run
    /// # async fn example(s3: slim_s3::Client) -> Result<(), slim_s3::Error> {
    /// use slim_s3::operation::Verification;
    ///
    /// let download = s3.download_file("films", "cat.mp4", "cat.mp4");
    /// let film = download.verify_checksum().send().await?;
    /// if !matches!(film.verification, Verification::Verified(_)) {
    ///     println!("not verified: {:?}", film.verification);
    /// }
    /// # Ok(())
    /// # }
    /// ```
    #[doc(alias = "ChecksumMode")]
    pub fn verify_checksum(mut self) -> Download<T> {
        self.source.checksum = Some(DownloadChecksum::new(|algorithm| algorithm.start()()));
        self
    }
}

impl DownloadChecksum {
    pub(super) fn new(start: fn(ChecksumAlgorithm) -> Box<dyn Running>) -> DownloadChecksum {
        DownloadChecksum {
            expected: OnceLock::new(),
            ranges: Mutex::default(),
            written: Mutex::default(),
            start,
            find,
            of_file,
        }
    }

    /// The checksum of the object, if it can be verified.
    fn expected(&self) -> Option<&Checksum> {
        self.expected.get()?.as_ref().ok()
    }

    fn verification(&self) -> Verification {
        match self.expected.get() {
            Some(Ok(checksum)) => Verification::Verified(checksum.algorithm),
            Some(Err(verification)) => *verification,
            None => Verification::NotRequested,
        }
    }
}

impl Source {
    /// Requests the checksum of the object, if it is to be verified.
    pub(super) async fn find_checksum(&self, object: &Object) -> Result<(), Error> {
        if let Some(checksum) = &self.checksum {
            let expected = (checksum.find)(self, object).await?;
            let _ = checksum.expected.set(expected);
        }
        Ok(())
    }

    /// Starts the checksum of a range, if those of ranges can be combined.
    pub(super) fn start_range(&self) -> Option<Box<dyn Running>> {
        let checksum = self.checksum.as_ref()?;
        let algorithm = checksum.expected()?.algorithm;
        algorithm
            .polynomial()
            .is_some()
            .then(|| (checksum.start)(algorithm))
    }

    /// Keeps the checksum of a range that was received.
    pub(super) fn end_range(&self, range: Range<u64>, running: Option<Box<dyn Running>>) {
        if let Some((checksum, running)) = self.checksum.as_ref().zip(running) {
            let mut ranges = lock(&checksum.ranges);
            let position = ranges.partition_point(|(other, _)| other.start < range.start);
            ranges.insert(position, (range, running.finish()));
        }
    }

    /// Compares a file that has all ranges.
    pub(super) async fn verify_file(
        &self,
        file: &PartFile,
        size: u64,
    ) -> Result<Verification, Error> {
        let Some(checksum) = &self.checksum else {
            return Ok(Verification::NotRequested);
        };
        if let Some(expected) = checksum.expected() {
            let digest = (checksum.of_file)(checksum, expected.algorithm, file, size).await?;
            compare(expected, &digest)?;
        }
        Ok(checksum.verification())
    }

    /// Takes the next bytes for a writer, before they are written. With the last ones, all are compared.
    pub(super) fn before_write(&self, bytes: &[u8], object: &Object) -> Result<(), Error> {
        let Some(checksum) = &self.checksum else {
            return Ok(());
        };
        let Some(expected) = checksum.expected() else {
            return Ok(());
        };
        let mut written = lock(&checksum.written);
        let running = written.running.take();
        let mut running = running.unwrap_or_else(|| (checksum.start)(expected.algorithm));
        running.update(bytes);
        written.bytes += bytes.len() as u64;
        if object.size == Some(written.bytes) {
            written.is_compared = true;
            return compare(expected, &running.finish());
        }
        written.running = Some(running);
        Ok(())
    }

    /// Compares what a writer has got, unless that has been done: its size was not known, or it is empty.
    pub(super) fn after_writes(&self) -> Result<Verification, Error> {
        let Some(checksum) = &self.checksum else {
            return Ok(Verification::NotRequested);
        };
        let mut written = lock(&checksum.written);
        if let Some(expected) = checksum.expected()
            && !written.is_compared
        {
            let running = written.running.take();
            let running = running.unwrap_or_else(|| (checksum.start)(expected.algorithm));
            compare(expected, &running.finish())?;
        }
        Ok(checksum.verification())
    }
}

/// HeadObject of the object that is downloaded.
fn find<'a>(
    source: &'a Source,
    object: &'a Object,
) -> BoxResultFuture<'a, Result<Checksum, Verification>> {
    Box::pin(async move {
        // Without an ETag, the checksum could be that of another object.
        if object.etag.is_none() {
            return Ok(Err(Verification::NoChecksum));
        }
        let Request { headers, query, .. } = &source.get.request;
        let (bucket, key) = names(&source.get.request);
        let mut head = source.get.client.head_object(bucket, key);
        for (name, value) in headers {
            if !name.starts_with("if-") {
                head = head.header(name, value);
            }
        }
        for (name, value) in query {
            head = head.query(name, value);
        }
        head.request.retry = source.get.request.retry;
        head.request.on_retry = source.listener.on_retry(None);
        let head = head.header("x-amz-checksum-mode", "ENABLED").send().await?;
        let sizes = head.content_length.zip(object.size);
        let is_other_size = sizes.is_some_and(|(head, size)| head != size);
        if head.etag != object.etag || is_other_size {
            return Err(replaced(object, head.etag.as_ref(), head.content_length));
        }
        Ok(whole_checksum(&head.headers))
    })
}

/// The digest of the file: combined from those of ranges, and of what is read between them.
fn of_file<'a>(
    checksum: &'a DownloadChecksum,
    algorithm: ChecksumAlgorithm,
    file: &'a PartFile,
    size: u64,
) -> BoxResultFuture<'a, Vec<u8>> {
    Box::pin(async move {
        let read = async |range: Range<u64>| -> io::Result<Vec<u8>> {
            let path = file.temporary.clone();
            let opened = blocking(move || FileSource::new(File::open(path)?)).await;
            let source = opened??.slice(range.start, range.end - range.start);
            let running = (checksum.start)(algorithm);
            let running = source.hash(running, |running, bytes| running.update(bytes));
            running.await.map(|running| running.finish())
        };
        let ranges = std::mem::take(&mut *lock(&checksum.ranges));
        let (mut whole, mut position) = (None, 0);
        let end = (size..size, Vec::new());
        for (range, digest) in ranges.into_iter().chain(std::iter::once(end)) {
            if position < range.start {
                let gap = position..range.start;
                let length = gap.end - gap.start;
                let read = read(gap)
                    .await
                    .map_err(|error| file.failed("read", error))?;
                whole = joined(algorithm, whole, read, length);
            }
            if !range.is_empty() {
                whole = joined(algorithm, whole, digest, range.end - range.start);
            }
            position = range.end;
        }
        match whole {
            Some(whole) => Ok(whole),
            None => Ok((checksum.start)(algorithm).finish()),
        }
    })
}

/// The digest of what is before and of what follows.
fn joined(
    algorithm: ChecksumAlgorithm,
    before: Option<Vec<u8>>,
    next: Vec<u8>,
    length: u64,
) -> Option<Vec<u8>> {
    match before {
        None => Some(next),
        // Only the digests of CRCs are kept by range, so those of hashes are of the whole file.
        Some(before) => combine(algorithm, &before, &next, length),
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl fmt::Debug for DownloadChecksum {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DownloadChecksum").finish_non_exhaustive()
    }
}
