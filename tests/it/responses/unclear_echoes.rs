//! Quotes that are cut short, malformed, long, or of another request. No cause is named that they do not prove.

use slim_s3::SignatureMismatch;
use slim_s3::mismatch::{Cause, Document};
use slim_s3::sigv4::{
    CanonicalQuery, CanonicalRequest, KeyCache, PayloadHash, SecretAccessKey, Signing, sign,
};

use super::mismatches::{ID, SECRET, TOKEN, error, fixture, presigned, scope, signed};

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;")
}

/// An error document that quotes these two, and further elements.
fn body(canonical: &str, string_to_sign: &str, elements: &str) -> String {
    let (canonical, string_to_sign) = (escaped(canonical), escaped(string_to_sign));
    format!(
        "<Error><Code>SignatureDoesNotMatch</Code><CanonicalRequest>{canonical}</CanonicalRequest>\
         <StringToSign>{string_to_sign}</StringToSign>{elements}</Error>"
    )
}

fn of_body(body: &str, signing: &Signing) -> SignatureMismatch {
    let error = error(403, &[], body);
    error.signature_mismatch_of(signing).unwrap()
}

#[track_caller]
fn assert_cause(canonical: &str, string_to_sign: &str, signing: &Signing, expected: Cause) {
    let mismatch = of_body(&body(canonical, string_to_sign, ""), signing);
    assert_eq!(*mismatch.cause(), expected, "{mismatch}");
}

/// The signing with another query and payload hash.
fn with(query: &[(&str, &str)], payload_hash: PayloadHash) -> Signing {
    let request = CanonicalRequest {
        query: CanonicalQuery::new(query.iter().copied()),
        payload_hash,
        ..signed().canonical_request
    };
    let secret = SecretAccessKey::new(SECRET);
    sign(request, scope(), ID, &secret, &KeyCache::default())
}

#[test]
fn a_quote_that_is_cut_short_names_no_cause() {
    for signing in [signed(), presigned()] {
        let canonical = signing.canonical_request.to_string();
        let string_to_sign = signing.string_to_sign.to_string();
        for end in 1..canonical.len() {
            assert_cause(&canonical[..end], "", &signing, Cause::Unknown);
        }
        for end in 1..string_to_sign.len() {
            assert_cause("", &string_to_sign[..end], &signing, Cause::Unknown);
            assert_cause(&canonical, &string_to_sign[..end], &signing, Cause::Unknown);
        }
    }
}

/// A change before the cut is a change.
#[test]
fn a_change_before_the_cut_is_named() {
    let signing = signed();
    let canonical = signing.canonical_request.to_string();
    let canonical = canonical.replace("name:one", "name:One");
    let end = canonical.find("x-amz-security-token").unwrap() + 9;
    let name = "x-amz-meta-name".to_owned();
    assert_cause(&canonical[..end], "", &signing, Cause::Header { name });
}

#[test]
fn text_that_is_no_document_names_no_cause() {
    for text in [
        "garbled",
        "garbled\nlines\nof\ntext",
        "\u{fffd}\u{fffd}",
        "PUT",
        "a\n/b\n",
    ] {
        assert_cause(text, "", &signed(), Cause::Unknown);
        assert_cause("", text, &signed(), Cause::Unknown);
    }
    for scope in [
        "20260102T030405Z\n\n",
        "today\n20260102/auto/s3/aws4_request\n",
        "20260102T030405Z\n20260102//s3/aws4_request\n",
    ] {
        let text = format!("AWS4-HMAC-SHA256\n{scope}0");
        assert_cause("", &text, &signed(), Cause::Unknown);
    }
}

/// The string to sign of the store may differ in the region or the date.
#[test]
fn the_same_canonical_request_alone_does_not_prove_another_secret() {
    let signing = signed();
    let canonical = signing.canonical_request.to_string();
    assert_cause(&canonical, "", &signing, Cause::Unknown);
    let string_to_sign = signing.string_to_sign.to_string();
    assert_cause(&canonical, &string_to_sign, &signing, Cause::WrongSecret);
}

#[test]
fn a_quote_of_another_request_is_no_change_on_the_way() {
    let (signing, other) = (signed(), presigned());
    let signature = other.signature.to_hex();
    let provided = format!("<SignatureProvided>{signature}</SignatureProvided>");
    let (canonical, string_to_sign) = (&other.canonical_request, &other.string_to_sign);
    let body = body(
        &canonical.to_string(),
        &string_to_sign.to_string(),
        &provided,
    );
    assert_eq!(*of_body(&body, &signing).cause(), Cause::Authorization);
}

#[test]
fn line_ends_of_two_bytes_are_no_difference() {
    let signing = signed();
    let bytes = |text: &str| hex::encode(text.replace('\n', "\r\n"));
    let canonical = bytes(&signing.canonical_request.to_string());
    let string_to_sign = bytes(&signing.string_to_sign.to_string());
    let body = format!(
        "<Error><Code>SignatureDoesNotMatch</Code><CanonicalRequestBytes>{canonical}</CanonicalRequestBytes>\
         <StringToSignBytes>{string_to_sign}</StringToSignBytes></Error>"
    );
    let mismatch = of_body(&body, &signing);
    assert_eq!(*mismatch.cause(), Cause::WrongSecret);
    assert_eq!(mismatch.difference(), None);
}

#[test]
fn the_parameter_that_is_named_is_one_that_differs() {
    let named = |name: Option<&str>| Cause::Query {
        parameter: name.map(str::to_owned),
    };
    for (sent, received, expected) in [
        (&[("a", "1"), ("b", "2")][..], "a=1&b=3", Some("b")),
        (&[("a", "1"), ("b", "2")], "b=2", Some("a")),
        (&[("a", "1")], "a=1&c=", Some("c")),
        // Twice is not once.
        (&[("a", "1"), ("b", "2")], "a=1&a=1&b=2", Some("a")),
        (&[("a", "1"), ("a", "1")], "a=1", Some("a")),
        (&[("a", "1"), ("b", "2")], "b=2&a=1", None),
        (&[("acl", "")], "acl", None),
    ] {
        let signing = with(sent, PayloadHash::of(b"hello"));
        let query = signing.canonical_request.query.to_string();
        let canonical = signing.canonical_request.to_string();
        let canonical = canonical.replacen(&query, received, 1);
        assert_cause(&canonical, "", &signing, named(expected));
    }
    // Neither the order nor the form is certain.
    assert_eq!(named(None).to_string(), "the query was changed on the way");
}

#[test]
fn a_header_that_is_sent_twice_is_named() {
    let signing = signed();
    let canonical = signing.canonical_request.to_string();
    let line = "x-amz-meta-name:one\n";
    let canonical = canonical.replacen(line, &line.repeat(2), 1);
    let name = "x-amz-meta-name".to_owned();
    assert_cause(&canonical, "", &signing, Cause::Header { name });
}

/// A presigned request has no headers with the date and the credential.
#[test]
fn what_differs_in_a_presigned_url_is_in_the_query() {
    let signing = presigned();
    let text = signing.string_to_sign.to_string();
    for (from, to, name) in [
        ("20260102T", "20260103T", "X-Amz-Date"),
        ("/s3/", "/sts/", "X-Amz-Credential"),
    ] {
        let parameter = Some(name.to_owned());
        assert_cause(
            "",
            &text.replacen(from, to, 1),
            &signing,
            Cause::Query { parameter },
        );
    }
    let malformed = |message: &str| {
        let body = format!(
            "<Error><Code>AuthorizationQueryParametersError</Code><Message>{message}</Message></Error>"
        );
        of_body(&body, &signing).cause().clone()
    };
    let expected = Cause::Query { parameter: None };
    assert_eq!(malformed("X-Amz-Expires must be non-negative"), expected);
}

#[test]
fn a_code_is_no_proof_without_its_message() {
    let cause = |code: &str, message: &str| {
        let body = format!("<Error><Code>{code}</Code><Message>{message}</Message></Error>");
        let mismatch = error(400, &[], &body).signature_mismatch_of(&signed());
        mismatch.map(|mismatch| mismatch.cause().clone())
    };
    // Not signed in a URL, so no URL has expired.
    assert_eq!(cause("AccessDenied", "The bucket policy has expired"), None);
    let algorithm = "The hash algorithm is not supported";
    assert_eq!(cause("InvalidRequest", algorithm), None);
    for message in [
        r#"incorrect service "s3". This endpoint belongs to "sts"."#,
        r#"incorrect service "s3"; expecting "sts""#,
    ] {
        let found = cause("AuthorizationHeaderMalformed", message);
        assert_eq!(found, Some(Cause::Unknown), "{message}");
    }
}

/// Signed chunks, of which the second has the signature of the first in its string to sign.
fn of_chunk(signing: &Signing) -> (String, String) {
    let previous = "c".repeat(64);
    let scope = &signing.string_to_sign.scope;
    let at = scope.at;
    let (empty, data) = (PayloadHash::of(b""), PayloadHash::of(b"Hello"));
    let text = format!("AWS4-HMAC-SHA256-PAYLOAD\n{at}\n{scope}\n{previous}\n{empty}\n{data}");
    let provided = "d".repeat(64);
    let provided = format!("<SignatureProvided>{provided}</SignatureProvided>");
    let canonical = signing.canonical_request.to_string();
    (body(&canonical, &text, &provided), previous)
}

#[test]
fn a_rejected_chunk_is_a_changed_body() {
    let signing = with(&[], PayloadHash::Streaming);
    let (body, previous) = of_chunk(&signing);
    let mismatch = of_body(&body, &signing);
    assert_eq!(*mismatch.cause(), Cause::Body);
    // The string to sign of a chunk is not that of the request.
    assert_eq!(mismatch.difference(), None);
    let report = mismatch.to_string();
    for line in [
        "no difference in what was signed",
        "string to sign of a chunk, as the store has signed it",
        "  1   AWS4-HMAC-SHA256-PAYLOAD",
        "  4   cccc…(64 characters)",
    ] {
        assert!(
            report.lines().any(|shown| shown == line),
            "{line}\n{report}"
        );
    }
    assert!(!report.contains(&previous), "{report}");
}

#[test]
fn a_chunk_of_a_request_without_chunks_is_of_another_one() {
    let signing = signed();
    let (body, _) = of_chunk(&signing);
    assert_eq!(*of_body(&body, &signing).cause(), Cause::Unknown);
}

#[test]
fn the_report_of_a_long_quote_is_short() {
    let signing = signed();
    let canonical = "x\n".repeat(20_000) + &"y".repeat(20_000);
    let mismatch = of_body(&body(&canonical, "", ""), &signing);
    assert_eq!(*mismatch.cause(), Cause::Unknown);
    let report = mismatch.to_string();
    assert!(report.lines().count() < 200, "{}", report.lines().count());
    assert!(report.contains("\n      … 19873 more lines\n"), "{report}");
    let difference = mismatch.difference().unwrap();
    assert_eq!(difference.document, Document::CanonicalRequest);
}

#[test]
fn bytes_that_are_not_utf8_are_replaced() {
    let signing = signed();
    let canonical = signing.canonical_request.to_string();
    let bytes = hex::encode(canonical.replace("one", "caf")).replace("636166", "63 61 66 e9");
    let body = format!(
        "<Error><Code>SignatureDoesNotMatch</Code><CanonicalRequestBytes>{bytes}</CanonicalRequestBytes></Error>"
    );
    let mismatch = of_body(&body, &signing);
    let name = "x-amz-meta-name".to_owned();
    assert_eq!(*mismatch.cause(), Cause::Header { name });
    assert!(mismatch.to_string().contains("    + x-amz-meta-name:caf"));
}

/// Deletes, repeats and replaces bytes at places that a fixed seed chooses.
#[test]
fn a_damaged_quote_prints_no_secret() {
    let mut state = 0x9e37_79b9_7f4a_7c15_u64;
    let mut below = |limit: usize| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        (state % limit as u64) as usize
    };
    for (store, signing) in [
        ("aws", signed()),
        ("gcs", signed()),
        ("localstack", presigned()),
    ] {
        let whole = fixture(store).into_bytes();
        let signature = signing.signature.to_hex();
        let mut causes = 0;
        for _ in 0..1000 {
            let mut body = whole.clone();
            for _ in 0..=below(3) {
                let at = below(body.len());
                let end = (at + below(40)).min(body.len());
                match below(3) {
                    0 => drop(body.drain(at..end)),
                    1 => body[at] = b"\n\0<&:;=\xff"[below(8)],
                    _ => {
                        let copy = body[at..end].to_vec();
                        body.splice(at..at, copy);
                    }
                }
            }
            let error = error(403, &[], &String::from_utf8_lossy(&body));
            let Some(mismatch) = error.signature_mismatch_of(&signing) else {
                continue;
            };
            causes += 1;
            let text = format!("{error} {error:?} {mismatch} {mismatch:?}");
            assert!(
                !text.contains(TOKEN) && !text.contains(&signature),
                "{text}"
            );
        }
        assert!(causes > 500, "{store}: {causes}");
    }
}
