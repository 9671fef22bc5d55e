//! Copies: options that the server would ignore, and the copy source.

use super::{assert_call_accepted, assert_call_rejected, s3};

#[test]
fn metadata_of_a_copy_requires_replace_metadata() {
    for (call, header) in [
        (
            s3().copy_object("b", "k", ("a", "k"))
                .content_type("image/png"),
            "header content-type",
        ),
        (
            s3().copy_object("b", "k", ("a", "k")).metadata("name", "x"),
            "header x-amz-meta-name",
        ),
        (
            s3().copy_object("b", "k", ("a", "k"))
                .cache_control("no-cache"),
            "header cache-control",
        ),
    ] {
        assert_call_rejected(
            call,
            header,
            &["CopyObject b/k", "would be ignored", "replace_metadata"],
        );
    }
    assert_call_accepted(
        s3().copy_object("b", "k", ("a", "k"))
            .replace_metadata()
            .metadata("name", "x"),
    );
    assert_call_accepted(
        s3().copy_object("b", "k", ("a", "k"))
            .storage_class("STANDARD_IA")
            .acl("private"),
    );
}

#[test]
fn tags_of_a_copy_require_replace_tags() {
    let tagged = s3().copy_object("b", "k", ("a", "k")).tag("kind", "cat");
    assert_call_rejected(
        tagged,
        "header x-amz-tagging",
        &["would be ignored", "replace_tags"],
    );
}

#[test]
fn an_invalid_copy_source_is_rejected() {
    for (bucket, key, problem) in [
        ("", "k", "bucket: \"\" is empty"),
        ("a/b", "k", "contains one of"),
        ("a", "", "key: empty"),
        ("a", "/k", "begins with a slash"),
    ] {
        assert_call_rejected(
            s3().copy_object("b", "k", (bucket, key)),
            "copy source",
            &[problem],
        );
        assert_call_rejected(
            s3().upload_part_copy("b", "k", "id", 1, (bucket, key)),
            "copy source",
            &[problem],
        );
    }
}

#[test]
fn an_empty_source_range_is_rejected() {
    #[allow(clippy::reversed_empty_ranges)]
    let reversed = s3()
        .upload_part_copy("b", "k", "id", 1, ("a", "k"))
        .source_range(9..=0);
    assert_call_rejected(reversed, "source range", &["9..=0 is empty"]);
}
