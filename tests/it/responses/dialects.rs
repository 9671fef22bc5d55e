//! What stores other than AWS send instead of its documents.

use slim_s3::operation::{
    CompleteMultipartUpload, CopyObject, CreateMultipartUpload, GetBucketLocation,
    GetBucketVersioning, GetObjectTagging, HeadObject, ListMultipartUploads, ListObjectVersions,
    ListObjectsV2, ListParts, PutObject, UploadPartCopy,
};
use slim_s3::{Error, Operation, Request};

use super::{bucket, ok, request, response};

/// rclone serve s3 1.76.
#[test]
fn an_upload_is_created_with_another_root() {
    let body = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<InitiateMultipartUpload>\n  <Bucket>b</Bucket>\n  <Key>m</Key>\n  <UploadId>6fc6d2ea</UploadId>\n</InitiateMultipartUpload>";
    let created = CreateMultipartUpload::parse_http(&request(), ok(body)).unwrap();
    assert_eq!(created.upload_id, "6fc6d2ea");
}

/// S3Proxy 4.1.
#[test]
fn a_part_is_copied_with_the_result_of_an_object() {
    let body = "<CopyObjectResult><LastModified>2026-11-26T00:00:00Z</LastModified><ETag>&quot;e&quot;</ETag></CopyObjectResult>";
    let copied = UploadPartCopy::parse_http(&request(), ok(body)).unwrap();
    assert_eq!(copied.etag.as_str(), "e");
}

/// SeaweedFS 4.53 and S3Mock 5.2.
#[test]
fn a_location_can_have_another_root_or_be_null() {
    for body in [
        "<CreateBucketConfiguration><LocationConstraint></LocationConstraint></CreateBucketConfiguration>",
        "<LocationConstraint xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\">null</LocationConstraint>",
        "<LocationConstraint/>",
    ] {
        let location = GetBucketLocation::parse_http(&bucket(), ok(body)).unwrap();
        assert_eq!(location.region, "us-east-1", "{body}");
    }
}

/// gofakes3, rclone serve s3 1.76 and S3Mock 5.2.
#[test]
fn versions_are_listed_with_another_root() {
    let inner = "<IsTruncated>false</IsTruncated><Version><Key>k</Key><VersionId>v</VersionId><Size>1</Size></Version>";
    for root in ["ListBucketVersionsResult", "ListBucketResult"] {
        let body = format!("<{root}>{inner}</{root}>");
        let page = ListObjectVersions::parse_http(&bucket(), ok(&body)).unwrap();
        assert_eq!(page.versions[0].version_id, "v", "{root}");
    }
}

/// A store that ignores `?versions`. An empty list of versions would be wrong.
#[test]
fn objects_are_not_taken_for_versions() {
    let body = "<ListBucketResult><IsTruncated>false</IsTruncated><Contents><Key>k</Key><Size>1</Size></Contents></ListBucketResult>";
    let error = ListObjectVersions::parse_http(&bucket(), ok(body)).unwrap_err();
    assert!(error.to_string().contains("expected versions"), "{error}");
}

/// moto 5.2.
#[test]
fn parts_and_versioning_have_other_roots() {
    let body = "<ListPartsResponse><IsTruncated>false</IsTruncated><Part><PartNumber>1</PartNumber><Size>1</Size></Part></ListPartsResponse>";
    let page = ListParts::parse_http(&request(), ok(body)).unwrap();
    assert_eq!(page.parts.len(), 1);
    let body = "<GetBucketVersioningResponse/>";
    let versioning = GetBucketVersioning::parse_http(&bucket(), ok(body)).unwrap();
    assert_eq!(versioning.status, None);
}

/// s3rver responds to `?versioning` with a listing, and other stores to anything with a page.
#[test]
fn an_unrelated_document_is_not_a_success() {
    let listing = "<ListBucketResult><IsTruncated>false</IsTruncated></ListBucketResult>";
    GetBucketVersioning::parse_http(&bucket(), ok(listing)).unwrap_err();
    ListParts::parse_http(&request(), ok(listing)).unwrap_err();
    CreateMultipartUpload::parse_http(&request(), ok(listing)).unwrap_err();
    CompleteMultipartUpload::parse_http(&request(), ok(listing)).unwrap_err();
    // The right root, without what must be there.
    for body in [
        "<InitiateMultipartUpload/>",
        "<InitiateMultipartUploadResult/>",
    ] {
        CreateMultipartUpload::parse_http(&request(), ok(body)).unwrap_err();
    }
    for body in [
        "<CreateBucketConfiguration/>",
        "<CreateBucketConfiguration>eu-west-1</CreateBucketConfiguration>",
    ] {
        GetBucketLocation::parse_http(&bucket(), ok(body)).unwrap_err();
    }
    ListObjectVersions::parse_http(&bucket(), ok(listing)).unwrap_err();
    for body in ["<ListPartsResult/>", "<ListPartsResponse/>"] {
        ListParts::parse_http(&request(), ok(body)).unwrap_err();
    }
    let wrapped = "<GetBucketVersioningResponse><VersioningConfiguration><Status>Enabled</Status></VersioningConfiguration></GetBucketVersioningResponse>";
    GetBucketVersioning::parse_http(&bucket(), ok(wrapped)).unwrap_err();
    let text = "<CopyObjectResult>an object</CopyObjectResult>";
    CopyObject::parse_http(&request(), ok(text)).unwrap_err();
}

#[test]
fn an_error_within_a_result_is_not_a_success() {
    let error = "<Error><Code>InternalError</Code></Error>";
    for inner in [error, "<Code>InternalError</Code>"] {
        let document = |root: &str| {
            let within = format!("<{root}><ETag>e</ETag><Key>k</Key>{inner}</{root}>");
            response(200, &[], &within)
        };
        CopyObject::parse_http(&request(), document("CopyObjectResult")).unwrap_err();
        UploadPartCopy::parse_http(&request(), document("CopyPartResult")).unwrap_err();
        let completed = document("CompleteMultipartUploadResult");
        CompleteMultipartUpload::parse_http(&request(), completed).unwrap_err();
        GetBucketLocation::parse_http(&bucket(), document("LocationConstraint")).unwrap_err();
        ListParts::parse_http(&request(), document("ListPartsResult")).unwrap_err();
        let versioning = document("VersioningConfiguration");
        GetBucketVersioning::parse_http(&bucket(), versioning).unwrap_err();
    }
}

/// Ceph 16.2.
#[test]
fn a_completed_upload_may_have_no_etag() {
    let body = "<CompleteMultipartUploadResult><Location>l</Location><Bucket>b</Bucket><Key>k</Key><ETag></ETag></CompleteMultipartUploadResult>";
    let completed = CompleteMultipartUpload::parse_http(&request(), ok(body)).unwrap();
    assert_eq!(completed.etag, None);
    let with_header = response(200, &[("etag", "\"e-1\"")], body);
    let completed = CompleteMultipartUpload::parse_http(&request(), with_header).unwrap();
    assert_eq!(completed.etag.unwrap().as_str(), "e-1");
}

/// gofakes3: the keys are complete.
#[test]
fn a_token_of_the_last_page_is_ignored() {
    let body = "<ListBucketResult><IsTruncated>false</IsTruncated><KeyCount>1</KeyCount><NextContinuationToken>ZA==</NextContinuationToken><Contents><Key>k</Key><Size>1</Size></Contents></ListBucketResult>";
    let page = ListObjectsV2::parse_http(&bucket(), ok(body)).unwrap();
    assert_eq!(
        (page.contents.len(), page.next_continuation_token),
        (1, None)
    );
}

/// S3Mock 5.2, and Ceph for an upload that was created with tags.
#[test]
fn an_empty_body_is_no_tags_if_its_length_is_declared() {
    let empty = response(200, &[("content-length", "0")], "");
    let tags = GetObjectTagging::parse_http(&request(), empty).unwrap();
    assert!(tags.tag_set.is_empty());
    // Otherwise it may be truncated.
    GetObjectTagging::parse_http(&request(), ok("")).unwrap_err();
}

/// gofakes3 ignores `?tagging` and sends the object.
#[test]
fn the_content_of_an_object_does_not_appear_in_an_error() {
    let headers = [
        ("etag", "\"e\""),
        ("last-modified", "Thu, 02 Jan 2025 03:04:05 GMT"),
    ];
    let object = response(200, &headers, "the secret content");
    let error = GetObjectTagging::parse_http(&request(), object).unwrap_err();
    assert!(matches!(error, Error::Malformed(_)), "{error}");
    assert!(
        error.to_string().contains("got an object of 18 bytes"),
        "{error}"
    );
}

/// Garage, S3Mock, rclone and S3Proxy. Nothing wrong was read.
#[test]
fn head_with_a_range_may_have_the_headers_of_the_whole_object() {
    let mut request = Request::object(http::Method::HEAD, "bucket", "key");
    let range = ("range".to_owned(), "bytes=2-5".to_owned());
    request.headers.push(range);
    let headers = [("etag", "\"e\""), ("content-length", "10")];
    let head = HeadObject::parse_http(&request, response(200, &headers, "")).unwrap();
    assert_eq!((head.content_length, head.content_range), (Some(10), None));
}

/// Swift 2.30.
#[test]
fn uploads_without_a_marker_continue_after_the_last_one() {
    let body = "<ListMultipartUploadsResult><NextKeyMarker></NextKeyMarker><NextUploadIdMarker></NextUploadIdMarker><IsTruncated>true</IsTruncated><Upload><Key>a+b</Key><UploadId>U1</UploadId></Upload></ListMultipartUploadsResult>";
    let page = ListMultipartUploads::parse_http(&bucket(), ok(body)).unwrap();
    assert_eq!(page.next_key_marker.as_deref(), Some("a+b"));
    assert_eq!(page.next_upload_id_marker.as_deref(), Some("U1"));
}

/// Swift 2.30, for a put that a newer one of the same key has overtaken.
#[test]
fn an_accepted_put_without_an_etag_is_reported_as_what_it_is() {
    let body = "<html><h1>Accepted</h1><p>The request is accepted for processing.</p></html>";
    let error = PutObject::parse_http(&request(), ok(body)).unwrap_err();
    assert!(matches!(error, Error::Malformed(_)), "{error}");
    assert!(
        error
            .to_string()
            .contains("a newer write of the same key has won"),
        "{error}"
    );
}
