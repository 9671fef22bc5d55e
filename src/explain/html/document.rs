//! Texts line by line, with what cannot be seen made visible.

use super::Page;
use crate::call::post_form::escaped;

impl Page {
    /// Writes a document. The lines are HTML, each with a note, which is text. Every line but the last ends with a line feed.
    pub(super) fn document(&mut self, lines: &[(String, String)]) {
        self.lines(lines, "<span class=\"nl\"></span>");
    }

    /// Writes lines that have their ends.
    pub(super) fn wire(&mut self, lines: &[(String, String)]) {
        self.lines(lines, "");
    }

    fn lines(&mut self, lines: &[(String, String)], end: &str) {
        self.html(&["<ol class=\"doc\">\n"]);
        for (index, (line, note)) in lines.iter().enumerate() {
            let end = if index + 1 == lines.len() { "" } else { end };
            self.html(&["<li><code>", line, end, "</code><span class=\"why\">"]);
            self.html(&[&escaped(note), "</span></li>\n"]);
        }
        self.html(&["</ol>\n"]);
    }

    /// Writes a text without notes.
    pub(super) fn plain(&mut self, text: &str) {
        self.html(&["<ol class=\"doc plain\">\n"]);
        let mut lines = text.split('\n').peekable();
        while let Some(line) = lines.next() {
            let end = match lines.peek() {
                None => "",
                Some(_) => "<span class=\"nl\"></span>",
            };
            self.html(&["<li><code>", &visible(line), end, "</code></li>\n"]);
        }
        self.html(&["</ol>\n"]);
    }
}

/// A coloured text. `class` is one of `page.css`.
pub(super) fn part(class: &str, text: &str) -> String {
    ["<span class=\"t ", class, "\">", &visible(text), "</span>"].concat()
}

/// HTML in which spaces and control characters are marked, and the character that a `%XX` stands for is written above it.
pub(super) fn visible(text: &str) -> String {
    let mut html = String::with_capacity(text.len() + 16);
    let mut rest = text;
    while let Some(character) = rest.chars().next() {
        let (encoded, after) = percent_encoded(rest);
        if encoded.is_empty() {
            mark(&mut html, character);
            rest = rest.get(character.len_utf8()..).unwrap_or_default();
        } else {
            for (text, character) in decoded(encoded) {
                let name = named(character);
                html.extend([
                    "<ruby>",
                    text,
                    "<rp> (</rp><rt>",
                    &name,
                    "</rt><rp>) </rp></ruby>",
                ]);
            }
            rest = after;
        }
    }
    html
}

fn mark(html: &mut String, character: char) {
    match character {
        ' ' => html.push_str("<span class=\"sp\"> </span>"),
        _ if is_invisible(character) => {
            html.extend(["<span class=\"ctl\">", &named(Some(character)), "</span>"]);
        }
        _ => html.push_str(&escaped(character.encode_utf8(&mut [0; 4]))),
    }
}

/// Control characters, and those that change how the text around them is displayed.
fn is_invisible(character: char) -> bool {
    character.is_control()
        || matches!(
            character,
            '\u{a0}' | '\u{ad}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202f}' | '\u{2060}'..='\u{206f}' | '\u{feff}'
        )
}

/// A character as a reader sees it; `None` is a byte that is not UTF-8.
fn named(character: Option<char>) -> String {
    match character {
        None => "byte".to_owned(),
        Some(' ') => "space".to_owned(),
        Some('\t') => "tab".to_owned(),
        Some('\n') => "newline".to_owned(),
        Some(character) if is_invisible(character) => format!("U+{:04X}", u32::from(character)),
        Some(character) => escaped(character.encode_utf8(&mut [0; 4])),
    }
}

/// The `%XX` at the start of the text, and what follows.
fn percent_encoded(text: &str) -> (&str, &str) {
    let mut end = 0;
    while let Some([b'%', high, low]) = text.as_bytes().get(end..end + 3)
        && high.is_ascii_hexdigit()
        && low.is_ascii_hexdigit()
    {
        end += 3;
    }
    text.split_at_checked(end).unwrap_or((text, ""))
}

/// Splits `%C3%A9%20` into characters, each with its text.
fn decoded(encoded: &str) -> Vec<(&str, Option<char>)> {
    let bytes: Vec<u8> = (encoded.split('%').skip(1))
        .map(|digits| u8::from_str_radix(digits, 16).unwrap_or_default())
        .collect();
    let (mut characters, mut at) = (Vec::new(), 0);
    while at < bytes.len() {
        let character = (1..=4).find_map(|length| {
            let bytes = bytes.get(at..at + length)?;
            Some((length, str::from_utf8(bytes).ok()?.chars().next()?))
        });
        let (length, character) = match character {
            Some((length, character)) => (length, Some(character)),
            None => (1, None),
        };
        let text = encoded.get(3 * at..3 * (at + length)).unwrap_or_default();
        characters.push((text, character));
        at += length;
    }
    characters
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_cannot_be_seen_is_marked() {
        let ruby = |text: &str, name: &str| {
            format!("<ruby>{text}<rp> (</rp><rt>{name}</rt><rp>) </rp></ruby>")
        };
        for (text, html) in [
            ("a<b&\"", "a&lt;b&amp;&quot;".to_owned()),
            ("a b", "a<span class=\"sp\"> </span>b".to_owned()),
            ("a\tb", "a<span class=\"ctl\">tab</span>b".to_owned()),
            ("\u{202e}", "<span class=\"ctl\">U+202E</span>".to_owned()),
            ("%20", ruby("%20", "space")),
            ("%3Cé", ruby("%3C", "&lt;") + "&#233;"),
            (
                "%C3%A9%0A",
                ruby("%C3%A9", "&#233;") + &ruby("%0A", "newline"),
            ),
            ("%FF%41", ruby("%FF", "byte") + &ruby("%41", "A")),
            ("%F0%9F%90%88", ruby("%F0%9F%90%88", "&#128008;")),
            ("%4 %zz%", "%4<span class=\"sp\"> </span>%zz%".to_owned()),
        ] {
            assert_eq!(visible(text), html, "{text}");
        }
    }
}
