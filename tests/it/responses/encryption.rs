//! Confirmation of server-side encryption.

use slim_s3::Operation;
use slim_s3::operation::{
    CopyObject, CreateMultipartUpload, GetObject, HeadObject, PutObject, UploadPart,
};

use super::{ok, request_with, response};

/// Request headers for encryption and their values. The response repeats them.
const ENCRYPTIONS: [(&str, &str); 3] = [
    ("x-amz-server-side-encryption", "AES256"),
    ("x-amz-server-side-encryption", "aws:kms"),
    ("x-amz-server-side-encryption-customer-algorithm", "AES256"),
];

/// Some stores accept the request for encryption and store the object unencrypted.
#[test]
fn unconfirmed_encryption_is_an_error() {
    for (name, value) in ENCRYPTIONS {
        let headers = [("etag", "\"e\""), ("content-length", "0"), (name, value)];
        PutObject::parse_http(&request_with(name, value), response(200, &headers, "")).unwrap();
        HeadObject::parse_http(&request_with(name, value), response(200, &headers, "")).unwrap();
        GetObject::parse_http(&request_with(name, value), response(200, &headers, "")).unwrap();
        for headers in [
            &headers[..2],
            &[("etag", "\"e\""), ("content-length", "0"), (name, "other")],
        ] {
            for error in [
                PutObject::parse_http(&request_with(name, value), response(200, headers, ""))
                    .unwrap_err(),
                HeadObject::parse_http(&request_with(name, value), response(200, headers, ""))
                    .unwrap_err(),
                GetObject::parse_http(&request_with(name, value), response(200, headers, ""))
                    .unwrap_err(),
                UploadPart::parse_http(&request_with(name, value), response(200, headers, ""))
                    .unwrap_err(),
            ] {
                assert!(
                    error
                        .to_string()
                        .contains("does not confirm the requested encryption"),
                    "{error}"
                );
            }
        }
    }
}

/// MinIO does not confirm the encryption of these operations.
#[test]
fn copies_and_uploads_may_omit_the_encryption_but_not_contradict_it() {
    for (name, value) in ENCRYPTIONS {
        let copied = "<CopyObjectResult><ETag>e</ETag></CopyObjectResult>";
        let created =
            "<InitiateMultipartUploadResult><UploadId>u</UploadId></InitiateMultipartUploadResult>";
        CopyObject::parse_http(&request_with(name, value), ok(copied)).unwrap();
        CreateMultipartUpload::parse_http(&request_with(name, value), ok(created)).unwrap();
        let other = [(name, "other")];
        let error =
            CopyObject::parse_http(&request_with(name, value), response(200, &other, copied))
                .unwrap_err();
        assert!(
            error.to_string().contains(&format!("{name} is other")),
            "{error}"
        );
        CreateMultipartUpload::parse_http(
            &request_with(name, value),
            response(200, &other, created),
        )
        .unwrap_err();
    }
}
