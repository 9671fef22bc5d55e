//! The page of an explanation.

use std::collections::BTreeSet;
use std::time::Duration;

use super::{aws, client, credentials, published, published_get, with_secrets};

/// Elements that have no end tag.
const VOID: [&str; 4] = ["meta", "br", "path", "!DOCTYPE"];

/// The tags of a page in order, without `<` and `>`.
fn tags(html: &str) -> Vec<&str> {
    let (before, rest) = html.split_once("<style>").unwrap();
    let (_, after) = rest.split_once("</style>").unwrap();
    let mut tags = Vec::new();
    for part in [before, after] {
        for tag in part.split('<').skip(1) {
            tags.push(tag.split_once('>').expect(tag).0);
        }
    }
    tags
}

/// The values of an attribute.
fn values<'a>(html: &'a str, attribute: &str) -> Vec<&'a str> {
    let start = format!(" {attribute}=\"");
    let values = html.split(start.as_str()).skip(1);
    values.map(|rest| rest.split('"').next().unwrap()).collect()
}

/// Asserts that a page is well-formed, complete without a network, and that its links lead somewhere.
#[track_caller]
pub fn assert_page(html: &str) {
    let mut open = Vec::new();
    for tag in tags(html) {
        let name = tag.split([' ', '/']).find(|name| !name.is_empty()).unwrap();
        if tag.starts_with('/') {
            assert_eq!(open.pop(), Some(name), "<{tag}>");
        } else if !VOID.contains(&name) && name != "path" {
            open.push(name);
        }
    }
    assert_eq!(open, Vec::<&str>::new());

    assert!(html.starts_with("<!DOCTYPE html>\n<html lang=\"en\">"));
    assert!(html.contains("Content-Security-Policy\" content=\"default-src 'none'"));
    for attribute in ["src", "action", "data", "style", "onclick", "srcset"] {
        assert_eq!(values(html, attribute), Vec::<&str>::new(), "{attribute}");
    }
    for text in [
        "<script",
        "<link",
        "<img",
        "<iframe",
        "url(",
        "@import",
        "javascript:",
    ] {
        assert!(!html.contains(text), "{text}");
    }
    let ids = values(html, "id");
    let unique: BTreeSet<&str> = ids.iter().copied().collect();
    assert_eq!(ids.len(), unique.len(), "{ids:?}");
    let links = values(html, "href");
    assert!(links.len() > 5);
    for link in links {
        assert!(
            unique.contains(link.strip_prefix('#').expect(link)),
            "{link}"
        );
    }
    for attribute in ["aria-describedby", "aria-labelledby"] {
        for id in values(html, attribute) {
            assert!(unique.contains(id), "{attribute} {id}");
        }
    }
}

#[test]
fn every_page_is_well_formed_and_loads_nothing() {
    let minute = Duration::from_secs(60);
    let get = aws().get_object("examplebucket", "test.txt");
    let presigned = get.explain_presigned(published(), minute).unwrap();
    let s3 = client("http://127.0.0.1:9000", credentials());
    let put = s3.put_object("photos", "cat.jpg", vec![b'm'; 200_000]);
    let chunked = put.explain_chunked(published()).unwrap();
    for explanation in [published_get(), with_secrets(), presigned, chunked] {
        assert_page(&explanation.to_html());
        assert_page(&explanation.unmasked().with_keys(&credentials()).to_html());
    }
}

#[test]
fn what_cannot_be_seen_is_shown() {
    let page = with_secrets().to_html();
    let ruby = |text: &str, name: &str| {
        format!("<ruby>{text}<rp> (</rp><rt>{name}</rt><rp>) </rp></ruby>")
    };
    for html in [
        ruby("%20", "space"),
        ruby("%C3%A9", "&#233;"),
        ruby("%0A", "newline"),
        ruby("%E2%80%AE", "U+202E"),
        ruby("%3C", "&lt;"),
        "<span class=\"sp\"> </span>".to_owned(),
        "<span class=\"nl\"></span>".to_owned(),
    ] {
        assert!(page.contains(&html), "{html}");
    }
}

#[test]
fn a_value_that_is_signed_otherwise_than_sent_is_named() {
    let page = with_secrets().to_html();
    let signed = "signed as &lt;/code&gt;&lt;script&gt; alert(&#39;2&#39;)&lt;/script&gt;<";
    assert_eq!(page.matches("signed as ").count(), 1);
    assert!(page.contains(signed), "{page}");
    let builder = slim_s3::Client::builder().endpoint("https://files.example/s3");
    let builder = builder
        .signed_endpoint("http://minio:9000")
        .region("us-east-1");
    let s3 = builder.credentials(credentials()).build().unwrap();
    let get = s3.get_object("photos", "cat.jpg");
    let minute = Duration::from_secs(60);
    for explanation in [
        get.explain(published()).unwrap(),
        get.explain_presigned(published(), minute).unwrap(),
    ] {
        let host = &explanation.headers()[0];
        assert_eq!((host.name(), host.value()), ("host", "files.example"));
        assert!(explanation.to_html().contains("; signed as minio:9000<"));
    }
}

#[test]
fn each_range_links_to_its_rule() {
    let page = published_get().to_html();
    let range = "<a class=\"t header\" href=\"#rule-header\" aria-describedby=\"rule-header\" \
                 data-tip=\"bytes 57 to 65: ";
    assert!(page.contains(range), "{page}");
    for id in ["method", "path", "host", "header", "amz", "names", "body"] {
        let row = format!("<tr id=\"rule-{id}\"");
        assert_eq!(page.matches(&row).count(), 1, "{row}");
    }
    assert!(!page.contains("rule-query"));
}

#[test]
fn a_page_says_what_is_masked() {
    let explanation = published_get();
    for (page, note) in [
        (
            explanation.to_html(),
            "The signature, the session token and customer keys are masked",
        ),
        (
            explanation.with_signature().to_html(),
            "The signature is not",
        ),
        (explanation.unmasked().to_html(), "Nothing is masked"),
    ] {
        assert!(page.contains(note), "{note}");
    }
}
