//! The subset of XML that S3 uses: an element tree and a writer.
//!
//! S3's documents contain elements, text and references. Namespaces and attributes are ignored. A server's document is not
//! trusted: its size, depth and number of elements are limited, and document types, the basis of entity attacks, are
//! rejected.

// The only file that names quick-xml. Uses `error` only. Start with `Element::parse`.
use quick_xml::Reader;
use quick_xml::escape::resolve_predefined_entity;
use quick_xml::events::{BytesRef, Event};

use crate::error::Error;

/// A listing of 1,000 keys of 1,024 bytes, all percent-encoded, is about 3.5 MiB.
pub(crate) const MAX_SIZE: usize = 8 << 20;
const MAX_DEPTH: usize = 16;
const MAX_ELEMENTS: usize = 250_000;

/// An XML element: its text and its child elements.
#[derive(Debug, Default, Eq, PartialEq)]
pub struct Element {
    name: String,
    text: String,
    children: Vec<Element>,
}

impl Element {
    /// Parses a document. White space before the declaration is skipped, because stores send it to keep a connection open.
    ///
    /// # Errors
    ///
    /// [`Error::Malformed`] if the document is not well-formed, or exceeds a limit: 8 MiB, 16 levels of nesting, 250,000
    /// elements.
    pub fn parse(document: &[u8]) -> Result<Element, Error> {
        if document.len() > MAX_SIZE {
            return Err(malformed(format!(
                "an XML document of {} bytes exceeds the limit of {MAX_SIZE} bytes",
                document.len()
            )));
        }
        let document =
            std::str::from_utf8(document).map_err(|_| malformed("the XML is not UTF-8"))?;
        let mut reader = Reader::from_str(document.trim_start_matches('\u{feff}').trim_start());
        let mut open: Vec<Element> = Vec::new();
        let mut elements = 0_usize;
        loop {
            if open.len() > MAX_DEPTH || elements > MAX_ELEMENTS {
                return Err(malformed(
                    "the XML has too many elements, or is nested too deeply",
                ));
            }
            let Ok(event) = reader.read_event() else {
                // Only the position: quick-xml's error messages would add 5 KiB to the binary.
                let problem = format!(
                    "the XML is not well-formed at byte {}",
                    reader.error_position()
                );
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
                    continue;
                }
                Event::Empty(empty) => {
                    elements += 1;
                    Element::named(empty.local_name().as_ref())
                }
                Event::End(_) => open
                    .pop()
                    .ok_or_else(|| malformed("the XML is not well-formed"))?,
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
                Event::DocType(_) => {
                    return Err(malformed(
                        "the XML has a document type, which is not allowed",
                    ));
                }
                Event::Eof => return Err(malformed("the XML is truncated").truncated()),
                Event::Decl(_) | Event::Comment(_) | Event::PI(_) => continue,
            };
            match open.last_mut() {
                Some(parent) => parent.children.push(closed),
                None if is_end(reader) => return Ok(closed),
                None => return Err(malformed("the XML has content after its root element")),
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

    /// The child elements named `name`.
    pub fn children<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a Element> {
        self.children.iter().filter(move |child| child.name == name)
    }

    /// The child element named `name`, if there is one; [`Error::Malformed`] if there are two of them.
    pub fn child(&self, name: &str) -> Result<Option<&Element>, Error> {
        let mut children = self.children.iter().filter(|child| child.name == name);
        let first = children.next();
        match children.next() {
            Some(_) => Err(malformed(format!("two <{name}> in <{}>", self.name))),
            None => Ok(first),
        }
    }

    /// This element's own text.
    pub fn own_text(&self) -> &str {
        &self.text
    }

    /// The text of the child element `name`, if it is present and not empty; [`Error::Malformed`] if there are two of
    /// them.
    pub fn optional_text(&self, name: &str) -> Result<Option<&str>, Error> {
        let text = self.child(name)?.map(Element::own_text);
        Ok(text.filter(|text| !text.is_empty()))
    }

    /// The text of the child element `name`; [`Error::Malformed`] if it is missing, empty, or there are two of them.
    pub fn text(&self, name: &str) -> Result<&str, Error> {
        self.optional_text(name)?
            .ok_or_else(|| malformed(format!("no <{name}> in <{}>", self.name)))
    }

    /// The number in the child element `name`; [`Error::Malformed`] if it is missing, is not a number, or there are two of
    /// them.
    pub fn number(&self, name: &str) -> Result<u64, Error> {
        let text = self.text(name)?.trim();
        // `parse` would accept a plus sign.
        let number = text.parse().ok().filter(|_| !text.starts_with('+'));
        let problem = || format!("<{name}> in <{}> is not a number: {text:?}", self.name);
        number.ok_or_else(|| malformed(problem()))
    }

    /// Whether a listing has more pages. A listing without `IsTruncated` is malformed, not complete.
    pub(crate) fn is_truncated(&self) -> Result<bool, Error> {
        if self.children("Error").next().is_some() {
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

    /// Whether the child element `name` is `true`; [`Error::Malformed`] if there are two of them.
    pub fn flag(&self, name: &str) -> Result<bool, Error> {
        let text = self.optional_text(name)?;
        Ok(text.is_some_and(|text| text.trim().eq_ignore_ascii_case("true")))
    }
}

/// Whether only white space and comments follow.
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
        None => return Err(malformed("the XML has text outside of its elements")),
    }
    Ok(())
}

/// The text of a reference such as `&amp;` or `&#13;`. References to characters that XML forbids are accepted, because keys
/// contain them.
fn resolve<'a>(reference: &BytesRef<'_>, buffer: &'a mut [u8; 4]) -> Result<&'a str, Error> {
    match reference.resolve_char_ref() {
        Ok(Some(character)) => Ok(character.encode_utf8(buffer)),
        Ok(None) => resolve_predefined_entity(reference)
            .ok_or_else(|| malformed("the XML uses an entity that is not predefined")),
        Err(_) => Err(malformed("the XML contains an invalid reference")),
    }
}

/// The name of a document's root element; empty without one. Only the start of the document is read.
pub(crate) fn root_name(document: &[u8]) -> String {
    // Also of a document in another encoding: the names of S3's elements are ASCII.
    let document = String::from_utf8_lossy(document);
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

/// Whether XML can express every character of `text`.
#[cfg(feature = "reqwest")]
pub(crate) fn can_express(text: &str) -> bool {
    !text.chars().any(is_inexpressible)
}

fn is_inexpressible(character: char) -> bool {
    matches!(character, '\0'..='\u{1f}' | '\u{fffe}' | '\u{ffff}')
        && !matches!(character, '\t' | '\n' | '\r')
}

/// Writes the XML document of a request.
#[derive(Debug)]
pub struct Writer {
    document: String,
    open: Vec<&'static str>,
}

impl Writer {
    /// Starts a document in S3's namespace, which AWS does not require but some stores do.
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

    /// Writes an element that contains text; [`Error::Invalid`] if XML cannot express one of its characters.
    pub fn text(&mut self, name: &'static str, text: &str) -> Result<(), Error> {
        self.document.extend(["<", name, ">"]);
        for character in text.chars() {
            match character {
                '&' => self.document.push_str("&amp;"),
                '<' => self.document.push_str("&lt;"),
                '>' => self.document.push_str("&gt;"),
                '"' => self.document.push_str("&quot;"),
                '\'' => self.document.push_str("&apos;"),
                // Unescaped, a parser would normalize both to a line feed.
                '\r' => self.document.push_str("&#13;"),
                '\n' => self.document.push_str("&#10;"),
                '\t' => self.document.push('\t'),
                _ if is_inexpressible(character) => {
                    let problem = format!(
                        "contains the character {}, which XML cannot express",
                        character.escape_unicode()
                    );
                    return Err(Error::invalid(
                        name,
                        problem,
                        "use an operation that sends it in the URL, such as delete_object",
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

    /// Closes all open elements, and returns the document.
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
    fn references_cdata_namespaces_and_comments_are_parsed() {
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
    fn hostile_documents_are_rejected() {
        let deep = "<a>".repeat(MAX_DEPTH + 1);
        let many = format!("<a>{}</a>", "<b/>".repeat(MAX_ELEMENTS + 1));
        let long = format!("<a>{}</a>", " ".repeat(MAX_SIZE));
        for (document, problem) in [
            ("", "truncated"),
            ("<a><b></a>", "not well-formed"),
            ("</a>", "not well-formed"),
            ("<a>", "truncated"),
            ("text", "text outside"),
            ("<!DOCTYPE a [<!ENTITY b 'c'>]><a>&b;</a>", "document type"),
            ("<a>&b;</a>", "not predefined"),
            ("<a>&#x110000;</a>", "invalid reference"),
            ("<a>&#xD800;</a>", "invalid reference"),
            (&deep, "nested too deeply"),
            (&many, "too many elements"),
            (&long, "exceeds the limit"),
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
    fn the_writer_rejects_characters_that_xml_cannot_express() {
        let mut writer = Writer::new("R");
        assert!(
            writer
                .text("Key", "a\u{1}b")
                .unwrap_err()
                .to_string()
                .contains("Key: contains the character \\u{1}")
        );
    }
}
