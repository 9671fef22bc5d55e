//! A response body that continues where it was interrupted.
//!
//! The rest is requested with `Range` and `If-Match`, according to the retry policy. The loop is not generic, and only
//! operations that know their [`BodyRange`] link it.

use bytes::Bytes;
use futures_util::stream;
use tokio::time::Instant;

use super::attempts::{Attempts, report_retry};
use super::retry_cost::RetryCost;
use super::telemetry;
use crate::body::file::BoxFuture;
use crate::call::{BodyRange, Operation, OperationSpec, call_context};
use crate::client::Client;
use crate::error::{Context, Error, Stage, TransportKind};
use crate::http::Incoming;
use crate::request::Request;
use crate::response::Response;
use crate::retry::{Decision, Failure};

/// A continuation that has returned this many bytes was a success, and returns what it took from the budget. Less would let a
/// server that sends a few bytes at a time cause any number of requests.
const SUCCESS: u64 = 1 << 20;

/// What an operation says about the response to the rest.
struct Rules {
    spec: &'static OperationSpec,
    check: fn(&Request, &Response) -> Result<(), Error>,
    range: fn(&Request, &Response) -> Option<BodyRange>,
}

/// Lets the body continue after an interruption, if the operation knows where.
pub(super) fn continuing<O: Operation>(
    client: &Client,
    request: &Request,
    response: Response,
    started: Instant,
) -> Response {
    if request.no_continuation {
        return response;
    }
    let Some(range) = O::body_range(request, &response) else {
        return response;
    };
    let rules = Rules {
        spec: &O::SPEC,
        check: O::check_response,
        range: O::body_range,
    };
    wrap(client, request, response, range, rules, started)
}

fn wrap(
    client: &Client,
    request: &Request,
    response: Response,
    whole: BodyRange,
    rules: Rules,
    started: Instant,
) -> Response {
    let (client, request) = (client.clone(), rest_of(request, &whole.etag.to_condition()));
    response.map_body(|body| {
        body.map_incoming(|incoming| {
            let context = call_context(rules.spec, &request, 1);
            let continued = Continued {
                cost: RetryCost {
                    client: client.clone(),
                    taken: None,
                },
                client,
                request,
                rules,
                position: whole.range.start,
                continued_at: whole.range.start,
                whole,
                incoming,
                started,
                failed: 0,
                context,
                is_over: None,
            };
            Box::pin(stream::unfold(continued, async |mut body| {
                let chunk = body.chunk().await;
                Some((chunk, body))
            }))
        })
    })
}

/// The request for the rest, without its range. The ETag replaces the caller's conditions, which the first response met, and a
/// range replaces a part number.
fn rest_of(request: &Request, etag: &str) -> Request {
    let mut rest = Request::new(request.method.clone(), request.target.clone());
    for (name, value) in &request.headers {
        if !name.starts_with("if-") {
            rest.set_header(name, value);
        }
    }
    for (name, value) in &request.query {
        if name != "partNumber" {
            rest.set_query(name, value);
        }
    }
    rest.set_header("if-match", etag);
    rest.retry = request.retry;
    rest.on_retry = request.on_retry.clone();
    rest
}

/// A body, and what is needed to continue it.
struct Continued {
    client: Client,
    request: Request,
    rules: Rules,
    whole: BodyRange,
    /// Where in the object the next chunk begins.
    position: u64,
    /// Where the last continuation began.
    continued_at: u64,
    incoming: Box<Incoming>,
    started: Instant,
    /// How many responses have failed since the last byte.
    failed: u32,
    cost: RetryCost,
    context: Context,
    /// The error that ended the body, which later reads return again.
    is_over: Option<(TransportKind, String)>,
}

impl Continued {
    /// The next chunk; `None` at the end, and after it. An error repeats.
    async fn chunk(&mut self) -> Result<Option<Bytes>, Error> {
        if let Some((kind, message)) = &self.is_over {
            let error = Error::transport(*kind, message.clone(), None);
            return Err(error.with_context(&self.context));
        }
        loop {
            let error = match self.incoming.chunk().await {
                Ok(chunk) => match self.advance(chunk.as_ref()) {
                    Ok(()) => return Ok(chunk),
                    Err(error) => return Err(self.fail(error)),
                },
                // Outside of a runtime: the body is intact.
                Err(error @ Error::Invalid(_)) => return Err(error),
                Err(error) => error,
            };
            self.wait_or_give_up(error).await?;
            match self.rest().await {
                Ok(incoming) => self.incoming = incoming,
                Err(error) => return Err(self.fail(error)),
            }
        }
    }

    /// Counts a chunk. The body has exactly the bytes of its range.
    fn advance(&mut self, chunk: Option<&Bytes>) -> Result<(), Error> {
        let (position, end) = (self.position, self.whole.range.end);
        let Some(chunk) = chunk else {
            return if position == end {
                Ok(())
            } else {
                let problem = format!("the body ended at byte {position} instead of {end}");
                Err(Error::malformed(problem, None))
            };
        };
        let length = chunk.len() as u64;
        if length > end.saturating_sub(position) {
            let problem = format!("the body continued after byte {end}");
            return Err(Error::malformed(problem, None));
        }
        self.position += length;
        self.failed = 0;
        if self.position - self.continued_at >= SUCCESS {
            self.cost.give_back();
        }
        Ok(())
    }

    async fn wait_or_give_up(&mut self, error: Error) -> Result<(), Error> {
        self.failed = self.failed.saturating_add(1);
        let decision = if self.position == self.whole.range.end {
            // Nothing is missing, but the end was not as announced.
            Decision::GiveUp(None)
        } else {
            let policy = self.request.retry.unwrap_or(self.client.inner.retry);
            let (failure, elapsed) = (Failure::of(&error), self.started.elapsed());
            let budget = &mut self.client.shared().budget;
            policy.decide(self.failed, failure, elapsed, budget, fastrand::f64())
        };
        let elapsed = self.started.elapsed();
        let sent = telemetry::sent(&self.client, None, &self.request);
        telemetry::failed(&self.context, &error, elapsed, &sent, &decision);
        match decision {
            Decision::Retry { delay, cost } => {
                // The budget keeps what a failed retry took.
                self.cost.taken = Some(cost).filter(|cost| *cost > 0);
                report_retry(&self.request, &mut self.context, self.failed, &error, delay);
                self.context.attempts = self.context.attempts.saturating_add(1);
                tokio::time::sleep(delay).await;
                Ok(())
            }
            Decision::GiveUp(reason) => {
                self.cost.taken = None;
                self.context.gave_up = reason;
                Err(self.fail(error))
            }
        }
    }

    /// Requests the rest. It must be that of the same object.
    async fn rest(&mut self) -> Result<Box<Incoming>, Error> {
        let (position, end) = (self.position, self.whole.range.end);
        let range = format!("bytes={position}-{}", end.saturating_sub(1));
        self.request.set_header("range", &range);
        let response = self.send().await.map_err(|error| self.replaced(error))?;
        let expected = BodyRange {
            range: position..end,
            ..self.whole.clone()
        };
        let got = (self.rules.range)(&self.request, &response);
        if got.as_ref() != Some(&expected) {
            return Err(response.malformed(other_object(&expected, got.as_ref())));
        }
        let incoming = response.into_body().into_incoming();
        let mut incoming =
            incoming.ok_or_else(|| Error::malformed("the rest of the body is missing", None))?;
        incoming.continue_from(position - self.whole.range.start);
        self.continued_at = position;
        Ok(incoming)
    }

    /// Boxed: this is rare, and would make the future of every chunk as large as that of a request.
    fn send(&self) -> BoxFuture<'_, Result<Response, Error>> {
        Box::pin(async move {
            let (spec, request) = (self.rules.spec, &self.request);
            let context = call_context(spec, request, 0);
            let mut attempts = Attempts::new(&self.client, request, spec, context);
            loop {
                let error = match attempts.send_once().await {
                    Ok((response, metadata)) => match (self.rules.check)(request, &response) {
                        Ok(()) => {
                            attempts.succeeded(metadata);
                            return Ok(response);
                        }
                        Err(error) => error,
                    },
                    Err(error) => error,
                };
                attempts.wait_or_give_up(error).await?;
            }
        })
    }

    /// The caller may have set no condition, and would not know what a failed one is about.
    #[cold]
    fn replaced(&self, mut error: Error) -> Error {
        if error.is_precondition_failed()
            && let Error::Service(error) = &mut error
        {
            let (position, stores) = (self.position, std::mem::take(&mut error.message));
            error.message = format!(
                "the object was replaced while it was read, and cannot continue at byte {position}: {stores}"
            );
        }
        error
    }

    /// Ends the body with this error.
    #[cold]
    fn fail(&mut self, error: Error) -> Error {
        let mut error = error.with_context(&self.context);
        if let Error::Transport(_) = error {
            // With all attempts, not only those of the last request.
            let signed_at = error.context().signed_at;
            self.context.signed_at = signed_at;
            *error.context_mut() = self.context.clone();
        }
        self.is_over = Some(match &error {
            Error::Transport(error) => (error.kind, error.message.clone()),
            error => (TransportKind::Broken(Stage::Receiving), error.cause()),
        });
        error
    }
}

#[cold]
fn other_object(expected: &BodyRange, got: Option<&BodyRange>) -> String {
    let describe = |body: &BodyRange| {
        let BodyRange { range, total, etag } = body;
        format!(
            "bytes {}-{} of {total} with the ETag {etag}",
            range.start,
            range.end.saturating_sub(1)
        )
    };
    format!(
        "the object was replaced while it was read: expected {}, got {}",
        describe(expected),
        got.map_or("no range, size or ETag".to_owned(), describe)
    )
}
