//! From a request to one that is signed: checked and encoded once. From here on the bytes do not change.

use http::{HeaderMap, HeaderName, HeaderValue};

use crate::client::Client;
use crate::client::credentials::Credentials;
use crate::client::endpoint::{Endpoint, RequestUrl};
use crate::error::Error;
use crate::request::Request;
use crate::sigv4::{
    AmzDate, Authorization, CanonicalHeaders, CanonicalQuery, CanonicalRequest, CredentialScope,
    PayloadHash, Signature, SigningKey, StringToSign, is_secret, wipe_secrets,
};

/// A request that is encoded and signed. What is sent is read from the very values that were signed.
pub(crate) struct Prepared {
    pub(crate) scheme: &'static str,
    pub(crate) host: String,
    /// All headers but `host`, `content-length` and `authorization`.
    headers: Headers,
    pub(crate) canonical_request: CanonicalRequest,
    pub(crate) string_to_sign: StringToSign,
    /// Absent for anonymous requests.
    pub(crate) proof: Option<Proof>,
}

/// Names and values; those that are secrets are wiped when dropped.
struct Headers(Vec<(String, String)>);

impl Drop for Headers {
    fn drop(&mut self) {
        wipe_secrets(&mut self.0);
    }
}

pub(crate) struct Proof {
    pub(crate) access_key_id: String,
    #[cfg_attr(not(feature = "reqwest"), allow(dead_code))]
    pub(crate) key: SigningKey,
    pub(crate) signature: Signature,
}

impl Client {
    /// Checks, encodes and signs: from here on the bytes do not change.
    pub(crate) fn prepare(
        &self,
        endpoint: &Endpoint,
        request: &Request,
        at: AmzDate,
        credentials: Option<&Credentials>,
        payload_hash: PayloadHash,
    ) -> Result<Prepared, Error> {
        request.check()?;
        let RequestUrl { scheme, host, path } =
            endpoint.locate(&request.target, self.inner.addressing)?;
        let mut wiped = Headers(Vec::with_capacity(request.headers.len() + 5));
        let headers = &mut wiped.0;
        for (name, value) in &request.headers {
            let name = name.to_ascii_lowercase();
            check_header(&name, value)?;
            if headers.iter().any(|(known, _)| *known == name) {
                let problem = "is there twice, of which stores make different things";
                return Err(Error::invalid(
                    &format!("header {name}"),
                    problem,
                    "join its values, or leave one out",
                ));
            }
            if scheme == "http" && name.ends_with("-customer-key") {
                return Err(Error::invalid(
                    "customer key",
                    "would go over http, where everybody on the way can read it",
                    "use an https endpoint",
                ));
            }
            headers.push((name, value.trim().to_owned()));
        }
        if let Some(credentials) = credentials {
            credentials.check()?;
            if credentials
                .expires_at()
                .is_some_and(|expiry| AmzDate::from(expiry) <= at)
            {
                let problem = "have expired";
                return Err(Error::invalid(
                    "credentials",
                    problem,
                    "get new ones, or build the client with a credentials_provider that renews them",
                ));
            }
            headers.push(("x-amz-date".to_owned(), at.to_string()));
            headers.push(("x-amz-content-sha256".to_owned(), payload_hash.to_string()));
            if payload_hash == PayloadHash::Streaming {
                announce_chunks(headers, request.body.len());
            }
            if let Some(token) = credentials.session_token() {
                headers.push(("x-amz-security-token".to_owned(), token.to_owned()));
            }
        }
        let query = CanonicalQuery::new(
            request
                .query
                .iter()
                .map(|(name, value)| (name.as_str(), value.as_str())),
        );
        let signed = std::iter::once(("host", host.as_str())).chain(
            headers
                .iter()
                .map(|(name, value)| (name.as_str(), value.as_str())),
        );
        let canonical_request = CanonicalRequest {
            method: request.method.to_string(),
            uri: path,
            query,
            headers: CanonicalHeaders::new(signed),
            payload_hash,
        };
        let scope = CredentialScope::new(at, &endpoint.region, "s3");
        let string_to_sign = StringToSign::new(&scope, &canonical_request);
        let proof = credentials.map(|credentials| {
            let key = self
                .inner
                .signing_keys
                .signing_key(credentials.secret_access_key(), &scope);
            let signature = key.sign(&string_to_sign);
            Proof {
                access_key_id: credentials.access_key_id().to_owned(),
                key,
                signature,
            }
        });
        Ok(Prepared {
            scheme,
            host,
            headers: wiped,
            canonical_request,
            string_to_sign,
            proof,
        })
    }
}

impl Prepared {
    pub(crate) fn url(&self) -> String {
        let CanonicalRequest { uri, query, .. } = &self.canonical_request;
        let query = query.to_string();
        let separator = if query.is_empty() { "" } else { "?" };
        format!("{}://{}{uri}{separator}{query}", self.scheme, self.host)
    }

    pub(crate) fn authorization<'a>(&'a self, proof: &'a Proof) -> Authorization<'a> {
        Authorization {
            access_key_id: &proof.access_key_id,
            scope: &self.string_to_sign.scope,
            signed_headers: self.canonical_request.headers.signed_headers(),
            signature: &proof.signature,
        }
    }

    /// All headers to send, but `host`, which the HTTP client writes from the URL, and `content-length`.
    pub(crate) fn header_map(&self) -> Result<HeaderMap, Error> {
        let mut map = HeaderMap::with_capacity(self.headers.0.len() + 2);
        let mut insert = |name: &str, value: &str| {
            let refused = || {
                Error::invalid(
                    &format!("header {name}"),
                    "cannot be written",
                    "use another name or value",
                )
            };
            let mut header = HeaderValue::from_str(value).map_err(|_| refused())?;
            header.set_sensitive(is_secret(name));
            map.insert(
                HeaderName::from_bytes(name.as_bytes()).map_err(|_| refused())?,
                header,
            );
            Ok(())
        };
        for (name, value) in &self.headers.0 {
            insert(name, value)?;
        }
        if let Some(proof) = &self.proof {
            insert("authorization", &self.authorization(proof).to_header())?;
        }
        Ok(map)
    }
}

/// Says that the body comes in signed chunks, and how long it is without them.
fn announce_chunks(headers: &mut Vec<(String, String)>, length: u64) {
    headers.push((
        "x-amz-decoded-content-length".to_owned(),
        length.to_string(),
    ));
    match headers
        .iter_mut()
        .find(|(name, _)| name == "content-encoding")
    {
        Some((_, encoding)) => encoding.insert_str(0, "aws-chunked,"),
        None => headers.push(("content-encoding".to_owned(), "aws-chunked".to_owned())),
    }
}

/// Refuses what would be signed and then changed or refused on its way.
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
            "is written by the client itself",
            "leave it out; payload_hash sets x-amz-content-sha256",
        ));
    }
    if HeaderName::from_bytes(name.as_bytes()).is_err() || name == "x-amz-meta-" {
        return Err(Error::invalid(
            &field(),
            "is no header name",
            "use letters, digits and hyphens",
        ));
    }
    if !value
        .bytes()
        .all(|byte| matches!(byte, b'\t' | b' '..=b'~'))
    {
        let problem =
            "has a value with a control or a non-ASCII character, which stores and proxies change";
        return Err(Error::invalid(
            &field(),
            problem,
            "encode the value, for example with percent-encoding or base64",
        ));
    }
    if name == "range" && is_empty_range(value) {
        return Err(Error::invalid(
            "range",
            format!("{value:?} holds no byte"),
            "use a range of at least one byte",
        ));
    }
    if value.trim().is_empty() {
        return Err(Error::invalid(
            &field(),
            "has an empty value, which some stores and proxies drop",
            "leave it out, or give it a value",
        ));
    }
    Ok(())
}

/// Whether a range ends before it begins: some stores answer it with the whole object.
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
