//! The signature: the last of the four steps.

use std::fmt;

use crate::crypto::{HexDigest, hex};

/// The HMAC of a string to sign.
///
/// Anyone who has it can send the request that it signs, so `Debug` does not print it;
/// [`to_hex`](Signature::to_hex) does.
#[derive(Clone, Eq, PartialEq)]
pub struct Signature([u8; 32]);

impl Signature {
    pub(super) fn new(mac: [u8; 32]) -> Signature {
        Signature(mac)
    }

    /// A signature as it is sent; `None` if the text is not 64 hex digits.
    pub fn from_hex(text: &str) -> Option<Signature> {
        let mut mac = [0; 32];
        hex::decode_to_slice(text, &mut mac).ok()?;
        Some(Signature(mac))
    }

    /// The signature as it is sent: 64 lower-case hex digits.
    pub fn to_hex(&self) -> String {
        hex(&self.0)
    }

    pub(super) fn digits(&self) -> HexDigest {
        HexDigest::of(&self.0)
    }
}

impl fmt::Debug for Signature {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Signature(***)")
    }
}
