//! A response body: buffered, or still being received.

use std::fmt;

use bytes::Bytes;

#[cfg(feature = "reqwest")]
use crate::error::Error;
#[cfg(feature = "reqwest")]
use crate::http::Incoming;

/// The body of a response: buffered in memory, or still being received.
///
/// Read it to its end to be sure that it is complete. A truncated object is an error, never a short read.
pub struct ResponseBody(ResponseContent);

enum ResponseContent {
    Buffered(Bytes),
    #[cfg(feature = "reqwest")]
    Incoming(Box<Incoming>),
}

impl ResponseBody {
    /// The bytes, if the body is buffered. The body of an object that `send` returns is not.
    pub fn buffered(&self) -> Option<&Bytes> {
        match &self.0 {
            ResponseContent::Buffered(bytes) => Some(bytes),
            #[cfg(feature = "reqwest")]
            ResponseContent::Incoming(_) => None,
        }
    }
}

#[cfg(feature = "reqwest")]
impl ResponseBody {
    pub(crate) fn incoming(incoming: Incoming) -> ResponseBody {
        ResponseBody(ResponseContent::Incoming(Box::new(incoming)))
    }

    /// The client that the body is received by, unless it is buffered.
    #[cfg(feature = "blocking")]
    pub(crate) fn client(&self) -> Option<&crate::client::Client> {
        match &self.0 {
            ResponseContent::Buffered(_) => None,
            ResponseContent::Incoming(incoming) => Some(&incoming.client),
        }
    }

    /// The next chunk, as it is received; `None` at the end.
    ///
    /// # Errors
    ///
    /// [`Error::Transport`] if the body is truncated, or if nothing was received for longer than
    /// [`Timeouts::stall`](crate::Timeouts).
    pub async fn chunk(&mut self) -> Result<Option<Bytes>, Error> {
        match &mut self.0 {
            ResponseContent::Buffered(bytes) => {
                Ok(Some(std::mem::take(bytes)).filter(|bytes| !bytes.is_empty()))
            }
            ResponseContent::Incoming(incoming) => incoming.chunk().await,
        }
    }

    /// Buffers the whole body in memory.
    ///
    /// # Errors
    ///
    /// See [`chunk`](ResponseBody::chunk).
    pub async fn bytes(mut self) -> Result<Bytes, Error> {
        let Some(first) = self.chunk().await? else {
            return Ok(Bytes::new());
        };
        let Some(second) = self.chunk().await? else {
            return Ok(first);
        };
        let mut all = Vec::with_capacity(first.len() + second.len());
        all.extend_from_slice(&first);
        all.extend_from_slice(&second);
        while let Some(chunk) = self.chunk().await? {
            all.extend_from_slice(&chunk);
        }
        Ok(all.into())
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
        ResponseBody(ResponseContent::Buffered(bytes))
    }
}
