//! How a signature came about, for people: the typed intermediates, printed as numbered text.

use std::fmt::{self, Write};

use crate::call::signed::Prepared;
use crate::sigv4::{CanonicalRequest, Signature, StringToSign, is_secret};

/// How a request is signed, step by step, from [`Call::explain`](crate::Call::explain).
///
/// `Display` is numbered text to be read beside AWS's signing page, with the session token, customer keys and the
/// signature masked; [`unmasked`](Explanation::unmasked) shows them.
///
/// ```
/// use slim_s3::{AmzDate, Client, Credentials};
///
/// let s3 = Client::builder().endpoint("http://127.0.0.1:9000").credentials(Credentials::new("AK", "SK")).build()?;
/// let at = AmzDate::parse("20260102T030405Z").unwrap();
/// let explanation = s3.put_object("bkt", "a b.txt", "hello").content_type("text/plain").explain(at)?;
/// println!("{explanation}");
/// assert_eq!(explanation.canonical_request.uri, "/bkt/a%20b.txt");
/// # Ok::<(), slim_s3::Error>(())
/// ```
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Explanation {
    /// Step 1.
    pub canonical_request: CanonicalRequest,
    /// Step 2.
    pub string_to_sign: StringToSign,
    /// The access key ID; `None` for an anonymous request, which is not signed.
    pub access_key_id: Option<String>,
    /// Step 4: the result.
    pub signature: Option<Signature>,
}

impl Explanation {
    pub(crate) fn new(prepared: Prepared) -> Explanation {
        let Prepared {
            canonical_request,
            string_to_sign,
            proof,
            ..
        } = prepared;
        let (access_key_id, signature) = proof
            .map(|proof| (proof.access_key_id, proof.signature))
            .unzip();
        Explanation {
            canonical_request,
            string_to_sign,
            access_key_id,
            signature,
        }
    }

    /// The text with nothing masked. Whoever reads it can send this request, for 15 minutes.
    pub fn unmasked(&self) -> String {
        let mut text = String::new();
        // Writing to a String cannot fail.
        let _ = self.write(&mut text, false);
        text
    }

    fn write(&self, f: &mut dyn Write, masked: bool) -> fmt::Result {
        let CanonicalRequest {
            method,
            uri,
            query,
            headers,
            payload_hash,
        } = &self.canonical_request;
        let scope = &self.string_to_sign.scope;
        let signed_headers = headers.signed_headers();

        writeln!(
            f,
            "1 canonical request                         sha256 = {}",
            self.string_to_sign.canonical_request_hash
        )?;
        let mut lines = vec![
            (method.clone(), "method"),
            (uri.clone(), "path: each byte encoded once, '/' kept"),
        ];
        lines.push((
            if masked {
                query.masked()
            } else {
                query.to_string()
            },
            "query: sorted by encoded name, then value",
        ));
        let mut note = "headers: lower case, sorted, single blanks; the port is part of host unless it is the usual one";
        for (name, value) in headers.iter() {
            let value = if masked && is_secret(name) {
                mask(value)
            } else {
                value.to_owned()
            };
            lines.push((format!("{name}:{value}"), note));
            note = "";
        }
        lines.push((String::new(), ""));
        lines.push((signed_headers.to_string(), "signed headers"));
        lines.push((payload_hash.to_string(), "payload hash"));
        for (number, (line, note)) in (1..).zip(lines) {
            let line = format!("{number:3} {line}");
            match note {
                "" => writeln!(f, "{}", line.trim_end())?,
                _ => writeln!(f, "{line:<43} {note}")?,
            }
        }

        writeln!(f, "2 string to sign")?;
        for (number, line) in (1..).zip(self.string_to_sign.to_string().lines()) {
            writeln!(f, "{number:3} {line}")?;
        }
        let Some((access_key_id, signature)) =
            self.access_key_id.as_ref().zip(self.signature.as_ref())
        else {
            return writeln!(
                f,
                "3 no signing key: the request is anonymous and is sent without a signature"
            );
        };

        writeln!(
            f,
            "3 signing key   HMAC(\"AWS4\" + secret access key, {}) -> HMAC(that, {}) -> HMAC(that, {}) -> HMAC(that, aws4_request)",
            scope.at.date(),
            scope.region,
            scope.service
        )?;
        let signature = if masked {
            mask(&signature.to_hex())
        } else {
            signature.to_hex()
        };
        writeln!(
            f,
            "4 signature     {signature} = HMAC(signing key, string to sign)"
        )?;
        let algorithm = crate::sigv4::ALGORITHM;
        writeln!(
            f,
            "5 header        Authorization: {algorithm} Credential={access_key_id}/{scope}, SignedHeaders={signed_headers}, Signature={signature}"
        )
    }
}

impl fmt::Display for Explanation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.write(f, true)
    }
}

/// The first four characters and the length: enough to tell two values apart.
fn mask(secret: &str) -> String {
    let shown = if secret.len() >= 16 {
        secret.get(..4).unwrap_or_default()
    } else {
        ""
    };
    format!("{shown}…({} characters)", secret.chars().count())
}
