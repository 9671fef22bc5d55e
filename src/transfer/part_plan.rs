//! How an upload is divided into parts: pure arithmetic.

use crate::client::part_limits::PartLimits;
use crate::error::Error;

/// The default part size: that of boto3, so that the same file has the same ETag.
pub(crate) const PART_SIZE: u64 = 8 << 20;

/// How an upload is divided into parts.
///
/// ```
/// use slim_s3::{PartLimits, PartPlan};
///
/// // 100 GiB do not fit into 10,000 parts of 8 MiB, so the part size is doubled.
/// let plan = PartPlan::new(&PartLimits::default(), Some(100 << 30), 8 << 20)?;
/// assert_eq!((plan.part_size, plan.parts), (16 << 20, Some(6_400)));
///
/// // A stream of unknown length can have up to 78 GiB.
/// let plan = PartPlan::new(&PartLimits::default(), None, 8 << 20)?;
/// assert_eq!((plan.parts, plan.ceiling >> 30), (None, 78));
/// # Ok::<_, slim_s3::Error>(())
/// ```
///
/// <https://docs.aws.amazon.com/AmazonS3/latest/userguide/qfacts.html>
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub struct PartPlan {
    /// The size in bytes of all parts but the last.
    pub part_size: u64,
    /// The number of parts, if the length is known. An empty object has one empty part.
    pub parts: Option<u32>,
    /// The largest length in bytes that fits: the part size times the maximum number of parts.
    pub ceiling: u64,
}

impl PartPlan {
    /// Divides `length` bytes, or an unknown length, into parts of `part_size` bytes.
    ///
    /// As in boto3, the part size is moved into the range of `limits`, and then doubled until `length` bytes fit.
    ///
    /// # Errors
    ///
    /// [`Error::Invalid`] if the length does not fit into parts of the maximum size, or if `limits` are not S3's.
    pub fn new(
        limits: &PartLimits,
        length: Option<u64>,
        part_size: u64,
    ) -> Result<PartPlan, Error> {
        let PartLimits {
            min_part,
            max_part,
            max_parts,
        } = *limits;
        if !(1..=10_000).contains(&max_parts) {
            return Err(Error::invalid(
                "part limits",
                format!("max_parts is {max_parts}"),
                "use 1 to 10,000, the range of S3's part numbers",
            ));
        }
        let mut part_size = part_size.max(min_part).min(max_part).max(1);
        let fits =
            |size: u64| length.is_none_or(|length| length.div_ceil(size) <= max_parts.into());
        while !fits(part_size) && part_size < max_part {
            part_size = part_size.saturating_mul(2).min(max_part);
        }
        if !fits(part_size) {
            let length = length.unwrap_or_default();
            return Err(Error::invalid(
                "data",
                format!("{length} bytes do not fit into {max_parts} parts of {max_part} bytes"),
                "store it as several objects",
            ));
        }
        let parts = length.map(|length| length.div_ceil(part_size).max(1));
        Ok(PartPlan {
            part_size,
            parts: parts.and_then(|parts| u32::try_from(parts).ok()),
            ceiling: part_size.saturating_mul(max_parts.into()),
        })
    }
}

/// What an upload is asked to use.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Wanted {
    pub(crate) part_size: Option<u64>,
    pub(crate) concurrency: usize,
    pub(crate) threshold: Option<u64>,
    /// Set only by the setter of `max_memory`, with [`plan_within`]: a program that does not call it does not link it.
    pub(crate) budget: Option<(u64, PlanWithin)>,
}

type PlanWithin = fn(&Wanted, u64, &PartLimits, Option<u64>) -> Result<(PartPlan, usize), Error>;

impl Wanted {
    /// Rejects a part size that no upload can use. An upload must not start to fail when its object grows.
    pub(crate) fn check(&self, limits: &PartLimits) -> Result<(), Error> {
        if self.concurrency == 0 {
            return Err(Error::invalid(
                "concurrency",
                "0 parts at a time",
                "use 1 to send one part after the other",
            ));
        }
        let PartLimits {
            min_part, max_part, ..
        } = *limits;
        match self.part_size {
            Some(size) if size < min_part.max(1) || size > max_part => Err(Error::invalid(
                "part size",
                format!("{size} bytes is out of range"),
                format!(
                    "use {min_part} to {max_part} bytes, or set part_limits for a store with other limits"
                ),
            )),
            _ => PartPlan::new(limits, None, PART_SIZE).map(|_| ()),
        }
    }

    /// The plan, and how many parts are sent at a time, for parts that are buffered in memory: one more than are sent,
    /// because the next one is read meanwhile.
    ///
    /// A length that is only expected decides the part size, but may be exceeded.
    pub(crate) fn plan(
        &self,
        limits: &PartLimits,
        length: Option<u64>,
    ) -> Result<(PartPlan, usize), Error> {
        match self.budget {
            Some((memory, plan)) => plan(self, memory, limits, length),
            None => {
                let part_size = self.part_size.unwrap_or(PART_SIZE);
                Ok((PartPlan::new(limits, length, part_size)?, self.concurrency))
            }
        }
    }
}

/// [`Wanted::plan`] within a number of bytes.
pub(crate) fn plan_within(
    wanted: &Wanted,
    memory: u64,
    limits: &PartLimits,
    length: Option<u64>,
) -> Result<(PartPlan, usize), Error> {
    let buffers = (wanted.concurrency as u64).saturating_add(1);
    let part_size = match (wanted.part_size, length) {
        (Some(size), _) => size,
        // At least the minimum, so that 10 MiB are enough whatever the length.
        (None, Some(_)) => PART_SIZE.min(memory / 2),
        // As long a stream as the memory allows, in whole MiB.
        (None, None) if memory / buffers >= 1 << 20 => (memory / buffers) >> 20 << 20,
        (None, None) => memory / buffers,
    };
    let plan = PartPlan::new(limits, length, part_size)?;
    let needed = plan.part_size.saturating_mul(2);
    if memory < needed {
        return Err(Error::invalid(
            "max_memory",
            format!(
                "{memory} bytes do not hold two parts of {} bytes",
                plan.part_size
            ),
            format!("use at least {needed} bytes, or smaller parts"),
        ));
    }
    if let Some(threshold) = wanted.threshold
        && threshold > plan.part_size
    {
        return Err(Error::invalid(
            "threshold",
            format!(
                "{threshold} bytes exceed a part of {} bytes, and so would their memory exceed max_memory",
                plan.part_size
            ),
            "choose a smaller threshold",
        ));
    }
    let at_a_time = usize::try_from(memory / plan.part_size - 1).unwrap_or(usize::MAX);
    let at_a_time = at_a_time.max(1);
    Ok((plan, wanted.concurrency.min(at_a_time)))
}

#[cfg(test)]
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
            (0, 8 * MIB, 1),
        ] {
            let plan = PartPlan::new(&PartLimits::default(), Some(length), 8 * MIB).unwrap();
            assert_eq!(
                (plan.part_size, plan.parts),
                (part_size, Some(parts)),
                "{length}"
            );
        }
    }

    #[test]
    fn sizes_outside_the_limits_are_rejected() {
        let limits = PartLimits::default();
        let most = 10_000 * 5 * GIB;
        let plan = PartPlan::new(&limits, Some(most), 8 * MIB).unwrap();
        assert_eq!(plan.part_size, 5 * GIB);
        let error = PartPlan::new(&limits, Some(most + 1), 8 * MIB).unwrap_err();
        assert!(
            error.to_string().contains("do not fit into 10000 parts"),
            "{error}"
        );
        for (size, problem) in [
            (0, "part size: 0 bytes is out of range"),
            (
                5 * MIB - 1,
                "part size: 5242879 bytes is out of range; use 5242880 to 5368709120 bytes",
            ),
            (5 * GIB + 1, "part size: 5368709121 bytes is out of range"),
        ] {
            let wanted = Wanted {
                part_size: Some(size),
                concurrency: 4,
                threshold: None,
                budget: None,
            };
            let error = wanted.check(&limits).unwrap_err().to_string();
            assert!(error.contains(problem), "{error}");
        }
    }

    #[test]
    fn max_memory_sets_part_size_and_concurrency() {
        let limits = PartLimits::default();
        for (memory, part_size, length, expected) in [
            // Unknown length: the largest parts that fit five times.
            (1 << 30, None, None, Some((204 * MIB, 4))),
            (100 * MIB, None, None, Some((20 * MIB, 4))),
            (20 * MIB, None, None, Some((5 * MIB, 3))),
            (10 * MIB, None, None, Some((5 * MIB, 1))),
            (10 * MIB - 1, None, None, None),
            (u64::MAX, None, None, Some((5 * GIB, 4))),
            // The part size is given, or follows from the length.
            (100 * MIB, Some(8 * MIB), None, Some((8 * MIB, 4))),
            (24 * MIB, Some(8 * MIB), None, Some((8 * MIB, 2))),
            (15 * MIB, Some(8 * MIB), None, None),
            (64 * MIB, None, Some(79 * GIB), Some((16 * MIB, 3))),
            (10 * MIB, None, Some(1), Some((5 * MIB, 1))),
            (31 * MIB, None, Some(79 * GIB), None),
        ] {
            let wanted = Wanted {
                part_size,
                concurrency: 4,
                threshold: None,
                budget: Some((memory, plan_within)),
            };
            let plan = wanted.plan(&limits, length);
            let found = plan.map(|(plan, concurrency)| (plan.part_size, concurrency));
            match (found, expected) {
                (Ok(found), Some(expected)) => {
                    assert_eq!(found, expected, "{memory}");
                    let (size, concurrency) = found;
                    assert!((concurrency as u64 + 1) * size <= memory, "{memory}");
                }
                (Err(error), None) => {
                    assert!(error.to_string().contains("max_memory"), "{error}");
                }
                (found, expected) => panic!("{memory}: {found:?}, expected {expected:?}"),
            }
        }
    }
}
