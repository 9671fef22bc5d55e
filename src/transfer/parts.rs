//! Sources of parts: a file, which is read while its parts are sent, or a reader, whose parts are buffered in memory.

use std::fs::File;
use std::future::Future;
use std::path::PathBuf;
use std::pin::Pin;
use std::sync::Arc;

use bytes::BytesMut;
use tokio::io::{AsyncRead, AsyncReadExt};

use crate::body::Body;
use crate::body::file::{FileSource, READ_SIZE};
use crate::error::{Error, TransportKind};

pub(crate) type BoxResultFuture<'a, T> =
    Pin<Box<dyn Future<Output = Result<T, Error>> + Send + 'a>>;

/// A source of parts.
pub(crate) trait PartSource: Send {
    /// Returns the number of bytes in the source. A reader is read, and counted, only up to `threshold`.
    fn fill(&mut self, threshold: u64) -> BoxResultFuture<'_, u64>;

    /// The total length, if it is known. Call `fill` first.
    fn length(&self) -> Option<u64>;

    /// The next `size` bytes, or fewer in the last part; `None` after it.
    fn next(&mut self, size: u64) -> BoxResultFuture<'_, Option<Body>>;
}

/// The parts of a file, which are read while they are sent.
pub(crate) enum FileParts {
    Closed(PathBuf),
    Open {
        file: FileSource,
        offset: u64,
    },
    /// A pipe or a device.
    Stream(ReaderParts),
}

impl FileParts {
    async fn open(path: PathBuf) -> Result<FileParts, Error> {
        let invalid = |problem: String| {
            Error::invalid(
                "file",
                format!("{} {problem}", path.display()),
                "use a readable file",
            )
        };
        let open = {
            let path = path.clone();
            move || {
                std::fs::File::open(&path)
                    .and_then(|file| file.metadata().map(|metadata| (file, metadata)))
            }
        };
        let opened = tokio::task::spawn_blocking(open)
            .await
            .unwrap_or_else(|error| Err(std::io::Error::other(error)));
        let (file, metadata) = opened.map_err(|error| {
            invalid(format!("cannot be opened: {error}")).with_source(error.into())
        })?;
        if metadata.is_dir() {
            return Err(invalid("is a directory".to_owned()));
        }
        if !metadata.is_file() {
            return Ok(FileParts::Stream(ReaderParts::new(Reader::Pipe(Arc::new(
                file,
            )))));
        }
        let file = FileSource::new(file).map_err(|error| invalid(error.to_string()))?;
        Ok(FileParts::Open { file, offset: 0 })
    }
}

impl PartSource for FileParts {
    fn fill(&mut self, threshold: u64) -> BoxResultFuture<'_, u64> {
        Box::pin(async move {
            if let FileParts::Closed(path) = self {
                *self = FileParts::open(std::mem::take(path)).await?;
            }
            match self {
                FileParts::Stream(reader) => reader.fill(threshold).await,
                _ => Ok(self.length().unwrap_or_default()),
            }
        })
    }

    fn length(&self) -> Option<u64> {
        if let FileParts::Open { file, .. } = self {
            Some(file.length())
        } else {
            None
        }
    }

    fn next(&mut self, size: u64) -> BoxResultFuture<'_, Option<Body>> {
        match self {
            FileParts::Stream(reader) => reader.next(size),
            FileParts::Closed(_) => Box::pin(async { Ok(None) }),
            FileParts::Open { file, offset } => Box::pin(async move {
                let size = size.min(file.length() - *offset);
                // An empty file is an empty object: one empty body.
                if size == 0 && *offset > 0 {
                    return Ok(None);
                }
                let part = file.slice(*offset, size);
                *offset += size;
                Ok(Some(Body::file(part)))
            }),
        }
    }
}

pub(crate) enum Reader {
    Async(Pin<Box<dyn AsyncRead + Send>>),
    /// Read on a blocking thread. tokio's own file would add 5 KiB to the binary.
    Pipe(Arc<File>),
}

/// Buffers a reader in memory, part by part, so that each part can be retried.
pub(crate) struct ReaderParts {
    reader: Reader,
    buffer: BytesMut,
    /// Whether the last part had the full size. If so, the next one probably does as well.
    last_was_whole: bool,
}

impl ReaderParts {
    pub(crate) fn new(reader: Reader) -> ReaderParts {
        ReaderParts {
            reader,
            buffer: BytesMut::new(),
            last_was_whole: false,
        }
    }

    /// Reads until the buffer has `size` bytes or the reader ends. A single read may return fewer bytes than are
    /// available.
    async fn read(&mut self, size: u64) -> Result<(), Error> {
        let size = usize::try_from(size).unwrap_or(usize::MAX);
        while self.buffer.len() < size {
            let missing = size - self.buffer.len();
            // The buffer grows with its content, so that a small object does not need the memory of a whole part.
            let room = if self.last_was_whole {
                missing
            } else {
                missing.min(self.buffer.len().max(64 << 10))
            };
            self.buffer.reserve(room);
            let read = match &mut self.reader {
                Reader::Async(reader) => {
                    let mut limited = reader.take(missing as u64);
                    limited.read_buf(&mut self.buffer).await
                }
                Reader::Pipe(file) => {
                    crate::body::file::read(file, None, READ_SIZE.min(room as u64))
                        .await
                        .map(|bytes| {
                            self.buffer.extend_from_slice(&bytes);
                            bytes.len()
                        })
                }
            };
            match read {
                Ok(0) => break,
                Ok(_) => {}
                Err(error) => {
                    return Err(Error::transport(
                        TransportKind::Body,
                        format!("the reader failed: {error}"),
                        Some(error.into()),
                    ));
                }
            }
        }
        self.last_was_whole = self.buffer.len() >= size;
        Ok(())
    }
}

impl PartSource for ReaderParts {
    fn fill(&mut self, threshold: u64) -> BoxResultFuture<'_, u64> {
        Box::pin(async move {
            self.read(threshold).await?;
            Ok(self.buffer.len() as u64)
        })
    }

    fn length(&self) -> Option<u64> {
        None
    }

    fn next(&mut self, size: u64) -> BoxResultFuture<'_, Option<Body>> {
        Box::pin(async move {
            self.read(size).await?;
            let size = usize::try_from(size)
                .unwrap_or(usize::MAX)
                .min(self.buffer.len());
            if size == 0 {
                Ok(None)
            } else {
                Ok(Some(Body::from(self.buffer.split_to(size).freeze())))
            }
        })
    }
}
