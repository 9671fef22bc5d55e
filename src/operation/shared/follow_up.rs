//! Requests that settle what the response to a write leaves open.

use http::Method;

use crate::call::{FollowUp, Operation};
use crate::operation::{HeadObject, ListParts, Part};
use crate::request::Request;
use crate::response::Response;

/// HeadObject of the object that `write` has stored, in the version that its response named.
pub(crate) fn head_of(write: &Request, version_id: Option<&str>) -> FollowUp {
    let mut head = Request::new(Method::HEAD, write.target.clone());
    if let Some(version_id) = version_id {
        head.set_query("versionId", version_id);
    }
    FollowUp::new(&HeadObject::SPEC, with_headers_of(write, head))
}

/// ListParts of the upload that `write` belongs to, from this part on.
pub(crate) fn part_of(write: &Request, upload_id: &str, part_number: u32) -> FollowUp {
    let list = Request::new(Method::GET, write.target.clone())
        .with_query("uploadId", upload_id)
        .with_query(
            "part-number-marker",
            &part_number.saturating_sub(1).to_string(),
        );
    FollowUp::new(&ListParts::SPEC, with_headers_of(write, list))
}

/// The part in the response to ListParts.
pub(crate) fn listed_part(list: Response, part_number: u32) -> Option<Part> {
    let mut parts = ListParts::parse(list).ok()?.parts.into_iter();
    parts.find(|part| part.part_number == part_number)
}

/// Adds what the store requires of every request about the object: the customer's key, the owner, and who pays.
fn with_headers_of(write: &Request, mut request: Request) -> Request {
    for (name, value) in &write.headers {
        let is_needed = name.starts_with("x-amz-server-side-encryption-customer-")
            || matches!(
                name.as_str(),
                "x-amz-expected-bucket-owner" | "x-amz-request-payer"
            );
        if is_needed {
            request.set_header(name, value);
        }
    }
    #[cfg(feature = "reqwest")]
    {
        request.retry = write.retry;
    }
    request
}
