//! Listings, their encoding, and versions.

use http::Method;

use super::examination::Examination;
use super::report::Verdict;
use crate::error::{Error, escaped};
use crate::response::Response;

pub(super) async fn check(exam: &mut Examination) {
    check_document(
        exam,
        "list_objects_v2",
        &[("list-type", "2"), ("max-keys", "1")],
        "ListBucketResult",
    )
    .await;
    check_encoding(exam).await;
    check_versioning(exam).await;
    check_document(
        exam,
        "list_object_versions",
        &[("versions", ""), ("max-keys", "1")],
        "ListVersionsResult",
    )
    .await;
    check_document(
        exam,
        "list_multipart_uploads",
        &[("uploads", ""), ("max-uploads", "1")],
        "ListMultipartUploadsResult",
    )
    .await;
}

async fn check_document(
    exam: &mut Examination,
    name: &'static str,
    query: &[(&str, &str)],
    root: &str,
) {
    let sent = exam.ask(exam.bucket_request(Method::GET, query)).await;
    match sent.and_then(|response| response.xml(root)) {
        Ok(_) => exam.row(name, Verdict::Supported, format!("returns a {root}")),
        Err(error) => exam.failed(name, &error),
    }
}

/// The listing returns the prefix of the request, encoded as its keys are.
async fn check_encoding(exam: &mut Examination) {
    const NAME: &str = "encoding_type";
    let prefix = exam.key("a b+%");
    let query = [
        ("list-type", "2"),
        ("max-keys", "1"),
        ("encoding-type", "url"),
        ("prefix", &prefix),
    ];
    let sent = exam.ask(exam.bucket_request(Method::GET, &query)).await;
    let read = |response: Response| -> Result<(bool, Option<String>), Error> {
        let document = response.xml("ListBucketResult")?;
        let stated = document.optional_text("EncodingType")?;
        let is_stated = stated.is_some_and(|text| text.trim() == "url");
        let prefix = document.optional_text("Prefix")?;
        Ok((is_stated, prefix.map(str::to_owned)))
    };
    let (is_stated, returned) = match sent.and_then(read) {
        Ok(found) => found,
        Err(error) => return exam.failed(NAME, &error),
    };
    exam.confirms_encoding = is_stated;
    let is_raw = returned.as_deref() == Some(prefix.as_str());
    let is_encoded = returned
        .as_deref()
        .is_some_and(|text| text.ends_with("b%2B%25"));
    let (verdict, detail) = match (is_stated, is_raw, is_encoded) {
        (true, _, true) => (
            Verdict::Supported,
            "keys in listings are URL-encoded".to_owned(),
        ),
        (false, true, _) => (Verdict::Ignored, "keys are not encoded".to_owned()),
        (true, true, _) => (
            Verdict::Differs,
            // Ceph encodes the keys.
            "confirmed, but the prefix is not encoded".to_owned(),
        ),
        (false, _, true) => (
            Verdict::Differs,
            "keys are encoded, but the response does not say so".to_owned(),
        ),
        (_, _, _) => {
            let returned = escaped(returned.as_deref().unwrap_or_default(), 60);
            let detail = format!("the prefix is returned as {returned:?}");
            (Verdict::Unknown, detail)
        }
    };
    exam.row(NAME, verdict, detail);
}

async fn check_versioning(exam: &mut Examination) {
    const NAME: &str = "versioning";
    let sent = exam
        .ask(exam.bucket_request(Method::GET, &[("versioning", "")]))
        .await;
    let status = sent
        .and_then(|response| response.xml("VersioningConfiguration"))
        .and_then(|document| Ok(document.optional_text("Status")?.map(str::to_owned)));
    match status {
        Ok(status) => {
            let detail = match status.as_deref() {
                Some("Enabled") => "enabled: every write adds a version",
                Some("Suspended") => "suspended: old versions are kept",
                _ => "not enabled in this bucket",
            };
            exam.made.has_versions |= status.is_some();
            exam.row(NAME, Verdict::Supported, detail);
        }
        Err(error) => exam.failed(NAME, &error),
    }
}
