//! HTTP bodies as streams.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use bytes::{Buf, Bytes};
use futures_core::Stream;
use http_body::Body as HttpBody;

use crate::error::BoxError;

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
