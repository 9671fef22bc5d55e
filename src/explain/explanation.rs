//! How one request is signed: every intermediate.

use std::time::Duration;

use super::chunks::ChunkedBody;
use super::headers::{SentHeader, explained};
use super::spans::{Span, spans};
use super::view::View;
use crate::call::presign::Presigned;
use crate::call::signed::{Authentication, SignedRequest};
use crate::client::credentials::Credentials;
use crate::sigv4::{
    CanonicalRequest, CredentialScope, Signature, Signing, SigningKey, StringToSign,
};

/// How a request is signed, step by step, from [`Call::explain`](crate::Call::explain),
/// [`Call::explain_presigned`](crate::Call::explain_presigned) or [`Call::explain_chunked`](crate::Call::explain_chunked).
///
/// `Display` prints numbered text to compare with AWS's signing page; [`to_json`](Explanation::to_json) and
/// [`to_html`](Explanation::to_html) contain the same. They mask the session token, customer keys and the signature;
/// [`unmasked`](Explanation::unmasked) shows them. The methods that return one value return it as it is.
///
/// ```
/// use slim_s3::{AmzDate, Client, Credentials};
///
/// let s3 = Client::builder()
///     .endpoint("http://127.0.0.1:9000")
///     .credentials(Credentials::new("AK", "SK"))
///     .build()?;
/// let at = AmzDate::parse("20260102T030405Z").unwrap();
/// let explanation = s3.put_object("bkt", "a b.txt", "hello").explain(at)?;
/// println!("{explanation}");
/// assert_eq!(explanation.canonical_request().uri, "/bkt/a%20b.txt");
/// assert_eq!(explanation.scope().unwrap().region, "us-east-1");
/// # Ok::<(), slim_s3::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct Explanation {
    kind: Kind,
    /// The URL without the query.
    place: String,
    headers: Vec<SentHeader>,
    authentication: SignedOrNot,
    chunks: Option<ChunkedBody>,
}

#[derive(Clone, Debug)]
enum SignedOrNot {
    Signed(Signing),
    Anonymous(CanonicalRequest),
}

/// Where the signature of a request is.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum Kind {
    /// In the `Authorization` header.
    Header,
    /// In the query of the URL, which is valid for this time.
    Presigned {
        /// A number of whole seconds.
        expires: Duration,
    },
    /// The request is sent without a signature.
    Anonymous,
}

impl Explanation {
    /// `length` is the `Content-Length`, if it is sent.
    pub(super) fn of_signed(request: SignedRequest, length: Option<u64>) -> Explanation {
        let place = request.place();
        let length = length.map(|length| length.to_string());
        let length = length
            .iter()
            .map(|length| ("content-length", length.as_str()));
        let own = request.headers.iter();
        let own = own.map(|(name, value)| (name.as_str(), value));
        let sent = std::iter::once(("host", request.host.as_str()));
        let sent = sent.chain(own).chain(length);
        let signed = match &request.authentication {
            Authentication::Signed { signing, .. } => Some(&signing.canonical_request.headers),
            Authentication::Anonymous(_) => None,
        };
        let headers = explained(sent, signed, false);
        let (kind, authentication) = match request.authentication {
            Authentication::Signed { signing, .. } => (Kind::Header, SignedOrNot::Signed(signing)),
            Authentication::Anonymous(request) => {
                (Kind::Anonymous, SignedOrNot::Anonymous(request))
            }
        };
        Explanation {
            kind,
            place,
            headers,
            authentication,
            chunks: None,
        }
    }

    pub(super) fn of_presigned(presigned: Presigned, expires: Duration) -> Explanation {
        let Presigned {
            place,
            headers,
            signing,
            ..
        } = presigned;
        let signed = &signing.canonical_request.headers;
        let (_, host) = place.split_once("://").unwrap_or_default();
        let (host, _) = host.split_once('/').unwrap_or((host, ""));
        let sent = headers.iter().map(|(name, value)| (name.as_str(), value));
        let sent = std::iter::once(("host", host)).chain(sent);
        let headers = explained(sent, Some(signed), true);
        Explanation {
            kind: Kind::Presigned { expires },
            place,
            headers,
            authentication: SignedOrNot::Signed(signing),
            chunks: None,
        }
    }

    pub(super) fn with_chunks(self, chunks: ChunkedBody) -> Explanation {
        Explanation {
            chunks: Some(chunks),
            ..self
        }
    }

    /// Where the signature is.
    pub fn kind(&self) -> Kind {
        self.kind
    }

    /// The headers that are sent, in order, each with the [rule](super::HeaderRule) by which it is signed or left out.
    /// `authorization` is not among them: it carries the signature. The HTTP client may add others, such as `accept`, which are
    /// not signed.
    pub fn headers(&self) -> &[SentHeader] {
        &self.headers
    }

    /// The canonical request: step 1. It has the canonical URI, query and headers, and the hashed payload.
    pub fn canonical_request(&self) -> &CanonicalRequest {
        match &self.authentication {
            SignedOrNot::Signed(signing) => &signing.canonical_request,
            SignedOrNot::Anonymous(canonical_request) => canonical_request,
        }
    }

    /// The canonical request, split by where in the request its bytes come from.
    pub fn spans(&self) -> Vec<Span> {
        spans(self.canonical_request())
    }

    /// All four steps; `None` for an anonymous request, and so are the values below.
    pub fn signing(&self) -> Option<&Signing> {
        match &self.authentication {
            SignedOrNot::Signed(signing) => Some(signing),
            SignedOrNot::Anonymous(_) => None,
        }
    }

    /// The credential scope, with the date.
    pub fn scope(&self) -> Option<&CredentialScope> {
        Some(&self.string_to_sign()?.scope)
    }

    /// The string to sign: step 2.
    pub fn string_to_sign(&self) -> Option<&StringToSign> {
        Some(&self.signing()?.string_to_sign)
    }

    /// The four keys of step 3, derived from the secret access key of `credentials`. The last one signs. They are secret.
    pub fn derive_keys(&self, credentials: &Credentials) -> Option<[SigningKey; 4]> {
        Some(credentials.derive_keys(self.scope()?))
    }

    /// The signature: step 4. Anyone who has it can send the request.
    pub fn signature(&self) -> Option<&Signature> {
        Some(&self.signing()?.signature)
    }

    /// The value of the `Authorization` header, with the signature; `None` if the signature is not in a header.
    pub fn authorization(&self) -> Option<String> {
        let signing = self.signing().filter(|_| self.kind == Kind::Header)?;
        Some(signing.authorization().to_header())
    }

    /// The URL that the request is sent to. That of a presigned request contains the signature.
    pub fn url(&self) -> String {
        match (self.kind, self.signing()) {
            (Kind::Presigned { .. }, Some(signing)) => {
                [&self.place, "?", &signing.presigned_query()].concat()
            }
            _ => {
                let query = self.canonical_request().query.to_string();
                let separator = if query.is_empty() { "" } else { "?" };
                [&self.place, separator, &query].concat()
            }
        }
    }

    /// The URL without the query.
    pub(super) fn place(&self) -> &str {
        &self.place
    }

    /// The chunks of the body, if they were [explained](crate::Call::explain_chunked).
    pub fn chunks(&self) -> Option<&ChunkedBody> {
        self.chunks.as_ref()
    }

    /// To print with everything masked, as `Display` does.
    pub fn masked(&self) -> View<'_, Explanation> {
        View::new(self)
    }

    /// To print with the signature, but without the session token and customer keys. Anyone who reads it can send this request
    /// if it has neither: for 15 minutes, or until the URL expires.
    pub fn with_signature(&self) -> View<'_, Explanation> {
        self.masked().with_signature()
    }

    /// To print with nothing masked. Anyone who reads it can send this request, for 15 minutes or until the URL expires, and
    /// has the session token and the customer keys.
    pub fn unmasked(&self) -> View<'_, Explanation> {
        self.masked().unmasked()
    }

    /// As JSON, on one line, with the names that [`View`] lists.
    pub fn to_json(&self) -> String {
        self.masked().to_json()
    }

    /// As one HTML page, which loads nothing.
    pub fn to_html(&self) -> String {
        self.masked().to_html()
    }
}

impl std::fmt::Display for Explanation {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.masked().fmt(f)
    }
}
