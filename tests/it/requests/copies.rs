//! Requests that copy objects.

use super::{check, client, january_2};
use slim_s3::CopySource;

#[test]
fn copy_object_names_its_source_in_a_header() {
    check(
        client().copy_object("b", "new key", ("a", "old/käy+")),
        "PUT http://127.0.0.1:9000/b/new%20key\ncontent-length: 0\nx-amz-copy-source: a/old/k%C3%A4y%2B\n",
    );
}

#[test]
fn copy_object_sends_every_option_as_a_header() {
    let all = client()
        .copy_object(
            "b",
            "k",
            CopySource::new("a", "k")
                .version_id("v/1")
                .version_id("v/2"),
        )
        .source_if_match("0123")
        .source_if_none_match("4567")
        .source_if_modified_since(january_2())
        .source_if_unmodified_since(january_2())
        .if_none_match("*")
        .replace_metadata()
        .content_type("image/png")
        .metadata("name", "Kitty")
        .replace_tags()
        .tag("kind", "cat")
        .storage_class("STANDARD_IA")
        .acl("private");
    check(
        all,
        "PUT http://127.0.0.1:9000/b/k
content-length: 0
content-type: image/png
if-none-match: *
x-amz-acl: private
x-amz-copy-source: a/k?versionId=v%2F2
x-amz-copy-source-if-match: \"0123\"
x-amz-copy-source-if-modified-since: Thu, 02 Jan 2025 03:04:05 GMT
x-amz-copy-source-if-none-match: \"4567\"
x-amz-copy-source-if-unmodified-since: Thu, 02 Jan 2025 03:04:05 GMT
x-amz-meta-name: Kitty
x-amz-metadata-directive: REPLACE
x-amz-storage-class: STANDARD_IA
x-amz-tagging: kind=cat
x-amz-tagging-directive: REPLACE
",
    );
}
