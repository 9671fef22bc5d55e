//! Which failures another attempt may fix.

use std::time::Duration;

use crate::error::{Effect, Error, ServiceError, Stage, TransportKind};

/// What an attempt has failed with, as far as it matters here.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) struct Failure {
    pub(crate) kind: Kind,
    /// Whether an earlier attempt of the call has failed so, if that is of the kind that is tried again once.
    pub(crate) has_happened: bool,
    /// How long the store wants to be left alone.
    pub(crate) retry_after: Option<Duration>,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Kind {
    /// The next attempt would fail as well.
    Permanent,
    /// May be mended by one more attempt; the second time it is no accident.
    Once,
    /// May be mended by time.
    Transient,
    /// The store is asked too much.
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

fn kind(error: &Error) -> Kind {
    match error {
        Error::Invalid(_) => Kind::Permanent,
        // A success that breaks off is none, as far as one can see.
        Error::Malformed(error) if error.is_truncated => Kind::Transient,
        Error::Malformed(_) => Kind::Permanent,
        Error::Transport(error) => match error.kind {
            _ if error.is_permanent => Kind::Permanent,
            TransportKind::Body | TransportKind::Unsettled => Kind::Permanent,
            // What it mostly means is that the store refuses, and does not wait until it is heard.
            TransportKind::Broken(Stage::Sending) => Kind::Once,
            _ => Kind::Transient,
        },
        Error::Service(error) => kind_of_refusal(error),
    }
}

/// The code decides; without one, or with one that says nothing about trying again, the status.
fn kind_of_refusal(error: &ServiceError) -> Kind {
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
        | "TransactionInProgressException" => return Kind::Throttled,
        "Busy"
        | "IncompleteBody"
        | "InternalError"
        | "InternalErrors"
        | "OperationAborted"
        | "RequestError"
        | "RequestTimeout"
        | "RequestTimeoutException"
        | "ServiceUnavailable" => return Kind::Transient,
        // A race with another writer. An upload in parts cannot be completed after one.
        "ConditionalRequestConflict" if error.context.effect != Effect::Completes => {
            return Kind::Transient;
        }
        // What has come to harm on its way; or the sum is wrong.
        "BadDigest" => return Kind::Once,
        _ => {}
    }
    match error.status.as_u16() {
        429 => Kind::Throttled,
        // 499 and from 509 on: what proxies and gateways say.
        // Inside of a success; with a code, the code has decided.
        200 if error.code_is_inferred => Kind::Transient,
        408 | 499 | 500 | 502 | 503 | 504 | 509 | 520..=524 => Kind::Transient,
        _ => Kind::Permanent,
    }
}

impl Error {
    /// Whether the same call may succeed if it is made again after a while: the network broke, or the store was busy.
    /// It has been made again already, as often as the client's [`RetryPolicy`] says.
    pub fn is_retryable(&self) -> bool {
        kind(self) != Kind::Permanent
    }
}
