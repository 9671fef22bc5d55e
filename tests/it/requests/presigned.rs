//! Presigned URLs and upload forms, as a holder gets them.

use std::time::{Duration, SystemTime};

use serde_json::Value;
use slim_s3::{
    AmzDate, Call, Client, ClientBuilder, Credentials, CustomerKey, Encryption, Operation,
    PayloadHash, PresignedRequest,
};

use super::{client, timestamp};
use crate::support::fixtures::{pairs, rows, text};

const MINUTE: Duration = Duration::from_secs(60);

/// A builder with the keys and the region of a vector.
fn builder(vector: &Value) -> ClientBuilder {
    let credentials = &vector["credentials"];
    let mut keys = Credentials::new(
        text(credentials, "access_key_id"),
        text(credentials, "secret_access_key"),
    );
    if let Some(token) = credentials["session_token"].as_str() {
        keys = keys.with_session_token(token);
    }
    Client::builder()
        .credentials(keys)
        .region(text(vector, "region"))
}

/// The signature covers them with single spaces, but the store keeps what is sent.
#[test]
fn header_values_keep_their_spaces() {
    let put = client().put_object("bucket", "key", "");
    let put = put.metadata("note", "a  b").presign(timestamp(), MINUTE);
    let put = put.unwrap();
    let headers: Vec<(&str, &str)> = put.headers().collect();
    assert_eq!(headers, [("x-amz-meta-note", "a  b")]);
    assert!(put.to_curl().contains("x-amz-meta-note: a  b"));
}

#[test]
fn calls_have_the_published_urls() {
    let vectors = rows("sigv4_presign.json", "cases", 6);
    let mut checked = 0;
    let mut check = |id: &str, presign: &dyn Fn(ClientBuilder, AmzDate) -> PresignedRequest| {
        let vector = vectors.iter().find(|vector| vector["id"] == id).unwrap();
        let at = AmzDate::parse(text(vector, "timestamp")).unwrap();
        let presigned = presign(builder(vector), at);
        assert_eq!(presigned.url(), text(vector, "url"), "{id}");
        assert_eq!(presigned.method(), text(vector, "method"), "{id}");
        let headers: Vec<(&str, &str)> = presigned.headers().collect();
        assert_eq!(headers, pairs(vector, "headers_to_send"), "{id}");
        let seconds = vector["expires"].as_u64().unwrap();
        let expires_at = SystemTime::from(at) + Duration::from_secs(seconds);
        assert_eq!(presigned.expires_at(), expires_at, "{id}");
        checked += 1;
    };
    check("aws-doc-presigned-get", &|builder, at| {
        let s3 = builder
            .endpoint("https://s3.amazonaws.com")
            .build()
            .unwrap();
        let call = s3.get_object("examplebucket", "test.txt");
        call.presign(at, Duration::from_secs(86_400)).unwrap()
    });
    check("get-session-token-overrides", &|builder, at| {
        let s3 = builder.build().unwrap();
        let call = s3
            .get_object("my-bucket", "report final.pdf")
            .version_id("null")
            .response_content_disposition("attachment; filename=\"résumé.pdf\"");
        call.presign(at, Duration::from_secs(3600)).unwrap()
    });
    check("put-signed-content-type", &|builder, at| {
        let s3 = builder.build().unwrap();
        let call = s3
            .put_object("my-bucket", "upload.bin", "")
            .content_type("application/octet-stream")
            .metadata("owner", "alice");
        call.presign(at, Duration::from_secs(604_800)).unwrap()
    });
    check("put-part-path-style-port", &|builder, at| {
        let s3 = builder.endpoint("http://127.0.0.1:9000").build().unwrap();
        let id = "VXBsb2FkIElEIGZvciA2aWWpbmcncyBteS1tb3ZpZS5tMnRzIHVwbG9hZA==";
        let call = s3.upload_part("my-bucket", "big.bin", id, 7, "");
        call.presign(at, Duration::from_secs(900)).unwrap()
    });
    check("head-min-expiry", &|builder, at| {
        let host = "https://0123456789abcdef0123456789abcdef.r2.cloudflarestorage.com";
        let s3 = builder.endpoint(host).build().unwrap();
        let call = s3.head_object("my-bucket", "k");
        // Fractions of a second are dropped.
        call.presign(at, Duration::from_millis(1999)).unwrap()
    });
    check("delete-special-key", &|builder, at| {
        let s3 = builder
            .addressing(slim_s3::Addressing::Path)
            .build()
            .unwrap();
        let call = s3.delete_object("my-bucket", "a b+c/é//x");
        call.presign(at, MINUTE).unwrap()
    });
    assert_eq!(checked, 6);
}

#[test]
fn the_headers_of_a_call_are_signed_and_must_be_sent() {
    let s3 = Client::builder()
        .endpoint("https://127.0.0.1:9000")
        .credentials(super::credentials())
        .build()
        .unwrap();
    let key = CustomerKey::from([7; 32]);
    let call = s3
        .put_object("bucket", "key", "")
        .cache_control("no-cache")
        .content_disposition("attachment")
        .if_none_match("*")
        .encryption(Encryption::Customer(key))
        .header("x-custom", "1")
        .query("x-id", "PutObject")
        .payload_hash(PayloadHash::of(b"data"));
    let presigned = call.presign(timestamp(), MINUTE).unwrap();
    let names: Vec<&str> = presigned.headers().map(|(name, _)| name).collect();
    let expected = [
        "cache-control",
        "content-disposition",
        "if-none-match",
        "x-amz-content-sha256",
        "x-amz-server-side-encryption-customer-algorithm",
        "x-amz-server-side-encryption-customer-key",
        "x-amz-server-side-encryption-customer-key-md5",
        "x-custom",
    ];
    assert_eq!(names, expected);
    let signed = format!(
        "&X-Amz-SignedHeaders={}&x-id=PutObject&",
        expected.join("%3B").replacen("%3Bif-", "%3Bhost%3Bif-", 1)
    );
    assert!(presigned.url().contains(&signed), "{}", presigned.url());
    let hash = PayloadHash::of(b"data").to_string();
    assert!(presigned.headers().any(|(_, value)| value == hash));
}

#[test]
fn buckets_prefixes_and_virtual_hosts_are_presigned() {
    let builder = || Client::builder().credentials(super::credentials());
    fn url<O: Operation>(call: Call<O>) -> String {
        let presigned = call.presign(timestamp(), MINUTE).unwrap();
        presigned.url().split_once('?').unwrap().0.to_owned()
    }
    let prefixed = builder().endpoint("https://proxy.example/s3");
    let prefixed = prefixed.build().unwrap();
    assert_eq!(
        url(prefixed.head_bucket("photos")),
        "https://proxy.example/s3/photos"
    );
    let aws = builder().region("eu-central-1").build().unwrap();
    assert_eq!(
        url(aws.list_objects_v2("photos")),
        "https://photos.s3.eu-central-1.amazonaws.com/"
    );
    assert_eq!(
        url(aws.list_buckets()),
        "https://s3.eu-central-1.amazonaws.com/"
    );
    let default_port = builder().endpoint("http://store.example:80");
    let default_port = default_port.build().unwrap();
    assert_eq!(
        url(default_port.get_object("photos", "a b")),
        "http://store.example/photos/a%20b"
    );
}

#[test]
fn the_time_is_shortened_to_that_of_the_credentials_on_request() {
    let at = timestamp();
    let expiry = SystemTime::from(at) + Duration::from_millis(90_900);
    let s3 = Client::builder()
        .endpoint("http://127.0.0.1:9000")
        .credentials(super::credentials().with_expiry(expiry))
        .build()
        .unwrap();
    let call = s3.get_object("bucket", "key");
    let shortened = call.presign_up_to(at, 2 * MINUTE).unwrap();
    assert!(shortened.url().contains("&X-Amz-Expires=90&"));
    let expires_at = SystemTime::from(at) + Duration::from_secs(90);
    assert_eq!(shortened.expires_at(), expires_at);
    for presigned in [call.presign(at, MINUTE), call.presign_up_to(at, MINUTE)] {
        assert!(presigned.unwrap().url().contains("&X-Amz-Expires=60&"));
    }
    let policy = s3.post_policy("bucket").key("key");
    let form = policy.presign_up_to(at, 2 * MINUTE).unwrap();
    assert_eq!(form.expires_at(), expires_at);
}

/// The words that a POSIX shell passes to `curl`.
#[cfg(unix)]
fn words(line: &str) -> Vec<String> {
    let script = format!("curl() {{ printf '%s\\n' \"$@\"; }}; {line}");
    let output = std::process::Command::new("sh")
        .args(["-c", &script])
        .output()
        .unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    text.lines().map(str::to_owned).collect()
}

#[cfg(unix)]
#[test]
fn a_curl_line_has_one_word_for_each_header_and_for_the_url() {
    let put = client()
        .put_object("bucket", "it's $(pwd) `pwd` \"a\" \\ *", "")
        .metadata("note", "it's $HOME \"$(pwd)\" `pwd` \\n; * ? # & | > x");
    let presigned = put.presign(timestamp(), MINUTE).unwrap();
    let header = "x-amz-meta-note: it's $HOME \"$(pwd)\" `pwd` \\n; * ? # & | > x";
    assert_eq!(
        words(&presigned.to_curl()),
        [
            "--fail-with-body",
            "--globoff",
            "--request",
            "PUT",
            "--header",
            header,
            "--header",
            "content-type:",
            "--data-binary",
            "@-",
            presigned.url(),
        ]
    );
    let typed = client().put_object("b", "k", "").content_type("text/plain");
    let typed = typed.presign(timestamp(), MINUTE).unwrap();
    let typed = words(&typed.to_curl());
    assert_eq!(
        typed[4..7],
        ["--header", "content-type: text/plain", "--data-binary"]
    );
    let presigned = client()
        .head_object("bucket", "key")
        .presign(timestamp(), MINUTE)
        .unwrap();
    let expected = ["--fail-with-body", "--globoff", "--head", presigned.url()];
    assert_eq!(words(&presigned.to_curl()), expected);
}

#[test]
fn a_presigned_request_prints_no_secret() {
    let s3 = Client::builder()
        .endpoint("http://127.0.0.1:9000")
        .credentials(super::credentials().with_session_token("TOKEN/TOKEN"))
        .build()
        .unwrap();
    let presigned = s3
        .get_object("bucket", "key")
        .presign(timestamp(), MINUTE)
        .unwrap();
    assert_eq!(
        presigned.to_string(),
        "GET http://127.0.0.1:9000/bucket/key?X-Amz-Algorithm=AWS4-HMAC-SHA256&\
         X-Amz-Credential=AKIDEXAMPLE%2F20250102%2Fus-east-1%2Fs3%2Faws4_request&\
         X-Amz-Date=20250102T030405Z&X-Amz-Expires=60&X-Amz-Security-Token=***&\
         X-Amz-SignedHeaders=host&X-Amz-Signature=***"
    );
    assert!(
        presigned
            .url()
            .contains("X-Amz-Security-Token=TOKEN%2FTOKEN&")
    );
}

/// The forms of the vectors, through the client.
#[test]
fn forms_have_the_fields_of_the_vectors() {
    let vectors = rows("post_policy.json", "cases", 3);
    let mut checked = 0;
    for vector in vectors
        .iter()
        .filter(|vector| vector["form_fields"].is_object())
    {
        let s3 = builder(vector).build().unwrap();
        let form = s3
            .post_policy("my-bucket")
            .key_starts_with("uploads/")
            .content_type("text/plain")
            .content_length_range(1..=10_485_760)
            .presign(timestamp(), Duration::from_secs(3600))
            .unwrap();
        let expected = vector["form_fields"].as_object().unwrap();
        assert_eq!(form.fields().count(), expected.len());
        for (name, value) in form.fields() {
            assert_eq!(expected[name], value, "{}: {name}", text(vector, "id"));
        }
        assert_eq!(form.url(), "https://my-bucket.s3.us-west-2.amazonaws.com/");
        checked += 1;
    }
    assert_eq!(checked, 2);
}

#[test]
fn every_field_of_a_form_has_a_condition() {
    let form = client()
        .post_policy("bucket")
        .key("a \"b\" \\ é\u{feff}")
        .field_starts_with("Content-Type", "image/")
        .field_starts_with("x-amz-meta-any", "")
        .metadata("name", "value")
        .success_status(201)
        .success_redirect("https://example.com/?a=1&b=2")
        .encryption(Encryption::Kms {
            key_id: Some("key".to_owned()),
        })
        .presign(timestamp(), MINUTE)
        .unwrap();
    let policy = form.fields().find(|(name, _)| *name == "policy").unwrap().1;
    let policy = base64::Engine::decode(&base64::engine::general_purpose::STANDARD, policy);
    let policy: Value = serde_json::from_slice(&policy.unwrap()).unwrap();
    let expected = serde_json::json!({
        "expiration": "2025-01-02T03:05:05Z",
        "conditions": [
            {"bucket": "bucket"},
            {"key": "a \"b\" \\ é\u{feff}"},
            ["starts-with", "$Content-Type", "image/"],
            ["starts-with", "$x-amz-meta-any", ""],
            {"x-amz-meta-name": "value"},
            {"success_action_status": "201"},
            {"success_action_redirect": "https://example.com/?a=1&b=2"},
            {"x-amz-server-side-encryption": "aws:kms"},
            {"x-amz-server-side-encryption-aws-kms-key-id": "key"},
            {"x-amz-algorithm": "AWS4-HMAC-SHA256"},
            {"x-amz-credential": "AKIDEXAMPLE/20250102/us-east-1/s3/aws4_request"},
            {"x-amz-date": "20250102T030405Z"},
        ],
    });
    assert_eq!(policy, expected);
}

/// A page without a declared encoding would change the values, and send the file's name in another encoding.
#[test]
fn a_form_in_html_is_ascii_and_submitted_in_utf_8() {
    let form = client().post_policy("bucket").key("Kätzchen €.jpg");
    let html = form.presign(timestamp(), MINUTE).unwrap().to_html();
    assert!(html.is_ascii(), "{html}");
    assert!(html.contains(" accept-charset=\"utf-8\">"), "{html}");
    let key = "name=\"key\" value=\"K&#228;tzchen &#8364;.jpg\">";
    assert!(html.contains(key), "{html}");
}

#[test]
fn a_form_in_html_is_escaped() {
    let form = client()
        .post_policy("bucket")
        .key("\"><script>alert('&')</script>")
        .field_starts_with("Content-Type", "image/")
        .presign(timestamp(), MINUTE)
        .unwrap();
    let html = form.to_html();
    let lines: Vec<&str> = html.lines().collect();
    assert_eq!(
        lines[..3],
        [
            "<form action=\"http://127.0.0.1:9000/bucket\" method=\"post\" enctype=\"multipart/form-data\" accept-charset=\"utf-8\">",
            "  <input type=\"hidden\" name=\"key\" value=\"&quot;&gt;&lt;script&gt;alert(&#39;&amp;&#39;)&lt;/script&gt;\">",
            "  <label>Content-Type <input type=\"text\" name=\"Content-Type\" value=\"image/\"></label>",
        ]
    );
    // Stores ignore or reject fields after the file.
    assert_eq!(
        lines[lines.len() - 3..],
        [
            "  <input type=\"file\" name=\"file\" required>",
            "  <button>Upload</button>",
            "</form>",
        ]
    );
}
