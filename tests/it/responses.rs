//! Answers: each is read as `send` reads it. Pure; nothing is sent.

use bytes::Bytes;
use http::Method;
use serde_json::Value;
use slim_s3::{
    AbortMultipartUpload, Client, CompleteMultipartUpload, CopyObject, CreateBucket,
    CreateMultipartUpload, Credentials, DeleteBucket, DeleteObject, DeleteObjectTagging, ETag,
    Element, Error, GetBucketLocation, GetBucketVersioning, GetObject, GetObjectTagging,
    HeadObject, ListBuckets, ListMultipartUploads, ListObjectVersions, ListObjectsV2, ListParts,
    Operation, PutBucketVersioning, PutObject, PutObjectTagging, Request, Response, Tag,
    UploadPart, UploadPartCopy, VersioningStatus, Writer,
};

use crate::support::fixtures::{rows, text};

fn response(status: u16, headers: &[(&str, &str)], body: &str) -> http::Response<Bytes> {
    let mut response = http::Response::builder().status(status);
    for (name, value) in headers {
        response = response.header(*name, *value);
    }
    response
        .body(Bytes::copy_from_slice(body.as_bytes()))
        .unwrap()
}

fn request() -> Request {
    Request::object(Method::GET, "bucket", "key")
}

fn request_with(name: &str, value: &str) -> Request {
    let mut request = request();
    request.headers.push((name.to_owned(), value.to_owned()));
    request
}

fn bucket() -> Request {
    Request::bucket(Method::GET, "bucket")
}

/// An operation that hands its document over, for those that are not built in.
struct Document;

impl Operation for Document {
    type Output = Element;
    const NAME: &'static str = "Document";

    fn parse(response: Response) -> Result<Element, Error> {
        Element::parse(response.into_body().buffered().unwrap())
    }
}

/// Own samples, and what botocore reads out of the same bytes.
#[test]
fn xml_samples() {
    for row in rows("xml_samples.json", "responses", 30) {
        let (id, body, status) = (
            text(&row, "id"),
            text(&row, "body"),
            row["status"].as_u64().unwrap() as u16,
        );
        let mut headers: Vec<(&str, &str)> = row["headers"]
            .as_object()
            .unwrap()
            .iter()
            .map(|(name, value)| (name.as_str(), value.as_str().unwrap()))
            .collect();
        headers.push(("content-length", "0"));
        let receive = || response(status, &headers, body);
        // Each row goes through its operation where there is one.
        let error = match text(&row, "operation") {
            "ListObjectsV2" => ListObjectsV2::receive(&request(), receive()).err(),
            "CreateMultipartUpload" => CreateMultipartUpload::receive(&request(), receive()).err(),
            "CompleteMultipartUpload" => {
                CompleteMultipartUpload::receive(&request(), receive()).err()
            }
            "ListParts" => ListParts::receive(&request(), receive()).err(),
            "GetObject" => GetObject::receive(&request(), receive()).err(),
            "HeadObject" => HeadObject::receive(&request(), receive()).err(),
            "PutObject" => PutObject::receive(&request(), receive()).err(),
            _ => Document::receive(&request(), receive()).err(),
        };
        if row["is_error"] != Value::Bool(true) {
            assert!(error.is_none(), "{id}: {}", error.unwrap());
            if let Value::Object(parsed) = &row["parsed"] {
                let root = Element::parse(body.as_bytes()).unwrap();
                let unwrapped: Vec<(&String, &Value)> = parsed.iter().collect();
                for (name, value) in unwrapped {
                    compare(&root, name, value, &headers, id);
                }
            }
            continue;
        }
        let error = error.unwrap_or_else(|| panic!("{id} was taken for a success"));
        assert!(
            !error.is_not_modified() && error.context().bucket.as_deref() == Some("bucket"),
            "{id}: {error}"
        );
        match (id, &row["code"]) {
            // botocore's code is the status here, and it reads none out of a namespaced error.
            ("error-head-404", _) => assert_eq!(error.code(), Some("NoSuchKey"), "{id}"),
            ("error-html-502", _) => assert!(
                error.to_string().contains(
                    "502 InternalError (inferred from the status): <html><body><h1>502 Bad Gateway"
                ),
                "{error}"
            ),
            ("complete-truncated-200" | "complete-empty-200", _) => {
                assert!(matches!(error, Error::Malformed(_)), "{id}: {error}")
            }
            (_, Value::String(code)) => assert_eq!(error.code(), Some(code.as_str()), "{id}"),
            _ => assert!(
                matches!(error.code(), Some("InternalError" | "SlowDown")),
                "{id}: {error}"
            ),
        }
        if let Some(message) = row["parsed"]["Error"]["Message"]
            .as_str()
            .filter(|message| !message.is_empty() && body.contains("<Message>"))
        {
            assert_eq!(error.service().unwrap().message, message, "{id}");
        }
        let header = |name: &str| {
            headers
                .iter()
                .find_map(|(known, value)| (*known == name).then_some(*value))
        };
        assert_eq!(error.region(), header("x-amz-bucket-region"), "{id}");
        assert_eq!(
            error.request_id().is_some(),
            header("x-amz-request-id").is_some() || body.contains("<RequestId>"),
            "{id}"
        );
    }
}

/// botocore's names for lists are not those of the elements.
fn compare(element: &Element, name: &str, value: &Value, headers: &[(&str, &str)], id: &str) {
    let element_name = match name {
        "Parts" => "Part",
        "Uploads" => "Upload",
        "Errors" => "Error",
        "VersionId" | "CopySourceVersionId" | "ChecksumType" if element.child(name).is_none() => {
            assert!(
                headers
                    .iter()
                    .any(|(_, header)| Some(*header) == value.as_str()),
                "{id}: {name}"
            );
            return;
        }
        "ChecksumAlgorithm" if element.child(name).is_none() => return,
        "CopyObjectResult" | "CopyPartResult" => {
            assert_eq!(element.name(), name, "{id}");
            value
                .as_object()
                .unwrap()
                .iter()
                .for_each(|(name, value)| compare(element, name, value, headers, id));
            return;
        }
        name => name,
    };
    match value {
        Value::Array(values) => {
            let list = match name {
                "Buckets" => element
                    .child("Buckets")
                    .unwrap()
                    .children("Bucket")
                    .collect::<Vec<_>>(),
                "TagSet" => element.child("TagSet").unwrap().children("Tag").collect(),
                _ => element.children(element_name).collect(),
            };
            assert_eq!(list.len(), values.len(), "{id}: {name}");
            for (element, value) in list.into_iter().zip(values) {
                match value {
                    Value::Object(fields) => fields
                        .iter()
                        .for_each(|(name, value)| compare(element, name, value, headers, id)),
                    value => {
                        assert_eq!(element.own_text(), value.as_str().unwrap(), "{id}: {name}")
                    }
                }
            }
        }
        Value::Object(fields) => fields.iter().for_each(|(name, value)| {
            compare(
                element.child(element_name).unwrap(),
                name,
                value,
                headers,
                id,
            )
        }),
        Value::Bool(flag) => assert_eq!(element.flag(name), *flag, "{id}: {name}"),
        Value::Number(number) => assert_eq!(
            Some(element.number(name).unwrap()),
            number.as_u64(),
            "{id}: {name}"
        ),
        Value::String(text) if text.ends_with(".000Z") => assert!(
            element.text(name).unwrap().starts_with(&text[..19]),
            "{id}: {name}"
        ),
        Value::String(text) => assert_eq!(
            element.child(name).map(Element::own_text),
            Some(text.as_str()),
            "{id}: {name}"
        ),
        Value::Null => panic!("{id}: {name}"),
    }
}

#[test]
fn xml_of_requests() {
    let at = slim_s3::AmzDate::from_unix_seconds(0);
    let s3 = Client::builder()
        .endpoint("http://h")
        .credentials(Credentials::new("a", "b"))
        .build()
        .unwrap();
    for row in rows("xml_samples.json", "requests", 6) {
        let input = &row["input"];
        let document = match text(&row, "id") {
            "complete" => {
                let part = |part: &Value| slim_s3::CompletedPart {
                    part_number: part["PartNumber"].as_u64().unwrap() as u32,
                    etag: ETag::from(text(part, "ETag")),
                };
                let parts: Vec<_> = input["MultipartUpload"]["Parts"]
                    .as_array()
                    .unwrap()
                    .iter()
                    .map(part)
                    .collect();
                let request = s3
                    .complete_multipart_upload("b", "k", "u", &parts)
                    .sign(at)
                    .unwrap();
                String::from_utf8(request.into_body().to_vec()).unwrap()
            }
            "create-bucket" => {
                let request = s3
                    .create_bucket("b")
                    .location_constraint("eu-central-1")
                    .sign(at)
                    .unwrap();
                String::from_utf8(request.into_body().to_vec()).unwrap()
            }
            "complete-checksums" => {
                let part = &input["MultipartUpload"]["Parts"][0];
                let mut writer = Writer::new("CompleteMultipartUpload");
                writer.open("Part");
                writer
                    .text("ChecksumCRC32", text(part, "ChecksumCRC32"))
                    .unwrap();
                writer.text("ETag", text(part, "ETag")).unwrap();
                writer
                    .text("PartNumber", &part["PartNumber"].to_string())
                    .unwrap();
                writer.finish()
            }
            "delete" | "delete-newlines" => {
                let mut writer = Writer::new("Delete");
                if input["Delete"]["Quiet"] == Value::Bool(true) {
                    writer.text("Quiet", "true").unwrap();
                }
                for object in input["Delete"]["Objects"].as_array().unwrap() {
                    writer.open("Object");
                    writer.text("Key", text(object, "Key")).unwrap();
                    if let Some(version_id) = object["VersionId"].as_str() {
                        writer.text("VersionId", version_id).unwrap();
                    }
                    writer.close();
                }
                writer.finish()
            }
            "tagging" => {
                let mut writer = Writer::new("Tagging");
                writer.open("TagSet");
                for tag in input["Tagging"]["TagSet"].as_array().unwrap() {
                    writer.open("Tag");
                    writer.text("Key", text(tag, "Key")).unwrap();
                    writer.text("Value", text(tag, "Value")).unwrap();
                    writer.close();
                }
                writer.finish()
            }
            id => panic!("{id}"),
        };
        assert_eq!(document, text(&row, "body"), "{}", text(&row, "id"));
        assert_eq!(
            Element::parse(document.as_bytes()).unwrap(),
            Element::parse(text(&row, "body").as_bytes()).unwrap()
        );
    }
}

#[test]
fn composite_etags() {
    for row in rows("checksums.json", "multipart_etag", 4) {
        let parts: Vec<ETag> = row["part_etags"]
            .as_array()
            .unwrap()
            .iter()
            .map(|etag| ETag::from(etag.as_str().unwrap()))
            .collect();
        assert_eq!(
            ETag::composite(&parts),
            Some(ETag::from(text(&row, "object_etag"))),
            "{row}"
        );
    }
    assert_eq!(ETag::composite(&[ETag::from("no md5")]), None);
}

#[test]
fn a_listing() {
    let body = "<ListBucketResult><EncodingType>url</EncodingType><IsTruncated>true</IsTruncated><NextContinuationToken>a+b%2F==</NextContinuationToken>\
        <CommonPrefixes><Prefix>x%2Fy+z/</Prefix></CommonPrefixes>\
        <Contents><Key>a+b%2B%01</Key><Size>53687091200000</Size><ETag>&quot;e&quot;</ETag><LastModified>2025-01-02T03:04:05.678Z</LastModified></Contents>\
        <CommonPrefixes><Prefix>w/</Prefix></CommonPrefixes><Contents><Size>0</Size><Key>b</Key></Contents></ListBucketResult>";
    let list = ListObjectsV2::receive(&request(), response(200, &[], body)).unwrap();
    assert_eq!(
        list.contents
            .iter()
            .map(|object| object.key.as_str())
            .collect::<Vec<_>>(),
        ["a b+\u{1}", "b"]
    );
    assert_eq!(
        (
            list.contents[0].size,
            list.contents[0].etag.as_ref().unwrap().as_str()
        ),
        (53_687_091_200_000, "e")
    );
    assert_eq!(list.common_prefixes, ["x/y z/", "w/"]);
    assert_eq!(list.next_continuation_token.as_deref(), Some("a+b%2F=="));

    for raw in [
        "",
        "<EncodingType></EncodingType>",
        "<EncodingType>URL?</EncodingType>",
    ] {
        let body = format!(
            "<ListBucketResult>{raw}<IsTruncated>false</IsTruncated><Contents><Key>a+b%2B</Key><Size>1</Size></Contents></ListBucketResult>"
        );
        let list = ListObjectsV2::receive(&request(), response(200, &[], &body)).unwrap();
        assert_eq!(list.contents[0].key, "a+b%2B");
    }
}

/// What is no answer is never taken for an empty one.
#[test]
fn malformed_answers() {
    let truncated = "<ListBucketResult><IsTruncated>true</IsTruncated></ListBucketResult>";
    for (body, problem) in [
        ("", "<ListBucketResult> was to come, and nothing came"),
        ("  \n ", "nothing came"),
        ("{\"json\": true}", "and \"{\"json\": true}\" came"),
        (
            "<html>Log in to the guest network</html>",
            "a page for people came",
        ),
        ("<ListBucketResult>", "ends too early"),
        (
            "<ListBucketResult><IsTruncated>false</IsTruncated><Contents><Size>1</Size></Contents></ListBucketResult>",
            "no <Key> in <Contents>",
        ),
        (
            "<ListBucketResult><IsTruncated>false</IsTruncated><Contents><Key>a</Key><Size>-1</Size></Contents></ListBucketResult>",
            "<Size> in <Contents> is no number",
        ),
        (truncated, "truncated and has no token"),
        (
            "<ListBucketResult></ListBucketResult>",
            "no <IsTruncated> in <ListBucketResult>",
        ),
        (
            "<ListBucketResult><IsTruncated>1</IsTruncated></ListBucketResult>",
            "<IsTruncated> is neither true nor false",
        ),
    ] {
        let error = ListObjectsV2::receive(
            &request(),
            response(200, &[("x-amz-request-id", "R1")], body),
        )
        .unwrap_err();
        assert!(matches!(error, Error::Malformed(_)), "{error}");
        assert!(error.to_string().contains(problem), "{error}");
        assert!(
            error.to_string().contains("status 200")
                && error.to_string().contains("ListObjectsV2 bucket/key: "),
            "{error}"
        );
    }
    let error = PutObject::receive(&request(), response(200, &[], "")).unwrap_err();
    assert!(error.to_string().contains("no etag header"), "{error}");
}

#[test]
fn errors_without_a_body() {
    let bucket = || Request::bucket(Method::HEAD, "bucket");
    for (status, code) in [
        (301, "PermanentRedirect"),
        (304, "NotModified"),
        (403, "AccessDenied"),
        (404, "NoSuchBucket"),
        (412, "PreconditionFailed"),
        (503, "SlowDown"),
        (599, "InternalError"),
    ] {
        let error = Document::receive(&bucket(), response(status, &[], "")).unwrap_err();
        assert_eq!(error.code(), Some(code));
        assert!(
            error.service().unwrap().code_is_inferred
                && error.to_string().contains("(inferred from the status)"),
            "{error}"
        );
    }
    let headers = [
        ("x-minio-error-code", "SlowDownWrite"),
        ("x-minio-error-desc", "\"Resource requested is unwritable\""),
        ("x-amz-request-id", "R1"),
        ("x-amz-id-2", "H1"),
    ];
    let error = Document::receive(&bucket(), response(503, &headers, "")).unwrap_err();
    assert_eq!(
        error.to_string(),
        "Document bucket: 503 SlowDownWrite: Resource requested is unwritable (request ID R1, host ID H1)"
    );
    assert!(error.is_retryable() && !error.is_not_found());
    // An unknown key pair, on a store that says 404 to it.
    let error = Document::receive(
        &bucket(),
        response(404, &[], "<Error><Code>XAdminUserNotFound</Code></Error>"),
    )
    .unwrap_err();
    assert!(!error.is_not_found());
}

/// As gateways answer that speak like AWS's other services, and MinIO when it is busy while it completes an upload.
#[test]
fn errors_in_other_places() {
    let body = "<ErrorResponse xmlns='u'><Error><Type>Sender</Type><Code>NoSuchKey</Code><Message>Gone</Message></Error>\
        <RequestId>R1</RequestId></ErrorResponse>";
    for status in [200, 400] {
        let error = Document::receive(&request(), response(status, &[], body)).unwrap_err();
        assert_eq!(error.code(), Some("NoSuchKey"), "{error}");
        assert_eq!(error.request_id(), Some("R1"));
        assert_eq!(error.service().unwrap().message, "Gone");
    }
    for code in ["SlowDownRead", "SlowDownWrite"] {
        let body = format!("<Error><Code>{code}</Code></Error>");
        let error = Document::receive(&request(), response(200, &[], &body)).unwrap_err();
        assert!(error.is_retryable(), "{error}");
    }
}

/// The bytes that came are those that were asked for, or the answer is none.
#[test]
fn ranges() {
    let ranged = |range: Option<&str>, is_part, status, said: Option<&str>, length: usize| {
        let mut request = request();
        if let Some(range) = range {
            request.headers.push(("Range".to_owned(), range.to_owned()));
        }
        if is_part {
            request
                .query
                .push(("partNumber".to_owned(), "2".to_owned()));
        }
        let content_length = length.to_string();
        let mut headers = vec![
            ("etag", "\"e\""),
            ("content-length", content_length.as_str()),
        ];
        headers.extend(said.map(|said| ("content-range", said)));
        GetObject::receive(
            &request,
            response(status, &headers, &"0123456789"[..length]),
        )
        .map(|object| object.info.content_range)
    };
    for (range, said, length) in [
        ("bytes=2-5", "bytes 2-5/10", 4),
        ("bytes=2-99", "bytes 2-9/10", 8),
        ("bytes=2-", "bytes 2-9/10", 8),
        ("bytes=9-", "bytes 9-9/10", 1),
        ("bytes=-4", "bytes 6-9/10", 4),
        ("bytes=-99", "bytes 0-9/10", 10),
    ] {
        let came = ranged(Some(range), false, 206, Some(said), length)
            .unwrap()
            .unwrap();
        assert_eq!(came.last - came.first + 1, length as u64, "{range}");
    }
    // The last bytes of an empty object, as stores answer.
    ranged(Some("bytes=-4"), false, 200, None, 0).unwrap();
    ranged(Some("bytes=-4"), false, 206, Some("bytes 0--1/0"), 0).unwrap();
    ranged(None, false, 200, None, 4).unwrap();
    ranged(None, true, 206, Some("bytes 5-8/9"), 4).unwrap();
    ranged(Some(" bytes=2-5 "), false, 206, Some("bytes 2-5/10"), 4).unwrap();

    let part = Some("bytes=2-5");
    for (range, is_part, status, said, length) in [
        (part, false, 200, None, 10),
        (part, false, 206, None, 4),
        (part, false, 206, Some("bytes 0-3/10"), 4),
        (part, false, 206, Some("bytes 2-4/10"), 3),
        (part, false, 206, Some("bytes 2-6/10"), 5),
        (part, false, 206, Some("bytes 2-5/10"), 3),
        (part, false, 206, Some("bytes 2-5/*"), 4),
        (part, false, 206, Some("bytes 5-2/10"), 4),
        (part, false, 206, Some("bytes 2-5/4"), 4),
        (part, false, 204, None, 0),
        (Some("bytes=2-"), false, 206, Some("bytes 2-5/10"), 4),
        (Some("bytes=-4"), false, 206, Some("bytes 0-3/10"), 4),
        (Some("bytes=-4"), false, 200, None, 10),
        (Some("bytes=0-3"), false, 200, None, 0),
        (None, false, 206, Some("bytes 0-3/10"), 4),
        (None, true, 206, Some("bytes 0-3/10"), 5),
        (None, true, 200, None, 10),
    ] {
        let outcome = ranged(range, is_part, status, said, length);
        let Err(error) = outcome else {
            panic!("{range:?} took {status} with {said:?}")
        };
        assert!(matches!(error, Error::Malformed(_)), "{error}");
        assert_eq!(error.status().unwrap().as_u16(), status);
        let asked = range.unwrap_or(if is_part {
            "one part"
        } else {
            "the whole object"
        });
        assert!(
            error
                .to_string()
                .contains(&format!("{asked} was asked for")),
            "{error}"
        );
    }
}

/// What HEAD says of a range is held to the same.
#[test]
fn ranges_of_head() {
    let asked = request_with("range", "bytes=2-5");
    let head = |headers: &[(&str, &str)], status| {
        let headers = [&[("etag", "\"e\"")], headers].concat();
        HeadObject::receive(&asked, response(status, &headers, "")).map(|info| info.content_length)
    };
    let length = ("content-length", "4");
    assert_eq!(
        head(&[length, ("content-range", "bytes 2-5/10")], 206).unwrap(),
        4
    );
    head(&[("content-length", "10")], 200).unwrap_err();
    head(&[length, ("content-range", "bytes 0-3/10")], 206).unwrap_err();
}

/// A page of a proxy or a portal is no store's answer, whatever its status says.
#[test]
fn pages_for_people() {
    for body in [
        "<!DOCTYPE html><html>Log in</html>",
        "\n <HTML><body>Welcome</body></HTML>",
    ] {
        let page = || response(200, &[("etag", "\"e\"")], body);
        for error in [
            PutObject::receive(&request(), page())
                .map(drop)
                .unwrap_err(),
            DeleteObject::receive(&request(), page())
                .map(drop)
                .unwrap_err(),
            AbortMultipartUpload::receive(&request(), page())
                .map(drop)
                .unwrap_err(),
            CreateBucket::receive(&bucket(), page())
                .map(drop)
                .unwrap_err(),
        ] {
            assert!(
                error.to_string().contains("a page for people came"),
                "{error}"
            );
        }
    }
    // An object may well be one. But then it is said to be an object.
    let headers = [("content-length", "6"), ("etag", "\"e\"")];
    GetObject::receive(&request(), response(200, &headers, "<html>")).unwrap();
    let portal = || response(200, &headers[..1], "<html>");
    let error = GetObject::receive(&request(), portal()).unwrap_err();
    assert!(
        error.to_string().contains("it is not about an object"),
        "{error}"
    );
    let error = HeadObject::receive(&request(), response(200, &headers[..1], "")).unwrap_err();
    assert!(
        error.to_string().contains("it is not about an object"),
        "{error}"
    );
}

/// An object may begin like an error document, and a short one is none.
#[test]
fn the_content_of_an_object_is_not_judged() {
    let content = "<Error><Code>SlowDown</Code></Error>";
    let length = content.len().to_string();
    let object = GetObject::receive(
        &request(),
        response(200, &[("content-length", &length), ("etag", "e")], content),
    )
    .unwrap();
    assert_eq!(object.body.buffered().unwrap(), content);
    let error = GetObject::receive(
        &request(),
        response(200, &[("content-length", "99"), ("etag", "e")], content),
    )
    .unwrap_err();
    assert!(error.to_string().contains("another length"), "{error}");
}

fn ok(body: &str) -> http::Response<Bytes> {
    response(200, &[], body)
}

/// Wrong where a bucket is made, right where it is read: AWS's names for its two oldest regions.
#[test]
fn bucket_locations() {
    for (body, region) in [
        (
            "<LocationConstraint xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\"></LocationConstraint>",
            "us-east-1",
        ),
        ("<LocationConstraint/>", "us-east-1"),
        ("<LocationConstraint>EU</LocationConstraint>", "eu-west-1"),
        (
            "<LocationConstraint>eu-central-1</LocationConstraint>",
            "eu-central-1",
        ),
        (
            "<LocationConstraint><LocationConstraint>here</LocationConstraint></LocationConstraint>",
            "here",
        ),
    ] {
        assert_eq!(
            GetBucketLocation::receive(&bucket(), ok(body)).unwrap(),
            region
        );
    }
    let error = GetBucketLocation::receive(&bucket(), ok("")).unwrap_err();
    assert!(matches!(error, Error::Malformed(_)), "{error}");
}

#[test]
fn versioning() {
    let read = |body: &str| GetBucketVersioning::receive(&bucket(), ok(body));
    assert_eq!(read("<VersioningConfiguration/>").unwrap(), None);
    let with = |status: &str| {
        format!("<VersioningConfiguration><Status>{status}</Status></VersioningConfiguration>")
    };
    assert_eq!(
        read(&with("Enabled")).unwrap(),
        Some(VersioningStatus::Enabled)
    );
    assert_eq!(
        read(&with("Suspended")).unwrap(),
        Some(VersioningStatus::Suspended)
    );
    assert!(
        read(&with("Perhaps"))
            .unwrap_err()
            .to_string()
            .contains("\"Perhaps\" is not known")
    );
}

#[test]
fn versions() {
    let body = "<ListVersionsResult><IsTruncated>true</IsTruncated><EncodingType>url</EncodingType><NextKeyMarker>a%2Bb</NextKeyMarker>\
        <NextVersionIdMarker>v2</NextVersionIdMarker>\
        <DeleteMarker><Key>a%2Bb</Key><VersionId>v3</VersionId><IsLatest>true</IsLatest><LastModified>2025-01-02T03:04:05.000Z</LastModified></DeleteMarker>\
        <Version><Key>a%2Bb</Key><VersionId>v2</VersionId><IsLatest>false</IsLatest><ETag>&quot;e&quot;</ETag><Size>3</Size><StorageClass>STANDARD</StorageClass>\
        <Owner><ID>me</ID><DisplayName>Me</DisplayName></Owner></Version><CommonPrefixes><Prefix>c+d/</Prefix></CommonPrefixes></ListVersionsResult>";
    let page = ListObjectVersions::receive(&bucket(), ok(body)).unwrap();
    let (version, marker) = (&page.versions[0], &page.delete_markers[0]);
    assert_eq!(
        (
            version.key.as_str(),
            version.version_id.as_str(),
            version.size,
            version.is_latest
        ),
        ("a+b", "v2", 3, false)
    );
    assert_eq!(
        version.owner.as_ref().unwrap().display_name.as_deref(),
        Some("Me")
    );
    assert_eq!(
        (
            marker.key.as_str(),
            marker.version_id.as_str(),
            marker.is_latest
        ),
        ("a+b", "v3", true)
    );
    assert!(marker.last_modified.is_some() && marker.owner.is_none());
    assert_eq!(page.common_prefixes, ["c d/"]);
    assert_eq!(
        (
            page.next_key_marker.as_deref(),
            page.next_version_id_marker.as_deref()
        ),
        (Some("a+b"), Some("v2"))
    );
    let error = ListObjectVersions::receive(
        &bucket(),
        ok("<ListVersionsResult><IsTruncated>true</IsTruncated></ListVersionsResult>"),
    )
    .unwrap_err();
    assert!(
        error.to_string().contains("no marker to go on with"),
        "{error}"
    );
}

#[test]
fn open_uploads() {
    let body = "<ListMultipartUploadsResult><IsTruncated>true</IsTruncated><NextKeyMarker></NextKeyMarker><NextUploadIdMarker>u1</NextUploadIdMarker>\
        <Upload><Key>k</Key><UploadId>u1</UploadId><Initiated>2025-01-02T03:04:05.678Z</Initiated><StorageClass>STANDARD</StorageClass></Upload></ListMultipartUploadsResult>";
    let page = ListMultipartUploads::receive(&bucket(), ok(body)).unwrap();
    assert_eq!(
        (
            page.uploads[0].key.as_str(),
            page.uploads[0].upload_id.as_str()
        ),
        ("k", "u1")
    );
    assert!(page.uploads[0].initiated.is_some());
    assert_eq!(
        (page.next_key_marker, page.next_upload_id_marker.as_deref()),
        (None, Some("u1"))
    );
}

#[test]
fn buckets_of_an_account() {
    let body = "<ListAllMyBucketsResult><Owner><ID>me</ID></Owner><Buckets><Bucket><Name>a</Name><CreationDate>2025-01-02T03:04:05Z</CreationDate>\
        <BucketRegion>eu-west-1</BucketRegion></Bucket><Bucket><Name>b</Name></Bucket></Buckets><ContinuationToken>t</ContinuationToken></ListAllMyBucketsResult>";
    let all = ListBuckets::receive(&bucket(), ok(body)).unwrap();
    let names: Vec<&str> = all
        .buckets
        .iter()
        .map(|bucket| bucket.name.as_str())
        .collect();
    assert_eq!(
        (names, all.buckets[0].region.as_deref()),
        (vec!["a", "b"], Some("eu-west-1"))
    );
    assert_eq!(
        (
            all.owner.unwrap().id.as_str(),
            all.continuation_token.as_deref()
        ),
        ("me", Some("t"))
    );
    // An answer without the list is no empty list.
    let error = ListBuckets::receive(&bucket(), ok("<ListAllMyBucketsResult/>")).unwrap_err();
    assert!(error.to_string().contains("no <Buckets>"), "{error}");
}

#[test]
fn tags() {
    let body = "<Tagging><TagSet><Tag><Key>a&amp;b</Key><Value>c d</Value></Tag><Tag><Key>e</Key><Value/></Tag></TagSet></Tagging>";
    assert_eq!(
        GetObjectTagging::receive(&request(), ok(body)).unwrap(),
        [Tag::from(("a&b", "c d")), Tag::from(("e", ""))]
    );
    assert_eq!(
        GetObjectTagging::receive(&request(), ok("<Tagging><TagSet/></Tagging>")).unwrap(),
        []
    );
    assert!(GetObjectTagging::receive(&request(), ok("<Tagging/>")).is_err());
}

#[test]
fn copies() {
    let headers = [
        ("x-amz-version-id", "v2"),
        ("x-amz-copy-source-version-id", "v1"),
    ];
    let body = "<CopyObjectResult><ETag>&quot;e&quot;</ETag><LastModified>2025-01-02T03:04:05.000Z</LastModified></CopyObjectResult>";
    let copy = CopyObject::receive(&request(), response(200, &headers, body)).unwrap();
    assert_eq!(
        (
            copy.etag.as_str(),
            copy.version_id.as_deref(),
            copy.source_version_id.as_deref()
        ),
        ("e", Some("v2"), Some("v1"))
    );
    assert!(copy.last_modified.is_some());
    let part = UploadPartCopy::receive(
        &request(),
        response(
            200,
            &headers,
            "<CopyPartResult><ETag>e</ETag></CopyPartResult>",
        ),
    )
    .unwrap();
    assert_eq!(
        (part.etag.as_str(), part.source_version_id.as_deref()),
        ("e", Some("v1"))
    );

    // The status comes before the work is done; what went wrong since then stands in the body.
    for body in [
        "  \n <Error><Code>InternalError</Code><Message>We failed.</Message></Error>",
        "<?xml version=\"1.0\"?>\n<Error><Code>InternalError</Code></Error>",
    ] {
        let errors = [
            CopyObject::receive(&request(), ok(body)).unwrap_err(),
            UploadPartCopy::receive(&request(), ok(body)).unwrap_err(),
            CompleteMultipartUpload::receive(&request(), ok(body)).unwrap_err(),
        ];
        for error in errors {
            assert_eq!(
                (error.code(), error.status().unwrap().as_u16()),
                (Some("InternalError"), 200)
            );
        }
    }
    for body in [
        "",
        "   ",
        "<CopyObjectResult>",
        "<Other><ETag>e</ETag></Other>",
        "<CopyObjectResult/>",
    ] {
        let error = CopyObject::receive(&request(), ok(body)).unwrap_err();
        assert!(matches!(error, Error::Malformed(_)), "{body}: {error}");
    }
}

/// Some stores take the request for encryption and keep the object as it is.
#[test]
fn encryption_that_is_not_confirmed() {
    let asked = |name: &str, value: &str| {
        let mut request = request();
        request.headers.push((name.to_owned(), value.to_owned()));
        request
    };
    let sse = "x-amz-server-side-encryption";
    let customer = "x-amz-server-side-encryption-customer-algorithm";
    for (name, value, said) in [
        (sse, "AES256", "AES256"),
        (sse, "aws:kms", "aws:kms"),
        (customer, "AES256", "AES256"),
    ] {
        let headers = [("etag", "\"e\""), ("content-length", "0"), (name, said)];
        PutObject::receive(&asked(name, value), response(200, &headers, "")).unwrap();
        HeadObject::receive(&asked(name, value), response(200, &headers, "")).unwrap();
        GetObject::receive(&asked(name, value), response(200, &headers, "")).unwrap();
        for headers in [
            &headers[..2],
            &[("etag", "\"e\""), ("content-length", "0"), (name, "other")],
        ] {
            for error in [
                PutObject::receive(&asked(name, value), response(200, headers, "")).unwrap_err(),
                HeadObject::receive(&asked(name, value), response(200, headers, "")).unwrap_err(),
                GetObject::receive(&asked(name, value), response(200, headers, "")).unwrap_err(),
                UploadPart::receive(&asked(name, value), response(200, headers, "")).unwrap_err(),
            ] {
                assert!(
                    error
                        .to_string()
                        .contains("does not say that it has encrypted"),
                    "{error}"
                );
            }
        }
        // These need not say it, as MinIO does not; but they must not say otherwise.
        let copied = "<CopyObjectResult><ETag>e</ETag></CopyObjectResult>";
        let begun =
            "<InitiateMultipartUploadResult><UploadId>u</UploadId></InitiateMultipartUploadResult>";
        CopyObject::receive(&asked(name, value), ok(copied)).unwrap();
        CreateMultipartUpload::receive(&asked(name, value), ok(begun)).unwrap();
        let other = [(name, "other")];
        let error =
            CopyObject::receive(&asked(name, value), response(200, &other, copied)).unwrap_err();
        assert!(
            error.to_string().contains(&format!("{name} says other")),
            "{error}"
        );
        CreateMultipartUpload::receive(&asked(name, value), response(200, &other, begun))
            .unwrap_err();
    }
}

/// Where no document belongs, one is the answer to something else.
#[test]
fn documents_where_none_belongs() {
    for body in ["<ListBucketResult/>", "{}", "OK"] {
        for error in [
            PutObjectTagging::receive(&request(), ok(body)).unwrap_err(),
            DeleteObjectTagging::receive(&request(), ok(body)).unwrap_err(),
            PutBucketVersioning::receive(&bucket(), ok(body)).unwrap_err(),
            DeleteBucket::receive(&bucket(), ok(body)).unwrap_err(),
            slim_s3::DeleteObject::receive(&request(), ok(body))
                .map(drop)
                .unwrap_err(),
            slim_s3::CreateBucket::receive(&bucket(), ok(body))
                .map(drop)
                .unwrap_err(),
            slim_s3::AbortMultipartUpload::receive(&request(), ok(body)).unwrap_err(),
        ] {
            assert!(error.to_string().contains("no body was to come"), "{error}");
        }
    }
    PutObjectTagging::receive(&request(), ok(" \n")).unwrap();
}

/// How the content came to the store is not what it is.
#[test]
fn content_encodings() {
    for (said, encoding) in [
        ("gzip", Some("gzip")),
        ("aws-chunked", None),
        ("gzip,aws-chunked", Some("gzip")),
        ("aws-chunked, gzip , br", Some("gzip, br")),
        ("", None),
    ] {
        let headers = [
            ("etag", "\"e\""),
            ("content-length", "0"),
            ("content-encoding", said),
        ];
        let info = HeadObject::receive(&request(), response(200, &headers, "")).unwrap();
        assert_eq!(info.content_encoding.as_deref(), encoding, "{said}");
    }
}
