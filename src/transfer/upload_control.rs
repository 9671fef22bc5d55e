//! The options of an upload that do not concern the object: events, failure, cancellation, resumption.

use std::future::{Future, poll_fn};
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use super::abort::OnFailure;
use super::event::{Listener, TransferEvent};
use super::parts::BoxResultFuture;
use super::stored_object::put_verified;
use super::upload::Upload;
#[cfg(feature = "checksums")]
use super::upload_checksum::PartChecksums;
use super::upload_resume::{self as resume, Resume};
use crate::call::Call;
use crate::error::{Error, TransportKind};
use crate::operation::{PutObject, PutObjectOutput};
use crate::send::WithMetadata;

/// How an upload reports, fails, is cancelled and resumed.
#[derive(Default)]
pub(super) struct Control {
    pub(super) listener: Listener,
    pub(super) on_failure: OnFailure,
    pub(super) cancel: Cancel,
    pub(super) resume: Option<Resume>,
    pub(super) verify_etag: Option<PutVerified>,
    #[cfg(feature = "checksums")]
    pub(super) checksum: Option<Box<PartChecksums>>,
}

/// Sends a small object and verifies its ETag. A program that does not ask for it does not link it.
pub(super) type PutVerified = for<'a> fn(
    Call<PutObject>,
    &'a Listener,
    &'a mut Cancel,
) -> BoxResultFuture<'a, WithMetadata<PutObjectOutput>>;

/// A future whose end cancels the transfer.
#[derive(Default)]
pub(crate) struct Cancel(Option<Pin<Box<dyn Future<Output = ()> + Send>>>);

impl Cancel {
    pub(crate) fn on<F>(future: F) -> Cancel
    where
        F: Future + Send + 'static,
    {
        Cancel(Some(Box::pin(async move {
            future.await;
        })))
    }

    /// Does some work, unless it is cancelled before.
    pub(crate) async fn or<T>(&mut self, mut work: BoxResultFuture<'_, T>) -> Result<T, Error> {
        poll_fn(|cx| match self.poll(cx) {
            Poll::Ready(()) => Poll::Ready(Err(cancelled())),
            Poll::Pending => work.as_mut().poll(cx),
        })
        .await
    }

    /// Does some work that leaves something behind if it is interrupted: once it is cancelled, it may take `limit`.
    pub(super) async fn or_within<T>(
        &mut self,
        limit: Duration,
        mut work: BoxResultFuture<'_, T>,
    ) -> Result<T, Error> {
        let mut late = Box::pin(async {
            poll_fn(|cx| self.poll(cx)).await;
            tokio::time::sleep(limit).await;
            let mut error = cancelled();
            error.context_mut().abort_failure = Some(
                "CreateMultipartUpload returned no upload ID, but may have created an upload without parts"
                    .to_owned(),
            );
            Err(error)
        });
        poll_fn(|cx| match work.as_mut().poll(cx) {
            Poll::Pending => late.as_mut().poll(cx),
            done => done,
        })
        .await
    }

    /// Ready once it is cancelled, and whenever it is polled again.
    fn poll(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        let Some(cancel) = &mut self.0 else {
            return Poll::Pending;
        };
        ready!(cancel.as_mut().poll(cx));
        *cancel = Box::pin(std::future::ready(()));
        Poll::Ready(())
    }
}

/// Sends the one request of a small transfer.
pub(super) async fn send_whole<T>(
    sending: BoxResultFuture<'_, T>,
    cancel: &mut Cancel,
) -> Result<T, Error> {
    cancel.or(sending).await.map_err(|mut error| {
        // The request may have been sent.
        error.context_mut().outcome_unknown |=
            matches!(&error, Error::Transport(error) if error.kind == TransportKind::Cancelled);
        error
    })
}

/// Reports the progress and the end of a small transfer.
pub(super) fn tell_whole(size: u64, listener: &Listener) {
    listener.tell(|| TransferEvent::Progress {
        bytes: size,
        size: Some(size),
    });
    listener.tell(|| TransferEvent::Finished { bytes: size });
}

#[cold]
fn cancelled() -> Error {
    Error::transport(TransportKind::Cancelled, "the transfer was cancelled", None)
}

/// Options of the transfer.
impl Upload {
    /// Calls `listener` for each [`TransferEvent`]: progress, retries, the upload's ID.
    ///
    /// It is called by the task that sends the upload, so it must return quickly: pass events on, for example through a
    /// channel, if handling them takes time.
    ///
    /// ```no_run
    /// # async fn example(s3: slim_s3::Client) -> Result<(), slim_s3::Error> {
    /// use slim_s3::TransferEvent;
    ///
    /// let upload = s3.upload_file("films", "cat.mp4", "cat.mp4").on_event(|event| {
    ///     if let TransferEvent::Progress { bytes, size, .. } = event {
    ///         println!("{bytes} of {size:?} bytes");
    ///     }
    /// });
    /// upload.send().await?;
    /// # Ok(())
    /// # }
    /// ```
    #[doc(alias = "Callback")]
    pub fn on_event(mut self, listener: impl Fn(TransferEvent) + Send + Sync + 'static) -> Upload {
        self.control.listener = Listener::new(listener);
        self
    }

    /// What happens to the parts if the upload fails or is [cancelled](Upload::cancel_on): they are deleted, or kept to
    /// [resume](Upload::resume) the upload.
    pub fn on_failure(mut self, on_failure: OnFailure) -> Upload {
        self.control.on_failure = on_failure;
        self
    }

    /// Cancels the upload when `future` completes: on Ctrl-C, or by a token.
    ///
    /// The upload then fails with [`TransportKind::Cancelled`], and what it has stored is treated as after any
    /// [failure](Upload::on_failure). Only a small object, whose PutObject was being sent, may exist: the
    /// [outcome is unknown](Error::is_outcome_unknown). CreateMultipartUpload may take ten more seconds, so that its upload can be
    /// aborted. Once CompleteMultipartUpload is sent, the upload is not cancelled any more.
    ///
    /// Dropping the future of the upload also cancels it, but leaves its parts at the store: nothing is left that could
    /// abort it. [`TransferEvent::Created`] contains the upload ID, and [`abort_incomplete`](crate::Client::abort_incomplete) finds
    /// such uploads.
    ///
    /// ```no_run
    /// # async fn example(s3: slim_s3::Client, stop: tokio::sync::oneshot::Receiver<()>)
    /// #     -> Result<(), slim_s3::Error> {
    /// s3.upload_file("films", "cat.mp4", "cat.mp4").cancel_on(stop).send().await?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn cancel_on<F>(mut self, future: F) -> Upload
    where
        F: Future + Send + 'static,
    {
        self.control.cancel = Cancel::on(future);
        self
    }

    /// Goes on with an earlier upload of the same data: parts that the store still has are not sent again.
    ///
    /// `token` is the text of a [`ResumeToken`](crate::error::ResumeToken), which
    /// [`Error::context`] has if the upload may still exist, and [`TransferEvent::Created`] has for an upload
    /// whose process may be killed. All parts that the store lists are compared with the data, by their size and MD5, so a
    /// file is read once more, and a stream must begin again from its start. Parts that differ, or whose ETag is no MD5, are sent again.
    /// Media type, metadata and the like are those of the earlier upload.
    ///
    /// The upload fails with [`Error::Invalid`] if the data has another size, the file was modified, another
    /// [`part_size`](Upload::part_size) is set, or the upload no longer exists.
    ///
    /// ```no_run
    /// # async fn example(s3: slim_s3::Client) -> Result<(), slim_s3::Error> {
    /// use slim_s3::OnFailure;
    ///
    /// let upload = || s3.upload_file("films", "cat.mp4", "cat.mp4");
    /// if let Err(error) = upload().on_failure(OnFailure::Keep).send().await {
    ///     let Some(token) = &error.context().resume_token else { return Err(error) };
    ///     upload().resume(&token.to_string()).send().await?;
    /// }
    /// # Ok(())
    /// # }
    /// ```
    pub fn resume(mut self, token: &str) -> Upload {
        self.control.resume = Some(Resume {
            token: token.to_owned(),
            or_restart: false,
            find: resume::find,
        });
        self
    }

    /// Like [`resume`](Upload::resume), but an upload that cannot be resumed is aborted, and the data is uploaded from the start.
    pub fn resume_or_restart(self, token: &str) -> Upload {
        let mut upload = self.resume(token);
        if let Some(resume) = &mut upload.control.resume {
            resume.or_restart = true;
        }
        upload
    }

    /// Fails if the ETag of the object is not the one that follows from the data: the [composite](crate::ETag::composite) one of
    /// its parts, or of a small object, which is sent in one piece, the MD5 of its bytes.
    ///
    /// The object exists nevertheless, and [the outcome is unknown](Error::is_outcome_unknown). Objects that are encrypted with
    /// SSE-KMS or SSE-C, and some stores, have other ETags. The MD5 of a small object is computed for this: a small file is read
    /// once more. Without this option, a difference is only a [`TransferEvent::EtagDiffers`] of an upload in parts.
    pub fn verify_etag(mut self) -> Upload {
        self.control.verify_etag = Some(put_verified);
        self
    }
}
