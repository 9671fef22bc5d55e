//! The request that docs/signing signs in a shell, sent to the store.

use super::presigned::run_curl;
use super::read;
use crate::guide::{blocks, chapters};
use crate::support::live::{address, is_https, keys, region, with_bucket};

/// The blocks of this language in the chapters up to the one that signs a request of the reader's own.
fn lines(language: &str) -> String {
    let chapters = chapters();
    let chapters = chapters.iter().take(5);
    let blocks = chapters.flat_map(|(_, text)| blocks(text));
    let of_language = blocks.filter(|(found, _)| *found == Some(language));
    of_language.map(|(_, lines)| lines).collect()
}

/// Replaces what must be there.
fn replace(text: &str, old: &str, new: &str) -> String {
    assert!(text.contains(old), "{old} is missing in\n{text}");
    text.replace(old, new)
}

fn script(bucket: &str) -> String {
    let (id, secret) = keys();
    let request = replace(&lines("shell"), "/photos/", &format!("/{bucket}/"));
    let request = replace(&request, "us-east-1", &region());
    let request = replace(&request, "127.0.0.1:9000", &address().to_string());
    let scheme = if is_https() { "https://" } else { "http://" };
    let request = replace(&request, "http://", scheme);
    format!(
        "set -eu\n{{\n{}}} >/dev/null\n\
         folder=$(mktemp -d)\ntrap 'rm -r \"$folder\"' EXIT\ncd \"$folder\"\nprintf hello > hello.txt\n\
         access_key_id='{id}' secret_access_key='{secret}'\n{}",
        lines("sh"),
        request.trim_end(),
    )
}

#[tokio::test]
#[ignore = "needs a store: tests/run"]
async fn the_request_of_the_reader_is_accepted_until_one_byte_differs() {
    with_bucket(|s3, bucket| async move {
        let script = script(&bucket);
        let (status, response) = run_curl(&script, b"");
        let response = String::from_utf8(response).unwrap();
        assert_eq!(status, 200, "{response}");
        assert!(response.to_lowercase().contains("\netag:"), "{response}");
        assert_eq!(read(&s3, &bucket, "2026/café (1).txt").await, "hello");

        let changed = replace(
            &script,
            "content-type:text/plain\n",
            "content-type:text/plai\n",
        );
        let (status, response) = run_curl(&changed, b"");
        let response = String::from_utf8(response).unwrap();
        assert_eq!(status, 403, "{response}");
        assert!(response.contains("SignatureDoesNotMatch"), "{response}");
    })
    .await;
}
