//! Listings of objects, versions, uploads and buckets.

use slim_s3::operation::{ListBuckets, ListMultipartUploads, ListObjectVersions, ListObjectsV2};
use slim_s3::{Error, Operation};

use super::{bucket, ok, request, response};

#[test]
fn a_listing_has_decoded_keys_and_its_token() {
    let body = "<ListBucketResult><EncodingType>url</EncodingType><IsTruncated>true</IsTruncated><NextContinuationToken>a+b%2F==</NextContinuationToken>\
        <CommonPrefixes><Prefix>x%2Fy+z/</Prefix></CommonPrefixes>\
        <Contents><Key>a+b%2B%01</Key><Size>53687091200000</Size><ETag>&quot;e&quot;</ETag><LastModified>2025-01-02T03:04:05.678Z</LastModified></Contents>\
        <CommonPrefixes><Prefix>w/</Prefix></CommonPrefixes><Contents><Size>0</Size><Key>b</Key></Contents></ListBucketResult>";
    let list = ListObjectsV2::parse_http(&request(), response(200, &[], body)).unwrap();
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
}

#[test]
fn keys_are_decoded_only_with_encoding_type_url() {
    for encoding_type in [
        "",
        "<EncodingType></EncodingType>",
        "<EncodingType>URL?</EncodingType>",
    ] {
        let body = format!(
            "<ListBucketResult>{encoding_type}<IsTruncated>false</IsTruncated><Contents><Key>a+b%2B</Key><Size>1</Size></Contents></ListBucketResult>"
        );
        let list = ListObjectsV2::parse_http(&request(), response(200, &[], &body)).unwrap();
        assert_eq!(list.contents[0].key, "a+b%2B");
    }
}

#[test]
fn versions_and_delete_markers_are_listed() {
    let body = "<ListVersionsResult><IsTruncated>true</IsTruncated><EncodingType>url</EncodingType><NextKeyMarker>a%2Bb</NextKeyMarker>\
        <NextVersionIdMarker>v2</NextVersionIdMarker>\
        <DeleteMarker><Key>a%2Bb</Key><VersionId>v3</VersionId><IsLatest>true</IsLatest><LastModified>2025-01-02T03:04:05.000Z</LastModified></DeleteMarker>\
        <Version><Key>a%2Bb</Key><VersionId>v2</VersionId><IsLatest>false</IsLatest><ETag>&quot;e&quot;</ETag><Size>3</Size><StorageClass>STANDARD</StorageClass>\
        <Owner><ID>me</ID><DisplayName>Me</DisplayName></Owner></Version><CommonPrefixes><Prefix>c+d/</Prefix></CommonPrefixes></ListVersionsResult>";
    let page = ListObjectVersions::parse_http(&bucket(), ok(body)).unwrap();
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
}

#[test]
fn a_truncated_version_listing_needs_a_marker() {
    let error = ListObjectVersions::parse_http(
        &bucket(),
        ok("<ListVersionsResult><IsTruncated>true</IsTruncated></ListVersionsResult>"),
    )
    .unwrap_err();
    assert!(
        error.to_string().contains("no marker for the next page"),
        "{error}"
    );
}

#[test]
fn open_uploads_are_listed_with_their_markers() {
    let body = "<ListMultipartUploadsResult><IsTruncated>true</IsTruncated><NextKeyMarker></NextKeyMarker><NextUploadIdMarker>u1</NextUploadIdMarker>\
        <Upload><Key>k</Key><UploadId>u1</UploadId><Initiated>2025-01-02T03:04:05.678Z</Initiated><StorageClass>STANDARD</StorageClass></Upload></ListMultipartUploadsResult>";
    let page = ListMultipartUploads::parse_http(&bucket(), ok(body)).unwrap();
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
fn buckets_are_listed_with_owner_and_token() {
    let body = "<ListAllMyBucketsResult><Owner><ID>me</ID></Owner><Buckets><Bucket><Name>a</Name><CreationDate>2025-01-02T03:04:05Z</CreationDate>\
        <BucketRegion>eu-west-1</BucketRegion></Bucket><Bucket><Name>b</Name></Bucket></Buckets><ContinuationToken>t</ContinuationToken></ListAllMyBucketsResult>";
    let all = ListBuckets::parse_http(&bucket(), ok(body)).unwrap();
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
}

#[test]
fn a_bucket_listing_without_a_list_is_malformed() {
    let error = ListBuckets::parse_http(&bucket(), ok("<ListAllMyBucketsResult/>")).unwrap_err();
    assert!(error.to_string().contains("no <Buckets>"), "{error}");
}

/// The schema allows several prefixes in one element.
#[test]
fn all_prefixes_of_one_element_are_listed() {
    let body = "<ListBucketResult><IsTruncated>false</IsTruncated>\
        <CommonPrefixes><Prefix>a/</Prefix><Prefix>b/</Prefix></CommonPrefixes><CommonPrefixes><Prefix>c/</Prefix></CommonPrefixes></ListBucketResult>";
    let list = ListObjectsV2::parse_http(&bucket(), ok(body)).unwrap();
    assert_eq!(list.common_prefixes, ["a/", "b/", "c/"]);
}

#[test]
fn a_value_that_is_given_twice_is_malformed() {
    for inner in [
        "<IsTruncated>false</IsTruncated><Contents><Key>a</Key><Key>b</Key><Size>1</Size></Contents>",
        "<IsTruncated>false</IsTruncated><Contents><Key>a</Key><Size>1</Size><Size>2</Size></Contents>",
        "<IsTruncated>false</IsTruncated><Contents><Key>a</Key><Size>1</Size><ETag>a</ETag><ETag>b</ETag></Contents>",
        "<IsTruncated>true</IsTruncated><NextContinuationToken>a</NextContinuationToken><NextContinuationToken>b</NextContinuationToken>",
        "<IsTruncated>false</IsTruncated><IsTruncated>true</IsTruncated>",
        "<IsTruncated>false</IsTruncated><EncodingType>url</EncodingType><EncodingType/>",
        "<IsTruncated>false</IsTruncated><CommonPrefixes></CommonPrefixes>",
    ] {
        let body = format!("<ListBucketResult>{inner}</ListBucketResult>");
        let error = ListObjectsV2::parse_http(&bucket(), ok(&body)).unwrap_err();
        assert!(matches!(error, Error::Malformed(_)), "{error}");
    }
    let buckets = "<ListAllMyBucketsResult><Buckets/><Buckets/></ListAllMyBucketsResult>";
    ListBuckets::parse_http(&bucket(), ok(buckets)).unwrap_err();
}

/// `h%FF` is not UTF-8. As text, it would be the key of another object.
#[test]
fn a_listed_key_that_is_not_utf_8_is_malformed() {
    let body = "<ListBucketResult><IsTruncated>false</IsTruncated><EncodingType>url</EncodingType>\
        <Contents><Key>h%FF</Key><Size>1</Size></Contents></ListBucketResult>";
    let error = ListObjectsV2::parse_http(&bucket(), ok(body)).unwrap_err();
    assert!(
        error.to_string().contains("the key \"h%FF\" is not UTF-8"),
        "{error}"
    );
}
