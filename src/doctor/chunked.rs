//! Bodies in signed chunks, as streams over http are sent.

use std::io::Cursor;

use http::Method;

use super::examination::Examination;
use super::objects::CONTENT;
use super::report::Verdict;
use crate::body::Body;
use crate::sigv4::PayloadHash;

const NAME: &str = "aws_chunked";

pub(super) async fn check(exam: &mut Examination) {
    if exam.credentials.is_none() {
        exam.row(NAME, Verdict::Skipped, "requests are anonymous");
        return;
    }
    let key = exam.key("chunked");
    let mut request = exam.object_request(Method::PUT, &key, &[]);
    request.payload_hash = Some(PayloadHash::Streaming);
    request.body = Body::reader(CONTENT.len() as u64, Cursor::new(CONTENT));
    exam.note_key(&key);
    if let Err(error) = exam.ask(request).await {
        return exam.failed(NAME, &error);
    }
    let response = match exam.get(&key, &[]).await {
        Ok(response) => response,
        Err(error) => return exam.failed(NAME, &error),
    };
    let encoding = response.header_string("content-encoding");
    let is_kept = encoding.is_some_and(|encoding| encoding.contains("aws-chunked"));
    let (verdict, detail) = match response.bytes() == CONTENT.as_bytes() {
        false => (
            Verdict::Ignored,
            "the chunk signatures are stored as content",
        ),
        true if is_kept => (
            Verdict::Differs,
            "decoded, but Content-Encoding keeps aws-chunked",
        ),
        true => (
            Verdict::Supported,
            "decoded, and removed from Content-Encoding",
        ),
    };
    exam.row(NAME, verdict, detail);
}
