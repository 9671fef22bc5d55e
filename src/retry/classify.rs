//! Which failures another attempt may fix.

use std::time::Duration;

use crate::error::{Effect, Error, ServiceError, Stage, TransportKind};

/// The properties of a failed attempt that decide whether it is retried.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) struct Failure {
    pub(crate) kind: FailureKind,
    /// Whether an earlier attempt of the call failed with a `FailureKind::Once`.
    pub(crate) has_happened: bool,
    /// The delay that the server asks for.
    pub(crate) retry_after: Option<Duration>,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum FailureKind {
    /// The next attempt would fail as well.
    Permanent,
    /// One more attempt may succeed; a second failure of this kind is permanent.
    Once,
    /// Another attempt may succeed.
    Transient,
    /// The server is throttling.
    Throttled,
}

impl Failure {
    pub(crate) fn of(error: &Error) -> Failure {
        let retry_after = error.service().and_then(|error| error.retry_after);
        Failure {
            kind: kind(error),
            has_happened: false,
            retry_after,
        }
    }
}

pub(super) fn kind(error: &Error) -> FailureKind {
    match error {
        Error::Invalid(_) => FailureKind::Permanent,
        Error::Malformed(error) if error.is_truncated => FailureKind::Transient,
        Error::Malformed(_) => FailureKind::Permanent,
        Error::Transport(error) => match error.kind {
            _ if error.is_permanent => FailureKind::Permanent,
            TransportKind::Body
            | TransportKind::File
            | TransportKind::Cancelled
            | TransportKind::Unsettled => FailureKind::Permanent,
            // Usually the server rejects the request and closes the connection before its response is read.
            TransportKind::Broken(Stage::Sending) => FailureKind::Once,
            _ => FailureKind::Transient,
        },
        Error::Service(error) => kind_of_error_response(error),
    }
}

/// The code decides; if it is missing or not listed, the status does.
fn kind_of_error_response(error: &ServiceError) -> FailureKind {
    let code = if error.code_is_inferred {
        ""
    } else {
        error.code.as_str()
    };
    match code {
        "BandwidthLimitExceeded"
        | "EC2ThrottledException"
        | "LimitExceededException"
        | "PriorRequestNotComplete"
        | "ProvisionedThroughputExceededException"
        | "RequestLimitExceeded"
        | "RequestThrottled"
        | "RequestThrottledException"
        | "ServerBusy"
        | "SlowDown"
        | "SlowDownRead"
        | "SlowDownWrite"
        | "ThrottledException"
        | "Throttling"
        | "ThrottlingException"
        | "TooManyRequests"
        | "TooManyRequestsException"
        | "TransactionInProgressException" => return FailureKind::Throttled,
        "Busy"
        | "IncompleteBody"
        | "InternalError"
        | "InternalErrors"
        | "OperationAborted"
        | "RequestError"
        | "RequestTimeout"
        | "RequestTimeoutException"
        | "ServiceUnavailable" => return FailureKind::Transient,
        // A race with another writer. A multipart upload cannot be completed after one.
        "ConditionalRequestConflict" if error.context.effect != Effect::Completes => {
            return FailureKind::Transient;
        }
        // The body was corrupted on its way, or the checksum is wrong.
        "BadDigest" => return FailureKind::Once,
        _ => {}
    }
    match error.status.as_u16() {
        429 => FailureKind::Throttled,
        // An error without a code in the body of a success.
        200 if error.code_is_inferred => FailureKind::Transient,
        // 499 and those from 509 on come from proxies and gateways.
        408 | 499 | 500 | 502 | 503 | 504 | 509 | 520..=524 => FailureKind::Transient,
        _ => FailureKind::Permanent,
    }
}

impl Error {
    /// Whether the same call may succeed later: the network failed, or the server was overloaded. The client has already
    /// retried it as often as its [`RetryPolicy`](crate::RetryPolicy) allows.
    pub fn is_retryable(&self) -> bool {
        kind(self) != FailureKind::Permanent
    }
}
