//! Presigned requests: signed now, sent later, by anyone who has the URL.

use std::time::{Duration, SystemTime};

use crate::call::explanation::Explanation;
use crate::call::headers::{Headers, X_AMZ_CONTENT_SHA256, pairs};
use crate::call::presigned_request::PresignedRequest;
use crate::call::signed::check_expiry;
use crate::call::{Call, Operation, OperationSpec, call_context, learned_endpoint};
use crate::client::Client;
use crate::client::credentials::Credentials;
use crate::client::endpoint::RequestUrl;
use crate::error::Error;
use crate::request::{Request, Target, has_dot_segment};
use crate::sigv4::{
    AmzDate, CanonicalHeaders, CanonicalQuery, CanonicalRequest, CredentialScope, MAX_EXPIRES,
    PayloadHash, Signing, presign,
};

/// What happens if the credentials expire before the URL would.
#[derive(Clone, Copy, Eq, PartialEq)]
pub(crate) enum Early {
    Refused,
    Shortened,
}

impl<O: Operation> Call<O> {
    /// Signs the request for whoever gets its URL: a browser, `curl`, another program. The holder needs no credentials, and
    /// can send the request until it expires, as often as they like. Nothing is sent now.
    ///
    /// `expires` is 1 second to 7 days after `at`; fractions of a second are dropped. All options that are set as
    /// headers, such as `content_type` or `if_none_match`, become headers that the holder must send.
    ///
    /// The URL contains no body: the call's is empty, and the holder sends any. To accept only one body, set its `content_md5`
    /// or a `checksum`; or set [`payload_hash`](Call::payload_hash), which MinIO checks, and with which versitygw rejects the
    /// request.
    ///
    /// ```
    /// use std::time::Duration;
    ///
    /// # use slim_s3::{Client, Credentials};
    /// # let s3 = Client::builder()
    /// #     .endpoint("http://127.0.0.1:9000")
    /// #     .credentials(Credentials::new("AK", "SK"))
    /// #     .build()?;
    /// let hour = Duration::from_secs(3600);
    /// let link = s3.get_object("photos", "cat.jpg").presign(s3.now(), hour)?;
    /// assert!(link.url().starts_with("http://127.0.0.1:9000/photos/cat.jpg?X-Amz-"));
    ///
    /// let upload = s3.put_object("photos", "cat.jpg", "").content_type("image/jpeg");
    /// let upload = upload.presign(s3.now(), hour)?;
    /// assert_eq!(upload.headers().collect::<Vec<_>>(), [("content-type", "image/jpeg")]);
    /// println!("{} < cat.jpg", upload.to_curl());
    /// # Ok::<(), slim_s3::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`Error::Invalid`] if an argument is invalid; the call has a body; the credentials expire earlier than the URL would
    /// ([`presign_up_to`](Call::presign_up_to) shortens it), or come from a provider (`presign_now` asks it); the client is anonymous; or the key has a `.` or `..` segment, which browsers and most HTTP clients
    /// remove.
    ///
    /// <https://docs.aws.amazon.com/AmazonS3/latest/userguide/using-presigned-url.html>
    #[doc(alias = "generate_presigned_url")]
    pub fn presign(&self, at: AmzDate, expires: Duration) -> Result<PresignedRequest, Error> {
        self.presign_with_own(at, expires, Early::Refused)
    }

    /// Like [`presign`](Call::presign), but shortens the time if the credentials expire earlier.
    /// [`expires_at`](PresignedRequest::expires_at) says when the URL really expires.
    ///
    /// ```
    /// use std::time::{Duration, SystemTime};
    ///
    /// use slim_s3::{Client, Credentials};
    ///
    /// let in_ten_minutes = SystemTime::now() + Duration::from_secs(600);
    /// let keys = Credentials::new("AK", "SK").with_session_token("token");
    /// let s3 = Client::builder()
    ///     .endpoint("http://127.0.0.1:9000")
    ///     .credentials(keys.with_expiry(in_ten_minutes))
    ///     .build()?;
    /// let (call, hour) = (s3.get_object("photos", "cat.jpg"), Duration::from_secs(3600));
    /// assert!(call.presign(s3.now(), hour).is_err());
    /// assert!(call.presign_up_to(s3.now(), hour)?.expires_at() <= in_ten_minutes);
    /// # Ok::<(), slim_s3::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// See [`presign`](Call::presign).
    pub fn presign_up_to(&self, at: AmzDate, expires: Duration) -> Result<PresignedRequest, Error> {
        self.presign_with_own(at, expires, Early::Shortened)
    }

    /// Shows how [`presign`](Call::presign) signs the request: the text is like that of [`explain`](Call::explain), with the
    /// parameters of the signature in the query.
    ///
    /// ```
    /// use std::time::Duration;
    ///
    /// # use slim_s3::{Client, Credentials};
    /// # let s3 = Client::builder()
    /// #     .endpoint("http://127.0.0.1:9000")
    /// #     .credentials(Credentials::new("AK", "SK"))
    /// #     .build()?;
    /// let get = s3.get_object("photos", "cat.jpg");
    /// let explanation = get.explain_presigned(s3.now(), Duration::from_secs(3600))?;
    /// assert!(explanation.to_string().contains("&X-Amz-Expires=3600&"));
    /// # Ok::<(), slim_s3::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// See [`presign`](Call::presign).
    pub fn explain_presigned(&self, at: AmzDate, expires: Duration) -> Result<Explanation, Error> {
        let signed = O::check_request(&self.request)
            .and_then(|()| self.client.fixed_credentials())
            .and_then(|credentials| {
                let (request, credentials) = (&self.request, credentials.as_deref());
                let early = Early::Refused;
                self.client
                    .sign_query(&O::SPEC, request, at, expires, credentials, early)
            });
        let signed = signed.map(|signed| Explanation::Signed(signed.signing));
        signed.map_err(|error| error.with_context(&call_context(&O::SPEC, &self.request, 0)))
    }

    fn presign_with_own(
        &self,
        at: AmzDate,
        expires: Duration,
        early: Early,
    ) -> Result<PresignedRequest, Error> {
        let presigned = O::check_request(&self.request)
            .and_then(|()| self.client.fixed_credentials())
            .and_then(|credentials| {
                let credentials = credentials.as_deref();
                self.client
                    .presign(&O::SPEC, &self.request, at, expires, credentials, early)
            });
        presigned.map_err(|error| error.with_context(&call_context(&O::SPEC, &self.request, 0)))
    }
}

/// A request with the signature in its query.
struct SignedQuery {
    /// The URL without the query.
    place: String,
    signing: Signing,
    headers: Headers,
    expires_at: SystemTime,
}

impl Client {
    /// Checks, encodes and presigns a request.
    pub(crate) fn presign(
        &self,
        spec: &OperationSpec,
        request: &Request,
        at: AmzDate,
        expires: Duration,
        credentials: Option<&Credentials>,
        early: Early,
    ) -> Result<PresignedRequest, Error> {
        let SignedQuery {
            place,
            signing,
            headers,
            expires_at,
        } = self.sign_query(spec, request, at, expires, credentials, early)?;
        Ok(PresignedRequest::new(&place, signing, &headers, expires_at))
    }

    fn sign_query(
        &self,
        spec: &OperationSpec,
        request: &Request,
        at: AmzDate,
        expires: Duration,
        credentials: Option<&Credentials>,
        early: Early,
    ) -> Result<SignedQuery, Error> {
        request.check()?;
        self.inner.dialect.check_conditions(spec.name, request)?;
        check_can_be_presigned(request)?;
        let credentials = credentials.ok_or_else(anonymous)?;
        credentials.check()?;
        let expires = lifetime(credentials, at, expires, early)?;
        let payload_hash = request.payload_hash.unwrap_or(PayloadHash::Unsigned);

        let learned = learned_endpoint(self, spec, request.target.bucket());
        let endpoint = self.endpoint(learned.as_ref());
        let RequestUrl { scheme, host, path } =
            endpoint.locate(&request.target, self.inner.addressing)?;
        let mut headers = Headers::checked(&request.headers, scheme)?;
        if let PayloadHash::Sha256(_) = payload_hash {
            headers.push(X_AMZ_CONTENT_SHA256, payload_hash.to_string());
        }
        let place = [scheme, "://", &host, &path].concat();
        let (signed_host, uri) = match self.signed_url(&request.target)? {
            Some(signed) => (signed.host, signed.path),
            None => (host, path),
        };
        let canonical_request = CanonicalRequest {
            method: request.method.to_string(),
            uri,
            query: CanonicalQuery::new(pairs(&request.query)),
            headers: CanonicalHeaders::all(headers.with_host(&signed_host)),
            payload_hash,
        };
        let signing = presign(
            canonical_request,
            &CredentialScope::new(at, &endpoint.region, "s3"),
            expires,
            credentials.access_key_id(),
            credentials.session_token(),
            credentials.secret_access_key(),
            &self.inner.signing_keys,
        );
        Ok(SignedQuery {
            place,
            signing,
            headers,
            expires_at: SystemTime::from(at) + Duration::from_secs(expires.into()),
        })
    }
}

fn check_can_be_presigned(request: &Request) -> Result<(), Error> {
    if !request.body.is_empty() {
        return Err(Error::invalid(
            "body",
            "a URL contains no body",
            "leave the body empty: the holder of the URL sends it, and payload_hash can bind it",
        ));
    }
    #[cfg(feature = "checksums")]
    if request.computed.is_some() {
        return Err(Error::invalid(
            "checksum",
            "a URL contains no body to compute it of",
            "set that of the body that the holder sends, with the method checksum",
        ));
    }
    if request.payload_hash.is_some_and(PayloadHash::is_chunked) {
        return Err(Error::invalid(
            "payload hash",
            "the chunks of a body cannot be signed in advance",
            "leave payload_hash out, or set it to the hash of the body",
        ));
    }
    match &request.target {
        Target::Object { key, .. } if has_dot_segment(key) => Err(Error::invalid(
            "key",
            format!(
                "{key:?} has a \".\" or \"..\" segment, which browsers and most HTTP clients remove, so the URL would be of another object"
            ),
            "rename the object, or use sign and an HTTP client that does not rewrite URLs",
        )),
        _ => Ok(()),
    }
}

#[cold]
pub(crate) fn anonymous() -> Error {
    Error::invalid(
        "credentials",
        "missing, and a signature requires them",
        "build the client with credentials; the URL of a public object requires no signature",
    )
}

/// The seconds for which the signature is valid.
pub(crate) fn lifetime(
    credentials: &Credentials,
    at: AmzDate,
    expires: Duration,
    early: Early,
) -> Result<u32, Error> {
    let requested = u32::try_from(expires.as_secs()).unwrap_or(u32::MAX);
    if !(1..=MAX_EXPIRES).contains(&requested) {
        return Err(Error::invalid(
            "expires",
            format!(
                "expected 1 to 604800 s (7 days), got {} s",
                expires.as_secs()
            ),
            "use a time within this range",
        ));
    }
    check_expiry(credentials, at)?;
    let Some(expiry) = credentials.expires_at() else {
        return Ok(requested);
    };
    let left = expiry.duration_since(at.into()).unwrap_or_default();
    let left = u32::try_from(left.as_secs()).unwrap_or(u32::MAX);
    match early {
        _ if requested <= left => Ok(requested),
        Early::Shortened => Ok(left),
        Early::Refused => Err(Error::invalid(
            "expires",
            format!("the credentials expire in {left} s, before the {requested} s are over"),
            "use a shorter time, newer credentials, or the method ending in up_to, which shortens the time",
        )),
    }
}
