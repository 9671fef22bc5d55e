//! Part sizes. s3transfer's are expected exactly. Other clients choose other sizes, so their rows state only lengths that
//! have to fit, or must not.

use serde_json::Value;
use slim_s3::{PartLimits, PartPlan};

use super::rows;
use crate::support::fixtures::text;

const DEFAULT_PART_SIZE: u64 = 8 << 20;

#[test]
fn part_plans_match_s3transfer_and_obey_the_limits() {
    for row in rows("part_plan.jsonl", 35, &[]) {
        let id = text(&row, "id");
        // minio-go writes -1 for an unknown length.
        let length = row["size"].as_u64();
        let wanted = row["requested_part_size"]
            .as_u64()
            .unwrap_or(DEFAULT_PART_SIZE);
        let mut limits = PartLimits::default();
        if let Some(max_part) = row["max_part_size"].as_u64() {
            limits.max_part = max_part;
            limits.min_part = limits.min_part.min(wanted).min(max_part);
        }
        let plan = PartPlan::new(&limits, length, wanted);
        let fails = row["error"] == true || row["ok"] == false;
        assert_eq!(plan.is_err(), fails, "{id}: {plan:?}");
        let Ok(plan) = plan else { continue };
        if text(&row, "source").starts_with("boto/s3transfer") {
            assert_eq!(Some(plan.part_size), row["part_size"].as_u64(), "{id}");
            assert_eq!(plan.parts.map(u64::from), row["parts"].as_u64(), "{id}");
        }
        assert_obeys(&limits, length, &plan, &row);
    }
}

fn assert_obeys(limits: &PartLimits, length: Option<u64>, plan: &PartPlan, row: &Value) {
    let range = limits.min_part..=limits.max_part;
    assert!(range.contains(&plan.part_size), "{row}: {plan:?}");
    assert_eq!(plan.ceiling, plan.part_size * u64::from(limits.max_parts));
    let Some(length) = length else {
        assert_eq!(plan.parts, None);
        return;
    };
    let parts = u64::from(plan.parts.unwrap());
    assert!((1..=10_000).contains(&parts), "{row}: {plan:?}");
    // All parts but the last are equal, and the last one is not empty unless it is the only one.
    let last = length - (parts - 1) * plan.part_size;
    assert!(last <= plan.part_size, "{row}: {plan:?}");
    assert!(last > 0 || length == 0, "{row}: {plan:?}");
}
