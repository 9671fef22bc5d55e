//! Step 1: the canonical request in colours, and the rules.

use super::{Page, Token};
use crate::call::post_form::escaped;
use crate::explain::{Explanation, HeaderRule, Origin, Span, View};
use crate::sigv4::PayloadHash;

impl View<'_, Explanation> {
    pub(super) fn canonical_section(&self, page: &mut Page) {
        let request = self.of.canonical_request();
        let intro = "The request in the one form that client and store agree on. Each colour is a part of the request; move to a part, or tap it, to see its rule.";
        page.step("canonical", "Canonical request", intro);
        let spans = self.canonical_request();
        let mut lines: Vec<(String, String)> = Vec::new();
        let mut last = 0;
        for (span, text) in &spans {
            while last < span.line {
                last += 1;
                lines.push((String::new(), String::new()));
            }
            let Some((html, note)) = lines.last_mut() else {
                continue;
            };
            if note.is_empty() {
                *note = self.line_note(span);
            }
            match text.as_str() {
                "\n" => {}
                text => html.push_str(&self.token(span, text)),
            }
        }
        page.document(&lines);
        page.html(&[
            "<p class=\"result\" id=\"canonical-hash\"><span>SHA-256 of these bytes</span><code><span class=\"t hash\">",
            &request.hash(),
            "</span></code></p>\n",
        ]);
        self.rules(page, &spans);
        page.end_section();
    }

    fn line_note(&self, span: &Span) -> String {
        match span.origin {
            Origin::Method => "the method".to_owned(),
            Origin::Path => "the path".to_owned(),
            Origin::QueryName => "the query".to_owned(),
            Origin::HeaderName => {
                let rule = self.header_rule(span).to_string();
                let (_, reason) = rule.split_once(": ").unwrap_or_default();
                ["a header: ", reason].concat()
            }
            Origin::SignedHeaders => "which headers are signed".to_owned(),
            Origin::PayloadHash => "the body".to_owned(),
            _ if span.line == 3 => "the query: empty".to_owned(),
            _ => "ends the headers".to_owned(),
        }
    }

    fn header_rule(&self, span: &Span) -> HeaderRule {
        let name = span.name.as_deref().unwrap_or_default();
        let mut headers = self.of.headers().iter();
        let header = headers.find(|header| header.name() == name);
        header.map_or(HeaderRule::Anonymous, |header| header.rule())
    }

    fn token(&self, span: &Span, text: &str) -> String {
        let class = match span.origin {
            Origin::Separator if text == "&" => {
                return "<span class=\"sep amp\">&amp;</span>".to_owned();
            }
            Origin::Separator => {
                return ["<span class=\"sep\">", &escaped(text), "</span>"].concat();
            }
            Origin::QueryName => "query name",
            Origin::HeaderName => "header name",
            origin => row(origin).0,
        };
        let rule = self.rule_of(span);
        let tip = format!(
            "bytes {} to {}: {}",
            span.range.start,
            span.range.end - 1,
            rule.1
        );
        let (rule, tip) = (rule.0, tip.as_str());
        Token { class, rule, tip }.to_html(text)
    }

    /// The ID and the sentence of the rule of a range.
    fn rule_of(&self, span: &Span) -> (&'static str, String) {
        let (_, id, sentence) = row(span.origin);
        match span.origin {
            Origin::HeaderName | Origin::HeaderValue => match self.header_rule(span) {
                HeaderRule::Host => ("rule-host", format!("host: {}", HeaderRule::Host)),
                HeaderRule::Amz => (
                    "rule-amz",
                    format!("x-amz-*: {sentence}; {}", HeaderRule::Amz),
                ),
                rule => (id, format!("a header: {sentence}; {rule}")),
            },
            Origin::PayloadHash => (id, self.body_rule().1.to_owned()),
            _ => (id, sentence.to_owned()),
        }
    }

    /// The rules of the ranges, once each.
    fn rules(&self, page: &mut Page, spans: &[(Span, String)]) {
        page.html(&[
            "<table>\n<caption>The rules</caption>\n<thead><tr><th scope=\"col\">from</th><th scope=\"col\">rule</th></tr></thead>\n<tbody>\n",
        ]);
        let mut known: Vec<&str> = Vec::new();
        for (span, _) in spans {
            if span.origin == Origin::Separator {
                continue;
            }
            let (id, sentence) = self.rule_of(span);
            if known.contains(&id) {
                continue;
            }
            known.push(id);
            let (class, ..) = row(span.origin);
            let (from, rule) = sentence.split_once(": ").unwrap_or_default();
            page.html(&[
                "<tr id=\"",
                id,
                "\" class=\"",
                class,
                "\"><th scope=\"row\">",
            ]);
            page.html(&["<span class=\"t ", class, "\">"]);
            page.html(&[
                &escaped(from),
                "</span></th><td>",
                &escaped(rule),
                "</td></tr>\n",
            ]);
        }
        page.html(&["</tbody>\n</table>\n"]);
    }

    /// How the body is covered, in a few words and as a sentence.
    pub(super) fn body_rule(&self) -> (&'static str, &'static str) {
        match self.of.canonical_request().payload_hash {
            PayloadHash::Sha256(_) => (
                "is hashed",
                "the body: its SHA-256, so that no byte of it can change",
            ),
            PayloadHash::Unsigned => (
                "is not covered",
                "the body: not covered, so only TLS protects it",
            ),
            PayloadHash::Streaming => (
                "is signed in chunks",
                "the body: each chunk has a signature of its own, which starts from this one",
            ),
            PayloadHash::StreamingTrailer => (
                "is signed in chunks, with a trailer",
                "the body: each chunk has a signature of its own, which starts from this one, and so has the trailer",
            ),
            PayloadHash::StreamingUnsignedTrailer => (
                "is sent in chunks, with a trailer",
                "the body: sent in chunks without signatures, and only a checksum follows it",
            ),
        }
    }
}

/// The class, the ID and the sentence of the rule for an origin.
fn row(origin: Origin) -> (&'static str, &'static str, &'static str) {
    match origin {
        Origin::Method => ("method", "rule-method", "the method: as it is sent"),
        Origin::Path => (
            "path",
            "rule-path",
            "the path: each byte but A-Z a-z 0-9 - . _ ~ / becomes %XX, once, and nothing is normalised",
        ),
        Origin::QueryName | Origin::QueryValue => (
            "query",
            "rule-query",
            "the query: encoded like the path, and so is /; sorted by name, then by value; = also after a name without a value",
        ),
        Origin::HeaderName | Origin::HeaderValue => (
            "header",
            "rule-header",
            "name in lower case, value trimmed, with single spaces, sorted by name",
        ),
        Origin::SignedHeaders => (
            "names",
            "rule-names",
            "signed headers: the names of the lines above, in the same order",
        ),
        Origin::PayloadHash => ("body", "rule-body", "the body: its hash"),
        Origin::Separator => ("sep", "", "a separator"),
    }
}
