//! The four steps together.

use super::{
    Authorization, CanonicalRequest, CredentialScope, SecretAccessKey, Signature, SigningKey,
    StringToSign,
};

/// Signs a canonical request, which is step 1, for a credential scope.
///
/// The four HMACs of step 3 cost more than the signature itself. To sign many requests of one day, region and service,
/// derive the key once and use [`sign_with_key`].
pub fn sign(
    canonical_request: CanonicalRequest,
    scope: &CredentialScope,
    access_key_id: &str,
    secret_access_key: &SecretAccessKey,
) -> Signing {
    let signing_key = SigningKey::derive(secret_access_key, scope); // step 3
    sign_with_key(canonical_request, scope, access_key_id, &signing_key)
}

/// [`sign`] with a key that was [derived](SigningKey::derive) for the same scope.
pub fn sign_with_key(
    canonical_request: CanonicalRequest,
    scope: &CredentialScope,
    access_key_id: &str,
    signing_key: &SigningKey,
) -> Signing {
    let string_to_sign = StringToSign::new(scope, &canonical_request); // step 2
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
