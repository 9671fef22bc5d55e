//! The HeadObject that settles what the response to a write leaves open.

use http::{HeaderMap, Method};

use super::{WithMetadata, send};
use crate::body::file::BoxFuture;
use crate::call::{Operation, OperationSpec};
use crate::client::Client;
use crate::error::Error;
use crate::operation::HeadObject;
use crate::operation::shared::encryption;
use crate::request::Request;
use crate::response::Response;

/// HeadObject that returns the raw headers: parsing them would add 8 KiB to the binary.
struct RawHeadObject;

impl Operation for RawHeadObject {
    type Output = HeaderMap;
    const SPEC: OperationSpec = HeadObject::SPEC;

    fn parse(response: Response) -> Result<HeaderMap, Error> {
        Ok(response.headers().clone())
    }
}

/// The headers of the object that `write` has stored. Boxed, because `send` calls this.
pub(crate) fn head_of<'a>(
    client: &'a Client,
    write: &'a Request,
) -> BoxFuture<'a, Result<WithMetadata<HeaderMap>, Error>> {
    Box::pin(async move {
        let mut head = Request::new(Method::HEAD, write.target.clone());
        for (name, value) in &write.headers {
            let is_needed = name.starts_with("x-amz-server-side-encryption-customer-")
                || matches!(
                    name.as_str(),
                    "x-amz-expected-bucket-owner" | "x-amz-request-payer"
                );
            if is_needed {
                head.set_header(name, value);
            }
        }
        head.retry = write.retry;
        send::<RawHeadObject>(client, &head).await
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
) -> BoxFuture<'a, Result<(), Error>> {
    Box::pin(async move {
        if !encryption::is_requested(write) {
            return Ok(());
        }
        let head = head_of(client, write).await?;
        encryption::check(write, &head.output, true)
            .map_err(|problem| Error::malformed(problem, None))
    })
}
