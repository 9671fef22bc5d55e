//! Aborts uploads that nobody completes any more.

use std::time::{Duration, SystemTime};

use super::abort::is_gone;
use crate::call::Call;
use crate::client::Client;
use crate::error::Error;
use crate::operation::{ListMultipartUploads, MultipartUpload};
use crate::retry::RetryPolicy;

/// Aborts incomplete uploads: [`Client::abort_incomplete`], [`Client::abort_incomplete_for`].
#[must_use = "nothing is aborted until this is sent"]
#[derive(Debug)]
pub struct AbortIncomplete {
    list: Call<ListMultipartUploads>,
    older_than: Duration,
    /// The only key whose uploads are aborted.
    key: Option<String>,
}

/// What [`AbortIncomplete`] has done.
#[derive(Debug, Default)]
#[non_exhaustive]
pub struct AbortIncompleteOutput {
    /// The uploads that were aborted.
    pub aborted: Vec<MultipartUpload>,
    /// The uploads that could not be aborted, and why.
    pub failed: Vec<(MultipartUpload, Error)>,
}

impl Client {
    /// Aborts the uploads of a bucket that were created more than `older_than` ago, and frees the storage of their parts.
    ///
    /// Choose a longer time than any upload takes: an upload that is aborted while it is in progress fails.
    ///
    /// MinIO lists only uploads that were created since it started. To find others, name their key:
    /// [`abort_incomplete_for`](Client::abort_incomplete_for). An upload whose completion was interrupted may stay in its list
    /// although it no longer exists, and counts as aborted each time. MinIO itself aborts uploads after a day. On AWS, a
    /// lifecycle rule with `AbortIncompleteMultipartUpload` does this without requests.
    ///
    /// ```no_run
    /// # async fn example(s3: slim_s3::Client) -> Result<(), slim_s3::Error> {
    /// use std::time::Duration;
    ///
    /// let a_week = Duration::from_secs(7 * 24 * 60 * 60);
    /// let output = s3.abort_incomplete("films", a_week).send().await?;
    /// println!("{} aborted, {} failed", output.aborted.len(), output.failed.len());
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// Any kind of [`Error`] if the uploads cannot be listed. Uploads that cannot be aborted are in the
    /// [output](AbortIncompleteOutput::failed).
    ///
    /// <https://docs.aws.amazon.com/AmazonS3/latest/userguide/mpu-abort-incomplete-mpu-lifecycle-config.html>
    pub fn abort_incomplete(&self, bucket: &str, older_than: Duration) -> AbortIncomplete {
        AbortIncomplete {
            list: self.list_multipart_uploads(bucket),
            older_than,
            key: None,
        }
    }

    /// Aborts all uploads of one key, such as those that a killed process has left.
    ///
    /// ```no_run
    /// # async fn example(s3: slim_s3::Client) -> Result<(), slim_s3::Error> {
    /// s3.abort_incomplete_for("films", "cat.mp4").send().await?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// See [`abort_incomplete`](Client::abort_incomplete).
    pub fn abort_incomplete_for(&self, bucket: &str, key: &str) -> AbortIncomplete {
        AbortIncomplete {
            key: Some(key.to_owned()),
            ..self.abort_incomplete(bucket, Duration::ZERO).prefix(key)
        }
    }
}

impl AbortIncomplete {
    /// Aborts only uploads whose key starts with this. MinIO then lists only those whose key equals it.
    pub fn prefix(mut self, prefix: &str) -> AbortIncomplete {
        self.list = self.list.prefix(prefix);
        self
    }

    /// Sets a header of every request, as [`Call::header`] does.
    pub fn header(mut self, name: &str, value: &str) -> AbortIncomplete {
        self.list = self.list.header(name, value);
        self
    }

    /// Replaces the client's retry policy for every request.
    pub fn retry(mut self, policy: RetryPolicy) -> AbortIncomplete {
        self.list = self.list.retry(policy);
        self
    }

    /// Lists the uploads, and aborts them one after the other.
    ///
    /// # Errors
    ///
    /// See [`Client::abort_incomplete`].
    pub async fn send(self) -> Result<AbortIncompleteOutput, Error> {
        let AbortIncomplete {
            list,
            older_than,
            key,
        } = self;
        let (client, retry) = (list.client.clone(), list.request.retry);
        let (bucket, _) = list.request.target.names();
        let bucket = bucket.unwrap_or_default();
        let headers = list.request.headers.clone();
        // The store dates an upload by its own clock.
        let now = SystemTime::from(client.now());
        let mut output = AbortIncompleteOutput::default();
        let mut pages = list.pages();
        while let Some(page) = pages.next_page().await? {
            for upload in page.uploads {
                let is_old = older_than.is_zero()
                    || upload.initiated.is_some_and(|initiated| {
                        now.duration_since(initiated)
                            .is_ok_and(|age| age > older_than)
                    });
                if !is_old || key.as_ref().is_some_and(|key| *key != upload.key) {
                    continue;
                }
                let mut abort =
                    client.abort_multipart_upload(&bucket, &upload.key, &upload.upload_id);
                for (name, value) in &headers {
                    abort = abort.header(name, value);
                }
                abort.request.retry = retry;
                match abort.send().await {
                    Err(error) if !is_gone(&error) => output.failed.push((upload, error)),
                    _ => output.aborted.push(upload),
                }
            }
        }
        Ok(output)
    }
}

// `tokio::spawn` requires futures that are `Send`.
const _: fn(AbortIncomplete) = |abort| {
    fn is_send<T: Send + 'static>(_: T) {}
    is_send(abort.send());
};
