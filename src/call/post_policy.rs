//! Upload forms for browsers: a policy that says what may be uploaded, and the signed form.

use std::ops::RangeInclusive;
use std::time::{Duration, SystemTime};

use http::Method;

use crate::call::post_field::{Field, check_field, invalid_field};
use crate::call::post_form::{FormField, PostForm};
use crate::call::presign::{Early, anonymous, lifetime};
use crate::call::{OperationSpec, call_context, learned_endpoint};
use crate::client::Client;
use crate::client::credentials::Credentials;
use crate::error::{Effect, Error};
use crate::request::Request;
use crate::sigv4::{ALGORITHM, AmzDate, CredentialScope, PolicyDocument, Signature};

const SPEC: OperationSpec = OperationSpec::new("PostObject", Effect::Writes);

/// Which files a form may upload, and where to: [`Client::post_policy`].
///
/// Setters check nothing and cannot fail. An invalid value is reported when the form is signed.
#[must_use = "a policy does nothing until it is signed"]
#[derive(Debug)]
pub struct PostPolicy {
    pub(crate) client: Client,
    /// Carries the bucket, and the first invalid argument.
    pub(crate) request: Request,
    pub(crate) fields: Vec<Field>,
    pub(crate) length: Option<RangeInclusive<u64>>,
}

impl Client {
    /// Starts the policy of an upload form: a browser then uploads a file to the bucket without credentials, and without a
    /// detour through your server.
    ///
    /// A [presigned PUT](crate::Call::presign) allows one key and, if its hash is known, one body. A form can also allow all
    /// keys with a prefix and limit the size. R2 and B2 do not support forms.
    ///
    /// ```
    /// use std::time::Duration;
    ///
    /// # use slim_s3::{Client, Credentials};
    /// # let s3 = Client::builder()
    /// #     .endpoint("http://127.0.0.1:9000")
    /// #     .credentials(Credentials::new("AK", "SK"))
    /// #     .build()?;
    /// let form = s3
    ///     .post_policy("photos")
    ///     .key_starts_with("uploads/")
    ///     .content_type("image/jpeg")
    ///     .content_length_range(1..=10 << 20)
    ///     .presign(s3.now(), Duration::from_secs(3600))?;
    /// assert_eq!(form.url(), "http://127.0.0.1:9000/photos");
    /// let page = format!("<!doctype html><title>Upload</title>{}", form.to_html());
    /// # Ok::<(), slim_s3::Error>(())
    /// ```
    ///
    /// <https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-post-example.html>
    #[doc(alias = "generate_presigned_post")]
    pub fn post_policy(&self, bucket: &str) -> PostPolicy {
        PostPolicy {
            client: self.clone(),
            request: Request::bucket(Method::POST, bucket),
            fields: Vec::new(),
            length: None,
        }
    }
}

/// A signed form, and what its signature was computed from.
pub(crate) struct SignedPolicy {
    pub(crate) form: PostForm,
    pub(crate) document: PolicyDocument,
    pub(crate) scope: CredentialScope,
    pub(crate) signature: Signature,
}

impl PostPolicy {
    /// The object key. Either this or [`key_starts_with`](PostPolicy::key_starts_with) is required.
    pub fn key(self, key: &str) -> PostPolicy {
        self.field("key", key)
    }

    /// Allows all keys that start with `prefix`, and all keys if it is empty. The form's key is the prefix and
    /// `${filename}`, for which the store puts the name of the chosen file; versitygw does not.
    pub fn key_starts_with(mut self, prefix: &str) -> PostPolicy {
        self.push("key", [prefix, "${filename}"].concat(), Some(prefix));
        self
    }

    /// The media type, such as `image/jpeg`. The browser does not derive it from the file.
    pub fn content_type(self, media_type: &str) -> PostPolicy {
        self.field("Content-Type", media_type)
    }

    /// The smallest and the largest size of the file, in bytes. Without it, the file may have any size.
    pub fn content_length_range(mut self, bytes: RangeInclusive<u64>) -> PostPolicy {
        self.length = Some(bytes);
        self
    }

    /// Adds an entry to the object's metadata.
    pub fn metadata(self, name: &str, value: &str) -> PostPolicy {
        self.field(&["x-amz-meta-", name].concat(), value)
    }

    /// The status of a successful upload: 200, 201 with an XML document that names the object, or 204, which is the default.
    pub fn success_status(self, status: u16) -> PostPolicy {
        self.field("success_action_status", &status.to_string())
    }

    /// Where the browser goes after a successful upload. The store adds `bucket`, `key` and `etag` to the query.
    pub fn success_redirect(self, url: &str) -> PostPolicy {
        self.field("success_action_redirect", url)
    }

    /// Sets a field that has no setter, such as `acl` or `Cache-Control`. The form must contain it with this value.
    pub fn field(mut self, name: &str, value: &str) -> PostPolicy {
        self.push(name, value.to_owned(), None);
        self
    }

    /// Sets a field whose value the sender of the form chooses: it must start with `prefix`, and may be anything if the prefix is
    /// empty. The form begins with the prefix as the value. Stores treat `${filename}` differently outside of the key, so it is
    /// rejected.
    pub fn field_starts_with(mut self, name: &str, prefix: &str) -> PostPolicy {
        self.push(name, prefix.to_owned(), Some(prefix));
        self
    }

    fn push(&mut self, name: &str, value: String, prefix: Option<&str>) {
        self.fields.push(Field {
            name: name.to_owned(),
            value,
            prefix: prefix.map(str::to_owned),
        });
    }

    /// Signs the form. It is valid for `expires` after `at`, 1 second to 7 days. Nothing is sent.
    ///
    /// # Errors
    ///
    /// [`Error::Invalid`] if a field is invalid or the key is missing; if the credentials expire earlier than the form would
    /// ([`presign_up_to`](PostPolicy::presign_up_to) shortens it), or come from a provider
    /// (`presign_now` asks it); or if the client is anonymous.
    pub fn presign(&self, at: AmzDate, expires: Duration) -> Result<PostForm, Error> {
        let credentials = self.client.inner.credentials.fixed();
        self.sign(credentials, at, expires, Early::Refused)
    }

    /// Like [`presign`](PostPolicy::presign), but shortens the time if the credentials expire earlier.
    /// [`expires_at`](PostForm::expires_at) says when the form really expires.
    ///
    /// # Errors
    ///
    /// See [`presign`](PostPolicy::presign).
    pub fn presign_up_to(&self, at: AmzDate, expires: Duration) -> Result<PostForm, Error> {
        let credentials = self.client.inner.credentials.fixed();
        self.sign(credentials, at, expires, Early::Shortened)
    }

    pub(crate) fn sign(
        &self,
        credentials: Result<Option<Credentials>, Error>,
        at: AmzDate,
        expires: Duration,
        early: Early,
    ) -> Result<PostForm, Error> {
        self.sign_document(credentials, at, expires, early)
            .map(|signed| signed.form)
    }

    /// The same, with what was signed.
    pub(crate) fn sign_document(
        &self,
        credentials: Result<Option<Credentials>, Error>,
        at: AmzDate,
        expires: Duration,
        early: Early,
    ) -> Result<SignedPolicy, Error> {
        let signed =
            credentials.and_then(|credentials| self.form(credentials.as_ref(), at, expires, early));
        signed.map_err(|error| error.with_context(&call_context(&SPEC, &self.request, 0)))
    }

    fn form(
        &self,
        credentials: Option<&Credentials>,
        at: AmzDate,
        expires: Duration,
        early: Early,
    ) -> Result<SignedPolicy, Error> {
        self.request.check()?;
        let credentials = credentials.ok_or_else(anonymous)?;
        credentials.check()?;
        let expires = Duration::from_secs(lifetime(credentials, at, expires, early)?.into());
        let expires_at = SystemTime::from(at) + expires;

        let bucket = self.request.target.names().0.unwrap_or_default();
        let learned = learned_endpoint(&self.client, &SPEC, Some(&bucket));
        let endpoint = self.client.endpoint(learned.as_ref());
        let place = endpoint.locate(&self.request.target, self.client.inner.addressing)?;
        self.check_fields()?;
        for Field { value, prefix, .. } in self.fields.iter().filter(|field| field.name == "key") {
            let key = prefix.as_ref().map(|prefix| [prefix, "x"].concat());
            endpoint.check_named_key(key.as_ref().unwrap_or(value))?;
        }

        let scope = CredentialScope::new(at, &endpoint.region, "s3");
        let mut policy = PolicyDocument::new(expires_at.into());
        policy.exact("bucket", &bucket);
        let mut fields = Vec::with_capacity(self.fields.len() + 6);
        for Field {
            name,
            value,
            prefix,
        } in &self.fields
        {
            match prefix {
                Some(prefix) => policy.starts_with(name, prefix),
                None => policy.exact(name, value),
            }
            let is_chosen = prefix.is_some() && name != "key";
            fields.push(FormField::new(name, value, is_chosen));
        }
        if let Some(length) = &self.length {
            policy.content_length_range(*length.start(), *length.end());
        }
        let credential = [credentials.access_key_id(), "/", &scope.to_string()].concat();
        let date = at.to_string();
        let token = credentials.session_token();
        let signed_by = [
            ("x-amz-algorithm", Some(ALGORITHM)),
            ("x-amz-credential", Some(&credential)),
            ("x-amz-date", Some(&date)),
            ("x-amz-security-token", token),
        ];
        for (name, value) in signed_by {
            if let Some(value) = value {
                policy.exact(name, value);
                fields.push(FormField::new(name, value, false));
            }
        }
        let text = policy.to_base64();
        let keys = &self.client.inner.signing_keys;
        let key = keys.signing_key(credentials.secret_access_key(), &scope);
        fields.push(FormField::new("policy", &text, false));
        let signature = key.sign_policy(&text);
        fields.push(FormField::new(
            "x-amz-signature",
            &signature.to_hex(),
            false,
        ));
        let url = [place.scheme, "://", &place.host, &place.path].concat();
        Ok(SignedPolicy {
            form: PostForm::new(url, fields, expires_at),
            document: policy,
            scope,
            signature,
        })
    }

    fn check_fields(&self) -> Result<(), Error> {
        if !self.fields.iter().any(|field| field.name == "key") {
            return Err(Error::invalid(
                "key",
                "missing",
                "set key, or key_starts_with for a choice of keys",
            ));
        }
        for (index, field) in self.fields.iter().enumerate() {
            let mut earlier = self.fields.iter().take(index);
            if earlier.any(|other| other.name.eq_ignore_ascii_case(&field.name)) {
                return Err(invalid_field(field, "set twice", "set it once"));
            }
            check_field(field)?;
        }
        match &self.length {
            Some(length) if length.is_empty() => Err(Error::invalid(
                "content_length_range",
                format!("{} to {} bytes is empty", length.start(), length.end()),
                "set the smallest size first",
            )),
            _ => Ok(()),
        }
    }
}
