//! The chain of hashes, drawn.

use super::Page;
use crate::call::post_form::escaped;
use crate::sigv4::CredentialScope;

/// A box of the drawing, and the operation whose result it is.
pub(super) struct Node<'a> {
    /// Above the arrow, and its input.
    pub(super) operation: (&'a str, &'a str),
    /// A class of `page.css`.
    pub(super) class: &'a str,
    /// The section that it links to.
    pub(super) section: &'a str,
    pub(super) title: &'a str,
    pub(super) value: &'a str,
}

impl Page {
    /// Draws how the documents and the keys lead to the signature.
    pub(super) fn chain(
        &mut self,
        documents: &[Node<'_>],
        scope: &CredentialScope,
        signature: &str,
    ) {
        let (date, operation) = (scope.at.date(), "HMAC");
        let key = |input, title| Node {
            operation: (operation, input),
            class: "key",
            section: "key",
            title,
            value: "",
        };
        let keys = [
            Node {
                operation: ("", ""),
                value: "\"AWS4\" + \u{2026}",
                ..key("", "Secret access key")
            },
            key(&date, "Date key"),
            key(&scope.region, "Region key"),
            key(&scope.service, "Service key"),
            key("aws4_request", "Signing key"),
        ];
        self.html(&["<div class=\"chain\">\n"]);
        self.lane("What is signed", documents);
        self.lane("Who signs", &keys);
        // Joins the two lanes.
        self.html(&[
            "<svg viewBox=\"0 0 50 200\" preserveAspectRatio=\"none\" aria-hidden=\"true\" focusable=\"false\">",
            "<path vector-effect=\"non-scaling-stroke\" d=\"M0 50H16Q25 50 25 59V141Q25 150 16 150H0M25 100H48M40 96L48 100L40 104\"/></svg>\n",
            "<div class=\"end\"><span class=\"op\">HMAC-SHA-256 of the string, by the key</span>",
            "<a class=\"box key\" href=\"#signature\">Signature<small>",
            &escaped(signature),
            "</small></a></div>\n</div>\n",
        ]);
    }

    fn lane(&mut self, label: &str, nodes: &[Node<'_>]) {
        self.html(&["<div class=\"lane\"><h3>", label, "</h3>\n<ol>\n"]);
        for Node {
            operation: (operation, input),
            class,
            section,
            title,
            value,
        } in nodes
        {
            self.html(&["<li>"]);
            if !operation.is_empty() {
                self.html(&["<span class=\"op\"><span>", operation]);
                if !input.is_empty() {
                    self.html(&[" <code>", &escaped(input), "</code>"]);
                }
                self.html(&["</span></span>"]);
            }
            self.html(&[
                "<a class=\"box ",
                class,
                "\" href=\"#",
                section,
                "\">",
                title,
            ]);
            if !value.is_empty() {
                self.html(&["<small>", &escaped(value), "</small>"]);
            }
            self.html(&["</a></li>\n"]);
        }
        self.html(&["</ol></div>\n"]);
    }
}

/// A hash in few characters. One that is masked stays as it is.
pub(super) fn short(hash: &str) -> String {
    let is_hex = hash.bytes().all(|byte| byte.is_ascii_hexdigit());
    match (hash.get(..8), hash.get(hash.len().saturating_sub(8)..)) {
        (Some(start), Some(end)) if is_hex => [start, "\u{2026}", end].concat(),
        _ => hash.to_owned(),
    }
}
