//! An error response as an [`Error`], and how an unexpected body is described.

use std::time::{Duration, SystemTime};

use http::Uri;

use super::{Response, is_blank};
use crate::error::{Context, Error, Evidence, ServiceError, shortened};
use crate::timestamp;
use crate::xml::Element;

/// How much of a name that the server chose is kept: of a code, a request ID, a region.
pub(super) const MAX_NAME: usize = 100;

impl Response {
    #[cold]
    pub(super) fn service_error(&self, context: &Context, is_error_document: bool) -> Error {
        // Some stores send their messages in other encodings than UTF-8.
        let text = String::from_utf8_lossy(self.bytes());
        let document = Element::parse(text.as_bytes())
            .ok()
            .filter(|_| is_error_document);
        let element = |name: &str| {
            let document = document.as_ref()?;
            // Some gateways wrap it in an <ErrorResponse>, like other AWS services.
            let error = document.children("Error").next().unwrap_or(document);
            let text = |parent: &Element| {
                let text = parent.children(name).next()?.own_text().trim();
                Some(text.to_owned()).filter(|text| !text.is_empty())
            };
            text(error).or_else(|| text(document))
        };
        let header = |name: &str| self.header_string(name);
        let short = |name: Option<String>| name.map(|name| shortened(&name, MAX_NAME));
        // MinIO describes the error of a HEAD request in headers, the message in quotes.
        let code = element("Code").or_else(|| header("x-minio-error-code"));
        let described =
            || header("x-minio-error-desc").map(|text| text.trim_matches('"').to_owned());
        let is_about_signature = matches!(self.status.as_u16(), 400 | 401 | 403)
            // versitygw's, with status 404.
            || code.as_deref() == Some("XAdminUserNotFound");
        let evidence = is_about_signature.then(|| Box::new(Evidence::new(self.bytes())));
        Error::Service(Box::new(ServiceError {
            context: context.clone(),
            status: self.status,
            code_is_inferred: code.is_none(),
            code: short(code).unwrap_or_else(|| self.usual_code(context).to_owned()),
            // No excerpt of an error document: it may quote the request, with signature and token.
            message: element("Message")
                .or_else(described)
                .map(|message| shortened(&message, 2000))
                .unwrap_or_else(|| match is_error_document {
                    true => String::new(),
                    false => excerpt(self.bytes()),
                }),
            request_id: short(header("x-amz-request-id").or_else(|| element("RequestId"))),
            host_id: short(header("x-amz-id-2").or_else(|| element("HostId"))),
            region: short(header("x-amz-bucket-region").or_else(|| element("Region"))),
            redirect: short(
                self.redirect()
                    .or_else(|| element("Endpoint").and_then(host_alone)),
            ),
            retry_after: self.retry_after(),
            date: self.date(),
            evidence,
        }))
    }

    /// Where a redirect leads: scheme and host, or the path if `Location` has no host. The query can contain a signature.
    fn redirect(&self) -> Option<String> {
        let uri: Uri = self.header("location")?.parse().ok()?;
        if !self.status.is_redirection() {
            return None;
        }
        let (Some(scheme), Some(host)) = (uri.scheme_str(), uri.host()) else {
            // What precedes an `@` can be a password.
            let is_path = uri.path().starts_with('/') && !uri.path().contains('@');
            return is_path.then(|| uri.path().to_owned());
        };
        Some(match uri.port() {
            Some(port) => format!("{scheme}://{host}:{port}"),
            None => format!("{scheme}://{host}"),
        })
    }

    /// The delay that the server asks for. AWS sends milliseconds, proxies seconds or a date.
    fn retry_after(&self) -> Option<Duration> {
        let number = |name: &str| self.header(name)?.trim().parse().ok();
        if let Some(milliseconds) = number("x-amz-retry-after") {
            return Some(Duration::from_millis(milliseconds));
        }
        if let Some(seconds) = number("retry-after") {
            return Some(Duration::from_secs(seconds));
        }
        // Both dates are by the server's clock.
        let until = timestamp::parse_http(self.header("retry-after")?)?;
        Some(until.duration_since(self.date()?).unwrap_or_default())
    }

    /// The server's time.
    pub(crate) fn date(&self) -> Option<SystemTime> {
        timestamp::parse_http(self.header("date")?)
    }

    /// Describes an unexpected body, for a message. Some stores ignore a parameter such as `?tagging` and send the object:
    /// its content must not appear in a log.
    pub(super) fn describe(&self) -> String {
        let body = self.bytes();
        if is_blank(body) {
            return "an empty body".to_owned();
        }
        if self.status.is_success() && self.headers.contains_key("last-modified") {
            return format!("an object of {} bytes", body.len());
        }
        match excerpt(body) {
            excerpt if is_binary(body) => excerpt,
            excerpt => format!("\"{excerpt}\""),
        }
    }

    /// The usual error code for the status.
    fn usual_code(&self, context: &Context) -> &'static str {
        match self.status.as_u16() {
            200..=299 => "InternalError",
            301 | 308 => "PermanentRedirect",
            302 | 307 => "TemporaryRedirect",
            304 => "NotModified",
            400 => "BadRequest",
            401 | 403 => "AccessDenied",
            404 if context.key.is_some() => "NoSuchKey",
            404 => "NoSuchBucket",
            405 => "MethodNotAllowed",
            407 => "ProxyAuthenticationRequired",
            408 => "RequestTimeout",
            409 => "Conflict",
            411 => "MissingContentLength",
            412 => "PreconditionFailed",
            413 => "EntityTooLarge",
            416 => "InvalidRange",
            429 => "TooManyRequests",
            501 => "NotImplemented",
            503 => "SlowDown",
            507 => "InsufficientStorage",
            500..=599 => "InternalError",
            _ => "Unknown",
        }
    }
}

/// The host in an `<Endpoint>`; `None` if it holds more than a host.
fn host_alone(endpoint: String) -> Option<String> {
    let is_host = |byte: u8| byte.is_ascii_alphanumeric() || b".-:[]".contains(&byte);
    endpoint.bytes().all(is_host).then_some(endpoint)
}

/// The start of a body on one line, or its kind and length if it is not text.
fn excerpt(body: &[u8]) -> String {
    const LENGTH: usize = 200;
    if is_binary(body) {
        let kind = if body.starts_with(&[0x1f, 0x8b]) {
            "gzip"
        } else {
            "binary data"
        };
        return format!("{kind}, {} bytes", body.len());
    }
    let text = String::from_utf8_lossy(body.get(..4 * LENGTH).unwrap_or(body));
    let mut excerpt = String::new();
    for word in text.split_whitespace() {
        if !excerpt.is_empty() {
            excerpt.push(' ');
        }
        excerpt.push_str(word);
    }
    match excerpt.char_indices().nth(LENGTH) {
        Some((index, _)) => excerpt.truncate(index),
        None => return excerpt,
    }
    excerpt + "…"
}

/// Whether a body has control characters, as compressed data and text in UTF-16 have.
fn is_binary(body: &[u8]) -> bool {
    let is_control = |byte: &u8| byte.is_ascii_control() && !byte.is_ascii_whitespace();
    body.iter().take(1000).any(is_control)
}
