//! Presigned requests: the signature in the query, so that a URL alone authenticates.

use super::{
    ALGORITHM, CanonicalRequest, CredentialScope, KeyCache, SecretAccessKey, Signing, sign,
};

/// The longest time that a presigned request is valid, in seconds: 7 days.
pub const MAX_EXPIRES: u32 = 604_800;

/// Signs a canonical request in its query. It is valid from the date of `scope` for `expires` seconds, 1 to
/// [`MAX_EXPIRES`].
///
/// The parameters that would be headers of a signed request are added to the query, and then the request is signed in the
/// [same four steps](sign()):
///
/// | parameter | value |
/// |---|---|
/// | `X-Amz-Algorithm` | [`ALGORITHM`] |
/// | `X-Amz-Credential` | the access key ID and the credential scope, separated by a slash |
/// | `X-Amz-Date` | the date of the scope |
/// | `X-Amz-Expires` | the seconds |
/// | `X-Amz-Security-Token` | the session token of temporary credentials |
/// | `X-Amz-SignedHeaders` | the names of the signed headers: `host`, and those that the holder must send |
///
/// The payload hash is [`Unsigned`](crate::PayloadHash::Unsigned) unless the body is known. The signature itself comes
/// last, in [`presigned_query`](Signing::presigned_query).
///
/// ```
/// use slim_s3::sigv4::*;
///
/// // AWS's example: a link to test.txt that is valid for a day.
/// let request = CanonicalRequest {
///     method: "GET".into(),
///     uri: "/test.txt".into(),
///     query: CanonicalQuery::new([]),
///     headers: CanonicalHeaders::new([("host", "examplebucket.s3.amazonaws.com")]),
///     payload_hash: PayloadHash::Unsigned,
/// };
/// let at = AmzDate::parse("20130524T000000Z").unwrap();
/// let scope = CredentialScope::new(at, "us-east-1", "s3");
/// let secret = SecretAccessKey::new("wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY");
/// let (id, keys) = ("AKIAIOSFODNN7EXAMPLE", KeyCache::default());
///
/// let signing = presign(request, &scope, 86_400, id, None, &secret, &keys);
/// assert_eq!(
///     signing.signature.to_hex(),
///     "aeeed9bbccd4d02ee5c0109b86d86835f995330da4c265957d157751f604d404",
/// );
/// let query = signing.presigned_query();
/// println!("https://examplebucket.s3.amazonaws.com/test.txt?{query}");
/// ```
///
/// <https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-query-string-auth.html>
pub fn presign(
    mut canonical_request: CanonicalRequest,
    scope: &CredentialScope,
    expires: u32,
    access_key_id: &str,
    session_token: Option<&str>,
    secret_access_key: &SecretAccessKey,
    keys: &KeyCache,
) -> Signing {
    let credential = [access_key_id, "/", &scope.to_string()].concat();
    let signed_headers = canonical_request.headers.signed_headers().to_string();
    let query = &mut canonical_request.query;
    for (name, value) in [
        ("X-Amz-Algorithm", ALGORITHM),
        ("X-Amz-Credential", &credential),
        ("X-Amz-Date", &scope.at.to_string()),
        ("X-Amz-Expires", &expires.to_string()),
        ("X-Amz-SignedHeaders", &signed_headers),
    ] {
        query.insert(name, value);
    }
    if let Some(token) = session_token {
        query.insert("X-Amz-Security-Token", token);
    }
    sign(
        canonical_request,
        scope,
        access_key_id,
        secret_access_key,
        keys,
    )
}

impl Signing {
    /// The query of a [presigned](presign) request: the signed parameters, and then the signature, which does not cover
    /// itself. Anyone who has it can send the request: do not print it.
    pub fn presigned_query(&self) -> String {
        let query = self.canonical_request.query.to_string();
        [&query, "&X-Amz-Signature=", &self.signature.to_hex()].concat()
    }
}
