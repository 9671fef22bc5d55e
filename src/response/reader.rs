//! A stream of bytes as a tokio reader.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use futures_core::Stream;
use tokio::io::{AsyncRead, ReadBuf};

use crate::error::Error;

pub(crate) struct StreamReader {
    stream: Pin<Box<dyn Stream<Item = Result<Bytes, Error>> + Send>>,
    current: Bytes,
}

impl StreamReader {
    pub(crate) fn new(
        stream: impl Stream<Item = Result<Bytes, Error>> + Send + 'static,
    ) -> StreamReader {
        StreamReader {
            stream: Box::pin(stream),
            current: Bytes::new(),
        }
    }
}

impl AsyncRead for StreamReader {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        while self.current.is_empty() {
            match ready!(self.stream.as_mut().poll_next(cx)) {
                Some(chunk) => self.current = chunk.map_err(io::Error::other)?,
                None => return Poll::Ready(Ok(())),
            }
        }
        let size = buffer.remaining().min(self.current.len());
        buffer.put_slice(&self.current.split_to(size));
        Poll::Ready(Ok(()))
    }
}
