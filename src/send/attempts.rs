//! The attempts of one call: the state of the loop, and the decision whether to retry.

use std::time::{Duration, SystemTime};

use tokio::time::Instant;

use super::metadata::WithMetadata;
use super::recovery::{Correction, Corrections, known_endpoint, remember};
use super::telemetry;
use crate::body::file::BoxFuture;
use crate::call::OperationSpec;
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
    started: Instant,
    /// What the last retry took from the budget.
    cost: Option<u32>,
    corrections: Corrections,
    /// Whether an attempt failed in a way that is retried only once.
    failed_once: bool,
    /// Whether a failed attempt may have taken effect.
    lost_response: bool,
    /// When the last attempt was signed, if it was.
    signed_at: Option<SystemTime>,
    /// The clock's offset before this call corrected it, if it did.
    former_offset: Option<i64>,
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
            endpoint: known_endpoint(client, &context),
            span: telemetry::span(&context),
            context,
            failed: 0,
            started: now,
            cost: None,
            corrections: Corrections::default(),
            failed_once: false,
            lost_response: false,
            signed_at: None,
            former_offset: None,
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
            let endpoint = self
                .endpoint
                .as_ref()
                .unwrap_or(&self.client.inner.endpoint);
            let response = attempt(
                self.client,
                endpoint,
                self.request,
                self.spec,
                &mut self.context,
                &mut self.signed_at,
            );
            let response = response.await?;
            let metadata = WithMetadata::of(&response, self.context.attempts);
            Ok((response, metadata))
        }))
    }

    /// Waits until the next attempt is due. If there is none, returns the error that ends the call.
    pub(super) fn wait_or_give_up(&mut self, error: Error) -> BoxFuture<'_, Result<(), Error>> {
        let span = self.span.clone();
        Box::pin(telemetry::within(span, async move {
            let error = error.with_context(&self.context);
            self.failed = self.failed.saturating_add(1);
            let decision = self.decide(&error);
            let elapsed = self.attempt_started.elapsed();
            telemetry::failed(&self.context, &error, elapsed, self.request, &decision);
            let (delay, cost) = match decision {
                Decision::Retry { delay, cost } => (delay, cost),
                Decision::GiveUp(reason) => return Err(self.give_up(error, reason)),
            };
            self.lost_response |= may_have_taken_effect(&error);
            if self.context.earlier.len() < MAX_LISTED {
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
        }))
    }

    fn decide(&mut self, error: &Error) -> Decision {
        let failure = Failure {
            has_happened: self.failed_once,
            ..Failure::of(error)
        };
        self.failed_once |= failure.kind == FailureKind::Once;
        let endpoint = self
            .endpoint
            .as_ref()
            .unwrap_or(&self.client.inner.endpoint);
        let is_head = self.request.method == http::Method::HEAD;
        let correction =
            self.corrections
                .find(self.client, endpoint, self.signed_at, is_head, error);
        if self.failed >= self.policy.max_attempts
            || (correction.is_none() && failure.kind == FailureKind::Permanent)
        {
            return Decision::GiveUp(None);
        }
        if self.request.body.is_spent() {
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
        let decision = self
            .policy
            .decide(self.failed, failure, elapsed, budget, random);
        if let Decision::Retry { cost, .. } = decision {
            self.cost = Some(cost);
        }
        decision
    }

    fn apply(&mut self, correction: Correction) {
        self.corrections.note(&correction);
        match correction {
            Correction::Clock(date) => {
                self.former_offset = Some(self.client.set_clock(date));
            }
            Correction::Endpoint(endpoint) => {
                if let Some(bucket) = &self.context.bucket {
                    remember(&mut self.client.shared(), bucket, &endpoint.region);
                }
                self.endpoint = Some(endpoint);
            }
            Correction::Credentials => {}
        }
    }

    /// The error that ends the call, with all that is known about the attempts.
    #[cold]
    fn give_up(&mut self, mut error: Error, reason: Option<&'static str>) -> Error {
        self.restore_clock(&error);
        let effect = self.spec.effect;
        if self.lost_response && may_be_caused_by_earlier_attempt(effect, &error) {
            error = unsettled(error).with_context(&self.context);
        }
        error.context_mut().gave_up = reason;
        error.with_outcome(effect, self.lost_response)
    }

    /// Keeps a corrected clock only if the server then accepted the signature.
    fn restore_clock(&self, error: &Error) {
        let is_accepted = error
            .service()
            .is_some_and(|error| !matches!(error.status.as_u16(), 400 | 401 | 403));
        if let Some(offset) = self.former_offset.filter(|_| !is_accepted) {
            self.client.set_clock_offset(offset);
        }
    }

    /// Reports the success and returns the cost of the last retry to the budget.
    pub(super) fn succeeded(self, metadata: WithMetadata<()>) -> WithMetadata<()> {
        telemetry::succeeded(
            &self.span,
            &self.context,
            (metadata.status, metadata.request_id()),
            self.attempt_started.elapsed(),
            self.request,
        );
        self.client.shared().budget.give_back(self.cost);
        metadata.with_earlier(self.context.earlier)
    }
}

/// The wait before a retry. If the call is dropped meanwhile, the retry's cost returns to the budget.
struct Wait<'a> {
    client: &'a Client,
    cost: Option<u32>,
}

impl Drop for Wait<'_> {
    fn drop(&mut self) {
        if self.cost.is_some() {
            self.client.shared().budget.give_back(self.cost);
        }
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
