//! The parts of a canonical request and of a string to sign, as text.

use crate::sigv4::{ALGORITHM, AmzDate};

/// The parts of a canonical request.
pub(super) struct CanonicalParts<'a> {
    pub(super) method: &'a str,
    pub(super) path: &'a str,
    pub(super) query: &'a str,
    pub(super) headers: Vec<(&'a str, &'a str)>,
    pub(super) signed_headers: &'a str,
    pub(super) payload_hash: &'a str,
}

impl<'a> CanonicalParts<'a> {
    /// `None` if the text is no canonical request.
    pub(super) fn of(document: &'a str) -> Option<CanonicalParts<'a>> {
        let mut lines = document.lines();
        let mut line = || lines.next().unwrap_or_default();
        let (method, path, query) = (line(), line(), line());
        let mut headers = Vec::new();
        let mut signed_headers = "";
        for line in lines.by_ref() {
            match line.split_once(':') {
                Some(header) => headers.push(header),
                // The empty line after the headers.
                None if line.is_empty() => {}
                None => {
                    signed_headers = line;
                    break;
                }
            }
        }
        let parts = CanonicalParts {
            method,
            path,
            query,
            headers,
            signed_headers,
            payload_hash: lines.next().unwrap_or_default(),
        };
        let is_method = !method.is_empty() && method.bytes().all(|byte| byte.is_ascii_uppercase());
        (is_method && path.starts_with('/')).then_some(parts)
    }

    /// The values of a header. There is one, unless a store keeps headers of the same name apart.
    pub(super) fn values(&self, name: &str) -> impl Iterator<Item = &'a str> {
        let headers = self.headers.iter();
        headers.filter_map(move |(known, value)| (*known == name).then_some(*value))
    }

    /// The parameters of the query, in order. A value that is missing is empty.
    pub(super) fn parameters(&self) -> impl Iterator<Item = (&'a str, &'a str)> {
        let parameters = self.query.split('&').filter(|text| !text.is_empty());
        parameters.map(|text| text.split_once('=').unwrap_or((text, "")))
    }
}

/// The lines of the string to sign of a request.
pub(super) struct StringToSignParts<'a> {
    pub(super) date: &'a str,
    /// The day, the region, the service and the end.
    pub(super) scope: [&'a str; 4],
}

impl<'a> StringToSignParts<'a> {
    /// `None` if the text is no string to sign, or only the start of one.
    pub(super) fn of(document: &'a str) -> Option<StringToSignParts<'a>> {
        let mut lines = document.lines();
        if lines.next()? != ALGORITHM {
            return None;
        }
        let date = lines.next()?;
        AmzDate::parse(date)?;
        let mut scope = lines.next()?.split('/');
        let mut part = || scope.next().filter(|part| !part.is_empty());
        let scope = [part()?, part()?, part()?, part()?];
        Some(StringToSignParts { date, scope })
    }
}

/// Whether a text is the string to sign of a chunk, or of the trailer: its algorithm is a longer one.
pub(super) fn is_of_chunk(string_to_sign: &str) -> bool {
    let rest = string_to_sign.strip_prefix(ALGORITHM);
    rest.is_some_and(|rest| rest.starts_with('-'))
}
