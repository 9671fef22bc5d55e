//! An upload in two parts, and one that must not overwrite an object.

use bytes::Bytes;
use http::Method;

use super::examination::Examination;
use super::objects::{CONTENT, OBJECT};
use super::report::Verdict;
use crate::body::Body;
use crate::error::{Error, escaped};
use crate::etag::ETag;
use crate::response::Response;
use crate::xml;

/// The minimum of AWS for all parts but the last.
const FIRST_PART: usize = 5 << 20;

pub(super) async fn check(exam: &mut Examination) {
    let key = exam.key("multipart");
    match upload(exam, &key).await {
        Ok((expected, actual)) => check_content(exam, &key, expected, actual).await,
        Err(error) => {
            exam.failed("multipart", &error);
            let detail = "multipart was not supported";
            exam.row("multipart_etag", Verdict::Skipped, detail);
            exam.row("complete_if_none_match", Verdict::Skipped, detail);
            return;
        }
    }
    let sent = replace_if_absent(exam).await;
    let ignored = "the object is overwritten whether or not the condition is met";
    exam.expect_rejection("complete_if_none_match", sent, 412, "honoured", ignored);
}

/// Uploads two parts. Returns the ETag that AWS would return, and the one that the store returns.
async fn upload(exam: &mut Examination, key: &str) -> Result<(Option<ETag>, Option<ETag>), Error> {
    let id = exam.create_upload(key).await?;
    let first = Bytes::from(vec![b'1'; FIRST_PART]);
    let parts = [
        part(exam, key, &id, 1, first.into()).await?,
        part(exam, key, &id, 2, CONTENT.into()).await?,
    ];
    let completed = complete(exam, key, &id, &parts, &[]).await?;
    let document = completed.xml("CompleteMultipartUploadResult")?;
    let actual = ETag::in_element(&document)?;
    Ok((ETag::composite(&parts), actual))
}

/// Reads a range that begins in one part and ends in the other.
async fn check_content(
    exam: &mut Examination,
    key: &str,
    expected: Option<ETag>,
    actual: Option<ETag>,
) {
    let range = format!("bytes={}-{}", FIRST_PART - 2, FIRST_PART + 3);
    match exam.get(key, &[("range", &range)]).await {
        Ok(response) if response.bytes() == b"11slim" => {
            let detail = "two parts, the first of 5 MiB";
            exam.row("multipart", Verdict::Supported, detail);
        }
        Ok(_) => {
            let detail = "the content is not what was uploaded";
            exam.row("multipart", Verdict::Differs, detail);
        }
        Err(error) => exam.failed("multipart", &error),
    }
    let (verdict, detail) = match (&expected, &actual) {
        (Some(expected), Some(actual)) if expected == actual => (
            Verdict::Supported,
            "the MD5 of the parts' MD5s, and their number".to_owned(),
        ),
        (_, Some(actual)) => {
            let actual = escaped(actual.as_str(), 60);
            (Verdict::Differs, format!("not that of the parts: {actual}"))
        }
        (_, None) => (Verdict::Differs, "the response has none".to_owned()),
    };
    exam.row("multipart_etag", verdict, detail);
}

/// Completes an upload on the key of an object that exists, with a condition that forbids it.
async fn replace_if_absent(exam: &mut Examination) -> Result<Response, Error> {
    let key = exam.key(OBJECT);
    let id = exam.create_upload(&key).await?;
    let parts = [part(exam, &key, &id, 1, CONTENT.into()).await?];
    complete(exam, &key, &id, &parts, &[("if-none-match", "*")]).await
}

async fn part(
    exam: &mut Examination,
    key: &str,
    upload_id: &str,
    number: u8,
    content: Body,
) -> Result<ETag, Error> {
    let request = exam.object_request(Method::PUT, key, &[]);
    let request = request
        .with_query("partNumber", &number.to_string())
        .with_query("uploadId", upload_id)
        .with_body(content);
    exam.ask(request).await?.required_etag()
}

async fn complete(
    exam: &mut Examination,
    key: &str,
    upload_id: &str,
    parts: &[ETag],
    headers: &[(&str, &str)],
) -> Result<Response, Error> {
    let mut list = xml::Writer::new("CompleteMultipartUpload");
    for (index, etag) in parts.iter().enumerate() {
        list.open("Part");
        list.text("PartNumber", &(index + 1).to_string())?;
        list.text("ETag", &etag.to_string())?;
        list.close();
    }
    let request = exam.object_request(Method::POST, key, headers);
    let request = request
        .with_query("uploadId", upload_id)
        .with_body(list.finish().into());
    let completed = exam.ask(request).await?;
    exam.made.uploads.retain(|(_, id)| id != upload_id);
    Ok(completed)
}
