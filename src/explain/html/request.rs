//! The page of a request: what is sent, the four steps, and the result.

use super::chain::{Node, short};
use super::document::visible;
use super::{Page, Token, derivation, masked_note, signature};
use crate::call::post_form::escaped;
use crate::explain::{Explanation, HeaderRule, Kind, Origin, Span, View};
use crate::sigv4::{ALGORITHM, PayloadHash, Signing};

impl View<'_, Explanation> {
    /// As one HTML page, which loads nothing.
    pub fn to_html(&self) -> String {
        let request = self.of.canonical_request();
        let method = &request.method;
        let title = match self.of.kind() {
            _ if self.of.chunks().is_some() => format!("How this {method} is signed in chunks"),
            Kind::Header => format!("How this {method} is signed"),
            Kind::Presigned { .. } => format!("How this {method} URL is presigned"),
            Kind::Anonymous => format!("This {method} is not signed"),
        };
        let target = [
            "<code><span class=\"t method\">",
            &escaped(method),
            "</span> ",
            &visible(&self.url()),
            "</code>",
        ];
        let mut page = Page::new(&title, &target.concat(), &self.facts(), masked_note(self));
        if let Some(signing) = self.of.signing() {
            self.drawing(&mut page, signing);
        }
        self.sent(&mut page);
        self.canonical_section(&mut page);
        if let Some(signing) = self.of.signing() {
            self.string_to_sign(&mut page, signing);
            derivation(&mut page, self, &signing.string_to_sign.scope);
            signature(&mut page, self, &self.signature(&signing.signature));
            self.result(&mut page, signing);
        }
        if let Some(body) = self.of.chunks() {
            self.chunks_section(&mut page, body);
        }
        page.finish()
    }

    fn facts(&self) -> Vec<(&'static str, String)> {
        let mut facts = Vec::new();
        if let Some(signing) = self.of.signing() {
            let scope = &signing.string_to_sign.scope;
            facts.push(("Access key ID", signing.access_key_id.clone()));
            facts.push(("Signed at", scope.at.to_string()));
            facts.push(("Region", scope.region.clone()));
        }
        let place = match self.of.kind() {
            Kind::Header => "the Authorization header".to_owned(),
            Kind::Presigned { expires } => format!("the URL, for {} s", expires.as_secs()),
            Kind::Anonymous => "nowhere: the request is anonymous".to_owned(),
        };
        facts.push(("The signature is in", place));
        facts.push(("The body", self.body_rule().0.to_owned()));
        facts
    }

    /// How the body is covered, in a few words and as a sentence.
    fn body_rule(&self) -> (&'static str, &'static str) {
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

    fn drawing(&self, page: &mut Page, signing: &Signing) {
        let document = signing.canonical_request.to_string();
        let size = format!(
            "{} lines, {} bytes",
            document.lines().count(),
            document.len()
        );
        let hash = short(&signing.string_to_sign.canonical_request_hash);
        let node = |operation, class, section, title, value| Node {
            operation,
            class,
            section,
            title,
            value,
        };
        page.section(
            "chain",
            "The chain",
            "A request becomes one hash, and a secret becomes one key. They meet in the signature.",
        );
        let documents = [
            node(("", ""), "ink", "canonical", "Canonical request", &size),
            node(("SHA-256", ""), "hash", "canonical-hash", "Hash", &hash),
            node(
                ("with", "date, scope"),
                "names",
                "string",
                "String to sign",
                "4 lines",
            ),
        ];
        let signature = short(&self.signature(&signing.signature));
        page.chain(&documents, &signing.string_to_sign.scope, &signature);
        page.end_section();
    }

    fn sent(&self, page: &mut Page) {
        page.section(
            "sent",
            "What is sent",
            "Every header, and the rule by which it is signed or left out. The HTTP client may add others, which are not signed.",
        );
        page.html(&["<ul class=\"rows\">\n"]);
        for header in self.of.headers() {
            let value = visible(&self.value(header.value(), header.is_secret()));
            let rule = header.rule().to_string();
            let (_, reason) = rule.split_once(": ").unwrap_or(("", &rule));
            let class = match header.rule().is_signed() {
                true => "t header",
                false => "t",
            };
            let name = [
                "<span class=\"",
                class,
                " name\">",
                header.name(),
                "</span>: ",
            ]
            .concat();
            page.header(&name, &value, header.rule().is_signed(), reason);
        }
        if let Some(authorization) = self.authorization() {
            let name = "<span class=\"t key name\">authorization</span>: ";
            let reason = "it carries the signature, which cannot cover itself";
            page.header(name, &visible(&authorization), false, reason);
        }
        page.html(&["</ul>\n"]);
        page.end_section();
    }

    fn canonical_section(&self, page: &mut Page) {
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
        page.document("Canonical request", &lines);
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
            Origin::HeaderName => self.header_rule(span).to_string(),
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
                HeaderRule::Host => ("rule-host", format!("{sentence}; {}", HeaderRule::Host)),
                HeaderRule::Amz => ("rule-amz", format!("{sentence}; {}", HeaderRule::Amz)),
                rule => (id, format!("{sentence}; {rule}")),
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
                "\"><th scope=\"row\"><span class=\"t ",
                class,
                "\">",
            ]);
            page.html(&[
                &escaped(from),
                "</span></th><td>",
                &escaped(rule),
                "</td></tr>\n",
            ]);
        }
        page.html(&["</tbody>\n</table>\n"]);
    }

    fn string_to_sign(&self, page: &mut Page, signing: &Signing) {
        page.step(
            "string",
            "String to sign",
            "Four lines: how, when, for where, and what. From here on the request is represented by its hash.",
        );
        let scope = &signing.string_to_sign.scope;
        let part = |class: &str, text: &str| {
            ["<span class=\"t ", class, "\">", &escaped(text), "</span>"].concat()
        };
        let separator = "<span class=\"sep\">/</span>";
        let scope_line = [
            &part("names", &scope.at.date()),
            separator,
            &part("names", &scope.region),
            separator,
            &part("names", &scope.service),
            separator,
            &part("names", "aws4_request"),
        ];
        let lines = [
            (part("names", ALGORITHM), "the algorithm"),
            (
                part("names", &scope.at.to_string()),
                "when: at most 15 minutes from the store's clock",
            ),
            (
                scope_line.concat(),
                "the credential scope: day, region, service",
            ),
            (
                part("hash", &signing.string_to_sign.canonical_request_hash),
                "the SHA-256 of the canonical request",
            ),
        ];
        let lines = lines.map(|(line, note)| (line, note.to_owned()));
        page.document("String to sign", &lines);
        page.end_section();
    }

    fn result(&self, page: &mut Page, signing: &Signing) {
        let part = |class: &str, text: &str| {
            ["<span class=\"t ", class, "\">", &visible(text), "</span>"].concat()
        };
        if let Kind::Presigned { .. } = self.of.kind() {
            let intro = "What a signed request has in headers is in the query. The signature comes last, because it cannot cover itself.";
            page.step("result", "URL", intro);
            page.html(&["<ul class=\"rows\">\n"]);
            let place = part("path", self.of.place());
            page.header("", &place, true, "scheme, host and path");
            for (index, (name, value, is_signed)) in self.query().into_iter().enumerate() {
                let separator = if index == 0 { "?" } else { "&amp;" };
                let class = if is_signed { "query" } else { "key" };
                let name = [
                    "<span class=\"sep\">",
                    separator,
                    "</span>",
                    &part(class, &name),
                    "=",
                ];
                let reason = parameter_reason(&name.concat());
                page.header(&name.concat(), &visible(&value), is_signed, reason);
            }
            page.html(&["</ul>\n"]);
            return page.end_section();
        }
        let intro = "The signature travels in one header, with what the store needs to compute it again. It is sent on one line.";
        page.step("result", "Authorization header", intro);
        let names = signing
            .canonical_request
            .headers
            .signed_headers()
            .to_string();
        let credential = format!("{}/{}", signing.access_key_id, signing.string_to_sign.scope);
        let line = |name: &str, value: String, end: &str| [name, "=", &value, end].concat();
        let lines = [
            (
                ["Authorization: ", &part("names", ALGORITHM)].concat(),
                "the algorithm",
            ),
            (
                line("Credential", part("names", &credential), ","),
                "who signs, and the scope",
            ),
            (
                line("SignedHeaders", part("header", &names), ","),
                "which headers are covered",
            ),
            (
                line(
                    "Signature",
                    part("key", &self.signature(&signing.signature)),
                    "",
                ),
                "the signature",
            ),
        ];
        page.html(&["<ul class=\"rows\">\n"]);
        for (line, why) in lines {
            page.html(&[
                "<li><code>",
                &line,
                "</code><span></span><span class=\"why\">",
                why,
            ]);
            page.html(&["</span></li>\n"]);
        }
        page.html(&["</ul>\n"]);
        page.end_section();
    }
}

/// Why a parameter is in the query of a presigned URL.
fn parameter_reason(name: &str) -> &'static str {
    let reasons = [
        ("X-Amz-Algorithm", "the algorithm"),
        ("X-Amz-Credential", "who signs, and the scope"),
        ("X-Amz-Date", "when"),
        ("X-Amz-Expires", "for how many seconds it is valid"),
        (
            "X-Amz-SignedHeaders",
            "which headers are covered, and must be sent",
        ),
        (
            "X-Amz-Security-Token",
            "the session token of temporary credentials",
        ),
        (
            "X-Amz-Signature",
            "the signature, which cannot cover itself",
        ),
    ];
    let reason = reasons.iter().find(|(known, _)| name.contains(known));
    reason.map_or("a parameter of the request", |(_, reason)| reason)
}

impl Page {
    /// A row with a header or a parameter. Name and value are HTML.
    fn header(&mut self, name: &str, value: &str, is_signed: bool, reason: &str) {
        let badge = match is_signed {
            true => "<span class=\"badge yes\">\u{2713} signed</span>",
            false => "<span class=\"badge no\">\u{2013} not signed</span>",
        };
        self.html(&[
            "<li><code>",
            name,
            value,
            "</code>",
            badge,
            "<span class=\"why\">",
        ]);
        self.html(&[&escaped(reason), "</span></li>\n"]);
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
            "a header: name in lower case, value trimmed, with single spaces, sorted by name",
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
