//! The trait behind every S3 operation, and the properties that the sending code needs.

use std::ops::Range;

use bytes::Bytes;

use super::call_context;
use crate::error::{Effect, Error};
use crate::etag::ETag;
use crate::request::Request;
use crate::response::body::ResponseBody;
use crate::response::{Response, content_length};

/// One S3 operation: its name and properties, and how its response is read. Implement it to add an
/// operation of your own.
///
/// ```
/// use http::Method;
/// use slim_s3::operation::{Effect, OperationSpec};
/// use slim_s3::{Call, Client, Error, Operation, Request, Response};
///
/// /// GetBucketPolicy: the policy as JSON text.
/// #[derive(Debug)]
/// struct GetBucketPolicy;
///
/// impl Operation for GetBucketPolicy {
///     type Output = String;
///     const SPEC: OperationSpec = OperationSpec::new("GetBucketPolicy", Effect::Reads);
///
///     fn parse(response: Response) -> Result<String, Error> {
///         let body = response.into_body();
///         let bytes = body.buffered().map_or(&[][..], |bytes| bytes);
///         Ok(String::from_utf8_lossy(bytes).into_owned())
///     }
/// }
///
/// fn get_bucket_policy(s3: &Client, bucket: &str) -> Call<GetBucketPolicy> {
///     let request = Request::bucket(Method::GET, bucket).with_query("policy", "");
///     Call::new(s3, request, GetBucketPolicy)
/// }
/// ```
pub trait Operation {
    /// What a successful response contains.
    type Output;

    /// The operation's name and properties.
    const SPEC: OperationSpec;

    /// Checks the request before it is signed. A request that fails here is never sent.
    fn check_request(request: &Request) -> Result<(), Error> {
        let _ = request;
        Ok(())
    }

    /// Checks that a successful response belongs to this request. A response that fails here is not a
    /// success.
    fn check_response(request: &Request, response: &Response) -> Result<(), Error> {
        let _ = (request, response);
        Ok(())
    }

    /// Reads a successful response.
    fn parse(response: Response) -> Result<Self::Output, Error>;

    /// Reads a successful response to this request; by default with [`parse`](Operation::parse).
    fn parse_for(request: &Request, response: Response) -> Result<Self::Output, Error> {
        let _ = request;
        Self::parse(response)
    }

    /// The request that settles what a successful response left open, such as an ETag that is missing. By default, nothing is
    /// left open.
    fn follow_up(request: &Request, parsed: &Result<Self::Output, Error>) -> Option<FollowUp> {
        let _ = (request, parsed);
        None
    }

    /// Settles `parsed` with the successful response to [`follow_up`](Operation::follow_up), or the error that it ended with.
    fn settle(
        request: &Request,
        parsed: Result<Self::Output, Error>,
        found: Result<Response, Error>,
    ) -> Result<Self::Output, Error> {
        let _ = (request, found);
        parsed
    }

    /// Which bytes of which object the body of a successful response holds. If the body is interrupted, the rest is
    /// requested with `Range` and `If-Match`. By default that is not known, and an interrupted body is an error.
    fn body_range(request: &Request, response: &Response) -> Option<BodyRange> {
        let _ = (request, response);
        None
    }

    /// Reads any response, for callers that send the request with their own HTTP client. Error responses
    /// become errors; a success is parsed.
    ///
    /// `request` is the request that the response belongs to.
    fn parse_http(request: &Request, response: http::Response<Bytes>) -> Result<Self::Output, Error>
    where
        Self: Sized,
    {
        let context = call_context(&Self::SPEC, request, 1);
        let (parts, body) = response.into_parts();
        let received = body.len() as u64;
        let is_content = Self::SPEC.streams_body && request.method != http::Method::HEAD;
        let expected = content_length(&parts.headers).filter(|_| is_content);
        let response = Response::new(parts.status, parts.headers, ResponseBody::from(body));
        let read = |response: Response| {
            let response = response.error_for_status(&context, Self::SPEC.streams_body)?;
            if let Some(expected) = expected.filter(|expected| *expected != received) {
                let problem =
                    format!("expected {expected} bytes as in Content-Length, got {received}");
                return Err(response.malformed(problem));
            }
            parse_success::<Self>(request, response)
        };
        read(response).map_err(|error| {
            let error = error.with_context(&context);
            error.with_outcome(context.effect, false)
        })
    }
}

/// Parses a successful response; an error names the response it is about.
pub(crate) fn parse_success<O: Operation>(
    request: &Request,
    response: Response,
) -> Result<O::Output, Error> {
    O::check_response(request, &response)?;
    let identity = response.identity();
    O::parse_for(request, response).map_err(|error| identity.complete(error))
}

/// A request that settles what the response to another one left open: [`Operation::follow_up`].
#[derive(Debug)]
#[non_exhaustive]
pub struct FollowUp {
    /// The name and properties of the request's operation.
    pub spec: &'static OperationSpec,
    /// The request.
    pub request: Request,
}

impl FollowUp {
    /// A request of the operation that `spec` describes.
    pub fn new(spec: &'static OperationSpec, request: Request) -> FollowUp {
        FollowUp { spec, request }
    }
}

/// The bytes of an object that a response body holds: [`Operation::body_range`].
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub struct BodyRange {
    /// The positions of the bytes.
    pub range: Range<u64>,
    /// The size of the whole object in bytes.
    pub total: u64,
    /// The ETag of the object.
    pub etag: ETag,
}

impl BodyRange {
    /// These bytes of an object of `total` bytes with this ETag.
    pub fn new(range: Range<u64>, total: u64, etag: ETag) -> BodyRange {
        BodyRange { range, total, etag }
    }
}

/// An operation's name and properties: [`Operation::SPEC`].
///
/// ```
/// use slim_s3::operation::{Effect, OperationSpec};
///
/// const RESTORE_OBJECT: OperationSpec =
///     OperationSpec::new("RestoreObject", Effect::Writes).slow_response();
/// ```
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct OperationSpec {
    /// The name that AWS uses, such as `PutObject`.
    pub name: &'static str,
    /// What the operation changes.
    pub effect: Effect,
    /// Whether the body of a successful response is returned unread. Otherwise it is buffered in memory.
    pub streams_body: bool,
    /// Whether the server may work for minutes before it responds. The timeout is then
    /// `Timeouts::slow_response`.
    pub slow_response: bool,
    /// Whether repeating the operation has the same result as doing it once. An operation that is not
    /// idempotent is not retried once it may have taken effect.
    pub idempotent: bool,
    /// Whether the operation creates or deletes the bucket itself. Its region is then no longer known, and a bucket is
    /// created in the client's own region.
    pub bucket_lifecycle: bool,
    /// Whether the response need not confirm the encryption that was requested. If it does not, the client checks the
    /// object with HeadObject.
    pub confirms_encryption_later: bool,
}

impl OperationSpec {
    /// An idempotent operation whose response is buffered and arrives promptly.
    pub const fn new(name: &'static str, effect: Effect) -> OperationSpec {
        OperationSpec {
            name,
            effect,
            streams_body: false,
            slow_response: false,
            idempotent: true,
            bucket_lifecycle: false,
            confirms_encryption_later: false,
        }
    }

    /// Returns the body of a successful response unread.
    pub const fn streams_body(mut self) -> OperationSpec {
        self.streams_body = true;
        self
    }

    /// Allows the server minutes before it responds.
    pub const fn slow_response(mut self) -> OperationSpec {
        self.slow_response = true;
        self
    }

    /// Marks an operation that creates or deletes the bucket itself.
    pub const fn bucket_lifecycle(mut self) -> OperationSpec {
        self.bucket_lifecycle = true;
        self
    }

    /// Checks the encryption of the object afterwards, if the response does not confirm it.
    pub const fn confirms_encryption_later(mut self) -> OperationSpec {
        self.confirms_encryption_later = true;
        self
    }

    /// Marks an operation that creates something new each time.
    pub const fn not_idempotent(mut self) -> OperationSpec {
        self.idempotent = false;
        self
    }
}
