//! The result of presigning: what its holder sends, and until when.

use std::fmt;
use std::time::SystemTime;

use zeroize::{ZeroizeOnDrop, Zeroizing};

use crate::call::headers::Headers;
use crate::redact::{is_secret, wipe_secrets};
use crate::sigv4::Signing;

/// A request that anyone can send until it expires: [`Call::presign`](crate::Call::presign).
///
/// The holder sends [`method`](PresignedRequest::method) to [`url`](PresignedRequest::url) with at least
/// [`headers`](PresignedRequest::headers), and the body of an upload with its `Content-Length`. The store rejects every
/// other method, key and query, and other values of these headers.
///
/// `Debug` and `Display` mask the signature, the session token and a customer key. All are wiped from memory when dropped.
///
/// ```
/// # use std::time::Duration;
/// # use slim_s3::{Client, Credentials};
/// # let s3 = Client::builder()
/// #     .endpoint("http://127.0.0.1:9000")
/// #     .credentials(Credentials::new("AK", "SK"))
/// #     .build()?;
/// let get = s3.get_object("photos", "cat.jpg");
/// let link = get.presign(s3.now(), Duration::from_secs(60))?;
/// assert_eq!(link.method(), "GET");
/// assert!(link.to_string().starts_with("GET http://127.0.0.1:9000/photos/cat.jpg?"));
/// assert!(link.to_string().ends_with("&X-Amz-Signature=***"));
/// println!("{}", link.to_curl());
/// # Ok::<(), slim_s3::Error>(())
/// ```
#[derive(Clone)]
pub struct PresignedRequest {
    method: String,
    url: Zeroizing<String>,
    /// Without `host`, which the HTTP client sends.
    headers: Vec<(String, String)>,
    expires_at: SystemTime,
}

impl PresignedRequest {
    /// `place` is the URL without the query, and `sent` all headers but `host`.
    pub(crate) fn new(
        place: &str,
        signing: Signing,
        sent: &Headers,
        expires_at: SystemTime,
    ) -> Self {
        let request = &signing.canonical_request;
        let query = Zeroizing::new(signing.presigned_query());
        // In order. The canonical values have single spaces, but the store keeps what is sent.
        let names = request.headers.iter().map(|(name, _)| name);
        let headers = names.filter_map(|name| sent.iter().find(|(known, _)| *known == name));
        PresignedRequest {
            method: request.method.clone(),
            url: Zeroizing::new([place, "?", &query].concat()),
            headers: headers
                .map(|(name, value)| (name.as_str().to_owned(), value.to_owned()))
                .collect(),
            expires_at,
        }
    }

    /// The HTTP method, such as `GET`.
    pub fn method(&self) -> &str {
        &self.method
    }

    /// The URL with the signature: whoever has it can send the request. It is percent-encoded; do not encode it again.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// The headers that the holder must send with these values, names in lower case. `host` is not among them: the HTTP
    /// client sends it. The key of SSE-C is, so that the holder learns it.
    pub fn headers(&self) -> impl Iterator<Item = (&str, &str)> {
        self.headers
            .iter()
            .map(|(name, value)| (name.as_str(), value.as_str()))
    }

    /// When the store begins to reject the request, by its own clock: the end of the time that was asked for, or of the
    /// credentials. The expiry of temporary credentials is known if
    /// [`with_expiry`](crate::Credentials::with_expiry) was called. Revoked keys end all their URLs at once.
    pub fn expires_at(&self) -> SystemTime {
        self.expires_at
    }

    /// A `curl` line for a POSIX shell, with all headers. It contains the signature. `curl` fails if the response is an
    /// error, and prints it.
    ///
    /// A PUT or POST reads the body from standard input, into memory: add `< cat.jpg`, or `< /dev/null` for an empty one.
    ///
    /// ```
    /// # use std::time::Duration;
    /// # use slim_s3::{Client, Credentials};
    /// # let s3 = Client::builder()
    /// #     .endpoint("http://127.0.0.1:9000")
    /// #     .credentials(Credentials::new("AK", "SK"))
    /// #     .build()?;
    /// let delete = s3.delete_object("photos", "cat.jpg");
    /// let line = delete.presign(s3.now(), Duration::from_secs(60))?.to_curl();
    /// let start = "curl --fail-with-body --globoff --request DELETE 'http://";
    /// assert!(line.starts_with(start));
    /// # Ok::<(), slim_s3::Error>(())
    /// ```
    pub fn to_curl(&self) -> String {
        let mut line = "curl --fail-with-body --globoff".to_owned();
        let mut add = |argument: &str, value: &str| {
            line.push(' ');
            line.push_str(argument);
            line.push_str(value);
        };
        match self.method.as_str() {
            "GET" => {}
            "HEAD" => add("--head", ""),
            method => add("--request ", method),
        }
        let mut has_content_type = false;
        for (name, value) in self.headers() {
            has_content_type |= name == "content-type";
            add("--header ", &quoted(&[name, ": ", value].concat()));
        }
        if matches!(self.method.as_str(), "PUT" | "POST") {
            // Otherwise curl would send that of a form, and the store would keep it.
            if !has_content_type {
                add("--header ", "'content-type:'");
            }
            add("--data-binary ", "@-");
        }
        add("", &quoted(&self.url));
        line
    }

    fn masked_url(&self) -> String {
        let (place, query) = self.url.split_once('?').unwrap_or_default();
        let mut masked = place.to_owned();
        let mut separator = '?';
        for parameter in query.split('&') {
            let (name, value) = parameter.split_once('=').unwrap_or_default();
            masked.push(separator);
            masked.push_str(name);
            masked.push('=');
            masked.push_str(if is_secret(name) { "***" } else { value });
            separator = '&';
        }
        masked
    }
}

/// One word of a POSIX shell. Within single quotes, only the single quote itself is special.
pub(crate) fn quoted(word: &str) -> String {
    ["'", &word.replace('\'', "'\\''"), "'"].concat()
}

/// The method and the URL, with secrets masked.
impl fmt::Display for PresignedRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.method)?;
        f.write_str(" ")?;
        f.write_str(&self.masked_url())
    }
}

impl fmt::Debug for PresignedRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let shown = |(name, value)| (name, if is_secret(name) { "***" } else { value });
        let headers: Vec<(&str, &str)> = self.headers().map(shown).collect();
        f.debug_struct("PresignedRequest")
            .field("method", &self.method)
            .field("url", &self.masked_url())
            .field("headers", &headers)
            .field("expires_at", &self.expires_at)
            .finish()
    }
}

/// Wipes a customer key.
impl Drop for PresignedRequest {
    fn drop(&mut self) {
        wipe_secrets(&mut self.headers);
    }
}

impl ZeroizeOnDrop for PresignedRequest {}
