//! Objects and their tags.

use slim_s3::Operation;
use slim_s3::operation::{GetObject, GetObjectTagging, HeadObject, Tag};

use super::{ok, request, response};

#[test]
fn an_object_may_look_like_an_error_document() {
    let content = "<Error><Code>SlowDown</Code></Error>";
    let length = content.len().to_string();
    let object = GetObject::parse_http(
        &request(),
        response(200, &[("content-length", &length), ("etag", "e")], content),
    )
    .unwrap();
    assert_eq!(object.body.buffered().unwrap(), content);
}

#[test]
fn an_object_shorter_than_its_length_is_an_error() {
    let content = "<Error><Code>SlowDown</Code></Error>";
    let error = GetObject::parse_http(
        &request(),
        response(200, &[("content-length", "99"), ("etag", "e")], content),
    )
    .unwrap_err();
    assert!(
        error
            .to_string()
            .contains("expected 99 bytes as in Content-Length, got 36"),
        "{error}"
    );
}

/// `aws-chunked` is an encoding of the upload, not of the object.
#[test]
fn aws_chunked_is_removed_from_the_content_encoding() {
    for (header, expected) in [
        ("gzip", Some("gzip")),
        ("aws-chunked", None),
        ("gzip,aws-chunked", Some("gzip")),
        ("aws-chunked, gzip , br", Some("gzip, br")),
        ("", None),
    ] {
        let headers = [
            ("etag", "\"e\""),
            ("content-length", "0"),
            ("content-encoding", header),
        ];
        let info = HeadObject::parse_http(&request(), response(200, &headers, "")).unwrap();
        assert_eq!(info.content_encoding.as_deref(), expected, "{header}");
    }
}

#[test]
fn tags_are_read_in_order() {
    let body = "<Tagging><TagSet><Tag><Key>a&amp;b</Key><Value>c d</Value></Tag><Tag><Key>e</Key><Value/></Tag></TagSet></Tagging>";
    assert_eq!(
        GetObjectTagging::parse_http(&request(), ok(body))
            .unwrap()
            .tag_set,
        [Tag::from(("a&b", "c d")), Tag::from(("e", ""))]
    );
    assert_eq!(
        GetObjectTagging::parse_http(&request(), ok("<Tagging><TagSet/></Tagging>"))
            .unwrap()
            .tag_set,
        []
    );
}

#[test]
fn tags_without_a_tag_set_are_malformed() {
    assert!(GetObjectTagging::parse_http(&request(), ok("<Tagging/>")).is_err());
}
