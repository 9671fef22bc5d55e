//! What becomes of a multipart upload that has failed.

use std::time::Duration;

use super::event::TransferEvent;
use super::multipart::Multipart;
use super::request_options::{Step, names, with_options};
use crate::body::file::BoxFuture;
use crate::error::{Error, TransportKind};
use crate::http::within;
use crate::retry::may_have_taken_effect;

/// What happens to the parts of an upload that fails or is cancelled.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
#[allow(clippy::exhaustive_enums)]
pub enum OnFailure {
    /// The upload is aborted, and its parts are deleted.
    #[default]
    Abort,
    /// The parts stay at the store for [`Upload::resume`](crate::Upload::resume). They use storage until the upload is completed
    /// or aborted.
    Keep,
}

/// What ListParts shows of an upload.
pub(super) enum Listed {
    /// It has parts.
    Parts,
    /// It no longer exists.
    Gone,
    /// It has none. S3Proxy and s3s-fs list an upload that is gone in this way.
    Nothing,
    /// ListParts failed.
    Failed(String),
}

/// How long a transfer that has failed or is cancelled may clean up.
pub(super) const LIMIT: Duration = Duration::from_secs(10);

impl Multipart {
    /// Aborts the upload unless its parts are to be kept or it may be complete, and adds to the error what is left of it.
    ///
    /// `was_completing` if the error is that of CompleteMultipartUpload.
    pub(super) async fn give_up(
        &self,
        mut error: Error,
        on_failure: OnFailure,
        was_completing: bool,
    ) -> Error {
        let is_unknown = error.is_outcome_unknown();
        if !is_unknown {
            let failure = match on_failure {
                OnFailure::Keep => Err(None),
                OnFailure::Abort => self.abort().await.map_err(Some),
            };
            // It disappeared before it was aborted: a completion that was slow to begin has taken effect.
            if matches!(failure, Ok(false)) && was_completing && may_have_taken_effect(&error) {
                error.context_mut().outcome_unknown = true;
            }
            if on_failure == OnFailure::Abort {
                self.listener.tell(|| TransferEvent::Aborted {
                    upload_id: self.upload_id.clone(),
                    failure: failure.clone().err().flatten(),
                });
            }
            if let Err(failure) = failure {
                let context = error.context_mut();
                context.upload_id = Some(self.upload_id.clone());
                context.abort_failure = failure;
            }
        }
        let parts = self.done().parts;
        let context = error.context_mut();
        context.parts_done = Some(parts);
        if context.upload_id.is_some() {
            context.resume_token = self.resume_token().map(Box::new);
        }
        error
    }

    /// Aborts until ListParts confirms that the upload no longer exists, at most three times and for at most ten
    /// seconds. Otherwise the error says why this is not confirmed. Returns `false` if it was gone before it was aborted.
    ///
    /// A part in flight may arrive after an abort and recreate the upload, so each check waits a moment.
    async fn abort(&self) -> Result<bool, String> {
        let (bucket, key) = names(&self.request);
        let mut reason = String::new();
        let abort = async {
            let mut was_aborted = false;
            for _ in 0..3 {
                let abort = self
                    .client
                    .abort_multipart_upload(bucket, key, &self.upload_id);
                match with_options(abort, Step::Abort, &self.request).send().await {
                    Ok(_) => was_aborted = true,
                    // S3Proxy lists the parts of an aborted upload as if it had none.
                    Err(error) if was_aborted && is_gone(&error) => return Some(true),
                    // A retry did not find the upload: the first attempt, whose response was lost, aborted it.
                    Err(Error::Transport(error)) if error.kind == TransportKind::Unsettled => {
                        was_aborted = true;
                    }
                    // ListParts decides.
                    Err(error) => reason = format!("AbortMultipartUpload: {}", error.cause()),
                }
                tokio::time::sleep(Duration::from_millis(300)).await;
                match self.list().await {
                    Listed::Gone => return Some(was_aborted),
                    // The failure of an abort says more.
                    _ if !was_aborted => {}
                    Listed::Parts => "it was aborted, but is still listed".clone_into(&mut reason),
                    Listed::Nothing => {
                        "ListParts still returns it, without parts".clone_into(&mut reason)
                    }
                    Listed::Failed(why) => reason = why,
                }
            }
            None
        };
        match within(LIMIT, abort).await {
            Some(Some(was_aborted)) => Ok(was_aborted),
            Some(None) => Err(reason),
            None if reason.is_empty() => Err(format!("no response within {} s", LIMIT.as_secs())),
            None => Err(reason),
        }
    }

    /// Looks for the upload.
    pub(super) fn list(&self) -> BoxFuture<'_, Listed> {
        let (bucket, key) = names(&self.request);
        let list = self.client.list_parts(bucket, key, &self.upload_id);
        let list = with_options(list, Step::Abort, &self.request);
        Box::pin(async move {
            match list.send().await {
                Ok(list) if !list.parts.is_empty() => Listed::Parts,
                Err(error) if is_gone(&error) => Listed::Gone,
                Ok(_) => Listed::Nothing,
                Err(error) => Listed::Failed(format!("ListParts: {}", error.cause())),
            }
        })
    }
}

/// Whether a response says that the upload no longer exists. Ceph returns `NoSuchKey`.
pub(super) fn is_gone(error: &Error) -> bool {
    let is_stated = error.service().is_some_and(|error| !error.code_is_inferred);
    let gone = ["NoSuchUpload", "NoSuchKey", "NoSuchBucket"];
    is_stated && error.code().is_some_and(|code| gone.contains(&code))
}
