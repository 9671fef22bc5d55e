//! Shows how a request is signed: every step as numbered text.

use std::fmt::{self, Write};

use crate::call::signed::{Authentication, SignedRequest};
use crate::redact::{is_secret, mask};
use crate::sigv4::{CanonicalRequest, Signing};

/// How a request is signed, step by step, from [`Call::explain`](crate::Call::explain).
///
/// `Display` prints numbered text to compare with AWS's signing page. It masks the session token, customer keys and the
/// signature; [`unmasked`](Explanation::unmasked) shows them.
///
/// ```
/// use slim_s3::{AmzDate, Client, Credentials};
///
/// let s3 = Client::builder()
///     .endpoint("http://127.0.0.1:9000")
///     .credentials(Credentials::new("AK", "SK"))
///     .build()?;
/// let at = AmzDate::parse("20260102T030405Z").unwrap();
/// let explanation = s3.put_object("bkt", "a b.txt", "hello").explain(at)?;
/// println!("{explanation}");
/// assert_eq!(explanation.canonical_request().uri, "/bkt/a%20b.txt");
/// # Ok::<(), slim_s3::Error>(())
/// ```
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum Explanation {
    /// The signature, and what it was computed from.
    Signed(Signing),
    /// An anonymous request is sent without a signature.
    Anonymous(CanonicalRequest),
}

impl Explanation {
    pub(crate) fn new(request: SignedRequest) -> Explanation {
        match request.authentication {
            Authentication::Signed { signing, .. } => Explanation::Signed(signing),
            Authentication::Anonymous(request) => Explanation::Anonymous(request),
        }
    }

    /// The canonical request: step 1.
    pub fn canonical_request(&self) -> &CanonicalRequest {
        match self {
            Explanation::Signed(signing) => &signing.canonical_request,
            Explanation::Anonymous(canonical_request) => canonical_request,
        }
    }

    /// All four steps; `None` for an anonymous request.
    pub fn signing(&self) -> Option<&Signing> {
        match self {
            Explanation::Signed(signing) => Some(signing),
            Explanation::Anonymous(_) => None,
        }
    }

    /// The text with nothing masked. Anyone who reads it can send this request, for 15 minutes.
    pub fn unmasked(&self) -> String {
        let mut text = String::new();
        // Writing to a String cannot fail.
        let _ = self.write(&mut text, false);
        text
    }

    fn write(&self, f: &mut dyn Write, masked: bool) -> fmt::Result {
        write_canonical_request(f, self.canonical_request(), masked)?;
        match self {
            Explanation::Signed(signing) => write_signing(f, signing, masked),
            Explanation::Anonymous(_) => writeln!(
                f,
                "2 no string to sign: the request is anonymous and is sent without a signature"
            ),
        }
    }
}

fn write_canonical_request(
    f: &mut dyn Write,
    canonical_request: &CanonicalRequest,
    masked: bool,
) -> fmt::Result {
    let CanonicalRequest {
        method,
        uri,
        query,
        headers,
        payload_hash,
    } = canonical_request;
    writeln!(
        f,
        "1 canonical request                         sha256 = {}",
        canonical_request.hash()
    )?;
    let query = if masked {
        query.masked()
    } else {
        query.to_string()
    };
    let mut lines = vec![
        (method.clone(), "method"),
        (uri.clone(), "path: each byte encoded once, '/' kept"),
        (query, "query: sorted by encoded name, then value"),
    ];
    let mut note = "headers: lower case, sorted, single spaces; host includes the port unless it is the default";
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
    lines.push((headers.signed_headers().to_string(), "signed headers"));
    lines.push((payload_hash.to_string(), "payload hash"));
    for (number, (line, note)) in (1..).zip(lines) {
        let line = format!("{number:3} {line}");
        match note {
            "" => writeln!(f, "{}", line.trim_end())?,
            _ => writeln!(f, "{line:<43} {note}")?,
        }
    }
    Ok(())
}

fn write_signing(f: &mut dyn Write, signing: &Signing, masked: bool) -> fmt::Result {
    writeln!(f, "2 string to sign")?;
    for (number, line) in (1..).zip(signing.string_to_sign.to_string().lines()) {
        writeln!(f, "{number:3} {line}")?;
    }
    let scope = &signing.string_to_sign.scope;
    writeln!(
        f,
        "3 signing key   HMAC(\"AWS4\" + secret access key, {}) -> HMAC(that, {}) -> HMAC(that, {}) -> HMAC(that, aws4_request)",
        scope.at.date(),
        scope.region,
        scope.service
    )?;
    let signature = signing.signature.to_hex();
    let signature = if masked { mask(&signature) } else { signature };
    writeln!(
        f,
        "4 signature     {signature} = HMAC(signing key, string to sign)"
    )?;
    let mut query = signing.canonical_request.query.iter();
    if query.any(|(name, _)| name == "X-Amz-Algorithm") {
        return writeln!(
            f,
            "5 query         the one in step 1, and &X-Amz-Signature={signature}"
        );
    }
    let authorization = signing.authorization().with_signature(&signature);
    writeln!(f, "5 header        Authorization: {authorization}")
}

impl fmt::Display for Explanation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.write(f, true)
    }
}
