//! Sources of parts: a file, which is read while its parts are sent, or a reader, whose parts are buffered in memory.

use std::fs::{File, Metadata};
use std::future::Future;
use std::io;
use std::path::{Path, PathBuf};
use std::pin::Pin;
use std::sync::Arc;

use bytes::Bytes;
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
        let cannot_open = |error: io::Error| {
            invalid(format!("cannot be opened: {error}")).with_source(error.into())
        };
        let open = {
            let path = path.clone();
            move || open(&path)
        };
        let opened = tokio::task::spawn_blocking(open)
            .await
            .unwrap_or_else(|error| Err(io::Error::other(error)));
        let Some((file, metadata)) = opened.map_err(cannot_open)? else {
            let reader = open_fifo(&path).map_err(cannot_open)?;
            return Ok(FileParts::Stream(ReaderParts::new(reader)));
        };
        if metadata.is_dir() {
            return Err(invalid("is a directory".to_owned()));
        }
        if !metadata.is_file() {
            return Ok(FileParts::Stream(ReaderParts::new(Reader::Device(
                Arc::new(file),
            ))));
        }
        let file = FileSource::new(file).map_err(|error| invalid(error.to_string()))?;
        Ok(FileParts::Open { file, offset: 0 })
    }
}

/// Opens a file; `None` for a pipe, which [`open_fifo`] opens.
fn open(path: &Path) -> io::Result<Option<(File, Metadata)>> {
    if is_fifo(&std::fs::metadata(path)?) {
        return Ok(None);
    }
    let file = File::open(path)?;
    let metadata = file.metadata()?;
    Ok(Some((file, metadata)))
}

/// Whether the runtime can wait for data from this file. A blocking read of a silent pipe would go on after its call was
/// dropped, and the runtime would wait for it when it shuts down.
#[cfg(any(target_os = "android", target_os = "linux"))]
fn is_fifo(metadata: &Metadata) -> bool {
    std::os::unix::fs::FileTypeExt::is_fifo(&metadata.file_type())
}

/// Elsewhere a pipe without a writer would look like one that has ended.
#[cfg(not(any(target_os = "android", target_os = "linux")))]
fn is_fifo(_: &Metadata) -> bool {
    false
}

#[cfg(any(target_os = "android", target_os = "linux"))]
fn open_fifo(path: &Path) -> io::Result<Reader> {
    let receiver = tokio::net::unix::pipe::OpenOptions::new().open_receiver(path)?;
    Ok(Reader::Async(Box::pin(receiver)))
}

#[cfg(not(any(target_os = "android", target_os = "linux")))]
fn open_fifo(_: &Path) -> io::Result<Reader> {
    Err(io::ErrorKind::Unsupported.into())
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
    /// A device, read on a blocking thread. tokio's own file would add 5 KiB to the binary.
    Device(Arc<File>),
}

/// Buffers a reader in memory, part by part, so that each part can be retried.
pub(crate) struct ReaderParts {
    reader: Reader,
    /// What was read up to the threshold, and is not part of a part yet.
    filled: Bytes,
    /// The beginning of the next part.
    buffer: Vec<u8>,
    /// Whether the reader has ended. It is not read again: a pipe may get another writer, whose data is not this object's.
    ended: bool,
    /// The size of the last part that was read in full.
    last_part: usize,
}

impl ReaderParts {
    pub(crate) fn new(reader: Reader) -> ReaderParts {
        ReaderParts {
            reader,
            filled: Bytes::new(),
            buffer: Vec::new(),
            ended: false,
            last_part: 0,
        }
    }

    fn grow(&mut self, room: usize) -> Result<(), Error> {
        self.buffer.try_reserve_exact(room).map_err(|error| {
            let size = self.buffer.len().saturating_add(room);
            let message =
                format!("no memory for {size} bytes of a part: {error}; use a smaller part_size");
            Error::transport(TransportKind::Body, message, Some(error.into()))
        })
    }

    /// Reads until the buffer has `size` bytes or the reader ends. A single read may return fewer bytes than are
    /// available.
    async fn read(&mut self, size: u64) -> Result<(), Error> {
        let size = usize::try_from(size).unwrap_or(usize::MAX);
        while self.buffer.len() < size && !self.ended {
            let missing = size - self.buffer.len();
            if self.buffer.len() == self.buffer.capacity() {
                // The buffer doubles, so that a small object does not need the memory of a whole part; after a whole part,
                // another one is expected.
                let grown = self.buffer.len().max(self.last_part).max(64 << 10);
                self.grow(missing.min(grown))?;
            }
            let read = match &mut self.reader {
                Reader::Async(reader) => {
                    let mut limited = reader.take(missing as u64);
                    limited.read_buf(&mut self.buffer).await
                }
                Reader::Device(file) => {
                    crate::body::file::read(file, None, READ_SIZE.min(missing as u64))
                        .await
                        .map(|bytes| {
                            self.buffer.extend_from_slice(&bytes);
                            bytes.len()
                        })
                }
            };
            match read {
                Ok(0) => self.ended = true,
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
        Ok(())
    }
}

impl PartSource for ReaderParts {
    fn fill(&mut self, threshold: u64) -> BoxResultFuture<'_, u64> {
        Box::pin(async move {
            self.read(threshold).await?;
            self.filled = std::mem::take(&mut self.buffer).into();
            Ok(self.filled.len() as u64)
        })
    }

    fn length(&self) -> Option<u64> {
        None
    }

    fn next(&mut self, size: u64) -> BoxResultFuture<'_, Option<Body>> {
        Box::pin(async move {
            let part_size = usize::try_from(size).unwrap_or(usize::MAX);
            if (1..=self.filled.len()).contains(&part_size) {
                // Not copied: the parts share the memory.
                return Ok(Some(Body::from(self.filled.split_to(part_size))));
            }
            let rest = std::mem::take(&mut self.filled);
            if !rest.is_empty() {
                self.grow(rest.len())?;
                self.buffer.extend_from_slice(&rest);
            }
            self.read(size).await?;
            if self.buffer.is_empty() {
                return Ok(None);
            }
            self.last_part = self.buffer.len();
            Ok(Some(Body::from(std::mem::take(&mut self.buffer))))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_part_that_cannot_be_allocated_is_an_error() {
        let mut parts = ReaderParts::new(Reader::Async(Box::pin(tokio::io::empty())));
        let error = parts.grow(usize::MAX).unwrap_err().to_string();
        assert!(
            error.contains("no memory for 18446744073709551615 bytes of a part")
                || usize::BITS < 64,
            "{error}"
        );
        assert!(error.contains("smaller part_size"), "{error}");
    }

    /// A part that kept the memory of the whole would multiply it.
    #[tokio::test]
    async fn parts_of_what_was_read_up_to_the_threshold_share_its_memory() {
        let reader = Reader::Async(Box::pin(&b"0123456789ab"[..]));
        let mut parts = ReaderParts::new(reader);
        assert_eq!(parts.fill(10).await.unwrap(), 10);
        let mut bodies = Vec::new();
        while let Some(body) = parts.next(4).await.unwrap() {
            bodies.push(body.as_bytes().unwrap().clone());
        }
        assert_eq!(bodies, ["0123", "4567", "89ab"]);
        let [first, second, _] = &bodies[..] else {
            unreachable!()
        };
        assert_eq!(first.as_ptr().wrapping_add(4), second.as_ptr());
    }
}
