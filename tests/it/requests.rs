//! Each operation's request, whole, as text: what `sign` gives to any HTTP client.

use std::fmt::Write;
use std::time::{Duration, UNIX_EPOCH};

use slim_s3::{
    AmzDate, Call, ChecksumAlgorithm, Client, CompletedPart, Credentials, CustomerKey, ETag,
    Encryption, Operation, VersioningStatus,
};

fn s3() -> Client {
    let credentials = Credentials::new("AKIDEXAMPLE", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY");
    Client::builder()
        .endpoint("http://127.0.0.1:9000")
        .credentials(credentials)
        .build()
        .unwrap()
}

fn at() -> AmzDate {
    AmzDate::parse("20250102T030405Z").unwrap()
}

/// The request as text, without what every signed request has.
fn text<O: Operation>(call: &Call<O>) -> String {
    let request = call.sign(at()).unwrap();
    let mut text = format!("{} {}\n", request.method(), request.uri());
    let mut headers: Vec<_> = request.headers().iter().collect();
    headers.sort_by_key(|(name, _)| name.as_str());
    for (name, value) in headers {
        let value = value.to_str().unwrap();
        match name.as_str() {
            "x-amz-date" => assert_eq!(value, "20250102T030405Z"),
            "x-amz-content-sha256" => {
                assert_eq!(value, slim_s3::PayloadHash::of(request.body()).to_string())
            }
            "authorization" => assert!(value.starts_with(
                "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20250102/us-east-1/s3/aws4_request, "
            )),
            name => writeln!(text, "{name}: {value}").unwrap(),
        }
    }
    if !request.body().is_empty() {
        writeln!(text, "\n{}", String::from_utf8_lossy(request.body())).unwrap();
    }
    text
}

#[track_caller]
fn check<O: Operation>(call: Call<O>, expected: &str) {
    assert_eq!(text(&call), expected);
}

#[test]
fn put_object() {
    check(
        s3().put_object("photos", "2026/cat 1.jpg", "meow"),
        "PUT http://127.0.0.1:9000/photos/2026/cat%201.jpg\ncontent-length: 4\n\nmeow\n",
    );
    let time = UNIX_EPOCH + Duration::from_secs(1_735_787_045);
    let all = s3()
        .put_object("photos", "cat", ())
        .content_type("image/jpeg")
        .content_type("image/png")
        .content_disposition("inline")
        .content_encoding("gzip")
        .content_language("en")
        .cache_control("no-cache")
        .expires(time)
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
fn get_object_and_head_object() {
    check(s3().get_object("b", "k"), "GET http://127.0.0.1:9000/b/k\n");
    check(
        s3().head_object("b", "k").version_id("v/1"),
        "HEAD http://127.0.0.1:9000/b/k?versionId=v%2F1\n",
    );
    let time = UNIX_EPOCH + Duration::from_secs(1_735_787_045);
    check(
        s3().get_object("b", "k")
            .part_number(2)
            .if_modified_since(time)
            .if_unmodified_since(time)
            .if_none_match(ETag::from("\"x\"")),
        "GET http://127.0.0.1:9000/b/k?partNumber=2
if-modified-since: Thu, 02 Jan 2025 03:04:05 GMT
if-none-match: \"x\"
if-unmodified-since: Thu, 02 Jan 2025 03:04:05 GMT
",
    );
    let range = |call: Call<slim_s3::GetObject>| {
        call.sign(at()).unwrap().headers()["range"]
            .to_str()
            .unwrap()
            .to_owned()
    };
    assert_eq!(range(s3().get_object("b", "k").range(0..10)), "bytes=0-9");
    assert_eq!(range(s3().get_object("b", "k").range(5..=5)), "bytes=5-5");
    assert_eq!(range(s3().get_object("b", "k").range(7..)), "bytes=7-");
    assert_eq!(range(s3().get_object("b", "k").range(..8)), "bytes=0-7");
    assert_eq!(
        range(s3().get_object("b", "k").last_bytes(500)),
        "bytes=-500"
    );
}

#[test]
fn delete_object_and_buckets() {
    check(
        s3().delete_object("b", "k").version_id("v"),
        "DELETE http://127.0.0.1:9000/b/k?versionId=v\n",
    );
    check(
        s3().create_bucket("b"),
        "PUT http://127.0.0.1:9000/b\ncontent-length: 0\n",
    );
    check(s3().head_bucket("b"), "HEAD http://127.0.0.1:9000/b\n");
    check(s3().delete_bucket("b"), "DELETE http://127.0.0.1:9000/b\n");
    let aws = |region: &str| {
        Client::builder()
            .region(region)
            .credentials(Credentials::new("AKIDEXAMPLE", "s"))
            .build()
            .unwrap()
    };
    let created = |region: &str| aws(region).create_bucket("new-bucket").sign(at()).unwrap();
    assert!(created("us-east-1").body().is_empty());
    let xmlns = "xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\"";
    assert_eq!(
        created("eu-central-1").body(),
        &format!(
            "<CreateBucketConfiguration {xmlns}><LocationConstraint>eu-central-1</LocationConstraint></CreateBucketConfiguration>"
        )
    );
}

#[test]
fn list_objects_v2() {
    check(
        s3().list_objects_v2("b"),
        "GET http://127.0.0.1:9000/b?encoding-type=url&list-type=2\n",
    );
    check(
        s3().list_objects_v2("b")
            .prefix("a b/")
            .delimiter("/")
            .max_keys(7)
            .continuation_token("t+/=")
            .start_after("ä"),
        "GET http://127.0.0.1:9000/b?continuation-token=t%2B%2F%3D&delimiter=%2F&encoding-type=url&list-type=2&max-keys=7&prefix=a%20b%2F&start-after=%C3%A4\n",
    );
}

#[test]
fn multipart() {
    check(
        s3().create_multipart_upload("b", "k")
            .content_type("video/mp4"),
        "POST http://127.0.0.1:9000/b/k?uploads=\ncontent-length: 0\ncontent-type: video/mp4\n",
    );
    check(
        s3().upload_part("b", "k", "id/+", 7, "part"),
        "PUT http://127.0.0.1:9000/b/k?partNumber=7&uploadId=id%2F%2B\ncontent-length: 4\n\npart\n",
    );
    let parts = [1, 10_000].map(|part_number| CompletedPart {
        part_number,
        etag: ETag::from("\"e\""),
    });
    let xmlns = "xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\"";
    let part = |number| {
        format!("<Part><ETag>&quot;e&quot;</ETag><PartNumber>{number}</PartNumber></Part>")
    };
    check(
        s3().complete_multipart_upload("b", "k", "id", &parts)
            .if_none_match("*"),
        &format!(
            "POST http://127.0.0.1:9000/b/k?uploadId=id\ncontent-length: 233\ncontent-type: application/xml\nif-none-match: *\n\n<CompleteMultipartUpload {xmlns}>{}{}</CompleteMultipartUpload>\n",
            part(1),
            part(10_000)
        ),
    );
    check(
        s3().abort_multipart_upload("b", "k", "id"),
        "DELETE http://127.0.0.1:9000/b/k?uploadId=id\n",
    );
    check(
        s3().list_parts("b", "k", "id")
            .max_parts(2)
            .part_number_marker(3),
        "GET http://127.0.0.1:9000/b/k?max-parts=2&part-number-marker=3&uploadId=id\n",
    );
}

#[test]
fn copies() {
    check(
        s3().copy_object("b", "new key", "a", "old/käy+"),
        "PUT http://127.0.0.1:9000/b/new%20key\ncontent-length: 0\nx-amz-copy-source: /a/old/k%C3%A4y%2B\n",
    );
    let time = UNIX_EPOCH + Duration::from_secs(1_735_787_045);
    let all = s3()
        .copy_object("b", "k", "a", "k")
        .source_version_id("v/1")
        .source_version_id("v/2")
        .source_if_match("0123")
        .source_if_none_match("4567")
        .source_if_modified_since(time)
        .source_if_unmodified_since(time)
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
x-amz-copy-source: /a/k?versionId=v%2F2
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
    check(
        s3().upload_part_copy("b", "k", "id", 2, "a", "k")
            .source_range(0..=9),
        "PUT http://127.0.0.1:9000/b/k?partNumber=2&uploadId=id
content-length: 0
x-amz-copy-source: /a/k
x-amz-copy-source-range: bytes=0-9
",
    );
}

#[test]
fn delete_objects() {
    check(
        s3().delete_objects_batch("b", ["a&b", "c\rd"]),
        "POST http://127.0.0.1:9000/b?delete=
content-length: 135
content-md5: Op7jQfr+y79DZ+nn+L2BwA==
content-type: application/xml

<Delete xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\"><Object><Key>a&amp;b</Key></Object><Object><Key>c&#13;d</Key></Object></Delete>
",
    );
    let versions = s3().delete_objects_batch("b", [("k", "v1")]);
    let body = versions.sign(at()).unwrap().into_body();
    assert!(
        String::from_utf8_lossy(&body)
            .contains("<Object><Key>k</Key><VersionId>v1</VersionId></Object>")
    );
    check(
        s3().delete_object("b", "k")
            .version_id("v1")
            .if_match("0123"),
        "DELETE http://127.0.0.1:9000/b/k?versionId=v1\nif-match: \"0123\"\n",
    );
}

#[test]
fn tags() {
    check(
        s3().put_object_tagging("b", "k", [("kind", "cat & dog"), ("empty", "")]).version_id("v1"),
        "PUT http://127.0.0.1:9000/b/k?tagging=&versionId=v1
content-length: 180
content-md5: EkPdghI1MTFE6wqyLQlfyw==
content-type: application/xml

<Tagging xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\"><TagSet><Tag><Key>kind</Key><Value>cat &amp; dog</Value></Tag><Tag><Key>empty</Key><Value></Value></Tag></TagSet></Tagging>
",
    );
    check(
        s3().get_object_tagging("b", "k").version_id("v1"),
        "GET http://127.0.0.1:9000/b/k?tagging=&versionId=v1\n",
    );
    check(
        s3().delete_object_tagging("b", "k"),
        "DELETE http://127.0.0.1:9000/b/k?tagging=\n",
    );
}

#[test]
fn more_about_buckets() {
    check(
        s3().list_buckets()
            .max_buckets(5)
            .prefix("a")
            .continuation_token("t="),
        "GET http://127.0.0.1:9000/?continuation-token=t%3D&max-buckets=5&prefix=a\n",
    );
    check(
        s3().get_bucket_location("b"),
        "GET http://127.0.0.1:9000/b?location=\n",
    );
    check(
        s3().get_bucket_versioning("b"),
        "GET http://127.0.0.1:9000/b?versioning=\n",
    );
    check(
        s3().put_bucket_versioning("b", VersioningStatus::Enabled),
        "PUT http://127.0.0.1:9000/b?versioning=
content-length: 123
content-md5: QQFYoy/mRYV9PGZUfFi0Bw==
content-type: application/xml

<VersioningConfiguration xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\"><Status>Enabled</Status></VersioningConfiguration>
",
    );
    check(
        s3().list_object_versions("b")
            .prefix("p")
            .delimiter("/")
            .max_keys(3)
            .key_marker("k+")
            .version_id_marker("v"),
        "GET http://127.0.0.1:9000/b?delimiter=%2F&encoding-type=url&key-marker=k%2B&max-keys=3&prefix=p&version-id-marker=v&versions=\n",
    );
    check(
        s3().list_multipart_uploads("b")
            .prefix("p")
            .delimiter("/")
            .max_uploads(3)
            .key_marker("k")
            .upload_id_marker("u"),
        "GET http://127.0.0.1:9000/b?delimiter=%2F&encoding-type=url&key-marker=k&max-uploads=3&prefix=p&upload-id-marker=u&uploads=\n",
    );
    check(
        s3().list_objects_v2("b").fetch_owner(),
        "GET http://127.0.0.1:9000/b?encoding-type=url&fetch-owner=true&list-type=2\n",
    );
}

/// What a GET can have the answer say, in place of what was stored.
#[test]
fn response_overrides() {
    let time = UNIX_EPOCH + Duration::from_secs(1_735_787_045);
    check(
        s3().get_object("b", "k")
            .response_content_type("text/plain")
            .response_content_disposition("attachment")
            .response_content_encoding("gzip")
            .response_content_language("en")
            .response_cache_control("no-cache")
            .response_expires(time),
        "GET http://127.0.0.1:9000/b/k?response-cache-control=no-cache&response-content-disposition=attachment&response-content-encoding=gzip&response-content-language=en&response-content-type=text%2Fplain&response-expires=Thu%2C%2002%20Jan%202025%2003%3A04%3A05%20GMT\n",
    );
}

#[test]
fn encryption() {
    check(
        s3().put_object("b", "k", "x").encryption(Encryption::S3),
        "PUT http://127.0.0.1:9000/b/k\ncontent-length: 1\nx-amz-server-side-encryption: AES256\n\nx\n",
    );
    let kms = Encryption::Kms {
        key_id: Some("arn:1".to_owned()),
    };
    check(
        s3().create_multipart_upload("b", "k").encryption(kms),
        "POST http://127.0.0.1:9000/b/k?uploads=
content-length: 0
x-amz-server-side-encryption: aws:kms
x-amz-server-side-encryption-aws-kms-key-id: arn:1
",
    );
    check(
        s3().copy_object("b", "k", "a", "k")
            .encryption(Encryption::Kms { key_id: None }),
        "PUT http://127.0.0.1:9000/b/k\ncontent-length: 0\nx-amz-copy-source: /a/k\nx-amz-server-side-encryption: aws:kms\n",
    );
}

/// The key goes as base64 with its MD5, over https only.
#[cfg(any(not(feature = "reqwest"), feature = "rustls"))]
#[test]
fn customer_keys() {
    let keys = Credentials::new("AKIDEXAMPLE", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY");
    let s3 = Client::builder()
        .endpoint("https://127.0.0.1:9000")
        .credentials(keys)
        .build()
        .unwrap();
    let key = CustomerKey::from(*b"01234567890123456789012345678901");
    let headers = |prefix: &str| {
        format!(
            "x-amz-{prefix}server-side-encryption-customer-algorithm: AES256
x-amz-{prefix}server-side-encryption-customer-key: MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE=
x-amz-{prefix}server-side-encryption-customer-key-md5: KYvwGXoFFJ42a2u2GDWhwQ==
"
        )
    };
    check(
        s3.put_object("b", "k", "x")
            .encryption(Encryption::Customer(key.clone())),
        &format!(
            "PUT https://127.0.0.1:9000/b/k\ncontent-length: 1\n{}\nx\n",
            headers("")
        ),
    );
    let target = "https://127.0.0.1:9000/b/k";
    check(
        s3.get_object("b", "k").customer_key(&key),
        &format!("GET {target}\n{}", headers("")),
    );
    check(
        s3.head_object("b", "k").customer_key(&key),
        &format!("HEAD {target}\n{}", headers("")),
    );
    check(
        s3.upload_part("b", "k", "id", 1, "x").customer_key(&key),
        &format!(
            "PUT {target}?partNumber=1&uploadId=id\ncontent-length: 1\n{}\nx\n",
            headers("")
        ),
    );
    check(
        s3.copy_object("b", "k", "a", "k").source_customer_key(&key),
        &format!(
            "PUT {target}\ncontent-length: 0\nx-amz-copy-source: /a/k\n{}",
            headers("copy-source-")
        ),
    );
    let call = s3
        .put_object("b", "k", "x")
        .encryption(Encryption::Customer(key.clone()));
    let shown = format!(
        "{call:?} {key:?} {} {:?}",
        call.explain(at()).unwrap(),
        call.sign(at()).unwrap()
    );
    assert!(
        !shown.contains("MDEyMzQ1") && !shown.contains("0123456789"),
        "{shown}"
    );
}

/// Headers without a setter, each of which S3 documents.
#[test]
fn other_headers() {
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
    let mut call = s3().put_object("b", "k", "x").content_md5([7; 16]);
    for (name, value) in headers {
        call = call.header(name, value);
    }
    let request = call.sign(at()).unwrap();
    let authorization = request.headers()["authorization"]
        .to_str()
        .unwrap()
        .to_owned();
    for (name, value) in headers {
        assert_eq!(request.headers()[name], value);
        assert!(authorization.contains(name), "{name} is not signed");
    }
    assert_eq!(request.headers()["content-md5"], "BwcHBwcHBwcHBwcHBwcHBw==");
    for (algorithm, name) in [
        (ChecksumAlgorithm::Crc32, "x-amz-checksum-crc32"),
        (ChecksumAlgorithm::Crc32c, "x-amz-checksum-crc32c"),
        (ChecksumAlgorithm::Crc64Nvme, "x-amz-checksum-crc64nvme"),
        (ChecksumAlgorithm::Sha1, "x-amz-checksum-sha1"),
        (ChecksumAlgorithm::Sha256, "x-amz-checksum-sha256"),
    ] {
        let call = s3().put_object("b", "k", "x").checksum(algorithm, "AAAA");
        assert_eq!(call.sign(at()).unwrap().headers()[name], "AAAA");
    }
}

/// The same requests as in the signing vectors, this time through the client: the signature must be the published one.
#[test]
fn signatures_of_the_vectors() {
    let vectors = crate::support::fixtures::rows("sigv4_header.json", "cases", 25);
    let client = |vector: &serde_json::Value| {
        let credentials = &vector["credentials"];
        let mut keys = Credentials::new(
            credentials["access_key_id"].as_str().unwrap(),
            credentials["secret_access_key"].as_str().unwrap(),
        );
        if let Some(token) = credentials["session_token"].as_str() {
            keys = keys.with_session_token(token);
        }
        let builder = Client::builder()
            .credentials(keys)
            .region(vector["region"].as_str().unwrap());
        let host = vector["request"]["host"].as_str().unwrap();
        match host {
            // The example is from when the first region's host had no region in its name.
            "examplebucket.s3.amazonaws.com" => builder
                .endpoint("https://s3.amazonaws.com")
                .build()
                .unwrap(),
            host if host.contains("amazonaws") => builder.build().unwrap(),
            host => builder
                .endpoint(&format!(
                    "{}://{host}",
                    vector["request"]["scheme"].as_str().unwrap()
                ))
                .build()
                .unwrap(),
        }
    };
    let mut checked = 0;
    let mut check = |id: &str, authorization: &dyn Fn(&Client, AmzDate) -> http::HeaderValue| {
        let vector = vectors.iter().find(|vector| vector["id"] == id).unwrap();
        let at = AmzDate::parse(vector["timestamp"].as_str().unwrap()).unwrap();
        assert_eq!(
            authorization(&client(vector), at).to_str().unwrap(),
            vector["authorization"].as_str().unwrap(),
            "{id}"
        );
        checked += 1;
    };
    fn sign<O: Operation>(call: Call<O>, at: AmzDate) -> http::HeaderValue {
        call.sign(at).unwrap().headers()["authorization"].clone()
    }
    check("aws-doc-get-object-range", &|s3, at| {
        sign(s3.get_object("examplebucket", "test.txt").range(0..10), at)
    });
    check("get-simple-vhost", &|s3, at| {
        sign(s3.get_object("my-bucket", "hello.txt"), at)
    });
    check("put-special-key-path-style-port", &|s3, at| {
        let key = "a b+c&d=e?f#g%h/é/日本/~-._!'()*@:;,[]{}|\\^`\"<>$ end ";
        sign(
            s3.put_object("my-bucket", key, "hello world\n")
                .content_type("text/plain; charset=utf-8")
                .metadata("name", "value"),
            at,
        )
    });
    check("session-token-unsigned-payload", &|s3, at| {
        let call = s3
            .put_object("my-bucket", "unsigned.bin", "")
            .content_type("application/octet-stream");
        sign(call.payload_hash(slim_s3::PayloadHash::Unsigned), at)
    });
    check("put-if-none-match-empty-body", &|s3, at| {
        sign(
            s3.put_object("my-bucket", "lock", ()).if_none_match("*"),
            at,
        )
    });
    check("ipv6-host", &|s3, at| {
        sign(s3.get_object("my-bucket", "k"), at)
    });
    check("r2-region-auto", &|s3, at| {
        sign(s3.get_object("my-bucket", "k"), at)
    });
    println!("sigv4_header.json through the client: {checked} rows");
    assert_eq!(checked, 7);
}

/// The example of a signature that people are shown.
#[test]
fn explanation() {
    let s3 = Client::builder()
        .endpoint("http://127.0.0.1:9000")
        .credentials(Credentials::new("AK", "SK").with_session_token("FwoGZXIvYXdzEXAMPLE=="))
        .build()
        .unwrap();
    let call = s3
        .upload_part("bkt", "a b.txt", "U", 2, "")
        .header("content-type", "text/plain")
        .payload_hash(slim_s3::PayloadHash::Unsigned);
    let at = AmzDate::parse("20260102T030405Z").unwrap();
    let explanation = call.explain(at).unwrap();
    let text = explanation.to_string();
    println!("{text}");
    for line in [
        "1 canonical request                         sha256 = ",
        "  2 /bkt/a%20b.txt                          path: each byte encoded once, '/' kept",
        "  3 partNumber=2&uploadId=U                 query: sorted by encoded name, then value",
        "  5 host:127.0.0.1:9000",
        "  8 x-amz-security-token:FwoG…(21 characters)",
        " 10 content-type;host;x-amz-content-sha256;x-amz-date;x-amz-security-token",
        " 11 UNSIGNED-PAYLOAD                        payload hash",
        "2 string to sign\n  1 AWS4-HMAC-SHA256\n  2 20260102T030405Z\n  3 20260102/us-east-1/s3/aws4_request\n  4 ",
    ] {
        assert!(text.contains(line), "{line}\nis not in\n{text}");
    }
    let signature = explanation.signature.as_ref().unwrap().to_hex();
    for secret in [signature.as_str(), "FwoGZXIvYXdzEXAMPLE=="] {
        assert!(
            !text.contains(secret) && !format!("{explanation:?}").contains(secret),
            "{secret}"
        );
        assert!(explanation.unmasked().contains(secret));
    }
    assert!(!explanation.unmasked().contains("SK\""));

    // The figures that were computed by hand and cross-checked with another signer.
    let s3 = Client::builder()
        .endpoint("http://127.0.0.1:9000")
        .credentials(Credentials::new("AK", "SK"))
        .build()
        .unwrap();
    let call = s3
        .upload_part("bkt", "a b.txt", "U", 2, "")
        .header("content-type", "text/plain")
        .payload_hash(slim_s3::PayloadHash::Unsigned);
    let explanation = call.explain(at).unwrap();
    assert_eq!(
        explanation.string_to_sign.canonical_request_hash,
        "ebebbf8306d1f2327450eecf546f41d46924c56fa983781ee809928170b1b97a"
    );
    assert_eq!(
        explanation.signature.unwrap().to_hex(),
        "651fc821c3d48717496ea26c3be9d4f7acf4281fbd1249895051989bea822a37"
    );
}
