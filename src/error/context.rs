//! Which call an error belongs to, and what was attempted.

use std::time::{Duration, SystemTime};

use super::ResumeToken;

/// The call that an error belongs to: [`Error::context`](super::Error::context).
#[derive(Clone, Debug, Default, Eq, PartialEq)]
#[non_exhaustive]
pub struct Context {
    /// The operation by its AWS name, such as `PutObject`.
    pub operation: &'static str,
    /// The bucket, if the call names one.
    pub bucket: Option<String>,
    /// The object key, if the call names one.
    pub key: Option<String>,
    /// The part number, if the call is about one part of an upload.
    pub part_number: Option<String>,
    /// How often the request was sent; 0 if it never was.
    pub attempts: u32,
    /// The attempts before the last one, in order; at most 100.
    pub earlier: Vec<FailedAttempt>,
    /// Why the call was not retried, although another attempt might have succeeded.
    pub gave_up: Option<&'static str>,
    /// The multipart upload that may still exist at the store: it was not aborted, or the store did not confirm the abort.
    pub upload_id: Option<String>,
    /// Why the upload may still exist, if it was aborted, or if it was cancelled before its ID was known.
    pub abort_failure: Option<String>,
    /// How many parts of a failed upload the store had acknowledged.
    pub parts_done: Option<u32>,
    /// For `Upload::resume`, if the upload may still exist.
    pub resume_token: Option<Box<ResumeToken>>,
    /// The time that the last attempt was signed with, by the client's clock and its correction. `None` if the request was
    /// not signed.
    pub signed_at: Option<SystemTime>,
    /// What the operation changes.
    pub(crate) effect: Effect,
    /// See [`Error::is_outcome_unknown`](super::Error::is_outcome_unknown).
    pub(crate) outcome_unknown: bool,
    /// Whether the last attempt was signed with temporary credentials.
    #[cfg(feature = "reqwest")]
    pub(crate) is_temporary: bool,
    /// Which renewal of a cache the credentials of the last attempt come from.
    #[cfg(feature = "credentials")]
    pub(crate) generation: u32,
}

/// What an operation changes on the server. It decides what a lost response means for a call.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
#[non_exhaustive]
pub enum Effect {
    /// Nothing: the call can always be repeated.
    #[default]
    Reads,
    /// It creates or replaces something. After a lost response, a 409 or 412 may be caused by the call itself.
    Writes,
    /// It deletes something. After a lost response, a 404, 409 or 412 may be caused by the call itself.
    Deletes,
    /// It turns an upload into an object. Like `Deletes`, because the upload no longer exists afterwards. A conflict
    /// with another writer is permanent.
    Completes,
}

/// A failed attempt that was followed by another one.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub struct FailedAttempt {
    /// Why it failed, in short: `503 SlowDown`, or what happened to the connection.
    pub cause: String,
    /// How long the client waited before the next attempt.
    pub delay: Duration,
}
