//! Encryption with keys of the store.

use super::examination::Examination;
use super::objects::{CONTENT, OBJECT};
use super::report::Verdict;

const NAME: &str = "sse_s3";
const HEADER: &str = "x-amz-server-side-encryption";

pub(super) async fn check(exam: &mut Examination) {
    let key = exam.key(OBJECT);
    match exam.put(&key, &[(HEADER, "AES256")], CONTENT).await {
        Ok(put) if put.header(HEADER).is_some() => {
            exam.row(NAME, Verdict::Supported, "confirmed");
        }
        Ok(_) => {
            let detail = "accepted, but not confirmed: the object is probably not encrypted";
            exam.row(NAME, Verdict::Ignored, detail);
        }
        Err(error) => exam.failed(NAME, &error),
    }
}
