//! Why a command failed.

use std::error::Error as StdError;
use std::io;

use slim_s3::Error;
use slim_s3::error::TransportKind;

use crate::signals::Signal;

/// Why a command failed, by who must act. `exit_code` maps it to the exit code, and `output` prints it.
#[derive(Debug)]
pub enum Failure {
    /// The arguments are wrong, do not fit together, or name what is not there to be used that way.
    Usage(String),
    /// A setting or the credentials are missing or wrong.
    Configuration(String),
    /// A file of this computer cannot be read or written.
    Local(String),
    /// The target exists, and must not be replaced.
    Exists(String),
    /// The error of a call.
    S3(Error),
    /// The store reported an error for one of many objects.
    Object {
        location: String,
        code: String,
        message: String,
    },
    /// Some of many items failed. Each was reported, with this exit code.
    Several { count: usize, exit_code: u8 },
    /// A signal ended the command, and it has cleaned up. The text says what is left.
    Interrupted { signal: Signal, left: String },
    /// Whoever reads standard output has closed it.
    ClosedPipe,
}

impl From<Error> for Failure {
    fn from(error: Error) -> Failure {
        Failure::S3(error)
    }
}

impl Failure {
    /// A failure to read or write what `name` names.
    pub fn local(name: &str, problem: &str, error: &io::Error) -> Failure {
        Failure::Local(format!("{name}: {problem}: {error}"))
    }

    /// A failure to write to standard output.
    pub fn stdout(error: &io::Error) -> Failure {
        match error.kind() {
            io::ErrorKind::BrokenPipe => Failure::ClosedPipe,
            _ => Failure::local("standard output", "cannot be written", error),
        }
    }
}

/// The innermost error of the library among the causes: of a call whose credentials could not be found or renewed, that of their
/// source.
pub fn cause_of(error: &Error) -> Option<&Error> {
    let is_about_credentials = match error {
        Error::Invalid(error) => error.field == "credentials",
        Error::Transport(error) => error.kind == TransportKind::Credentials,
        _ => false,
    };
    let mut cause = error.source().filter(|_| is_about_credentials);
    let mut innermost = None;
    while let Some(error) = cause {
        innermost = error.downcast_ref().or(innermost);
        cause = error.source();
    }
    innermost
}

/// Whether an error has this kind of I/O error among its causes.
pub fn is_caused_by(error: &Error, kind: io::ErrorKind) -> bool {
    let mut cause = error.source();
    while let Some(error) = cause {
        if error
            .downcast_ref::<io::Error>()
            .is_some_and(|error| error.kind() == kind)
        {
            return true;
        }
        cause = error.source();
    }
    false
}
