//! Percent-encoding of paths and queries, and white space in header values.

use slim_s3::sigv4::{CanonicalHeaders, CanonicalQuery, Slash, uri_encode};

use super::{epoch, rows, s3};
use crate::support::fixtures::text;

#[test]
fn paths_queries_and_header_values_are_canonical() {
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
                // `sigv4` in a row sorts values before encoding; AWS sorts them after.
                assert_eq!(query.to_string(), expected, "{id}");
            }
            "trimall" => {
                let value = text(&row, "input");
                let is_sent = value.bytes().all(|byte| matches!(byte, b' '..=b'~'));
                let call = s3("http://h")
                    .put_object("b", "k", "")
                    .metadata("name", value);
                assert_eq!(call.sign(epoch()).is_ok(), is_sent, "{id}");
                // Some implementations treat a vertical tab as white space. No control character is ever sent.
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
