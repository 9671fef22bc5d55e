//! The JSON of an explanation: its names are stable.

use std::time::Duration;

use serde_json::{Value, json};
use slim_s3::explain::Explanation;

use super::{CUSTOMER_KEY, TOKEN, aws, credentials, published, published_get, with_secrets};

fn parsed(text: &str) -> Value {
    assert!(!text.contains('\n'), "{text}");
    serde_json::from_str(text).unwrap()
}

/// The names of an object, sorted.
fn names(value: &Value) -> Vec<&str> {
    let mut names: Vec<&str> = value
        .as_object()
        .unwrap()
        .keys()
        .map(String::as_str)
        .collect();
    names.sort_unstable();
    names
}

#[test]
fn the_names_are_stable() {
    let json = parsed(
        &published_get()
            .unmasked()
            .with_keys(&credentials())
            .to_json(),
    );
    assert_eq!(
        names(&json),
        [
            "access_key_id",
            "authorization",
            "canonical_query",
            "canonical_request",
            "canonical_request_sha256",
            "canonical_uri",
            "chunks",
            "credential_scope",
            "date",
            "expires",
            "headers",
            "keys",
            "kind",
            "masked",
            "method",
            "payload_hash",
            "region",
            "service",
            "signature",
            "signed_headers",
            "spans",
            "string_to_sign",
            "url",
        ]
    );
    let header = ["name", "reason", "rule", "signed", "value"];
    assert_eq!(names(&json["headers"][0]), header);
    let span = ["end", "line", "name", "origin", "start", "text"];
    assert_eq!(names(&json["spans"][0]), span);
    let keys = ["date_key", "region_key", "service_key", "signing_key"];
    assert_eq!(names(&json["keys"]), keys);
}

#[test]
fn the_values_are_the_published_ones() {
    let json = parsed(&published_get().with_signature().to_json());
    let signature = "f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41";
    for (name, expected) in [
        ("kind", json!("header")),
        ("method", json!("GET")),
        (
            "url",
            json!("https://examplebucket.s3.amazonaws.com/test.txt"),
        ),
        ("canonical_uri", json!("/test.txt")),
        ("canonical_query", json!("")),
        (
            "signed_headers",
            json!("host;range;x-amz-content-sha256;x-amz-date"),
        ),
        ("date", json!("20130524T000000Z")),
        ("region", json!("us-east-1")),
        ("service", json!("s3")),
        ("signature", json!(signature)),
        ("expires", json!(null)),
        ("keys", json!(null)),
        ("chunks", json!(null)),
        ("masked", json!(true)),
    ] {
        assert_eq!(json[name], expected, "{name}");
    }
    let range = json!({
        "name": "range", "value": "bytes=0-9", "signed": true, "rule": "meaning",
        "reason": "signed: it changes what the request means",
    });
    assert_eq!(json["headers"][1], range);
}

#[test]
fn the_spans_are_the_canonical_request_in_parts() {
    for (explanation, length) in [(published_get(), true), (with_secrets(), false)] {
        let json = parsed(&explanation.to_json());
        let spans = json["spans"].as_array().unwrap();
        let text: String = spans
            .iter()
            .map(|span| span["text"].as_str().unwrap())
            .collect();
        assert_eq!(json["canonical_request"], text);
        let document = explanation.canonical_request().to_string();
        assert_eq!(spans.last().unwrap()["end"], document.len());
        assert_eq!(text == document, length);
    }
}

#[test]
fn a_presigned_url_says_when_it_expires() {
    let get = aws().get_object("examplebucket", "test.txt");
    let explanation = get.explain_presigned(published(), Duration::from_secs(86_400));
    let explanation = explanation.unwrap();
    let json = parsed(&explanation.with_signature().to_json());
    assert_eq!(json["kind"], "presigned");
    assert_eq!(json["expires"], 86_400);
    assert_eq!(json["url"], explanation.url());
    assert_eq!(json["authorization"], Value::Null);
}

#[test]
fn secrets_are_masked_unless_a_method_asks_for_them() {
    let explanation = with_secrets();
    let signature = explanation.signature().unwrap().to_hex();
    let json = |text: String| {
        let _ = parsed(&text);
        text
    };
    let forms = |view: slim_s3::explain::View<'_, Explanation>| {
        [view.to_string(), json(view.to_json()), view.to_html()]
    };
    for text in forms(explanation.masked()) {
        for secret in [TOKEN, CUSTOMER_KEY, signature.as_str()] {
            assert!(!text.contains(secret), "{secret} is in {text}");
        }
    }
    for text in forms(explanation.with_signature()) {
        assert!(text.contains(&signature), "{text}");
        assert!(
            !text.contains(TOKEN) && !text.contains(CUSTOMER_KEY),
            "{text}"
        );
    }
    for text in forms(explanation.unmasked()) {
        for secret in [TOKEN, CUSTOMER_KEY, signature.as_str()] {
            assert!(text.contains(secret), "{secret} is not in {text}");
        }
    }
    let [.., key] = explanation.derive_keys(&credentials()).unwrap();
    for text in forms(explanation.unmasked()) {
        assert!(!text.contains(&key.to_hex()), "{text}");
    }
    for text in forms(explanation.masked().with_keys(&credentials())) {
        assert!(text.contains(&key.to_hex()), "{text}");
    }
}
