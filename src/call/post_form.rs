//! A signed upload form.

use std::fmt;
use std::time::SystemTime;

use zeroize::{Zeroize, ZeroizeOnDrop};

use crate::redact::is_secret;

/// A signed form that uploads one file: [`PostPolicy::presign`](crate::PostPolicy::presign).
///
/// Send a `POST` with a `multipart/form-data` body to [`url`](PostForm::url): [`fields`](PostForm::fields) in any order, and
/// then the file, named `file`. Stores ignore or reject fields after it.
///
/// `Debug` masks the signature, the session token and the policy, which contains the token. They are wiped from memory when
/// dropped.
///
/// <https://docs.aws.amazon.com/AmazonS3/latest/API/RESTObjectPOST.html>
#[derive(Clone)]
pub struct PostForm {
    url: String,
    fields: Vec<FormField>,
    expires_at: SystemTime,
}

#[derive(Clone)]
pub(crate) struct FormField {
    name: String,
    value: String,
    /// Whether the sender of the form completes the value.
    is_chosen: bool,
}

impl FormField {
    pub(crate) fn new(name: &str, value: &str, is_chosen: bool) -> FormField {
        FormField {
            name: name.to_owned(),
            value: value.to_owned(),
            is_chosen,
        }
    }

    fn is_secret(&self) -> bool {
        is_secret(&self.name) || self.name == "policy"
    }
}

impl PostForm {
    pub(crate) fn new(url: String, fields: Vec<FormField>, expires_at: SystemTime) -> PostForm {
        PostForm {
            url,
            fields,
            expires_at,
        }
    }

    /// Where to send the form. It contains no secrets.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Names and values of all fields except `file`. The sender may change the values of `key_starts_with` and
    /// `field_starts_with` as far as the policy allows, and must send the others as they are.
    ///
    /// ```
    /// # use std::time::Duration;
    /// # use slim_s3::{Client, Credentials};
    /// # let s3 = Client::builder()
    /// #     .endpoint("http://127.0.0.1:9000")
    /// #     .credentials(Credentials::new("AK", "SK"))
    /// #     .build()?;
    /// let form = s3.post_policy("photos").key("cat.jpg");
    /// let form = form.presign(s3.now(), Duration::from_secs(60))?;
    /// assert_eq!(form.fields().next(), Some(("key", "cat.jpg")));
    /// let names = form.fields().map(|(name, _)| name);
    /// assert!(names.eq([
    ///     "key",
    ///     "x-amz-algorithm",
    ///     "x-amz-credential",
    ///     "x-amz-date",
    ///     "policy",
    ///     "x-amz-signature",
    /// ]));
    /// # Ok::<(), slim_s3::Error>(())
    /// ```
    pub fn fields(&self) -> impl Iterator<Item = (&str, &str)> {
        self.fields
            .iter()
            .map(|field| (field.name.as_str(), field.value.as_str()))
    }

    /// When the store begins to reject the form, by its own clock: the end of the time that was asked for, or of the
    /// credentials.
    pub fn expires_at(&self) -> SystemTime {
        self.expires_at
    }

    /// A `<form>` in HTML, with a file input and a button. The fields of `field_starts_with` can be edited; the others are
    /// hidden. It contains the signature. All values are escaped, and the page may have any encoding: the form is ASCII, and is
    /// submitted in UTF-8.
    pub fn to_html(&self) -> String {
        let mut html = [
            "<form action=\"",
            &escaped(&self.url),
            "\" method=\"post\" enctype=\"multipart/form-data\" accept-charset=\"utf-8\">\n",
        ]
        .concat();
        for FormField {
            name,
            value,
            is_chosen,
        } in &self.fields
        {
            let name = escaped(name);
            let (before, kind, after) = match is_chosen {
                true => (["  <label>", &name, " "].concat(), "text", "</label>\n"),
                false => ("  ".to_owned(), "hidden", "\n"),
            };
            html += &[
                &before,
                "<input type=\"",
                kind,
                "\" name=\"",
                &name,
                "\" value=\"",
                &escaped(value),
                "\">",
                after,
            ]
            .concat();
        }
        html + "  <input type=\"file\" name=\"file\" required>\n  <button>Upload</button>\n</form>\n"
    }
}

/// Text for an attribute's value in double quotes.
pub(crate) fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&#39;"),
            character if character.is_ascii() => escaped.push(character),
            character => {
                escaped += &["&#", &u32::from(character).to_string(), ";"].concat();
            }
        }
    }
    escaped
}

impl fmt::Debug for PostForm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let shown = |field| match field {
            field if FormField::is_secret(field) => (&*field.name, "***"),
            field => (&*field.name, &*field.value),
        };
        let fields: Vec<(&str, &str)> = self.fields.iter().map(shown).collect();
        f.debug_struct("PostForm")
            .field("url", &self.url)
            .field("fields", &fields)
            .field("expires_at", &self.expires_at)
            .finish()
    }
}

impl Drop for PostForm {
    fn drop(&mut self) {
        for field in self.fields.iter_mut().filter(|field| field.is_secret()) {
            field.value.zeroize();
        }
    }
}

impl ZeroizeOnDrop for PostForm {}
