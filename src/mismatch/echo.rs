//! What a store quotes of the text that it has signed.
//!
//! | store | quotes |
//! |---|---|
//! | AWS, versitygw | everything, as text and as bytes (`41 57 53`) |
//! | Cloudflare R2 | the same, without the access key ID |
//! | Wasabi | line ends as `&#xA;`, bytes without leading zeros (`a` for a line end) |
//! | Google Cloud Storage | only the text, indented |
//! | LocalStack | for presigned URLs; bytes in upper case and in pairs (`4157 5334`) |

use std::fmt;

use zeroize::{ZeroizeOnDrop, Zeroizing};

use crate::xml::Element;

/// What a store has signed, as quoted in its error response. Each part is `None` if the response lacks it.
///
/// It contains the session token, and `Debug` prints none of it.
#[derive(Clone)]
pub struct ServerEcho {
    canonical_request: Option<Zeroizing<String>>,
    string_to_sign: Option<Zeroizing<String>>,
    signature: Option<Zeroizing<String>>,
    access_key_id: Option<String>,
}

impl ServerEcho {
    /// Reads the body of an error response; `None` unless it quotes the canonical request or the string to sign.
    ///
    /// The elements with bytes are preferred, because parsers change line ends in text.
    ///
    /// ```
    /// use slim_s3::mismatch::ServerEcho;
    ///
    /// let bytes = "<StringToSignBytes>41 0a 42</StringToSignBytes>";
    /// let body = format!("<Error>{bytes}</Error>");
    /// let echo = ServerEcho::parse(body.as_bytes()).unwrap();
    /// assert_eq!(echo.string_to_sign(), Some("A\nB"));
    /// assert_eq!(echo.canonical_request(), None);
    /// ```
    pub fn parse(body: &[u8]) -> Option<ServerEcho> {
        ServerEcho::read(&document(body)?)
    }

    pub(super) fn read(document: &Element) -> Option<ServerEcho> {
        let quoted = |text: &str, bytes: &str| {
            let bytes = element(document, bytes).and_then(decode);
            let text = || Some(Zeroizing::new(element(document, text)?.to_owned()));
            let quoted = bytes.or_else(text)?;
            // Nothing that is signed contains a carriage return.
            Some(Zeroizing::new(quoted.replace("\r\n", "\n")))
        };
        let echo = ServerEcho {
            canonical_request: quoted("CanonicalRequest", "CanonicalRequestBytes"),
            string_to_sign: quoted("StringToSign", "StringToSignBytes"),
            signature: element(document, "SignatureProvided")
                .map(|text| Zeroizing::new(text.to_owned())),
            access_key_id: element(document, "AWSAccessKeyId").map(str::to_owned),
        };
        let has_document = echo.canonical_request.is_some() || echo.string_to_sign.is_some();
        has_document.then_some(echo)
    }

    /// The canonical request of the store.
    pub fn canonical_request(&self) -> Option<&str> {
        self.canonical_request.as_ref().map(|text| text.as_str())
    }

    /// The string to sign of the store. For a chunk of a body, it is the one of the chunk.
    pub fn string_to_sign(&self) -> Option<&str> {
        self.string_to_sign.as_ref().map(|text| text.as_str())
    }

    /// The signature that the store received.
    pub fn signature(&self) -> Option<&str> {
        self.signature.as_ref().map(|text| text.as_str())
    }

    /// The access key ID that the store received.
    pub fn access_key_id(&self) -> Option<&str> {
        self.access_key_id.as_deref()
    }
}

impl ZeroizeOnDrop for ServerEcho {}

impl fmt::Debug for ServerEcho {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ServerEcho").finish_non_exhaustive()
    }
}

/// The document in the body of an error response.
pub(super) fn document(body: &[u8]) -> Option<Element> {
    let text = String::from_utf8_lossy(body);
    let document = Element::parse(text.as_bytes()).ok()?;
    matches!(document.name(), "Error" | "ErrorResponse").then_some(document)
}

/// The text of an element within the `<Error>`, without the blanks around it; `None` if it is empty.
pub(super) fn element<'a>(document: &'a Element, name: &'a str) -> Option<&'a str> {
    let error = document.children("Error").next().unwrap_or(document);
    let text = error.children(name).next()?.own_text().trim();
    Some(text).filter(|text| !text.is_empty())
}

/// The text whose bytes are listed in hex. Groups of one or two digits are one byte, longer ones several.
fn decode(listed: &str) -> Option<Zeroizing<String>> {
    let mut bytes = Zeroizing::new(Vec::with_capacity(listed.len() / 2));
    for group in listed.split_ascii_whitespace() {
        if group.len() == 1 {
            bytes.push(u8::from_str_radix(group, 16).ok()?);
        } else {
            bytes.extend(hex::decode(group).ok()?);
        }
    }
    Some(Zeroizing::new(String::from_utf8_lossy(&bytes).into_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn groups_of_one_two_and_four_digits_are_bytes() {
        for listed in [
            "47 45 54 0a 2f",
            "47 45 54 0A 2F",
            "47 45 54 a 2f",
            "4745 540A 2f",
            "4745540a2f",
            "  47\n45 54\ta 2f ",
        ] {
            assert_eq!(decode(listed).unwrap().as_str(), "GET\n/", "{listed}");
        }
    }

    #[test]
    fn what_is_not_hex_is_no_byte() {
        for listed in ["GE", "474", "+1", "4 7 g", "47:45"] {
            assert!(decode(listed).is_none(), "{listed}");
        }
    }

    #[test]
    fn text_is_used_if_the_bytes_cannot_be_read() {
        let body = b"<Error><StringToSign>\n  A&#xA;B\n</StringToSign><StringToSignBytes>4 zz</StringToSignBytes></Error>";
        let echo = ServerEcho::parse(body).unwrap();
        assert_eq!(echo.string_to_sign(), Some("A\nB"));
    }

    #[test]
    fn a_response_without_documents_is_no_echo() {
        for body in [
            "",
            "no XML",
            "<Error><Code>SignatureDoesNotMatch</Code></Error>",
            "<Error><StringToSign/><CanonicalRequest> </CanonicalRequest></Error>",
            "<html><CanonicalRequest>GET</CanonicalRequest></html>",
            "<Error><CanonicalRequest>GET",
        ] {
            assert!(ServerEcho::parse(body.as_bytes()).is_none(), "{body}");
        }
    }
}
