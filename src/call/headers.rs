//! The headers of a request: the caller's, checked, and the `x-amz-*` headers of the signature.

use http::HeaderName;

use crate::client::credentials::Credentials;
use crate::error::Error;
use crate::redact::wipe_secrets;
use crate::request::Request;
use crate::sigv4::{AmzDate, PayloadHash};

/// Far more than S3 accepts, whose metadata is limited to 2 KiB, and less than what an HTTP client can hold.
const MAX_HEADERS: usize = 2_000;

/// Names in lower case, and values. Secret values are wiped when dropped.
pub(crate) struct Headers(Vec<(String, String)>);

impl Drop for Headers {
    fn drop(&mut self) {
        wipe_secrets(&mut self.0);
    }
}

impl Headers {
    /// Checks the caller's headers and converts their names to lower case.
    pub(crate) fn checked(raw: &[(String, String)], scheme: &str) -> Result<Headers, Error> {
        if raw.len() > MAX_HEADERS {
            return Err(Error::invalid(
                "headers",
                format!("{} headers exceed the limit of {MAX_HEADERS}", raw.len()),
                "store what does not fit in an object of its own",
            ));
        }
        let mut headers = Headers(Vec::with_capacity(raw.len() + 5));
        for (name, value) in raw {
            let name = name.to_ascii_lowercase();
            check_header(&name, value)?;
            if headers.0.iter().any(|(known, _)| *known == name) {
                return Err(Error::invalid(
                    &format!("header {name}"),
                    "set twice, which servers interpret differently",
                    "join its values, or leave one out",
                ));
            }
            if scheme == "http" && name.ends_with("-customer-key") {
                return Err(Error::invalid(
                    "customer key",
                    "plain http would expose it to everyone on the network path",
                    "use an https endpoint",
                ));
            }
            headers.0.push((name, value.trim().to_owned()));
        }
        Ok(headers)
    }

    /// Adds the `x-amz-*` headers of a signed request.
    pub(crate) fn add_amz_headers(
        &mut self,
        at: AmzDate,
        payload_hash: PayloadHash,
        request: &Request,
        credentials: &Credentials,
    ) {
        self.push("x-amz-date", at.to_string());
        self.push("x-amz-content-sha256", payload_hash.to_string());
        if payload_hash.is_chunked() {
            self.announce_chunks(request);
        }
        if let Some(token) = credentials.session_token() {
            self.push("x-amz-security-token", token.to_owned());
        }
    }

    /// Declares that the body is sent in chunks, its length without them, and its trailers.
    fn announce_chunks(&mut self, request: &Request) {
        let length = request.body.len().to_string();
        self.push("x-amz-decoded-content-length", length);
        for (name, _) in request.trailers() {
            self.push("x-amz-trailer", name.to_owned());
        }
        let mut known = self.0.iter_mut();
        match known.find(|(name, _)| name == "content-encoding") {
            Some((_, encoding)) => encoding.insert_str(0, "aws-chunked,"),
            None => self.push("content-encoding", "aws-chunked".to_owned()),
        }
    }

    pub(super) fn push(&mut self, name: &str, value: String) {
        self.0.push((name.to_owned(), value));
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        pairs(&self.0)
    }

    pub(crate) fn len(&self) -> usize {
        self.0.len()
    }

    /// These headers and `host`, as they are sent.
    pub(crate) fn with_host<'a>(
        &'a self,
        host: &'a str,
    ) -> impl Iterator<Item = (&'a str, &'a str)> {
        std::iter::once(("host", host)).chain(self.iter())
    }
}

impl Request {
    /// The names of the trailers, and the lengths of their values.
    pub(crate) fn trailers(&self) -> Vec<(&str, usize)> {
        #[cfg(all(feature = "checksums", feature = "reqwest"))]
        if let Some(computed) = &self.computed
            && self.body.is_stream()
        {
            return vec![computed.trailer_length()];
        }
        Vec::new()
    }
}

pub(crate) fn pairs(pairs: &[(String, String)]) -> impl Iterator<Item = (&str, &str)> {
    pairs
        .iter()
        .map(|(name, value)| (name.as_str(), value.as_str()))
}

/// Rejects headers that would be changed or rejected after they were signed.
fn check_header(name: &str, value: &str) -> Result<(), Error> {
    const OURS: [&str; 12] = [
        "authorization",
        "host",
        "content-length",
        "x-amz-date",
        "x-amz-content-sha256",
        "x-amz-decoded-content-length",
        "x-amz-security-token",
        "transfer-encoding",
        "expect",
        "connection",
        "te",
        "upgrade",
    ];
    let field = || match name.strip_prefix("x-amz-meta-") {
        Some(name) => format!("metadata {name:?}"),
        None => format!("header {name}"),
    };
    if OURS.contains(&name) {
        return Err(Error::invalid(
            &field(),
            "only the client may set this header",
            "leave it out; payload_hash sets x-amz-content-sha256",
        ));
    }
    if HeaderName::from_bytes(name.as_bytes()).is_err() || name == "x-amz-meta-" {
        return Err(Error::invalid(
            &field(),
            "not a valid header name",
            "use letters, digits and hyphens",
        ));
    }
    if !value.bytes().all(|byte| matches!(byte, b' '..=b'~')) {
        return Err(Error::invalid(
            &field(),
            "the value contains a control or non-ASCII character, which servers and proxies alter",
            "encode the value, for example with percent-encoding or base64",
        ));
    }
    if name == "range" && is_empty_range(value) {
        return Err(Error::invalid(
            "range",
            format!("{value:?} is empty"),
            "use a range of at least one byte",
        ));
    }
    if value.trim().is_empty() {
        return Err(Error::invalid(
            &field(),
            "the value is empty, which some servers and proxies drop",
            "leave it out, or give it a value",
        ));
    }
    Ok(())
}

/// Whether a range contains no byte: `bytes=9-0`, `bytes=-0`. Some stores return the whole object for it.
fn is_empty_range(value: &str) -> bool {
    let (first, last) = value
        .strip_prefix("bytes=")
        .and_then(|range| range.split_once('-'))
        .unwrap_or_default();
    match (first.parse::<u64>(), last.parse::<u64>()) {
        (Ok(first), Ok(last)) => last < first,
        (Err(_), Ok(last)) => last == 0,
        _ => false,
    }
}
