//! Stream bodies: of known length, read once while they are sent.

use std::io;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::Poll;

use bytes::{Bytes, BytesMut};
use futures_core::Stream;
use futures_util::{StreamExt, stream};
use tokio::io::{AsyncRead, AsyncReadExt};

#[cfg(feature = "checksums")]
use crate::body::checksum::{ComputedChecksum, Trailer};
use crate::body::file::{BodySource, BoxFuture, ByteStream};
use crate::body::{Body, Content};
use crate::error::BoxError;
use crate::sigv4::{ChunkEncoder, ChunkSigner, ChunkSize};

/// How much of a reader is read at a time.
const READ_SIZE: usize = 64 << 10;

/// Chunks are sent in pieces of at most this size, so that the progress of a large one is visible.
const PIECE_SIZE: usize = 128 << 10;

impl Body {
    /// A body of `length` bytes from a stream. The stream can be sent once: a call that fails after some of it was read
    /// is not retried, not even if the server had just closed a pooled connection. If the stream is shorter or longer
    /// than `length`, the call fails and nothing is stored.
    pub fn stream<S, E>(length: u64, stream: S) -> Body
    where
        S: Stream<Item = Result<Bytes, E>> + Send + 'static,
        E: Into<BoxError>,
    {
        let bytes: ByteStream = Box::pin(stream.map(|item| item.map_err(io::Error::other)));
        Body(Content::Source(Box::new(StreamSource {
            len: length,
            bytes: Arc::new(Mutex::new(Some(bytes))),
        })))
    }

    /// A body of `length` bytes from a reader, with the limits of [`Body::stream`].
    pub fn reader(length: u64, reader: impl AsyncRead + Send + 'static) -> Body {
        let bytes = stream::unfold(Box::pin(reader), |mut reader| async move {
            let mut buffer = BytesMut::with_capacity(READ_SIZE);
            match reader.read_buf(&mut buffer).await {
                Ok(0) => None,
                Ok(_) => Some((Ok(buffer.freeze()), reader)),
                Err(error) => Some((Err(error), reader)),
            }
        });
        Body::stream(length, bytes)
    }
}

/// How a stream is encoded in chunks.
pub(crate) struct Chunking {
    /// `None` for chunks without signatures.
    pub(crate) signer: Option<ChunkSigner>,
    pub(crate) chunk_size: ChunkSize,
    /// The checksum that follows.
    #[cfg(feature = "checksums")]
    pub(crate) trailer: Option<ComputedChecksum>,
    /// Called for each piece that is sent.
    pub(crate) moved: Box<dyn Fn() + Send>,
}

struct StreamSource {
    len: u64,
    /// `None` once the first byte was requested.
    bytes: Arc<Mutex<Option<ByteStream>>>,
}

fn lock(bytes: &Mutex<Option<ByteStream>>) -> MutexGuard<'_, Option<ByteStream>> {
    bytes.lock().unwrap_or_else(PoisonError::into_inner)
}

impl BodySource for StreamSource {
    fn len(&self) -> u64 {
        self.len
    }

    fn open(&self) -> Option<ByteStream> {
        if self.is_spent() {
            return None;
        }
        // Taken when the first byte is requested: if no connection is established, the body can be opened again.
        let (source, mut taken) = (self.bytes.clone(), None);
        Some(Box::pin(stream::poll_fn(move |cx| {
            if taken.is_none() {
                taken = lock(&source).take();
            }
            match &mut taken {
                Some(bytes) => bytes.as_mut().poll_next(cx),
                None => Poll::Ready(None),
            }
        })))
    }

    fn is_spent(&self) -> bool {
        lock(&self.bytes).is_none()
    }

    fn sha256(&self) -> Option<BoxFuture<'_, io::Result<[u8; 32]>>> {
        None
    }

    fn chunked(&self, bytes: ByteStream, chunking: Chunking) -> Option<ByteStream> {
        let encoder = chunking
            .signer
            .map_or_else(ChunkEncoder::unsigned, ChunkEncoder::new);
        let chunked = ChunkedStream {
            bytes,
            encoder: Some(encoder.with_chunk_size(chunking.chunk_size)),
            #[cfg(feature = "checksums")]
            trailer: chunking.trailer.map(Trailer::new),
            ready: Bytes::new(),
            moved: chunking.moved,
        };
        Some(Box::pin(stream::unfold(
            chunked,
            |mut chunked| async move { Some((chunked.next_piece().await.transpose()?, chunked)) },
        )))
    }
}

/// A stream that is encoded into chunks.
struct ChunkedStream {
    bytes: ByteStream,
    /// `None` once the body has ended.
    encoder: Option<ChunkEncoder>,
    #[cfg(feature = "checksums")]
    trailer: Option<Trailer>,
    /// What is sent next.
    ready: Bytes,
    moved: Box<dyn Fn() + Send>,
}

impl ChunkedStream {
    async fn next_piece(&mut self) -> io::Result<Option<Bytes>> {
        if self.ready.is_empty() {
            self.ready = self.next_chunk().await?;
        }
        if self.ready.is_empty() {
            return Ok(None);
        }
        (self.moved)();
        let size = PIECE_SIZE.min(self.ready.len());
        Ok(Some(self.ready.split_to(size)))
    }

    /// The next full chunk, or the rest and the empty chunk at the end of the stream; nothing after it, and after an error.
    async fn next_chunk(&mut self) -> io::Result<Bytes> {
        let mut framed = Vec::new();
        while let Some(mut encoder) = self.encoder.take() {
            let Some(bytes) = self.bytes.next().await.transpose()? else {
                self.finish(encoder, &mut framed);
                break;
            };
            #[cfg(feature = "checksums")]
            if let Some(trailer) = &mut self.trailer {
                trailer.update(&bytes);
            }
            encoder.encode(&bytes, &mut framed);
            self.encoder = Some(encoder);
            if !framed.is_empty() {
                break;
            }
        }
        Ok(framed.into())
    }

    fn finish(&mut self, encoder: ChunkEncoder, framed: &mut Vec<u8>) {
        #[cfg(feature = "checksums")]
        if let Some(trailer) = self.trailer.take() {
            let (name, value) = trailer.finish();
            return encoder.finish_with_trailers(&[(name, &value)], framed);
        }
        encoder.finish(framed);
    }
}
