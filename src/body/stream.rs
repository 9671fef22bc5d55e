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
    /// Called for each piece that is sent, with the number of bytes of the stream in it.
    pub(crate) sent: Box<dyn Fn(usize) + Send>,
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
            encoder: Some(encoder),
            chunk_size: chunking.chunk_size.get(),
            #[cfg(feature = "checksums")]
            trailer: chunking.trailer.map(Trailer::new),
            unread: Bytes::new(),
            header: Bytes::new(),
            chunk: Bytes::new(),
            line_end: false,
            sent: chunking.sent,
        };
        Some(Box::pin(stream::unfold(
            chunked,
            |mut chunked| async move { Some((chunked.next_piece().await.transpose()?, chunked)) },
        )))
    }
}

/// A stream that is encoded into chunks. Its pieces are at most 64 KiB: a chunk of that size is not copied if the pieces fit.
struct ChunkedStream {
    bytes: ByteStream,
    /// `None` once the body has ended.
    encoder: Option<ChunkEncoder>,
    chunk_size: usize,
    #[cfg(feature = "checksums")]
    trailer: Option<Trailer>,
    /// What was read of the stream and belongs to the next chunks.
    unread: Bytes,
    /// What is sent next: a header, or the end of the body.
    header: Bytes,
    /// What is sent after it: the data of the chunk.
    chunk: Bytes,
    /// Whether the line after the last chunk's data has yet to end. Its end is sent together with the next header.
    line_end: bool,
    sent: Box<dyn Fn(usize) + Send>,
}

impl ChunkedStream {
    async fn next_piece(&mut self) -> io::Result<Option<Bytes>> {
        if self.header.is_empty() && self.chunk.is_empty() {
            self.encode_next().await?;
        }
        if !self.header.is_empty() {
            (self.sent)(0);
            return Ok(Some(std::mem::take(&mut self.header)));
        }
        if self.chunk.is_empty() {
            return Ok(None);
        }
        let piece = self.chunk.split_to(PIECE_SIZE.min(self.chunk.len()));
        (self.sent)(piece.len());
        Ok(Some(piece))
    }

    /// Encodes the next chunk, or the end of the body; nothing after it, and after an error.
    async fn encode_next(&mut self) -> io::Result<()> {
        let Some(mut encoder) = self.encoder.take() else {
            return Ok(());
        };
        let chunk = self.next_chunk().await?;
        let mut framed = Vec::new();
        if std::mem::replace(&mut self.line_end, !chunk.is_empty()) {
            framed.extend_from_slice(b"\r\n");
        }
        if chunk.is_empty() {
            self.finish(encoder, &mut framed);
        } else {
            framed.extend_from_slice(encoder.chunk_header(&chunk).as_bytes());
            self.encoder = Some(encoder);
        }
        (self.header, self.chunk) = (framed.into(), chunk);
        Ok(())
    }

    /// The data of the next chunk, which only the last one does not fill. It is empty at the end of the stream.
    async fn next_chunk(&mut self) -> io::Result<Bytes> {
        let mut joined = BytesMut::new();
        while let Some(mut bytes) = self.next_bytes().await? {
            let missing = self.chunk_size.saturating_sub(joined.len());
            let head = bytes.split_to(missing.min(bytes.len()));
            self.unread = bytes;
            if joined.is_empty() && head.len() == missing {
                return Ok(head);
            }
            joined.extend_from_slice(&head);
            if head.len() == missing {
                break;
            }
        }
        Ok(joined.freeze())
    }

    /// The next bytes of the stream, never none of them.
    async fn next_bytes(&mut self) -> io::Result<Option<Bytes>> {
        while self.unread.is_empty() {
            let Some(bytes) = self.bytes.next().await.transpose()? else {
                return Ok(None);
            };
            #[cfg(feature = "checksums")]
            if let Some(trailer) = &mut self.trailer {
                trailer.update(&bytes);
            }
            self.unread = bytes;
        }
        Ok(Some(std::mem::take(&mut self.unread)))
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sigv4::{AmzDate, CredentialScope, SecretAccessKey, Signature, SigningKey};

    fn signer() -> ChunkSigner {
        let at = AmzDate::parse("20130524T000000Z").unwrap();
        let scope = CredentialScope::new(at, "us-east-1", "s3");
        let key = SigningKey::derive(&SecretAccessKey::new("secret"), &scope);
        ChunkSigner::new(key, scope, Signature::from_hex(&"07".repeat(32)).unwrap())
    }

    /// The encoded body of a stream whose pieces have the sizes `sizes`, again and again.
    async fn sent(body: &Bytes, sizes: &[usize], chunk_size: ChunkSize) -> Vec<u8> {
        let (mut rest, mut pieces) = (body.clone(), Vec::new());
        for size in sizes.iter().cycle() {
            pieces.push(Ok::<_, io::Error>(rest.split_to(rest.len().min(*size))));
            if rest.is_empty() {
                break;
            }
        }
        let Body(Content::Source(source)) = Body::stream(body.len() as u64, stream::iter(pieces))
        else {
            unreachable!("a stream is a source");
        };
        let chunking = Chunking {
            signer: Some(signer()),
            chunk_size,
            #[cfg(feature = "checksums")]
            trailer: None,
            sent: Box::new(|_| ()),
        };
        let mut encoded = source.chunked(source.open().unwrap(), chunking).unwrap();
        let mut sent = Vec::new();
        while let Some(piece) = encoded.next().await {
            let piece = piece.unwrap();
            assert!((1..=PIECE_SIZE).contains(&piece.len()), "{}", piece.len());
            sent.extend_from_slice(&piece);
        }
        sent
    }

    #[tokio::test]
    async fn a_stream_is_encoded_as_the_encoder_does_however_it_is_split() {
        let body: Bytes = (0..400_000_u32).map(|byte| byte as u8).collect();
        for chunk_size in [8 << 10, 64 << 10, 300_000] {
            let chunk_size = ChunkSize::new(chunk_size).unwrap();
            let mut expected = Vec::new();
            let mut encoder = ChunkEncoder::new(signer()).with_chunk_size(chunk_size);
            encoder.encode(&body, &mut expected);
            encoder.finish(&mut expected);
            for sizes in [&[8192][..], &[0, 8193], &[1000], &[1, 70_000], &[400_000]] {
                let sent = sent(&body, sizes, chunk_size).await;
                assert!(sent == expected, "{chunk_size:?} in pieces of {sizes:?}");
            }
        }
    }

    #[tokio::test]
    async fn an_empty_stream_is_the_empty_chunk() {
        let mut expected = Vec::new();
        ChunkEncoder::new(signer()).finish(&mut expected);
        let sent = sent(&Bytes::new(), &[1], ChunkSize::default()).await;
        assert_eq!(sent, expected);
    }
}
