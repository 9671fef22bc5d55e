//! Upload forms.

use std::time::Duration;

use slim_s3::PostPolicy;
use slim_s3::explain::ConditionSource;

use super::{TOKEN, client, credentials, published};

const HOUR: Duration = Duration::from_secs(3600);

fn policy() -> PostPolicy {
    let credentials = credentials().with_session_token(TOKEN);
    client("http://127.0.0.1:9000", credentials)
        .post_policy("photos")
        .key_starts_with("up/<script>")
        .content_type("image/jpeg")
        .content_length_range(1..=1024)
}

#[test]
fn the_explanation_is_of_the_form_that_presign_returns() {
    let explanation = policy().explain(published(), HOUR).unwrap();
    let form = policy().presign(published(), HOUR).unwrap();
    assert!(explanation.form().fields().eq(form.fields()));
    let field = |wanted: &str| {
        let mut fields = form.fields();
        fields.find(|(name, _)| *name == wanted).unwrap().1
    };
    assert_eq!(explanation.string_to_sign(), field("policy"));
    assert_eq!(explanation.signature().to_hex(), field("x-amz-signature"));
    assert_eq!(explanation.expires_at(), form.expires_at());
    let [.., key] = explanation.derive_keys(&credentials());
    let signature = key.sign_policy(&explanation.string_to_sign());
    assert_eq!(explanation.signature(), &signature);
}

#[test]
fn the_conditions_are_those_of_the_document() {
    let explanation = policy().explain(published(), HOUR).unwrap();
    let conditions = explanation.conditions();
    let texts: Vec<String> = conditions.iter().map(|one| one.to_json()).collect();
    let document = explanation.document().to_json();
    let expected = format!(
        "{{\"expiration\": \"2013-05-24T01:00:00Z\", \"conditions\": [{}]}}",
        texts.join(", ")
    );
    assert_eq!(document, expected);
    let sources: Vec<_> = conditions
        .iter()
        .map(|one| (one.field(), one.source()))
        .collect();
    assert_eq!(
        sources,
        [
            ("bucket", ConditionSource::Bucket),
            ("key", ConditionSource::Setter),
            ("Content-Type", ConditionSource::Setter),
            ("content-length-range", ConditionSource::Setter),
            ("x-amz-algorithm", ConditionSource::Signature),
            ("x-amz-credential", ConditionSource::Signature),
            ("x-amz-date", ConditionSource::Signature),
            ("x-amz-security-token", ConditionSource::Signature),
        ]
    );
}

#[test]
fn a_form_prints_without_its_secrets() {
    let explanation = policy().explain(published(), HOUR).unwrap();
    let secrets = [
        TOKEN.to_owned(),
        explanation.string_to_sign(),
        explanation.signature().to_hex(),
    ];
    let printed = |text: String, json: String, html: String| [text, json, html];
    let masked = printed(
        explanation.to_string(),
        explanation.to_json(),
        explanation.to_html(),
    );
    let view = explanation.unmasked();
    let unmasked = printed(view.to_string(), view.to_json(), view.to_html());
    for secret in &secrets {
        for text in masked.iter().chain([&format!("{explanation:?}")]) {
            assert!(!text.contains(secret), "{secret} is in {text}");
        }
        for text in &unmasked {
            assert!(text.contains(secret), "{secret} is not in {text}");
        }
    }
    let json: serde_json::Value = serde_json::from_str(&masked[1]).unwrap();
    assert_eq!(json["kind"], "post_policy");
    assert_eq!(json["access_key_id"], super::ACCESS_KEY_ID);
    assert_eq!(json["conditions"][0]["condition"]["bucket"], "photos");
    assert_eq!(json["conditions"][1]["condition"][2], "up/<script>");
    assert_eq!(json["fields"][0]["name"], "key");
    assert_eq!(json["keys"], serde_json::Value::Null);
    super::html::assert_page(&masked[2]);
    super::html::assert_page(&unmasked[2]);
}
