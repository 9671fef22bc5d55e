//! The page of a request: what is sent, and the chain. `canonical.rs` and `result.rs` have the steps.

use super::chain::{Node, short};
use super::document::{part, visible};
use super::{Page, derivation, masked_note, signature};
use crate::call::post_form::escaped;
use crate::explain::{Explanation, Kind, SentHeader, View};
use crate::sigv4::Signing;

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
        let target = ["<code>", &self.request_line(true), "</code>"].concat();
        let mut page = Page::new(&title, &target, &self.facts(), masked_note(self));
        if let Some(signing) = self.of.signing() {
            self.drawing(&mut page, signing);
        }
        self.sent(&mut page);
        self.canonical_section(&mut page);
        if let Some(signing) = self.of.signing() {
            self.string_to_sign_section(&mut page, signing);
            derivation(&mut page, self, &signing.string_to_sign.scope);
            signature(&mut page, self, &self.signature(&signing.signature));
            self.result_section(&mut page, signing);
        }
        if let Some(body) = self.of.chunks() {
            self.chunks_section(&mut page, body);
        }
        page.finish()
    }

    /// The method and the URL, in colours.
    fn request_line(&self, with_query: bool) -> String {
        let (url, place) = (self.url(), self.of.place());
        let query = url.get(place.len()..).unwrap_or_default();
        let path = place.match_indices('/').nth(2);
        let path = path.map_or(place.len(), |(at, _)| at);
        let (host, path) = place.split_at_checked(path).unwrap_or((place, ""));
        let method = part("method", &self.of.canonical_request().method);
        let mut line = [&method, " ", &part("header", host), &part("path", path)].concat();
        if let (true, Some(query)) = (with_query, query.strip_prefix('?')) {
            line += &["<span class=\"sep\">?</span>", &part("query", query)].concat();
        }
        line
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
        let is_signed = self.of.signing().is_some();
        // That of a presigned URL is the last step.
        let (with_query, reason) = match self.of.kind() {
            Kind::Presigned { .. } => (false, "method and path; the query follows below"),
            _ => (
                true,
                "method, path and query: the first three lines of the canonical request",
            ),
        };
        page.header("", &self.request_line(with_query), is_signed, reason);
        for header in self.of.headers() {
            let value = visible(&self.value(header.value(), header.is_secret()));
            let rule = header.rule().to_string();
            let (_, reason) = rule.split_once(": ").unwrap_or(("", &rule));
            let class = match header.rule().is_signed() {
                true => "t header",
                false => "t",
            };
            let name = ["<span class=\"", class, " name\">", &visible(header.name())];
            let name = name.concat() + "</span>: ";
            let reason = [reason, &self.difference(header)].concat();
            page.header(&name, &value, header.rule().is_signed(), &reason);
        }
        if let Some(authorization) = self.authorization() {
            let name = "<span class=\"t key name\">authorization</span>: ";
            let reason = "it carries the signature, which cannot cover itself";
            page.header(name, &visible(&authorization), false, reason);
        }
        page.html(&["</ul>\n"]);
        page.end_section();
    }

    /// How the canonical value of a header differs from what is sent: in white space, or because a proxy changes it.
    fn difference(&self, header: &SentHeader) -> String {
        let mut signed = self.of.canonical_request().headers.iter();
        let signed = signed.find(|(name, _)| *name == header.name());
        match signed {
            Some((_, value)) if header.rule().is_signed() && value != header.value() => {
                ["; signed as ", &self.value(value, header.is_secret())].concat()
            }
            _ => String::new(),
        }
    }
}

impl Page {
    /// A row with a header or a parameter. Name and value are HTML.
    pub(super) fn header(&mut self, name: &str, value: &str, is_signed: bool, reason: &str) {
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
