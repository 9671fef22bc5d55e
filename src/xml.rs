//! The XML that S3 speaks: an element tree and a writer, over quick-xml's events. The only file that names it.
//!
//! S3's documents are a small part of XML: elements, text, references; names count without their namespace, and
//! attributes mean nothing. A document comes from a stranger, so its size, depth and number of elements are bounded,
//! and document types are refused: they are what entity attacks are made of.

use quick_xml::Reader;
use quick_xml::escape::resolve_predefined_entity;
use quick_xml::events::{BytesRef, Event};

use crate::error::Error;

/// A listing of 1,000 keys of 1,024 bytes, all percent-encoded, is about 3.5 MiB.
pub(crate) const LARGEST: usize = 8 << 20;
const DEEPEST: usize = 16;
const MOST_ELEMENTS: usize = 250_000;

/// An element: its text and the elements in it.
#[derive(Debug, Default, Eq, PartialEq)]
pub struct Element {
    name: String,
    text: String,
    children: Vec<Element>,
}

impl Element {
    /// Reads a document; white space before its declaration is skipped, since stores send it to keep a connection open.
    pub fn parse(document: &[u8]) -> Result<Element, Error> {
        if document.len() > LARGEST {
            return Err(malformed(format!(
                "a document of {} bytes; the longest that is read has {LARGEST}",
                document.len()
            )));
        }
        let document =
            std::str::from_utf8(document).map_err(|_| malformed("XML that is not UTF-8"))?;
        let mut reader = Reader::from_str(document.trim_start_matches('\u{feff}').trim_start());
        let mut open: Vec<Element> = Vec::new();
        let mut elements = 0_usize;
        loop {
            let Ok(event) = reader.read_event() else {
                // The place, and not quick-xml's words: its errors would add 5 KiB to the binary.
                let problem = format!("broken XML at byte {}", reader.error_position());
                let broken = malformed(problem);
                let is_truncated = !document.trim_end().ends_with('>');
                return Err(if is_truncated {
                    broken.truncated()
                } else {
                    broken
                });
            };
            let closed = match event {
                Event::Start(start) => {
                    open.push(Element::named(start.local_name().as_ref()));
                    elements += 1;
                    if open.len() > DEEPEST || elements > MOST_ELEMENTS {
                        return Err(malformed("XML with too many elements, or too deep"));
                    }
                    continue;
                }
                Event::Empty(empty) => {
                    elements += 1;
                    Element::named(empty.local_name().as_ref())
                }
                Event::End(_) => open.pop().ok_or_else(|| malformed("broken XML"))?,
                Event::Text(text) => {
                    append(&mut open, &text.xml10_content())?;
                    continue;
                }
                Event::CData(text) => {
                    append(&mut open, &text.xml10_content())?;
                    continue;
                }
                Event::GeneralRef(reference) => {
                    let mut buffer = [0; 4];
                    append(&mut open, resolve(&reference, &mut buffer)?)?;
                    continue;
                }
                Event::DocType(_) => return Err(malformed("XML with a document type")),
                Event::Eof => return Err(malformed("XML that ends too early").truncated()),
                Event::Decl(_) | Event::Comment(_) | Event::PI(_) => continue,
            };
            if elements > MOST_ELEMENTS {
                return Err(malformed("XML with too many elements, or too deep"));
            }
            match open.last_mut() {
                Some(parent) => parent.children.push(closed),
                None if is_end(reader) => return Ok(closed),
                None => return Err(malformed("XML with something behind its end")),
            }
        }
    }

    fn named(name: &str) -> Element {
        Element {
            name: name.to_owned(),
            ..Element::default()
        }
    }

    /// The element's name, without its namespace.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The elements in this one that have the name `name`.
    pub fn children<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a Element> {
        self.children.iter().filter(move |child| child.name == name)
    }

    /// The first element in this one that has the name `name`.
    pub fn child(&self, name: &str) -> Option<&Element> {
        self.children.iter().find(|child| child.name == name)
    }

    /// This element's own text.
    pub fn own_text(&self) -> &str {
        &self.text
    }

    /// The text of the element `name` in this one, if it is there and not empty.
    pub fn optional_text(&self, name: &str) -> Option<&str> {
        self.child(name)
            .map(Element::own_text)
            .filter(|text| !text.is_empty())
    }

    /// The text of the element `name` in this one; [`Error::Malformed`] if it is missing or empty.
    pub fn text(&self, name: &str) -> Result<&str, Error> {
        self.optional_text(name)
            .ok_or_else(|| malformed(format!("no <{name}> in <{}>", self.name)))
    }

    /// The number in the element `name`; [`Error::Malformed`] if it is missing or no number.
    pub fn number(&self, name: &str) -> Result<u64, Error> {
        let text = self.text(name)?.trim();
        text.parse().map_err(|_| {
            malformed(format!(
                "<{name}> in <{}> is no number: {text:?}",
                self.name
            ))
        })
    }

    /// Whether a listing goes on. One that does not say so, in `IsTruncated`, is not taken for a whole one.
    pub(crate) fn is_truncated(&self) -> Result<bool, Error> {
        if self.children("IsTruncated").count() > 1 || self.child("Error").is_some() {
            return Err(malformed(format!("<{}> contradicts itself", self.name)));
        }
        match self.text("IsTruncated")?.trim() {
            text if text.eq_ignore_ascii_case("true") => Ok(true),
            text if text.eq_ignore_ascii_case("false") => Ok(false),
            text => Err(malformed(format!(
                "<IsTruncated> is neither true nor false: {text:?}"
            ))),
        }
    }

    /// Whether the element `name` says `true`.
    pub fn flag(&self, name: &str) -> bool {
        self.optional_text(name)
            .is_some_and(|text| text.trim().eq_ignore_ascii_case("true"))
    }
}

/// Whether nothing but white space and comments comes.
fn is_end(mut reader: Reader<&[u8]>) -> bool {
    loop {
        match reader.read_event() {
            Ok(Event::Eof) => return true,
            Ok(Event::Comment(_) | Event::PI(_)) => {}
            Ok(Event::Text(text)) if text.trim().is_empty() => {}
            _ => return false,
        }
    }
}

#[cold]
fn malformed(problem: impl Into<String>) -> Error {
    Error::malformed(problem, None)
}

fn append(open: &mut [Element], text: &str) -> Result<(), Error> {
    match open.last_mut() {
        Some(element) => element.text.push_str(text),
        None if text.trim().is_empty() => {}
        None => return Err(malformed("text outside of XML elements")),
    }
    Ok(())
}

/// The text of `&amp;` or `&#13;`. References to characters that XML forbids are taken: keys hold them.
fn resolve<'a>(reference: &BytesRef<'_>, buffer: &'a mut [u8; 4]) -> Result<&'a str, Error> {
    match reference.resolve_char_ref() {
        Ok(Some(character)) => Ok(character.encode_utf8(buffer)),
        Ok(None) => resolve_predefined_entity(reference)
            .ok_or_else(|| malformed("XML with an entity of its own")),
        Err(_) => Err(malformed("a broken reference in XML")),
    }
}

/// The name of a document's root element; empty if it has none. Nothing behind its start is read.
pub(crate) fn root_name(document: &[u8]) -> String {
    let document = std::str::from_utf8(document).unwrap_or_default();
    let mut reader = Reader::from_str(document.trim_start_matches('\u{feff}').trim_start());
    loop {
        match reader.read_event() {
            Ok(Event::Start(start) | Event::Empty(start)) => {
                return start.local_name().as_ref().to_owned();
            }
            Ok(Event::Decl(_) | Event::DocType(_) | Event::Comment(_) | Event::PI(_)) => {}
            Ok(Event::Text(text)) if text.trim().is_empty() => {}
            _ => return String::new(),
        }
    }
}

/// Whether XML has a way to write every character of `text`.
#[cfg(feature = "reqwest")]
pub(crate) fn can_express(text: &str) -> bool {
    !text.chars().any(is_inexpressible)
}

fn is_inexpressible(character: char) -> bool {
    matches!(character, '\0'..='\u{1f}' | '\u{fffe}' | '\u{ffff}')
        && !matches!(character, '\t' | '\n' | '\r')
}

/// Writes a request's document, one element after the other.
#[derive(Debug)]
pub struct Writer {
    document: String,
    open: Vec<&'static str>,
}

impl Writer {
    /// Begins a document in S3's namespace: AWS does without, a few stores do not.
    pub fn new(root: &'static str) -> Writer {
        Writer {
            document: format!("<{root} xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\">"),
            open: vec![root],
        }
    }

    /// Opens an element.
    pub fn open(&mut self, name: &'static str) {
        self.open.push(name);
        self.document.extend(["<", name, ">"]);
    }

    /// Writes an element that holds text. [`Error::Invalid`] if XML cannot express a character of it.
    pub fn text(&mut self, name: &'static str, text: &str) -> Result<(), Error> {
        self.document.extend(["<", name, ">"]);
        for character in text.chars() {
            match character {
                '&' => self.document.push_str("&amp;"),
                '<' => self.document.push_str("&lt;"),
                '>' => self.document.push_str("&gt;"),
                '"' => self.document.push_str("&quot;"),
                '\'' => self.document.push_str("&apos;"),
                // Written raw, these two would arrive as one line feed.
                '\r' => self.document.push_str("&#13;"),
                '\n' => self.document.push_str("&#10;"),
                '\t' => self.document.push('\t'),
                _ if is_inexpressible(character) => {
                    let problem = format!(
                        "holds the character {}, which XML cannot express",
                        character.escape_unicode()
                    );
                    return Err(Error::invalid(
                        name,
                        problem,
                        "use a call that has it in the URL, such as delete_object",
                    ));
                }
                _ => self.document.push(character),
            }
        }
        self.document.extend(["</", name, ">"]);
        Ok(())
    }

    /// Closes the element that was opened last.
    pub fn close(&mut self) {
        if let Some(name) = self.open.pop() {
            self.document.extend(["</", name, ">"]);
        }
    }

    /// Closes what is open; the document.
    pub fn finish(mut self) -> String {
        while !self.open.is_empty() {
            self.close();
        }
        self.document
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn references_cdata_namespaces_and_comments() {
        let document = "  <?xml version=\"1.0\"?>\n<!-- c --><s:R xmlns:s='u' a='1'>x&amp;&#x41;&#1;<![CDATA[<&>]]><A/><s:A>2\r\n</s:A><?pi?></s:R>";
        let root = Element::parse(document.as_bytes()).unwrap();
        assert_eq!((root.name(), root.own_text()), ("R", "x&A\u{1}<&>"));
        assert_eq!(
            root.children("A")
                .map(Element::own_text)
                .collect::<Vec<_>>(),
            ["", "2\n"]
        );
        assert_eq!(root_name(document.as_bytes()), "R");
    }

    #[test]
    fn hostile_documents_are_refused() {
        let deep = "<a>".repeat(DEEPEST + 1);
        let many = format!("<a>{}</a>", "<b/>".repeat(MOST_ELEMENTS + 1));
        let long = format!("<a>{}</a>", " ".repeat(LARGEST));
        for (document, problem) in [
            ("", "ends too early"),
            ("<a><b></a>", "broken XML"),
            ("</a>", "broken XML"),
            ("<a>", "ends too early"),
            ("text", "text outside"),
            ("<!DOCTYPE a [<!ENTITY b 'c'>]><a>&b;</a>", "document type"),
            ("<a>&b;</a>", "entity of its own"),
            ("<a>&#x110000;</a>", "broken reference"),
            ("<a>&#xD800;</a>", "broken reference"),
            (&deep, "too deep"),
            (&many, "too many elements"),
            (&long, "the longest that is read"),
        ] {
            let error = Element::parse(document.as_bytes()).unwrap_err().to_string();
            assert!(error.contains(problem), "{error}");
        }
        assert!(
            Element::parse(b"<a>\xff</a>")
                .unwrap_err()
                .to_string()
                .contains("not UTF-8")
        );
    }

    #[test]
    fn what_xml_cannot_express_is_not_written() {
        let mut writer = Writer::new("R");
        assert!(
            writer
                .text("Key", "a\u{1}b")
                .unwrap_err()
                .to_string()
                .contains("Key holds the character \\u{1}")
        );
    }
}
