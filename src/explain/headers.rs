//! The headers of a request, each with the rule by which it is signed or left out.

use std::fmt;

use zeroize::{Zeroize, ZeroizeOnDrop};

use crate::redact::is_secret;
use crate::sigv4::CanonicalHeaders;

/// A header as it is sent.
///
/// `Debug` masks a secret value, and dropping it wipes the value.
#[derive(Clone)]
pub struct SentHeader {
    name: String,
    value: String,
    rule: HeaderRule,
}

impl SentHeader {
    /// The name in lower case.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The value. It may be [secret](SentHeader::is_secret).
    pub fn value(&self) -> &str {
        &self.value
    }

    /// Why the header is signed, or why it is not.
    pub fn rule(&self) -> HeaderRule {
        self.rule
    }

    /// Whether the value must not be printed: the session token, and customer keys.
    pub fn is_secret(&self) -> bool {
        is_secret(&self.name)
    }
}

impl fmt::Debug for SentHeader {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let value = if self.is_secret() { "***" } else { &self.value };
        f.debug_struct("SentHeader")
            .field("name", &self.name)
            .field("value", &value)
            .field("rule", &self.rule)
            .finish()
    }
}

impl Drop for SentHeader {
    fn drop(&mut self) {
        if self.is_secret() {
            self.value.zeroize();
        }
    }
}

impl ZeroizeOnDrop for SentHeader {}

/// Why a header is signed, or why it is not; prints as a sentence.
///
/// [`CanonicalHeaders`] selects the headers.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum HeaderRule {
    /// `host`: a signature is for one host.
    Host,
    /// `x-amz-*`: stores require that these are signed.
    Amz,
    /// `content-type`, `content-md5`, `range`, `date` and `if-*`: they change what the request means.
    Meaning,
    /// A header of a presigned request, which its holder must send.
    Holder,
    /// `content-length`: the HTTP client sets it.
    Length,
    /// Any other header: proxies may change it.
    Other,
    /// The request is anonymous.
    Anonymous,
}

impl HeaderRule {
    /// Whether a header with this rule is signed.
    pub fn is_signed(self) -> bool {
        matches!(
            self,
            HeaderRule::Host | HeaderRule::Amz | HeaderRule::Meaning | HeaderRule::Holder
        )
    }

    /// The name of the rule in JSON: `host`, `amz`, `meaning`, `holder`, `length`, `other` or `anonymous`.
    pub fn name(self) -> &'static str {
        match self {
            HeaderRule::Host => "host",
            HeaderRule::Amz => "amz",
            HeaderRule::Meaning => "meaning",
            HeaderRule::Holder => "holder",
            HeaderRule::Length => "length",
            HeaderRule::Other => "other",
            HeaderRule::Anonymous => "anonymous",
        }
    }

    fn sentence(self) -> &'static str {
        match self {
            HeaderRule::Host => {
                "signed: a signature is for one host, with its port unless that is the default"
            }
            HeaderRule::Amz => "signed: stores reject an x-amz-* header that is not",
            HeaderRule::Meaning => "signed: it changes what the request means",
            HeaderRule::Holder => "signed: the holder of the URL must send it with this value",
            HeaderRule::Length => "not signed: the HTTP client sets it",
            HeaderRule::Other => "not signed: a proxy may change it on the way",
            HeaderRule::Anonymous => "not signed: the request is anonymous",
        }
    }
}

impl fmt::Display for HeaderRule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.sentence())
    }
}

/// The headers with their rules. What is signed is what the canonical request contains.
pub(super) fn explained<'a>(
    sent: impl Iterator<Item = (&'a str, &'a str)>,
    signed: Option<&CanonicalHeaders>,
    is_presigned: bool,
) -> Vec<SentHeader> {
    let is_signed = |name: &str| {
        signed.is_some_and(|signed| {
            signed
                .iter()
                .any(|(known, _)| name.eq_ignore_ascii_case(known))
        })
    };
    let rule = |name: &str| match (name, is_signed(name)) {
        _ if signed.is_none() => HeaderRule::Anonymous,
        ("host", true) => HeaderRule::Host,
        (_, true) if is_presigned => HeaderRule::Holder,
        (name, true) if name.starts_with("x-amz-") => HeaderRule::Amz,
        (_, true) => HeaderRule::Meaning,
        ("content-length", false) => HeaderRule::Length,
        (_, false) => HeaderRule::Other,
    };
    let explained = |(name, value): (&str, &str)| SentHeader {
        name: name.to_owned(),
        value: value.to_owned(),
        rule: rule(name),
    };
    sent.map(explained).collect()
}
