//! The credential scope: where and when a signing key is valid.

use std::fmt;

use super::{AmzDate, TERMINATOR};

/// Where and when a signature is valid; prints as `20130524/us-east-1/s3/aws4_request`.
///
/// It holds the whole instant although it prints only the day: the string to sign takes both from here, so the two
/// cannot disagree.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct CredentialScope {
    /// When the request is signed.
    pub at: AmzDate,
    /// The region that the store is configured with, for example `us-east-1`, `auto` or `garage`.
    pub region: String,
    /// The AWS service: `s3`, or `sts` for temporary credentials.
    pub service: String,
}

impl CredentialScope {
    /// The scope of a request to `service` in `region`, signed at `at`.
    pub fn new(at: AmzDate, region: &str, service: &str) -> CredentialScope {
        CredentialScope {
            at,
            region: region.to_owned(),
            service: service.to_owned(),
        }
    }

    /// Whether both print the same, and so have the same signing key.
    pub(super) fn has_key_of(&self, other: &CredentialScope) -> bool {
        self.at.is_same_day(&other.at)
            && self.region == other.region
            && self.service == other.service
    }
}

/// A copy.
impl From<&CredentialScope> for CredentialScope {
    fn from(scope: &CredentialScope) -> CredentialScope {
        scope.clone()
    }
}

impl fmt::Display for CredentialScope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for part in [self.at.text().day(), &self.region, &self.service] {
            f.write_str(part)?;
            f.write_str("/")?;
        }
        f.write_str(TERMINATOR)
    }
}
