//! Corrections between two attempts: of the clock, the region, expired credentials.

use std::time::{Duration, SystemTime};

use http::StatusCode;

use crate::client::Client;
use crate::client::endpoint::Endpoint;
use crate::error::{Context, Error};

/// The clock skew from which a bare 403 is attributed to the clock. Stores allow 15 minutes.
const MIN_SKEW: Duration = Duration::from_secs(240);

/// How often a call corrects its clock. The first `Date` can be a cache's.
const MAX_CLOCK_CORRECTIONS: u8 = 2;

pub(super) enum Correction {
    /// The time, by the server's clock, and whether the server stated that the clock is the reason. A bare 403 only suggests
    /// it.
    Clock { date: SystemTime, is_stated: bool },
    /// The endpoint of the bucket's region.
    Endpoint(Endpoint),
    /// The credentials have expired; their provider may have new ones.
    Credentials,
}

/// The corrections that a call has made.
#[derive(Default)]
pub(super) struct Corrections {
    clock: u8,
    endpoint: bool,
    credentials: bool,
}

impl Corrections {
    /// The correction that an error asks for, unless the call has made it too often. `attempt` is the context of the
    /// failed attempt.
    pub(super) fn find(
        &self,
        client: &Client,
        endpoint: &Endpoint,
        attempt: &Context,
        is_head: bool,
        error: &Error,
    ) -> Option<Correction> {
        if self.clock < MAX_CLOCK_CORRECTIONS
            && let Some(clock) = attempt
                .signed_at
                .and_then(|at| server_time(at, is_head, error))
        {
            return Some(clock);
        }
        if !self.endpoint
            && let Some(endpoint) = redirected_endpoint(endpoint, error)
        {
            return Some(Correction::Endpoint(endpoint));
        }
        let is_useful = !self.credentials && needs_new_credentials(client, attempt, is_head, error);
        is_useful.then_some(Correction::Credentials)
    }

    /// Allows the endpoint to be corrected again, after the one of the first correction could not be reached.
    pub(super) fn allow_endpoint(&mut self) {
        self.endpoint = false;
    }

    pub(super) fn note(&mut self, correction: &Correction) {
        match correction {
            Correction::Clock { .. } => self.clock += 1,
            Correction::Endpoint(_) => self.endpoint = true,
            Correction::Credentials => self.credentials = true,
        }
    }
}

/// The server's time, if it rejected the request because of its date. The response to HEAD has no body to say so, and
/// is a bare 403.
fn server_time(signed_at: SystemTime, is_head: bool, error: &Error) -> Option<Correction> {
    let service = error.service()?;
    let date = service.date?;
    let skew = date
        .duration_since(signed_at)
        .unwrap_or_else(|error| error.duration());
    let is_stated = service.code == "RequestTimeTooSkewed" && skew >= Duration::from_secs(1);
    let is_bare = is_head && service.status == StatusCode::FORBIDDEN && service.code_is_inferred;
    (is_stated || (is_bare && skew >= MIN_SKEW)).then_some(Correction::Clock { date, is_stated })
}

/// The endpoint of the bucket's region, if AWS reported one. Nothing is signed for a host that another server names.
fn redirected_endpoint(endpoint: &Endpoint, error: &Error) -> Option<Endpoint> {
    let service = error.service()?;
    let is_about_regions = matches!(service.status.as_u16(), 301 | 302 | 307 | 308)
        || service.code == "AuthorizationHeaderMalformed"
        || (service.status == StatusCode::BAD_REQUEST && service.code_is_inferred);
    let region = service.region.as_deref().filter(|_| is_about_regions)?;
    if region == endpoint.region {
        return None;
    }
    endpoint.in_region(region)
}

/// Whether the credentials have expired and their source may have others. The response to HEAD has no body to say so: AWS's is
/// a bare 400. MinIO deletes temporary credentials that have expired, and then does not know them.
fn needs_new_credentials(client: &Client, attempt: &Context, is_head: bool, error: &Error) -> bool {
    let has_expired = match error.service() {
        Some(service) if service.code_is_inferred => {
            is_head && service.status == StatusCode::BAD_REQUEST
        }
        Some(service) => match service.code.as_str() {
            "ExpiredToken" | "ExpiredTokenException" | "TokenRefreshRequired" => true,
            "InvalidAccessKeyId" => attempt.is_temporary,
            _ => false,
        },
        None => false,
    };
    has_expired && client.inner.credentials.is_renewable()
}

/// Whether an error response shows that the server has accepted the signature, and so the clock: these codes come after it
/// was checked.
pub(super) fn accepts_signature(error: &Error) -> bool {
    error.service().is_some_and(|service| {
        !service.code_is_inferred
            && service.status.is_client_error()
            && matches!(
                service.code.as_str(),
                "AccessDenied"
                    | "BucketAlreadyExists"
                    | "BucketAlreadyOwnedByYou"
                    | "BucketNotEmpty"
                    | "EntityTooSmall"
                    | "InvalidPart"
                    | "InvalidPartOrder"
                    | "InvalidRange"
                    | "NoSuchBucket"
                    | "NoSuchKey"
                    | "NoSuchTagSet"
                    | "NoSuchUpload"
                    | "NoSuchVersion"
                    | "PreconditionFailed"
            )
    })
}
