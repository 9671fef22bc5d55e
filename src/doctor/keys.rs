//! Keys that some stores change: leading, repeated and trailing slashes, and odd characters.

use http::Method;

use super::examination::Examination;
use super::objects::CONTENT;
use super::report::Verdict;
use crate::error::{Error, escaped};

pub(super) async fn check(exam: &mut Examination) {
    let odd = exam.key("a b+c%20d&e='é'!~");
    check_key(exam, "odd_characters", &odd, CONTENT).await;
    // The prefix that a listing returns does not show whether its keys are encoded.
    if exam.confirms_encoding && exam.verdict("encoding_type") != Some(Verdict::Supported) {
        let query = [
            ("list-type", "2"),
            ("encoding-type", "url"),
            ("prefix", odd.as_str()),
        ];
        let listed = keys_of(exam, &query).await;
        exam.lists_raw_keys = listed.is_ok_and(|keys| keys.contains(&odd));
    }
    let leading = format!("/{}", exam.key("leading"));
    check_key(exam, "leading_slash", &leading, CONTENT).await;
    let double = exam.key("double//slash");
    check_key(exam, "double_slash", &double, CONTENT).await;
    let trailing = exam.key("trailing/");
    check_key(exam, "trailing_slash", &trailing, CONTENT).await;
}

/// Writes an object under a key, reads it, and looks for its key in a listing.
async fn check_key(exam: &mut Examination, name: &'static str, key: &str, content: &'static str) {
    if let Err(error) = exam.put(key, &[], content).await {
        return exam.failed(name, &error);
    }
    let is_read = match exam.get(key, &[]).await {
        Ok(response) => response.bytes() == content.as_bytes(),
        Err(error) => return exam.failed(name, &error),
    };
    let start: String = key
        .trim_start_matches('/')
        .chars()
        .take(exam.prefix.len() + 3)
        .collect();
    let mut listed = Vec::new();
    for prefix in [key, &start] {
        match list(exam, prefix).await {
            Ok(keys) => listed.extend(keys),
            Err(error) => return exam.failed(name, &error),
        }
    }
    let is_listed = listed.iter().any(|found| found == key);
    let other = listed.iter().find(|found| *found != key);
    let (verdict, detail) = match (is_read, is_listed, other) {
        (true, true, _) => (Verdict::Supported, "stored as it is".to_owned()),
        (false, ..) => (Verdict::Differs, "the content is lost".to_owned()),
        (_, _, Some(other)) => {
            let other = escaped(other.strip_prefix(&exam.prefix).unwrap_or(other), 60);
            (Verdict::Differs, format!("stored as …{other}"))
        }
        (_, _, None) => (Verdict::Differs, "stored, but not listed".to_owned()),
    };
    exam.row(name, verdict, detail);
}

/// The keys that begin with `prefix`, on one page.
pub(super) async fn list(exam: &mut Examination, prefix: &str) -> Result<Vec<String>, Error> {
    keys_of(exam, &[("list-type", "2"), ("prefix", prefix)]).await
}

/// The keys of a listing, as the response has them.
async fn keys_of(exam: &mut Examination, query: &[(&str, &str)]) -> Result<Vec<String>, Error> {
    let response = exam.ask(exam.bucket_request(Method::GET, query)).await?;
    let document = response.xml("ListBucketResult")?;
    let mut keys = Vec::new();
    for object in document.children("Contents") {
        keys.push(object.text("Key")?.to_owned());
    }
    Ok(keys)
}
