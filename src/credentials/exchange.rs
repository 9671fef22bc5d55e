//! What the sources that ask over HTTP share: a few retries, and errors that name the source.

use std::time::Duration;

use crate::error::{BoxError, Context, Error, ServiceError, TransportKind};
use crate::http::Fetcher;
use crate::response::Response;

/// The delay before the second attempt. It doubles with each.
const DELAY: Duration = Duration::from_millis(100);

/// Makes an error name its source, such as `container credentials`.
pub(super) fn named(error: Error, source: &'static str) -> Error {
    error.with_context(&Context {
        operation: source,
        ..Context::default()
    })
}

/// A source that was found but does not return credentials.
pub(super) fn failed(message: impl Into<String>, cause: Option<BoxError>) -> Error {
    Error::transport(TransportKind::Credentials, message, cause)
}

/// Sends a request up to `attempts` times, until there is a response whose status is not that of a server error.
pub(super) async fn fetch(
    fetcher: &Fetcher,
    attempts: u32,
    request: &http::Request<Vec<u8>>,
) -> Result<Response, Error> {
    let mut attempt = 1;
    loop {
        let fetched = fetcher.fetch(request.clone()).await;
        let is_transient = match &fetched {
            Ok(response) => is_server_error(response),
            Err(error) => error.is_retryable(),
        };
        if !is_transient || attempt >= attempts {
            return fetched;
        }
        wait(attempt).await;
        attempt += 1;
    }
}

fn is_server_error(response: &Response) -> bool {
    let status = response.status();
    status.is_server_error() || status.as_u16() == 429
}

/// Waits before the attempt after this one.
pub(super) async fn wait(attempt: u32) {
    tokio::time::sleep(DELAY * 2_u32.pow((attempt - 1).min(4))).await;
}

/// The body of a successful response.
pub(super) fn body(response: Response) -> Result<Vec<u8>, Error> {
    let status = response.status();
    let body = response.into_body();
    let bytes = body.buffered().map_or(&[][..], |bytes| bytes);
    if status.is_success() {
        return Ok(bytes.to_vec());
    }
    let message = format!(
        "the service returned {status}{}",
        super::json::error_message(bytes)
    );
    let code = super::json::error_code(bytes);
    // The cause has the status and the code for programs.
    let cause = Error::Service(Box::new(ServiceError {
        context: Context::default(),
        status,
        code_is_inferred: code.is_none(),
        code: code.unwrap_or_else(|| status.as_str().to_owned()),
        message: String::new(),
        request_id: None,
        host_id: None,
        region: None,
        redirect: None,
        retry_after: None,
        date: None,
        evidence: None,
    }));
    Err(failed(message, Some(cause.into())))
}
