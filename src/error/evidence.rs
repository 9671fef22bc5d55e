//! What is kept about a rejected signature: what was signed, and the response. It is examined only when asked for.

use std::fmt;

use zeroize::Zeroizing;

use super::ServiceError;
use crate::sigv4::Signing;

/// Longer bodies are not kept. Stores limit the head of a request to 8 or 16 KiB, and quote it up to four times: as text and
/// as bytes in hex.
const MAX_BODY: usize = 64 << 10;

/// What was signed, and the body of the response, which may quote it with the session token: neither is ever printed.
pub(crate) struct Evidence {
    pub(crate) signing: Option<Signing>,
    pub(crate) body: Zeroizing<Vec<u8>>,
}

impl Evidence {
    pub(crate) fn new(body: &[u8]) -> Evidence {
        let kept = if body.len() > MAX_BODY { &[] } else { body };
        Evidence {
            signing: None,
            body: Zeroizing::new(kept.to_vec()),
        }
    }

    fn contains(&self, text: &str) -> bool {
        let text = text.as_bytes();
        self.body.windows(text.len()).any(|part| part == text)
    }

    /// Whether the store quotes the string to sign of a chunk, which begins with a longer algorithm than that of a request.
    fn is_echo_of_chunk(&self, signing: &Signing) -> bool {
        self.contains("<StringToSign>AWS4-HMAC-SHA256-")
            && signing.canonical_request.payload_hash.signs_chunks()
    }

    /// Whether the store quotes what it has signed, and it is another text.
    fn is_echo_of_another(&self, signing: &Signing) -> bool {
        self.contains("AWS4-HMAC-SHA256")
            && !self.contains("<StringToSign>AWS4-HMAC-SHA256-")
            && self.contains("<CanonicalRequest>")
            && !self.contains(&signing.string_to_sign.canonical_request_hash)
    }

    /// Whether the store has signed the same text as the client. The hash in the string to sign covers the canonical request.
    fn is_echo_of(&self, signing: &Signing) -> bool {
        let string_to_sign = &signing.string_to_sign;
        let signature = signing.signature.to_hex();
        self.contains(&string_to_sign.canonical_request_hash)
            && self.contains(&string_to_sign.scope.at.to_string())
            && self.contains(&string_to_sign.scope.to_string())
            && (self.contains(&signature) || !self.contains("<SignatureProvided>"))
            && (self.contains(&signing.access_key_id) || !self.contains("<AWSAccessKeyId>"))
    }
}

impl fmt::Debug for Evidence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Evidence(..)")
    }
}

impl ServiceError {
    /// Whether the response contains the canonical request that the server computed.
    #[cfg(feature = "reqwest")]
    pub(crate) fn echoes_request(&self) -> bool {
        let evidence = self.evidence.as_ref();
        evidence.is_some_and(|evidence| evidence.contains("<CanonicalRequest>"))
    }

    /// The cause, where it is certain and the store's message does not name it. By substrings, because every program prints
    /// errors: parsing the echo would add 10 KiB to it.
    pub(super) fn certain_cause(&self) -> Option<String> {
        let evidence = self.evidence.as_ref()?;
        let signing = evidence.signing.as_ref()?;
        Some(match self.code.as_str() {
            "SignatureDoesNotMatch" if evidence.is_echo_of(signing) => {
                "the store has signed the same text: the secret access key is not the one of this access key ID".to_owned()
            }
            "SignatureDoesNotMatch" if evidence.is_echo_of_chunk(signing) => {
                "the body was changed after it was signed".to_owned()
            }
            "SignatureDoesNotMatch" if evidence.is_echo_of_another(signing) => {
                "the store has signed another text: signature_mismatch() shows where they differ".to_owned()
            }
            "XAmzContentSHA256Mismatch" => "the body was changed after it was hashed".to_owned(),
            "RequestTimeTooSkewed" => return self.skew(),
            _ => return None,
        })
    }

    fn skew(&self) -> Option<String> {
        let (date, signed_at) = self.date.zip(self.context.signed_at)?;
        let (skew, direction) = match signed_at.duration_since(date) {
            Ok(ahead) => (ahead, "ahead of"),
            Err(behind) => (behind.duration(), "behind"),
        };
        let seconds = skew.as_secs();
        // A store allows more than a minute, so it compares with another clock.
        (seconds > 60)
            .then(|| format!("the request is dated {seconds} s {direction} the store's clock"))
    }
}
