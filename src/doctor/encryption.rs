//! Encryption with keys of the store, of a key management service, and of the caller.

use zeroize::Zeroizing;

use super::examination::Examination;
use super::objects::{CONTENT, OBJECT};
use super::report::Verdict;
use super::verdict::verdict_of;
use crate::crypto::{base64, md5};
use crate::error::{Error, escaped};

const HEADER: &str = "x-amz-server-side-encryption";
const CUSTOMER_ALGORITHM: &str = "x-amz-server-side-encryption-customer-algorithm";
const CUSTOMER_KEY: &str = "x-amz-server-side-encryption-customer-key";
const CUSTOMER_KEY_MD5: &str = "x-amz-server-side-encryption-customer-key-md5";

pub(super) async fn check(exam: &mut Examination) {
    let key = exam.key(OBJECT);
    check_managed(exam, "sse_s3", &key, "AES256").await;
    // An object of its own: whoever may use a key to encrypt may not be permitted to decrypt.
    let key = exam.key("kms");
    check_managed(exam, "sse_kms", &key, "aws:kms").await;
    check_customer_key(exam).await;
}

async fn check_managed(exam: &mut Examination, name: &'static str, key: &str, algorithm: &str) {
    let put = match exam.put(key, &[(HEADER, algorithm)], CONTENT).await {
        Ok(put) => put,
        Err(error) => return exam.failed(name, &error),
    };
    let (verdict, detail) = match put.header(HEADER) {
        Some(confirmed) if confirmed == algorithm => (Verdict::Supported, "confirmed".to_owned()),
        Some(other) => {
            let detail = format!("confirmed as {}", escaped(other, 40));
            (Verdict::Differs, detail)
        }
        None => {
            let detail = "accepted, but not confirmed: the object is probably not encrypted";
            (Verdict::Ignored, detail.to_owned())
        }
    };
    exam.row(name, verdict, detail);
}

/// Writes an object with a key that is made for it, and reads it with the key and without.
async fn check_customer_key(exam: &mut Examination) {
    const NAME: &str = "sse_c";
    if !exam.client.is_https() {
        let detail = "a customer key is never sent over http";
        exam.row(NAME, Verdict::Skipped, detail);
        return;
    }
    // The content is no secret, so the key need not be hard to guess.
    let mut secret = Zeroizing::new([0; 32]);
    fastrand::fill(&mut *secret);
    let text = Zeroizing::new(base64(&*secret));
    let text_md5 = base64(&md5(&*secret));
    let headers = [
        (CUSTOMER_ALGORITHM, "AES256"),
        (CUSTOMER_KEY, text.as_str()),
        (CUSTOMER_KEY_MD5, &text_md5),
    ];
    let key = exam.key("customer-key");
    let put = match exam.put(&key, &headers, CONTENT).await {
        Ok(put) => put,
        Err(error) => {
            let (verdict, detail) = without_message(&error);
            return exam.row(NAME, verdict, detail);
        }
    };
    let is_confirmed = put.header(CUSTOMER_KEY_MD5) == Some(text_md5.as_str());
    let without_key = exam.get(&key, &[]).await;
    let with_key = exam.get(&key, &headers).await;
    let is_content = |bytes: &[u8]| bytes == CONTENT.as_bytes();
    let (verdict, detail) = match (without_key, with_key) {
        (Ok(read), _) if is_content(read.bytes()) => (
            Verdict::Ignored,
            "accepted, but the object can be read without the key".to_owned(),
        ),
        (_, Err(error)) => without_message(&error),
        (_, Ok(read)) if !is_content(read.bytes()) => (
            Verdict::Differs,
            "the content is not what was written".to_owned(),
        ),
        (Ok(_), _) => (
            Verdict::Differs,
            "without the key, other content is returned".to_owned(),
        ),
        (Err(error), _)
            if !error
                .status()
                .is_some_and(|status| status.is_client_error()) =>
        {
            without_message(&error)
        }
        (Err(_), _) if !is_confirmed => {
            let detail = "works, but the response to the put does not confirm it";
            (Verdict::Differs, detail.to_owned())
        }
        (Err(error), _) => {
            let detail = format!(
                "confirmed; a GET without the key is rejected: {}",
                error.cause()
            );
            (Verdict::Supported, detail)
        }
    };
    exam.row(NAME, verdict, detail);
}

/// The verdict of an error, and a detail without the store's message, which may quote the key.
fn without_message(error: &Error) -> (Verdict, String) {
    let (verdict, _) = verdict_of(error);
    (verdict, error.cause())
}
