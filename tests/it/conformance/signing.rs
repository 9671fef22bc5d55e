//! Signing suites: canonical request, string to sign and signature of each row, in headers and in the query.
//!
//! A presigned request carries its signature parameters in the query, and the same types sign it.

use serde_json::Value;
use slim_s3::sigv4::{
    ALGORITHM, AmzDate, Authorization, CanonicalHeaders, CanonicalQuery, CanonicalRequest,
    CredentialScope, KeyCache, PayloadHash, SecretAccessKey, SigningKey, Slash, StringToSign,
    presign, uri_encode,
};

use super::{base64, percent_decode, rows};
use crate::support::fixtures::{pairs, text};

/// The rules in which the suites differ.
struct Rules {
    /// Whether the path is used as it is. AWS's other services encode it twice, but the suite has no encoded path.
    path_is_raw: bool,
    /// Whether the signer adds `x-amz-content-sha256` and leaves the body of presigned requests unsigned.
    is_s3: bool,
}

/// Some rows sign headers that this crate leaves unsigned because proxies change them. The tests sign them under
/// stand-in names, and then restore the real names in the canonical request.
const SIGNED_BY_OTHERS: [&str; 5] = [
    "amz-sdk-invocation-id",
    "content-encoding",
    "content-length",
    "my-header1",
    "my-header2",
];
const STAND_IN: &str = "x-amz-meta-stand-in-";

fn stand_in(name: &str) -> String {
    let lower = name.to_ascii_lowercase();
    if SIGNED_BY_OTHERS.contains(&lower.as_str()) {
        format!("{STAND_IN}{lower}")
    } else {
        name.to_owned()
    }
}

fn real_name(name: &str) -> &str {
    name.strip_prefix(STAND_IN).unwrap_or(name)
}

/// A canonical request with stand-ins, with the real names in order.
fn with_real_names(document: &str, signed_headers: &str) -> String {
    let lines: Vec<&str> = document.split('\n').collect();
    let [method, uri, query, headers @ .., "", _, payload_hash] = lines.as_slice() else {
        panic!("{document}")
    };
    let mut headers: Vec<&str> = headers.iter().map(|line| real_name(line)).collect();
    headers.sort_by_key(|line| line.split(':').next());
    let headers = headers.join("\n");
    format!("{method}\n{uri}\n{query}\n{headers}\n\n{signed_headers}\n{payload_hash}")
}

fn add_missing(headers: &mut Vec<(String, String)>, name: &str, value: &str) {
    if !headers
        .iter()
        .any(|(known, _)| known.eq_ignore_ascii_case(name))
    {
        headers.push((name.to_owned(), value.to_owned()));
    }
}

fn decoded_parameters(query: &str) -> Vec<(String, String)> {
    query
        .split('&')
        .filter(|parameter| !parameter.is_empty())
        .map(|parameter| parameter.split_once('=').unwrap_or((parameter, "")))
        .map(|(name, value)| (percent_decode(name), percent_decode(value)))
        .collect()
}

#[track_caller]
fn assert_signature(row: &Value, rules: &Rules) {
    let (id, request, signing, expected) = (
        text(row, "id"),
        &row["request"],
        &row["signing"],
        &row["expect"],
    );
    let is_presigned = text(row, "mode") == "presign";
    let at = AmzDate::parse(text(signing, "datetime")).unwrap();
    let scope = CredentialScope::new(at, text(signing, "region"), text(signing, "service"));
    let access_key_id = text(signing, "access_key");
    let token = match row["flags"]["omit_session_token"] {
        Value::Bool(true) => None,
        _ => signing["session_token"].as_str(),
    };
    let body = base64(text(request, "body_b64"));
    let payload_hash = match row["payload_hash"].as_str() {
        Some("UNSIGNED-PAYLOAD") => PayloadHash::Unsigned,
        Some("STREAMING-AWS4-HMAC-SHA256-PAYLOAD") => PayloadHash::Streaming,
        None if rules.is_s3 && is_presigned => PayloadHash::Unsigned,
        _ => PayloadHash::of(&body),
    };

    let mut headers: Vec<(String, String)> = pairs(request, "headers")
        .into_iter()
        .map(|(name, value)| (stand_in(name), value.to_owned()))
        .collect();
    if !is_presigned {
        let signs_body = rules.is_s3 || row["flags"]["sign_body"] == Value::Bool(true);
        add_missing(&mut headers, "x-amz-date", &at.to_string());
        if signs_body {
            add_missing(
                &mut headers,
                "x-amz-content-sha256",
                &payload_hash.to_string(),
            );
        }
        if let Some(token) = token {
            add_missing(&mut headers, "x-amz-security-token", token);
        }
    }
    let headers = CanonicalHeaders::new(
        headers
            .iter()
            .map(|(name, value)| (name.as_str(), value.as_str())),
    );
    let mut names: Vec<&str> = headers.iter().map(|(name, _)| real_name(name)).collect();
    names.sort();
    let signed_headers = names.join(";");

    let (path, query) = text(request, "target")
        .split_once('?')
        .unwrap_or((text(request, "target"), ""));
    let mut parameters = decoded_parameters(query);
    let own_parameters = parameters.clone();
    if is_presigned {
        let parameter = |name: &str, value: &str| (name.to_owned(), value.to_owned());
        parameters.extend([
            parameter("X-Amz-Algorithm", ALGORITHM),
            parameter("X-Amz-Credential", &format!("{access_key_id}/{scope}")),
            parameter("X-Amz-Date", &at.to_string()),
            parameter("X-Amz-Expires", &signing["expires"].to_string()),
            parameter("X-Amz-SignedHeaders", &signed_headers),
        ]);
        parameters.extend(token.map(|token| parameter("X-Amz-Security-Token", token)));
    }
    let path = match rules.path_is_raw {
        true => path.to_owned(),
        false => percent_decode(path),
    };
    let canonical_request = CanonicalRequest {
        method: text(request, "method").to_owned(),
        uri: uri_encode(&path, Slash::Keep),
        query: CanonicalQuery::new(
            parameters
                .iter()
                .map(|(name, value)| (name.as_str(), value.as_str())),
        ),
        headers,
        payload_hash,
    };

    let has_stand_ins = canonical_request.to_string().contains(STAND_IN);
    let (document, string_to_sign) = if has_stand_ins {
        let document = with_real_names(&canonical_request.to_string(), &signed_headers);
        let string_to_sign = StringToSign {
            scope: scope.clone(),
            canonical_request_hash: PayloadHash::of(document.as_bytes()).to_string(),
        };
        (document, string_to_sign)
    } else {
        (
            canonical_request.to_string(),
            StringToSign::new(&scope, &canonical_request),
        )
    };
    assert_eq!(
        document,
        text(expected, "canonical_request"),
        "{id}: canonical request"
    );
    assert_eq!(
        string_to_sign.to_string(),
        text(expected, "string_to_sign"),
        "{id}: string to sign"
    );
    let key = SigningKey::derive(&SecretAccessKey::new(text(signing, "secret_key")), &scope);
    let signature = key.sign(&string_to_sign);
    assert_eq!(
        signature.to_hex(),
        text(expected, "signature"),
        "{id}: signature"
    );

    if is_presigned && !has_stand_ins {
        let own = own_parameters.iter();
        let unsigned = CanonicalRequest {
            query: CanonicalQuery::new(own.map(|(name, value)| (name.as_str(), value.as_str()))),
            ..canonical_request.clone()
        };
        let expires = u32::try_from(signing["expires"].as_u64().unwrap()).unwrap();
        let secret = SecretAccessKey::new(text(signing, "secret_key"));
        let keys = KeyCache::default();
        let presigned = presign(
            unsigned,
            &scope,
            expires,
            access_key_id,
            token,
            &secret,
            &keys,
        );
        assert_eq!(presigned.signature, signature, "{id}: presign");
        let query = format!("{}&X-Amz-Signature=", canonical_request.query);
        assert!(presigned.presigned_query().starts_with(&query), "{id}");
    }
    if !is_presigned {
        let names = canonical_request.headers.signed_headers();
        let authorization = Authorization {
            access_key_id,
            scope: &scope,
            signed_headers: names,
            signature: &signature,
        };
        assert_eq!(
            authorization
                .to_header()
                .replace(&names.to_string(), &signed_headers),
            text(expected, "authorization"),
            "{id}: Authorization"
        );
    }
    if let Some(url) = expected["signed_url"].as_str() {
        assert_signed_url(url, &canonical_request, &signature.to_hex(), id);
    }
}

/// Published URLs contain each parameter once, in any order.
#[track_caller]
fn assert_signed_url(url: &str, request: &CanonicalRequest, signature: &str, id: &str) {
    let (place, query) = url.split_once('?').unwrap();
    let mut published: Vec<&str> = query.split('&').collect();
    published.sort();
    let ours = format!("{}&X-Amz-Signature={signature}", request.query);
    let mut ours: Vec<&str> = ours.split('&').collect();
    ours.sort();
    assert_eq!(ours, published, "{id}: signed URL");
    assert!(place.ends_with(&request.uri), "{id}: {place}");
}

#[test]
fn the_general_suite_passes() {
    let rules = Rules {
        path_is_raw: true,
        is_s3: false,
    };
    let normalised = [
        "aws-c-auth/v4/get-relative-normalized/header",
        "aws-c-auth/v4/get-relative-normalized/presign",
        "aws-c-auth/v4/get-relative-relative-normalized/header",
        "aws-c-auth/v4/get-relative-relative-normalized/presign",
        "aws-c-auth/v4/get-slash-dot-slash-normalized/header",
        "aws-c-auth/v4/get-slash-dot-slash-normalized/presign",
        "aws-c-auth/v4/get-slash-normalized/header",
        "aws-c-auth/v4/get-slash-normalized/presign",
        "aws-c-auth/v4/get-slash-pointless-dot-normalized/header",
        "aws-c-auth/v4/get-slash-pointless-dot-normalized/presign",
        "aws-c-auth/v4/get-slashes-normalized/header",
        "aws-c-auth/v4/get-slashes-normalized/presign",
    ];
    let skipped = [("S3 paths are not normalised", &normalised[..])];
    for row in rows("sigv4_suite_v4.jsonl", 64, &skipped) {
        assert_signature(&row, &rules);
    }
}

const S3_RULES: Rules = Rules {
    path_is_raw: false,
    is_s3: true,
};

#[test]
fn the_s3_suite_passes() {
    for row in rows("sigv4_suite_s3mode.jsonl", 62, &[]) {
        assert_signature(&row, &S3_RULES);
    }
}

#[test]
fn published_signatures_match() {
    let with_trailers = [
        "aws-docs/streaming-trailer-seed",
        "smithy-rs-recorded/chunk-signing-1",
        "smithy-rs-recorded/custom-chunk-size-1",
        "smithy-rs-recorded/no-chunking-1",
    ];
    let skipped = [(
        "PayloadHash has no variant for bodies with trailers",
        &with_trailers[..],
    )];
    for row in rows("sigv4_s3_published.jsonl", 50, &skipped) {
        assert_signature(&row, &S3_RULES);
    }
}
