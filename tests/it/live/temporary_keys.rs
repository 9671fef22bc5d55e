//! Temporary keys with a session token: the store's STS issues them, and presigned requests carry the token.

use std::time::{Duration, SystemTime};

use slim_s3::Credentials;
use slim_s3::sigv4::{
    AmzDate, CanonicalHeaders, CanonicalQuery, CanonicalRequest, CredentialScope, KeyCache,
    PayloadHash, SecretAccessKey, sign,
};
use slim_s3::xml::Element;

use super::presigned::run_curl;
use super::read;
use crate::support::live::{self, builder, with_bucket};

const MINUTE: Duration = Duration::from_secs(60);

/// AssumeRole, which has no call in this crate: `sigv4` signs it for the service `sts`.
fn assume_role() -> Credentials {
    let body = "Action=AssumeRole&Version=2011-06-15&DurationSeconds=900";
    let at = AmzDate::from(SystemTime::now());
    let date = at.to_string();
    let address = live::address().to_string();
    let headers = [
        ("content-type", "application/x-www-form-urlencoded"),
        ("host", address.as_str()),
        ("x-amz-date", date.as_str()),
    ];
    let request = CanonicalRequest {
        method: "POST".into(),
        uri: "/".into(),
        query: CanonicalQuery::new([]),
        headers: CanonicalHeaders::all(headers),
        payload_hash: PayloadHash::of(body.as_bytes()),
    };
    let scope = CredentialScope::new(at, &live::region(), "sts");
    let (id, secret) = live::keys();
    let (secret, cache) = (SecretAccessKey::new(secret), KeyCache::default());
    let signing = sign(request, &scope, &id, &secret, &cache);
    let mut line = format!("curl --data-binary @- '{}/'", live::endpoint());
    let authorization = signing.authorization().to_header();
    for (name, value) in [("authorization", authorization.as_str())]
        .iter()
        .chain(&headers)
    {
        line += &format!(" --header '{name}: {value}'");
    }
    let (status, response) = run_curl(&line, body.as_bytes());
    let text = String::from_utf8_lossy(&response);
    // Not the keys of a success.
    assert_eq!(status, 200, "{}", text.get(..200).unwrap_or(&text));
    let response = Element::parse(&response).unwrap();
    let result = response.child("AssumeRoleResult").unwrap().unwrap();
    let keys = result.child("Credentials").unwrap().unwrap();
    let text = |name| keys.text(name).unwrap();
    Credentials::new(text("AccessKeyId"), text("SecretAccessKey"))
        .with_session_token(text("SessionToken"))
}

#[tokio::test]
#[ignore = "needs a store: tests/run"]
async fn a_session_token_is_part_of_every_kind_of_signature() {
    if !live::is_minio() {
        // They have no STS, or another one.
        return;
    }
    with_bucket(|s3, bucket| async move {
        let keys = assume_role();
        let temporary = builder().credentials(keys).build().unwrap();
        // In a header.
        let put = temporary.put_object(&bucket, "header", "data");
        put.send().await.unwrap();
        assert_eq!(read(&temporary, &bucket, "header").await, "data");

        // In the query of a URL.
        let put = temporary.put_object(&bucket, "a key", "");
        let put = put.presign(s3.now(), MINUTE).unwrap();
        assert!(put.url().contains("&X-Amz-Security-Token="));
        assert_eq!(run_curl(&put.to_curl(), b"by url").0, 200);
        let get = temporary.get_object(&bucket, "a key");
        let get = get.presign(s3.now(), MINUTE).unwrap();
        assert_eq!(run_curl(&get.to_curl(), b""), (200, b"by url".to_vec()));
        // It is signed, and the keys mean nothing without it.
        let end = "&X-Amz-Signature=";
        for (from, to) in [
            ("&X-Amz-Security-Token=", "&X-Amz-Security-Token=x"),
            (end, "&response-content-type=text%2Fhtml&X-Amz-Signature="),
        ] {
            let changed = get.to_curl().replace(from, to);
            let (status, response) = run_curl(&changed, b"");
            let response = String::from_utf8_lossy(&response);
            assert!(matches!(status, 400 | 403), "{status} {response}");
        }

        // In a field of a form.
        let file = super::TempFile::new("temporary-form", b"by form");
        let form = temporary.post_policy(&bucket).key("form");
        let form = form.presign(s3.now(), MINUTE).unwrap();
        let (status, response) = super::forms::post(&form, &file, &[]);
        assert_eq!(status, 204, "{response}");
        assert_eq!(read(&s3, &bucket, "form").await, "by form");
        let forged = [("x-amz-security-token", "other")];
        let (status, response) = super::forms::post(&form, &file, &forged);
        assert!(matches!(status, 400 | 403), "{status} {response}");
    })
    .await;
}
