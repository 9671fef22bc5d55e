//! A request that is checked, encoded and signed, once: the bytes that are signed are the bytes that are sent.

use http::header::AUTHORIZATION;
use http::{HeaderMap, HeaderName, HeaderValue};

use crate::call::headers::{Headers, pairs};
use crate::client::Client;
use crate::client::credentials::Credentials;
use crate::client::endpoint::{Endpoint, RequestUrl};
use crate::error::Error;
use crate::redact::is_secret;
#[cfg(feature = "reqwest")]
use crate::request::Probe;
use crate::request::{Request, Target};
#[cfg(feature = "reqwest")]
use crate::sigv4::ChunkSigner;
use crate::sigv4::{
    AmzDate, CanonicalHeaders, CanonicalQuery, CanonicalRequest, CredentialScope, PayloadHash,
    Signing, SigningKey, sign,
};

/// An encoded and signed request. Everything that is sent is read from the values that were signed.
pub(crate) struct SignedRequest {
    pub(crate) scheme: &'static str,
    pub(crate) host: String,
    /// The path to send; `None` if it is the signed one.
    sent_path: Option<String>,
    /// All headers except `host`, `content-length` and `authorization`.
    pub(crate) headers: Headers,
    pub(crate) authentication: Authentication,
}

pub(crate) enum Authentication {
    Signed {
        signing: Signing,
        /// Signs the chunks of a streamed body; `None` for other bodies.
        chunk_key: Option<SigningKey>,
    },
    Anonymous(CanonicalRequest),
}

impl Client {
    /// Checks, encodes and signs a request.
    pub(crate) fn sign_request(
        &self,
        endpoint: &Endpoint,
        request: &Request,
        at: AmzDate,
        credentials: Option<&Credentials>,
        payload_hash: PayloadHash,
        checks_expiry: bool,
    ) -> Result<SignedRequest, Error> {
        request.check()?;
        check_chunks(request, payload_hash, credentials.is_none())?;
        let RequestUrl { scheme, host, path } =
            endpoint.locate(&request.target, self.inner.addressing)?;
        let mut headers = Headers::checked(&request.headers, scheme)?;
        #[cfg(feature = "checksums")]
        headers.add_checksum(request, payload_hash)?;
        if let Some(credentials) = credentials {
            credentials.check()?;
            if checks_expiry {
                check_expiry(credentials, at)?;
            }
            headers.add_amz_headers(at, payload_hash, request, credentials);
        }
        let (signed_host, uri, sent_path) = match self.signed_place(request)? {
            Some((host, signed_path)) => (Some(host), signed_path, Some(path)),
            None => (None, path, None),
        };
        let signed_host = signed_host.as_deref().unwrap_or(&host);
        let canonical_request = CanonicalRequest {
            method: request.method.to_string(),
            uri,
            query: CanonicalQuery::new(pairs(&request.query)),
            headers: CanonicalHeaders::new(headers.with_host(signed_host)),
            payload_hash,
        };
        let authentication = match credentials {
            Some(credentials) => {
                let scope = CredentialScope::new(at, &endpoint.region, "s3");
                self.sign(canonical_request, scope, credentials)
            }
            None => Authentication::Anonymous(canonical_request),
        };
        Ok(SignedRequest {
            scheme,
            host,
            sent_path,
            headers,
            authentication,
        })
    }

    /// The host and the path to sign, if they are not those that are sent.
    fn signed_place(&self, request: &Request) -> Result<Option<(String, String)>, Error> {
        #[cfg(feature = "reqwest")]
        if let Some(Probe::SignedFor { host, path }) = request.probe.as_deref() {
            return Ok(Some((host.clone(), path.clone())));
        }
        let signed = self.signed_url(&request.target)?;
        Ok(signed.map(|signed| (signed.host, signed.path)))
    }

    /// The URL of `target` as the store sees it, if a proxy changes it.
    pub(super) fn signed_url(&self, target: &Target) -> Result<Option<RequestUrl>, Error> {
        let endpoint = self.inner.signed_endpoint.as_ref();
        endpoint
            .map(|endpoint| endpoint.locate(target, self.inner.addressing))
            .transpose()
    }

    fn sign(
        &self,
        canonical_request: CanonicalRequest,
        scope: CredentialScope,
        credentials: &Credentials,
    ) -> Authentication {
        let (access_key_id, secret) =
            (credentials.access_key_id(), credentials.secret_access_key());
        let keys = &self.inner.signing_keys;
        let signs_chunks = canonical_request.payload_hash.signs_chunks();
        let signing = sign(canonical_request, scope, access_key_id, secret, keys);
        let scope = &signing.string_to_sign.scope;
        Authentication::Signed {
            chunk_key: signs_chunks.then(|| keys.signing_key(secret, scope)),
            signing,
        }
    }
}

impl SignedRequest {
    pub(crate) fn canonical_request(&self) -> &CanonicalRequest {
        match &self.authentication {
            Authentication::Signed { signing, .. } => &signing.canonical_request,
            Authentication::Anonymous(canonical_request) => canonical_request,
        }
    }

    pub(crate) fn url(&self) -> String {
        let query = self.canonical_request().query.to_string();
        let separator = if query.is_empty() { "" } else { "?" };
        [&self.place(), separator, &query].concat()
    }

    /// The URL without the query.
    pub(crate) fn place(&self) -> String {
        [self.scheme, "://", &self.host, self.path()].concat()
    }

    /// The path to send.
    pub(crate) fn path(&self) -> &str {
        let signed = &self.canonical_request().uri;
        self.sent_path.as_deref().unwrap_or(signed)
    }

    /// All headers to send, except `content-length` and `host`, which the HTTP client derives from the URL.
    pub(crate) fn header_map(&self) -> Result<HeaderMap, Error> {
        let mut map = HeaderMap::with_capacity(self.headers.len() + 3);
        for (name, value) in self.headers.iter() {
            insert(&mut map, name.clone(), value)?;
        }
        if let Authentication::Signed { signing, .. } = &self.authentication {
            let authorization = signing.authorization().to_header();
            insert(&mut map, AUTHORIZATION, &authorization)?;
        }
        Ok(map)
    }

    /// The signer of the body's chunks, if they are signed.
    #[cfg(feature = "reqwest")]
    pub(crate) fn chunk_signer(&self) -> Option<ChunkSigner> {
        match &self.authentication {
            Authentication::Signed { signing, chunk_key } => {
                let (key, signature) = (chunk_key.clone()?, signing.signature.clone());
                let scope = signing.string_to_sign.scope.clone();
                Some(ChunkSigner::new(key, scope, signature))
            }
            Authentication::Anonymous(_) => None,
        }
    }

    /// What was signed; `None` for an anonymous request.
    #[cfg(feature = "reqwest")]
    pub(crate) fn into_signing(self) -> Option<Signing> {
        match self.authentication {
            Authentication::Signed { signing, .. } => Some(signing),
            Authentication::Anonymous(_) => None,
        }
    }
}

fn insert(map: &mut HeaderMap, name: HeaderName, value: &str) -> Result<(), Error> {
    let mut header = HeaderValue::from_str(value).map_err(|_| {
        Error::invalid(
            &format!("header {name}"),
            "not a valid HTTP header",
            "use another value",
        )
    })?;
    header.set_sensitive(is_secret(name.as_str()));
    map.insert(name, header);
    Ok(())
}

/// Checks that chunks can be announced, and that the payload hash and the request agree about the trailer.
fn check_chunks(
    request: &Request,
    payload_hash: PayloadHash,
    is_anonymous: bool,
) -> Result<(), Error> {
    let has_trailer = request.trailer(payload_hash).is_some();
    let announces_trailer = payload_hash.has_trailer();
    let (problem, remedy) = if payload_hash.is_chunked() && is_anonymous {
        (
            "chunks are announced in signed headers, but the client is anonymous",
            "leave payload_hash and the checksum out: an anonymous body is sent unsigned",
        )
    } else if has_trailer == announces_trailer {
        return Ok(());
    } else if announces_trailer {
        (
            "announces a checksum after the body, but none is computed",
            "compute a checksum of a stream, or choose another payload hash",
        )
    } else {
        (
            "leaves no place for the checksum, which follows the body",
            "use StreamingTrailer or StreamingUnsignedTrailer, or leave payload_hash out",
        )
    };
    Err(Error::invalid("payload hash", problem, remedy))
}

/// Rejects credentials that have expired at `at`.
pub(super) fn check_expiry(credentials: &Credentials, at: AmzDate) -> Result<(), Error> {
    let has_expired = |expiry| AmzDate::from(expiry) <= at;
    if credentials.expires_at().is_some_and(has_expired) {
        return Err(Error::invalid(
            "credentials",
            "expired",
            "get new ones, or build the client with a credentials_provider that renews them",
        ));
    }
    Ok(())
}
