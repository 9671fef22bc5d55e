//! A cache of the signing key.

use std::fmt;
use std::sync::{Mutex, PoisonError};

use super::{CredentialScope, SecretAccessKey, SigningKey};

/// Caches the last derived key: the derivation costs more than the signature itself, and the key is valid for a day.
#[derive(Default)]
pub struct KeyCache(Mutex<Option<CachedKey>>);

struct CachedKey {
    // Not the access key ID: a rotated secret may keep its ID.
    secret_access_key: SecretAccessKey,
    scope: CredentialScope,
    key: SigningKey,
}

impl KeyCache {
    /// The key for `scope`, cached if it was derived from the same secret for the same day, region and service.
    pub fn signing_key(
        &self,
        secret_access_key: &SecretAccessKey,
        scope: &CredentialScope,
    ) -> SigningKey {
        let mut cached = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(cached) = cached.as_ref()
            && cached.scope.has_key_of(scope)
            && cached.secret_access_key == *secret_access_key
        {
            return cached.key.clone();
        }
        let key = SigningKey::derive(secret_access_key, scope);
        *cached = Some(CachedKey {
            secret_access_key: secret_access_key.clone(),
            scope: scope.clone(),
            key: key.clone(),
        });
        key
    }
}

impl fmt::Debug for KeyCache {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("KeyCache(***)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sigv4::AmzDate;

    #[test]
    fn another_secret_day_or_region_derives_a_new_key() {
        let cache = KeyCache::default();
        let scope = |day: u64, region| {
            CredentialScope::new(AmzDate::from_unix_seconds(day * 86_400), region, "s3")
        };
        for (secret, scope) in [
            ("one", scope(1, "a")),
            ("one", scope(1, "a")),
            ("two", scope(1, "a")),
            ("one", scope(1, "a")),
            ("one", scope(2, "a")),
            ("one", scope(2, "b")),
        ] {
            let secret = SecretAccessKey::new(secret);
            for _ in 0..2 {
                let cached = cache.signing_key(&secret, &scope);
                assert_eq!(
                    cached.to_hex(),
                    SigningKey::derive(&secret, &scope).to_hex()
                );
            }
        }
    }
}
