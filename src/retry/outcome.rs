//! Whether a failed call may have taken effect.

use crate::error::{Effect, Error, Stage, TransportKind};

impl Error {
    /// Whether a write may have taken effect although it failed: its response was lost, or the server reported an internal
    /// error. If this is false, the failed call changed nothing.
    ///
    /// | call | how to find out |
    /// |---|---|
    /// | PutObject, CopyObject, CompleteMultipartUpload, `upload_file`, `upload_reader`, `copy` | HeadObject: compare the ETag, the size, or a metadata entry of your own |
    /// | PutObject and others with a condition | the same. If a response was lost and the retry did not meet its condition, the error is [`TransportKind::Unsettled`] and not [`is_precondition_failed`](Error::is_precondition_failed): the existing object may be your own |
    /// | DeleteObject, DeleteObjects, `delete_many`, DeleteBucket, tags, versioning | repeat the call; in a versioned bucket it can add a delete marker |
    /// | CreateBucket | repeat the call: `BucketAlreadyOwnedByYou` means that the bucket exists and is yours |
    /// | UploadPart, UploadPartCopy | upload the part again under the same part number |
    /// | CreateMultipartUpload | ListMultipartUploads: an upload may have been created |
    /// | AbortMultipartUpload | ListParts: `NoSuchUpload` means that the upload no longer exists |
    pub fn is_outcome_unknown(&self) -> bool {
        self.context().outcome_unknown
    }

    /// Decides whether the outcome of a call that ends with this error is unknown. `lost_response`: whether the response to
    /// an earlier attempt was lost.
    pub(crate) fn with_outcome(mut self, effect: Effect, lost_response: bool) -> Error {
        self.context_mut().outcome_unknown =
            effect != Effect::Reads && (lost_response || may_have_taken_effect(&self));
        self
    }
}

/// Whether a failed attempt may have taken effect.
pub(crate) fn may_have_taken_effect(error: &Error) -> bool {
    match error {
        Error::Invalid(_) => false,
        // The status was a success, or cannot be read.
        Error::Malformed(_) => true,
        Error::Transport(error) => match error.kind {
            TransportKind::Connect
            | TransportKind::Body
            | TransportKind::File
            | TransportKind::Cancelled
            | TransportKind::Credentials => false,
            // A server never accepts an incomplete body as a complete one.
            TransportKind::Broken(stage) | TransportKind::Stalled(stage) => stage != Stage::Sending,
            TransportKind::Unsettled => true,
        },
        Error::Service(error) => match error.status.as_u16() {
            // In the body of a success, a definite code means that the operation failed.
            200 => error.code_is_inferred || error.code == "InternalError",
            // Some gateways return a bare 503 even after they forwarded the request.
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
        // Only these delete something.
        404 => matches!(effect, Effect::Deletes | Effect::Completes),
        _ => false,
    }
}
