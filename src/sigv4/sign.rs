//! The four steps together.

use super::{
    Authorization, CanonicalRequest, CredentialScope, KeyCache, SecretAccessKey, Signature,
    StringToSign,
};

/// Signs a canonical request, which is step 1, for a credential scope, which is copied if it is a reference.
///
/// The four HMACs of step 3 cost more than the signature itself, and their result stays the same for a day, region and
/// service. `keys` keeps it for the next request; start with [`KeyCache::default`].
pub fn sign(
    canonical_request: CanonicalRequest,
    scope: impl Into<CredentialScope>,
    access_key_id: &str,
    secret_access_key: &SecretAccessKey,
    keys: &KeyCache,
) -> Signing {
    let string_to_sign = StringToSign::new(scope, &canonical_request); // step 2
    let scope = &string_to_sign.scope;
    let signing_key = keys.signing_key(secret_access_key, scope); //      step 3
    let signature = signing_key.sign(&string_to_sign); //                 step 4
    Signing {
        canonical_request,
        string_to_sign,
        access_key_id: access_key_id.to_owned(),
        signature,
    }
}

/// A signature together with the documents it was computed from.
///
/// The signature is sent in the [`Authorization`] header.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Signing {
    /// Step 1.
    pub canonical_request: CanonicalRequest,
    /// Step 2; holds the credential scope.
    pub string_to_sign: StringToSign,
    /// Identifies the key pair; not secret.
    pub access_key_id: String,
    /// Step 4: the result.
    pub signature: Signature,
}

impl Signing {
    /// The header that carries this signature.
    pub fn authorization(&self) -> Authorization<'_> {
        Authorization {
            access_key_id: &self.access_key_id,
            scope: &self.string_to_sign.scope,
            signed_headers: self.canonical_request.headers.signed_headers(),
            signature: &self.signature,
        }
    }
}
