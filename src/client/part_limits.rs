//! A store's limits for parts.

/// A store's limits for the parts of an upload. The default is AWS's; other stores differ.
///
/// <https://docs.aws.amazon.com/AmazonS3/latest/userguide/qfacts.html>
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[allow(clippy::exhaustive_structs)]
pub struct PartLimits {
    /// The minimum size in bytes of all parts but the last. 5 MiB on AWS.
    pub min_part: u64,
    /// The maximum size in bytes of a part. 5 GiB on AWS.
    pub max_part: u64,
    /// The maximum number of parts of an upload. 10,000 on AWS.
    pub max_parts: u32,
}

impl Default for PartLimits {
    fn default() -> PartLimits {
        PartLimits::AWS
    }
}

impl PartLimits {
    pub(super) const AWS: PartLimits = PartLimits {
        min_part: 5 << 20,
        max_part: 5 << 30,
        max_parts: 10_000,
    };
}
