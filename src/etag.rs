//! ETags identify the content of an object.

use std::fmt;

use crate::crypto::{hex, md5};
use crate::error::Error;
use crate::xml::Element;

/// An entity tag. Quotes are removed when it is read and added when it is printed, so both forms compare equal.
///
/// The ETag of an object stored whole and unencrypted is the MD5 of its content; that of a multipart upload is
/// [composite](ETag::composite). Encrypted objects and some stores have other ETags, so do not rely on it
/// as a checksum.
///
/// ```
/// use slim_s3::ETag;
/// let etag = ETag::from("\"5d41402abc4b2a76b9719d911017c592\"");
/// assert_eq!(etag, ETag::from("5d41402abc4b2a76b9719d911017c592"));
/// assert_eq!(etag.to_string(), "\"5d41402abc4b2a76b9719d911017c592\"");
/// ```
///
/// <https://docs.aws.amazon.com/AmazonS3/latest/API/API_Object.html>
#[derive(Clone, Debug, Eq, Hash, PartialEq)]
pub struct ETag(String);

impl ETag {
    /// The tag without quotes.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The ETag of an object that was uploaded in `parts`: the MD5 of their concatenated MD5 digests, and their number.
    ///
    /// `None` if a part's ETag is not an MD5, as with some encryptions and stores.
    ///
    /// ```
    /// use slim_s3::ETag;
    ///
    /// let parts = [
    ///     ETag::from("5f363e0e58a95f06cbe9bbc662c5dfb6"),
    ///     ETag::from("25f9e794323b453885f5181f1b624d0b"),
    /// ];
    /// let whole = ETag::composite(&parts).unwrap();
    /// assert_eq!(whole.as_str(), "4f71ea28b759fb81d89dfa86e3a269cb-2");
    /// ```
    pub fn composite(parts: &[ETag]) -> Option<ETag> {
        let mut digests = Vec::with_capacity(16 * parts.len());
        for part in parts {
            let digest = hex::decode(&part.0)
                .ok()
                .filter(|digest| digest.len() == 16)?;
            digests.extend_from_slice(&digest);
        }
        Some(ETag(format!("{}-{}", hex(&md5(&digests)), parts.len())))
    }

    /// The form for conditions: quoted, except for `*`, which matches every object. An empty one stays empty, and is
    /// rejected as a header before it is sent.
    pub(crate) fn to_condition(&self) -> String {
        if matches!(self.as_str(), "" | "*") {
            self.0.clone()
        } else {
            self.to_string()
        }
    }

    /// The ETag in a response; `None` if it is empty, with or without quotes.
    pub(crate) fn received(text: &str) -> Option<ETag> {
        Some(ETag::from(text)).filter(|etag| !etag.0.is_empty())
    }

    /// The ETag in an element's child, if there is one.
    pub(crate) fn in_element(element: &Element) -> Result<Option<ETag>, Error> {
        Ok(element.optional_text("ETag")?.and_then(ETag::received))
    }
}

impl From<&str> for ETag {
    /// Removes quotes, and the `W/` that compressing proxies add.
    fn from(text: &str) -> ETag {
        let text = text.trim();
        ETag(
            text.strip_prefix("W/")
                .unwrap_or(text)
                .trim_matches('"')
                .to_owned(),
        )
    }
}

impl From<&ETag> for ETag {
    fn from(etag: &ETag) -> ETag {
        etag.clone()
    }
}

impl fmt::Display for ETag {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "\"{}\"", self.0)
    }
}
