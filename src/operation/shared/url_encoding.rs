//! `encoding-type=url`: how listings return keys that XML cannot express.

use crate::client::Client;
use crate::error::Error;
use crate::request::Request;
use crate::xml::Element;

/// Requests URL-encoded keys, unless the store only claims to encode them.
pub(crate) fn with_encoding(client: &Client, request: Request) -> Request {
    if client.inner.dialect.encodes_listings {
        request.with_query("encoding-type", "url")
    } else {
        request
    }
}

/// Decodes the keys of a listing that is URL-encoded.
#[derive(Clone, Copy, Debug)]
pub(crate) struct KeyDecoder {
    encoded: bool,
}

impl KeyDecoder {
    /// Follows the response and not the request: some stores ignore the parameter, and one sends an empty
    /// `<EncodingType>` with raw keys.
    pub(crate) fn new(listing: &Element) -> Result<KeyDecoder, Error> {
        Ok(KeyDecoder {
            encoded: listing.optional_text("EncodingType")? == Some("url"),
        })
    }

    /// The common prefixes of a listing with a delimiter. S3 returns each in an element of its own, but the schema allows
    /// several in one.
    pub(crate) fn common_prefixes(self, listing: &Element) -> Result<Vec<String>, Error> {
        let mut prefixes = Vec::new();
        for group in listing.children("CommonPrefixes") {
            let before = prefixes.len();
            for prefix in group.children("Prefix") {
                prefixes.push(self.decode(prefix.own_text())?);
            }
            if prefixes.len() == before {
                return Err(Error::malformed("no <Prefix> in <CommonPrefixes>", None));
            }
        }
        Ok(prefixes)
    }

    /// The key. Text that is not validly encoded is returned as it is, because some stores confirm the encoding but do not
    /// apply it.
    ///
    /// # Errors
    ///
    /// [`Error::Malformed`] for bytes that are not UTF-8, as for a listing that is not encoded: no `String` is this key, and
    /// the encoded text is the key of another object.
    pub(crate) fn decode(self, text: &str) -> Result<String, Error> {
        let decoded = if self.encoded { url_decode(text) } else { None };
        match decoded {
            Some(bytes) => String::from_utf8(bytes)
                .map_err(|_| Error::malformed(format!("the key {text:?} is not UTF-8"), None)),
            None => Ok(text.to_owned()),
        }
    }
}

/// Percent-decodes, with `+` as a space: AWS and MinIO send `+`, Ceph and Garage send `%20`.
fn url_decode(text: &str) -> Option<Vec<u8>> {
    let mut bytes = text.bytes();
    let mut decoded = Vec::with_capacity(text.len());
    while let Some(byte) = bytes.next() {
        decoded.push(match byte {
            b'+' => b' ',
            b'%' => {
                let mut digit = || char::from(bytes.next()?).to_digit(16);
                u8::try_from(digit()? << 4 | digit()?).ok()?
            }
            other => other,
        });
    }
    Some(decoded)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The rows `list_url_decoding` of fixtures/encoding.json.
    #[test]
    fn keys_in_a_listing_are_decoded() {
        let fixture: serde_json::Value =
            serde_json::from_str(include_str!("../../../fixtures/encoding.json")).unwrap();
        let rows = fixture["list_url_decoding"].as_array().unwrap();
        for row in rows {
            assert_eq!(
                url_decode(row["encoded"].as_str().unwrap()),
                row["decoded"].as_str().map(|text| text.as_bytes().to_vec()),
                "{row}"
            );
        }
        println!("encoding.json, list_url_decoding: {} rows", rows.len());
        assert_eq!(rows.len(), 10);
    }

    #[test]
    fn undecodable_keys_are_unchanged() {
        let (encoded, raw) = (KeyDecoder { encoded: true }, KeyDecoder { encoded: false });
        for text in ["100%", "%zz", "%é", "%+1"] {
            assert_eq!(encoded.decode(text).unwrap(), text);
        }
        assert_eq!(raw.decode("a+b%20c").unwrap(), "a+b%20c");
    }

    /// `h%FF` would be the key of another object.
    #[test]
    fn a_key_that_is_not_utf_8_is_malformed() {
        let encoded = KeyDecoder { encoded: true };
        assert!(matches!(encoded.decode("h%FF"), Err(Error::Malformed(_))));
    }
}
