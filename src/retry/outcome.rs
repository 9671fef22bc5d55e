//! What is known of a call that has failed: that it was not done, or nothing.

use crate::error::{Effect, Error, Stage, TransportKind};

impl Error {
    /// Whether nobody knows what the call has done: it was to change something, and an answer that would have told was
    /// lost, or says that something went wrong inside of the store. Look before making the call again, where that
    /// matters. Otherwise a call that fails has done nothing, and one that succeeds has done what it was asked for.
    ///
    /// | call | to find out |
    /// |---|---|
    /// | PutObject, CopyObject, CompleteMultipartUpload | HeadObject: the ETag, the size, or a metadata entry of your own |
    /// | PutObject and others under a condition | the same; if an answer was lost and the next attempt did not meet its condition, the error is [`TransportKind::Unsettled`] and not [`is_precondition_failed`](Error::is_precondition_failed): the object that is in the way may be one's own |
    /// | DeleteObject, DeleteObjects, DeleteBucket, tags, versioning | make the call again; it does no harm, but for one more delete marker in a bucket that keeps versions |
    /// | CreateBucket | make the call again: `BucketAlreadyOwnedByYou` means that the bucket is there, and yours |
    /// | UploadPart, UploadPartCopy | send the part again under its number |
    /// | CreateMultipartUpload | ListMultipartUploads: an upload may be left over |
    pub fn is_outcome_unknown(&self) -> bool {
        self.context().outcome_unknown
    }

    /// Decides whether the outcome of a call that ends with this error is unknown. `lost_response` says whether the response
    /// to an earlier attempt was lost.
    pub(crate) fn with_outcome(mut self, effect: Effect, lost_response: bool) -> Error {
        self.context_mut().outcome_unknown =
            effect != Effect::Reads && (lost_response || may_have_taken_effect(&self));
        self
    }
}

/// Whether a failed attempt may have done at the store what it was to do.
pub(crate) fn may_have_taken_effect(error: &Error) -> bool {
    match error {
        Error::Invalid(_) => false,
        // It was a success.
        Error::Malformed(_) => true,
        Error::Transport(error) => match error.kind {
            TransportKind::Connect | TransportKind::Body | TransportKind::Credentials => false,
            // A body that has not gone out whole is never taken for a whole one.
            TransportKind::Broken(stage) | TransportKind::Stalled(stage) => stage != Stage::Sending,
            TransportKind::Unsettled => true,
        },
        // A gateway's words, or a store that does not know how far it came.
        Error::Service(error) => match error.status.as_u16() {
            // Inside of a success, a definite code says that it is none.
            200 => error.code_is_inferred || error.code == "InternalError",
            // Some gateways say so also after they have passed the request on.
            503 => error.code_is_inferred,
            status => matches!(status, 500 | 502 | 504 | 509 | 520..=524),
        },
    }
}

/// Whether an error response may be caused by an earlier attempt of the same call, whose response was lost: the object that
/// already exists, the upload that no longer does.
pub(crate) fn may_be_caused_by_earlier_attempt(effect: Effect, error: &Error) -> bool {
    let Some(error) = error.service() else {
        return false;
    };
    match error.status.as_u16() {
        409 | 412 => effect != Effect::Reads,
        // A write never makes something else disappear.
        404 => matches!(effect, Effect::Deletes | Effect::Completes),
        _ => false,
    }
}
