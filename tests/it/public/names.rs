//! Names in URLs: percent-encoding, buckets, endpoints.

use http::Method;
use slim_s3::sigv4::{CanonicalHeaders, CanonicalQuery, Slash, uri_encode};
use slim_s3::{
    Addressing, AmzDate, Call, Client, ClientBuilder, Credentials, Error, Request, Target,
};

use super::operations::Sent;
use super::rows;
use crate::support::fixtures::text;

#[test]
fn encoding() {
    for row in rows("encoding.jsonl", 35, &[]) {
        let (id, expected) = (text(&row, "id"), text(&row, "expect"));
        match text(&row, "kind") {
            "path" => {
                assert_eq!(
                    uri_encode(text(&row, "input"), Slash::Keep),
                    expected,
                    "{id}"
                );
            }
            "query" => {
                let pairs = row["input"].as_array().unwrap().iter();
                let query = CanonicalQuery::new(pairs.map(|pair| {
                    (
                        pair[0].as_str().unwrap(),
                        pair[1].as_str().unwrap_or_default(),
                    )
                }));
                // `sigv4` in a row sorts values before they are encoded, and AWS does so afterwards.
                assert_eq!(query.to_string(), expected, "{id}");
            }
            "trimall" => {
                let value = text(&row, "input");
                let is_sent = value
                    .bytes()
                    .all(|byte| matches!(byte, b'\t' | b' '..=b'~'));
                let call = s3("http://h")
                    .put_object("b", "k", "")
                    .metadata("name", value);
                assert_eq!(call.sign(at()).is_ok(), is_sent, "{id}");
                // Vertical tabs count as blanks for some, and no control is ever sent.
                if !value.contains('\u{b}') {
                    let headers = CanonicalHeaders::new([("x-amz-meta-name", value)]);
                    assert_eq!(
                        headers.iter().next(),
                        Some(("x-amz-meta-name", expected)),
                        "{id}"
                    );
                }
            }
            kind => panic!("{id}: {kind}"),
        }
    }
}

fn at() -> AmzDate {
    AmzDate::from_unix_seconds(0)
}

fn builder(endpoint: &str) -> ClientBuilder {
    Client::builder()
        .endpoint(endpoint)
        .region("us-east-1")
        .credentials(Credentials::new("AK", "SK"))
}

fn s3(endpoint: &str) -> Client {
    builder(endpoint).build().unwrap()
}

fn url(s3: &Client, target: Target) -> Result<http::Uri, Error> {
    let call = Call::new(s3, Request::new(Method::GET, target), Sent);
    Ok(call.sign(at())?.uri().clone())
}

/// What a bucket may be called is the store's to judge; here it must not change where a request goes.
#[test]
fn bucket_names() {
    const REFUSED: [&str; 13] = [
        "bucket/004",
        "bucket/051",
        "bucket/052",
        "bucket/053",
        "bucket/054",
        "bucket/055",
        "bucket/056",
        "bucket/057",
        "bucket/058",
        "bucket/060",
        "bucket/061",
        "bucket/062",
        "bucket/063",
    ];
    let host = "store.example";
    let styled = |style| {
        builder("https://store.example")
            .addressing(style)
            .build()
            .unwrap()
    };
    let (path, virtual_hosted) = (styled(Addressing::Path), styled(Addressing::VirtualHosted));
    for row in rows("bucket_names.jsonl", 64, &[]) {
        let (id, name) = (text(&row, "id"), text(&row, "name"));
        let target = || Target::Bucket(name.to_owned());
        match url(&path, target()) {
            Ok(url) => {
                assert!(!REFUSED.contains(&id), "{id}: {url}");
                let expected = format!("/{}", uri_encode(name, Slash::Encode));
                assert_eq!(
                    (url.host(), url.path()),
                    (Some(host), expected.as_str()),
                    "{id}"
                );
                assert_eq!(url.query(), None, "{id}");
            }
            Err(error) => {
                assert!(matches!(error, Error::Invalid(_)), "{id}: {error}");
                assert!(REFUSED.contains(&id), "{id}: {error}");
                assert!(
                    row["aws_valid"] == false && row["relaxed_valid"] != true,
                    "{id}"
                );
            }
        }
        match url(&virtual_hosted, target()) {
            Ok(url) => {
                assert_eq!(row["dns_label"], true, "{id}: {url}");
                let expected = format!("{name}.{host}");
                assert_eq!(
                    (url.host(), url.path()),
                    (Some(expected.as_str()), "/"),
                    "{id}"
                );
            }
            Err(error) => assert_eq!(row["dns_label"], false, "{id}: {error}"),
        }
    }
}

/// Where the crate decides otherwise than the row, or the row leaves it open: whether the endpoint is taken, and why.
const DECIDED: [(&str, bool, &str); 17] = [
    (
        "endpoint/021",
        false,
        "a query is not kept, so it is refused",
    ),
    ("endpoint/025", true, "a path is kept and signed"),
    ("endpoint/048", true, "a path is kept and signed"),
    ("endpoint/049", true, "a path is kept and signed"),
    ("endpoint/062", true, "a path is kept and signed"),
    (
        "endpoint/030",
        true,
        "which names resolve is not the client's to say",
    ),
    (
        "endpoint/031",
        true,
        "which names resolve is not the client's to say",
    ),
    (
        "endpoint/032",
        true,
        "which names resolve is not the client's to say",
    ),
    (
        "endpoint/050",
        true,
        "which names resolve is not the client's to say",
    ),
    (
        "endpoint/051",
        true,
        "which names resolve is not the client's to say",
    ),
    (
        "endpoint/052",
        true,
        "which names resolve is not the client's to say",
    ),
    ("endpoint/047", true, "no rules for single providers"),
    ("endpoint/053", true, "no rules for single providers"),
    // What reqwest would send is compared with what was signed, in wire.rs.
    (
        "endpoint/067",
        true,
        "signed as written, and refused by send if that changes it",
    ),
    (
        "endpoint/068",
        true,
        "signed as written, and refused by send if that changes it",
    ),
    (
        "endpoint/069",
        false,
        "international names are to be in their xn-- form",
    ),
    ("endpoint/072", false, "nothing is repaired"),
];

#[test]
fn endpoints() {
    let skipped = [
        (
            "the switch for https contradicts the URL; here the URL alone says it",
            &["endpoint/022", "endpoint/023", "endpoint/024"][..],
        ),
        (
            "AWS's host is exchanged for its dual-stack one, which is an endpoint here",
            &["target-url/04"][..],
        ),
    ];
    let rows = rows("endpoint_parse.jsonl", 86, &skipped);
    for (id, is_taken, why) in DECIDED.iter().filter(|_| !rows.is_empty()) {
        println!(
            "{id}: {}, {why}",
            if *is_taken { "taken" } else { "refused" }
        );
        assert!(rows.iter().any(|row| text(row, "id") == *id), "{id}");
    }
    for row in rows {
        let id = text(&row, "id");
        if id.starts_with("target-url/") {
            check_target(&row);
            continue;
        }
        let input = text(&row, "input");
        // minio-go takes a bare host, and a switch for https beside it.
        let endpoint = match row["secure_default"].as_bool() {
            Some(secure) if !input.is_empty() && !input.contains("://") => {
                with_scheme(secure, input)
            }
            _ => input.to_owned(),
        };
        let decided = DECIDED.iter().find(|(known, ..)| *known == id);
        let is_taken = decided.map(|(_, is_taken, _)| *is_taken);
        // A row that leaves it open is refused, unless it stands above.
        let is_taken = is_taken.unwrap_or(row["ok"].as_bool().unwrap_or(false));
        match builder(&endpoint).addressing(Addressing::Path).build() {
            Ok(s3) => {
                assert!(is_taken, "{id}: {endpoint} was taken");
                let expected = row["url"].as_str().unwrap_or(&endpoint);
                let signed = url(&s3, Target::Bucket("bucket".to_owned())).unwrap();
                assert_eq!(
                    signed.to_string(),
                    format!("{}/bucket", normal(expected)),
                    "{id}"
                );
            }
            Err(error) => {
                assert!(
                    !is_taken && matches!(error, Error::Invalid(_)),
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

/// A URL as it is signed: scheme and host in lower case, without a default port and a slash at its end.
fn normal(url: &str) -> String {
    let (scheme, rest) = url.split_once("://").unwrap();
    let (authority, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
    let (scheme, authority) = (scheme.to_lowercase(), authority.to_lowercase());
    let default = if scheme == "http" { ":80" } else { ":443" };
    let authority = authority.strip_suffix(default).unwrap_or(&authority);
    format!("{scheme}://{authority}{}", path.trim_end_matches('/'))
}

fn check_target(row: &serde_json::Value) {
    let (id, expected) = (text(row, "id"), text(row, "expect_url"));
    let (bucket, key) = (text(row, "bucket"), text(row, "key"));
    let endpoint = with_scheme(row["secure"].as_bool().unwrap(), text(row, "endpoint"));
    // minio-go knows a few hosts that have buckets in their name; here the caller says so.
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
    let signed = Call::new(&s3, request, Sent).sign(at()).unwrap();
    // A bucket's URL means the same with a slash at its end and without.
    assert_eq!(normal(&signed.uri().to_string()), normal(expected), "{id}");
}
