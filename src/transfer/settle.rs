//! What became of an upload whose completion has no usable response.

use std::time::Duration;

use super::abort::Listed;
use super::multipart::Multipart;
use crate::error::Error;
use crate::operation::shared::follow_up::head_of;
use crate::operation::{CompleteMultipartUpload, CompleteMultipartUploadOutput, CompletedPart};
use crate::response::Response;
use crate::send::{WithMetadata, send_follow_up};
use crate::timestamp::parse_http;

const SECOND: Duration = Duration::from_secs(1);

impl Multipart {
    /// Settles a completion that failed with an unknown outcome, so that a stored object is a success, and only an open upload is
    /// aborted.
    ///
    /// It is not done if the upload still lists its parts: the outcome of the error is then known, and the object that HeadObject
    /// would find is an older one, even if it is equal. It is done if the object has the ETag that follows from its parts, or
    /// their size and checksum; if ListParts failed, the object must also be newer than the upload. Otherwise the outcome stays
    /// unknown, and the error names the upload unless the store says that it is gone.
    pub(super) async fn settle(
        &self,
        parts: &[CompletedPart],
        mut error: Error,
    ) -> Result<WithMetadata<CompleteMultipartUploadOutput>, Error> {
        let listed = self.list().await;
        if matches!(listed, Listed::Parts) {
            let mut error = error.into_rejection();
            error.context_mut().outcome_unknown = false;
            return Err(error);
        }
        let request = self.complete(parts).request;
        #[allow(unused_mut)]
        let mut follow_up = head_of(&request, None);
        #[cfg(feature = "checksums")]
        if self.checksum.is_some() {
            follow_up
                .request
                .set_header("x-amz-checksum-mode", "ENABLED");
        }
        if let Ok(head) = send_follow_up(&self.client, follow_up).await {
            let (head, metadata) = head.split();
            if matches!(listed, Listed::Failed(_)) && self.is_older(&head) {
                error.context_mut().upload_id = Some(self.upload_id.clone());
                return Err(error);
            }
            let is_known = self.has_size_and_checksum(&head);
            match CompleteMultipartUpload::settle_with(&request, Err(error), Ok(head), is_known) {
                Ok(output) => return Ok(metadata.with_output(output)),
                Err(unsettled) => error = unsettled,
            }
        }
        // If it is gone, the object may have been replaced since.
        if !matches!(listed, Listed::Gone) {
            error.context_mut().upload_id = Some(self.upload_id.clone());
        }
        Err(error)
    }

    /// Whether the object was there before the upload was created, by the store's clock. AWS dates an object by the creation of
    /// its upload.
    fn is_older(&self, head: &Response) -> bool {
        let time = |name| parse_http(head.header(name)?);
        let age = match (time("date"), time("last-modified")) {
            (Some(now), Some(modified)) => now.duration_since(modified).unwrap_or_default(),
            _ => return true,
        };
        // Both are in whole seconds.
        let created = self.created.map(|created| created.elapsed() + SECOND);
        created.is_some_and(|longest| age > longest)
    }

    #[cfg(feature = "checksums")]
    fn has_size_and_checksum(&self, head: &Response) -> bool {
        let mut checksum = self.checksum.iter();
        checksum.any(|checksum| (checksum.is_of)(checksum, head))
    }

    #[cfg(not(feature = "checksums"))]
    fn has_size_and_checksum(&self, _: &Response) -> bool {
        false
    }
}
