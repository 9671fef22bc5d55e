//! The Security Token Service: one signed or unsigned POST, and credentials in the response.
//!
//! <https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html>

use std::path::PathBuf;
use std::time::{Duration, SystemTime};

use http::{HeaderValue, Method};
use zeroize::Zeroizing;

use super::exchange::{failed, named, wait};
use crate::client::credentials::Credentials;
use crate::client::endpoint::{Addressing, Endpoint};
use crate::error::{Context, Error};
use crate::http::{Fetcher, HttpSettings, Roots};
use crate::redact::is_secret;
use crate::request::Target;
use crate::sigv4::{
    AmzDate, CanonicalHeaders, CanonicalQuery, CanonicalRequest, CredentialScope, KeyCache,
    PayloadHash, Slash, sign, uri_encode,
};
use crate::timestamp::parse_iso;
use crate::xml::Element;

const CONTENT_TYPE: &str = "application/x-www-form-urlencoded";
const ATTEMPTS: u32 = 3;

/// The clock skew from which a rejection is attributed to the clock. AWS and stores allow five minutes or more.
const MIN_SKEW: Duration = Duration::from_secs(240);

/// Where the service is, and how it is reached.
pub(super) struct Sts {
    endpoint: Endpoint,
    http: HttpSettings,
}

impl Sts {
    /// The service at `url`; the one of AWS in `region` without a URL.
    pub(super) fn new(url: Option<&str>, region: &str, http: &HttpSettings) -> Result<Sts, Error> {
        let endpoint = match url {
            Some(url) => Endpoint::parse(url)?,
            None => {
                // The same domain as S3 has in the region.
                let s3 = Endpoint::aws(region)?;
                let domain = s3.host().trim_start_matches("s3.");
                Endpoint::parse(&format!("https://sts.{domain}"))?
            }
        };
        Ok(Sts {
            endpoint: endpoint.with_region(region.to_owned()),
            http: http.for_exchanges(),
        })
    }

    /// Trusts these roots instead of the client's.
    pub(super) fn with_roots(mut self, roots: Option<Roots>) -> Sts {
        if let Some(roots) = roots {
            self.http.set_roots(roots);
        }
        self
    }

    /// Trusts the certificates in the file that a setting names, unless the program has chosen others.
    pub(super) fn with_ca_bundle(mut self, ca_bundle: Option<(String, PathBuf)>) -> Sts {
        if let Some((setting, path)) = ca_bundle {
            self.http.set_ca_bundle(&setting, path);
        }
        self
    }

    /// Calls an action that returns credentials. It is signed if there are credentials to sign with.
    pub(super) async fn call(
        &self,
        action: &'static str,
        parameters: &[(&str, &str)],
        signer: Option<&Credentials>,
    ) -> Result<Credentials, Error> {
        let fetcher = Fetcher::remote(&self.http, self.endpoint.is_https());
        let fetcher = fetcher.map_err(|error| named(error, action))?;
        let body = form(action, parameters);
        let mut server_time = None;
        let mut attempt = 1;
        loop {
            let at = server_time.unwrap_or_else(SystemTime::now);
            let request = self.request(&body, signer, at.into())?;
            let error = match exchange(&fetcher, request, action).await {
                Ok(credentials) => return Ok(credentials),
                Err(error) => named(error, action),
            };
            let skewed = rejected_by_clock(&error, at).filter(|_| signer.is_some());
            if let Some(date) = skewed.filter(|_| server_time.is_none()) {
                server_time = Some(date);
                continue;
            }
            if attempt >= ATTEMPTS || !is_transient(&error) {
                return Err(error);
            }
            wait(attempt).await;
            attempt += 1;
        }
    }

    fn request(
        &self,
        body: &str,
        signer: Option<&Credentials>,
        at: AmzDate,
    ) -> Result<http::Request<Vec<u8>>, Error> {
        let url = self.endpoint.locate(&Target::Service, Addressing::Path)?;
        let (date, host) = (at.to_string(), url.host.as_str());
        let payload_hash = PayloadHash::of(body.as_bytes());
        let hash = payload_hash.to_string();
        let mut headers = vec![("content-type", CONTENT_TYPE), ("host", host)];
        let mut authorization = None;
        if let Some(credentials) = signer {
            credentials.check()?;
            headers.push(("x-amz-content-sha256", &hash));
            headers.push(("x-amz-date", &date));
            if let Some(token) = credentials.session_token() {
                headers.push(("x-amz-security-token", token));
            }
            let request = CanonicalRequest {
                method: "POST".into(),
                uri: url.path.clone(),
                query: CanonicalQuery::new([]),
                headers: CanonicalHeaders::new(headers.iter().copied()),
                payload_hash,
            };
            let scope = CredentialScope::new(at, &self.endpoint.region, "sts");
            let (id, secret) = (credentials.access_key_id(), credentials.secret_access_key());
            let signing = sign(request, scope, id, secret, &KeyCache::default());
            authorization = Some(signing.authorization().to_header());
        }
        let authorization = authorization.as_deref();
        headers.extend(authorization.map(|value| ("authorization", value)));
        let mut request = http::Request::builder()
            .method(Method::POST)
            .uri(format!("{}://{host}{}", url.scheme, url.path));
        let unusable =
            |error: http::Error| failed("the request cannot be built", Some(error.into()));
        for (name, value) in headers {
            let mut value = HeaderValue::from_str(value).map_err(|error| unusable(error.into()))?;
            value.set_sensitive(is_secret(name));
            request = request.header(name, value);
        }
        request.body(body.as_bytes().to_vec()).map_err(unusable)
    }
}

/// The parameters as a form. It can contain a token.
fn form(action: &str, parameters: &[(&str, &str)]) -> Zeroizing<String> {
    let mut form = Zeroizing::new(format!("Action={action}&Version=2011-06-15"));
    for (name, value) in parameters {
        let value = Zeroizing::new(uri_encode(value, Slash::Encode));
        for piece in ["&", name, "=", value.as_str()] {
            form.push_str(piece);
        }
    }
    form
}

async fn exchange(
    fetcher: &Fetcher,
    request: http::Request<Vec<u8>>,
    action: &'static str,
) -> Result<Credentials, Error> {
    let context = Context {
        operation: action,
        ..Context::default()
    };
    let response = fetcher.fetch(request).await?;
    let response = response.error_for_status(&context, false)?;
    let body = response.into_body();
    let bytes = body.buffered().map_or(&[][..], |bytes| bytes);
    credentials(bytes, action).ok_or_else(|| {
        // Nothing of the response, which may hold keys.
        Error::malformed(
            format!("expected <{action}Response> with credentials"),
            None,
        )
    })
}

fn credentials(document: &[u8], action: &str) -> Option<Credentials> {
    let document = Element::parse(document).ok()?;
    let result = document.child(&format!("{action}Result")).ok()??;
    let credentials = result.child("Credentials").ok()??;
    let text = |name| credentials.text(name).ok().map(str::trim);
    let expires_at = parse_iso(text("Expiration")?)?;
    Some(
        Credentials::new(text("AccessKeyId")?, text("SecretAccessKey")?)
            .with_session_token(text("SessionToken")?)
            .with_expiry(expires_at),
    )
}

/// The server's time, if it differs so much that the signature was rejected for it.
fn rejected_by_clock(error: &Error, at: SystemTime) -> Option<SystemTime> {
    let service = error
        .service()
        .filter(|error| error.status.is_client_error())?;
    let date = service.date?;
    let skew = date
        .duration_since(at)
        .unwrap_or_else(|error| error.duration());
    (skew >= MIN_SKEW).then_some(date)
}

fn is_transient(error: &Error) -> bool {
    // The identity provider could not be reached.
    error.is_retryable() || error.code() == Some("IDPCommunicationError")
}

#[cfg(test)]
mod tests {
    use super::*;

    /// An HTTP client logs the other headers.
    #[test]
    fn headers_with_secrets_are_marked_as_sensitive() {
        let sts = Sts::new(None, "eu-west-1", &HttpSettings::default()).unwrap();
        let signer = Credentials::new("AK", "SK").with_session_token("hunter2");
        let at = AmzDate::parse("20260102T030405Z").unwrap();
        let request = sts.request("Action=X", Some(&signer), at).unwrap();
        let headers = request.headers();
        assert_eq!(headers["x-amz-security-token"], "hunter2");
        for (name, value) in headers {
            let is_secret = matches!(name.as_str(), "x-amz-security-token" | "authorization");
            assert_eq!(value.is_sensitive(), is_secret, "{name}");
        }
        assert!(!format!("{headers:?}").contains("hunter2"));
    }
}
