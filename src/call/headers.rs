//! The headers of a request: the caller's, checked, and the `x-amz-*` headers of the signature.

use http::HeaderName;
use http::header::CONTENT_ENCODING;

use crate::checksum::is_checksum;
use crate::client::credentials::Credentials;
use crate::error::Error;
use crate::redact::wipe_secrets;
use crate::request::Request;
use crate::sigv4::{AmzDate, PayloadHash};

/// Far more than S3 accepts, whose metadata is limited to 2 KiB, and less than what an HTTP client can hold.
const MAX_HEADERS: usize = 2_000;

const X_AMZ_DATE: HeaderName = HeaderName::from_static("x-amz-date");
pub(super) const X_AMZ_CONTENT_SHA256: HeaderName = HeaderName::from_static("x-amz-content-sha256");
const X_AMZ_SECURITY_TOKEN: HeaderName = HeaderName::from_static("x-amz-security-token");
const X_AMZ_TRAILER: HeaderName = HeaderName::from_static("x-amz-trailer");
const X_AMZ_DECODED_CONTENT_LENGTH: HeaderName =
    HeaderName::from_static("x-amz-decoded-content-length");

/// Names and values. Secret values are wiped when dropped.
pub(crate) struct Headers(Vec<(HeaderName, String)>);

impl Drop for Headers {
    fn drop(&mut self) {
        wipe_secrets(&mut self.0);
    }
}

impl Headers {
    /// Checks the caller's headers.
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
            let name = header_name(name)?;
            check_header(name.as_str(), value)?;
            if headers.0.iter().any(|(known, _)| *known == name) {
                return Err(Error::invalid(
                    &format!("header {name}"),
                    "set twice, which servers interpret differently",
                    "join its values, or leave one out",
                ));
            }
            let is_second = |(known, _): &(HeaderName, String)| is_checksum(known.as_str());
            if is_checksum(name.as_str()) && headers.0.iter().any(is_second) {
                return Err(Error::invalid(
                    "checksum",
                    "set with two algorithms, and a request has only one checksum",
                    "leave one of them out",
                ));
            }
            if scheme == "http" && name.as_str().ends_with("-customer-key") {
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
        self.push(X_AMZ_DATE, at.to_string());
        self.push(X_AMZ_CONTENT_SHA256, payload_hash.to_string());
        if payload_hash.is_chunked() {
            self.announce_chunks(request, payload_hash);
        }
        if let Some(token) = credentials.session_token() {
            self.push(X_AMZ_SECURITY_TOKEN, token.to_owned());
        }
    }

    /// Declares that the body is sent in chunks, its length without them, and its trailer.
    fn announce_chunks(&mut self, request: &Request, payload_hash: PayloadHash) {
        let length = request.body.len().to_string();
        self.push(X_AMZ_DECODED_CONTENT_LENGTH, length);
        if let Some((name, _)) = request.trailer(payload_hash) {
            self.push(X_AMZ_TRAILER, name.to_owned());
        }
        let mut known = self.0.iter_mut();
        match known.find(|(name, _)| *name == CONTENT_ENCODING) {
            Some((_, encoding)) => encoding.insert_str(0, "aws-chunked,"),
            None => self.push(CONTENT_ENCODING, "aws-chunked".to_owned()),
        }
    }

    /// Adds a checksum that the client has computed. Rejects a second one, as stores do.
    #[cfg(feature = "checksums")]
    pub(super) fn add_checksum(
        &mut self,
        request: &Request,
        payload_hash: PayloadHash,
    ) -> Result<(), Error> {
        if let Some(computed) = &request.computed {
            let header = (computed.header)(computed, &self.0)?;
            // That of a stream follows it.
            if request.trailer(payload_hash).is_none()
                && let Some((name, value)) = header
            {
                self.push(HeaderName::from_static(name), value);
            }
        }
        Ok(())
    }

    pub(super) fn push(&mut self, name: HeaderName, value: String) {
        self.0.push((name, value));
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = (&HeaderName, &str)> {
        self.0.iter().map(|(name, value)| (name, value.as_str()))
    }

    pub(crate) fn len(&self) -> usize {
        self.0.len()
    }

    /// These headers and `host`, as they are sent.
    pub(crate) fn with_host<'a>(
        &'a self,
        host: &'a str,
    ) -> impl Iterator<Item = (&'a str, &'a str)> {
        let sent = self.iter().map(|(name, value)| (name.as_str(), value));
        std::iter::once(("host", host)).chain(sent)
    }
}

impl Request {
    /// The name of the trailer, and the length of its value: the computed checksum of a stream. That of an empty one is known
    /// in advance, so it is a header unless the payload hash announces a trailer. A body in memory has one only to be explained.
    #[cfg_attr(not(feature = "checksums"), allow(unused_variables))]
    pub(crate) fn trailer(&self, payload_hash: PayloadHash) -> Option<(&'static str, usize)> {
        #[cfg(feature = "checksums")]
        if let Some(computed) = &self.computed
            && match self.body.as_bytes() {
                Some(_) => payload_hash.has_trailer(),
                None => {
                    self.body.is_stream() && (payload_hash.has_trailer() || !self.body.is_empty())
                }
            }
        {
            return Some(computed.trailer_length());
        }
        None
    }
}

pub(crate) fn pairs(pairs: &[(String, String)]) -> impl Iterator<Item = (&str, &str)> {
    pairs
        .iter()
        .map(|(name, value)| (name.as_str(), value.as_str()))
}

fn header_name(name: &str) -> Result<HeaderName, Error> {
    match HeaderName::from_bytes(name.as_bytes()) {
        Ok(parsed) if parsed != "x-amz-meta-" => Ok(parsed),
        _ => Err(Error::invalid(
            &field(&name.to_ascii_lowercase()),
            "not a valid header name",
            "use letters, digits and hyphens",
        )),
    }
}

/// What an error calls a header.
fn field(name: &str) -> String {
    match name.strip_prefix("x-amz-meta-") {
        Some(name) => format!("metadata {name:?}"),
        None => format!("header {name}"),
    }
}

/// Rejects headers that would be changed or rejected after they were signed.
fn check_header(name: &str, value: &str) -> Result<(), Error> {
    const OURS: [&str; 13] = [
        "authorization",
        "host",
        "content-length",
        "x-amz-date",
        "x-amz-content-sha256",
        "x-amz-decoded-content-length",
        "x-amz-trailer",
        "x-amz-security-token",
        "transfer-encoding",
        "expect",
        "connection",
        "te",
        "upgrade",
    ];
    if OURS.contains(&name) {
        return Err(Error::invalid(
            &field(name),
            "only the client may set this header",
            "leave it out; payload_hash sets x-amz-content-sha256",
        ));
    }
    if !value.bytes().all(|byte| matches!(byte, b' '..=b'~')) {
        return Err(Error::invalid(
            &field(name),
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
            &field(name),
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
