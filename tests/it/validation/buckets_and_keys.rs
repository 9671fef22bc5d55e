//! Bucket names and keys that would change where a request goes.

use super::{assert_call_accepted, assert_call_rejected, s3};

#[test]
fn a_bucket_name_that_would_change_the_url_is_rejected() {
    for (bucket, problem) in [
        ("", "is empty"),
        (".", "dot segment"),
        ("a/b", "contains one of"),
        ("a b", "white space"),
        ("bücket", "non-ASCII"),
        ("a%20b", "contains one of"),
        ("a\r\nb", "control"),
        (&"x".repeat(256), "longer than 255"),
    ] {
        assert_call_rejected(
            s3().head_bucket(bucket),
            "bucket",
            &["HeadBucket", problem, "use the bucket's name alone"],
        );
        assert_call_rejected(
            s3().put_object(bucket, "key", "x"),
            "bucket",
            &["PutObject", problem],
        );
    }
}

#[test]
fn an_empty_key_is_rejected() {
    assert_call_rejected(
        s3().get_object("b", ""),
        "key",
        &[
            "GetObject b/",
            "key: empty",
            "calls about the bucket itself",
        ],
    );
}

#[test]
fn a_key_of_more_than_1024_bytes_is_rejected() {
    assert_call_rejected(
        s3().get_object("b", &"x".repeat(1025)),
        "key",
        &["key: 1025 bytes long", "1,024"],
    );
    assert_call_accepted(s3().get_object("b", &"ü".repeat(512)));
}

#[test]
fn a_leading_slash_is_rejected_by_default() {
    assert_call_rejected(
        s3().get_object("b", "/a"),
        "key",
        &["begins with a slash", "allow_leading_slash"],
    );
}
