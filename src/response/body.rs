//! The body of an answer: at hand, or still coming in.

use std::fmt;

use bytes::Bytes;

#[cfg(feature = "reqwest")]
use crate::error::Error;
#[cfg(feature = "reqwest")]
use crate::http::Incoming;

/// The body of an answer: at hand, or still coming in.
///
/// Reading it to its end is what proves it whole: an object that is cut short is an error there, never a short read.
pub struct ResponseBody(Answer);

enum Answer {
    Buffered(Bytes),
    #[cfg(feature = "reqwest")]
    Incoming(Box<Incoming>),
}

impl ResponseBody {
    /// The bytes, if they are at hand: `send` hands over an object before it is read.
    pub fn buffered(&self) -> Option<&Bytes> {
        match &self.0 {
            Answer::Buffered(bytes) => Some(bytes),
            #[cfg(feature = "reqwest")]
            Answer::Incoming(_) => None,
        }
    }
}

#[cfg(feature = "reqwest")]
impl ResponseBody {
    pub(crate) fn incoming(incoming: Incoming) -> ResponseBody {
        ResponseBody(Answer::Incoming(Box::new(incoming)))
    }

    /// The next piece, as it comes in; `None` at the end.
    ///
    /// # Errors
    ///
    /// [`Error::Transport`] if the object is cut short, or if nothing came for longer than
    /// [`Timeouts::stall`](crate::Timeouts).
    pub async fn chunk(&mut self) -> Result<Option<Bytes>, Error> {
        match &mut self.0 {
            Answer::Buffered(bytes) => {
                Ok(Some(std::mem::take(bytes)).filter(|bytes| !bytes.is_empty()))
            }
            Answer::Incoming(incoming) => incoming.chunk().await,
        }
    }

    /// All bytes, in memory.
    ///
    /// # Errors
    ///
    /// As [`chunk`](ResponseBody::chunk).
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

    /// The pieces as a stream, for what takes one. It ends after an error.
    pub fn into_stream(self) -> impl futures_core::Stream<Item = Result<Bytes, Error>> + Send {
        futures_util::stream::unfold(Some(self), |body| async {
            let mut body = body?;
            match body.chunk().await {
                Ok(Some(chunk)) => Some((Ok(chunk), Some(body))),
                Ok(None) => None,
                Err(error) => Some((Err(error), None)),
            }
        })
    }

    /// The bytes as a tokio reader, for `tokio::io::copy` and its like. Errors are `std::io::Error`s around an
    /// [`Error`].
    pub fn into_reader(self) -> impl tokio::io::AsyncRead + Send {
        crate::response::reader::StreamReader::new(self.into_stream())
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
        ResponseBody(Answer::Buffered(bytes))
    }
}
