//! Part numbers and lists of parts.

use slim_s3::ETag;
use slim_s3::operation::CompletedPart;

use super::{assert_call_accepted, assert_call_rejected, s3};

fn part(part_number: u32) -> CompletedPart {
    CompletedPart {
        part_number,
        etag: ETag::from("e"),
    }
}

#[test]
fn part_numbers_are_between_1_and_10_000() {
    for number in [0, 10_001] {
        assert_call_rejected(
            s3().upload_part("b", "k", "id", number, "x"),
            "part number",
            &["out of range", "from 1 to 10,000"],
        );
    }
    assert_call_rejected(
        s3().get_object("b", "k").part_number(0),
        "part number",
        &["0 is out of range"],
    );
    assert_call_rejected(
        s3().upload_part_copy("b", "k", "id", 10_001, ("a", "k")),
        "part number",
        &["out of range"],
    );
}

#[test]
fn parts_must_be_in_ascending_order() {
    for list in [
        vec![part(1), part(1), part(2)],
        vec![part(2), part(1)],
        vec![part(0)],
        vec![part(10_001)],
    ] {
        assert_call_rejected(
            s3().complete_multipart_upload("b", "k", "id", &list),
            "parts",
            &["ascending order"],
        );
    }
    // Gaps are allowed.
    assert_call_accepted(s3().complete_multipart_upload("b", "k", "id", &[part(3), part(7)]));
}

#[test]
fn an_upload_is_not_completed_without_parts() {
    assert_call_rejected(
        s3().complete_multipart_upload("b", "k", "id", &[]),
        "parts",
        &["the list is empty", "abort"],
    );
}
