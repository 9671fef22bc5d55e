//! Streams as bodies: of a length that is known, read while they are sent, once.

use std::io;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::Poll;

use bytes::{Bytes, BytesMut};
use futures_core::Stream;
use futures_util::{StreamExt, stream};
use tokio::io::{AsyncRead, AsyncReadExt};

use crate::body::file::{BodySource, BoxFuture, ByteStream};
use crate::body::{Body, Kind};
use crate::error::BoxError;
use crate::sigv4::ChunkSigner;

const CHUNK_SIZE: usize = crate::sigv4::CHUNK_SIZE as usize;

impl Body {
    /// `length` bytes of a stream. They can be sent once: a call that fails when some were read is not tried again, not even
    /// if a server has closed a kept connection just then. If the stream ends early or goes on, the call fails and the store
    /// keeps nothing.
    pub fn stream<S, E>(length: u64, stream: S) -> Body
    where
        S: Stream<Item = Result<Bytes, E>> + Send + 'static,
        E: Into<BoxError>,
    {
        let bytes: ByteStream = Box::pin(stream.map(|item| item.map_err(io::Error::other)));
        Body(Kind::Source(Box::new(StreamSource {
            len: length,
            bytes: Arc::new(Mutex::new(Some(bytes))),
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
}

struct StreamSource {
    len: u64,
    /// Absent from when it is first asked for a byte on.
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
        // Not taken before a byte is asked for: if no connection comes about, it can be opened again.
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
