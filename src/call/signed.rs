//! A request that is checked, encoded and signed, once: the bytes that are signed are the bytes that are sent.

use http::{HeaderMap, HeaderName, HeaderValue};

use crate::client::Client;
use crate::client::credentials::Credentials;
use crate::client::endpoint::{Endpoint, RequestUrl};
use crate::error::Error;
use crate::redact::{is_secret, wipe_secrets};
use crate::request::Request;
#[cfg(feature = "reqwest")]
use crate::sigv4::ChunkSigner;
use crate::sigv4::{
    AmzDate, CanonicalHeaders, CanonicalQuery, CanonicalRequest, CredentialScope, PayloadHash,
    Signing, SigningKey, sign_with_key,
};

/// An encoded and signed request. Everything that is sent is read from the values that were signed.
pub(crate) struct SignedRequest {
    pub(crate) scheme: &'static str,
    pub(crate) host: String,
    /// All headers except `host`, `content-length` and `authorization`.
    headers: Headers,
    pub(crate) authentication: Authentication,
}

pub(crate) enum Authentication {
    Signed {
        signing: Signing,
        /// Signs the chunks of a streamed body.
        #[cfg_attr(not(feature = "reqwest"), allow(dead_code))]
        key: SigningKey,
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
    ) -> Result<SignedRequest, Error> {
        request.check()?;
        let RequestUrl { scheme, host, path } =
            endpoint.locate(&request.target, self.inner.addressing)?;
        let mut headers = Headers::checked(&request.headers, scheme)?;
        if let Some(credentials) = credentials {
            check_credentials(credentials, at)?;
            headers.add_amz_headers(at, payload_hash, request.body.len(), credentials);
        }
        let canonical_request = CanonicalRequest {
            method: request.method.to_string(),
            uri: path,
            query: CanonicalQuery::new(pairs(&request.query)),
            headers: CanonicalHeaders::new(headers.with_host(&host)),
            payload_hash,
        };
        let authentication = match credentials {
            Some(credentials) => {
                let scope = CredentialScope::new(at, &endpoint.region, "s3");
                self.sign(canonical_request, &scope, credentials)
            }
            None => Authentication::Anonymous(canonical_request),
        };
        Ok(SignedRequest {
            scheme,
            host,
            headers,
            authentication,
        })
    }

    /// [`sigv4::sign`](crate::sigv4::sign) with the cached signing key.
    fn sign(
        &self,
        canonical_request: CanonicalRequest,
        scope: &CredentialScope,
        credentials: &Credentials,
    ) -> Authentication {
        let secret = credentials.secret_access_key();
        let key = self.inner.signing_keys.signing_key(secret, scope);
        let access_key_id = credentials.access_key_id();
        Authentication::Signed {
            signing: sign_with_key(canonical_request, scope, access_key_id, &key),
            key,
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
        let CanonicalRequest { uri, query, .. } = self.canonical_request();
        let query = query.to_string();
        let separator = if query.is_empty() { "" } else { "?" };
        format!("{}://{}{uri}{separator}{query}", self.scheme, self.host)
    }

    /// All headers to send, except `content-length` and `host`, which the HTTP client derives from the URL.
    pub(crate) fn header_map(&self) -> Result<HeaderMap, Error> {
        let mut map = HeaderMap::with_capacity(self.headers.0.len() + 3);
        for (name, value) in pairs(&self.headers.0) {
            insert(&mut map, name, value)?;
        }
        if let Authentication::Signed { signing, .. } = &self.authentication {
            let authorization = signing.authorization().to_header();
            insert(&mut map, "authorization", &authorization)?;
        }
        Ok(map)
    }

    /// Signs the chunks of the body; `None` for an anonymous request.
    #[cfg(feature = "reqwest")]
    pub(crate) fn into_chunk_signer(self) -> Option<ChunkSigner> {
        match self.authentication {
            Authentication::Signed { signing, key } => {
                let scope = signing.string_to_sign.scope;
                Some(ChunkSigner::new(key, scope, signing.signature))
            }
            Authentication::Anonymous(_) => None,
        }
    }
}

fn insert(map: &mut HeaderMap, name: &str, value: &str) -> Result<(), Error> {
    let invalid = || {
        Error::invalid(
            &format!("header {name}"),
            "not a valid HTTP header",
            "use another name or value",
        )
    };
    let mut header = HeaderValue::from_str(value).map_err(|_| invalid())?;
    header.set_sensitive(is_secret(name));
    map.insert(
        HeaderName::from_bytes(name.as_bytes()).map_err(|_| invalid())?,
        header,
    );
    Ok(())
}

fn pairs(pairs: &[(String, String)]) -> impl Iterator<Item = (&str, &str)> {
    pairs
        .iter()
        .map(|(name, value)| (name.as_str(), value.as_str()))
}

/// Names in lower case, and values. Secret values are wiped when dropped.
struct Headers(Vec<(String, String)>);

impl Drop for Headers {
    fn drop(&mut self) {
        wipe_secrets(&mut self.0);
    }
}

impl Headers {
    /// Checks the caller's headers and brings their names into lower case.
    fn checked(raw: &[(String, String)], scheme: &str) -> Result<Headers, Error> {
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
    fn add_amz_headers(
        &mut self,
        at: AmzDate,
        payload_hash: PayloadHash,
        body_length: u64,
        credentials: &Credentials,
    ) {
        self.push("x-amz-date", at.to_string());
        self.push("x-amz-content-sha256", payload_hash.to_string());
        if payload_hash == PayloadHash::Streaming {
            self.announce_chunks(body_length);
        }
        if let Some(token) = credentials.session_token() {
            self.push("x-amz-security-token", token.to_owned());
        }
    }

    /// Declares that the body is sent in signed chunks, and its length without them.
    fn announce_chunks(&mut self, body_length: u64) {
        self.push("x-amz-decoded-content-length", body_length.to_string());
        let mut known = self.0.iter_mut();
        match known.find(|(name, _)| name == "content-encoding") {
            Some((_, encoding)) => encoding.insert_str(0, "aws-chunked,"),
            None => self.push("content-encoding", "aws-chunked".to_owned()),
        }
    }

    fn push(&mut self, name: &str, value: String) {
        self.0.push((name.to_owned(), value));
    }

    /// These headers and `host`, as they are sent.
    fn with_host<'a>(&'a self, host: &'a str) -> impl Iterator<Item = (&'a str, &'a str)> {
        std::iter::once(("host", host)).chain(pairs(&self.0))
    }
}

/// Rejects credentials that the server would reject.
fn check_credentials(credentials: &Credentials, at: AmzDate) -> Result<(), Error> {
    credentials.check()?;
    let has_expired = |expiry| AmzDate::from(expiry) <= at;
    if credentials.expires_at().is_some_and(has_expired) {
        return Err(Error::invalid(
            "credentials",
            "they have expired",
            "get new ones, or build the client with a credentials_provider that renews them",
        ));
    }
    Ok(())
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
            "the client sets this header itself",
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
    if !value
        .bytes()
        .all(|byte| matches!(byte, b'\t' | b' '..=b'~'))
    {
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

/// Whether a range ends before it starts. Some stores return the whole object for it.
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
