//! The result of an examination.

use crate::error::Error;

/// What a store does with a feature, as one check has found.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum Verdict {
    /// It works as on AWS.
    Supported,
    /// It works, but not as on AWS; the detail says how.
    Differs,
    /// The store returns success, but does not do it.
    Ignored,
    /// The store returns an error.
    Refused,
    /// The responses do not tell: a timeout, a broken connection, an internal error, a response that cannot be read.
    Unknown,
    /// Not checked; the detail says why.
    Skipped,
}

impl Verdict {
    /// The name in the report: `supported`, `differs`, `ignored`, `refused`, `unknown` or `skipped`.
    pub fn name(self) -> &'static str {
        match self {
            Verdict::Supported => "supported",
            Verdict::Differs => "differs",
            Verdict::Ignored => "ignored",
            Verdict::Refused => "refused",
            Verdict::Unknown => "unknown",
            Verdict::Skipped => "skipped",
        }
    }
}

/// One row of a [`DoctorReport`].
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub struct DoctorCheck {
    /// The name, such as `put_if_none_match`. Names do not change between versions.
    pub name: &'static str,
    /// What the store does.
    pub verdict: Verdict,
    /// The same in words, on one line. The text may change between versions.
    pub detail: String,
}

/// What [`Client::doctor`](crate::Client::doctor) has found: a row for each check, and the settings to use.
///
/// `Display` is a table of at most 100 columns, and ends with the settings. It contains no secrets, and text from the server is
/// escaped and shortened. [`to_json`](DoctorReport::to_json) is the same for programs.
#[derive(Debug)]
pub struct DoctorReport {
    pub(super) endpoint: String,
    pub(super) bucket: String,
    pub(super) server: Option<String>,
    pub(super) wrote: bool,
    pub(super) requests: u32,
    pub(super) bytes_sent: u64,
    pub(super) milliseconds: u64,
    pub(super) prefix: String,
    pub(super) checks: Vec<DoctorCheck>,
    pub(super) error: Option<Error>,
    pub(super) left: Vec<String>,
    pub(super) builder_code: String,
    pub(super) environment: Vec<(&'static str, String)>,
}

impl DoctorReport {
    /// The rows, in the order in which they were checked.
    pub fn checks(&self) -> &[DoctorCheck] {
        &self.checks
    }

    /// What the check of this name has found; `None` if it was not reached, or requires
    /// [`write`](crate::Doctor::write).
    pub fn verdict(&self, name: &str) -> Option<Verdict> {
        let mut checks = self.checks.iter();
        let found = checks.find(|check| check.name == name);
        found.map(|check| check.verdict)
    }

    /// Whether the check of this name has found [`Verdict::Supported`].
    pub fn is_supported(&self, name: &str) -> bool {
        self.verdict(name) == Some(Verdict::Supported)
    }

    /// Why the examination ended early: the store cannot be reached, rejects the keys or has no such bucket, or the examination
    /// was cancelled.
    pub fn error(&self) -> Option<&Error> {
        self.error.as_ref()
    }

    /// The error, if there is one.
    pub fn into_error(self) -> Option<Error> {
        self.error
    }

    /// How all keys began that the doctor wrote.
    pub fn prefix(&self) -> &str {
        &self.prefix
    }

    /// What the doctor could not delete: keys, and upload IDs with their keys. Empty if the bucket is as it was before.
    pub fn left(&self) -> &[String] {
        &self.left
    }

    /// How many requests were sent, including those that deleted what the doctor had stored.
    pub fn requests(&self) -> u32 {
        self.requests
    }

    /// The name of the server, from the header `Server`.
    pub fn server(&self) -> Option<&str> {
        self.server.as_deref()
    }

    /// The code of a client with the settings that suit the store. The keys are names to replace.
    pub fn builder_code(&self) -> &str {
        &self.builder_code
    }

    /// The environment variables for [`Client::from_env`](crate::Client::from_env) and other programs, without the keys. None selects
    /// the [`Addressing`](crate::Addressing).
    pub fn environment(&self) -> &[(&'static str, String)] {
        &self.environment
    }
}
