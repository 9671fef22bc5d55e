//! The string to sign, and the header or URL that carries the signature.

use super::Page;
use super::document::{part, visible};
use crate::explain::{Explanation, Kind, View};
use crate::sigv4::{ALGORITHM, Signing};

impl View<'_, Explanation> {
    pub(super) fn string_to_sign_section(&self, page: &mut Page, signing: &Signing) {
        page.step(
            "string",
            "String to sign",
            "Four lines: how, when, for where, and what. From here on the request is represented by its hash.",
        );
        let scope = &signing.string_to_sign.scope;
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
        page.document(&lines);
        page.end_section();
    }

    pub(super) fn result_section(&self, page: &mut Page, signing: &Signing) {
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
