//! Bodies that are not in memory: files, which can be read again, and streams, which cannot.

use std::fs::File;
use std::future::Future;
use std::io::{self, Read, Seek};
use std::path::Path;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};

use bytes::{Bytes, BytesMut};
use futures_core::Stream;
use futures_util::{StreamExt, stream};
use tokio::io::{AsyncRead, AsyncReadExt};

use crate::body::{Body, Kind};
use crate::crypto::Sha256Stream;
use crate::error::BoxError;
use crate::sigv4::ChunkSigner;

pub(crate) type ByteStream = Pin<Box<dyn Stream<Item = io::Result<Bytes>> + Send>>;
type BoxFuture<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// How much of a file is read at once.
pub(crate) const READ_SIZE: u64 = 256 << 10;
const CHUNK_SIZE: usize = crate::sigv4::CHUNK_SIZE as usize;

/// Bytes of a known number that are read while they are sent.
///
/// A body that is a source is one of two kinds, behind this trait so that a program that uses neither links neither.
pub(crate) trait Source: Send + Sync {
    fn len(&self) -> u64;

    /// The bytes from the beginning; `None` if they were read before and cannot be read again.
    fn open(&self) -> Option<ByteStream>;

    /// The SHA-256 of the bytes, if they can be read again.
    fn sha256(&self) -> Option<BoxFuture<'_, io::Result<[u8; 32]>>>;

    /// Puts the bytes into signed chunks. `None` for a source that is hashed instead.
    fn chunked(&self, bytes: ByteStream, signer: ChunkSigner) -> Option<ByteStream>;
}

impl Body {
    /// A file's bytes, from its beginning to its end.
    pub fn from_path(path: impl AsRef<Path>) -> io::Result<Body> {
        FileSource::new(File::open(path)?).map(|source| Body(Kind::Source(Box::new(source))))
    }

    /// `length` bytes of a stream. They can be sent once; if the stream ends early or goes on, the call fails and the
    /// store keeps nothing.
    pub fn stream<S, E>(length: u64, stream: S) -> Body
    where
        S: Stream<Item = Result<Bytes, E>> + Send + 'static,
        E: Into<BoxError>,
    {
        let bytes: ByteStream = Box::pin(stream.map(|item| item.map_err(io::Error::other)));
        Body(Kind::Source(Box::new(OneShot {
            len: length,
            bytes: Mutex::new(Some(bytes)),
        })))
    }

    /// `length` bytes of a reader, like [`Body::stream`].
    pub fn reader(length: u64, reader: impl AsyncRead + Send + 'static) -> Body {
        let bytes = stream::unfold(Box::pin(reader), |mut reader| async move {
            let mut buffer = BytesMut::with_capacity(CHUNK_SIZE);
            match reader.read_buf(&mut buffer).await {
                Ok(0) => None,
                Ok(_) => Some((Ok(buffer.freeze()), reader)),
                Err(error) => Some((Err(error), reader)),
            }
        });
        Body::stream(length, bytes)
    }

    pub(crate) fn file(source: FileSource) -> Body {
        Body(Kind::Source(Box::new(source)))
    }
}

/// The file's bytes, from its position to its end.
impl From<File> for Body {
    fn from(file: File) -> Body {
        match FileSource::new(file) {
            Ok(source) => Body::file(source),
            Err(error) => Body(Kind::Unusable(error.to_string())),
        }
    }
}

/// The file's bytes, from its position to its end. Finish writing first: flush the file, or open it anew. So do after a
/// read whose future was dropped: tokio may have read on without the position showing it.
impl From<tokio::fs::File> for Body {
    fn from(file: tokio::fs::File) -> Body {
        match file.try_into_std() {
            Ok(file) => Body::from(file),
            Err(_) => Body(Kind::Unusable(
                "is a tokio file with an operation under way; flush it first".to_owned(),
            )),
        }
    }
}

/// A range of a file. It is read by position, so that parts of one file can be read side by side.
#[derive(Clone, Debug)]
pub(crate) struct FileSource {
    file: Arc<File>,
    start: u64,
    len: u64,
    /// Whether the range reaches to where the file ended when it was opened; then more bytes there are an error.
    to_end: bool,
}

impl FileSource {
    /// From the file's position to its end.
    pub(crate) fn new(mut file: File) -> io::Result<FileSource> {
        let metadata = file.metadata()?;
        if !metadata.is_file() {
            let problem = "is a pipe, a device or a directory, and has no length; send a pipe with upload_reader";
            return Err(io::Error::new(io::ErrorKind::InvalidInput, problem));
        }
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

    fn stream(&self) -> ByteStream {
        let source = self.clone();
        Box::pin(stream::unfold((source, 0), |(source, offset)| async move {
            // Behind the end one byte is asked for, once, to notice a file that has grown.
            let size = READ_SIZE.min(source.len.checked_sub(offset)?);
            if size == 0 && !source.to_end {
                return None;
            }
            match read(&source.file, Some(source.start + offset), size.max(1)).await {
                Ok(bytes) if bytes.is_empty() => None,
                Ok(bytes) => {
                    let offset = offset + bytes.len() as u64;
                    Some((Ok(bytes), (source, offset)))
                }
                Err(error) => Some((Err(error), (source, offset))),
            }
        }))
    }
}

impl Source for FileSource {
    fn len(&self) -> u64 {
        self.len
    }

    fn open(&self) -> Option<ByteStream> {
        Some(self.stream())
    }

    fn sha256(&self) -> Option<BoxFuture<'_, io::Result<[u8; 32]>>> {
        Some(Box::pin(async {
            let mut hash = Sha256Stream::default();
            let mut rest = self.len;
            let mut bytes = self.stream();
            while let Some(chunk) = bytes.next().await {
                let chunk = chunk?;
                let within = chunk
                    .get(..usize::try_from(rest).unwrap_or(usize::MAX).min(chunk.len()))
                    .unwrap_or_default();
                hash.update(within);
                rest -= within.len() as u64;
            }
            Ok(hash.finish())
        }))
    }

    fn chunked(&self, _: ByteStream, _: ChunkSigner) -> Option<ByteStream> {
        None
    }
}

/// Reads from a position, or from where the file is, on a thread for blocking work.
pub(crate) async fn read(file: &Arc<File>, position: Option<u64>, size: u64) -> io::Result<Bytes> {
    let file = file.clone();
    let read = move || match position {
        Some(position) => read_at(&file, position, size),
        None => read_with(size, |buffer| (&*file).read(buffer)),
    };
    tokio::task::spawn_blocking(read)
        .await
        .unwrap_or_else(|error| Err(io::Error::other(error)))
}

#[cfg(unix)]
fn read_at(file: &File, position: u64, size: u64) -> io::Result<Bytes> {
    use std::os::unix::fs::FileExt;
    read_with(size, |buffer| file.read_at(buffer, position))
}

#[cfg(windows)]
fn read_at(file: &File, position: u64, size: u64) -> io::Result<Bytes> {
    use std::os::windows::fs::FileExt;
    read_with(size, |buffer| file.seek_read(buffer, position))
}

fn read_with(size: u64, mut read: impl FnMut(&mut [u8]) -> io::Result<usize>) -> io::Result<Bytes> {
    let mut buffer = vec![0; usize::try_from(size).unwrap_or(usize::MAX)];
    loop {
        match read(&mut buffer) {
            Ok(count) => {
                buffer.truncate(count);
                return Ok(Bytes::from(buffer));
            }
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
}

struct OneShot {
    len: u64,
    bytes: Mutex<Option<ByteStream>>,
}

impl Source for OneShot {
    fn len(&self) -> u64 {
        self.len
    }

    fn open(&self) -> Option<ByteStream> {
        self.bytes
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .take()
    }

    fn sha256(&self) -> Option<BoxFuture<'_, io::Result<[u8; 32]>>> {
        None
    }

    fn chunked(&self, bytes: ByteStream, signer: ChunkSigner) -> Option<ByteStream> {
        let state = Framing {
            bytes,
            signer,
            pending: BytesMut::new(),
            ended: false,
        };
        Some(Box::pin(stream::unfold(Some(state), |state| async move {
            let mut state = state?;
            match state.next_chunk().await {
                Ok(chunk) if state.ended => Some((Ok(chunk), None)),
                Ok(chunk) => Some((Ok(chunk), Some(state))),
                Err(error) => Some((Err(error), None)),
            }
        })))
    }
}

/// A stream being cut into chunks of equal size, the last one smaller, and the empty one behind it.
struct Framing {
    bytes: ByteStream,
    signer: ChunkSigner,
    pending: BytesMut,
    ended: bool,
}

impl Framing {
    /// The next full chunk; at the end of the stream what is left, and the empty chunk.
    async fn next_chunk(&mut self) -> io::Result<Bytes> {
        while self.pending.len() < CHUNK_SIZE {
            match self.bytes.next().await {
                Some(bytes) => self.pending.extend_from_slice(&bytes?),
                None => {
                    self.ended = true;
                    break;
                }
            }
        }
        let data = self.pending.split_to(CHUNK_SIZE.min(self.pending.len()));
        let mut framed = BytesMut::with_capacity(data.len() + 200);
        if !data.is_empty() {
            self.frame(&data, &mut framed);
        }
        if self.ended {
            self.frame(b"", &mut framed);
        }
        Ok(framed.freeze())
    }

    fn frame(&mut self, data: &[u8], framed: &mut BytesMut) {
        framed.extend_from_slice(self.signer.chunk_header(data).as_bytes());
        framed.extend_from_slice(data);
        framed.extend_from_slice(b"\r\n");
    }
}
