//! A call: one operation with its arguments, bound to a client.
//!
//! Uses `client`, `request`, `response`, `retry`, `sigv4`, `redact` and `error`. Start with [`Call`] and
//! [`operation::Operation`]; [`signed`] shows how a request is signed.

pub(crate) mod headers;
pub(crate) mod operation;
pub(crate) mod post_field;
pub(crate) mod post_form;
pub(crate) mod post_policy;
pub(crate) mod presign;
pub(crate) mod presigned_request;
pub(crate) mod signed;

use bytes::Bytes;
use http::Uri;

pub use self::operation::{BodyRange, FollowUp, Operation, OperationSpec};
use crate::call::signed::SignedRequest;
use crate::client::Client;
use crate::client::endpoint::Endpoint;
pub use crate::error::Effect;
use crate::error::{Context, Error};
use crate::request::Request;
#[cfg(feature = "reqwest")]
use crate::retry::RetryPolicy;
use crate::sigv4::{AmzDate, ChunkSize, PayloadHash};

/// An operation with its arguments, ready to be sent, signed or explained.
///
/// Setters check nothing and cannot fail. An invalid value is reported when the call is sent, signed or explained, before
/// any byte is sent.
#[must_use = "a call does nothing until it is sent, signed or explained"]
#[derive(Debug)]
pub struct Call<O> {
    pub(crate) client: Client,
    pub(crate) request: Request,
    /// For `Debug`: what an operation does depends on its type alone.
    #[allow(dead_code)]
    operation: O,
}

impl<O: Operation> Call<O> {
    /// Signs the request for any HTTP client, to be sent within 15 minutes. [`Operation::parse_http`] reads the response.
    ///
    /// The HTTP client adds `Host` from the URL. It must not change the path or the query: some clients rewrite `.` and `..`
    /// segments. `Content-Length` is set, also for an empty PUT or POST.
    ///
    /// ```
    /// use slim_s3::operation::PutObject;
    /// use slim_s3::{Client, Credentials, Operation};
    ///
    /// let s3 = Client::builder()
    ///     .endpoint("http://127.0.0.1:9000")
    ///     .credentials(Credentials::new("AK", "SK"))
    ///     .build()?;
    /// let call = s3.put_object("photos", "cat.jpg", "meow");
    /// let request = call.sign(s3.now())?;
    /// assert_eq!(request.uri(), "http://127.0.0.1:9000/photos/cat.jpg");
    ///
    /// // Send it with any HTTP client, and pass the response on:
    /// let response = http::Response::builder()
    ///     .header("etag", "\"4a4be40c96ac6314e91d93f38043a634\"")
    ///     .body(bytes::Bytes::new())
    ///     .unwrap();
    /// let output = PutObject::parse_http(call.request(), response)?;
    /// assert_eq!(output.etag.as_str(), "4a4be40c96ac6314e91d93f38043a634");
    /// # Ok::<(), slim_s3::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`Error::Invalid`] if an argument is invalid. A body that is not in memory requires a
    /// [`payload_hash`](Call::payload_hash). The returned request then has an empty body and the `Content-Length` of the
    /// actual one: send that, encoded by a [`ChunkEncoder`](crate::sigv4::ChunkEncoder) if the payload hash is [`PayloadHash::Streaming`].
    pub fn sign(&self, at: AmzDate) -> Result<http::Request<Bytes>, Error> {
        let signed = self.sign_request(at, payload_hash)?;
        let mut request =
            http::Request::new(self.request.body.as_bytes().cloned().unwrap_or_default());
        *request.method_mut() = self.request.method.clone();
        *request.uri_mut() = Uri::try_from(signed.url()).map_err(|_| {
            self.in_context(Error::invalid("URL", "too long", "use a shorter query"))
        })?;
        *request.headers_mut() = signed
            .header_map()
            .map_err(|error| self.in_context(error))?;
        if may_have_body(&self.request) {
            let length = length_on_the_wire(&self.request, signed.canonical_request().payload_hash);
            request
                .headers_mut()
                .insert(http::header::CONTENT_LENGTH, length.into());
        }
        Ok(request)
    }

    /// Checks, encodes and signs the request with the payload hash that `choose` returns.
    pub(crate) fn sign_request(
        &self,
        at: AmzDate,
        choose: fn(&Client, &Request) -> Result<PayloadHash, Error>,
    ) -> Result<SignedRequest, Error> {
        let sign = || {
            O::check_request(&self.request)?;
            let dialect = &self.client.inner.dialect;
            dialect.check_conditions(O::SPEC.name, &self.request)?;
            #[cfg(feature = "checksums")]
            if let Some(checksum) = &self.request.computed {
                checksum.compute_now(&self.request.body)?;
            }
            let payload_hash = choose(&self.client, &self.request)?;
            let endpoint = learned_endpoint(&self.client, &O::SPEC, self.request.target.bucket());
            self.client.sign_request(
                self.client.endpoint(endpoint.as_ref()),
                &self.request,
                at,
                self.client.fixed_credentials()?.as_deref(),
                payload_hash,
                true,
            )
        };
        sign().map_err(|error| self.in_context(error))
    }

    #[cold]
    pub(crate) fn in_context(&self, error: Error) -> Error {
        error.with_context(&call_context(&O::SPEC, &self.request, 0))
    }
}

/// The request behind a call.
impl<O> Call<O> {
    /// Binds a request to a client and to the operation that reads its response, for an [`Operation`] of your own.
    pub fn new(client: &Client, request: Request, operation: O) -> Call<O> {
        Call {
            client: client.clone(),
            request,
            operation,
        }
    }

    /// The request with all options that were set.
    pub fn request(&self) -> &Request {
        &self.request
    }
}

/// Options of every call.
impl<O> Call<O> {
    /// Sets a header that has no setter; replaces one of the same name. All `x-amz-*` headers are signed.
    pub fn header(mut self, name: &str, value: &str) -> Call<O> {
        self.request.set_header(name, value);
        self
    }

    /// Sets a query parameter that has no setter; replaces one of the same name.
    pub fn query(mut self, name: &str, value: &str) -> Call<O> {
        self.request.set_query(name, value);
        self
    }

    /// Sets how the signature covers the body. [`Body`](crate::Body) lists the defaults.
    pub fn payload_hash(mut self, payload_hash: PayloadHash) -> Call<O> {
        self.request.payload_hash = Some(payload_hash);
        self
    }

    /// The size in bytes of the chunks of a body that is [sent in chunks](PayloadHash::is_chunked): 8 KiB to 16 MiB, by
    /// default 64 KiB. At most two chunks are in memory.
    pub fn chunk_size(mut self, bytes: u32) -> Call<O> {
        match ChunkSize::new(bytes) {
            Some(size) => self.request.chunk_size = size,
            None => self.request.defer_error(
                "chunk size",
                format!("{bytes} bytes, which stores reject"),
                "use 8 KiB to 16 MiB",
            ),
        }
        self
    }

    /// Replaces the client's retry policy for this call. The retry budget stays that of the client.
    #[cfg(feature = "reqwest")]
    pub fn retry(mut self, policy: RetryPolicy) -> Call<O> {
        self.request.retry = Some(policy);
        self
    }
}

/// The endpoint of the bucket's region, if it was learned and applies to this operation.
#[cfg(feature = "reqwest")]
pub(crate) fn learned_endpoint(
    client: &Client,
    spec: &OperationSpec,
    bucket: Option<&str>,
) -> Option<Endpoint> {
    client.learned_endpoint(bucket.filter(|_| !creates_bucket(spec))?)
}

/// Whether the operation creates a bucket, which it does in the client's own region.
#[cfg(feature = "reqwest")]
pub(crate) fn creates_bucket(spec: &OperationSpec) -> bool {
    spec.bucket_lifecycle && spec.effect == Effect::Writes
}

#[cfg(not(feature = "reqwest"))]
fn learned_endpoint(_: &Client, _: &OperationSpec, _: Option<&str>) -> Option<Endpoint> {
    None
}

pub(crate) fn call_context(spec: &OperationSpec, request: &Request, attempts: u32) -> Context {
    let (bucket, key) = request.target.names();
    let part_number = request.query.iter().find(|(name, _)| name == "partNumber");
    Context {
        operation: spec.name,
        effect: spec.effect,
        bucket,
        key,
        part_number: part_number.map(|(_, number)| number.clone()),
        attempts,
        ..Context::default()
    }
}

/// The payload hash that was chosen, or that of the body.
pub(crate) fn payload_hash(client: &Client, request: &Request) -> Result<PayloadHash, Error> {
    match (request.payload_hash, request.body.as_bytes()) {
        (Some(chosen), Some(_)) if chosen.is_chunked() => Err(not_chunked()),
        (Some(chosen), _) => Ok(chosen),
        (None, Some(_)) if client.leaves_payload_unsigned(request) => Ok(PayloadHash::Unsigned),
        (None, Some(bytes)) => Ok(PayloadHash::of(bytes)),
        (None, None) => Err(Error::invalid(
            "body",
            "not in memory, and hashing it would consume it",
            "set payload_hash",
        )),
    }
}

#[cold]
pub(crate) fn not_chunked() -> Error {
    Error::invalid(
        "payload hash",
        "a body in chunks must be a stream",
        "leave payload_hash out: bytes and files are hashed",
    )
}

/// The `Content-Length`: the encoded length for a body in chunks.
pub(crate) fn length_on_the_wire(request: &Request, payload_hash: PayloadHash) -> u64 {
    let trailer = request.trailer(payload_hash);
    let trailers = trailer.as_slice();
    payload_hash.encoded_length(request.body.len(), request.chunk_size, trailers)
}

/// Whether to send `Content-Length`. Stores require it for these methods even if the body is empty.
pub(crate) fn may_have_body(request: &Request) -> bool {
    request.method == http::Method::PUT
        || request.method == http::Method::POST
        || !request.body.is_empty()
}
