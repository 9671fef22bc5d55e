//! The canonical request, split into ranges of bytes by where in the request they come from.

use std::ops::Range;

use crate::redact::is_secret;
use crate::sigv4::CanonicalRequest;

/// A range of bytes of the canonical request, and where in the request it comes from.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub struct Span {
    /// The bytes of the document that [`CanonicalRequest`] prints.
    pub range: Range<usize>,
    /// The number of the line, from 1.
    pub line: usize,
    /// Where the bytes come from.
    pub origin: Origin,
    /// The name of the header or of the query parameter, as the document has it.
    pub name: Option<String>,
}

impl Span {
    /// Whether the bytes must not be printed: the session token, and customer keys.
    pub fn is_secret(&self) -> bool {
        let is_value = matches!(self.origin, Origin::QueryValue | Origin::HeaderValue);
        is_value && self.name.as_deref().is_some_and(is_secret)
    }
}

/// Where in the request a part of the canonical request comes from.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum Origin {
    /// The method.
    Method,
    /// The path of the URL.
    Path,
    /// The name of a query parameter.
    QueryName,
    /// The value of a query parameter.
    QueryValue,
    /// The name of a header.
    HeaderName,
    /// The value of a header.
    HeaderValue,
    /// The list of the signed headers.
    SignedHeaders,
    /// The body.
    PayloadHash,
    /// A separator: `=` and `&` in the query, `:` in headers, and the line ends.
    Separator,
}

impl Origin {
    /// The name in JSON: `method`, `path`, `query_name`, `query_value`, `header_name`, `header_value`, `signed_headers`,
    /// `payload_hash` or `separator`.
    pub fn name(self) -> &'static str {
        match self {
            Origin::Method => "method",
            Origin::Path => "path",
            Origin::QueryName => "query_name",
            Origin::QueryValue => "query_value",
            Origin::HeaderName => "header_name",
            Origin::HeaderValue => "header_value",
            Origin::SignedHeaders => "signed_headers",
            Origin::PayloadHash => "payload_hash",
            Origin::Separator => "separator",
        }
    }
}

/// Splits the document of a canonical request. The ranges follow each other without gaps, and none is empty.
///
/// ```
/// use slim_s3::explain::{Origin, spans};
/// use slim_s3::sigv4::*;
///
/// let request = CanonicalRequest {
///     method: "GET".into(),
///     uri: "/photos".into(),
///     query: CanonicalQuery::new([("list-type", "2")]),
///     headers: CanonicalHeaders::new([("host", "127.0.0.1:9000")]),
///     payload_hash: PayloadHash::Unsigned,
/// };
/// let document = request.to_string();
/// // A proxy has changed the byte 16.
/// let spans = spans(&request);
/// let changed = spans.iter().find(|span| span.range.contains(&16)).unwrap();
/// assert_eq!(changed.origin, Origin::QueryName);
/// assert_eq!(&document[changed.range.clone()], "list-type");
/// ```
pub fn spans(request: &CanonicalRequest) -> Vec<Span> {
    let mut spans = Spans {
        found: Vec::new(),
        at: 0,
        line: 1,
    };
    spans.push(Origin::Method, None, &request.method);
    spans.end_line();
    spans.push(Origin::Path, None, &request.uri);
    spans.end_line();
    for (index, (name, value)) in request.query.iter().enumerate() {
        if index > 0 {
            spans.push(Origin::Separator, None, "&");
        }
        spans.push(Origin::QueryName, Some(name), name);
        spans.push(Origin::Separator, None, "=");
        spans.push(Origin::QueryValue, Some(name), value);
    }
    spans.end_line();
    for (name, value) in request.headers.iter() {
        spans.push(Origin::HeaderName, Some(name), name);
        spans.push(Origin::Separator, None, ":");
        spans.push(Origin::HeaderValue, Some(name), value);
        spans.end_line();
    }
    spans.end_line();
    let signed_headers = request.headers.signed_headers().to_string();
    spans.push(Origin::SignedHeaders, None, &signed_headers);
    spans.end_line();
    spans.push(Origin::PayloadHash, None, &request.payload_hash.to_string());
    spans.found
}

struct Spans {
    found: Vec<Span>,
    at: usize,
    line: usize,
}

impl Spans {
    fn push(&mut self, origin: Origin, name: Option<&str>, text: &str) {
        if text.is_empty() {
            return;
        }
        let end = self.at + text.len();
        self.found.push(Span {
            range: self.at..end,
            line: self.line,
            origin,
            name: name.map(str::to_owned),
        });
        self.at = end;
    }

    fn end_line(&mut self) {
        self.push(Origin::Separator, None, "\n");
        self.line += 1;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sigv4::{CanonicalHeaders, CanonicalQuery, PayloadHash};

    #[test]
    fn the_spans_cover_the_document_without_gaps() {
        let request = CanonicalRequest {
            method: "PUT".to_owned(),
            uri: "/b/%C3%A9".to_owned(),
            query: CanonicalQuery::new([("b", "2"), ("a", ""), ("a", "x y")]),
            headers: CanonicalHeaders::new([("host", "h"), ("x-amz-meta-a", "1  2")]),
            payload_hash: PayloadHash::Unsigned,
        };
        let document = request.to_string();
        let mut end = 0;
        for span in spans(&request) {
            assert_eq!(span.range.start, end);
            end = span.range.end;
            let text = &document[span.range.clone()];
            assert!(!text.is_empty());
            assert_eq!(
                document[..span.range.start].matches('\n').count() + 1,
                span.line
            );
            match span.origin {
                Origin::Method => assert_eq!(text, "PUT"),
                Origin::Path => assert_eq!(text, "/b/%C3%A9"),
                Origin::QueryName | Origin::HeaderName => {
                    assert_eq!(span.name.as_deref(), Some(text))
                }
                Origin::SignedHeaders => assert_eq!(text, "host;x-amz-meta-a"),
                Origin::PayloadHash => assert_eq!(text, "UNSIGNED-PAYLOAD"),
                Origin::Separator => assert!("=&:\n".contains(text)),
                Origin::QueryValue | Origin::HeaderValue => {}
            }
        }
        assert_eq!(end, document.len());
    }
}
