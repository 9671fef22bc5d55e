//! One object: written, read whole and in part, and deleted.

use http::{Method, StatusCode};

use super::examination::Examination;
use super::report::Verdict;
use crate::crypto::{base64, hex, md5};
use crate::error::escaped;
use crate::response::Response;

/// The content of the doctor's objects.
pub(super) const CONTENT: &str = "slim-s3 doctor: this object can be deleted.\n";
/// The object that most checks write.
pub(super) const OBJECT: &str = "object";

/// An ETag that no object has.
pub(super) const WRONG_ETAG: &str = "\"00000000000000000000000000000000\"";

const METADATA: (&str, &str) = ("x-amz-meta-doctor", "Slim-S3");

/// Returns whether an object can be written at all.
pub(super) async fn check(exam: &mut Examination) -> bool {
    let key = exam.key(OBJECT);
    let put = match exam.put(&key, &[METADATA], CONTENT).await {
        Ok(put) => put,
        Err(error) => {
            exam.failed("put_object", &error);
            return false;
        }
    };
    let detail = match put.header("x-amz-version-id") {
        Some(_) => "stored as a version",
        None => "stored",
    };
    exam.row("put_object", Verdict::Supported, detail);
    match exam.get(&key, &[]).await {
        Ok(response) => {
            let metadata = response.header_string(METADATA.0);
            let (verdict, detail) = match response.bytes() == CONTENT.as_bytes() {
                true => (Verdict::Supported, "the content is what was written"),
                false => (Verdict::Differs, "the content is not what was written"),
            };
            exam.row("get_object", verdict, detail);
            let (verdict, detail) = match metadata.as_deref() {
                Some(value) if value == METADATA.1 => {
                    (Verdict::Supported, "returned as written".to_owned())
                }
                Some(value) => {
                    let value = escaped(value, 40);
                    (Verdict::Differs, format!("returned as {value:?}"))
                }
                None => (Verdict::Ignored, "not returned".to_owned()),
            };
            exam.row("metadata", verdict, detail);
        }
        Err(error) => {
            exam.failed("get_object", &error);
            exam.row("metadata", Verdict::Skipped, "get_object was not supported");
        }
    }
    check_etag(exam, &put);
    check_ranges(exam, &key).await;
    let wrong = base64(&md5(b"other content"));
    let sent = exam.put(&key, &[("content-md5", &wrong)], CONTENT).await;
    exam.expect_rejection(
        "content_md5",
        sent,
        400,
        "a wrong one is rejected",
        "a wrong one is accepted",
    );
    true
}

fn check_etag(exam: &mut Examination, put: &Response) {
    let (verdict, detail) = match put.etag() {
        Ok(Some(etag)) if etag.as_str() == hex(&md5(CONTENT.as_bytes())) => {
            (Verdict::Supported, "the MD5 of the content".to_owned())
        }
        Ok(Some(etag)) => {
            let etag = escaped(etag.as_str(), 40);
            (
                Verdict::Differs,
                format!("not the MD5 of the content: {etag}"),
            )
        }
        Ok(None) => (Verdict::Differs, "none".to_owned()),
        Err(error) => (Verdict::Unknown, error.cause()),
    };
    exam.row("etag", verdict, detail);
}

async fn check_ranges(exam: &mut Examination, key: &str) {
    match exam.get(key, &[("range", "bytes=8-13")]).await {
        Ok(response) => {
            let (status, content_range) =
                (response.status(), response.header_string("content-range"));
            let expected = format!("bytes 8-13/{}", CONTENT.len());
            let is_part = response.bytes() == b"doctor";
            let (verdict, detail) = if status != StatusCode::PARTIAL_CONTENT {
                (Verdict::Ignored, "the whole object is returned")
            } else if is_part && content_range.is_some_and(|range| range == expected) {
                (Verdict::Supported, "206 with the range")
            } else {
                (Verdict::Differs, "206 with another range")
            };
            exam.row("range", verdict, detail);
        }
        Err(error) => exam.failed("range", &error),
    }
    let headers = [("range", "bytes=8-13"), ("if-match", WRONG_ETAG)];
    let sent = exam.get(key, &headers).await;
    exam.expect_rejection(
        "range_if_match",
        sent,
        412,
        "downloads can be resumed",
        "a range of a changed object is returned, so downloads cannot be resumed safely",
    );
}

/// The deletion of one object, and of several with one request.
pub(super) async fn check_deletes(exam: &mut Examination) {
    let key = exam.key(OBJECT);
    let request = exam.object_request(Method::DELETE, &key, &[]);
    match exam.ask(request).await {
        Ok(_) => check_deleted(exam, "delete_object", &key).await,
        Err(error) => exam.failed("delete_object", &error),
    }
    let key = exam.key("bulk");
    if let Err(error) = exam.put(&key, &[], CONTENT).await {
        return exam.failed("delete_objects", &error);
    }
    let list = format!("<Delete><Object><Key>{key}</Key></Object></Delete>");
    let mut request = exam.bucket_request(Method::POST, &[("delete", "")]);
    request.set_header("content-md5", &base64(&md5(list.as_bytes())));
    let sent = exam.ask(request.with_body(list.into())).await;
    match sent.and_then(|response| response.xml("DeleteResult")) {
        Ok(_) => check_deleted(exam, "delete_objects", &key).await,
        Err(error) => exam.failed("delete_objects", &error),
    }
}

async fn check_deleted(exam: &mut Examination, name: &'static str, key: &str) {
    match exam.get(key, &[]).await {
        Ok(_) => exam.row(name, Verdict::Ignored, "the object still exists"),
        Err(error) if error.status() == Some(StatusCode::NOT_FOUND) => {
            exam.row(name, Verdict::Supported, "the object no longer exists");
        }
        Err(error) => exam.failed(name, &error),
    }
}
