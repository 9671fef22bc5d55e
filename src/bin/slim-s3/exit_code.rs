//! The exit codes: why a command failed, for scripts.

use slim_s3::Error;
use slim_s3::error::TransportKind;

use crate::failure::{Failure, cause_of};
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
        Signal::HangUp => 129,
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
    // Why there are no credentials.
    if cause_of(error).is_some_and(Error::is_retryable) {
        return TEMPORARY;
    }
    // The role, or the endpoint of the STS, whatever it says is missing.
    if error.context().operation.starts_with("AssumeRole") && !error.is_retryable() {
        return CONFIGURATION;
    }
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
        // Of MinIO, s3s and versitygw.
        | "InvalidTokenId"
        | "NotSignedUp"
        | "PermanentRedirect"
        | "RequestTimeTooSkewed"
        | "SignatureDoesNotMatch"
        | "TokenRefreshRequired"
        | "XAdminUserNotFound" => Some(CONFIGURATION),
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

#[cfg(test)]
mod tests {
    use slim_s3::operation::PutObject;
    use slim_s3::{Client, Operation, Request};

    use super::*;

    #[test]
    fn each_kind_of_failure_has_its_code() {
        let text = String::new;
        let interrupted = |signal| Failure::Interrupted {
            signal,
            left: text(),
        };
        for (failure, code) in [
            (Failure::Usage(text()), 2),
            (Failure::Configuration(text()), 3),
            (Failure::Local(text()), 1),
            (Failure::Exists(text()), 6),
            (interrupted(Signal::Interrupt), 130),
            (interrupted(Signal::Terminate), 143),
            (interrupted(Signal::HangUp), 129),
            (Failure::ClosedPipe, 141),
            (
                Failure::Several {
                    count: 2,
                    exit_code: 5,
                },
                5,
            ),
        ] {
            assert_eq!(of(&failure), code, "{failure:?}");
        }
    }

    #[test]
    fn each_response_has_its_code() {
        let request = Request::object(http::Method::PUT, "b", "k");
        for (status, code, expected) in [
            (403, "AccessDenied", FAILED),
            (400, "InvalidArgument", FAILED),
            (404, "Unknown", FAILED),
            (403, "InvalidAccessKeyId", CONFIGURATION),
            (403, "SignatureDoesNotMatch", CONFIGURATION),
            (403, "InvalidTokenId", CONFIGURATION),
            (404, "XAdminUserNotFound", CONFIGURATION),
            (403, "RequestTimeTooSkewed", CONFIGURATION),
            (400, "ExpiredToken", CONFIGURATION),
            (301, "PermanentRedirect", CONFIGURATION),
            (404, "NoSuchBucket", NOT_FOUND),
            (404, "NoSuchKey", NOT_FOUND),
            (404, "NoSuchUpload", NOT_FOUND),
            (409, "ConditionalRequestConflict", TEMPORARY),
            (429, "TooManyRequests", TEMPORARY),
            (500, "InternalError", TEMPORARY),
            (503, "Unknown", TEMPORARY),
            (409, "BucketAlreadyExists", PRECONDITION),
            (412, "PreconditionFailed", PRECONDITION),
        ] {
            let body = format!("<Error><Code>{code}</Code></Error>");
            let response = http::Response::builder().status(status);
            let response = response.body(body.into()).unwrap();
            let error = PutObject::parse_http(&request, response).unwrap_err();
            assert_eq!(of_error(&error), expected, "{status} {code}");
        }
    }

    #[test]
    fn an_invalid_argument_is_usage_and_an_invalid_setting_configuration() {
        let client = Client::builder().endpoint("http://127.0.0.1:9").anonymous();
        let client = client.build().unwrap();
        let get = client.get_object("b", "").sign(client.now());
        assert_eq!(of_error(&get.unwrap_err()), USAGE);
        let client = Client::builder().endpoint("x").build();
        assert_eq!(of_error(&client.unwrap_err()), CONFIGURATION);
    }

    #[test]
    fn several_failures_have_the_code_that_they_agree_on() {
        assert_eq!(of_several([4, 4]), 4);
        assert_eq!(of_several([4, 5]), FAILED);
        assert_eq!(of_several([5]), 5);
    }
}
