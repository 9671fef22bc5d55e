//! A stream of bytes as a tokio reader.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use futures_core::Stream;
use tokio::io::{AsyncRead, ReadBuf};

/// How many empty chunks are skipped before yielding: a stream of them must not starve other tasks.
const MAX_EMPTY_CHUNKS: u32 = 32;

pub(crate) struct StreamReader {
    state: State,
}

enum State {
    Reading {
        stream: Pin<Box<dyn Stream<Item = io::Result<Bytes>> + Send>>,
        current: Bytes,
    },
    /// A reader may be read again after its end.
    Ended,
    /// A truncated body must not look complete to a second read.
    Failed(io::ErrorKind, String),
}

impl StreamReader {
    pub(crate) fn new(
        stream: Pin<Box<dyn Stream<Item = io::Result<Bytes>> + Send>>,
    ) -> StreamReader {
        StreamReader {
            state: State::Reading {
                stream,
                current: Bytes::new(),
            },
        }
    }
}

impl AsyncRead for StreamReader {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let (stream, current) = match &mut self.state {
            State::Reading { stream, current } => (stream, current),
            State::Ended => return Poll::Ready(Ok(())),
            State::Failed(kind, message) => {
                return Poll::Ready(Err(io::Error::new(*kind, message.clone())));
            }
        };
        let mut empty_chunks = 0;
        while current.is_empty() {
            if empty_chunks == MAX_EMPTY_CHUNKS {
                cx.waker().wake_by_ref();
                return Poll::Pending;
            }
            empty_chunks += 1;
            match ready!(stream.as_mut().poll_next(cx)) {
                Some(Ok(chunk)) => *current = chunk,
                Some(Err(error)) => {
                    self.state = State::Failed(error.kind(), error.to_string());
                    return Poll::Ready(Err(error));
                }
                None => {
                    self.state = State::Ended;
                    return Poll::Ready(Ok(()));
                }
            }
        }
        let size = buffer.remaining().min(current.len());
        buffer.put_slice(&current.split_to(size));
        Poll::Ready(Ok(()))
    }
}
