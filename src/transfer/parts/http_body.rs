//! HTTP bodies as streams.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use bytes::{Buf, Bytes};
use futures_core::Stream;
use http_body::Body as HttpBody;

use crate::error::BoxError;

/// The data of an HTTP body as a stream. Trailers are empty chunks.
pub(crate) struct BodyStream<B>(pub(crate) Pin<Box<B>>);

impl<B> Stream for BodyStream<B>
where
    B: HttpBody,
    B::Error: Into<BoxError>,
{
    type Item = io::Result<Bytes>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        Poll::Ready(match ready!(self.0.as_mut().poll_frame(cx)) {
            Some(Ok(frame)) => Some(Ok(match frame.into_data() {
                Ok(mut data) => data.copy_to_bytes(data.remaining()),
                Err(_) => Bytes::new(),
            })),
            Some(Err(error)) => Some(Err(io::Error::other(error))),
            None => None,
        })
    }
}
