//! `encoding-type=url`: how listings return keys that XML cannot express.

use crate::error::Error;
use crate::xml::Element;

/// Decodes the keys of a listing that is URL-encoded.
#[derive(Clone, Copy, Debug)]
pub(crate) struct KeyDecoder {
    encoded: bool,
}

impl KeyDecoder {
    /// Follows the response and not the request: some stores ignore the parameter, and one sends an empty
    /// `<EncodingType>` with raw keys.
    pub(crate) fn new(listing: &Element) -> KeyDecoder {
        KeyDecoder {
            encoded: listing.optional_text("EncodingType") == Some("url"),
        }
    }

    /// The common prefixes of a listing with a delimiter.
    pub(crate) fn common_prefixes(self, listing: &Element) -> Result<Vec<String>, Error> {
        listing
            .children("CommonPrefixes")
            .map(|prefix| prefix.text("Prefix").map(|text| self.decode(text)))
            .collect()
    }

    /// The key. Text that is not validly encoded is returned as it is.
    pub(crate) fn decode(self, text: &str) -> String {
        let decoded = if self.encoded { url_decode(text) } else { None };
        decoded.unwrap_or_else(|| text.to_owned())
    }
}

/// Percent-decodes, with `+` as a space: AWS and MinIO send `+`, Ceph and Garage send `%20`.
fn url_decode(text: &str) -> Option<String> {
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
    String::from_utf8(decoded).ok()
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
                url_decode(row["encoded"].as_str().unwrap()).as_deref(),
                row["decoded"].as_str(),
                "{row}"
            );
        }
        println!("encoding.json, list_url_decoding: {} rows", rows.len());
        assert_eq!(rows.len(), 10);
    }

    #[test]
    fn undecodable_keys_are_unchanged() {
        let (encoded, raw) = (KeyDecoder { encoded: true }, KeyDecoder { encoded: false });
        for text in ["100%", "%zz", "%ff", "%é", "%+1"] {
            assert_eq!(encoded.decode(text), text);
        }
        assert_eq!(raw.decode("a+b%20c"), "a+b%20c");
    }
}
