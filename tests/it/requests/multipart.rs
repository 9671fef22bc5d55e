//! Requests of multipart uploads.

use slim_s3::ETag;
use slim_s3::operation::CompletedPart;

use super::{check, client};

#[test]
fn create_multipart_upload_sends_the_content_type() {
    check(
        client()
            .create_multipart_upload("b", "k")
            .content_type("video/mp4"),
        "POST http://127.0.0.1:9000/b/k?uploads=\ncontent-length: 0\ncontent-type: video/mp4\n",
    );
}

#[test]
fn upload_part_encodes_the_upload_id() {
    check(
        client().upload_part("b", "k", "id/+", 7, "part"),
        "PUT http://127.0.0.1:9000/b/k?partNumber=7&uploadId=id%2F%2B\ncontent-length: 4\n\npart\n",
    );
}

#[test]
fn complete_multipart_upload_lists_its_parts() {
    let parts = [1, 10_000].map(|part_number| CompletedPart {
        part_number,
        etag: ETag::from("\"e\""),
    });
    let xmlns = "xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\"";
    let part = |number| {
        format!("<Part><ETag>&quot;e&quot;</ETag><PartNumber>{number}</PartNumber></Part>")
    };
    check(
        client()
            .complete_multipart_upload("b", "k", "id", &parts)
            .if_none_match("*"),
        &format!(
            "POST http://127.0.0.1:9000/b/k?uploadId=id\ncontent-length: 233\ncontent-type: application/xml\nif-none-match: *\n\n<CompleteMultipartUpload {xmlns}>{}{}</CompleteMultipartUpload>\n",
            part(1),
            part(10_000)
        ),
    );
}

#[test]
fn abort_multipart_upload_names_the_upload() {
    check(
        client().abort_multipart_upload("b", "k", "id"),
        "DELETE http://127.0.0.1:9000/b/k?uploadId=id\n",
    );
}

#[test]
fn list_parts_sends_every_option() {
    check(
        client()
            .list_parts("b", "k", "id")
            .max_parts(2)
            .part_number_marker(3),
        "GET http://127.0.0.1:9000/b/k?max-parts=2&part-number-marker=3&uploadId=id\n",
    );
}

#[test]
fn upload_part_copy_sends_the_source_range() {
    check(
        client()
            .upload_part_copy("b", "k", "id", 2, ("a", "k"))
            .source_range(0..=9),
        "PUT http://127.0.0.1:9000/b/k?partNumber=2&uploadId=id
content-length: 0
x-amz-copy-source: a/k
x-amz-copy-source-range: bytes=0-9
",
    );
}
