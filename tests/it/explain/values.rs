//! The values of requests and presigned URLs.

use std::time::Duration;

use slim_s3::explain::{Explanation, HeaderRule, Kind, Origin};
use slim_s3::{Client, PayloadHash};

use super::{aws, client, credentials, published, published_get, with_secrets};

fn rules(explanation: &Explanation) -> Vec<(&str, HeaderRule)> {
    let headers = explanation.headers().iter();
    headers
        .map(|header| (header.name(), header.rule()))
        .collect()
}

#[test]
fn the_published_request_has_the_published_values() {
    let explanation = published_get();
    assert_eq!(explanation.kind(), Kind::Header);
    assert_eq!(
        explanation.url(),
        "https://examplebucket.s3.amazonaws.com/test.txt"
    );
    let nothing = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
    assert_eq!(
        explanation.canonical_request().to_string(),
        format!(
            "GET\n/test.txt\n\nhost:examplebucket.s3.amazonaws.com\nrange:bytes=0-9\n\
             x-amz-content-sha256:{nothing}\nx-amz-date:20130524T000000Z\n\n\
             host;range;x-amz-content-sha256;x-amz-date\n{nothing}"
        )
    );
    assert_eq!(
        explanation.string_to_sign().unwrap().to_string(),
        "AWS4-HMAC-SHA256\n20130524T000000Z\n20130524/us-east-1/s3/aws4_request\n\
         7344ae5b7ee6c3e7e6b0fe0640412a37625d1fbfff95c48bbb2dc43964946972"
    );
    assert_eq!(
        explanation.scope().unwrap().to_string(),
        "20130524/us-east-1/s3/aws4_request"
    );
    let [.., signing_key] = explanation.derive_keys(&credentials()).unwrap();
    assert_eq!(
        signing_key.to_hex(),
        "dbb893acc010964918f1fd433add87c70e8b0db6be30c1fbeafefa5ec6ba8378"
    );
    let signature = "f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41";
    assert_eq!(explanation.signature().unwrap().to_hex(), signature);
    assert_eq!(
        explanation.authorization().unwrap(),
        format!(
            "AWS4-HMAC-SHA256 Credential=AKIAIOSFODNN7EXAMPLE/20130524/us-east-1/s3/aws4_request, \
             SignedHeaders=host;range;x-amz-content-sha256;x-amz-date, Signature={signature}"
        )
    );
}

#[test]
fn the_explanation_is_of_what_sign_returns() {
    let s3 = client("http://127.0.0.1:9000", credentials());
    let call = s3
        .put_object("photos", "a b", "meow")
        .content_type("text/plain");
    let call = call.header("cache-control", "no-cache");
    let (explanation, request) = (
        call.explain(published()).unwrap(),
        call.sign(published()).unwrap(),
    );
    assert_eq!(explanation.url(), request.uri().to_string());
    let authorization = request.headers()["authorization"].to_str().unwrap();
    assert_eq!(explanation.authorization().unwrap(), authorization);
    let mut explained: Vec<_> = explanation.headers().iter().collect();
    // The HTTP client adds it.
    assert_eq!(explained.remove(0).value(), "127.0.0.1:9000");
    assert_eq!(explained.len(), request.headers().len() - 1);
    for header in explained {
        assert_eq!(request.headers()[header.name()], *header.value());
    }
}

#[test]
fn each_header_has_the_rule_by_which_it_is_signed_or_left_out() {
    let explanation = with_secrets();
    assert_eq!(
        rules(&explanation),
        [
            ("host", HeaderRule::Host),
            ("x-amz-server-side-encryption-customer-key", HeaderRule::Amz),
            ("x-amz-meta-note", HeaderRule::Amz),
            ("cache-control", HeaderRule::Other),
            ("x-amz-date", HeaderRule::Amz),
            ("x-amz-content-sha256", HeaderRule::Amz),
            ("x-amz-security-token", HeaderRule::Amz),
            ("content-length", HeaderRule::Length),
        ]
    );
    let get = aws().get_object("examplebucket", "k").if_match("\"e\"");
    let explanation = get.range(0..=9).explain(published()).unwrap();
    for name in ["if-match", "range"] {
        assert!(
            rules(&explanation).contains(&(name, HeaderRule::Meaning)),
            "{name}"
        );
    }
    for explanation in [explanation, with_secrets()] {
        let signed = explanation
            .canonical_request()
            .headers
            .signed_headers()
            .to_string();
        let mut names: Vec<&str> = rules(&explanation)
            .into_iter()
            .filter_map(|(name, rule)| rule.is_signed().then_some(name))
            .collect();
        names.sort_unstable();
        assert_eq!(names.join(";"), signed);
    }
}

#[test]
fn an_anonymous_request_has_no_signature() {
    let builder = Client::builder().endpoint("http://127.0.0.1:9000");
    let s3 = builder.anonymous().build().unwrap();
    let get = s3.get_object("photos", "cat.jpg");
    let explanation = get.explain(published()).unwrap();
    assert_eq!(explanation.kind(), Kind::Anonymous);
    assert!(explanation.signing().is_none() && explanation.authorization().is_none());
    assert!(explanation.scope().is_none() && explanation.derive_keys(&credentials()).is_none());
    assert_eq!(rules(&explanation), [("host", HeaderRule::Anonymous)]);
    assert!(explanation.to_html().contains("This GET is not signed"));
    assert!(explanation.to_json().contains("\"kind\":\"anonymous\""));
}

#[test]
fn a_presigned_url_has_the_published_signature() {
    let get = aws().get_object("examplebucket", "test.txt");
    let day = Duration::from_secs(86_400);
    let explanation = get.explain_presigned(published(), day).unwrap();
    assert_eq!(explanation.kind(), Kind::Presigned { expires: day });
    let signature = "aeeed9bbccd4d02ee5c0109b86d86835f995330da4c265957d157751f604d404";
    assert_eq!(explanation.signature().unwrap().to_hex(), signature);
    assert_eq!(
        explanation.url(),
        get.presign(published(), day).unwrap().url()
    );
    assert_eq!(explanation.authorization(), None);
    let request = explanation.canonical_request();
    assert_eq!(request.payload_hash, PayloadHash::Unsigned);
    let text = explanation.to_string();
    let end = "&X-Amz-SignedHeaders=host&X-Amz-Signature=aeee…(64 characters)\n";
    assert!(text.ends_with(end), "{text}");
    let shown = explanation.with_signature().to_string();
    assert!(shown.trim_end().ends_with(signature), "{shown}");
}

#[test]
fn the_holder_of_a_url_must_send_its_headers() {
    let put = aws().put_object("examplebucket", "test.txt", "");
    let put = put
        .content_type("image/jpeg")
        .header("cache-control", "no-cache");
    let minute = Duration::from_secs(60);
    let explanation = put.explain_presigned(published(), minute).unwrap();
    assert_eq!(
        rules(&explanation),
        [
            ("host", HeaderRule::Host),
            ("content-type", HeaderRule::Holder),
            ("cache-control", HeaderRule::Holder),
        ]
    );
    let too_long = put.explain_presigned(published(), Duration::from_secs(604_801));
    assert!(too_long.unwrap_err().to_string().contains("expires"));
}

#[test]
fn the_spans_of_secrets_are_marked() {
    let explanation = with_secrets();
    let document = explanation.canonical_request().to_string();
    let spans = explanation.spans();
    let secret: Vec<&str> = spans
        .iter()
        .filter(|span| span.is_secret())
        .map(|span| &document[span.range.clone()])
        .collect();
    assert_eq!(secret, [super::TOKEN, super::CUSTOMER_KEY]);
    let line = |text: &str| {
        let at = document.find(text).unwrap();
        let span = spans.iter().find(|span| span.range.contains(&at)).unwrap();
        (span.origin, span.line)
    };
    assert_eq!(line("PUT"), (Origin::Method, 1));
    assert_eq!(line("/photos/"), (Origin::Path, 2));
    assert_eq!(line("%3Cb%3E"), (Origin::QueryValue, 3));
    assert_eq!(line("host:"), (Origin::HeaderName, 4));
}

#[test]
fn the_text_lists_headers_that_are_not_signed() {
    let text = with_secrets().to_string();
    for line in [
        "  - cache-control: no-cache                 not signed: a proxy may change it on the way",
        "  - content-length: 4                       not signed: the HTTP client sets it",
    ] {
        assert!(text.contains(line), "{line}\nis not in\n{text}");
    }
}
