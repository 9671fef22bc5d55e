//! The checksums of calls that do not choose one, if the client has a default.

use crate::call::OperationSpec;
use crate::checksum::is_checksum;
use crate::client::Client;
use crate::client::credentials::CredentialsSource;
use crate::request::Request;

/// Adds the client's defaults to a request that is about to be sent. Not before: a presigned URL does not know its body.
pub(super) fn add_default_checksum(client: &Client, spec: &OperationSpec, request: &mut Request) {
    let defaults = &client.inner.defaults;
    match spec.name {
        "PutObject" => {
            if let Some(computed) = &defaults.computed
                && request.computed.is_none()
                && !request.headers.iter().any(|(name, _)| covers_content(name))
                && can_be_sent(client, request)
            {
                request.computed = Some(computed.afresh());
                request.checksums.confirm = defaults.checksums.confirm;
            }
        }
        "GetObject" => {
            if let Some(verify) = defaults.checksums.verify
                && request.header("range").is_none()
                && request.query_value("partNumber").is_none()
            {
                request.checksums.verify.get_or_insert(verify);
                request.set_header("x-amz-checksum-mode", "ENABLED");
            }
        }
        _ => {}
    }
}

fn covers_content(header: &str) -> bool {
    is_checksum(header) || header.eq_ignore_ascii_case("content-md5")
}

/// The checksum of a stream follows it in chunks.
fn can_be_sent(client: &Client, request: &Request) -> bool {
    let is_anonymous = matches!(client.inner.credentials, CredentialsSource::Anonymous);
    !request.body.is_stream()
        || (client.inner.dialect.signed_chunks && !is_anonymous && request.payload_hash.is_none())
}
