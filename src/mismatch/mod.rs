//! A rejected signature, explained: what was signed beside what the store has signed, and the likely cause.
//!
//! S3 and several stores quote, in the response to a signature that does not match, the canonical request and the string to
//! sign that they have computed. [`Error::signature_mismatch`] compares them with those of the client, and also explains the
//! other errors about signatures: the clock, the region, the keys, the hash of the body. Where a store quotes nothing,
//! `Client::diagnose` finds out more by further requests.
//!
//! <https://docs.aws.amazon.com/AmazonS3/latest/developerguide/RESTAuthentication.html#RequestAuthenticationDebugging>

// Uses `sigv4`, `redact`, `error`, `xml` and `timestamp`. `echo.rs` reads what a store quotes, `difference.rs` compares,
// `find.rs` decides about the cause, `cause.rs` has the words. Start with `Error::signature_mismatch`.

mod cause;
mod difference;
mod display;
mod documents;
mod echo;
mod find;
mod path;

use std::fmt;

pub use self::cause::{Cause, PathChange};
pub use self::difference::{Difference, Document};
pub use self::echo::ServerEcho;
#[cfg(feature = "reqwest")]
pub(crate) use self::path::{change as path_change, decode as decode_path, normalized};
use crate::error::{Error, Evidence, ServiceError};
use crate::sigv4::Signing;

/// Why a store rejected a signature: [`Error::signature_mismatch`].
///
/// `Display` prints the cause, the remedy, and both documents line by line, with secrets masked. [`signing`](Self::signing) and
/// [`echo`](Self::echo) return them with nothing masked.
pub struct SignatureMismatch {
    signing: Signing,
    echo: Option<ServerEcho>,
    difference: Option<Difference>,
    cause: Cause,
}

impl Error {
    /// Explains the rejection of a signature; `None` for any other error, and for a request that was not signed.
    ///
    /// It explains `SignatureDoesNotMatch`, `AuthorizationHeaderMalformed`, `RequestTimeTooSkewed`,
    /// `XAmzContentSHA256Mismatch`, `InvalidAccessKeyId`, `InvalidToken` and `ExpiredToken`, what some stores send in their
    /// place, and `AccessDenied` and `InvalidRequest` if they are about the signature. The response is examined here, and not
    /// when the error occurs; a body of more than 64 KiB is not kept.
    ///
    /// ```no_run
    /// # async fn example(s3: slim_s3::Client) -> Result<(), slim_s3::Error> {
    /// if let Err(error) = s3.get_object("photos", "cat.jpg").send().await {
    ///     match error.signature_mismatch() {
    ///         Some(mismatch) => eprintln!("{error}\n{mismatch}"),
    ///         None => eprintln!("{error}"),
    ///     }
    /// }
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// <https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html>
    pub fn signature_mismatch(&self) -> Option<SignatureMismatch> {
        let service = self.service()?;
        let evidence = service.evidence.as_deref()?;
        explain(service, evidence, evidence.signing.as_ref()?)
    }

    /// Like [`signature_mismatch`](Error::signature_mismatch), for a request that another HTTP client has sent: `signing` is what
    /// was signed, and the error comes from [`Operation::parse_http`](crate::Operation::parse_http).
    ///
    /// ```
    /// use slim_s3::mismatch::Cause;
    /// use slim_s3::operation::GetObject;
    /// use slim_s3::{Client, Credentials, Operation};
    ///
    /// let s3 = Client::builder()
    ///     .endpoint("http://127.0.0.1:9000")
    ///     .credentials(Credentials::new("AK", "SK"))
    ///     .build()?;
    /// let call = s3.get_object("photos", "cat.jpg");
    /// let explanation = call.explain(s3.now())?;
    ///
    /// // Send `call.sign(…)` with any HTTP client. The store responds:
    /// let body = "<Error><Code>InvalidAccessKeyId</Code></Error>";
    /// let response = http::Response::builder().status(403).body(body.into()).unwrap();
    /// let error = GetObject::parse_http(call.request(), response).unwrap_err();
    ///
    /// let signing = explanation.signing().unwrap();
    /// let mismatch = error.signature_mismatch_of(signing).unwrap();
    /// assert_eq!(*mismatch.cause(), Cause::UnknownAccessKey);
    /// # Ok::<(), slim_s3::Error>(())
    /// ```
    pub fn signature_mismatch_of(&self, signing: &Signing) -> Option<SignatureMismatch> {
        let service = self.service()?;
        explain(service, service.evidence.as_deref()?, signing)
    }
}

fn explain(
    service: &ServiceError,
    evidence: &Evidence,
    signing: &Signing,
) -> Option<SignatureMismatch> {
    let document = echo::document(&evidence.body);
    let echo = document.as_ref().and_then(ServerEcho::read);
    let cause = find::cause(service, document.as_ref(), echo.as_ref(), signing)?;
    Some(SignatureMismatch {
        difference: echo
            .as_ref()
            .and_then(|echo| Difference::first(signing, echo)),
        signing: signing.clone(),
        echo,
        cause,
    })
}

/// The path that the store has received, as quoted in an error response.
#[cfg(feature = "reqwest")]
pub(crate) fn resource(service: &ServiceError) -> Option<String> {
    let document = echo::document(&service.evidence.as_ref()?.body)?;
    echo::element(&document, "Resource").map(str::to_owned)
}

impl SignatureMismatch {
    /// The cause. It is certain; where it is not, it is [`Cause::Unknown`].
    pub fn cause(&self) -> &Cause {
        &self.cause
    }

    /// What was signed. It contains the session token and the signature: do not print it.
    pub fn signing(&self) -> &Signing {
        &self.signing
    }

    /// What the store has signed, if the response quotes it.
    pub fn echo(&self) -> Option<&ServerEcho> {
        self.echo.as_ref()
    }

    /// The first line in which the documents differ; `None` if the store quotes nothing, or nothing differs.
    pub fn difference(&self) -> Option<&Difference> {
        self.difference.as_ref()
    }
}

/// The cause. `Display` prints more.
impl fmt::Debug for SignatureMismatch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SignatureMismatch")
            .field("cause", &self.cause)
            .field("difference", &self.difference)
            .finish_non_exhaustive()
    }
}
