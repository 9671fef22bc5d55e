//! The versioning status of a bucket.

/// Whether a bucket keeps the versions of its objects. A bucket where versioning was never enabled has no status.
///
/// <https://docs.aws.amazon.com/AmazonS3/latest/userguide/Versioning.html>
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[allow(clippy::exhaustive_enums)]
pub enum VersioningStatus {
    /// New versions are kept.
    Enabled,
    /// New versions are not kept. Existing versions remain.
    Suspended,
}

impl VersioningStatus {
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            VersioningStatus::Enabled => "Enabled",
            VersioningStatus::Suspended => "Suspended",
        }
    }
}
