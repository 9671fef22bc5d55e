//! Sending a call: the one loop of attempts.
//!
//! [`send`] is the loop. [`Attempts`] is its state, [`recovery`] corrects the clock, the region or the credentials
//! between two attempts, [`continued`] requests the rest of a body that was interrupted, and [`telemetry`] reports to `tracing`.
//!
//! Uses `call`, `client`, `http`, `request`, `response`, `retry` and `error`. Start with [`Call::send`].

mod attempts;
mod continued;
#[cfg(feature = "checksums")]
mod default_checksum;
mod follow_up;
mod metadata;
mod presign_now;
mod recovery;
mod retry_cost;
pub(crate) mod telemetry;

use self::attempts::Attempts;
use self::continued::continuing;
use self::follow_up::confirms_encryption;
pub(crate) use self::follow_up::{confirm_encryption, send_follow_up};
pub use self::metadata::WithMetadata;
use crate::call::operation::parse_success;
use crate::call::{Call, Operation, OperationSpec, call_context};
use crate::client::Client;
use crate::error::Error;
use crate::http::check_runtime;
use crate::request::Request;

impl<O: Operation> Call<O> {
    /// Signs the request, sends it, and reads the response. Transient failures are retried according to
    /// the [`RetryPolicy`](crate::RetryPolicy).
    ///
    /// Dropping the future cancels the request, which may still take effect.
    ///
    /// ```no_run
    /// # async fn example(s3: slim_s3::Client) -> Result<(), slim_s3::Error> {
    /// match s3.head_object("photos", "cat.jpg").send().await {
    ///     Ok(head) => println!("{:?} bytes", head.content_length),
    ///     Err(error) if error.is_not_found() => println!("no such object"),
    ///     Err(error) => return Err(error),
    /// }
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// Any kind of [`Error`]. It is [`Error::Invalid`] outside of a tokio runtime.
    ///
    /// # Panics
    ///
    /// In a tokio runtime that was built without `enable_time` or `enable_io`.
    pub async fn send(self) -> Result<O::Output, Error> {
        let response = self.send_with_metadata().await?;
        Ok(response.output)
    }

    /// Like [`send`](Call::send), and also returns the response's metadata: status, request ID and attempts.
    ///
    /// ```no_run
    /// # async fn example(s3: slim_s3::Client) -> Result<(), slim_s3::Error> {
    /// let deleted = s3.delete_object("photos", "cat.jpg").send_with_metadata().await?;
    /// println!("request {:?}, {} attempts", deleted.request_id(), deleted.attempts);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// See [`send`](Call::send).
    #[doc(alias = "ResponseMetadata")]
    #[cfg_attr(not(feature = "checksums"), allow(unused_mut))]
    pub async fn send_with_metadata(mut self) -> Result<WithMetadata<O::Output>, Error> {
        #[cfg(feature = "checksums")]
        default_checksum::add_default_checksum(&self.client, &O::SPEC, &mut self.request);
        send::<O>(&self.client, &self.request).await
    }
}

/// Sends a request of the operation `O`: the loop of attempts.
pub(crate) async fn send<O: Operation>(
    client: &Client,
    request: &Request,
) -> Result<WithMetadata<O::Output>, Error> {
    let context = call_context(&O::SPEC, request, 0);
    if let Err(error) = check_runtime().and_then(|()| O::check_request(request)) {
        return Err(error.with_context(&context));
    }
    let mut attempts = Attempts::new(client, request, &O::SPEC, context);
    loop {
        let failure = match attempts.send_once().await {
            Ok((response, metadata)) => {
                let is_confirmed =
                    !O::SPEC.confirms_encryption_later || confirms_encryption(request, &response);
                let version_id = (!is_confirmed)
                    .then(|| response.header_string("x-amz-version-id"))
                    .flatten();
                let response = if O::SPEC.streams_body {
                    continuing::<O>(client, request, response, attempts.started)
                } else {
                    response
                };
                let mut parsed = parse_success::<O>(request, response);
                if let Some(follow_up) = O::follow_up(request, &parsed) {
                    // With the region and the clock that this call found out.
                    attempts.learn_from_success();
                    let found = send_follow_up(client, follow_up).await;
                    parsed = O::settle(request, parsed, found.map(|found| found.output));
                }
                match parsed {
                    Ok(output) => {
                        let done = attempts.succeeded(metadata).with_output(output);
                        if O::SPEC.confirms_encryption_later && !is_confirmed {
                            confirm_encryption(client, request, version_id.as_deref())
                                .await
                                .map_err(|error| unconfirmed(error, &O::SPEC, request))?;
                        }
                        return Ok(done);
                    }
                    Err(error) => error,
                }
            }
            Err(error) => error,
        };
        attempts.wait_or_give_up(failure).await?;
    }
}

/// The object exists, although the check of its encryption failed.
#[cold]
fn unconfirmed(error: Error, spec: &OperationSpec, request: &Request) -> Error {
    let mut error = error.with_context(&call_context(spec, request, 1));
    error.context_mut().outcome_unknown = true;
    error
}
