//! Keys and queries in the request target.

use super::{OK, received};
use crate::support::encoding::percent_decode;
use crate::support::server::{Received, builder, client, record};
use crate::support::verifier::verify;

async fn put_and_receive(key: &str) -> Received {
    let (request, body) =
        received(|s3| async move { s3.put_object("bucket", key, "x").send().await.map(drop) })
            .await;
    assert_eq!(body, b"x");
    request
}

#[tokio::test]
async fn keys_of_every_character_are_sent_as_signed() {
    let mut keys: Vec<String> = (' '..='~')
        .map(|character| format!("a{character}b"))
        .collect();
    keys.extend((1..=0x1f_u8).map(|control| format!("a{}b", char::from(control))));
    let odd = [
        "é",
        "e\u{301}",
        "日本語",
        "😀",
        "\u{7f}",
        "\u{feff}bom",
        " ",
        " a ",
        "+",
        "%",
        "%20",
        "a%2Fb",
        "a//b",
        "a/",
        "a//",
        ".hidden",
        "...",
        "..a",
        "a..b",
        "a?b=c&d#e",
        "\\",
        "a\\..\\b",
        "~",
        "C:\\x",
        "http://x/",
        "a\tb\nc\rd",
        "%2e%2e",
        "%2E/x",
    ];
    keys.extend(odd.map(str::to_owned));
    keys.push("ü".repeat(512));
    println!("{} keys", keys.len());
    for key in keys {
        let request = put_and_receive(&key).await;
        let path = request.target.strip_prefix("/bucket/").unwrap();
        assert_eq!(percent_decode(path), key.as_bytes(), "{path}");
    }
}

#[tokio::test]
async fn keys_with_dot_segments_are_not_sent() {
    let (address, requests) = record(OK, "").await;
    for key in [".", "..", "a/./b", "a/../b", "../a", "a/..", "./a", "/../x"] {
        let s3 = builder(address).allow_leading_slash().build().unwrap();
        let error = s3
            .put_object("bucket", key, "x")
            .send()
            .await
            .unwrap_err()
            .to_string();
        assert!(error.contains("would act on another object"), "{error}");
        // Signed anyway: another HTTP client may send it unchanged.
        let signed = s3.put_object("bucket", key, "x").sign(s3.now()).unwrap();
        assert_eq!(signed.uri().path(), format!("/bucket/{key}"));
    }
    assert!(requests.lock().unwrap().is_empty());
}

#[tokio::test]
async fn a_leading_slash_is_not_sent_by_default() {
    let (address, requests) = record(OK, "").await;
    let error = client(address)
        .put_object("bucket", "/a", "x")
        .send()
        .await
        .unwrap_err()
        .to_string();
    assert!(
        error.contains("begins with a slash") && error.contains("allow_leading_slash"),
        "{error}"
    );
    assert!(requests.lock().unwrap().is_empty());
}

#[tokio::test]
async fn a_leading_slash_is_kept_where_it_is_allowed() {
    for key in ["/a", "//a", "/", "//"] {
        let (address, requests) = record(OK, "").await;
        let s3 = builder(address).allow_leading_slash().build().unwrap();
        s3.put_object("bucket", key, "x").send().await.unwrap();
        let request = requests.lock().unwrap().pop().unwrap();
        verify(&request);
        assert_eq!(request.target, format!("/bucket/{key}"));
    }
}

#[tokio::test]
async fn queries_are_sent_as_signed() {
    let (request, _) = received(|s3| async move {
        let call = s3
            .get_object("bucket", "key")
            .version_id("a+b/c=d e~é")
            .query("response-content-type", "text/plain; charset=utf-8");
        call.query("b", "")
            .query("a-b", "1")
            .query("a", "1")
            .send()
            .await
            .map(drop)
    })
    .await;
    assert_eq!(
        request.target,
        "/bucket/key?a=1&a-b=1&b=&response-content-type=text%2Fplain%3B%20charset%3Dutf-8&versionId=a%2Bb%2Fc%3Dd%20e~%C3%A9"
    );
    let (request, _) = received(|s3| async move {
        s3.abort_multipart_upload("bucket", "key", "VXBsb2Fk/+==")
            .send()
            .await
            .map(drop)
    })
    .await;
    assert_eq!(request.target, "/bucket/key?uploadId=VXBsb2Fk%2F%2B%3D%3D");
}
