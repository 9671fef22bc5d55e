//! Request bodies: in memory, from a file, or from a stream.
//!
//! Uses `crypto`, `checksum`, `sigv4`, `xml` and `error`. Start with [`Body`].

#[cfg(feature = "reqwest")]
pub(crate) mod blocking;
#[cfg(feature = "reqwest")]
pub(crate) mod buffers;
#[cfg(feature = "checksums")]
pub(crate) mod checksum;
#[cfg(feature = "reqwest")]
pub(crate) mod file;
#[cfg(feature = "reqwest")]
pub(crate) mod stream;

use std::fmt;

use bytes::Bytes;

#[cfg(feature = "reqwest")]
use crate::body::file::BodySource;
use crate::error::Error;

/// The body of a request. Its length is always known, because S3 requires `Content-Length`.
///
/// | made from | sent | memory |
/// |---|---|---|
/// | `&str`, `&[u8]`, `String`, `Vec<u8>`, [`Bytes`], `()` | hashed, then sent; can be sent again | the bytes |
/// | an open `std::fs::File` or `tokio::fs::File` | from its position to its end, read twice: to hash, and to send; can be sent again | 1 to 3 MiB |
/// | `Body::stream`, `Body::reader` | once, in signed chunks (http) or unsigned (https, or a store without signed chunks) | one chunk |
///
/// `Client::upload` stores a body of any size in parts. For data of unknown length use `upload_reader` or `upload_stream`.
pub struct Body(pub(crate) Content);

/// Far more than any store accepts, and small enough that sums of lengths do not overflow.
const MAX_LENGTH: u64 = 1 << 60;

pub(crate) enum Content {
    Bytes(Bytes),
    #[cfg(feature = "reqwest")]
    Source(Box<dyn BodySource>),
    /// Why the body could not be made. `From` cannot fail, so the call fails instead.
    #[cfg(feature = "reqwest")]
    Unusable(String),
}

impl Body {
    /// An empty body.
    pub fn empty() -> Body {
        Body(Content::Bytes(Bytes::new()))
    }

    /// The length in bytes.
    pub fn len(&self) -> u64 {
        match &self.0 {
            Content::Bytes(bytes) => bytes.len() as u64,
            #[cfg(feature = "reqwest")]
            Content::Source(source) => source.len(),
            #[cfg(feature = "reqwest")]
            Content::Unusable(_) => 0,
        }
    }

    /// Whether the body is empty.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Whether the body was at least partly consumed and cannot be replayed.
    #[cfg(feature = "reqwest")]
    pub(crate) fn is_spent(&self) -> bool {
        matches!(&self.0, Content::Source(source) if source.is_spent())
    }

    /// Whether the body can be read only once, while it is sent.
    #[cfg(feature = "checksums")]
    pub(crate) fn is_stream(&self) -> bool {
        match &self.0 {
            #[cfg(feature = "reqwest")]
            Content::Source(source) => source.as_file().is_none(),
            _ => false,
        }
    }

    pub(crate) fn check(&self) -> Result<(), Error> {
        match &self.0 {
            #[cfg(feature = "reqwest")]
            Content::Unusable(problem) => Err(unusable(problem)),
            _ if self.len() > MAX_LENGTH => Err(Error::invalid(
                "body",
                format!(
                    "a declared length of {} bytes exceeds the limit of {MAX_LENGTH} bytes",
                    self.len()
                ),
                "declare the actual length",
            )),
            _ => Ok(()),
        }
    }

    /// The bytes, if the body is in memory.
    pub fn as_bytes(&self) -> Option<&Bytes> {
        match &self.0 {
            Content::Bytes(bytes) => Some(bytes),
            #[cfg(feature = "reqwest")]
            Content::Source(_) | Content::Unusable(_) => None,
        }
    }
}

/// The error of a body that could not be made.
#[cfg(feature = "reqwest")]
pub(crate) fn unusable(problem: &str) -> Error {
    Error::invalid("body", problem, "open a regular file, or pass bytes")
}

impl fmt::Debug for Body {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Body({} bytes)", self.len())
    }
}

impl Default for Body {
    fn default() -> Body {
        Body::empty()
    }
}

impl From<Bytes> for Body {
    fn from(bytes: Bytes) -> Body {
        Body(Content::Bytes(bytes))
    }
}

impl From<Vec<u8>> for Body {
    fn from(bytes: Vec<u8>) -> Body {
        Body::from(Bytes::from(bytes))
    }
}

impl From<String> for Body {
    fn from(text: String) -> Body {
        Body::from(Bytes::from(text))
    }
}

/// Copies. [`Bytes::from_static`] does not.
impl From<&[u8]> for Body {
    fn from(bytes: &[u8]) -> Body {
        Body::from(Bytes::copy_from_slice(bytes))
    }
}

/// Copies.
impl<const N: usize> From<&[u8; N]> for Body {
    fn from(bytes: &[u8; N]) -> Body {
        Body::from(bytes.as_slice())
    }
}

/// Copies.
impl From<&str> for Body {
    fn from(text: &str) -> Body {
        Body::from(text.as_bytes())
    }
}

impl From<()> for Body {
    fn from((): ()) -> Body {
        Body::empty()
    }
}
