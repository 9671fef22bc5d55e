//! Requests that write, read and delete objects.

use slim_s3::operation::{ChecksumAlgorithm, GetObject};
use slim_s3::{Call, ETag};

use super::{check, client, january_2, timestamp};

#[test]
fn put_object_sends_the_key_percent_encoded() {
    check(
        client().put_object("photos", "2026/cat 1.jpg", "meow"),
        "PUT http://127.0.0.1:9000/photos/2026/cat%201.jpg\ncontent-length: 4\n\nmeow\n",
    );
}

#[test]
fn put_object_sends_every_option_as_a_header() {
    let all = client()
        .put_object("photos", "cat", ())
        .content_type("image/jpeg")
        .content_type("image/png")
        .content_disposition("inline")
        .content_encoding("gzip")
        .content_language("en")
        .cache_control("no-cache")
        .expires(january_2())
        .metadata("Name", "Kitty")
        .metadata("age", "3")
        .tag("kind", "cat & dog")
        .tag("é", "")
        .storage_class("STANDARD_IA")
        .acl("public-read")
        .if_match("0123")
        .if_none_match("*")
        .header("x-amz-expected-bucket-owner", "123456789012");
    check(
        all,
        "PUT http://127.0.0.1:9000/photos/cat
cache-control: no-cache
content-disposition: inline
content-encoding: gzip
content-language: en
content-length: 0
content-type: image/png
expires: Thu, 02 Jan 2025 03:04:05 GMT
if-match: \"0123\"
if-none-match: *
x-amz-acl: public-read
x-amz-expected-bucket-owner: 123456789012
x-amz-meta-age: 3
x-amz-meta-name: Kitty
x-amz-storage-class: STANDARD_IA
x-amz-tagging: kind=cat%20%26%20dog&%C3%A9=
",
    );
}

#[test]
fn get_and_head_select_a_version() {
    check(
        client().get_object("b", "k"),
        "GET http://127.0.0.1:9000/b/k\n",
    );
    check(
        client().head_object("b", "k").version_id("v/1"),
        "HEAD http://127.0.0.1:9000/b/k?versionId=v%2F1\n",
    );
}

#[test]
fn get_object_sends_part_number_and_conditions() {
    check(
        client()
            .get_object("b", "k")
            .part_number(2)
            .if_modified_since(january_2())
            .if_unmodified_since(january_2())
            .if_none_match(ETag::from("\"x\"")),
        "GET http://127.0.0.1:9000/b/k?partNumber=2
if-modified-since: Thu, 02 Jan 2025 03:04:05 GMT
if-none-match: \"x\"
if-unmodified-since: Thu, 02 Jan 2025 03:04:05 GMT
",
    );
}

#[test]
fn ranges_are_sent_with_an_inclusive_end() {
    let range = |call: Call<GetObject>| {
        call.sign(timestamp()).unwrap().headers()["range"]
            .to_str()
            .unwrap()
            .to_owned()
    };
    assert_eq!(
        range(client().get_object("b", "k").range(0..10)),
        "bytes=0-9"
    );
    assert_eq!(
        range(client().get_object("b", "k").range(5..=5)),
        "bytes=5-5"
    );
    assert_eq!(range(client().get_object("b", "k").range(7..)), "bytes=7-");
    assert_eq!(range(client().get_object("b", "k").range(..8)), "bytes=0-7");
    assert_eq!(
        range(client().get_object("b", "k").last_bytes(500)),
        "bytes=-500"
    );
}

#[test]
fn get_object_overrides_response_headers() {
    check(
        client()
            .get_object("b", "k")
            .response_content_type("text/plain")
            .response_content_disposition("attachment")
            .response_content_encoding("gzip")
            .response_content_language("en")
            .response_cache_control("no-cache")
            .response_expires(january_2()),
        "GET http://127.0.0.1:9000/b/k?response-cache-control=no-cache&response-content-disposition=attachment&response-content-encoding=gzip&response-content-language=en&response-content-type=text%2Fplain&response-expires=Thu%2C%2002%20Jan%202025%2003%3A04%3A05%20GMT\n",
    );
}

#[test]
fn delete_object_selects_a_version() {
    check(
        client().delete_object("b", "k").version_id("v"),
        "DELETE http://127.0.0.1:9000/b/k?versionId=v\n",
    );
}

#[test]
fn delete_object_can_be_conditional() {
    check(
        client()
            .delete_object("b", "k")
            .version_id("v1")
            .if_match("0123"),
        "DELETE http://127.0.0.1:9000/b/k?versionId=v1\nif-match: \"0123\"\n",
    );
}

#[test]
fn delete_objects_sends_keys_with_a_content_md5() {
    check(
        client().delete_objects("b", ["a&b", "c\rd"]),
        "POST http://127.0.0.1:9000/b?delete=
content-length: 135
content-md5: Op7jQfr+y79DZ+nn+L2BwA==
content-type: application/xml

<Delete xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\"><Object><Key>a&amp;b</Key></Object><Object><Key>c&#13;d</Key></Object></Delete>
",
    );
}

#[test]
fn delete_objects_names_versions() {
    let versions = client().delete_objects("b", [("k", "v1")]);
    let body = versions.sign(timestamp()).unwrap().into_body();
    assert!(
        String::from_utf8_lossy(&body)
            .contains("<Object><Key>k</Key><VersionId>v1</VersionId></Object>")
    );
}

/// S3 documents each of these headers.
#[test]
fn headers_without_a_setter_are_sent_and_signed() {
    let headers = [
        ("x-amz-expected-bucket-owner", "123456789012"),
        ("x-amz-request-payer", "requester"),
        ("x-amz-object-lock-mode", "GOVERNANCE"),
        (
            "x-amz-object-lock-retain-until-date",
            "2030-01-02T00:00:00Z",
        ),
        ("x-amz-object-lock-legal-hold", "ON"),
        (
            "x-amz-grant-read",
            "uri=\"http://acs.amazonaws.com/groups/global/AllUsers\"",
        ),
        ("x-amz-website-redirect-location", "/elsewhere"),
        ("x-amz-server-side-encryption-bucket-key-enabled", "true"),
    ];
    let mut call = client().put_object("b", "k", "x").content_md5([7; 16]);
    for (name, value) in headers {
        call = call.header(name, value);
    }
    let request = call.sign(timestamp()).unwrap();
    let authorization = request.headers()["authorization"]
        .to_str()
        .unwrap()
        .to_owned();
    for (name, value) in headers {
        assert_eq!(request.headers()[name], value);
        assert!(authorization.contains(name), "{name} is not signed");
    }
    assert_eq!(request.headers()["content-md5"], "BwcHBwcHBwcHBwcHBwcHBw==");
}

#[test]
fn each_checksum_algorithm_has_its_header() {
    for (algorithm, name) in [
        (ChecksumAlgorithm::Crc32, "x-amz-checksum-crc32"),
        (ChecksumAlgorithm::Crc32c, "x-amz-checksum-crc32c"),
        (ChecksumAlgorithm::Crc64Nvme, "x-amz-checksum-crc64nvme"),
        (ChecksumAlgorithm::Sha1, "x-amz-checksum-sha1"),
        (ChecksumAlgorithm::Sha256, "x-amz-checksum-sha256"),
    ] {
        let call = client()
            .put_object("b", "k", "x")
            .checksum(algorithm, "AAAA");
        assert_eq!(call.sign(timestamp()).unwrap().headers()[name], "AAAA");
    }
}

#[test]
fn a_part_has_the_checksum_that_the_caller_gives() {
    let part = client().upload_part("b", "k", "id", 1, "x");
    let part = part.checksum(ChecksumAlgorithm::Crc32, "AAAA");
    let request = part.sign(timestamp()).unwrap();
    assert_eq!(request.headers()["x-amz-checksum-crc32"], "AAAA");
}

#[test]
fn the_last_checksum_of_an_algorithm_is_sent() {
    let put = client().put_object("b", "k", "x");
    let put = put.checksum(ChecksumAlgorithm::Crc32, "AAAA");
    let request = put
        .checksum(ChecksumAlgorithm::Crc32, "BBBB")
        .sign(timestamp());
    let request = request.unwrap();
    let sent = request.headers().get_all("x-amz-checksum-crc32");
    assert_eq!(sent.iter().collect::<Vec<_>>(), ["BBBB"]);
}

#[test]
fn metadata_and_tags_are_taken_from_maps() {
    use std::collections::BTreeMap;

    let metadata = BTreeMap::from([("colour", "black"), ("name", "Kitty")]);
    let tags = BTreeMap::from([
        ("kind".to_owned(), "cat".to_owned()),
        ("x".to_owned(), String::new()),
    ]);
    let call = super::client()
        .put_object("b", "k", "x")
        .metadata_entries(&metadata)
        .tags(tags);
    let request = call.request();
    for (name, value) in [
        ("x-amz-meta-colour", "black"),
        ("x-amz-meta-name", "Kitty"),
        ("x-amz-tagging", "kind=cat&x="),
    ] {
        let header = (name.to_owned(), value.to_owned());
        assert!(request.headers.contains(&header), "{request:?}");
    }
}
