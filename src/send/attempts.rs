//! The attempts of one call: what lies between two of them, until one succeeds or there is no use in another.

use std::future::Future;
use std::pin::Pin;
use std::time::{Duration, SystemTime};

use http::StatusCode;
use tokio::time::Instant;

use crate::client::{Client, Site};
use crate::error::{Context, Error, FailedAttempt, TransportKind};
use crate::http::{Traits, attempt};
use crate::request::Request;
use crate::response::Response;
use crate::retry::outcome::{may_be_done, may_be_ones_own_doing};
use crate::retry::{Decision, Failure, Kind, RetryPolicy, TOO_LATE};
use crate::send::recovery::{Correction, Corrections, known_site, remember};
use crate::send::telemetry;

/// How many earlier attempts an error lists.
const LISTED: usize = 100;

/// An output, and what there is to say about the exchange: [`Call::send_answered`](crate::Call::send_answered).
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Answered<T> {
    /// The operation's output.
    pub output: T,
    /// The HTTP status.
    pub status: StatusCode,
    /// How often the request was sent.
    pub attempts: u32,
    /// What came of the attempts before the one that succeeded, in order.
    pub earlier: Vec<FailedAttempt>,
    request_id: Option<String>,
    host_id: Option<String>,
}

impl<T> Answered<T> {
    /// The store's name for the request, `x-amz-request-id`: its support asks for it.
    pub fn request_id(&self) -> Option<&str> {
        self.request_id.as_deref()
    }

    /// The second half of that name, `x-amz-id-2`.
    pub fn host_id(&self) -> Option<&str> {
        self.host_id.as_deref()
    }
}

/// The attempts of one call. Not generic, so that it is in the binary once.
pub(crate) struct Attempts<'a> {
    client: &'a Client,
    request: &'a Request,
    traits: Traits,
    policy: RetryPolicy,
    context: Context,
    /// How many attempts have failed.
    failed: u32,
    /// In place of the client's, for a bucket in another region.
    site: Option<Site>,
    started: Instant,
    /// What the last retry has taken from the budget.
    cost: Option<u32>,
    corrections: Corrections,
    /// Whether an attempt has failed in a way that is tried again once.
    failed_once: bool,
    /// When the last attempt was signed, if it was.
    signed_at: Option<SystemTime>,
    /// How the clock stood before this call has set it, if it has.
    former_offset: Option<i64>,
    span: telemetry::Span,
    attempt_started: Instant,
}

impl<'a> Attempts<'a> {
    pub(crate) fn new(
        client: &'a Client,
        request: &'a Request,
        traits: Traits,
        context: Context,
    ) -> Attempts<'a> {
        let now = Instant::now();
        Attempts {
            client,
            request,
            traits,
            policy: request.retry.unwrap_or(client.inner.retry),
            site: known_site(client, &context),
            span: telemetry::span(&context),
            context,
            failed: 0,
            started: now,
            cost: None,
            corrections: Corrections::default(),
            failed_once: false,
            signed_at: None,
            former_offset: None,
            attempt_started: now,
        }
    }

    /// The next answer that is a success as far as one can see without reading it; `failed` is what was found when the
    /// one before was read.
    // Boxed, so that it is in the binary once, and not within the future of every operation.
    pub(crate) fn next(
        &mut self,
        failed: Option<Error>,
    ) -> Pin<Box<dyn Future<Output = Result<Response, Error>> + Send + '_>> {
        let span = self.span.clone();
        Box::pin(telemetry::within(span, async move {
            if let Some(error) = failed {
                self.failed(error).await?;
            }
            loop {
                self.attempt_started = Instant::now();
                // Not by `self.site()`, which would borrow the context too.
                let site = self.site.as_ref().unwrap_or(&self.client.inner.site);
                let attempt = attempt(
                    self.client,
                    site,
                    self.request,
                    self.traits,
                    &mut self.context,
                    &mut self.signed_at,
                );
                match attempt.await {
                    Ok(response) => return Ok(response),
                    Err(error) => self.failed(error).await?,
                }
            }
        }))
    }

    /// Waits until it is time for the next attempt; if there is to be none, the error to return.
    async fn failed(&mut self, error: Error) -> Result<(), Error> {
        let mut error = error.in_context(&self.context);
        self.failed = self.failed.saturating_add(1);
        let decision = self.decide(&error);
        let elapsed = self.attempt_started.elapsed();
        telemetry::failed(&self.context, &error, elapsed, self.request, &decision);
        let (delay, cost) = match decision {
            Decision::GiveUp(reason) => {
                self.doubt_clock(&error);
                if may_be_ones_own_doing(&self.context, &error) {
                    error = unsettled(error).in_context(&self.context);
                }
                let context = error.context_mut();
                context.lost_answer = self.context.lost_answer;
                context.gave_up = reason;
                return Err(error);
            }
            Decision::Again { delay, cost } => (delay, cost),
        };
        self.context.lost_answer |= may_be_done(&error);
        if self.context.earlier.len() < LISTED {
            let cause = error.cause();
            self.context.earlier.push(FailedAttempt { cause, delay });
        }
        let mut wait = Wait {
            client: self.client,
            cost: Some(cost),
        };
        tokio::time::sleep(delay).await;
        wait.cost = None;
        Ok(())
    }

    /// The clock stays as it was set if the store then took the signature.
    fn doubt_clock(&self, error: &Error) {
        let is_taken = error
            .service()
            .is_some_and(|error| !matches!(error.status.as_u16(), 400 | 401 | 403));
        if let Some(offset) = self.former_offset.filter(|_| !is_taken) {
            self.client.set_clock_offset(offset);
        }
    }

    fn decide(&mut self, error: &Error) -> Decision {
        // Not those of the context, which are only those that were sent.
        let attempts = self.failed;
        let failure = Failure {
            has_happened: self.failed_once,
            ..Failure::of(error)
        };
        self.failed_once |= failure.kind == Kind::Once;
        let correction = self
            .corrections
            .find(self.client, self.site(), self.signed_at, error);
        if attempts >= self.policy.max_attempts
            || (correction.is_none() && failure.kind == Kind::Final)
        {
            return Decision::GiveUp(None);
        }
        if self.request.body.is_spent() {
            return Decision::GiveUp(Some(
                "the body is a stream of which some was read, and it cannot be read again",
            ));
        }
        if !self.traits.idempotent && may_be_done(error) {
            return Decision::GiveUp(Some(
                "it may have been done, and doing it twice would leave two",
            ));
        }
        let (elapsed, random) = (self.started.elapsed(), fastrand::f64());
        if let Some(correction) = correction {
            if self.policy.is_too_late(elapsed) {
                return Decision::GiveUp(Some(TOO_LATE));
            }
            self.put_right(correction);
            return Decision::Again {
                delay: Duration::ZERO,
                cost: 0,
            };
        }
        let budget = &mut self.client.learnt().budget;
        let decision = self
            .policy
            .decide(attempts, failure, elapsed, budget, random);
        if let Decision::Again { cost, .. } = decision {
            self.cost = Some(cost);
        }
        decision
    }

    fn put_right(&mut self, correction: Correction) {
        self.corrections.note(&correction);
        match correction {
            Correction::Clock(date) => {
                self.former_offset = Some(self.client.set_clock(date));
            }
            Correction::Site(site) => {
                if let Some(bucket) = &self.context.bucket {
                    remember(&mut self.client.learnt(), bucket, &site.region);
                }
                self.site = Some(site);
            }
            Correction::Credentials => {}
        }
    }

    fn site(&self) -> &Site {
        self.site.as_ref().unwrap_or(&self.client.inner.site)
    }

    pub(crate) fn answered(&self, response: &Response) -> Answered<()> {
        Answered {
            output: (),
            status: response.status(),
            attempts: self.context.attempts,
            earlier: Vec::new(),
            request_id: response.header_text("x-amz-request-id"),
            host_id: response.header_text("x-amz-id-2"),
        }
    }

    pub(crate) fn succeeded<T>(self, answered: Answered<()>, output: T) -> Answered<T> {
        self.account(&answered);
        Answered {
            output,
            status: answered.status,
            attempts: answered.attempts,
            earlier: self.context.earlier,
            request_id: answered.request_id,
            host_id: answered.host_id,
        }
    }

    /// What a success is told, and what it gives back.
    fn account(&self, answered: &Answered<()>) {
        telemetry::succeeded(
            &self.span,
            &self.context,
            (answered.status, answered.request_id()),
            self.attempt_started.elapsed(),
            self.request,
        );
        self.client.learnt().budget.give_back(self.cost);
    }
}

/// What a retry has taken from the budget while it is waited for. A call that is dropped then gives it back.
struct Wait<'a> {
    client: &'a Client,
    cost: Option<u32>,
}

impl Drop for Wait<'_> {
    fn drop(&mut self) {
        if self.cost.is_some() {
            self.client.learnt().budget.give_back(self.cost);
        }
    }
}

#[cold]
fn unsettled(error: Error) -> Error {
    let message = format!(
        "an answer was lost, and the attempt after it was refused with {}, which may be the first one's own doing: whether this \
         call was done is not known",
        error.cause()
    );
    Error::transport(TransportKind::Unsettled, message, Some(error.into()))
}
