//! One response: success or error, its body, and a reader over it.
//!
//! Uses `xml`, `timestamp` and `error`. [`body`] also uses `http`, which receives the body. Start with
//! [`Response::error_for_status`].

pub(crate) mod body;
#[cfg(feature = "reqwest")]
pub(crate) mod reader;

use std::time::{Duration, SystemTime};

use bytes::Bytes;
use http::{HeaderMap, StatusCode};

use crate::error::{Context, Error, ServiceError, shortened};
use crate::response::body::ResponseBody;
use crate::timestamp;
use crate::xml::{self, Element};

/// A response. [`Operation::parse`](crate::Operation::parse) only receives successful ones.
#[derive(Debug)]
pub struct Response {
    status: StatusCode,
    headers: HeaderMap,
    body: ResponseBody,
}

impl Response {
    pub(crate) fn new(status: StatusCode, headers: HeaderMap, body: ResponseBody) -> Response {
        Response {
            status,
            headers,
            body,
        }
    }

    /// The HTTP status.
    pub fn status(&self) -> StatusCode {
        self.status
    }

    /// The headers.
    pub fn headers(&self) -> &HeaderMap {
        &self.headers
    }

    /// A header's value, if it is present and UTF-8.
    pub fn header(&self, name: &str) -> Option<&str> {
        std::str::from_utf8(self.headers.get(name)?.as_bytes()).ok()
    }

    /// Like [`header`](Response::header), as an owned string.
    pub fn header_string(&self, name: &str) -> Option<String> {
        self.header(name).map(str::to_owned)
    }

    /// A header's value; [`Error::Malformed`] if it is missing.
    pub fn required_header(&self, name: &str) -> Result<&str, Error> {
        self.header(name)
            .ok_or_else(|| self.malformed(format!("no {name} header")))
    }

    /// The XML document in the body; [`Error::Malformed`] if the body is not XML or its root has another name.
    pub fn xml(&self, root: &str) -> Result<Element, Error> {
        let bytes = self.bytes();
        let element = match Element::parse(bytes) {
            Ok(element) if element.name() == root => return Ok(element),
            Ok(element) => element,
            Err(error) if bytes.starts_with(b"<") => return Err(self.identity().complete(error)),
            Err(_) => {
                let problem = format!("expected <{root}>, got {}", describe(bytes));
                let error = self.malformed(problem);
                return Err(if is_blank(bytes) {
                    error.truncated()
                } else {
                    error
                });
            }
        };
        Err(self.malformed(format!("expected <{root}>, got <{}>", element.name())))
    }

    /// Checks that the body is empty. A document would belong to another request.
    pub fn expect_empty(&self) -> Result<(), Error> {
        if is_blank(self.bytes()) {
            return Ok(());
        }
        Err(self.malformed(format!(
            "expected an empty body, got {}",
            describe(self.bytes())
        )))
    }

    /// The body, whether it is buffered or not.
    pub fn into_body(self) -> ResponseBody {
        self.body
    }

    fn bytes(&self) -> &[u8] {
        self.body.buffered().map_or(&[], Bytes::as_ref)
    }

    pub(crate) fn malformed(&self, problem: String) -> Error {
        self.identity().complete(Error::malformed(problem, None))
    }

    /// Identifies this response in an error after the response itself was consumed.
    pub(crate) fn identity(&self) -> Identity {
        Identity {
            status: self.status,
            request_id: self.header_string("x-amz-request-id"),
        }
    }

    /// Returns an error unless the response is a success: a status of 2xx without an `<Error>` in the body. S3 sends the 200
    /// of a slow operation before the operation has finished, and can report a later failure only in the body. If the body
    /// is an object's content (`is_content`), it is not inspected.
    pub(crate) fn error_for_status(
        self,
        context: &Context,
        is_content: bool,
    ) -> Result<Response, Error> {
        if is_content && self.status.is_success() {
            return Ok(self);
        }
        let root = xml::root_name(self.bytes());
        let is_error_document = matches!(root.as_str(), "Error" | "ErrorResponse");
        if !self.status.is_success() || is_error_document {
            return Err(self.service_error(context, is_error_document));
        }
        // The page of a proxy or a login portal, which often has status 200.
        if root.eq_ignore_ascii_case("html") {
            let page = describe(self.bytes());
            return Err(self.malformed(format!(
                "got an HTML page instead of an S3 response: {page}"
            )));
        }
        Ok(self)
    }

    #[cold]
    fn service_error(&self, context: &Context, is_error_document: bool) -> Error {
        let document = if is_error_document {
            Element::parse(self.bytes()).ok()
        } else {
            None
        };
        let element = |name: &str| {
            let document = document.as_ref()?;
            // Some gateways wrap it in an <ErrorResponse>, like other AWS services.
            let error = document.child("Error").unwrap_or(document);
            let text = error
                .optional_text(name)
                .or_else(|| document.optional_text(name));
            text.map(|text| text.trim().to_owned())
        };
        let header = |name: &str| self.header_string(name);
        // MinIO describes the error of a HEAD request in headers, the message in quotes.
        let code = element("Code").or_else(|| header("x-minio-error-code"));
        let described =
            || header("x-minio-error-desc").map(|text| text.trim_matches('"').to_owned());
        Error::Service(Box::new(ServiceError {
            context: context.clone(),
            status: self.status,
            code_is_inferred: code.is_none(),
            code: match code {
                Some(code) => shortened(&code, 100),
                None => self.usual_code(context).to_owned(),
            },
            // No excerpt of an error document: it may quote the request, with signature and token.
            message: element("Message")
                .or_else(described)
                .map(|message| shortened(&message, 2000))
                .unwrap_or_else(|| match is_error_document {
                    true => String::new(),
                    false => excerpt(self.bytes()),
                }),
            request_id: header("x-amz-request-id").or_else(|| element("RequestId")),
            host_id: header("x-amz-id-2").or_else(|| element("HostId")),
            region: header("x-amz-bucket-region").or_else(|| element("Region")),
            retry_after: self.retry_after(),
            date: self.date(),
        }))
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

    fn date(&self) -> Option<SystemTime> {
        timestamp::parse_http(self.header("date")?)
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

/// The `Content-Length`, if it is a number.
pub(crate) fn content_length(headers: &HeaderMap) -> Option<u64> {
    let length = headers.get(http::header::CONTENT_LENGTH)?;
    length.to_str().ok()?.parse().ok()
}

/// Identifies a response in an error.
pub(crate) struct Identity {
    status: StatusCode,
    request_id: Option<String>,
}

impl Identity {
    pub(crate) fn complete(self, mut error: Error) -> Error {
        if let Error::Malformed(error) = &mut error {
            error.status = Some(self.status);
            error.request_id = self.request_id;
        }
        error
    }
}

fn is_blank(body: &[u8]) -> bool {
    body.trim_ascii().is_empty()
}

/// Describes an unexpected body, for a message.
fn describe(body: &[u8]) -> String {
    if is_blank(body) {
        "an empty body".to_owned()
    } else if body.starts_with(&[0x1f, 0x8b]) {
        "gzip data".to_owned()
    } else {
        format!("\"{}\"", excerpt(body))
    }
}

/// The start of a body, on one line.
fn excerpt(body: &[u8]) -> String {
    const LENGTH: usize = 200;
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
