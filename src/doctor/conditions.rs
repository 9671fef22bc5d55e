//! Conditions on writes, which some stores ignore: the write then overwrites or deletes what it should not.

use http::Method;

use super::examination::Examination;
use super::objects::{CONTENT, OBJECT, WRONG_ETAG};
use super::report::Verdict;

const HONOURED: &str = "honoured";
const OVERWRITTEN: &str = "the object is overwritten whether or not the condition is met";

pub(super) async fn check(exam: &mut Examination) {
    let key = exam.key(OBJECT);
    let copy = exam.key("copy");
    let source = format!("/{}/{key}", exam.bucket);
    let copied = exam.put(&copy, &[("x-amz-copy-source", &source)], "").await;
    let copied = copied.and_then(|response| response.xml("CopyObjectResult"));
    let is_copied = copied.is_ok();
    match copied {
        Ok(_) => exam.row("copy_object", Verdict::Supported, "within the bucket"),
        Err(error) => exam.failed("copy_object", &error),
    }
    let sent = exam.put(&key, &[("if-none-match", "*")], CONTENT).await;
    exam.expect_rejection("put_if_none_match", sent, 412, HONOURED, OVERWRITTEN);
    check_put_if_match(exam, &key).await;

    if is_copied {
        let headers = [
            ("x-amz-copy-source", source.as_str()),
            ("if-none-match", "*"),
        ];
        let sent = exam.put(&copy, &headers, "").await;
        exam.expect_rejection("copy_if_none_match", sent, 412, HONOURED, OVERWRITTEN);
    } else {
        let detail = "copy_object was not supported";
        exam.row("copy_if_none_match", Verdict::Skipped, detail);
    }
    let deleted = exam.key("condition");
    if let Err(error) = exam.put(&deleted, &[], CONTENT).await {
        return exam.failed("delete_if_match", &error);
    }
    let request = exam.object_request(Method::DELETE, &deleted, &[("if-match", WRONG_ETAG)]);
    let sent = exam.ask(request).await;
    let ignored = "the object is deleted whether or not the condition is met";
    exam.expect_rejection("delete_if_match", sent, 412, HONOURED, ignored);
}

/// Ceph rejects every ETag in quotes, also the object's own.
async fn check_put_if_match(exam: &mut Examination, key: &str) {
    const NAME: &str = "put_if_match";
    let current = match exam.put(key, &[], CONTENT).await {
        Ok(put) => put.header_string("etag").unwrap_or_default(),
        Err(error) => return exam.failed(NAME, &error),
    };
    let wrong = exam.put(key, &[("if-match", WRONG_ETAG)], CONTENT).await;
    let right = exam.put(key, &[("if-match", &current)], CONTENT).await;
    match right {
        Err(error) if error.is_precondition_failed() && wrong.is_err() => {
            let detail = "the object's own ETag is rejected too";
            exam.row(NAME, Verdict::Differs, detail);
        }
        _ => exam.expect_rejection(NAME, wrong, 412, HONOURED, OVERWRITTEN),
    }
}
