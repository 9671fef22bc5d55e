//! Sending: one of the ends of a call.
//!
//! `attempts.rs` has what lies between two attempts, `retry.rs` says what is tried again, `correction.rs` what is put right
//! before it is, and `transport.rs` is one attempt.

pub(crate) mod attempts;
pub(crate) mod recovery;
pub(crate) mod telemetry;

use crate::call::{Call, Operation, context, parse};
use crate::error::Error;
use crate::http::Traits;
use crate::send::attempts::{Answered, Attempts};

impl<O: Operation> Call<O> {
    /// Signs the request, sends it, and reads the answer. What fails and may be mended is tried again, as the
    /// [`RetryPolicy`](crate::RetryPolicy) says.
    ///
    /// Dropping the future stops the exchange. Whether the store has done what it was asked for is then unknown.
    ///
    /// # Errors
    ///
    /// Every kind of [`Error`]; see there.
    pub async fn send(self) -> Result<O::Output, Error> {
        self.send_answered().await.map(|answered| answered.output)
    }

    /// The same, with what there is to say about the exchange: the store's names for the request, and what was tried.
    ///
    /// ```no_run
    /// # async fn example(s3: slim_s3::Client) -> Result<(), slim_s3::Error> {
    /// let answered = s3.delete_object("photos", "cat.jpg").send_answered().await?;
    /// println!("request {:?}, {} attempts", answered.request_id(), answered.attempts);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// As [`send`](Call::send).
    pub async fn send_answered(self) -> Result<Answered<O::Output>, Error> {
        let traits = Traits {
            streams: O::STREAMS,
            works_in_silence: O::WORKS_IN_SILENCE,
            idempotent: O::IDEMPOTENT,
        };
        let context = context(O::NAME, &self.request, 0);
        O::check(&self.request).map_err(|error| error.in_context(&context))?;
        let mut attempts = Attempts::new(&self.client, &self.request, traits, context);
        let mut failed = None;
        loop {
            let response = attempts.next(failed.take()).await?;
            let answered = attempts.answered(&response);
            match parse::<O>(&self.request, response) {
                Ok(output) => return Ok(attempts.succeeded(answered, output)),
                Err(error) => failed = Some(error),
            }
        }
    }
}
