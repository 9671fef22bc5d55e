//! A reader, whose parts are buffered in memory, so that each of them can be retried.

use std::io::{self, Read};
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use bytes::Bytes;
use tokio::io::{AsyncRead, AsyncReadExt};

use super::{BoxResultFuture, PartSource};
use crate::body::Body;
use crate::body::blocking::blocking;
use crate::body::buffers::Buffers;
use crate::error::{Error, TransportKind};

pub(crate) enum Reader {
    Async(Pin<Box<dyn AsyncRead + Send>>),
    /// Read on a blocking thread, a part at a time: a task for each read would take twice as long for a pipe. `None` if
    /// reading it panicked.
    Blocking(Option<Box<BlockingRead>>),
}

/// `Read::read`. A `dyn Read` would also link the reader's `read_to_string`, which is 2 KiB for a file.
type BlockingRead = dyn FnMut(&mut [u8]) -> io::Result<usize> + Send;

impl Reader {
    pub(crate) fn blocking(mut reader: impl Read + Send + 'static) -> Reader {
        Reader::Blocking(Some(Box::new(move |buffer| reader.read(buffer))))
    }
}

/// Buffers a reader in memory, part by part.
pub(crate) struct ReaderParts {
    reader: Reader,
    /// How many bytes the reader must have.
    declared: Option<u64>,
    /// How many bytes were read.
    read: u64,
    /// What was read up to the threshold, and is not part of a part yet.
    filled: Bytes,
    /// The beginning of the next part.
    buffer: Vec<u8>,
    /// The memory of the parts.
    buffers: Buffers,
    /// Whether the reader has ended. It is not read again: a pipe may get another writer, whose data is not this object's.
    ended: bool,
    /// The size of the last part that was read in full.
    last_part: usize,
    /// Tells the blocking thread that nobody waits for it.
    dropped: Arc<AtomicBool>,
}

impl Drop for ReaderParts {
    fn drop(&mut self) {
        self.dropped.store(true, Ordering::Relaxed);
    }
}

impl ReaderParts {
    pub(crate) fn new(reader: Reader, declared: Option<u64>) -> ReaderParts {
        ReaderParts {
            reader,
            declared,
            read: 0,
            filled: Bytes::new(),
            buffer: Vec::new(),
            buffers: Buffers::default(),
            ended: false,
            last_part: 0,
            dropped: Arc::default(),
        }
    }

    /// Reads until the buffer has `size` bytes or the reader ends.
    async fn read(&mut self, size: u64) -> Result<(), Error> {
        let size = usize::try_from(size).unwrap_or(usize::MAX);
        let before = self.buffer.len();
        if before >= size || self.ended {
            return Ok(());
        }
        let last_part = self.last_part;
        if before == 0 {
            // With old bytes.
            self.buffer = self.buffers.take();
            self.buffer.truncate(size);
        }
        self.ended = match &mut self.reader {
            Reader::Async(reader) => {
                self.buffer.truncate(before);
                read_async(reader, &mut self.buffer, size, last_part).await?
            }
            Reader::Blocking(reader) => {
                let taken = reader.take().ok_or_else(|| failed("it panicked".into()))?;
                let (mut buffer, dropped) =
                    (std::mem::take(&mut self.buffer), self.dropped.clone());
                let read = move || {
                    let mut reader = taken;
                    let room = (before, size, last_part);
                    let ended = read_blocking(&mut *reader, &mut buffer, room, &dropped);
                    (reader, buffer, ended)
                };
                let read = blocking(read).await;
                let (taken, buffer, ended) = read.map_err(|error| failed(error.into()))?;
                (*reader, self.buffer) = (Some(taken), buffer);
                ended?
            }
        };
        self.read += (self.buffer.len() - before) as u64;
        self.check_length()
    }

    fn check_length(&self) -> Result<(), Error> {
        let Some(declared) = self.declared else {
            return Ok(());
        };
        let problem = if self.read > declared {
            "the body continued after its declared length"
        } else if self.ended && self.read < declared {
            "the body ended before its declared length"
        } else {
            return Ok(());
        };
        let message = format!("{problem} of {declared} bytes");
        Err(Error::transport(TransportKind::Body, message, None))
    }
}

/// Reads until the buffer has `size` bytes. Returns whether the reader has ended.
async fn read_async(
    reader: &mut Pin<Box<dyn AsyncRead + Send>>,
    buffer: &mut Vec<u8>,
    size: usize,
    last_part: usize,
) -> Result<bool, Error> {
    while buffer.len() < size {
        make_room(buffer, size, last_part)?;
        // A reader that is always ready must not starve other tasks.
        tokio::task::coop::consume_budget().await;
        let mut limited = reader.take((size - buffer.len()) as u64);
        match limited.read_buf(buffer).await {
            Ok(0) => return Ok(true),
            Ok(_) => {}
            Err(error) => return Err(failed(error.into())),
        }
    }
    Ok(false)
}

/// Like [`read_async`], on a blocking thread. The first `len` bytes of the buffer are kept, and the others overwritten: they
/// need not be cleared first.
fn read_blocking(
    read: &mut BlockingRead,
    buffer: &mut Vec<u8>,
    (mut len, size, last_part): (usize, usize, usize),
    dropped: &AtomicBool,
) -> Result<bool, Error> {
    let ended = loop {
        if len >= size || dropped.load(Ordering::Relaxed) {
            break Ok(false);
        }
        if len == buffer.len() {
            if let Err(error) = make_room(buffer, size, last_part) {
                break Err(error);
            }
            // Within the capacity.
            buffer.resize(buffer.capacity().min(size), 0);
        }
        match read(buffer.get_mut(len..).unwrap_or_default()) {
            Ok(0) => break Ok(true),
            Ok(count) => len = buffer.len().min(len + count),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => break Err(failed(error.into())),
        }
    };
    buffer.truncate(len);
    ended
}

/// Reserves room in a full buffer, which is to have at most `size` bytes. It doubles, so that a small object does not need
/// the memory of a whole part; after a whole part, another one is expected.
fn make_room(buffer: &mut Vec<u8>, size: usize, last_part: usize) -> Result<(), Error> {
    if buffer.len() < buffer.capacity() {
        return Ok(());
    }
    let grown = buffer.len().max(last_part).max(64 << 10);
    grow(buffer, grown.min(size - buffer.len()))
}

fn grow(buffer: &mut Vec<u8>, room: usize) -> Result<(), Error> {
    buffer.try_reserve_exact(room).map_err(|error| {
        let size = buffer.len().saturating_add(room);
        let message =
            format!("no memory for {size} bytes of a part: {error}; use a smaller part_size");
        Error::transport(TransportKind::Body, message, Some(error.into()))
    })
}

#[cold]
fn failed(error: crate::error::BoxError) -> Error {
    let message = format!("the reader failed: {error}");
    Error::transport(TransportKind::Body, message, Some(error))
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
        self.declared
    }

    fn is_buffered(&self) -> bool {
        true
    }

    fn next(&mut self, size: u64) -> BoxResultFuture<'_, Option<Body>> {
        Box::pin(async move {
            let part_size = usize::try_from(size).unwrap_or(usize::MAX);
            if (1..=self.filled.len()).contains(&part_size) {
                // Not copied: the parts share the memory.
                self.last_part = part_size;
                return Ok(Some(Body::from(self.filled.split_to(part_size))));
            }
            let rest = std::mem::take(&mut self.filled);
            if !rest.is_empty() {
                grow(&mut self.buffer, rest.len())?;
                self.buffer.extend_from_slice(&rest);
            }
            drop(rest);
            self.read(size).await?;
            if self.buffer.is_empty() {
                return Ok(None);
            }
            self.last_part = self.buffer.len();
            let part = Bytes::from(std::mem::take(&mut self.buffer));
            self.buffers.keep(&part);
            Ok(Some(Body::from(part)))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_part_that_cannot_be_allocated_is_an_error() {
        let error = grow(&mut Vec::new(), usize::MAX).unwrap_err().to_string();
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
        let mut parts = ReaderParts::new(reader, None);
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
