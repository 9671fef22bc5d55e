//! Checks a signature as a store does: from the bytes received, with code that is independent of the crate's.

use hmac::{Hmac, KeyInit, Mac};
use sha2::{Digest, Sha256};

use super::encoding::percent_decode;
use super::server::{Received, SECRET_ACCESS_KEY};

/// Panics unless the signature of `request`, made with the tests' credentials, matches its head and body. Returns the
/// body, decoded from its chunks if it is chunked.
pub fn verify(request: &Received) -> Vec<u8> {
    let authorization = request
        .header("authorization")
        .expect("an Authorization header");
    let fields = authorization
        .strip_prefix("AWS4-HMAC-SHA256 Credential=")
        .unwrap();
    let [credential, signed_headers, signature] = fields.split(", ").collect::<Vec<_>>()[..] else {
        panic!("{authorization}")
    };
    let signed_headers = signed_headers.strip_prefix("SignedHeaders=").unwrap();
    let signature = signature.strip_prefix("Signature=").unwrap();
    let (_, scope) = credential.split_once('/').unwrap();
    let [day, region, service, "aws4_request"] = scope.split('/').collect::<Vec<_>>()[..] else {
        panic!("{scope}")
    };
    let date = request.header("x-amz-date").unwrap();
    assert!(date.starts_with(day));

    for (name, _) in &request.headers {
        let name = name.to_lowercase();
        let must_be_signed = name == "host" || name.starts_with("x-amz-") || name == "content-type";
        assert!(
            !must_be_signed || signed_headers.split(';').any(|signed| signed == name),
            "{name} is not signed"
        );
    }
    let payload_hash = request.header("x-amz-content-sha256").unwrap();
    let canonical_request = canonical_request(request, signed_headers, payload_hash);
    let mut lines = canonical_request.lines().skip(1);
    let (path, query) = parts_of_target(request);
    assert_eq!(
        lines.next(),
        Some(path),
        "the path on the wire is not the canonical one"
    );
    assert_eq!(
        lines.next(),
        Some(query),
        "the query on the wire is not the canonical one"
    );
    let string_to_sign = format!(
        "AWS4-HMAC-SHA256\n{date}\n{scope}\n{}",
        sha256(canonical_request.as_bytes())
    );
    let mut key = format!("AWS4{SECRET_ACCESS_KEY}").into_bytes();
    for part in [day, region, service, "aws4_request"] {
        key = hmac(&key, part);
    }
    assert_eq!(
        hex::encode(hmac(&key, &string_to_sign)),
        signature,
        "the signature of\n{canonical_request}"
    );

    match payload_hash {
        "UNSIGNED-PAYLOAD" => request.body.clone(),
        "STREAMING-UNSIGNED-PAYLOAD-TRAILER" => chunks(request, None),
        "STREAMING-AWS4-HMAC-SHA256-PAYLOAD" | "STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER" => {
            let previous = signature.to_owned();
            chunks(
                request,
                Some(Chain {
                    key: &key,
                    date,
                    scope,
                    previous,
                }),
            )
        }
        hash => {
            assert_eq!(sha256(&request.body), hash, "the hash of the body");
            request.body.clone()
        }
    }
}

/// The canonical request that a store computes from what it received.
pub fn canonical_request(request: &Received, signed_headers: &str, payload_hash: &str) -> String {
    let canonical_headers: String = signed_headers
        .split(';')
        .map(|name| format!("{name}:{}\n", values(request, name)))
        .collect();
    // A store decodes the path and the query and encodes them again in its own way.
    let (path, query) = parts_of_target(request);
    let path = encode(&percent_decode(path), b"/");
    let mut parameters: Vec<(String, String)> = query
        .split('&')
        .filter(|parameter| !parameter.is_empty())
        .map(|parameter| parameter.split_once('=').unwrap_or((parameter, "")))
        .map(|(name, value)| {
            let decoded = |text: &str| encode(&percent_decode(&text.replace('+', " ")), b"");
            (decoded(name), decoded(value))
        })
        .collect();
    parameters.sort();
    let canonical_query: Vec<String> = parameters
        .iter()
        .map(|(name, value)| format!("{name}={value}"))
        .collect();
    let canonical_query = canonical_query.join("&");
    format!(
        "{}\n{path}\n{canonical_query}\n{canonical_headers}\n{signed_headers}\n{payload_hash}",
        request.method
    )
}

/// The path and the query as they were received.
fn parts_of_target(request: &Received) -> (&str, &str) {
    let target = request
        .target
        .strip_prefix("http://")
        .map_or(request.target.as_str(), |rest| {
            &rest[rest.find('/').unwrap()..]
        });
    target.split_once('?').unwrap_or((target, ""))
}

/// The signatures of chunks and trailers, each of which covers the one before it.
struct Chain<'a> {
    key: &'a [u8],
    date: &'a str,
    scope: &'a str,
    previous: String,
}

impl Chain<'_> {
    fn check(&mut self, what: &str, hashes: &str, signature: &str) {
        let string_to_sign = format!(
            "AWS4-HMAC-SHA256-{what}\n{}\n{}\n{}\n{hashes}",
            self.date, self.scope, self.previous
        );
        let expected = hex::encode(hmac(self.key, &string_to_sign));
        assert_eq!(expected, signature, "the signature of\n{string_to_sign}");
        self.previous = expected;
    }
}

/// Takes a line, without its end.
fn line<'a>(rest: &mut &'a [u8]) -> &'a str {
    let end = rest.windows(2).position(|window| window == b"\r\n");
    let (line, tail) = rest.split_at(end.expect("the end of a line"));
    *rest = &tail[2..];
    std::str::from_utf8(line).unwrap()
}

/// Decodes the chunks. With a chain they are signed.
fn chunks(request: &Received, mut chain: Option<Chain<'_>>) -> Vec<u8> {
    let encoding = request.header("content-encoding").unwrap();
    assert!(encoding.starts_with("aws-chunked"), "{encoding}");
    let mut rest = request.body.as_slice();
    let mut body = Vec::new();
    loop {
        let header = line(&mut rest);
        let (size, signature) = match &chain {
            Some(_) => header.split_once(";chunk-signature=").unwrap(),
            None => (header, ""),
        };
        let size = usize::from_str_radix(size, 16).unwrap();
        let data = &rest[..size];
        if let Some(chain) = &mut chain {
            let hashes = format!("{}\n{}", sha256(b""), sha256(data));
            chain.check("PAYLOAD", &hashes, signature);
        }
        if size == 0 {
            break;
        }
        body.extend_from_slice(data);
        rest = &rest[size..];
        assert_eq!(line(&mut rest), "", "the end of a chunk");
    }
    let trailer = line(&mut rest);
    assert_eq!(
        trailer.split(':').next(),
        request.header("x-amz-trailer").or(Some(""))
    );
    if !trailer.is_empty() {
        if let Some(chain) = &mut chain {
            let signature = line(&mut rest).strip_prefix("x-amz-trailer-signature:");
            let hash = sha256(format!("{trailer}\n").as_bytes());
            chain.check("TRAILER", &hash, signature.unwrap());
        }
        assert_eq!(line(&mut rest), "", "the end of the trailers");
    }
    assert_eq!(rest, b"", "data after the end");
    let length = request.header("x-amz-decoded-content-length").unwrap();
    assert_eq!(length.parse::<usize>().unwrap(), body.len());
    body
}

fn values(request: &Received, name: &str) -> String {
    let of_name = request
        .headers
        .iter()
        .filter(|(known, _)| known.eq_ignore_ascii_case(name));
    let single_blanks = |value: &str| value.split_whitespace().collect::<Vec<_>>().join(" ");
    of_name
        .map(|(_, value)| single_blanks(value))
        .collect::<Vec<_>>()
        .join(",")
}

fn encode(bytes: &[u8], kept: &[u8]) -> String {
    let is_kept =
        |byte: &u8| byte.is_ascii_alphanumeric() || b"-._~".contains(byte) || kept.contains(byte);
    bytes
        .iter()
        .map(|byte| {
            if is_kept(byte) {
                char::from(*byte).to_string()
            } else {
                format!("%{byte:02X}")
            }
        })
        .collect()
}

fn sha256(data: &[u8]) -> String {
    hex::encode(Sha256::digest(data))
}

fn hmac(key: &[u8], message: &str) -> Vec<u8> {
    let mut mac = Hmac::<Sha256>::new_from_slice(key).unwrap();
    mac.update(message.as_bytes());
    mac.finalize().into_bytes().to_vec()
}
