//! A response body while it is received.

use std::time::{Duration, Instant};

use bytes::Bytes;

use super::failure::{CALLERS_TIMEOUT, is_callers_timeout, root_cause};
use super::timeouts::{check_runtime, within};
use crate::client::Client;
use crate::error::{BoxError, Context, Error, Stage, TransportKind, milliseconds};
use crate::xml;

/// How much of an error response is read.
const MAX_ERROR_BODY: usize = 1 << 20;

/// A response body while it is received.
pub(crate) struct Incoming {
    state: State,
    stall: Duration,
    /// How long an error response is read.
    error_timeout: Duration,
    context: Context,
    length: Option<u64>,
    received: u64,
    /// To run the connection while the body is read without a runtime.
    #[cfg(feature = "blocking")]
    pub(crate) client: Client,
}

enum State {
    Receiving(reqwest::Response),
    Ended,
    /// Every later read returns the error again: a truncated body must never look complete.
    Failed(TransportKind, String),
}

impl Incoming {
    pub(super) fn new(
        response: reqwest::Response,
        length: Option<u64>,
        client: &Client,
        context: Context,
    ) -> Incoming {
        let timeouts = &client.inner.http.timeouts;
        Incoming {
            state: State::Receiving(response),
            stall: timeouts.stall,
            error_timeout: timeouts.response,
            context,
            length,
            received: 0,
            #[cfg(feature = "blocking")]
            client: client.clone(),
        }
    }

    /// The length that the response announces.
    pub(crate) fn length(&self) -> Option<u64> {
        self.length
    }

    pub(crate) fn context(&self) -> &Context {
        &self.context
    }

    /// Counts the bytes of an interrupted body that this one continues.
    pub(crate) fn continue_from(&mut self, received: u64) {
        self.received = received;
        self.length = self.length.map(|length| length.saturating_add(received));
    }

    /// The next chunk; `None` at the end, and after it. An error repeats.
    pub(crate) async fn chunk(&mut self) -> Result<Option<Bytes>, Error> {
        let received = self.receive().await;
        match &received {
            Ok(Some(_)) => {}
            Ok(None) => self.state = State::Ended,
            Err(Error::Transport(error)) => {
                self.state = State::Failed(error.kind, error.message.clone());
            }
            Err(_) => {}
        }
        received
    }

    async fn receive(&mut self) -> Result<Option<Bytes>, Error> {
        let response = match &mut self.state {
            State::Receiving(response) => response,
            State::Ended => return Ok(None),
            State::Failed(kind, message) => {
                let (kind, message) = (*kind, message.clone());
                return Err(self.failed(kind, message, None));
            }
        };
        check_runtime().map_err(|error| error.with_context(&self.context))?;
        let chunk = match within(self.stall, response.chunk()).await {
            Some(Ok(chunk)) => chunk,
            Some(Err(error)) => return Err(self.truncated(Some(error.without_url()))),
            None => {
                let message = format!(
                    "stalled while receiving: no data for {}, after {}",
                    milliseconds(self.stall),
                    self.progress()
                );
                return Err(self.failed(TransportKind::Stalled(Stage::Receiving), message, None));
            }
        };
        match &chunk {
            Some(chunk) => self.received += chunk.len() as u64,
            None if self.length.is_some_and(|length| length != self.received) => {
                return Err(self.truncated(None));
            }
            None => {}
        }
        Ok(chunk)
    }

    /// Buffers the whole body, up to the limit for a response of its kind.
    pub(super) async fn all(&mut self, is_success: bool) -> Result<Bytes, Error> {
        let limit = if is_success {
            xml::MAX_SIZE
        } else {
            MAX_ERROR_BODY
        };
        let mut all = Vec::new();
        let started = Instant::now();
        loop {
            // A server that sends it byte by byte must not hold the call.
            if !is_success && started.elapsed() >= self.error_timeout {
                return Ok(all.into());
            }
            match self.chunk().await {
                Ok(Some(chunk)) if all.len() + chunk.len() > limit => {
                    if is_success {
                        return Err(Error::malformed(
                            format!("the body is longer than {limit} bytes"),
                            None,
                        ));
                    }
                    return Ok(all.into());
                }
                Ok(Some(chunk)) => all.extend_from_slice(&chunk),
                Ok(None) => return Ok(all.into()),
                // The error response matters more than its truncation.
                Err(_) if !is_success => return Ok(all.into()),
                Err(error) => return Err(error),
            }
        }
    }

    fn progress(&self) -> String {
        match self.length {
            Some(length) => format!("{} of {length} bytes", self.received),
            None => format!("{} bytes", self.received),
        }
    }

    #[cold]
    fn truncated(&self, error: Option<reqwest::Error>) -> Error {
        let cause = match &error {
            None => "the connection was closed".to_owned(),
            Some(error) if is_callers_timeout(error) => CALLERS_TIMEOUT.to_owned(),
            Some(error) => root_cause(error),
        };
        let message = format!(
            "the response was truncated after {}: {cause}",
            self.progress()
        );
        let source: Option<BoxError> = error.map(Into::into);
        self.failed(TransportKind::Broken(Stage::Receiving), message, source)
    }

    #[cold]
    fn failed(&self, kind: TransportKind, message: String, source: Option<BoxError>) -> Error {
        Error::transport(kind, message, source)
            .with_context(&self.context)
            .with_outcome(self.context.effect, false)
    }
}
