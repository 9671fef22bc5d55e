//! A body that is read from a file, and the trait that it shares with streams.

use std::fs::File;
use std::future::Future;
use std::io::{self, Seek};
use std::ops::Range;
use std::path::Path;
use std::pin::Pin;
use std::sync::Arc;
use std::time::SystemTime;

use bytes::Bytes;
use futures_core::Stream;
use futures_util::stream;

use crate::body::blocking::blocking;
use crate::body::buffers::Buffers;
use crate::body::stream::Chunking;
use crate::body::{Body, Content};
use crate::crypto::Sha256Stream;

pub(crate) type ByteStream = Pin<Box<dyn Stream<Item = io::Result<Bytes>> + Send>>;
pub(crate) type BoxFuture<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// The size of one read of a file.
const READ_SIZE: u64 = 512 << 10;

/// How much of a file is hashed by one task on the blocking pool: 5 ms of work. With a task for each read, an upload of
/// 1 GiB takes 12 % longer.
const HASHED_AT_ONCE: u64 = 8 << 20;

/// A body of known length that is read while it is sent.
///
/// A trait and not an enum of the two kinds, so that a program that uses neither links neither.
pub(crate) trait BodySource: Send + Sync {
    fn len(&self) -> u64;

    /// The bytes from the start; `None` if the source was consumed and cannot be replayed.
    fn open(&self) -> Option<ByteStream>;

    /// Whether the source was consumed and cannot be replayed.
    fn is_spent(&self) -> bool;

    /// The SHA-256 of the bytes; `None` if reading them would consume the source.
    fn sha256(&self) -> Option<BoxFuture<'_, io::Result<[u8; 32]>>>;

    /// Encodes the bytes in chunks; `None` for a source that is hashed instead.
    fn chunked(&self, bytes: ByteStream, chunking: Chunking) -> Option<ByteStream>;

    /// The range of a file, if that is the source.
    fn as_file(&self) -> Option<&FileSource> {
        None
    }
}

impl Body {
    /// The contents of a file, from its start to its end.
    ///
    /// # Errors
    ///
    /// An I/O error if the file cannot be opened, or is not a regular file.
    pub fn from_path(path: impl AsRef<Path>) -> io::Result<Body> {
        // Before opening it: that of a pipe would block until there is a writer.
        check_regular(&std::fs::metadata(&path)?)?;
        FileSource::new(File::open(path)?).map(|source| Body(Content::Source(Box::new(source))))
    }

    /// The bytes at the positions `range` of a file, whatever its own position is. Bytes after the range do not matter, even
    /// if there are more of them later.
    ///
    /// ```no_run
    /// # async fn example(s3: slim_s3::Client) -> Result<(), Box<dyn std::error::Error>> {
    /// use slim_s3::Body;
    ///
    /// let image = std::fs::File::open("disk.img")?;
    /// let first_gib = Body::from_file_range(image, 0..1 << 30)?;
    /// s3.upload("disks", "first-gib", first_gib).send().await?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// An I/O error if the file is not a regular file, or ends before the range does.
    pub fn from_file_range(file: File, range: Range<u64>) -> io::Result<Body> {
        let metadata = file.metadata()?;
        check_regular(&metadata)?;
        let length = metadata.len();
        if range.start > range.end || range.end > length {
            let problem = format!(
                "the range {} to {} is not within the {length} bytes of the file",
                range.start, range.end
            );
            return Err(io::Error::new(io::ErrorKind::InvalidInput, problem));
        }
        Ok(Body::file(FileSource {
            file: Arc::new(file),
            start: range.start,
            len: range.end - range.start,
            to_end: false,
        }))
    }

    pub(crate) fn file(source: FileSource) -> Body {
        Body(Content::Source(Box::new(source)))
    }
}

/// The contents of the file, from its position to its end.
impl From<File> for Body {
    fn from(file: File) -> Body {
        match FileSource::new(file) {
            Ok(source) => Body::file(source),
            Err(error) => Body(Content::Unusable(error.to_string())),
        }
    }
}

/// The contents of the file, from its position to its end. After writing, flush the file first, or open it again. Do the
/// same after dropping the future of a read: tokio may have read more than the position shows.
impl From<tokio::fs::File> for Body {
    fn from(file: tokio::fs::File) -> Body {
        match file.try_into_std() {
            Ok(file) => Body::from(file),
            Err(_) => Body(Content::Unusable(
                "a tokio file with an operation in progress; flush it first".to_owned(),
            )),
        }
    }
}

/// A range of a file. It is read by position, so that several parts of one file can be read concurrently.
#[derive(Clone, Debug)]
pub(crate) struct FileSource {
    file: Arc<File>,
    start: u64,
    len: u64,
    /// Whether the range ends where the file ended when it was opened. If so, bytes after it are an error.
    to_end: bool,
}

impl FileSource {
    /// From the file's position to its end.
    pub(crate) fn new(mut file: File) -> io::Result<FileSource> {
        let metadata = file.metadata()?;
        check_regular(&metadata)?;
        let start = file.stream_position()?;
        Ok(FileSource {
            file: Arc::new(file),
            start,
            len: metadata.len().saturating_sub(start),
            to_end: true,
        })
    }

    pub(crate) fn length(&self) -> u64 {
        self.len
    }

    /// When the file was modified.
    pub(crate) fn modified(&self) -> Option<SystemTime> {
        self.file.metadata().ok()?.modified().ok()
    }

    /// The `len` bytes at `offset` of this range.
    pub(crate) fn slice(&self, offset: u64, len: u64) -> FileSource {
        let to_end = self.to_end && offset + len == self.len;
        FileSource {
            file: self.file.clone(),
            start: self.start + offset,
            len,
            to_end,
        }
    }

    /// Reads the range into a hash.
    pub(crate) async fn hash<H: Send + 'static>(
        &self,
        mut hash: H,
        update: fn(&mut H, &[u8]),
    ) -> io::Result<H> {
        let size = usize::try_from(READ_SIZE.min(self.len)).unwrap_or(usize::MAX);
        let mut buffer = vec![0; size];
        let (mut position, end) = (self.start, self.start + self.len);
        while position < end {
            let (file, from) = (self.file.clone(), position);
            let to = end.min(from + HASHED_AT_ONCE);
            let hashed = blocking(move || {
                let update = |piece: &[u8]| update(&mut hash, piece);
                let read = read_range(&file, from..to, &mut buffer, update);
                (read, buffer, hash)
            });
            let read;
            (read, buffer, hash) = hashed.await?;
            match read? {
                // The file has become shorter. Sending it reports this.
                0 => break,
                read => position += read,
            }
        }
        Ok(hash)
    }

    fn stream(&self) -> ByteStream {
        let start = (self.clone(), 0, Buffers::default());
        Box::pin(stream::unfold(
            start,
            |(source, offset, mut buffers)| async move {
                // One byte after the end is requested, to detect a file that has grown.
                let size = READ_SIZE.min(source.len.checked_sub(offset)?);
                if size == 0 && !source.to_end {
                    return None;
                }
                let mut buffer = buffers.take();
                buffer.resize(usize::try_from(size.max(1)).unwrap_or(usize::MAX), 0);
                match read(&source.file, source.start + offset, buffer).await {
                    Ok(bytes) if bytes.is_empty() => None,
                    Ok(bytes) => {
                        buffers.keep(&bytes);
                        let offset = offset + bytes.len() as u64;
                        Some((Ok(bytes), (source, offset, buffers)))
                    }
                    Err(error) => Some((Err(error), (source, offset, buffers))),
                }
            },
        ))
    }
}

impl BodySource for FileSource {
    fn len(&self) -> u64 {
        self.len
    }

    fn open(&self) -> Option<ByteStream> {
        Some(self.stream())
    }

    fn is_spent(&self) -> bool {
        false
    }

    fn sha256(&self) -> Option<BoxFuture<'_, io::Result<[u8; 32]>>> {
        Some(Box::pin(async {
            let hash = self.hash(Sha256Stream::default(), Sha256Stream::update);
            hash.await.map(Sha256Stream::finish)
        }))
    }

    fn chunked(&self, _: ByteStream, _: Chunking) -> Option<ByteStream> {
        None
    }

    fn as_file(&self) -> Option<&FileSource> {
        Some(self)
    }
}

fn check_regular(metadata: &std::fs::Metadata) -> io::Result<()> {
    if metadata.is_file() {
        return Ok(());
    }
    let problem = "a pipe, a device or a directory has no length; send a pipe with upload_reader";
    Err(io::Error::new(io::ErrorKind::InvalidInput, problem))
}

/// Reads a range of a file through a buffer. Returns the number of bytes, fewer only at the end of the file.
fn read_range(
    file: &File,
    range: Range<u64>,
    buffer: &mut [u8],
    mut take: impl FnMut(&[u8]),
) -> io::Result<u64> {
    let mut position = range.start;
    while position < range.end {
        let size = usize::try_from(range.end - position).unwrap_or(usize::MAX);
        let size = size.min(buffer.len());
        let buffer = buffer.get_mut(..size).unwrap_or_default();
        match read_at(file, buffer, position)? {
            0 => break,
            read => {
                take(buffer.get(..read).unwrap_or_default());
                position += read as u64;
            }
        }
    }
    Ok(position - range.start)
}

/// Reads from a position on tokio's blocking pool, as many bytes as the buffer has.
async fn read(file: &Arc<File>, position: u64, mut buffer: Vec<u8>) -> io::Result<Bytes> {
    let file = file.clone();
    let read = move || {
        let count = read_at(&file, &mut buffer, position)?;
        buffer.truncate(count);
        Ok(Bytes::from(buffer))
    };
    blocking(read).await?
}

fn read_at(file: &File, buffer: &mut [u8], position: u64) -> io::Result<usize> {
    loop {
        #[cfg(unix)]
        let read = std::os::unix::fs::FileExt::read_at(file, buffer, position);
        #[cfg(windows)]
        let read = std::os::windows::fs::FileExt::seek_read(file, buffer, position);
        match read {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            read => return read,
        }
    }
}
