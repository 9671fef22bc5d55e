//! How an upload form is signed.

use std::fmt;
use std::time::{Duration, SystemTime};

use zeroize::{Zeroize, ZeroizeOnDrop};

use super::view::View;
use crate::call::post_form::PostForm;
use crate::call::post_policy::{PostPolicy, SignedPolicy};
use crate::call::presign::Early;
use crate::client::credentials::Credentials;
use crate::error::Error;
use crate::redact::is_secret;
use crate::sigv4::{
    AmzDate, CredentialScope, PolicyDocument, Signature, SigningKey, exact, length_range,
    starts_with,
};

/// How an upload form is signed, from [`PostPolicy::explain`].
///
/// A form has no canonical request. Its policy, in base64, is the string to sign. `Display`, [`to_json`](PolicyExplanation::to_json)
/// and [`to_html`](PolicyExplanation::to_html) mask the session token, the policy that contains it, and the signature.
///
/// ```
/// use std::time::Duration;
///
/// use slim_s3::{AmzDate, Client, Credentials};
///
/// let s3 = Client::builder()
///     .endpoint("http://127.0.0.1:9000")
///     .credentials(Credentials::new("AK", "SK"))
///     .build()?;
/// let at = AmzDate::parse("20260102T030405Z").unwrap();
/// let policy = s3.post_policy("photos").key_starts_with("uploads/");
/// let explanation = policy.explain(at, Duration::from_secs(3600))?;
/// let conditions = explanation.conditions();
/// assert_eq!(conditions[0].to_string(), r#"{"bucket": "photos"}"#);
/// assert_eq!(
///     conditions[1].to_string(),
///     r#"["starts-with", "$key", "uploads/"]"#
/// );
/// println!("{explanation}");
/// # Ok::<(), slim_s3::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct PolicyExplanation {
    form: PostForm,
    document: PolicyDocument,
    conditions: Vec<Condition>,
    scope: CredentialScope,
    signature: Signature,
}

/// A condition of a policy; `Display` prints it as in the document, with a session token masked.
#[derive(Clone)]
pub struct Condition {
    field: String,
    json: String,
    source: ConditionSource,
}

/// Who asks for a condition.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum ConditionSource {
    /// The bucket of the form.
    Bucket,
    /// A setter of [`PostPolicy`].
    Setter,
    /// The signature: its algorithm, credential, date and session token.
    Signature,
}

impl ConditionSource {
    /// The name in JSON: `bucket`, `setter` or `signature`.
    pub fn name(self) -> &'static str {
        match self {
            ConditionSource::Bucket => "bucket",
            ConditionSource::Setter => "setter",
            ConditionSource::Signature => "signature",
        }
    }
}

impl Condition {
    fn new(field: &str, json: String, source: ConditionSource) -> Condition {
        Condition {
            field: field.to_owned(),
            json,
            source,
        }
    }

    /// The field that it is about; `content-length-range` for the size of the file.
    pub fn field(&self) -> &str {
        &self.field
    }

    /// Who asks for it.
    pub fn source(&self) -> ConditionSource {
        self.source
    }

    /// The condition as the document has it. It may be [secret](Condition::is_secret).
    pub fn to_json(&self) -> String {
        self.json.clone()
    }

    /// Whether it contains the session token.
    pub fn is_secret(&self) -> bool {
        is_secret(&self.field)
    }
}

impl fmt::Display for Condition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.is_secret() {
            true => f.write_str(&exact(&self.field, "***")),
            false => f.write_str(&self.json),
        }
    }
}

impl fmt::Debug for Condition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Condition({self}, {:?})", self.source)
    }
}

/// Wipes the session token.
impl Drop for Condition {
    fn drop(&mut self) {
        if self.is_secret() {
            self.json.zeroize();
        }
    }
}

impl ZeroizeOnDrop for Condition {}

impl PostPolicy {
    /// Shows how the form is signed that [`presign`](PostPolicy::presign) would return. Nothing is sent.
    ///
    /// # Errors
    ///
    /// See [`presign`](PostPolicy::presign).
    ///
    /// <https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-authentication-HTTPPOST.html>
    pub fn explain(&self, at: AmzDate, expires: Duration) -> Result<PolicyExplanation, Error> {
        let credentials = self.client.inner.credentials.fixed();
        let signed = self.sign_document(credentials, at, expires, Early::Refused)?;
        let SignedPolicy {
            form,
            document,
            scope,
            signature,
        } = signed;
        let bucket = self.request.target.names().0.unwrap_or_default();
        let (of_bucket, of_setter) = (ConditionSource::Bucket, ConditionSource::Setter);
        let mut conditions = vec![Condition::new(
            "bucket",
            exact("bucket", &bucket),
            of_bucket,
        )];
        for field in &self.fields {
            let (name, value) = (&field.name, &field.value);
            let json = match &field.prefix {
                Some(prefix) => starts_with(name, prefix),
                None => exact(name, value),
            };
            conditions.push(Condition::new(name, json, of_setter));
        }
        if let Some(length) = &self.length {
            let json = length_range(*length.start(), *length.end());
            conditions.push(Condition::new("content-length-range", json, of_setter));
        }
        let of_signature = form.fields().skip(self.fields.len());
        for (name, value) in of_signature.take_while(|(name, _)| *name != "policy") {
            let json = exact(name, value);
            conditions.push(Condition::new(name, json, ConditionSource::Signature));
        }
        Ok(PolicyExplanation {
            form,
            document,
            conditions,
            scope,
            signature,
        })
    }
}

impl PolicyExplanation {
    /// The signed form.
    pub fn form(&self) -> &PostForm {
        &self.form
    }

    /// The policy: step 1. Its JSON contains the session token, if there is one.
    pub fn document(&self) -> &PolicyDocument {
        &self.document
    }

    /// The conditions of the policy, in order.
    pub fn conditions(&self) -> &[Condition] {
        &self.conditions
    }

    /// The string to sign: step 2, the policy in base64. It contains the session token, if there is one.
    pub fn string_to_sign(&self) -> String {
        self.document.to_base64()
    }

    /// The credential scope, with the date.
    pub fn scope(&self) -> &CredentialScope {
        &self.scope
    }

    /// The four keys of step 3, derived from the secret access key of `credentials`. The last one signs. They are secret.
    pub fn derive_keys(&self, credentials: &Credentials) -> [SigningKey; 4] {
        credentials.derive_keys(&self.scope)
    }

    /// The signature: step 4. Anyone who has it and the policy can send the form.
    pub fn signature(&self) -> &Signature {
        &self.signature
    }

    /// When the form expires.
    pub fn expires_at(&self) -> SystemTime {
        self.form.expires_at()
    }

    /// Whether the policy must not be printed, because it contains a session token.
    pub(super) fn has_secret(&self) -> bool {
        self.conditions.iter().any(Condition::is_secret)
    }

    /// To print with everything masked, as `Display` does.
    pub fn masked(&self) -> View<'_, PolicyExplanation> {
        View::new(self)
    }

    /// To print with the signature, but without the session token. Without a session token, anyone who reads it can send the
    /// form until it expires.
    pub fn with_signature(&self) -> View<'_, PolicyExplanation> {
        self.masked().with_signature()
    }

    /// To print with nothing masked. Anyone who reads it can send the form until it expires, and has the session token.
    pub fn unmasked(&self) -> View<'_, PolicyExplanation> {
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

impl fmt::Display for PolicyExplanation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.masked().fmt(f)
    }
}
