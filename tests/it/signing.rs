//! Signing, step by step, from fixtures. A failing assertion names the step.

use slim_s3::sigv4::{
    ALGORITHM, AmzDate, Authorization, CanonicalHeaders, CanonicalQuery, CanonicalRequest,
    CredentialScope, KeyCache, PayloadHash, PolicyDocument, SecretAccessKey, SigningKey, Slash,
    StringToSign, presign, uri_encode,
};

use crate::support::fixtures::{pairs, rows, text};

/// A key pair and the session token of a vector.
fn keys(case: &serde_json::Value) -> (&str, SecretAccessKey, Option<&str>) {
    let keys = &case["credentials"];
    let secret = SecretAccessKey::new(text(keys, "secret_access_key"));
    let token = keys["session_token"].as_str();
    (text(keys, "access_key_id"), secret, token)
}

#[test]
fn every_step_of_a_presigned_url_matches() {
    for case in rows("sigv4_presign.json", "cases", 6) {
        let id = text(&case, "id");
        let host = [("host", text(&case, "host"))];
        let headers = host.into_iter().chain(pairs(&case, "headers_to_send"));
        let request = CanonicalRequest {
            method: text(&case, "method").to_owned(),
            uri: text(&case, "path").to_owned(),
            query: CanonicalQuery::new(pairs(&case, "query_pairs")),
            headers: CanonicalHeaders::all(headers),
            payload_hash: PayloadHash::Unsigned,
        };
        let at = AmzDate::parse(text(&case, "timestamp")).unwrap();
        let scope = CredentialScope::new(at, text(&case, "region"), "s3");
        let expires = u32::try_from(case["expires"].as_u64().unwrap()).unwrap();
        let (key_id, secret, token) = keys(&case);
        let cache = KeyCache::default();
        let signing = presign(request, &scope, expires, key_id, token, &secret, &cache);
        let request = &signing.canonical_request;
        let key = SigningKey::derive(&secret, &scope);
        let url = format!(
            "{}://{}{}?{}",
            text(&case, "scheme"),
            text(&case, "host"),
            request.uri,
            signing.presigned_query()
        );
        for (step, actual) in [
            ("canonical_query", request.query.to_string()),
            ("canonical_request", request.to_string()),
            ("canonical_request_sha256", request.hash()),
            ("string_to_sign", signing.string_to_sign.to_string()),
            ("signing_key_hex", key.to_hex()),
            ("signature", signing.signature.to_hex()),
            ("url", url),
        ] {
            assert_eq!(actual, text(&case, step), "{id}: {step}");
        }
    }
}

#[test]
fn every_step_of_a_post_policy_matches() {
    for case in rows("post_policy.json", "cases", 3) {
        let id = text(&case, "id");
        let (key_id, secret, token) = keys(&case);
        let date = case["timestamp"].as_str().unwrap_or("20151229T000000Z");
        let at = AmzDate::parse(date).unwrap();
        let scope = CredentialScope::new(at, text(&case, "region"), "s3");
        let key = SigningKey::derive(&secret, &scope);
        assert_eq!(key.to_hex(), text(&case, "signing_key_hex"), "{id}");
        let signature = key.sign_policy(text(&case, "policy_base64"));
        assert_eq!(signature.to_hex(), text(&case, "signature"), "{id}");
        // AWS's example has other white space.
        let Some(json) = case["policy_json"].as_str() else {
            continue;
        };
        let mut policy = PolicyDocument::new(AmzDate::parse("20250102T040405Z").unwrap());
        policy.exact("bucket", "my-bucket");
        policy.starts_with("key", "uploads/");
        policy.exact("Content-Type", "text/plain");
        policy.content_length_range(1, 10_485_760);
        policy.exact("x-amz-algorithm", ALGORITHM);
        policy.exact("x-amz-credential", &format!("{key_id}/{scope}"));
        policy.exact("x-amz-date", date);
        if let Some(token) = token {
            policy.exact("x-amz-security-token", token);
        }
        assert_eq!(policy.to_json(), json, "{id}");
        assert_eq!(policy.to_base64(), text(&case, "policy_base64"), "{id}");
    }
}

#[test]
fn a_policy_is_json_for_every_character() {
    let every: String = ('\0'..='\u{17f}')
        .chain(['"', '\\', '\u{2028}', '😀'])
        .collect();
    let mut policy = PolicyDocument::new(AmzDate::from_unix_seconds(0));
    policy.exact(&every, &every);
    policy.starts_with(&every, &every);
    let json: serde_json::Value = serde_json::from_str(&policy.to_json()).unwrap();
    let expected = serde_json::json!({
        "expiration": "1970-01-01T00:00:00Z",
        "conditions": [{every.clone(): every}, ["starts-with", format!("${every}"), every]],
    });
    assert_eq!(json, expected);
}

/// AWS's published examples and this project's.
#[test]
fn every_step_of_a_header_signature_matches() {
    for case in rows("sigv4_header.json", "cases", 25) {
        let (id, request) = (text(&case, "id"), &case["request"]);
        let payload_hash = match text(&case, "payload_hash") {
            "UNSIGNED-PAYLOAD" => PayloadHash::Unsigned,
            expected => {
                let body = match &request["body_hex"] {
                    serde_json::Value::String(digits) => hex::decode(digits).unwrap(),
                    _ => panic!("{id}: body_hex is missing"),
                };
                let hash = PayloadHash::of(&body);
                assert_eq!(hash.to_string(), expected, "{id}: payload hash");
                hash
            }
        };
        let canonical_request = CanonicalRequest {
            method: text(request, "method").to_owned(),
            uri: text(request, "path").to_owned(),
            query: CanonicalQuery::new(pairs(request, "query_pairs")),
            headers: CanonicalHeaders::new(pairs(request, "headers")),
            payload_hash,
        };
        assert_eq!(
            canonical_request.query.to_string(),
            text(&case, "canonical_query"),
            "{id}: canonical query"
        );
        assert_eq!(
            canonical_request.headers.to_string(),
            text(&case, "canonical_headers"),
            "{id}: canonical headers"
        );
        let signed_headers = canonical_request.headers.signed_headers();
        assert_eq!(
            signed_headers.to_string(),
            text(&case, "signed_headers"),
            "{id}: signed headers"
        );
        assert_eq!(
            canonical_request.to_string(),
            text(&case, "canonical_request"),
            "{id}: canonical request"
        );
        assert_eq!(
            canonical_request.hash(),
            text(&case, "canonical_request_sha256"),
            "{id}: canonical request hash"
        );

        let at = AmzDate::parse(text(&case, "timestamp")).unwrap();
        let scope = CredentialScope::new(at, text(&case, "region"), text(&case, "service"));
        let string_to_sign = StringToSign::new(&scope, &canonical_request);
        assert_eq!(
            string_to_sign.to_string(),
            text(&case, "string_to_sign"),
            "{id}: string to sign"
        );

        let secret = SecretAccessKey::new(text(&case["credentials"], "secret_access_key"));
        let key = SigningKey::derive(&secret, &scope);
        assert_eq!(
            key.to_hex(),
            text(&case, "signing_key_hex"),
            "{id}: signing key"
        );

        let signature = key.sign(&string_to_sign);
        assert_eq!(
            signature.to_hex(),
            text(&case, "signature"),
            "{id}: signature"
        );
        let access_key_id = text(&case["credentials"], "access_key_id");
        let authorization = Authorization {
            access_key_id,
            scope: &scope,
            signed_headers,
            signature: &signature,
        };
        assert_eq!(
            authorization.to_header(),
            text(&case, "authorization"),
            "{id}: Authorization"
        );
    }
}

#[test]
fn signing_keys_are_derived_step_by_step() {
    for case in rows("signing_keys.json", "cases", 8) {
        let at = AmzDate::parse(&format!("{}T000000Z", text(&case, "date"))).unwrap();
        let scope = CredentialScope::new(at, text(&case, "region"), text(&case, "service"));
        let keys = SigningKey::derivation(
            &SecretAccessKey::new(text(&case, "secret_access_key")),
            &scope,
        );
        for (key, name) in keys
            .iter()
            .zip(["k_date", "k_region", "k_service", "k_signing"])
        {
            assert_eq!(key.to_hex(), text(&case, name), "{case}: {name}");
        }
    }
}

#[test]
fn strings_are_percent_encoded() {
    for case in rows("encoding.json", "strings", 23) {
        let raw = text(&case, "raw");
        assert_eq!(
            uri_encode(raw, Slash::Keep),
            text(&case, "path"),
            "{raw:?} in a path"
        );
        assert_eq!(
            uri_encode(raw, Slash::Encode),
            text(&case, "query"),
            "{raw:?} in a query"
        );
    }
}

/// Covers every byte value through a character that contains it, except the 13 that UTF-8 never uses.
#[test]
fn every_byte_of_utf8_is_percent_encoded() {
    let text = include_str!("../../fixtures/encoding.json");
    let fixture: serde_json::Value = serde_json::from_str(text).unwrap();
    let expected = |character: char, form: &str| -> String {
        let mut buffer = [0; 4];
        character
            .encode_utf8(&mut buffer)
            .bytes()
            .map(|byte| {
                fixture["bytes"][byte.to_string()][form]
                    .as_str()
                    .unwrap()
                    .to_owned()
            })
            .collect()
    };
    let mut seen = [false; 256];
    for character in ('\0'..=char::MAX).step_by(61).chain('\0'..='\u{7ff}') {
        let mut buffer = [0; 4];
        let raw: &str = character.encode_utf8(&mut buffer);
        assert_eq!(uri_encode(raw, Slash::Keep), expected(character, "path"));
        assert_eq!(uri_encode(raw, Slash::Encode), expected(character, "query"));
        raw.bytes().for_each(|byte| seen[usize::from(byte)] = true);
    }
    let unseen: Vec<usize> = (0..256).filter(|byte| !seen[*byte]).collect();
    println!(
        "encoding.json, bytes: 256 rows, {} of them covered by characters",
        256 - unseen.len()
    );
    assert_eq!(fixture["bytes"].as_object().unwrap().len(), 256);
    assert_eq!(
        unseen,
        [
            0xc0, 0xc1, 0xf5, 0xf6, 0xf7, 0xf8, 0xf9, 0xfa, 0xfb, 0xfc, 0xfd, 0xfe, 0xff
        ]
    );
}

/// Header names match in any case.
#[test]
fn only_headers_that_proxies_keep_are_signed() {
    let headers = CanonicalHeaders::new([
        ("Host", "h"),
        ("X-Amz-Meta-B", " two  words "),
        ("x-amz-meta-b", "again"),
        ("Content-MD5", "m"),
        ("If-None-Match", "*"),
        ("IF-Modified-Since", "t"),
        ("Accept-Encoding", "gzip"),
        ("Content-Length", "1"),
        ("Transfer-Encoding", "chunked"),
        ("User-Agent", "u"),
        ("Authorization", "a"),
        ("X-Forwarded-For", "x"),
        ("traceparent", "t"),
        ("Cache-Control", "c"),
    ]);
    assert_eq!(
        headers.signed_headers().to_string(),
        "content-md5;host;if-modified-since;if-none-match;x-amz-meta-b"
    );
    assert!(
        headers
            .to_string()
            .contains("x-amz-meta-b:two words,again\n")
    );
}
