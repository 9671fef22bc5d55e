//! An explanation as one HTML page: no network, no script, no font.
//!
//! `document.rs` writes texts line by line, `chain.rs` draws the hashes, the others are the
//! sections: start with `request.rs`. Colours are classes of `page.css`.

mod canonical;
mod chain;
mod chunks;
mod document;
mod policy;
mod request;
mod result;

use super::View;
use crate::call::post_form::escaped;
use crate::sigv4::CredentialScope;

/// The text of a page, and how many sections it has.
struct Page {
    html: String,
    steps: u32,
}

impl Page {
    /// Begins a page. `title` is text, and the others are HTML.
    fn new(title: &str, target: &str, facts: &[(&str, String)], note: &str) -> Page {
        let mut page = Page {
            html: String::with_capacity(32 << 10),
            steps: 0,
        };
        page.html(&[
            "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n",
            // Nothing is loaded, whatever a header may contain.
            "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">\n",
            "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n",
            "<meta name=\"color-scheme\" content=\"light dark\">\n<title>",
            &escaped(title),
            "</title>\n<style>\n",
            include_str!("page.css"),
            "</style>\n</head>\n<body>\n<header>\n<p class=\"kicker\">AWS Signature Version 4, step by step</p>\n<h1>",
            &escaped(title),
            "</h1>\n<p class=\"target\">",
            target,
            "</p>\n<dl class=\"facts\">\n",
        ]);
        for (name, value) in facts {
            let value = escaped(value);
            page.html(&["<div><dt>", name, "</dt><dd>", &value, "</dd></div>\n"]);
        }
        page.html(&[
            "</dl>\n<p class=\"note\">",
            note,
            "</p>\n</header>\n<main>\n",
        ]);
        page
    }

    fn html(&mut self, parts: &[&str]) {
        self.html.extend(parts.iter().copied());
    }

    /// Begins a section. `intro` is HTML.
    fn section(&mut self, id: &str, title: &str, intro: &str) {
        self.html(&[
            "<section id=\"",
            id,
            "\" aria-labelledby=\"",
            id,
            "-title\">\n",
        ]);
        self.html(&["<h2 id=\"", id, "-title\">"]);
        if self.steps > 0 {
            let step = self.steps.to_string();
            self.html(&["<span class=\"step\">", &step, "</span>"]);
        }
        self.html(&[&escaped(title), "</h2>\n<p>", intro, "</p>\n"]);
    }

    /// Begins a section with the next number.
    fn step(&mut self, id: &str, title: &str, intro: &str) {
        self.steps += 1;
        self.section(id, title, intro);
    }

    fn end_section(&mut self) {
        self.html(&["</section>\n"]);
    }

    fn finish(mut self) -> String {
        self.html(&[
            "</main>\n<footer><p>Made by slim-s3. The page is complete: it loads nothing, and runs no script. AWS describes these steps in \
             the Amazon S3 API Reference, \u{201c}Authenticating Requests\u{201d}.</p></footer>\n</body>\n</html>\n",
        ]);
        self.html
    }
}

/// A range of coloured text: a link to the rule, which focus or hover shows.
struct Token<'a> {
    /// A class of `page.css`.
    class: &'a str,
    /// The ID of the row of the rule.
    rule: &'a str,
    /// What focus or hover shows.
    tip: &'a str,
}

impl Token<'_> {
    /// `text` is not HTML.
    fn to_html(&self, text: &str) -> String {
        let Token { class, rule, tip } = self;
        [
            "<a class=\"t ",
            class,
            "\" href=\"#",
            rule,
            "\" aria-describedby=\"",
            rule,
            "\" data-tip=\"",
            &escaped(tip),
            "\">",
            &document::visible(text),
            "</a>",
        ]
        .concat()
    }
}

/// The note about what is masked.
fn masked_note<T>(view: &View<'_, T>) -> &'static str {
    match (view.is_masked(), view.shows_signature()) {
        (true, false) => {
            "The signature, the session token and customer keys are masked: four characters and the length."
        }
        (true, true) => {
            "The session token and customer keys are masked. The signature is not: whoever reads it can send this request until it expires."
        }
        (false, _) => {
            "<strong>Nothing is masked.</strong> Whoever reads this page can send the request, and has its session token and customer keys."
        }
    }
}

/// The derivation of the signing key: step 3.
fn derivation<T>(page: &mut Page, view: &View<'_, T>, scope: &CredentialScope) {
    page.step(
        "key",
        "Signing key",
        "The secret access key signs nothing itself. Four HMACs derive a key that is good for one day, one region and one service.",
    );
    page.html(&["<ul class=\"rows\">\n"]);
    let values: Vec<String> = view.shown_keys().map(|(_, key)| key).collect();
    let mut values = values.iter();
    let mut before = "\"AWS4\" + secret access key";
    let inputs = [
        scope.at.date(),
        scope.region.clone(),
        scope.service.clone(),
        "aws4_request".to_owned(),
    ];
    let reasons = [
        "another day derives another key",
        "another region, too",
        "another service, too",
        "the key that signs",
    ];
    for ((name, input), why) in super::view::KEYS.into_iter().zip(inputs).zip(reasons) {
        let input = escaped(&input);
        page.html(&["<li><span><strong>", name, "</strong> = "]);
        page.html(&[
            "HMAC-SHA-256(<span class=\"key t\">",
            &escaped(before),
            "</span>, ",
        ]);
        page.html(&["<code class=\"names t\">", &input, "</code>)"]);
        if let Some(value) = values.next() {
            page.html(&["<br><code class=\"key t\">", value, "</code>"]);
        }
        let badge = match view.keys.is_some() {
            true => "<span class=\"badge no\">secret</span>",
            false => "<span class=\"badge\">not shown</span>",
        };
        page.html(&[
            "</span>",
            badge,
            "<span class=\"why\">",
            why,
            "</span></li>\n",
        ]);
        before = name;
    }
    page.html(&["</ul>\n"]);
    page.end_section();
}

/// Step 4.
fn signature<T>(page: &mut Page, view: &View<'_, T>, signature: &str) {
    page.step(
        "signature",
        "Signature",
        "One more HMAC: the signing key over the string to sign, as 64 hexadecimal digits. The store computes the same and compares.",
    );
    let note = match view.shows_signature() {
        true => "",
        false => " <span class=\"note\">(masked)</span>",
    };
    page.html(&[
        "<p class=\"result\"><span>HMAC-SHA-256(<span class=\"key t\">signing key</span>, <span class=\"names t\">string to sign</span>) =</span><span><code class=\"key t\">",
        &escaped(signature),
        "</code>",
        note,
        "</span></p>\n",
    ]);
    page.end_section();
}
