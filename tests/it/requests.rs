//! Each operation's request, whole, as text: what `sign` gives to any HTTP client.

use std::fmt::Write;
use std::time::{Duration, UNIX_EPOCH};

use slim_s3::{AmzDate, Call, Client, CompletedPart, Credentials, ETag, Operation};

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
