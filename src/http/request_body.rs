//! A request body on the wire: enforces the declared length, and reports progress.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use futures_core::Stream;
use http::HeaderMap;

use super::failure::{body_error, body_failed};
use super::progress::{BodyError, Progress};
use super::timeouts::within;
use crate::body::Content;
use crate::body::file::ByteStream;
use crate::body::stream::Chunking;
use crate::call::signed::SignedRequest;
use crate::call::{length_on_the_wire, may_have_body, not_chunked};
use crate::error::{Error, Stage, TransportKind, milliseconds};
use crate::request::Request;

/// Bytes are sent in pieces of at most this size, so that the progress of a large body is visible.
const PIECE_SIZE: usize = 64 << 10;

/// How many pieces are sent before the task yields to read from the server: within the first [`EARLY`] bytes, where most
/// early responses arrive, and after them.
const PIECES_BEFORE_YIELD: [u32; 2] = [1, 16];
const EARLY: u64 = 4 << 20;

/// How many empty chunks of a source are skipped before yielding.
const MAX_EMPTY_CHUNKS: u32 = 32;

/// Builds the body to send, and sets `Content-Length`.
pub(super) async fn make_body(
    request: &Request,
    signed: &SignedRequest,
    progress: &Arc<Progress>,
    headers: &mut HeaderMap,
    stall: Duration,
) -> Result<Option<ByteStream>, Error> {
    let length = progress.length();
    let payload_hash = signed.canonical_request().payload_hash;
    let is_chunked = payload_hash.is_chunked();
    if may_have_body(request) {
        let length = length_on_the_wire(request, payload_hash);
        headers.insert(http::header::CONTENT_LENGTH, length.into());
    }
    match &request.body.0 {
        Content::Bytes(_) | Content::Unusable(_) if is_chunked => Err(not_chunked()),
        Content::Bytes(bytes) if bytes.is_empty() => Ok(None),
        Content::Bytes(bytes) => Ok(Some(Box::pin(MeteredBody::bytes(
            bytes.clone(),
            progress.clone(),
        )))),
        Content::Unusable(_) => Ok(None),
        Content::Source(source) => {
            let bytes = source.open().ok_or_else(|| {
                body_failed("the body was already consumed and cannot be replayed", None)
            })?;
            let mut metered = MeteredBody::source(bytes, progress.clone());
            if length == 0 {
                // With a declared length of 0, the HTTP client would never read the source.
                let first = futures_util::StreamExt::next(&mut metered);
                metered = match within(stall, first).await {
                    None => {
                        let message = format!(
                            "stalled while sending: the body's source did not end within {}",
                            milliseconds(stall)
                        );
                        return Err(Error::transport(
                            TransportKind::Stalled(Stage::Sending),
                            message,
                            None,
                        ));
                    }
                    Some(Some(Err(_))) => {
                        return Err(body_error(progress)
                            .unwrap_or_else(|| body_failed("the body cannot be read", None)));
                    }
                    _ if is_chunked => MeteredBody::bytes(Bytes::new(), progress.clone()),
                    _ => return Ok(None),
                };
            }
            if !is_chunked {
                return Ok(Some(Box::pin(metered)));
            }
            let chunking = Chunking {
                signer: signed.chunk_signer(),
                chunk_size: request.chunk_size,
                #[cfg(feature = "checksums")]
                trailer: match request.trailer(payload_hash) {
                    None => None,
                    Some(_) => request.computed.clone(),
                },
                sent: {
                    let progress = progress.clone();
                    Box::new(move |bytes| progress.sent(bytes as u64))
                },
            };
            metered.counts = false;
            source
                .chunked(Box::pin(metered), chunking)
                .map(Some)
                .ok_or_else(not_chunked)
        }
    }
}

/// A request body that ends after exactly its declared length, or fails before its last byte is sent.
///
/// Left to itself, an HTTP client silently truncates a body that is too long, and the store keeps the wrong object.
pub(crate) struct MeteredBody {
    source: Option<ByteStream>,
    /// How many bytes are still expected from the source.
    rest: u64,
    /// Bytes to send next.
    ready: Bytes,
    /// The last bytes, held back until the source ends.
    held: Bytes,
    /// How many pieces were sent since the last yield.
    since_yield: u32,
    /// Whether its bytes count as sent. Those that are encoded into chunks count when their chunk is sent.
    counts: bool,
    progress: Arc<Progress>,
}

impl MeteredBody {
    pub(crate) fn bytes(bytes: Bytes, progress: Arc<Progress>) -> MeteredBody {
        MeteredBody {
            source: None,
            rest: 0,
            ready: bytes,
            held: Bytes::new(),
            since_yield: 0,
            counts: true,
            progress,
        }
    }

    pub(crate) fn source(source: ByteStream, progress: Arc<Progress>) -> MeteredBody {
        MeteredBody {
            source: Some(source),
            rest: progress.length(),
            ready: Bytes::new(),
            held: Bytes::new(),
            since_yield: 0,
            counts: true,
            progress,
        }
    }

    fn pieces_before_yield(&self) -> u32 {
        let [early, later] = PIECES_BEFORE_YIELD;
        let is_early = self.progress.state().sent < EARLY;
        if is_early { early } else { later }
    }

    /// Accepts a chunk from the source.
    fn take(&mut self, bytes: Bytes) -> io::Result<()> {
        self.rest = match self.rest.checked_sub(bytes.len() as u64) {
            Some(rest) => rest,
            None => return Err(self.progress.fail(BodyError::TooLong)),
        };
        if self.rest > 0 {
            self.ready = bytes;
        } else if !bytes.is_empty() {
            self.held = bytes;
        }
        Ok(())
    }

    fn poll_source(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let Some(source) = &mut self.source else {
            return Poll::Ready(Ok(()));
        };
        match source.as_mut().poll_next(cx) {
            Poll::Pending => {
                self.progress.source_is_pending();
                Poll::Pending
            }
            Poll::Ready(Some(Ok(bytes))) => Poll::Ready(self.take(bytes)),
            Poll::Ready(Some(Err(error))) => {
                Poll::Ready(Err(self.progress.fail(BodyError::Source(error))))
            }
            Poll::Ready(None) if self.rest > 0 => {
                Poll::Ready(Err(self.progress.fail(BodyError::TooShort)))
            }
            Poll::Ready(None) => {
                self.source = None;
                self.ready = std::mem::take(&mut self.held);
                Poll::Ready(Ok(()))
            }
        }
    }
}

/// Wakes the task after the runtime has polled the connection for input.
///
/// A server that rejects a request closes the connection right after its response. The HTTP client reads before it writes,
/// but writes as long as it can, so the response would be lost to a write error.
fn yield_to_reads(cx: &mut Context<'_>) {
    let pause = std::pin::pin!(tokio::task::yield_now());
    // The runtime keeps the waker even after this future is dropped.
    let _ = std::future::Future::poll(pause, cx);
}

impl Stream for MeteredBody {
    type Item = io::Result<Bytes>;

    fn poll_next(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<io::Result<Bytes>>> {
        // A source of empty chunks must not starve other tasks.
        for _ in 0..MAX_EMPTY_CHUNKS {
            if !self.ready.is_empty() {
                if self.since_yield >= self.pieces_before_yield() {
                    self.since_yield = 0;
                    yield_to_reads(cx);
                    return Poll::Pending;
                }
                self.since_yield += 1;
                let size = PIECE_SIZE.min(self.ready.len());
                let mut piece = self.ready.split_to(size);
                if self.source.is_none() && self.progress.length() > PIECE_SIZE as u64 {
                    // The HTTP client's write buffer would keep the whole body in memory until the socket is closed.
                    piece = Bytes::copy_from_slice(&piece);
                }
                if self.counts {
                    self.progress.sent(piece.len() as u64);
                } else {
                    self.progress.source_moved();
                }
                return Poll::Ready(Some(Ok(piece)));
            }
            if self.source.is_none() {
                return Poll::Ready(None);
            }
            match self.poll_source(cx) {
                Poll::Pending => return Poll::Pending,
                Poll::Ready(Ok(())) => {}
                Poll::Ready(Err(error)) => {
                    self.source = None;
                    return Poll::Ready(Some(Err(error)));
                }
            }
        }
        self.progress.source_is_pending();
        cx.waker().wake_by_ref();
        Poll::Pending
    }
}
