//! The requests that settle what the response to a write leaves open.

use super::WithMetadata;
use super::attempts::Attempts;
use crate::body::file::BoxFuture;
use crate::call::{FollowUp, call_context};
use crate::client::Client;
use crate::error::Error;
use crate::operation::shared::encryption;
use crate::operation::shared::follow_up::head_of;
use crate::request::Request;
use crate::response::Response;

/// Sends the request, with the retries of its own policy. Boxed, because `send` calls this.
pub(crate) fn send_follow_up(
    client: &Client,
    follow_up: FollowUp,
) -> BoxFuture<'_, Result<WithMetadata<Response>, Error>> {
    Box::pin(async move {
        let FollowUp { spec, request } = follow_up;
        let context = call_context(spec, &request, 0);
        let mut attempts = Attempts::new(client, &request, spec, context);
        loop {
            match attempts.send_once().await {
                Ok((response, metadata)) => {
                    return Ok(attempts.succeeded(metadata).with_output(response));
                }
                Err(error) => attempts.wait_or_give_up(error).await?,
            }
        }
    })
}

/// Whether the response confirms the encryption that was requested.
pub(super) fn confirms_encryption(request: &Request, response: &Response) -> bool {
    encryption::check(request, response.headers(), true).is_ok()
}

/// Checks that the object is encrypted if `write` requested it. Some stores accept such a request but store the object in the
/// clear, and some responses need not show it. Boxed, so that only operations that need it link it.
pub(crate) fn confirm_encryption<'a>(
    client: &'a Client,
    write: &'a Request,
    version_id: Option<&'a str>,
) -> BoxFuture<'a, Result<(), Error>> {
    Box::pin(async move {
        if !encryption::is_requested(write) {
            return Ok(());
        }
        let head = send_follow_up(client, head_of(write, version_id)).await?;
        encryption::check(write, head.output.headers(), true)
            .map_err(|problem| Error::malformed(problem, None))
    })
}
