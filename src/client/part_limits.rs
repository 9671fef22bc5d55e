//! A store's limits for parts, and the part size that follows from them.

#[cfg(feature = "reqwest")]
use crate::error::Error;

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

#[cfg(feature = "reqwest")]
impl PartLimits {
    /// The size of all parts but the last: `wanted`, doubled until `length` bytes fit into `max_parts` parts. boto3
    /// does the same, so the ETags are the same.
    pub(crate) fn part_size(&self, length: Option<u64>, wanted: u64) -> Result<u64, Error> {
        let PartLimits {
            min_part,
            max_part,
            max_parts,
        } = *self;
        if !(1..=10_000).contains(&max_parts) {
            return Err(Error::invalid(
                "part limits",
                format!("max_parts is {max_parts}"),
                "use 1 to 10,000, the range of S3's part numbers",
            ));
        }
        if wanted < min_part.max(1) || wanted > max_part {
            return Err(Error::invalid(
                "part size",
                format!("{wanted} bytes is out of range"),
                format!(
                    "use {min_part} to {max_part} bytes, or set part_limits for a store with other limits"
                ),
            ));
        }
        let Some(length) = length else {
            return Ok(wanted);
        };
        let fits = |size: u64| length.div_ceil(size) <= u64::from(max_parts);
        let mut size = wanted;
        while !fits(size) && size < max_part {
            size = size.saturating_mul(2).min(max_part);
        }
        if fits(size) {
            return Ok(size);
        }
        Err(Error::invalid(
            "file",
            format!("{length} bytes do not fit into {max_parts} parts of {max_part} bytes"),
            "store it as several objects",
        ))
    }
}

#[cfg(all(test, feature = "reqwest"))]
mod tests {
    use super::*;

    const MIB: u64 = 1 << 20;
    const GIB: u64 = 1 << 30;

    /// With boto3's default part size.
    #[test]
    fn part_sizes_match_boto3() {
        for (length, part_size, parts) in [
            (8 * MIB, 8 * MIB, 1),
            (78 * GIB, 8 * MIB, 9_984),
            (79 * GIB, 16 * MIB, 5_056),
            (1 << 40, 128 * MIB, 8_192),
            (5 << 40, GIB, 5_120),
            (0, 8 * MIB, 0),
        ] {
            let size = PartLimits::default()
                .part_size(Some(length), 8 * MIB)
                .unwrap();
            assert_eq!(
                (size, length.div_ceil(size)),
                (part_size, parts),
                "{length}"
            );
        }
    }

    #[test]
    fn sizes_outside_the_limits_are_rejected() {
        let limits = PartLimits::default();
        assert_eq!(
            limits.part_size(Some(10_000 * 5 * GIB), 8 * MIB).unwrap(),
            5 * GIB
        );
        for (length, wanted, field, problem) in [
            (None, 0, "part size", "0 bytes is out of range"),
            (
                None,
                5 * MIB - 1,
                "part size",
                "5242879 bytes is out of range; use 5242880 to 5368709120 bytes",
            ),
            (
                None,
                5 * GIB + 1,
                "part size",
                "5368709121 bytes is out of range",
            ),
            (
                Some(10_000 * 5 * GIB + 1),
                8 * MIB,
                "file",
                "do not fit into 10000 parts",
            ),
        ] {
            let error = limits.part_size(length, wanted).unwrap_err();
            let Error::Invalid(error) = error else {
                panic!("{error}")
            };
            assert_eq!(error.field, field);
            let error = error.to_string();
            assert!(error.contains(problem), "{error}");
        }
    }
}
