//! Endpoint URLs, and the URLs of requests.

use http::Method;
use serde_json::Value;
use slim_s3::operation::Target;
use slim_s3::{Addressing, Call, Error, Request};

use super::operations::RequestOnly;
use super::{builder, epoch, rows, url};
use crate::support::fixtures::text;

/// Rows that the crate treats differently, or that do not decide: whether the endpoint is accepted, and why.
const OVERRIDDEN: [(&str, bool, &str); 14] = [
    (
        "endpoint/021",
        false,
        "a query would be dropped, so it is rejected",
    ),
    ("endpoint/025", true, "a path is kept and signed"),
    ("endpoint/062", true, "a path is kept and signed"),
    (
        "endpoint/030",
        true,
        "name resolution decides, not the client",
    ),
    (
        "endpoint/031",
        true,
        "name resolution decides, not the client",
    ),
    (
        "endpoint/032",
        true,
        "name resolution decides, not the client",
    ),
    (
        "endpoint/051",
        true,
        "name resolution decides, not the client",
    ),
    (
        "endpoint/052",
        true,
        "name resolution decides, not the client",
    ),
    ("endpoint/047", true, "no rules for single providers"),
    ("endpoint/053", true, "no rules for single providers"),
    (
        "endpoint/067",
        false,
        "an address in another form than usual is not repaired",
    ),
    (
        "endpoint/068",
        false,
        "an address in another form than usual is not repaired",
    ),
    (
        "endpoint/069",
        false,
        "international names must be in their xn-- form",
    ),
    ("endpoint/072", false, "invalid URLs are not repaired"),
];

#[test]
fn endpoint_urls_are_accepted_or_rejected() {
    let skipped = [
        (
            "the switch for HTTPS contradicts the URL; here the URL alone decides",
            &["endpoint/022", "endpoint/023", "endpoint/024"][..],
        ),
        (
            "AWS's host is replaced by its dual-stack host, which is an endpoint here",
            &["target-url/04"][..],
        ),
    ];
    let rows = rows("endpoint_parse.jsonl", 86, &skipped);
    for (id, is_accepted, why) in OVERRIDDEN.iter().filter(|_| !rows.is_empty()) {
        println!(
            "{id}: {}, {why}",
            if *is_accepted { "accepted" } else { "rejected" }
        );
        assert!(rows.iter().any(|row| text(row, "id") == *id), "{id}");
    }
    for row in rows {
        let id = text(&row, "id");
        if id.starts_with("target-url/") {
            assert_target_url(&row);
            continue;
        }
        let input = text(&row, "input");
        // minio-go takes a host without a scheme, and a switch for HTTPS.
        let endpoint = match row["secure_default"].as_bool() {
            Some(secure) if !input.is_empty() && !input.contains("://") => {
                with_scheme(secure, input)
            }
            _ => input.to_owned(),
        };
        let overridden = OVERRIDDEN.iter().find(|(known, ..)| *known == id);
        let is_accepted = overridden.map(|(_, is_accepted, _)| *is_accepted);
        // Unless it is listed above, a row without a decision is rejected.
        let is_accepted = is_accepted.unwrap_or(row["ok"].as_bool().unwrap_or(false));
        match builder(&endpoint).addressing(Addressing::Path).build() {
            Ok(s3) => {
                assert!(is_accepted, "{id}: {endpoint} was accepted");
                let expected = row["url"].as_str().unwrap_or(&endpoint);
                let signed = url(&s3, Target::Bucket("bucket".to_owned())).unwrap();
                assert_eq!(
                    signed.to_string(),
                    format!("{}/bucket", normalised(expected)),
                    "{id}"
                );
            }
            Err(error) => {
                assert!(
                    !is_accepted && matches!(error, Error::Invalid(_)),
                    "{id}: {error}"
                );
                assert!(error.to_string().contains("endpoint"), "{id}: {error}");
                assert!(!error.to_string().contains("pass@"), "{id}: {error}");
            }
        }
    }
}

fn with_scheme(secure: bool, host: &str) -> String {
    format!("{}://{host}", if secure { "https" } else { "http" })
}

/// A URL as it is signed: scheme and host in lower case, without default port and trailing slash.
fn normalised(url: &str) -> String {
    let (scheme, rest) = url.split_once("://").unwrap();
    let (authority, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
    let (scheme, authority) = (scheme.to_lowercase(), authority.to_lowercase());
    let default = if scheme == "http" { ":80" } else { ":443" };
    let authority = authority.strip_suffix(default).unwrap_or(&authority);
    format!("{scheme}://{authority}{}", path.trim_end_matches('/'))
}

fn assert_target_url(row: &Value) {
    let (id, expected) = (text(row, "id"), text(row, "expect_url"));
    let (bucket, key) = (text(row, "bucket"), text(row, "key"));
    let endpoint = with_scheme(row["secure"].as_bool().unwrap(), text(row, "endpoint"));
    // minio-go has a list of hosts for virtual-hosted style; here the caller chooses.
    let style = match expected.contains(&format!("//{bucket}.")) {
        true => Addressing::VirtualHosted,
        false => Addressing::Path,
    };
    let s3 = builder(&endpoint).addressing(style).build().unwrap();
    let target = match (bucket, key) {
        ("", _) => Target::Service,
        (bucket, "") => Target::Bucket(bucket.to_owned()),
        (bucket, key) => Target::Object {
            bucket: bucket.to_owned(),
            key: key.to_owned(),
        },
    };
    let mut request = Request::new(Method::GET, target);
    for (name, value) in row["query"].as_object().unwrap() {
        request = request.with_query(name, value.as_str().unwrap());
    }
    let signed = Call::new(&s3, request, RequestOnly).sign(epoch()).unwrap();
    // A trailing slash makes no difference in a bucket's URL.
    assert_eq!(
        normalised(&signed.uri().to_string()),
        normalised(expected),
        "{id}"
    );
}
