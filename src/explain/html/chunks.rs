//! The section about the chunks of a body.

use super::Page;
use super::chain::short;
use super::document::part;
use crate::call::post_form::escaped;
use crate::explain::{ChunkedBody, ExplainedChunk, Explanation, View};
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

        page.html(&["<ol class=\"flow\">\n"]);
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
                length => format!("Chunk {number}: {} bytes", grouped(length)),
            };
            let signature = shown(&chunk.signature).unwrap_or_default();
            page.flow("body", &title, &short(&signature));
        }
        if let Some(trailer) = body.trailer() {
            let signature = shown(&trailer.signature).unwrap_or_default();
            page.flow("header", "Trailer", &short(&signature));
        }
        page.html(&["</ol>\n"]);

        page.html(&["<h3>What is sent</h3>\n"]);
        self.frames(page, body, listed(), left_out);
        if is_signed {
            self.strings(page, body, listed().map(|(number, _)| number));
        }
        page.end_section();
    }

    /// The encoded body.
    fn frames<'b>(
        &self,
        page: &mut Page,
        body: &ChunkedBody,
        listed: impl Iterator<Item = (usize, &'b ExplainedChunk)>,
        left_out: usize,
    ) {
        let signed = |text: String, name: &str, signature: &Option<Signature>| match signature {
            Some(signature) => text + name + &part("key", &self.signature(signature)),
            None => text,
        };
        let mut lines: Vec<(String, String)> = Vec::new();
        for (number, chunk) in listed {
            if left_out > 0 && number == body.chunks().len() - 1 {
                let text = format!("\u{2026} {} more chunks", grouped(left_out));
                lines.push((text, String::new()));
            }
            let header = part("names", &format!("{:x}", chunk.length));
            let header = signed(header, ";chunk-signature=", &chunk.signature) + CRLF;
            if chunk.length == 0 {
                lines.push((header, "the empty chunk: length 0".to_owned()));
                continue;
            }
            let note = format!("chunk {number}: its length in hexadecimal digits");
            lines.push((header, note));
            let data = [&grouped(chunk.length), " bytes"].concat();
            let note = format!("its data, from byte {}", grouped(chunk.offset as usize));
            let data = ["<span class=\"t body\">", &data, "</span>", CRLF].concat();
            lines.push((data, note));
        }
        if let Some(trailer) = body.trailer() {
            for line in trailer.canonical.lines() {
                let note = "the trailer: a checksum of the whole body";
                lines.push((part("header", line) + CRLF, note.to_owned()));
            }
            if trailer.signature.is_some() {
                let name = "x-amz-trailer-signature:".to_owned();
                let line = signed(name, "", &trailer.signature) + CRLF;
                lines.push((line, "the signature of the trailer".to_owned()));
            }
        }
        lines.push((CRLF.to_owned(), "ends the body".to_owned()));
        page.wire(&lines);
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
            let label = match chunk.length {
                0 => "Empty chunk".to_owned(),
                _ => format!("Chunk {number}"),
            };
            let open = if number == 1 { " open" } else { "" };
            page.html(&["<details", open, "><summary>", &label, "</summary>\n"]);
            page.document(&noted(&text, &CHUNK));
            page.html(&["</details>\n"]);
        }
        if let Some(trailer) = body.trailer()
            && let Some(previous) = &trailer.previous
        {
            let text = trailer
                .string_after(&self.signature(previous))
                .unwrap_or_default();
            page.html(&["<details open><summary>Trailer</summary>\n"]);
            page.document(&noted(&text, &TRAILER));
            page.html(&["<p>The last line is the SHA-256 of this text:</p>\n"]);
            page.plain(&trailer.canonical);
            page.html(&["</details>\n"]);
        }
    }
}

/// A line end of HTTP.
const CRLF: &str = "<span class=\"ctl\">\\r\\n</span>";

/// A number with commas.
fn grouped(number: usize) -> String {
    let digits = number.to_string();
    let mut grouped = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    grouped
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
