//! Streams and HTTP bodies as readers, so that their parts are buffered like those of a reader.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use bytes::{Buf, Bytes};
use futures_core::Stream;
use http_body::Body as HttpBody;
use tokio::io::{AsyncRead, ReadBuf};

use crate::body::file::ByteStream;
use crate::error::BoxError;

/// A stream as a reader.
pub(crate) struct StreamReader {
    stream: ByteStream,
    /// What was received and not read yet.
    chunk: Bytes,
}

impl StreamReader {
    pub(crate) fn new(stream: ByteStream) -> StreamReader {
        StreamReader {
            stream,
            chunk: Bytes::new(),
        }
    }
}

impl AsyncRead for StreamReader {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        // An empty chunk is not the end.
        while self.chunk.is_empty() {
            match ready!(self.stream.as_mut().poll_next(cx)) {
                Some(chunk) => self.chunk = chunk?,
                None => return Poll::Ready(Ok(())),
            }
        }
        let size = buffer.remaining().min(self.chunk.len());
        buffer.put_slice(&self.chunk.split_to(size));
        Poll::Ready(Ok(()))
    }
}

/// The data of an HTTP body as a stream. Trailers are skipped.
pub(crate) struct BodyStream<B>(pub(crate) Pin<Box<B>>);

impl<B> Stream for BodyStream<B>
where
    B: HttpBody,
    B::Error: Into<BoxError>,
{
    type Item = io::Result<Bytes>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        loop {
            match ready!(self.0.as_mut().poll_frame(cx)) {
                Some(Ok(frame)) => {
                    if let Ok(mut data) = frame.into_data() {
                        let size = data.remaining();
                        return Poll::Ready(Some(Ok(data.copy_to_bytes(size))));
                    }
                }
                Some(Err(error)) => return Poll::Ready(Some(Err(io::Error::other(error)))),
                None => return Poll::Ready(None),
            }
        }
    }
}
