//! A response body: buffered, or still being received.

use std::fmt;
#[cfg(feature = "reqwest")]
use std::pin::Pin;
#[cfg(feature = "reqwest")]
use std::task::{self, Poll, ready};

use bytes::Bytes;
#[cfg(feature = "reqwest")]
use futures_core::Stream;

#[cfg(feature = "reqwest")]
use crate::error::{Context, Error};
#[cfg(feature = "reqwest")]
use crate::http::Incoming;

/// The body of a response: buffered in memory, or still being received.
///
/// Read it to its end to be sure that it is complete. A truncated object is an error, never a short read.
///
/// It implements [`http_body::Body`](https://docs.rs/http-body/1/http_body/trait.Body.html) with the exact length, if that is known: a web handler returns it as the body of its own
/// response.
///
/// ```no_run
/// # async fn example(s3: slim_s3::Client)
/// #     -> Result<http::Response<slim_s3::ResponseBody>, slim_s3::Error> {
/// // In axum, hyper, tonic or any other crate that uses `http_body`:
/// let object = s3.get_object("photos", "cat.jpg").send().await?;
/// Ok(http::Response::new(object.body))
/// # }
/// ```
pub struct ResponseBody {
    content: ResponseContent,
    /// How many bytes are left, if the length is known.
    #[cfg(feature = "reqwest")]
    left: Option<u64>,
    #[cfg(feature = "reqwest")]
    has_ended: bool,
    #[cfg(feature = "blocking")]
    client: Option<crate::client::Client>,
}

enum ResponseContent {
    Buffered(Bytes),
    #[cfg(feature = "reqwest")]
    Incoming(Box<Incoming>),
    #[cfg(feature = "reqwest")]
    Streamed(Chunks, Box<Context>),
}

/// Chunks, then `None` for ever; an error repeats. While a chunk is awaited, the stream keeps what was begun, so that a dropped
/// future loses nothing.
#[cfg(feature = "reqwest")]
pub(crate) type Chunks = Pin<Box<dyn Stream<Item = Result<Option<Bytes>, Error>> + Send>>;

impl ResponseBody {
    /// The bytes, if the body is buffered. The body of an object that `send` returns is not.
    pub fn buffered(&self) -> Option<&Bytes> {
        match &self.content {
            ResponseContent::Buffered(bytes) => Some(bytes),
            #[cfg(feature = "reqwest")]
            _ => None,
        }
    }
}

#[cfg(feature = "reqwest")]
impl ResponseBody {
    pub(crate) fn incoming(incoming: Incoming) -> ResponseBody {
        ResponseBody {
            left: incoming.length(),
            has_ended: false,
            #[cfg(feature = "blocking")]
            client: Some(incoming.client.clone()),
            content: ResponseContent::Incoming(Box::new(incoming)),
        }
    }

    /// The client that the body is received by, unless it is buffered.
    #[cfg(feature = "blocking")]
    pub(crate) fn client(&self) -> Option<&crate::client::Client> {
        self.client.as_ref()
    }

    /// The body that is still being received, if nothing has been read of it.
    pub(crate) fn into_incoming(self) -> Option<Box<Incoming>> {
        match self.content {
            ResponseContent::Incoming(incoming) => Some(incoming),
            _ => None,
        }
    }

    /// Replaces a body that is still being received by the chunks that `wrap` makes of it.
    pub(crate) fn map_incoming(self, wrap: impl FnOnce(Box<Incoming>) -> Chunks) -> ResponseBody {
        let ResponseContent::Incoming(incoming) = self.content else {
            return self;
        };
        let context = Box::new(incoming.context().clone());
        ResponseBody {
            content: ResponseContent::Streamed(wrap(incoming), context),
            ..self
        }
    }

    /// Replaces the chunks of a body that is still being received.
    #[cfg(feature = "checksums")]
    pub(crate) fn map_chunks(self, wrap: impl FnOnce(Chunks, &Context) -> Chunks) -> ResponseBody {
        let mut body = self.in_chunks();
        body.content = match body.content {
            ResponseContent::Streamed(chunks, context) => {
                ResponseContent::Streamed(wrap(chunks, &context), context)
            }
            other => other,
        };
        body
    }

    /// Makes chunks of a body that is still being received.
    fn in_chunks(self) -> ResponseBody {
        self.map_incoming(|incoming| {
            Box::pin(futures_util::stream::unfold(
                incoming,
                async |mut incoming| Some((incoming.chunk().await, incoming)),
            ))
        })
    }

    fn poll_chunk(&mut self, cx: &mut task::Context<'_>) -> Poll<Result<Option<Bytes>, Error>> {
        if matches!(self.content, ResponseContent::Incoming(_)) {
            *self = std::mem::replace(self, ResponseBody::from(Bytes::new())).in_chunks();
        }
        let chunk = match &mut self.content {
            ResponseContent::Streamed(chunks, _) => {
                ready!(chunks.as_mut().poll_next(cx)).and_then(Result::transpose)
            }
            ResponseContent::Buffered(bytes) => {
                let bytes = std::mem::take(bytes);
                (!bytes.is_empty()).then_some(Ok(bytes))
            }
            ResponseContent::Incoming(_) => None,
        };
        match &chunk {
            Some(Ok(chunk)) => {
                let length = chunk.len() as u64;
                self.left = self.left.map(|left| left.saturating_sub(length));
            }
            Some(Err(_)) => {}
            None => self.has_ended = true,
        }
        Poll::Ready(chunk.transpose())
    }

    /// The next chunk, as it is received; `None` at the end. If the future is dropped, nothing is lost.
    ///
    /// # Errors
    ///
    /// [`Error::Transport`] if the body is truncated, or if nothing was received for longer than
    /// [`Timeouts::stall`](crate::Timeouts), and it cannot [continue](crate::Client::get_object).
    pub async fn chunk(&mut self) -> Result<Option<Bytes>, Error> {
        std::future::poll_fn(|cx| self.poll_chunk(cx)).await
    }

    /// Buffers the whole body in memory, whatever its size; see [`bytes_limited`](ResponseBody::bytes_limited).
    ///
    /// # Errors
    ///
    /// See [`chunk`](ResponseBody::chunk).
    pub async fn bytes(self) -> Result<Bytes, Error> {
        self.bytes_limited(usize::MAX).await
    }

    /// Buffers the whole body in memory, if it has at most `limit` bytes.
    ///
    /// ```no_run
    /// # async fn example(s3: slim_s3::Client) -> Result<(), slim_s3::Error> {
    /// let settings = s3.get_object("settings", "lamp.json").send().await?;
    /// let json = settings.body.bytes_limited(1 << 20).await?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// [`Error::Malformed`] if the body is longer. If the response announces its length, nothing of the body is read.
    /// See also [`chunk`](ResponseBody::chunk).
    pub async fn bytes_limited(mut self, limit: usize) -> Result<Bytes, Error> {
        if let Some(length) = self.left.filter(|left| *left > limit as u64) {
            let problem = format!("the body has {length} bytes, more than the limit of {limit}");
            return Err(self.too_long(problem));
        }
        let mut all = Vec::new();
        let mut only = Bytes::new();
        while let Some(chunk) = self.chunk().await? {
            if chunk.len() > limit.saturating_sub(all.len().max(only.len())) {
                return Err(self.too_long(format!(
                    "the body is longer than the limit of {limit} bytes"
                )));
            }
            if all.is_empty() && only.is_empty() {
                only = chunk;
                continue;
            }
            all.extend_from_slice(&std::mem::take(&mut only));
            all.extend_from_slice(&chunk);
        }
        Ok(if all.is_empty() { only } else { all.into() })
    }

    #[cold]
    fn too_long(&self, problem: String) -> Error {
        let error = Error::malformed(problem, None);
        match &self.content {
            ResponseContent::Buffered(_) => error,
            ResponseContent::Incoming(incoming) => error.with_context(incoming.context()),
            ResponseContent::Streamed(_, context) => error.with_context(context),
        }
    }

    /// The body as a stream of chunks. It ends after an error.
    pub fn into_stream(
        self,
    ) -> impl futures_core::Stream<Item = Result<Bytes, Error>> + Send + Unpin {
        let chunks = futures_util::stream::unfold(Some(self), |body| async {
            let mut body = body?;
            match body.chunk().await {
                Ok(Some(chunk)) => Some((Ok(chunk), Some(body))),
                Ok(None) => None,
                Err(error) => Some((Err(error), None)),
            }
        });
        // Without it, the stream would panic if it is polled after its end.
        Box::pin(futures_util::StreamExt::fuse(chunks))
    }

    /// The body as a tokio reader, for `tokio::io::copy` and the like. Its errors are `std::io::Error`s that wrap an
    /// [`Error`].
    pub fn into_reader(self) -> impl tokio::io::AsyncRead + Send + Unpin {
        use futures_util::TryStreamExt;
        let chunks = self.into_stream().map_err(std::io::Error::other);
        crate::response::reader::StreamReader::new(Box::pin(chunks))
    }
}

impl fmt::Debug for ResponseBody {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.buffered() {
            Some(bytes) => write!(f, "ResponseBody({} bytes)", bytes.len()),
            None => f.write_str("ResponseBody(not read yet)"),
        }
    }
}

impl From<Bytes> for ResponseBody {
    fn from(bytes: Bytes) -> ResponseBody {
        ResponseBody {
            #[cfg(feature = "reqwest")]
            left: Some(bytes.len() as u64),
            #[cfg(feature = "reqwest")]
            has_ended: bytes.is_empty(),
            #[cfg(feature = "blocking")]
            client: None,
            content: ResponseContent::Buffered(bytes),
        }
    }
}

/// The content as the body of another HTTP message, without trailers.
#[cfg(feature = "reqwest")]
impl http_body::Body for ResponseBody {
    type Data = Bytes;
    type Error = Error;

    fn poll_frame(
        self: Pin<&mut Self>,
        cx: &mut task::Context<'_>,
    ) -> Poll<Option<Result<http_body::Frame<Bytes>, Error>>> {
        let chunk = ready!(self.get_mut().poll_chunk(cx));
        Poll::Ready(
            chunk
                .map(|chunk| chunk.map(http_body::Frame::data))
                .transpose(),
        )
    }

    fn is_end_stream(&self) -> bool {
        self.has_ended
    }

    fn size_hint(&self) -> http_body::SizeHint {
        self.left
            .map_or_else(http_body::SizeHint::new, http_body::SizeHint::with_exact)
    }
}
