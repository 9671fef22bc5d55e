//! A checksum that the client computes of a request body.

use std::sync::{Arc, OnceLock};

use http::{HeaderMap, HeaderName};

use crate::body::Body;
#[cfg(feature = "reqwest")]
use crate::body::{Content, blocking::hash_pieces, file::BoxFuture};
use crate::checksum::{Checksum, ChecksumAlgorithm, Running, Start, is_checksum};
use crate::crypto::base64;
use crate::error::Error;
#[cfg(feature = "reqwest")]
use crate::error::TransportKind;
use crate::xml::Element;

/// A checksum to compute of the body, and to send with it.
///
/// It holds the functions that do it, so that a program that computes none does not link them.
#[derive(Clone)]
pub(crate) struct ComputedChecksum {
    pub(crate) algorithm: ChecksumAlgorithm,
    pub(crate) start: Start,
    /// The digest and its base64, computed once for all attempts. Clones share them.
    computed: Arc<OnceLock<(Vec<u8>, String)>>,
    #[cfg(feature = "reqwest")]
    compute: for<'a> fn(&'a ComputedChecksum, &'a Body) -> BoxFuture<'a, Result<(), Error>>,
    compute_now: fn(&ComputedChecksum, &Body) -> Result<(), Error>,
    /// Its header, once it is computed, of a request that has these headers.
    pub(crate) header: HeaderOf,
}

type HeaderOf =
    fn(&ComputedChecksum, &[(HeaderName, String)]) -> Result<Option<(&'static str, String)>, Error>;

impl ComputedChecksum {
    // Inlined, so that only the algorithm of a constant is linked.
    #[inline(always)]
    pub(crate) fn new(algorithm: ChecksumAlgorithm) -> ComputedChecksum {
        ComputedChecksum {
            algorithm,
            start: algorithm.start(),
            computed: Arc::default(),
            #[cfg(feature = "reqwest")]
            compute,
            compute_now,
            header,
        }
    }

    /// The name of the header and the length of its value, as a trailer.
    pub(crate) fn trailer_length(&self) -> (&'static str, usize) {
        let base64_length = self.algorithm.digest_length().div_ceil(3) * 4;
        (self.algorithm.header(), base64_length)
    }

    /// The same of another body.
    #[cfg(feature = "reqwest")]
    pub(crate) fn afresh(&self) -> ComputedChecksum {
        ComputedChecksum {
            computed: Arc::default(),
            ..self.clone()
        }
    }

    /// The digest, once it is computed.
    #[cfg(feature = "reqwest")]
    pub(crate) fn digest(&self) -> Option<&[u8]> {
        Some(&self.computed.get()?.0)
    }

    /// The value of its header, once it is computed.
    pub(crate) fn value(&self) -> Option<&str> {
        Some(&self.computed.get()?.1)
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

    fn finish(&self, running: Box<dyn Running>) {
        let digest = running.finish();
        let value = base64(&digest);
        let _ = self.computed.set((digest, value));
    }
}

/// What a request does with the checksums in its response. Again functions, set by the options that need them.
#[derive(Clone, Copy, Default)]
pub(crate) struct ResponseChecksums {
    /// Starts the checksum that the body is compared with, if it is to be verified.
    pub(crate) verify: Option<fn(ChecksumAlgorithm) -> Box<dyn Running>>,
    /// Returns the checksum that was sent, if the response has the same; another one is the problem.
    pub(crate) confirm: Option<Confirm>,
    /// Collects those of an object.
    pub(crate) collect: Option<Collect>,
}

/// From what was computed, the headers of the request, and those of the response.
pub(crate) type Confirm = fn(
    Option<&ComputedChecksum>,
    &[(String, String)],
    &HeaderMap,
) -> Result<Option<Checksum>, String>;

/// From the result document, if there is one, and the headers of the response.
pub(crate) type Collect = fn(Option<&Element>, &HeaderMap) -> Vec<Checksum>;

#[cfg(feature = "reqwest")]
fn compute<'a>(checksum: &'a ComputedChecksum, body: &'a Body) -> BoxFuture<'a, Result<(), Error>> {
    Box::pin(async move {
        if checksum.value().is_some() {
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
        checksum.finish(running);
        Ok(())
    })
}

/// Rejects a second checksum, as stores do.
fn header(
    checksum: &ComputedChecksum,
    headers: &[(HeaderName, String)],
) -> Result<Option<(&'static str, String)>, Error> {
    let mut names = headers.iter().map(|(name, _)| name.as_str());
    if let Some(name) = names.find(|name| is_checksum(name)) {
        return Err(Error::invalid(
            &format!("header {name}"),
            "set beside a computed checksum, and a request has only one",
            "leave one of them out",
        ));
    }
    let name = checksum.algorithm.header();
    Ok(checksum.value().map(|value| (name, value.to_owned())))
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
    checksum.finish(running);
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
        self.checksum.finish(self.running);
        let value = self.checksum.value().unwrap_or_default();
        (self.checksum.algorithm.header(), value.to_owned())
    }
}
