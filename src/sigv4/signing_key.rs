//! The signing key: the third of the four steps. The only file that reads the secret access key.

use std::fmt;

use zeroize::{Zeroize, ZeroizeOnDrop, Zeroizing};

use super::{CredentialScope, Signature, StringToSign, TERMINATOR};
use crate::crypto::{hex, hmac_sha256};

/// The secret half of a key pair. It is never printed or sent, and is wiped from memory when dropped.
#[derive(Clone, Eq, PartialEq)]
pub struct SecretAccessKey(Zeroizing<String>);

impl SecretAccessKey {
    /// The secret exactly as the store issued it.
    pub fn new(secret: impl Into<String>) -> SecretAccessKey {
        SecretAccessKey(Zeroizing::new(secret.into()))
    }

    /// Why the secret is unusable, if it is. A trailing newline, read from a file, is the usual cause of
    /// `SignatureDoesNotMatch`.
    pub(crate) fn problem(&self) -> Option<&'static str> {
        match self.0.as_str() {
            "" => Some("empty"),
            secret if secret.trim() != secret => Some(
                "starts or ends with white space, such as the newline of the file it was read from",
            ),
            secret if secret.bytes().any(|byte| byte.is_ascii_control()) => {
                Some("contains a line end or another control character")
            }
            _ => None,
        }
    }
}

#[cfg(feature = "reqwest")]
impl SecretAccessKey {
    /// What is unusual about a key pair, which may still be right.
    pub(crate) fn oddity(&self, access_key_id: &str, is_aws: bool) -> Option<&'static str> {
        let secret = self.0.as_str();
        let is_aws_id =
            |text: &str| text.len() == 20 && (text.starts_with("AKIA") || text.starts_with("ASIA"));
        let has = |pattern: &[char]| secret.contains(pattern);
        let odd = [
            (
                secret == access_key_id,
                "the secret access key is the access key ID",
            ),
            (
                is_aws_id(secret),
                "the secret access key looks like an access key ID: they may be swapped",
            ),
            (
                has(&['"', '\'', '`']),
                "the secret access key contains a quote, which may be one of a shell or a file",
            ),
            (
                has(&['<', '>', '$', '{', '}', '*']),
                "the secret access key looks like a placeholder",
            ),
            (
                !secret.is_ascii(),
                "the secret access key contains a character that is not ASCII",
            ),
            (
                secret.contains(' '),
                "the secret access key contains a space",
            ),
            (
                has(&['%']),
                "the secret access key contains a percent sign: it may be percent-encoded",
            ),
            (
                is_aws && secret.len() < 40,
                "the secret access key is shorter than the 40 characters of AWS: it may be truncated",
            ),
            (
                is_aws && secret.len() > 40,
                "the secret access key is longer than the 40 characters of AWS",
            ),
            (
                is_aws && !is_aws_id(access_key_id),
                "the access key ID does not have AWS's form: 20 characters that begin with AKIA or ASIA",
            ),
        ];
        let mut odd = odd.into_iter();
        odd.find_map(|(is_odd, text)| is_odd.then_some(text))
    }
}

impl fmt::Debug for SecretAccessKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SecretAccessKey(***)")
    }
}

impl ZeroizeOnDrop for SecretAccessKey {}

/// Signs the requests of one day, region and service. It is wiped from memory when dropped.
///
/// ```text
/// DateKey              = HMAC("AWS4" + secret access key, "20130524")
/// DateRegionKey        = HMAC(DateKey, "us-east-1")
/// DateRegionServiceKey = HMAC(DateRegionKey, "s3")
/// SigningKey           = HMAC(DateRegionServiceKey, "aws4_request")
/// ```
#[derive(Clone)]
pub struct SigningKey([u8; 32]);

impl SigningKey {
    /// Derives the key for `scope`.
    pub fn derive(secret_access_key: &SecretAccessKey, scope: &CredentialScope) -> SigningKey {
        let [.., signing_key] = SigningKey::derivation(secret_access_key, scope);
        signing_key
    }

    /// All four keys of the derivation, in order. The last one is the signing key.
    pub fn derivation(
        secret_access_key: &SecretAccessKey,
        scope: &CredentialScope,
    ) -> [SigningKey; 4] {
        let seed = Zeroizing::new(format!("AWS4{}", secret_access_key.0.as_str()));
        let date_key = hmac_sha256(seed.as_bytes(), &scope.at.text().day());
        let region_key = hmac_sha256(&date_key, &scope.region);
        let service_key = hmac_sha256(&region_key, &scope.service);
        let signing_key = hmac_sha256(&service_key, &TERMINATOR);
        [date_key, region_key, service_key, signing_key].map(SigningKey)
    }

    /// Signs a string to sign: the fourth step.
    pub fn sign(&self, string_to_sign: &StringToSign) -> Signature {
        self.mac(string_to_sign)
    }

    pub(super) fn mac(&self, text: &dyn fmt::Display) -> Signature {
        Signature::new(hmac_sha256(&self.0, text))
    }

    /// The key in hex, to compare a derivation with published examples. It is valid for a day: treat it as a secret.
    pub fn to_hex(&self) -> String {
        hex(&self.0)
    }
}

impl fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SigningKey(***)")
    }
}

impl Drop for SigningKey {
    fn drop(&mut self) {
        self.0.zeroize();
    }
}

impl ZeroizeOnDrop for SigningKey {}

#[cfg(all(test, feature = "reqwest"))]
mod tests {
    use super::*;

    #[test]
    fn an_unusual_key_pair_is_described_without_its_text() {
        let aws = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY";
        let odd = |secret: &str, id: &str, is_aws| SecretAccessKey::new(secret).oddity(id, is_aws);
        assert_eq!(odd(aws, "AKIAIOSFODNN7EXAMPLE", true), None);
        assert_eq!(odd("minioadmin", "minio", false), None);
        for (secret, id, is_aws, words) in [
            ("minio", "minio", false, "is the access key ID"),
            ("AKIAIOSFODNN7EXAMPLE", aws, false, "swapped"),
            ("'secret'", "AK", false, "quote"),
            ("${SECRET}", "AK", false, "placeholder"),
            ("g\u{e9}heim", "AK", false, "not ASCII"),
            ("two words", "AK", false, "space"),
            ("a%2Fb", "AK", false, "percent-encoded"),
            ("wJalrXUtnFEMI", "AKIAIOSFODNN7EXAMPLE", true, "truncated"),
            (aws, "AK", true, "AWS's form"),
        ] {
            let found = odd(secret, id, is_aws).unwrap();
            assert!(found.contains(words), "{found}");
            assert!(!found.contains(secret) && !found.contains(aws), "{found}");
        }
    }
}
