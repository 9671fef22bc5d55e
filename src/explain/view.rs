//! What is shown of an explanation.

use zeroize::Zeroizing;

use super::{Condition, Explanation, Kind, PolicyExplanation, Span};
use crate::client::credentials::Credentials;
use crate::redact::{is_secret, mask};
use crate::sigv4::{Signature, SigningKey};

/// An explanation that is printed with some of what is otherwise masked.
///
/// `Display` prints numbered text. `to_json` and `to_html` contain the same.
///
/// ```
/// use slim_s3::{AmzDate, Client, Credentials};
///
/// let keys = Credentials::new("AK", "SK");
/// let s3 = Client::builder()
///     .endpoint("http://127.0.0.1:9000")
///     .credentials(keys.clone())
///     .build()?;
/// let at = AmzDate::parse("20260102T030405Z").unwrap();
/// let explanation = s3.get_object("photos", "cat.jpg").explain(at)?;
/// let signature = explanation.signature().unwrap().to_hex();
/// assert!(!explanation.to_string().contains(&signature));
/// let shown = explanation.with_signature();
/// assert!(shown.to_string().contains(&signature));
/// // With the four keys that are derived from the secret access key, too:
/// println!("{}", shown.with_keys(&keys));
/// # Ok::<(), slim_s3::Error>(())
/// ```
///
/// # JSON
///
/// `to_json` returns one object on one line. A value that a request does not have is `null`. New names may be added.
///
/// | name | value |
/// |---|---|
/// | `kind` | `header`, `presigned`, `anonymous`; `post_policy` for a form, which has only the names of the second table |
/// | `method`, `url` | as sent; the URL of a presigned request ends with the signature |
/// | `headers` | a list of what is sent: `name`, `value`, `signed`, `rule` ([names](super::HeaderRule::name)) and `reason`, the rule as a sentence |
/// | `canonical_uri`, `canonical_query`, `signed_headers`, `payload_hash` | lines of the canonical request |
/// | `canonical_request`, `canonical_request_sha256` | step 1, and its hash |
/// | `spans` | the canonical request in parts: `start` and `end` in bytes, `line`, `origin` ([names](super::Origin::name)), `name` and `text` |
/// | `access_key_id`, `date`, `region`, `service`, `credential_scope` | who signs, and for when and where |
/// | `string_to_sign` | step 2 |
/// | `keys` | step 3: `date_key`, `region_key`, `service_key` and `signing_key`; `null` without [`with_keys`](View::with_keys) |
/// | `signature` | step 4 |
/// | `authorization` | the value of the header |
/// | `expires` | the seconds for which a presigned URL is valid |
/// | `chunks` | `length` of the body; `chunks`, each with `offset`, `length`, `sha256`, `string_to_sign` and `signature`; `trailer` with `canonical`, `sha256`, `string_to_sign` and `signature` |
/// | `masked` | whether secrets are masked; `start`, `end` and hashes are always those of the unmasked text |
///
/// | name of a form | value |
/// |---|---|
/// | `kind`, `url` | `post_policy`; where the form is sent |
/// | `conditions` | a list: `field`, `condition` and `source` ([names](super::ConditionSource::name)) |
/// | `policy`, `string_to_sign` | the document, and the same in base64 |
/// | `fields` | a list of what is sent before the file: `name` and `value` |
/// | `access_key_id`, `date`, `region`, `service`, `credential_scope`, `keys`, `signature`, `masked` | as above |
#[derive(Clone, Debug)]
pub struct View<'a, T> {
    pub(super) of: &'a T,
    shows_signature: bool,
    shows_secrets: bool,
    pub(super) keys: Option<[SigningKey; 4]>,
}

/// The four keys of step 3.
pub(super) const KEYS: [&str; 4] = ["date key", "region key", "service key", "signing key"];

impl<'a, T> View<'a, T> {
    /// Everything is masked.
    pub(super) fn new(of: &'a T) -> View<'a, T> {
        View {
            of,
            shows_signature: false,
            shows_secrets: false,
            keys: None,
        }
    }

    pub(super) fn with_signature(self) -> View<'a, T> {
        View {
            shows_signature: true,
            ..self
        }
    }

    pub(super) fn unmasked(self) -> View<'a, T> {
        View {
            shows_signature: true,
            shows_secrets: true,
            ..self
        }
    }

    pub(super) fn is_masked(&self) -> bool {
        !self.shows_secrets
    }

    pub(super) fn shows_signature(&self) -> bool {
        self.shows_signature
    }

    /// The signature, as it is shown.
    pub(super) fn signature(&self, signature: &Signature) -> String {
        self.shown(&signature.to_hex(), !self.shows_signature)
    }

    /// A value that may be secret, as it is shown.
    pub(super) fn value(&self, value: &str, is_secret: bool) -> String {
        self.shown(value, is_secret && !self.shows_secrets)
    }

    fn shown(&self, value: &str, is_masked: bool) -> String {
        match is_masked {
            true => mask(value),
            false => value.to_owned(),
        }
    }

    /// Pairs of a name and a key in hex, if the keys are shown.
    pub(super) fn shown_keys(&self) -> impl Iterator<Item = (&'static str, String)> {
        let keys = self.keys.iter().flatten();
        KEYS.into_iter().zip(keys.map(SigningKey::to_hex))
    }
}

impl View<'_, Explanation> {
    /// With the four keys that are derived from the secret access key of `credentials`, which must be those of the request.
    /// Anyone who has the last one can sign requests for a day.
    pub fn with_keys(self, credentials: &Credentials) -> Self {
        View {
            keys: self.of.derive_keys(credentials),
            ..self
        }
    }

    /// The canonical request, as it is shown, in the parts of [`Explanation::spans`].
    pub(super) fn canonical_request(&self) -> Vec<(Span, String)> {
        let document = Zeroizing::new(self.of.canonical_request().to_string());
        let shown = |span: Span| {
            let text = document.get(span.range.clone()).unwrap_or_default();
            let text = self.value(text, span.is_secret());
            (span, text)
        };
        self.of.spans().into_iter().map(shown).collect()
    }

    /// The value of the `Authorization` header, as it is shown.
    pub(super) fn authorization(&self) -> Option<String> {
        let signing = self.of.signing()?;
        self.of.authorization()?;
        let signature = self.signature(&signing.signature);
        Some(signing.authorization().with_signature(&signature))
    }

    /// The query that is sent: pairs of a name and a value, as they are shown, and whether the signature covers them.
    pub(super) fn query(&self) -> Vec<(String, String, bool)> {
        let request = self.of.canonical_request();
        let shown = |(name, value): (&str, &str)| {
            let value = self.value(value, is_secret(name));
            (name.to_owned(), value, true)
        };
        let mut query: Vec<_> = request.query.iter().map(shown).collect();
        if let (Kind::Presigned { .. }, Some(signature)) = (self.of.kind(), self.of.signature()) {
            let signature = self.signature(signature);
            query.push(("X-Amz-Signature".to_owned(), signature, false));
        }
        query
    }

    /// The URL, as it is shown.
    pub(super) fn url(&self) -> String {
        let mut url = self.of.place().to_owned();
        let mut separator = "?";
        for (name, value, _) in self.query() {
            url.extend([separator, &name, "=", &value]);
            separator = "&";
        }
        url
    }
}

impl View<'_, PolicyExplanation> {
    /// With the four keys that are derived from the secret access key of `credentials`, which must be those of the form.
    /// Anyone who has the last one can sign requests for a day.
    pub fn with_keys(self, credentials: &Credentials) -> Self {
        View {
            keys: Some(self.of.derive_keys(credentials)),
            ..self
        }
    }

    /// A condition, as it is shown.
    pub(super) fn condition(&self, condition: &Condition) -> String {
        match self.is_masked() {
            true => condition.to_string(),
            false => condition.to_json(),
        }
    }

    /// The policy, as it is shown.
    pub(super) fn policy(&self) -> String {
        let conditions = self.of.conditions().iter();
        let conditions: Vec<String> = conditions.map(|one| self.condition(one)).collect();
        let expiration = self.of.document().expiration();
        let conditions = conditions.join(", ");
        format!("{{\"expiration\": \"{expiration}\", \"conditions\": [{conditions}]}}")
    }

    /// The fields of the form, as they are shown.
    pub(super) fn fields(&self) -> Vec<(String, String)> {
        let shown = |(name, value): (&str, &str)| {
            let value = match name {
                "x-amz-signature" => self.signature(self.of.signature()),
                "policy" => self.value(value, self.of.has_secret()),
                _ => self.value(value, is_secret(name)),
            };
            (name.to_owned(), value)
        };
        self.of.form().fields().map(shown).collect()
    }
}
