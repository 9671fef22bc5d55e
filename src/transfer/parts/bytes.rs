//! Bytes in memory, whose parts share the memory.

use bytes::Bytes;

use super::{BoxResultFuture, PartSource};
use crate::body::Body;

pub(crate) struct BytesParts {
    rest: Bytes,
    length: u64,
    has_started: bool,
}

impl BytesParts {
    pub(crate) fn new(bytes: Bytes) -> BytesParts {
        BytesParts {
            length: bytes.len() as u64,
            rest: bytes,
            has_started: false,
        }
    }
}

impl PartSource for BytesParts {
    fn fill(&mut self, _: u64) -> BoxResultFuture<'_, u64> {
        Box::pin(std::future::ready(Ok(self.length)))
    }

    fn length(&self) -> Option<u64> {
        Some(self.length)
    }

    fn is_buffered(&self) -> bool {
        false
    }

    fn next(&mut self, size: u64) -> BoxResultFuture<'_, Option<Body>> {
        // No bytes are an empty object: one empty body.
        let is_over = self.rest.is_empty() && self.has_started;
        self.has_started = true;
        let size = usize::try_from(size).unwrap_or(usize::MAX);
        let part = self.rest.split_to(size.min(self.rest.len()));
        Box::pin(std::future::ready(Ok((!is_over).then(|| Body::from(part)))))
    }
}
