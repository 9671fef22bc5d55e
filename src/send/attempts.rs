//! The attempts of one call: the state of the loop, and the decision whether to retry.

use std::time::Duration;

use tokio::time::Instant;

use super::metadata::WithMetadata;
use super::recovery::{Correction, Corrections, accepts_signature};
use super::retry_cost::RetryCost;
use super::telemetry;
use crate::body::file::BoxFuture;
use crate::call::{OperationSpec, creates_bucket, learned_endpoint};
use crate::client::Client;
use crate::client::endpoint::Endpoint;
use crate::error::{Context, Error, FailedAttempt, TransportKind};
use crate::http::attempt;
use crate::request::Request;
use crate::response::Response;
use crate::retry::{
    Decision, Failure, FailureKind, RetryPolicy, TOO_LATE, may_be_caused_by_earlier_attempt,
    may_have_taken_effect,
};

/// How many earlier attempts an error lists.
const MAX_LISTED: usize = 100;

/// The attempts of one call. Not generic, and its futures are boxed, so that this code is in the binary once and not
/// once for each operation.
pub(super) struct Attempts<'a> {
    client: &'a Client,
    request: &'a Request,
    spec: &'static OperationSpec,
    policy: RetryPolicy,
    context: Context,
    /// How many attempts have failed. Unlike `context.attempts`, this includes attempts that were never sent.
    failed: u32,
    /// Replaces the client's endpoint, for a bucket in another region.
    endpoint: Option<Endpoint>,
    pub(super) started: Instant,
    cost: RetryCost,
    corrections: Corrections,
    /// Whether an attempt failed in a way that is retried only once.
    failed_once: bool,
    /// Whether a failed attempt may have taken effect.
    lost_response: bool,
    /// The call's own clock offset, which no server has accepted yet.
    offset: Option<i64>,
    span: telemetry::Span,
    attempt_started: Instant,
}

impl<'a> Attempts<'a> {
    pub(super) fn new(
        client: &'a Client,
        request: &'a Request,
        spec: &'static OperationSpec,
        context: Context,
    ) -> Attempts<'a> {
        let now = Instant::now();
        Attempts {
            client,
            request,
            spec,
            policy: request.retry.unwrap_or(client.inner.retry),
            endpoint: learned_endpoint(client, spec, context.bucket.as_deref()),
            span: telemetry::span(&context),
            context,
            failed: 0,
            started: now,
            cost: RetryCost {
                client: client.clone(),
                taken: None,
            },
            corrections: Corrections::default(),
            failed_once: false,
            lost_response: false,
            offset: client.take_clock_hint(),
            attempt_started: now,
        }
    }

    /// One attempt. The status and a buffered body of its response show a success; the output is not parsed yet.
    pub(super) fn send_once(
        &mut self,
    ) -> BoxFuture<'_, Result<(Response, WithMetadata<()>), Error>> {
        let span = self.span.clone();
        Box::pin(telemetry::within(span, async move {
            self.attempt_started = Instant::now();
            let response = attempt(
                self.client,
                self.client.endpoint(self.endpoint.as_ref()),
                self.request,
                self.spec,
                &mut self.context,
                self.offset,
            );
            let response = response.await?;
            let metadata = WithMetadata::of(&response, self.context.attempts);
            Ok((response, metadata))
        }))
    }

    /// Waits until the next attempt is due, or returns the error that ends the call.
    pub(super) fn wait_or_give_up(&mut self, error: Error) -> BoxFuture<'_, Result<(), Error>> {
        let span = self.span.clone();
        Box::pin(telemetry::within(span, async move {
            let error = error.with_context(&self.context);
            self.failed = self.failed.saturating_add(1);
            if self.context.attempts == 0
                && let Some(offset) = self.offset
            {
                self.client.shared().return_clock_hint(offset);
            }
            // Before the endpoint is corrected.
            let sent = telemetry::sent(self.client, self.endpoint.as_ref(), self.request);
            self.learn_from(&error);
            let decision = self.decide(&error);
            let elapsed = self.attempt_started.elapsed();
            telemetry::failed(&self.context, &error, elapsed, &sent, &decision);
            // The budget keeps what a failed retry took.
            let delay = match decision {
                Decision::Retry { delay, cost: 0 } => delay,
                Decision::Retry { delay, cost } => {
                    self.cost.taken = Some(cost);
                    delay
                }
                Decision::GiveUp(reason) => {
                    self.cost.taken = None;
                    return Err(self.give_up(error, reason));
                }
            };
            self.lost_response |= may_have_taken_effect(&error);
            report_retry(self.request, &mut self.context, self.failed, &error, delay);
            tokio::time::sleep(delay).await;
            Ok(())
        }))
    }

    fn decide(&mut self, error: &Error) -> Decision {
        let failure = Failure {
            has_happened: self.failed_once,
            ..Failure::of(error)
        };
        self.failed_once |= failure.kind == FailureKind::Once;
        let endpoint = self.client.endpoint(self.endpoint.as_ref());
        let is_head = self.request.method == http::Method::HEAD;
        let correction = self
            .corrections
            .find(self.client, endpoint, &self.context, is_head, error)
            // A bucket is created in the client's own region, or not at all.
            .filter(|correction| {
                !(matches!(correction, Correction::Endpoint(_)) && creates_bucket(self.spec))
            });
        let is_last = self.failed >= self.policy.max_attempts;
        let is_spent = self.request.body.is_spent();
        if let Some(correction) = &correction
            && (is_last || is_spent)
        {
            self.leave_to_the_next_call(correction);
        }
        if is_last || (correction.is_none() && failure.kind == FailureKind::Permanent) {
            return Decision::GiveUp(None);
        }
        if is_spent {
            return Decision::GiveUp(Some(
                "the body is a stream that was partly consumed and cannot be replayed",
            ));
        }
        if !self.spec.idempotent && may_have_taken_effect(error) {
            return Decision::GiveUp(Some(
                "the request may have taken effect and is not idempotent",
            ));
        }
        let elapsed = self.started.elapsed();
        if let Some(correction) = correction {
            if self.policy.is_too_late(elapsed) {
                return Decision::GiveUp(Some(TOO_LATE));
            }
            self.apply(correction);
            return Decision::Retry {
                delay: Duration::ZERO,
                cost: 0,
            };
        }
        let budget = &mut self.client.shared().budget;
        let random = fastrand::f64();
        self.policy
            .decide(self.failed, failure, elapsed, budget, random)
    }

    fn apply(&mut self, correction: Correction) {
        self.corrections.note(&correction);
        match correction {
            Correction::Clock { date, .. } => self.offset = Some(self.client.offset_to(date)),
            Correction::Endpoint(endpoint) => self.endpoint = Some(endpoint),
            Correction::Credentials => self.client.inner.credentials.reject(&self.context),
        }
    }

    /// Keeps a correction that this call cannot use for the next one.
    fn leave_to_the_next_call(&self, correction: &Correction) {
        match (correction, &self.context.bucket) {
            (
                Correction::Clock {
                    date,
                    is_stated: true,
                },
                _,
            ) => {
                let offset = self.client.offset_to(*date);
                self.client.shared().hint_clock(offset);
            }
            (Correction::Endpoint(endpoint), Some(bucket)) => {
                self.client
                    .shared()
                    .remember_region(bucket, &endpoint.region);
            }
            (Correction::Credentials, _) => self.client.inner.credentials.reject(&self.context),
            _ => {}
        }
    }

    fn learn_from(&mut self, error: &Error) {
        let is_accepted = accepts_signature(error);
        if self.context.signed_at.is_some() && is_accepted {
            self.client.prove_clock(self.offset);
        }
        let status = error.status().map(|status| status.as_u16());
        let Some((endpoint, bucket)) = self.endpoint.as_ref().zip(self.context.bucket.as_ref())
        else {
            return;
        };
        if is_accepted || matches!(status, Some(304 | 404 | 412)) {
            self.client
                .shared()
                .remember_region(bucket, &endpoint.region);
        } else if matches!(error, Error::Transport(error) if error.kind == TransportKind::Connect) {
            // The client's own endpoint names the region again, if it was the right one.
            self.client.shared().forget_region(bucket);
            self.endpoint = None;
            self.corrections.allow_endpoint();
        }
    }

    pub(super) fn learn_from_success(&self) {
        if self.context.signed_at.is_some() {
            self.client.prove_clock(self.offset);
        }
        let Some(bucket) = &self.context.bucket else {
            return;
        };
        if self.spec.bucket_lifecycle {
            self.client.shared().forget_region(bucket);
        } else if let Some(endpoint) = &self.endpoint {
            self.client
                .shared()
                .remember_region(bucket, &endpoint.region);
        }
    }

    /// The error that ends the call, with all that is known about the attempts.
    #[cold]
    fn give_up(&mut self, mut error: Error, reason: Option<&'static str>) -> Error {
        let effect = self.spec.effect;
        let is_part = self.context.part_number.is_some(); // It replaces that of an earlier attempt.
        if self.lost_response && !is_part && may_be_caused_by_earlier_attempt(effect, &error) {
            error = unsettled(error).with_context(&self.context);
        }
        error.context_mut().gave_up = reason;
        error.with_outcome(effect, self.lost_response)
    }

    /// Reports the success and returns the cost of the last retry to the budget.
    pub(super) fn succeeded(mut self, metadata: WithMetadata<()>) -> WithMetadata<()> {
        let sent = telemetry::sent(self.client, self.endpoint.as_ref(), self.request);
        telemetry::succeeded(
            &self.span,
            &self.context,
            (metadata.status, metadata.request_id()),
            self.attempt_started.elapsed(),
            &sent,
        );
        self.learn_from_success();
        // Also without a retry, to refill the budget.
        self.client
            .shared()
            .budget
            .give_back(self.cost.taken.take());
        metadata.with_earlier(self.context.earlier)
    }
}

/// Reports a failed attempt that is retried after `delay`, and lists it in the context.
pub(super) fn report_retry(
    request: &Request,
    context: &mut Context,
    attempt: u32,
    error: &Error,
    delay: Duration,
) {
    let cause = error.cause();
    let failed = FailedAttempt { cause, delay };
    if let Some(on_retry) = &request.on_retry {
        (on_retry.0)(attempt, &failed);
    }
    if context.earlier.len() < MAX_LISTED {
        context.earlier.push(failed);
    }
}

#[cold]
fn unsettled(error: Error) -> Error {
    let message = format!(
        "the response to an earlier attempt was lost, and the retry was rejected with {}, possibly because that attempt \
         succeeded; the outcome is unknown",
        error.cause()
    );
    Error::transport(TransportKind::Unsettled, message, Some(error.into()))
}
