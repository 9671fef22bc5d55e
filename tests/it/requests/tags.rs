//! Requests that write, read and delete an object's tags.

use super::{check, client};

#[test]
fn put_object_tagging_sends_a_content_md5() {
    check(
        client().put_object_tagging("b", "k", [("kind", "cat & dog"), ("empty", "")]).version_id("v1"),
        "PUT http://127.0.0.1:9000/b/k?tagging=&versionId=v1
content-length: 180
content-md5: EkPdghI1MTFE6wqyLQlfyw==
content-type: application/xml

<Tagging xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\"><TagSet><Tag><Key>kind</Key><Value>cat &amp; dog</Value></Tag><Tag><Key>empty</Key><Value></Value></Tag></TagSet></Tagging>
",
    );
}

#[test]
fn tags_are_read_and_deleted_without_a_body() {
    check(
        client().get_object_tagging("b", "k").version_id("v1"),
        "GET http://127.0.0.1:9000/b/k?tagging=&versionId=v1\n",
    );
    check(
        client().delete_object_tagging("b", "k"),
        "DELETE http://127.0.0.1:9000/b/k?tagging=\n",
    );
}
