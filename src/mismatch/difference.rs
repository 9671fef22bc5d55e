//! The first line in which two documents differ.

use crate::redact::{is_secret, mask};
use crate::sigv4::Signing;

use super::ServerEcho;
use super::documents::is_of_chunk;

/// One of the two documents of a signature.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum Document {
    /// The canonical request.
    CanonicalRequest,
    /// The string to sign.
    StringToSign,
}

/// The first line in which a document of the client differs from the store's.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub struct Difference {
    /// The document. The canonical request is compared first: its hash is part of the string to sign.
    pub document: Document,
    /// The number of the line; the first is 1.
    pub line: usize,
    /// The number of the first byte in the line that differs; the first is 1.
    pub byte: usize,
    /// The line that was signed, with secrets masked; `None` if the document is shorter.
    pub signed: Option<String>,
    /// The line of the store, with secrets masked; `None` if the document is shorter.
    pub received: Option<String>,
}

impl Difference {
    pub(super) fn first(signing: &Signing, echo: &ServerEcho) -> Option<Difference> {
        let signed = signing.canonical_request.to_string();
        let canonical = echo.canonical_request();
        let in_canonical = canonical
            .and_then(|received| first_in(Document::CanonicalRequest, signing, &signed, received));
        in_canonical.or_else(|| {
            let signed = signing.string_to_sign.to_string();
            // That of a chunk has other lines.
            let received = echo.string_to_sign().filter(|text| !is_of_chunk(text))?;
            first_in(Document::StringToSign, signing, &signed, received)
        })
    }
}

fn first_in(
    document: Document,
    signing: &Signing,
    signed: &str,
    received: &str,
) -> Option<Difference> {
    let (mut ours, mut theirs) = (signed.split('\n'), received.split('\n'));
    let mut line = 1;
    loop {
        match (ours.next(), theirs.next()) {
            (None, None) => return None,
            (one, other) if one == other => line += 1,
            (one, other) => {
                let bytes = one.unwrap_or_default().bytes();
                let equal = bytes.zip(other.unwrap_or_default().bytes());
                return Some(Difference {
                    document,
                    line,
                    byte: 1 + equal.take_while(|(one, other)| one == other).count(),
                    signed: one.map(|text| shown(text, signing)),
                    received: other.map(|text| shown(text, signing)),
                });
            }
        }
    }
}

/// A line of a document with its secrets masked: by the name before the colon, by the names of the parameters, and whatever
/// contains a secret of the request.
pub(super) fn shown(line: &str, signing: &Signing) -> String {
    if let Some((name, value)) = line.split_once(':')
        && is_secret(name)
    {
        return [name, ":", &mask(value)].concat();
    }
    let mut parameters = line.split('&').peekable();
    let mut shown = String::with_capacity(line.len());
    while let Some(parameter) = parameters.next() {
        match parameter.split_once('=') {
            Some((name, value)) if is_secret(name) => {
                shown.push_str(&[name, "=", &mask(value)].concat());
            }
            _ => shown.push_str(parameter),
        }
        if parameters.peek().is_some() {
            shown.push('&');
        }
    }
    let request = &signing.canonical_request;
    for (_, secret) in request
        .headers
        .iter()
        .chain(request.query.iter())
        .filter(|(name, value)| is_secret(name) && !value.is_empty())
    {
        if shown.contains(secret) {
            shown = shown.replace(secret, &mask(secret));
        }
    }
    let signature = signing.signature.to_hex();
    shown.replace(&signature, &mask(&signature))
}
