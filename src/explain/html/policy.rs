//! The page of an upload form.

use super::chain::{Node, short};
use super::document::visible;
use super::{Page, derivation, masked_note, signature};
use crate::call::post_form::escaped;
use crate::explain::{ConditionSource, PolicyExplanation, View};

impl View<'_, PolicyExplanation> {
    /// As one HTML page, which loads nothing.
    pub fn to_html(&self) -> String {
        let url = self.of.form().url();
        let target = [
            "<code><span class=\"t method\">POST</span> ",
            &visible(url),
            "</code>",
        ];
        let scope = self.of.scope();
        let expiration = self.of.document().expiration();
        let facts = [
            ("Signed at", scope.at.to_string()),
            ("Expires", expiration.clone()),
            ("Region", scope.region.clone()),
            ("The signature is in", "a field of the form".to_owned()),
        ];
        let note = masked_note(self);
        let mut page = Page::new(
            "How this upload form is signed",
            &target.concat(),
            &facts,
            note,
        );
        self.drawing(&mut page);

        let intro = "What a browser may upload, and until when. A form has no canonical request: this document is signed instead, and the store checks each field against it.";
        page.step("policy", "Policy", intro);
        let mut lines = vec![(
            format!("expiration: {}", escaped(&expiration)),
            "until when the store accepts the form".to_owned(),
        )];
        for condition in self.of.conditions() {
            let (class, note) = match condition.source() {
                ConditionSource::Bucket => ("path", "the bucket of the form"),
                ConditionSource::Setter => ("query", "what the caller allows"),
                ConditionSource::Signature => ("names", "how it is signed"),
            };
            let text = visible(&self.condition(condition));
            let line = ["<span class=\"t ", class, "\">", &text, "</span>"];
            lines.push((line.concat(), note.to_owned()));
        }
        page.rows(&lines);
        page.html(&["<details><summary>The document</summary>\n"]);
        page.plain(&self.policy());
        page.html(&["</details>\n"]);
        page.end_section();

        let intro = "The policy in base64, and nothing else: neither date nor scope stand beside it, because they are conditions.";
        page.step("string", "String to sign", intro);
        let text = self.of.string_to_sign();
        let text = escaped(&self.value(&text, self.of.has_secret()));
        page.html(&["<p class=\"result\"><code><span class=\"t hash\">", &text]);
        page.html(&["</span></code></p>\n"]);
        page.end_section();
        derivation(&mut page, self, scope);
        signature(&mut page, self, &self.signature(self.of.signature()));

        let intro = "The fields that the form sends, and then the file. Stores ignore or reject fields after it.";
        page.step("result", "Form", intro);
        let fields = self.fields();
        let row = |(name, value): &(String, String)| {
            let class = match name.as_str() {
                "policy" => "hash",
                "x-amz-signature" => "key",
                name if name.starts_with("x-amz-") && !name.starts_with("x-amz-meta-") => "names",
                _ => "query",
            };
            let (name, value) = (escaped(name), visible(value));
            let html = [
                "<span class=\"t name ",
                class,
                "\">",
                &name,
                "</span>: ",
                &value,
            ];
            let note = match class {
                "hash" => "the string to sign",
                "key" => "the signature",
                "names" => "how it is signed",
                _ => "what is uploaded",
            };
            (html.concat(), note.to_owned())
        };
        let rows: Vec<(String, String)> = fields.iter().map(row).collect();
        page.rows(&rows);
        page.end_section();
        page.finish()
    }

    fn drawing(&self, page: &mut Page) {
        page.section(
            "chain",
            "The chain",
            "A policy becomes one string, and a secret becomes one key. They meet in the signature.",
        );
        let count = format!("{} conditions", self.of.conditions().len());
        let documents = [
            Node {
                operation: ("", ""),
                class: "ink",
                section: "policy",
                title: "Policy",
                value: &count,
            },
            Node {
                operation: ("base64", ""),
                class: "names",
                section: "string",
                title: "String to sign",
                value: "1 line",
            },
        ];
        let signature = short(&self.signature(self.of.signature()));
        page.chain(&documents, self.of.scope(), &signature);
        page.end_section();
    }
}

impl Page {
    /// Rows of HTML with a note, which is text.
    fn rows(&mut self, rows: &[(String, String)]) {
        self.html(&["<ul class=\"rows\">\n"]);
        for (html, note) in rows {
            let note = escaped(note);
            self.html(&[
                "<li><code>",
                html,
                "</code><span></span><span class=\"why\">",
                &note,
            ]);
            self.html(&["</span></li>\n"]);
        }
        self.html(&["</ul>\n"]);
    }
}
