//! XML documents.

use super::{ErrorKind, Operation, assert_fails, call, listing, success};
use crate::support::script::{error_document, play};

/// A listing of one object with these elements.
fn object(inner: &str) -> String {
    listing(&format!("<Contents>{inner}</Contents>"))
}

#[tokio::test]
async fn a_hostile_listing_is_malformed() {
    let deep = format!("{}{}", "<a>".repeat(5000), "</a>".repeat(5000));
    let wide = "<a/>".repeat(300_000);
    let long = format!("<a>{}</a>", "x".repeat(9 << 20));
    let entity_expansion = "<!DOCTYPE l [<!ENTITY a \"ha\"><!ENTITY b \"&a;&a;&a;\">]><ListBucketResult>&b;</ListBucketResult>";
    let external_dtd = "<!DOCTYPE l SYSTEM \"http://127.0.0.1:1/x\"><ListBucketResult/>";
    let utf16: Vec<u8> = listing("")
        .encode_utf16()
        .flat_map(u16::to_le_bytes)
        .collect();
    let utf16_with_mark: Vec<u8> = [0xff, 0xfe].into_iter().chain(utf16.clone()).collect();
    let latin1 = [object("<Key>caf").as_bytes(), b"\xe9"].concat();
    let gzip = b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\x03\x4b\x4c\x4a\x06\x00\xc2\x41\x24\x35\x03\x00\x00\x00";
    for (name, body, message) in [
        (
            "deeply nested",
            listing(&deep).into_bytes(),
            "too many elements, or is nested too deeply",
        ),
        (
            "many elements",
            listing(&wide).into_bytes(),
            "too many elements, or is nested too deeply",
        ),
        (
            "too long",
            listing(&long).into_bytes(),
            "longer than 8388608 bytes",
        ),
        ("entity expansion", entity_expansion.into(), "document type"),
        ("an external DTD", external_dtd.into(), "document type"),
        (
            "an undeclared entity",
            listing("<Prefix>&x;</Prefix>").into_bytes(),
            "an entity that is not predefined",
        ),
        (
            "a reference to a surrogate",
            listing("<Prefix>&#xD800;</Prefix>").into_bytes(),
            "an invalid reference",
        ),
        ("UTF-16", utf16, "malformed response"),
        (
            "UTF-16 with a byte order mark",
            utf16_with_mark,
            "expected <ListBucketResult>",
        ),
        ("Latin-1", latin1, "not UTF-8"),
        (
            "another root",
            b"<ListAllMyBucketsResult/>".to_vec(),
            "got <ListAllMyBucketsResult>",
        ),
        (
            "two roots",
            [listing(""), listing("")].concat().into_bytes()[..60].to_vec(),
            "malformed response",
        ),
        (
            "HTML",
            b"<!DOCTYPE html><html><body>Sign in</body></html>".to_vec(),
            "got an HTML page",
        ),
        (
            "JSON",
            b"{\"Contents\": []}".to_vec(),
            "expected <ListBucketResult>, got",
        ),
        ("text", b"OK".to_vec(), "got \"OK\""),
        ("an empty body", Vec::new(), "got an empty body"),
        ("white space", b"   \n".to_vec(), "got an empty body"),
        ("gzip", gzip.to_vec(), "got gzip, 23 bytes"),
        (
            "no end tag",
            b"<ListBucketResult><IsTruncated>false</IsTruncated>".to_vec(),
            "the XML is truncated",
        ),
        (
            "mismatched end tags",
            b"<ListBucketResult><A></B></ListBucketResult>".to_vec(),
            "not well-formed",
        ),
        (
            "an empty root",
            b"<ListBucketResult/>".to_vec(),
            "no <IsTruncated>",
        ),
        ("no key", object("<Size>1</Size>").into_bytes(), "no <Key>"),
        ("no size", object("<Key>k</Key>").into_bytes(), "no <Size>"),
        (
            "a negative size",
            object("<Key>k</Key><Size>-1</Size>").into_bytes(),
            "is not a number",
        ),
        (
            "a fractional size",
            object("<Key>k</Key><Size>1.5</Size>").into_bytes(),
            "is not a number",
        ),
        (
            "a size above 2^64",
            object("<Key>k</Key><Size>18446744073709551616</Size>").into_bytes(),
            "is not a number",
        ),
        (
            "truncated without a token",
            listing("").replace("false", "true").into_bytes(),
            "no token for the next page",
        ),
        (
            "neither truncated nor not",
            listing("").replace("false", "maybe").into_bytes(),
            "neither true nor false",
        ),
        (
            "fewer keys than KeyCount",
            listing("<KeyCount>5</KeyCount>").into_bytes(),
            "has a KeyCount of 5 but 0 keys",
        ),
        (
            "truncated twice, differently",
            listing("<IsTruncated>true</IsTruncated>").into_bytes(),
            "two <IsTruncated>",
        ),
        (
            "an error in the listing",
            listing("<Error><Code>InternalError</Code></Error>").into_bytes(),
            "an error in <ListBucketResult>",
        ),
        (
            "an error after the listing",
            [listing(""), error_document("InternalError")]
                .concat()
                .into_bytes(),
            "content after its root element",
        ),
        (
            "control characters",
            b"\x1b[31m\x07 red".to_vec(),
            "got binary data, 10 bytes",
        ),
    ] {
        assert_fails(
            name,
            Operation::ListObjectsV2,
            success(body),
            ErrorKind::Malformed,
            message,
        )
        .await;
    }
}

#[tokio::test]
async fn a_byte_order_mark_and_a_declaration_are_accepted() {
    let marked = format!(
        "\u{feff}<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n{}",
        listing("")
    );
    let server = play([success(&marked), success(format!("  \r\n{marked}"))]).await;
    for _ in 0..2 {
        call(&server.client(), Operation::ListObjectsV2)
            .await
            .unwrap();
    }
}
