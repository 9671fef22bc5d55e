//! The section about the chunks of a body.

use super::Page;
use super::chain::short;
use crate::call::post_form::escaped;
use crate::explain::{ChunkedBody, Explanation, View};
use crate::sigv4::Signature;

/// How many chunks are listed: the first ones and the last two.
const SHOWN: usize = 16;

impl View<'_, Explanation> {
    pub(super) fn chunks_section(&self, page: &mut Page, body: &ChunkedBody) {
        let shown = |signature: &Option<Signature>| {
            signature
                .as_ref()
                .map(|signature| self.signature(signature))
        };
        let is_signed = body.chunks().iter().any(|chunk| chunk.signature.is_some());
        let intro = match is_signed {
            true => {
                "Each signature covers the one before it, so no chunk can be dropped, repeated or moved. The signature above is the seed; the empty chunk ends the body."
            }
            false => "The chunks have a length and no signature. The empty chunk ends the body.",
        };
        page.step("chunks", "Chunks", intro);

        page.html(&["<ol class=\"flow\" aria-label=\"The chain of chunks\">\n"]);
        if is_signed {
            let seed = body
                .chunks()
                .first()
                .and_then(|chunk| shown(&chunk.previous));
            page.flow("key", "Seed", &short(&seed.unwrap_or_default()));
        }
        let count = body.chunks().len();
        let listed = || {
            let chunks = (1_usize..).zip(body.chunks());
            chunks.filter(move |(number, _)| *number <= SHOWN - 2 || *number > count - 2)
        };
        let left_out = count.saturating_sub(SHOWN);
        for (number, chunk) in listed() {
            if left_out > 0 && number == count - 1 {
                page.flow("ink", "\u{2026}", &format!("{left_out} more"));
            }
            let title = match chunk.length {
                0 => "Empty chunk".to_owned(),
                length => format!("Chunk {number}: {length} bytes"),
            };
            let signature = shown(&chunk.signature).unwrap_or_default();
            page.flow("body", &title, &short(&signature));
        }
        if let Some(trailer) = body.trailer() {
            let signature = shown(&trailer.signature).unwrap_or_default();
            page.flow("header", "Trailer", &short(&signature));
        }
        page.html(&["</ol>\n"]);

        page.html(&[
            "<div class=\"wide\" role=\"region\" aria-label=\"Chunks\" tabindex=\"0\"><table>\n<caption>What is sent, around the data</caption>\n<thead><tr><th scope=\"col\">chunk</th><th scope=\"col\">from byte</th><th scope=\"col\">SHA-256 of the data</th><th scope=\"col\">the line before the data</th></tr></thead>\n<tbody>\n",
        ]);
        for (number, chunk) in listed() {
            let header = match shown(&chunk.signature) {
                Some(signature) => format!("{:x};chunk-signature={signature}", chunk.length),
                None => format!("{:x}", chunk.length),
            };
            let (number, offset) = (number.to_string(), chunk.offset.to_string());
            page.html(&[
                "<tr><th scope=\"row\">",
                &number,
                "</th><td class=\"number\">",
                &offset,
            ]);
            page.html(&[
                "</td><td><code>",
                &short(&chunk.sha256),
                "</code></td><td><code>",
            ]);
            page.html(&[
                &escaped(&header),
                "<span class=\"ctl\">\\r\\n</span></code></td></tr>\n",
            ]);
        }
        page.html(&["</tbody>\n</table></div>\n"]);
        if is_signed {
            self.strings(page, body, listed().map(|(number, _)| number));
        }
        page.end_section();
    }

    /// The strings to sign, each closed but the first.
    fn strings(&self, page: &mut Page, body: &ChunkedBody, listed: impl Iterator<Item = usize>) {
        page.html(&["<h3>The string to sign of each</h3>\n"]);
        for number in listed {
            let Some(chunk) = body.chunks().get(number - 1) else {
                continue;
            };
            let Some(previous) = &chunk.previous else {
                continue;
            };
            let text = chunk
                .string_after(&self.signature(previous))
                .unwrap_or_default();
            let label = format!("Chunk {number}");
            let open = if number == 1 { " open" } else { "" };
            page.html(&["<details", open, "><summary>", &label, "</summary>\n"]);
            page.document(&label, &noted(&text, &CHUNK));
            page.html(&["</details>\n"]);
        }
        if let Some(trailer) = body.trailer()
            && let Some(previous) = &trailer.previous
        {
            let text = trailer
                .string_after(&self.signature(previous))
                .unwrap_or_default();
            page.html(&["<details open><summary>Trailer</summary>\n"]);
            page.document("Trailer", &noted(&text, &TRAILER));
            page.html(&["<p>The last line is the SHA-256 of this text:</p>\n"]);
            page.plain("Trailers", &trailer.canonical);
            page.html(&["</details>\n"]);
        }
    }
}

const CHUNK: [(&str, &str); 6] = [
    ("names", "the algorithm"),
    ("names", "when: that of the request"),
    ("names", "the credential scope: that of the request"),
    (
        "key",
        "the signature before: the seed, or that of the previous chunk",
    ),
    ("hash", "the SHA-256 of nothing"),
    ("body", "the SHA-256 of the data"),
];

const TRAILER: [(&str, &str); 5] = [
    ("names", "the algorithm"),
    ("names", "when: that of the request"),
    ("names", "the credential scope: that of the request"),
    ("key", "the signature of the empty chunk"),
    ("header", "the SHA-256 of the trailers"),
];

/// The lines of a text with their notes.
fn noted(text: &str, notes: &[(&str, &str)]) -> Vec<(String, String)> {
    let line = |(line, (class, note)): (&str, &(&str, &str))| {
        let html = ["<span class=\"t ", class, "\">", &escaped(line), "</span>"].concat();
        (html, (*note).to_owned())
    };
    text.lines().zip(notes).map(line).collect()
}

impl Page {
    fn flow(&mut self, class: &str, title: &str, value: &str) {
        self.html(&["<li><span class=\"box ", class, "\">", title]);
        if !value.is_empty() {
            self.html(&["<small>", &escaped(value), "</small>"]);
        }
        self.html(&["</span></li>\n"]);
    }
}
