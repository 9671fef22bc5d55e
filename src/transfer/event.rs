//! What happens during a transfer, for progress bars and logs.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use crate::error::ResumeToken;
use crate::etag::ETag;
use crate::retry::OnRetry;

/// What happens during a transfer: [`Upload::on_event`](crate::Upload::on_event) and its siblings.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum TransferEvent {
    /// The transfer has a plan, and nothing has been transferred yet.
    #[non_exhaustive]
    Started {
        /// The size in bytes, if it is known.
        size: Option<u64>,
        /// The size in bytes of all parts but the last.
        part_size: u64,
        /// The number of parts, if the size is known. A small object is sent, or copied, with one request instead.
        parts: Option<u32>,
        /// The largest size in bytes that this transfer can have.
        ceiling: u64,
    },
    /// A multipart upload was created.
    #[non_exhaustive]
    Created {
        /// Its ID. If the transfer's future is dropped, the upload stays at the store until it is
        /// [aborted](crate::Client::abort_multipart_upload).
        upload_id: String,
        /// For [`Upload::resume`](crate::Upload::resume), in this process or another one. `None` for a copy.
        resume_token: Option<ResumeToken>,
    },
    /// The other side has acknowledged bytes: parts that the store has, or data that was written.
    #[non_exhaustive]
    Progress {
        /// The number of bytes so far. It never decreases.
        bytes: u64,
        /// The size in bytes, if it is known.
        size: Option<u64>,
    },
    /// A part is complete.
    #[non_exhaustive]
    PartDone {
        /// Its number, from 1.
        part_number: u32,
        /// Its size in bytes.
        size: u64,
    },
    /// A request failed and will be sent again.
    #[non_exhaustive]
    Retry {
        /// The part that the request is about, if it is about one.
        part_number: Option<u32>,
        /// The number of the failed attempt, from 1.
        attempt: u32,
        /// Why it failed, in short.
        cause: String,
        /// The time until the next attempt.
        delay: Duration,
    },
    /// Data of an earlier transfer is used again.
    #[non_exhaustive]
    Resumed {
        /// How many parts.
        parts: u32,
        /// How many bytes.
        bytes: u64,
    },
    /// The object's ETag is not the one that follows from its parts, or for
    /// [`Upload::verify_etag`](crate::Upload::verify_etag) from its bytes: the store encrypts it, has other ETags, or the object is
    /// not what was sent.
    #[non_exhaustive]
    EtagDiffers {
        /// The ETag that follows from the parts or the bytes.
        expected: ETag,
        /// The store's.
        actual: ETag,
    },
    /// A failed or cancelled multipart upload was aborted.
    #[non_exhaustive]
    Aborted {
        /// Its ID.
        upload_id: String,
        /// Why it may still exist. `None` if the store confirms that it does not.
        failure: Option<String>,
    },
    /// The transfer has succeeded.
    #[non_exhaustive]
    Finished {
        /// The size in bytes.
        bytes: u64,
    },
}

/// The callback for events, if there is one.
#[derive(Clone, Default)]
pub(crate) struct Listener(Option<Arc<dyn Fn(TransferEvent) + Send + Sync>>);

impl Listener {
    pub(crate) fn new(listener: impl Fn(TransferEvent) + Send + Sync + 'static) -> Listener {
        Listener(Some(Arc::new(listener)))
    }

    pub(crate) fn is_some(&self) -> bool {
        self.0.is_some()
    }

    /// Tells the listener, if there is one.
    pub(crate) fn tell(&self, event: impl FnOnce() -> TransferEvent) {
        if let Some(listener) = &self.0 {
            listener(event());
        }
    }

    /// For the retries of a request; see [`Request`](crate::Request).
    pub(crate) fn on_retry(&self, part_number: Option<u32>) -> Option<OnRetry> {
        let listener = self.0.clone()?;
        Some(OnRetry(Arc::new(move |attempt, failed| {
            listener(TransferEvent::Retry {
                part_number,
                attempt,
                cause: failed.cause.clone(),
                delay: failed.delay,
            });
        })))
    }
}

impl fmt::Debug for Listener {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.0.is_some() { "Some(..)" } else { "None" })
    }
}
