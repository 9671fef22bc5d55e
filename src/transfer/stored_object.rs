//! Checks of the object that a completed upload has created.

use crate::error::Error;
use crate::etag::ETag;
use crate::operation::{CompleteMultipartUploadOutput, CompletedPart};
use crate::send::confirm_encryption;
use crate::transfer::event::TransferEvent;
use crate::transfer::multipart::Multipart;

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
            if let Some(expected) = expected.clone()
                && expected != actual
            {
                let actual = actual.clone();
                self.listener
                    .tell(|| TransferEvent::EtagDiffers { expected, actual });
            }
            if verify_etag && expected.as_ref() != Some(&actual) {
                return Err(other_etag(expected, &actual));
            }
        }
        // The responses to Create and Complete need not show it.
        confirm_encryption(&self.client, &self.request, stored.version_id.as_deref()).await?;
        Ok(actual)
    }
}

#[cold]
fn other_etag(expected: Option<ETag>, actual: &ETag) -> Error {
    let problem = match expected {
        Some(expected) => {
            format!("the object has the ETag {actual}, but {expected} follows from its parts")
        }
        None => format!("the ETag {actual} cannot be verified: those of the parts are no MD5"),
    };
    Error::malformed(problem, None)
}
