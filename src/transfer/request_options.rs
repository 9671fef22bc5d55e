//! Which requests of an upload send which of its options.

use crate::call::Call;
use crate::request::{Request, Target};

/// The requests of a multipart upload, grouped by the options that they take.
#[derive(Clone, Copy, Eq, PartialEq)]
pub(super) enum Step {
    /// CreateMultipartUpload.
    Create,
    /// UploadPart, and HeadObject after completion.
    Part,
    /// CompleteMultipartUpload.
    Complete,
    /// AbortMultipartUpload and ListParts.
    Abort,
}

impl Step {
    /// Whether the requests of this step send the upload's header.
    fn takes(self, header: &str) -> bool {
        match header {
            "x-amz-expected-bucket-owner" | "x-amz-request-payer" => true,
            // The key of an SSE-C object.
            _ if header.starts_with("x-amz-server-side-encryption-customer-") => {
                self != Step::Abort
            }
            // Conditions are evaluated when the object is created.
            _ if header.starts_with("if-") => self == Step::Complete,
            // The object's own headers.
            _ => self == Step::Create,
        }
    }
}

/// Adds the options of the upload that this request takes.
pub(super) fn with_options<O>(mut call: Call<O>, step: Step, upload: &Request) -> Call<O> {
    for (name, value) in &upload.headers {
        if step.takes(name) {
            call.request.set_header(name, value);
        }
    }
    call.request.retry = upload.retry;
    call.request.on_retry = upload.on_retry.clone();
    call
}

pub(super) fn names(request: &Request) -> (&str, &str) {
    match &request.target {
        Target::Object { bucket, key } => (bucket, key),
        _ => ("", ""),
    }
}
