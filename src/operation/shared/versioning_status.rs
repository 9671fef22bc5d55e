//! Whether a bucket keeps the versions of its objects.

/// Whether a bucket keeps the versions of its objects. A bucket that never did has no status at all.
///
/// <https://docs.aws.amazon.com/AmazonS3/latest/userguide/Versioning.html>
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[allow(clippy::exhaustive_enums)]
pub enum VersioningStatus {
    /// New versions are kept.
    Enabled,
    /// New versions are not kept; those that are there stay.
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
