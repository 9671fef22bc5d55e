//! A checksum that the client computes of a request body.

use std::sync::{Arc, OnceLock};

use crate::body::Body;
#[cfg(feature = "reqwest")]
use crate::body::{Content, blocking::hash_pieces, file::BoxFuture};
#[cfg(feature = "reqwest")]
use crate::checksum::Running;
use crate::checksum::{ChecksumAlgorithm, Start};
use crate::crypto::base64;
use crate::error::Error;
#[cfg(feature = "reqwest")]
use crate::error::TransportKind;

/// A checksum to compute of the body, and to send with it.
///
/// It holds the functions that do it, so that a program that computes none does not link them.
#[derive(Clone)]
pub(crate) struct ComputedChecksum {
    pub(crate) algorithm: ChecksumAlgorithm,
    pub(crate) start: Start,
    /// The digest, computed once for all attempts. Clones share it.
    digest: Arc<OnceLock<Vec<u8>>>,
    #[cfg(feature = "reqwest")]
    compute: for<'a> fn(&'a ComputedChecksum, &'a Body) -> BoxFuture<'a, Result<(), Error>>,
    compute_now: fn(&ComputedChecksum, &Body) -> Result<(), Error>,
}

impl ComputedChecksum {
    // Inlined, so that only the algorithm of a constant is linked.
    #[inline(always)]
    pub(crate) fn new(algorithm: ChecksumAlgorithm) -> ComputedChecksum {
        ComputedChecksum {
            algorithm,
            start: algorithm.start(),
            digest: Arc::default(),
            #[cfg(feature = "reqwest")]
            compute,
            compute_now,
        }
    }

    /// The name of the header and the length of its value, as a trailer.
    #[cfg(feature = "reqwest")]
    pub(crate) fn trailer_length(&self) -> (&'static str, usize) {
        let base64_length = self.algorithm.digest_length().div_ceil(3) * 4;
        (self.algorithm.header(), base64_length)
    }

    /// The same of another body.
    #[cfg(feature = "reqwest")]
    pub(crate) fn afresh(&self) -> ComputedChecksum {
        ComputedChecksum {
            digest: Arc::default(),
            ..self.clone()
        }
    }

    /// The digest, once it is computed.
    pub(crate) fn digest(&self) -> Option<&[u8]> {
        self.digest.get().map(Vec::as_slice)
    }

    /// The header and its value, once it is computed.
    pub(crate) fn header(&self) -> Option<(&'static str, String)> {
        Some((self.algorithm.header(), base64(self.digest()?)))
    }

    /// Computes it, unless an earlier attempt has. A large body is read on the blocking pool.
    #[cfg(feature = "reqwest")]
    pub(crate) fn compute<'a>(&'a self, body: &'a Body) -> BoxFuture<'a, Result<(), Error>> {
        (self.compute)(self, body)
    }

    /// Computes it of a body that is in memory.
    pub(crate) fn compute_now(&self, body: &Body) -> Result<(), Error> {
        (self.compute_now)(self, body)
    }
}

#[cfg(feature = "reqwest")]
fn compute<'a>(checksum: &'a ComputedChecksum, body: &'a Body) -> BoxFuture<'a, Result<(), Error>> {
    Box::pin(async move {
        if checksum.digest.get().is_some() {
            return Ok(());
        }
        let running = (checksum.start)();
        let running = match &body.0 {
            Content::Bytes(bytes) => {
                hash_pieces(bytes, running, |running, piece| running.update(piece)).await
            }
            Content::Source(source) => match source.as_file() {
                Some(file) => {
                    file.hash(running, |running, piece| running.update(piece))
                        .await
                }
                None if body.is_empty() => Ok(running),
                // Computed while it is sent: a trailer.
                None => return Ok(()),
            },
            // Sending it reports why.
            Content::Unusable(_) => return Ok(()),
        };
        let running = running.map_err(|error| {
            let message = format!("the body cannot be read: {error}");
            Error::transport(TransportKind::Body, message, Some(error.into()))
        })?;
        let _ = checksum.digest.set(running.finish());
        Ok(())
    })
}

fn compute_now(checksum: &ComputedChecksum, body: &Body) -> Result<(), Error> {
    let Some(bytes) = body.as_bytes() else {
        return Err(Error::invalid(
            "checksum",
            "the body is not in memory, and reading it may wait",
            "pass the checksum with the method checksum",
        ));
    };
    let mut running = (checksum.start)();
    running.update(bytes);
    let _ = checksum.digest.set(running.finish());
    Ok(())
}

/// A checksum that is computed while a stream is sent, and follows it.
#[cfg(feature = "reqwest")]
pub(crate) struct Trailer {
    checksum: ComputedChecksum,
    running: Box<dyn Running>,
}

#[cfg(feature = "reqwest")]
impl Trailer {
    pub(crate) fn new(checksum: ComputedChecksum) -> Trailer {
        Trailer {
            running: (checksum.start)(),
            checksum,
        }
    }

    pub(crate) fn update(&mut self, data: &[u8]) {
        self.running.update(data);
    }

    /// The name and the value.
    pub(crate) fn finish(self) -> (&'static str, String) {
        let digest = self.running.finish();
        let value = base64(&digest);
        let _ = self.checksum.digest.set(digest);
        (self.checksum.algorithm.header(), value)
    }
}
