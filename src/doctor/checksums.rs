//! Checksums of objects: whether the store compares them, and keeps them.

use http::Method;

use super::examination::Examination;
use super::objects::{CONTENT, OBJECT};
use super::report::Verdict;
use crate::crypto::{base64, sha256};

/// The CRC-32 of [`CONTENT`], in base64: a program without the feature `checksums` cannot compute it.
pub(super) const CONTENT_CRC32: &str = "eP80Mg==";

pub(super) async fn check(exam: &mut Examination) {
    let (right, wrong) = (CONTENT_CRC32, "AAAAAA==");
    check_checksum(
        exam,
        "checksum_crc32",
        "x-amz-checksum-crc32",
        [right, wrong],
    )
    .await;
    let (right, wrong) = (sha256(CONTENT.as_bytes()), sha256(b"other content"));
    check_checksum(
        exam,
        "checksum_sha256",
        "x-amz-checksum-sha256",
        [&base64(&right), &base64(&wrong)],
    )
    .await;
}

async fn check_checksum(
    exam: &mut Examination,
    name: &'static str,
    header: &str,
    [right, wrong]: [&str; 2],
) {
    let key = exam.key(OBJECT);
    let put = match exam.put(&key, &[(header, right)], CONTENT).await {
        Ok(put) => put,
        Err(error) => return exam.failed(name, &error),
    };
    let is_confirmed = put.header(header) == Some(right);
    let mut request = exam.object_request(Method::HEAD, &key, &[]);
    request.set_header("x-amz-checksum-mode", "ENABLED");
    let head = exam.ask(request).await;
    let is_stored = head.is_ok_and(|head| head.header(header) == Some(right));
    let sent = exam.put(&key, &[(header, wrong)], CONTENT).await;
    let stored = if is_stored { "stored" } else { "not stored" };
    let (verdict, detail) = match sent {
        Err(error) if error.status().is_some_and(|status| status == 400) => {
            let is_complete = is_stored && is_confirmed;
            let verdict = match is_complete {
                true => Verdict::Supported,
                false => Verdict::Differs,
            };
            let cause = error.cause();
            (verdict, format!("verified ({cause}), and {stored}"))
        }
        Err(error) => return exam.failed(name, &error),
        Ok(_) => (
            Verdict::Ignored,
            format!("not verified: a wrong one is accepted; {stored}"),
        ),
    };
    exam.row(name, verdict, detail);
}
