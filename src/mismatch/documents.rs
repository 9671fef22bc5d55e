//! The parts of a canonical request and of a string to sign, as text.

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
    pub(super) fn of(document: &'a str) -> CanonicalParts<'a> {
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
        CanonicalParts {
            method,
            path,
            query,
            headers,
            signed_headers,
            payload_hash: lines.next().unwrap_or_default(),
        }
    }

    pub(super) fn header(&self, name: &str) -> Option<&'a str> {
        let mut headers = self.headers.iter();
        headers.find_map(|(known, value)| (*known == name).then_some(*value))
    }

    /// The parameters of the query, in order. A value that is missing is empty.
    pub(super) fn parameters(&self) -> impl Iterator<Item = (&'a str, &'a str)> {
        let parameters = self.query.split('&').filter(|text| !text.is_empty());
        parameters.map(|text| text.split_once('=').unwrap_or((text, "")))
    }
}

/// The lines of a string to sign.
pub(super) struct StringToSignParts<'a> {
    pub(super) algorithm: &'a str,
    pub(super) date: &'a str,
    /// The day, the region, the service and the end.
    pub(super) scope: [&'a str; 4],
}

impl<'a> StringToSignParts<'a> {
    pub(super) fn of(document: &'a str) -> StringToSignParts<'a> {
        let mut lines = document.lines();
        let mut line = || lines.next().unwrap_or_default();
        let (algorithm, date) = (line(), line());
        let mut scope = line().split('/');
        let mut part = || scope.next().unwrap_or_default();
        StringToSignParts {
            algorithm,
            date,
            scope: [part(), part(), part(), part()],
        }
    }
}
