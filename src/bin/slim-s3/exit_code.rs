//! The exit codes: why a command failed, for scripts.

use slim_s3::Error;
use slim_s3::error::TransportKind;

use crate::failure::Failure;
use crate::signals::Signal;

pub const DONE: u8 = 0;
/// The store refused, or something failed for good.
pub const FAILED: u8 = 1;
/// The arguments are wrong.
pub const USAGE: u8 = 2;
/// Settings or credentials are missing or wrong.
pub const CONFIGURATION: u8 = 3;
/// The bucket, the key or the upload does not exist.
pub const NOT_FOUND: u8 = 4;
/// The network, throttling, or a server error after all retries: the same command may work later.
pub const TEMPORARY: u8 = 5;
/// The target exists already, or the object has changed: a condition was not met.
pub const PRECONDITION: u8 = 6;

/// The exit code of a failed command.
pub fn of(failure: &Failure) -> u8 {
    match failure {
        Failure::Usage(_) => USAGE,
        Failure::Configuration(_) => CONFIGURATION,
        Failure::Local(_) => FAILED,
        Failure::Exists(_) => PRECONDITION,
        Failure::S3(error) => of_error(error),
        Failure::Object { code, .. } => of_code(code).unwrap_or(FAILED),
        Failure::Several { exit_code, .. } => *exit_code,
        Failure::Interrupted { signal, .. } => of_signal(*signal),
        // As if SIGPIPE had ended it, like other programs.
        Failure::ClosedPipe => 141,
    }
}

/// 128 and the number of the signal, as a shell reports it.
pub fn of_signal(signal: Signal) -> u8 {
    match signal {
        Signal::Interrupt => 130,
        Signal::Terminate => 143,
    }
}

/// The exit code of several failures: theirs, if they agree.
pub fn of_several(codes: impl IntoIterator<Item = u8>) -> u8 {
    let mut codes = codes.into_iter();
    let first = codes.next().unwrap_or(DONE);
    if codes.all(|code| code == first) {
        first
    } else {
        FAILED
    }
}

/// The exit code of an error of the library.
pub fn of_error(error: &Error) -> u8 {
    if let Error::Invalid(invalid) = error {
        return match invalid.field.as_str() {
            // A client that cannot be built names no operation.
            _ if invalid.context.operation.is_empty() => CONFIGURATION,
            "credentials" | "access key ID" | "secret access key" | "session token" => {
                CONFIGURATION
            }
            "file" | "data" => FAILED,
            "resume token" => PRECONDITION,
            _ => USAGE,
        };
    }
    if error.is_not_found() {
        return NOT_FOUND;
    }
    if error.is_precondition_failed() || error.is_not_modified() {
        return PRECONDITION;
    }
    if let Error::Transport(transport) = error {
        match transport.kind {
            TransportKind::Credentials => return CONFIGURATION,
            // Whether the write took effect is unknown: the same command finds out.
            TransportKind::Unsettled => return TEMPORARY,
            _ => {}
        }
    }
    if let Some(code) = error.code().and_then(of_code) {
        return code;
    }
    if error.is_retryable() {
        TEMPORARY
    } else {
        FAILED
    }
}

/// The exit code of an error code of S3, if it decides.
fn of_code(code: &str) -> Option<u8> {
    match code {
        "NoSuchBucket" | "NoSuchKey" | "NoSuchUpload" | "NoSuchVersion" => Some(NOT_FOUND),
        "BucketAlreadyExists" | "BucketAlreadyOwnedByYou" | "PreconditionFailed" => {
            Some(PRECONDITION)
        }
        // The keys, the clock and the region are settings.
        "AuthorizationHeaderMalformed"
        | "ExpiredToken"
        | "IllegalLocationConstraintException"
        | "InvalidAccessKeyId"
        | "InvalidToken"
        | "PermanentRedirect"
        | "RequestTimeTooSkewed"
        | "SignatureDoesNotMatch"
        | "TokenRefreshRequired" => Some(CONFIGURATION),
        "ConditionalRequestConflict"
        | "InternalError"
        | "OperationAborted"
        | "RequestTimeout"
        | "ServiceUnavailable"
        | "SlowDown"
        | "Unconfirmed" => Some(TEMPORARY),
        _ => None,
    }
}
