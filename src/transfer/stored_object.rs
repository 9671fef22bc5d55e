//! Checks of the object that an upload has created.

use crate::call::Call;
use crate::crypto::hex;
use crate::error::Error;
use crate::etag::ETag;
use crate::operation::{CompleteMultipartUploadOutput, CompletedPart, PutObject, PutObjectOutput};
use crate::send::{WithMetadata, confirm_encryption};
use crate::transfer::event::{Listener, TransferEvent};
use crate::transfer::multipart::Multipart;
use crate::transfer::parts::BoxResultFuture;
use crate::transfer::upload_control::{Cancel, send_whole};
use crate::transfer::upload_resume::md5_of;

impl Multipart {
    /// Checks its ETag and its encryption.
    pub(super) async fn check_object(
        &self,
        parts: &[CompletedPart],
        stored: &CompleteMultipartUploadOutput,
        verify_etag: bool,
    ) -> Result<ETag, Error> {
        let Some(actual) = stored.etag.clone() else {
            return Err(Error::malformed(
                "the object is stored, but has no ETag",
                None,
            ));
        };
        if verify_etag || self.listener.is_some() {
            let etags: Vec<ETag> = parts.iter().map(|part| part.etag.clone()).collect();
            let expected = ETag::composite(&etags);
            let compared = compare_etag(expected, &actual, &self.listener);
            if verify_etag {
                compared?;
            }
        }
        // The responses to Create and Complete need not show it.
        confirm_encryption(&self.client, &self.request, stored.version_id.as_deref()).await?;
        Ok(actual)
    }
}

/// Sends a small object, and compares its ETag with the MD5 of the body.
pub(super) fn put_verified<'a>(
    put: Call<PutObject>,
    listener: &'a Listener,
    cancel: &'a mut Cancel,
) -> BoxResultFuture<'a, WithMetadata<PutObjectOutput>> {
    Box::pin(async move {
        // Nothing is sent yet: if it is cancelled now, the outcome is known.
        let md5 = Box::pin(async { Ok(md5_of(&put.request.body).await) });
        let md5 = cancel.or(md5).await?;
        let expected = md5.map(|md5| ETag::from(hex(&md5).as_str()));
        let stored = send_whole(Box::pin(put.send_with_metadata()), cancel).await?;
        compare_etag(expected, &stored.output.etag, listener).map_err(exists)?;
        Ok(stored)
    })
}

/// Compares the ETag of an object with the one that follows from what was sent, and reports a difference.
fn compare_etag(expected: Option<ETag>, actual: &ETag, listener: &Listener) -> Result<(), Error> {
    if expected.as_ref() == Some(actual) {
        return Ok(());
    }
    if let Some(expected) = expected.clone() {
        let actual = actual.clone();
        listener.tell(|| TransferEvent::EtagDiffers { expected, actual });
    }
    Err(other_etag(expected, actual))
}

/// The object exists, although a check failed.
pub(super) fn exists(mut error: Error) -> Error {
    error.context_mut().outcome_unknown = true;
    error
}

#[cold]
fn other_etag(expected: Option<ETag>, actual: &ETag) -> Error {
    let problem = match expected {
        Some(expected) => {
            format!("the object has the ETag {actual}, but {expected} follows from the data")
        }
        // The ETags of the parts are no MD5.
        None => format!("the ETag {actual} cannot be verified: an MD5 of the data is missing"),
    };
    Error::malformed(problem, None)
}
