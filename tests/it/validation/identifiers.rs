//! Identifiers that are empty, which stores take for none, and parameters that only the client may set.

use slim_s3::operation::CompletedPart;
use slim_s3::{CopySource, ETag};

use super::{assert_call_accepted, assert_call_rejected, s3};

/// Without a version ID, a request acts on the current version.
#[test]
fn an_empty_version_id_is_rejected() {
    let (field, problem) = (
        "query versionId",
        ["empty, which some stores take for none"],
    );
    assert_call_rejected(s3().get_object("b", "k").version_id(""), field, &problem);
    assert_call_rejected(s3().head_object("b", "k").version_id(" "), field, &problem);
    assert_call_rejected(
        s3().list_objects_v2("b").continuation_token(""),
        "query continuation-token",
        &problem,
    );
    assert_call_rejected(s3().delete_object("b", "k").version_id(""), field, &problem);
    assert_call_rejected(
        s3().get_object_tagging("b", "k").version_id(""),
        field,
        &problem,
    );
    assert_call_rejected(
        s3().delete_object_tagging("b", "k").version_id(""),
        field,
        &problem,
    );
    assert_call_rejected(
        s3().copy_object("b", "k", CopySource::new("a", "k").version_id("")),
        "copy source",
        &["the version ID is empty"],
    );
    assert_call_rejected(
        s3().delete_objects("b", [("k", "")]),
        "objects",
        &["version ID: that of \"k\" is empty"],
    );
}

/// Without an upload ID, Ceph deletes the object that should be uploaded.
#[test]
fn an_empty_upload_id_is_rejected() {
    let (field, problem) = ("query uploadId", ["empty, which some stores take for none"]);
    let parts = [CompletedPart {
        part_number: 1,
        etag: "e".into(),
    }];
    assert_call_rejected(s3().abort_multipart_upload("b", "k", ""), field, &problem);
    assert_call_rejected(s3().upload_part("b", "k", "", 1, "x"), field, &problem);
    assert_call_rejected(
        s3().upload_part_copy("b", "k", "", 1, ("a", "k")),
        field,
        &problem,
    );
    assert_call_rejected(
        s3().complete_multipart_upload("b", "k", "", &parts),
        field,
        &problem,
    );
    assert_call_rejected(s3().list_parts("b", "k", ""), field, &problem);
}

#[test]
fn an_empty_etag_is_rejected() {
    for etag in ["", "\"\""] {
        assert_call_rejected(
            s3().put_object("b", "k", "x").if_match(etag),
            "header if-match",
            &["the value is empty"],
        );
        assert_call_rejected(
            s3().get_object("b", "k").if_none_match(etag),
            "header if-none-match",
            &["the value is empty"],
        );
        assert_call_rejected(
            s3().copy_object("b", "k", ("a", "k")).source_if_match(etag),
            "header x-amz-copy-source-if-match",
            &["the value is empty"],
        );
        let parts = [CompletedPart {
            part_number: 1,
            etag: ETag::from(etag),
        }];
        assert_call_rejected(
            s3().complete_multipart_upload("b", "k", "id", &parts),
            "parts",
            &["the ETag of part 1 is empty"],
        );
    }
}

/// A request with two signatures is ambiguous.
#[test]
fn parameters_of_presigned_urls_are_rejected() {
    for name in [
        "X-Amz-Algorithm",
        "X-Amz-Credential",
        "X-Amz-Date",
        "X-Amz-Expires",
        "X-Amz-Security-Token",
        "X-Amz-Signature",
        "X-Amz-SignedHeaders",
        "x-amz-signature",
    ] {
        assert_call_rejected(
            s3().get_object("b", "k").query(name, "0"),
            &format!("query {name}"),
            &["only the client may set this parameter"],
        );
    }
    assert_call_accepted(s3().get_object("b", "k").query("x-id", "GetObject"));
}
