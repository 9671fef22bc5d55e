//! The exercises of docs/signing/workbook.md, read from the document.

use sha2::{Digest, Sha256};
use slim_s3::sigv4::{AmzDate, CredentialScope, SecretAccessKey, SigningKey, StringToSign};
use slim_s3::xml::Element;

use super::server::Received;
use super::verifier;

/// One exercise, with its answer.
#[derive(Debug)]
pub struct Exercise {
    pub number: usize,
    /// The request as it was sent.
    pub request: Received,
    /// The store that rejects it, as the document names it.
    pub store: String,
    pub status: u16,
    /// The elements of the response, in order.
    pub response: Vec<(String, String)>,
    /// The canonical request that the program signed. `None` if it was the right one.
    pub signed: Option<String>,
    /// The request without the mistake.
    pub corrected: Received,
}

impl Exercise {
    pub fn element(&self, name: &str) -> Option<&str> {
        let element = self.response.iter().find(|(known, _)| known == name);
        element.map(|(_, text)| text.as_str())
    }

    /// The signature of the program, with its mistake.
    pub fn wrong_signature(&self, secret_access_key: &str) -> String {
        let received = || canonical_request(&self.request);
        let canonical = self.signed.clone().unwrap_or_else(received);
        match self.number {
            // The key is derived for the region that the store was in before.
            7 => sign(
                &canonical,
                &self.request,
                secret_access_key,
                Some("eu-central-1"),
            ),
            // The secret is read from a file that ends with a line feed.
            10 => sign(
                &canonical,
                &self.request,
                &format!("{secret_access_key}\n"),
                None,
            ),
            _ => sign(&canonical, &self.request, secret_access_key, None),
        }
    }

    /// The signature of the request without the mistake.
    pub fn right_signature(&self, secret_access_key: &str) -> String {
        let canonical = canonical_request(&self.corrected);
        sign(&canonical, &self.corrected, secret_access_key, None)
    }
}

/// The canonical request that a store computes for a request that is signed in a header or in its query.
pub fn canonical_request(request: &Received) -> String {
    let signed_headers = credential_parts(request).1;
    let payload_hash = request
        .header("x-amz-content-sha256")
        .unwrap_or("UNSIGNED-PAYLOAD");
    let canonical = verifier::canonical_request(request, &signed_headers, payload_hash);
    without_signature(&canonical)
}

/// A signature in the query is not part of what it signs.
fn without_signature(text: &str) -> String {
    match text.split_once("&X-Amz-Signature=") {
        Some((before, after)) => before.to_owned() + after.get(64..).unwrap_or_default(),
        None => text.to_owned(),
    }
}

/// The credential, the signed headers and the signature of a request.
fn credential_parts(request: &Received) -> (String, String, String) {
    let [mut credential, mut headers, mut signature] = [const { String::new() }; 3];
    let header = request.header("authorization");
    let fields: Vec<&str> = match header {
        Some(header) => header["AWS4-HMAC-SHA256 ".len()..].split(", ").collect(),
        None => request.target.split(['?', '&']).skip(1).collect(),
    };
    for field in fields {
        let (name, value) = field.split_once('=').unwrap_or((field, ""));
        match name.trim_start_matches("X-Amz-") {
            "Credential" => credential = value.replace("%2F", "/"),
            "SignedHeaders" => headers = value.to_owned(),
            "Signature" => signature = value.to_owned(),
            _ => {}
        }
    }
    (credential, headers, signature)
}

/// The signature that a request contains.
pub fn signature(request: &Received) -> String {
    credential_parts(request).2
}

/// The signature of `canonical` for the date and the credential scope of `request`, with a key for the region of that scope
/// unless another one is given.
fn sign(
    canonical: &str,
    request: &Received,
    secret_access_key: &str,
    region_of_key: Option<&str>,
) -> String {
    let credential = credential_parts(request).0;
    let [_, _, region, service, _] = credential.split('/').collect::<Vec<_>>()[..] else {
        panic!("{credential}")
    };
    let in_query = || {
        request
            .target
            .split_once("X-Amz-Date=")
            .unwrap()
            .1
            .get(..16)
    };
    let date = request.header("x-amz-date").or_else(in_query).unwrap();
    let at = AmzDate::parse(date).unwrap();
    let scope = CredentialScope::new(at, region, service);
    let string_to_sign = StringToSign {
        scope: scope.clone(),
        canonical_request_hash: hex::encode(Sha256::digest(canonical)),
    };
    let secret = SecretAccessKey::new(secret_access_key);
    let scope = CredentialScope::new(at, region_of_key.unwrap_or(region), service);
    let key = SigningKey::derive(&secret, &scope);
    key.sign(&string_to_sign).to_hex()
}

/// The request with another signature in the place of its own.
pub fn with_signature(mut request: Received, new: &str) -> Received {
    let old = signature(&request);
    request.target = request.target.replace(&old, new);
    for (_, value) in &mut request.headers {
        *value = value.replace(&old, new);
    }
    request
}

pub const ACCESS_KEY_ID: &str = "WORKBOOK";
pub const SECRET_ACCESS_KEY: &str = "meow/Purr+hiss=0123456789";

/// All exercises, with every value of the document replaced by `replace`.
pub fn exercises(replace: impl Fn(&str) -> String) -> Vec<Exercise> {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/signing/workbook.md");
    let document = std::fs::read_to_string(path).unwrap().replace('\r', "");
    for (name, value) in [
        ("access_key_id", ACCESS_KEY_ID),
        ("secret_access_key", SECRET_ACCESS_KEY),
    ] {
        let quoted = format!("\n{name}='{value}'\n");
        let is_set = document.contains(&format!("\n{name}={value}\n"));
        assert!(is_set || document.contains(&quoted), "{name}");
    }
    let (exercises, answers) = document.split_once("\n## Answers\n").unwrap();
    let exercises: Vec<&str> = exercises.split("\n## Exercise ").skip(1).collect();
    let answers: Vec<&str> = answers.split("\n### Answer ").skip(1).collect();
    assert_eq!((exercises.len(), answers.len()), (10, 10));
    let both = exercises.into_iter().zip(answers);
    (1..)
        .zip(both)
        .map(|(number, (exercise, answer))| {
            for text in [exercise, answer] {
                assert!(text.starts_with(&number.to_string()), "{text}");
            }
            let request = request(&replace(&block(exercise, "http").unwrap()));
            // Such as `versitygw returns 403 Forbidden:`.
            let returns = exercise.lines().rfind(|line| line.contains(" returns "));
            let (store, status) = returns.unwrap().split_once(" returns ").unwrap();
            let lines = replace(&block(answer, "http").unwrap());
            Exercise {
                number,
                store: store.to_owned(),
                status: status[..3].parse().unwrap(),
                response: elements(&replace(&block(exercise, "xml").unwrap())),
                signed: block(answer, "text").map(|text| replace(&text)),
                corrected: with_lines(request.clone(), &lines),
                request,
            }
        })
        .collect()
}

/// The contents of the first block in a language, without the last line feed.
fn block(text: &str, language: &str) -> Option<String> {
    let (_, after) = text.split_once(&format!("\n```{language}\n"))?;
    let (contents, _) = after.split_once("\n```").unwrap();
    Some(contents.to_owned())
}

fn request(text: &str) -> Received {
    let (head, body) = text.split_once("\n\n").unwrap_or((text, ""));
    let mut empty = Received {
        method: String::new(),
        target: String::new(),
        headers: Vec::new(),
        body: body.as_bytes().to_vec(),
    };
    empty = with_lines(empty, head);
    assert!(!empty.method.is_empty(), "{text}");
    empty
}

/// Replaces or adds a request line and headers.
fn with_lines(mut request: Received, lines: &str) -> Received {
    for line in lines.lines() {
        if let Some(line) = line.strip_suffix(" HTTP/1.1") {
            let (method, target) = line.split_once(' ').unwrap();
            (request.method, request.target) = (method.to_owned(), target.to_owned());
            continue;
        }
        let (name, value) = line.split_once(": ").unwrap();
        let value = value.to_owned();
        match request.headers.iter_mut().find(|(known, _)| known == name) {
            Some(header) => header.1 = value,
            None => request.headers.push((name.to_owned(), value)),
        }
    }
    request
}

/// Names and texts of the elements in `<Error>`.
fn elements(xml: &str) -> Vec<(String, String)> {
    let error = Element::parse(xml.as_bytes()).unwrap();
    let names = xml.split('<').filter_map(|tag| tag.split_once('>'));
    let names = names
        .map(|(name, _)| name)
        .filter(|name| !name.starts_with('/'));
    names
        .filter(|name| *name != "Error")
        .map(|name| (name.to_owned(), error.text(name).unwrap().to_owned()))
        .collect()
}
