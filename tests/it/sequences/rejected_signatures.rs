//! The line of an error about a signature names the cause that the store's quote proves, and no more.

use slim_s3::sigv4::Signing;
use slim_s3::{AmzDate, Body, Call, Client, Credentials, PayloadHash, operation::PutObject};

use crate::support::script::{error_document, play, response};

const SAME_TEXT: &str = "the store has signed the same text: the secret access key is not";
const OTHER_TEXT: &str = "the store has signed another text: signature_mismatch() shows";
const CHANGED_BODY: &str = "the body was changed after it was signed";

/// An upload that is sent in signed chunks, or as it is.
fn put(s3: &Client, is_chunked: bool) -> Call<PutObject> {
    match is_chunked {
        false => s3.put_object("bucket", "key", "data"),
        true => {
            let body = Body::reader(4, &b"data"[..]);
            let put = s3.put_object("bucket", "key", body);
            put.payload_hash(PayloadHash::Streaming)
        }
    }
}

/// What a store quotes.
struct Quote {
    canonical_request: String,
    string_to_sign: String,
    signature: String,
    access_key_id: String,
}

impl Quote {
    fn of(signing: &Signing) -> Quote {
        Quote {
            canonical_request: signing.canonical_request.to_string(),
            string_to_sign: signing.string_to_sign.to_string(),
            signature: signing.signature.to_hex(),
            access_key_id: signing.access_key_id.to_string(),
        }
    }

    /// As AWS and versitygw write it.
    fn into_body(self) -> String {
        let quoted = format!(
            "<AWSAccessKeyId>{}</AWSAccessKeyId><StringToSign>{}</StringToSign><SignatureProvided>{}</SignatureProvided>\
             <CanonicalRequest>{}</CanonicalRequest></Error>",
            self.access_key_id, self.string_to_sign, self.signature, self.canonical_request
        );
        error_document("SignatureDoesNotMatch").replace("</Error>", &quoted)
    }
}

/// Asserts what the line says of these words, if the store quotes what was signed after `change`.
async fn assert_line(is_chunked: bool, expected: &str, change: impl Fn(&mut Quote)) {
    let at = AmzDate::parse("20260102T030405Z").unwrap();
    let server = play([]).await;
    let s3 = server.builder().clock(move || at.into());
    let s3 = s3.credentials(Credentials::new("AKID", "secret"));
    let s3 = s3.build().unwrap();
    let explanation = put(&s3, is_chunked).explain(at).unwrap();
    let mut quote = Quote::of(explanation.signing().unwrap());
    change(&mut quote);
    server.push(response("403 Forbidden", quote.into_body()));
    let error = put(&s3, is_chunked).send().await.unwrap_err();
    let line = error.to_string();
    for words in [SAME_TEXT, OTHER_TEXT, CHANGED_BODY] {
        assert_eq!(line.contains(words), words == expected, "{line}");
    }
}

fn change_hash(quote: &mut Quote) {
    let (start, _) = quote.string_to_sign.rsplit_once('\n').unwrap();
    quote.string_to_sign = format!("{start}\n{}", "0".repeat(64));
}

#[tokio::test]
async fn the_same_text_means_another_secret() {
    for is_chunked in [false, true] {
        assert_line(is_chunked, SAME_TEXT, |_| {}).await;
    }
}

#[tokio::test]
async fn another_text_is_said_to_be_another() {
    for is_chunked in [false, true] {
        assert_line(is_chunked, OTHER_TEXT, change_hash).await;
    }
}

/// The text is the same, and so may be the secret.
#[tokio::test]
async fn another_signature_or_access_key_proves_nothing_about_the_secret() {
    assert_line(false, "", |quote| quote.signature = "0".repeat(64)).await;
    assert_line(false, "", |quote| quote.access_key_id = "OTHER".to_owned()).await;
}

#[tokio::test]
async fn a_rejected_chunk_is_a_changed_body() {
    let change = |quote: &mut Quote| {
        let text = &quote.string_to_sign;
        quote.string_to_sign = text.replacen("SHA256", "SHA256-PAYLOAD", 1);
        change_hash(quote);
    };
    assert_line(true, CHANGED_BODY, change).await;
    assert_line(false, "", change).await;
}
