//! One response: success or error, its body, and a reader over it.
//!
//! Uses `xml`, `etag`, `timestamp` and `error`. [`body`] also uses `http`, which receives the body. Start with
//! [`Response::error_for_status`].

mod aliases;
pub(crate) mod body;
#[cfg(feature = "reqwest")]
pub(crate) mod reader;
mod service_error;
#[cfg(feature = "checksums")]
pub(crate) mod verified;

use bytes::Bytes;
use http::{HeaderMap, StatusCode};

use self::aliases::is_root;
use self::service_error::MAX_NAME;
use crate::error::{Context, Error, shortened};
use crate::etag::ETag;
use crate::response::body::ResponseBody;
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

    /// A header's value; [`Error::Malformed`] if it is set twice, to different values.
    pub(crate) fn unambiguous_header(&self, name: &str) -> Result<Option<&str>, Error> {
        let mut values = self.headers.get_all(name).iter();
        let first = values.next();
        match values.find(|value| Some(*value) != first) {
            Some(_) => Err(self.malformed(format!("two different {name} headers"))),
            None => Ok(self.header(name)),
        }
    }

    /// The `ETag`; `None` if it is missing or empty.
    pub(crate) fn etag(&self) -> Result<Option<ETag>, Error> {
        let etag = self.unambiguous_header("etag")?;
        Ok(etag.and_then(ETag::received))
    }

    /// The `ETag`, which the response to an upload must have.
    pub(crate) fn required_etag(&self) -> Result<ETag, Error> {
        self.etag()?
            .ok_or_else(|| self.malformed("no etag header".to_owned()))
    }

    /// The `Content-Length`; `None` if it is missing, as in a chunked response.
    pub(crate) fn content_length(&self) -> Result<Option<u64>, Error> {
        let Some(text) = self.unambiguous_header("content-length")? else {
            return Ok(None);
        };
        let length = number(text.as_bytes());
        length
            .map(Some)
            .ok_or_else(|| self.malformed(format!("the content-length {text:?} is not a number")))
    }

    /// The XML document in the body; [`Error::Malformed`] if the body is not XML, or its root has another name than `root`
    /// and the ones that some stores are known to send in its place, or it contains an `<Error>` or a `<Code>`.
    pub fn xml(&self, root: &str) -> Result<Element, Error> {
        let bytes = self.bytes();
        let element = match Element::parse(bytes) {
            // The result of a bulk delete lists the error of each object.
            Ok(element) if root != "DeleteResult" && is_error(&element) => {
                let problem = format!("an error in <{}>", element.name());
                return Err(self.malformed(problem));
            }
            Ok(element) if is_root(element.name(), root) => return Ok(element),
            Ok(element) => element,
            Err(error) if bytes.starts_with(b"<") => {
                let mut error = self.identity().complete(error);
                if let Error::Malformed(error) = &mut error {
                    error.is_garbled = is_root(&xml::root_name(bytes), root);
                }
                return Err(error);
            }
            Err(_) => {
                let problem = format!("expected <{root}>, got {}", self.describe());
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
        Err(self.malformed(format!("expected an empty body, got {}", self.describe())))
    }

    /// Whether the end of the body is known: from its length, from its chunked encoding, or because it is buffered.
    pub(crate) fn has_marked_end(&self) -> Result<bool, Error> {
        // Of another encoding, such as `identity`, only the connection's end would be seen.
        let encoding = self.unambiguous_header("transfer-encoding")?;
        let is_chunked = encoding.is_some_and(|encoding| encoding.eq_ignore_ascii_case("chunked"));
        Ok(is_chunked || self.body.buffered().is_some() || self.content_length()?.is_some())
    }

    /// Checks the body of a successful upload. It is empty on most stores; a result document is accepted too. Anything else
    /// is not the response to an upload, whatever headers it has.
    pub(crate) fn expect_empty_or_result(&self) -> Result<(), Error> {
        let is_result = Element::parse(self.bytes()).is_ok_and(|document| {
            matches!(
                document.name(),
                "PutObjectResult" | "UploadPartResult" | "CopyObjectResult" | "CopyPartResult"
            ) && document.children("Error").next().is_none()
        });
        if is_result {
            return Ok(());
        }
        self.expect_empty()
    }

    /// The body, whether it is buffered or not.
    pub fn into_body(self) -> ResponseBody {
        self.body
    }

    /// Replaces the body by one that `wrap` makes of it.
    #[cfg(feature = "reqwest")]
    pub(crate) fn map_body(self, wrap: impl FnOnce(ResponseBody) -> ResponseBody) -> Response {
        Response {
            body: wrap(self.body),
            ..self
        }
    }

    /// The body, if it is buffered.
    pub(crate) fn bytes(&self) -> &[u8] {
        self.body.buffered().map_or(&[], Bytes::as_ref)
    }

    pub(crate) fn malformed(&self, problem: String) -> Error {
        self.identity().complete(Error::malformed(problem, None))
    }

    /// Identifies this response in an error after the response itself was consumed.
    pub(crate) fn identity(&self) -> Identity {
        Identity {
            status: self.status,
            request_id: self
                .header("x-amz-request-id")
                .map(|id| shortened(id, MAX_NAME)),
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
            const ACCEPTED: &[u8] = b"<h1>Accepted</h1>";
            if self
                .bytes()
                .windows(ACCEPTED.len())
                .any(|part| part == ACCEPTED)
            {
                let problem = "\"Accepted\" without an ETag, as Swift responds if a newer write of the same key has won";
                return Err(self.malformed(problem.to_owned()));
            }
            let page = self.describe();
            return Err(self.malformed(format!(
                "got an HTML page instead of an S3 response: {page}"
            )));
        }
        Ok(self)
    }
}

/// The `Content-Length`, if it is a number.
pub(crate) fn content_length(headers: &HeaderMap) -> Option<u64> {
    number(headers.get(http::header::CONTENT_LENGTH)?.as_bytes())
}

/// A number of digits alone: `parse` would accept a sign.
pub(crate) fn number(digits: &[u8]) -> Option<u64> {
    let digits = std::str::from_utf8(digits.trim_ascii()).ok()?;
    let are_digits = digits.bytes().all(|byte| byte.is_ascii_digit());
    digits.parse().ok().filter(|_| are_digits)
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

/// Whether a document contains an error, whatever its root.
fn is_error(document: &Element) -> bool {
    let mut errors = document.children("Error").chain(document.children("Code"));
    errors.next().is_some()
}

fn is_blank(body: &[u8]) -> bool {
    body.trim_ascii().is_empty()
}
