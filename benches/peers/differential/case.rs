//! Random requests.

use fastrand::Rng;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

/// One request, before it is encoded and signed.
#[derive(Debug)]
pub struct Case {
    pub location: Location,
    pub store: Store,
    pub method: http::Method,
    /// `None` for the store itself.
    pub bucket: Option<String>,
    /// `None` for the bucket itself.
    pub key: Option<String>,
    pub query: Vec<(String, String)>,
    pub headers: Vec<(String, String)>,
    pub payload: Payload,
    pub access_key_id: String,
    pub secret_access_key: String,
    pub session_token: Option<String>,
    pub region: String,
    /// Since 1970.
    pub seconds: u64,
    /// For a signature in the query.
    pub expires: u32,
}

/// Where the signature goes.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Location {
    Headers,
    Query,
}

#[derive(Debug)]
pub enum Payload {
    Bytes(Vec<u8>),
    Unsigned,
}

/// A store's URL, and how it is addressed.
#[derive(Clone, Copy, Debug)]
pub struct Store {
    pub endpoint: &'static str,
    pub virtual_hosted: bool,
}

const STORES: [Store; 7] = [
    path_style("http://127.0.0.1:9000"),
    path_style("http://localhost"),
    path_style("http://store.example.com:80"),
    path_style("https://s3.example.com:443"),
    path_style("https://s3.example.com:8443/some/prefix"),
    Store {
        endpoint: "https://s3.example.com",
        virtual_hosted: true,
    },
    Store {
        endpoint: "https://s3.eu-central-1.amazonaws.com",
        virtual_hosted: true,
    },
];

const fn path_style(endpoint: &'static str) -> Store {
    Store {
        endpoint,
        virtual_hosted: false,
    }
}

/// Names that sort differently before and after encoding, are prefixes of each other, or contain separators.
const PARAMETERS: [&str; 20] = [
    "prefix",
    "delimiter",
    "list-type",
    "max-keys",
    "uploads",
    "versioning",
    "partNumber",
    "response-content-type",
    "a",
    "A",
    "a-",
    "a0",
    "a b",
    "a=b",
    "a&b",
    "a+b",
    "a%20b",
    "é",
    "日本",
    "~",
];

/// Headers that slim-s3 signs.
const SIGNED: [&str; 18] = [
    "Content-Type",
    "content-md5",
    "Range",
    "If-Match",
    "if-none-match",
    "IF-MODIFIED-SINCE",
    "If-Unmodified-Since",
    "Date",
    "x-amz-acl",
    "X-Amz-Meta-Name",
    "x-amz-meta-name2",
    "X-AMZ-META-Name-3",
    "x-amz-meta-a",
    "x-amz-meta-a-b",
    "x-amz-tagging",
    "x-amz-storage-class",
    "X-Amz-Server-Side-Encryption",
    "x-amz-website-redirect-location",
];

/// Headers that slim-s3 signs only in a presigned request, because proxies change them. aws-sigv4 would sign all but
/// `user-agent`, so it gets this list.
pub const UNSIGNED: [&str; 8] = [
    "accept-encoding",
    "cache-control",
    "content-disposition",
    "content-encoding",
    "content-language",
    "expires",
    "user-agent",
    "x-custom",
];

impl Case {
    pub fn random(rng: &mut Rng) -> Case {
        let location = if rng.bool() {
            Location::Headers
        } else {
            Location::Query
        };
        let store = choose(rng, &STORES);
        let bucket = (store.virtual_hosted || rng.u8(..) > 8).then(|| bucket(rng));
        let key = (bucket.is_some() && rng.u8(..) > 32).then(|| key(rng, location));
        let payload = match rng.u8(..3) {
            0 => Payload::Unsigned,
            1 => Payload::Bytes(Vec::new()),
            _ => Payload::Bytes((0..rng.usize(..300)).map(|_| rng.u8(..)).collect()),
        };
        Case {
            location,
            store,
            method: choose(
                rng,
                &[
                    http::Method::GET,
                    http::Method::PUT,
                    http::Method::POST,
                    http::Method::HEAD,
                    http::Method::DELETE,
                ],
            ),
            bucket,
            key,
            query: query(rng),
            headers: headers(rng),
            payload,
            access_key_id: graphic(rng, 4..40, |c| !matches!(c, '/' | ',')),
            secret_access_key: graphic(rng, 1..100, |_| true),
            session_token: rng.bool().then(|| graphic(rng, 1..400, |_| true)),
            region: region(rng),
            seconds: rng.u64(..4_102_444_800), // until 2100
            expires: rng.u32(1..=604_800),
        }
    }

    /// The URL as the caller of aws-sigv4 writes it. Encoded by another crate than ours; the query is not sorted, and encoded
    /// as a form, because aws-sigv4 decodes it.
    pub fn url(&self) -> String {
        let (scheme, rest) = self.store.endpoint.split_once("://").unwrap();
        let (host, prefix) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
        let mut url = format!("{scheme}://");
        match &self.bucket {
            Some(bucket) if self.store.virtual_hosted => url += &format!("{bucket}.{host}{prefix}"),
            Some(bucket) => url += &format!("{host}{prefix}/{}", encoded(bucket)),
            None => url += &format!("{host}{prefix}"),
        }
        match &self.key {
            Some(key) => url += &format!("/{}", encoded(key)),
            None if self.store.virtual_hosted => url += "/",
            None => {}
        }
        if !self.query.is_empty() {
            let mut query = form_urlencoded::Serializer::new(String::new());
            url += &format!("?{}", query.extend_pairs(&self.query).finish());
        }
        url
    }
}

fn encoded(path: &str) -> String {
    const KEPT: &AsciiSet = &NON_ALPHANUMERIC
        .remove(b'-')
        .remove(b'.')
        .remove(b'_')
        .remove(b'~')
        .remove(b'/');
    utf8_percent_encode(path, KEPT).to_string()
}

fn choose<T: Clone>(rng: &mut Rng, values: &[T]) -> T {
    rng.choice(values).unwrap().clone()
}

fn bucket(rng: &mut Rng) -> String {
    let letters = "abcdefghijklmnopqrstuvwxyz0123456789-";
    let inner: String = (0..rng.usize(1..20))
        .map(|_| choose(rng, &letters.chars().collect::<Vec<_>>()))
        .collect();
    format!("b{inner}0")
}

fn key(rng: &mut Rng, location: Location) -> String {
    let mut key = text(rng, 60);
    if location == Location::Query {
        // slim-s3 does not presign a key with a dot segment, because browsers remove it. It signs one in headers.
        let segments = key.split('/').map(|segment| match segment {
            "." | ".." => "dots",
            segment => segment,
        });
        key = segments.collect::<Vec<_>>().join("/");
    }
    // A key must not be empty.
    key.push(choose(rng, &['k', '/', ' ', '+', 'é', '%']));
    key
}

/// Text with characters that must be encoded, control characters, and characters of up to four bytes.
fn text(rng: &mut Rng, longest: usize) -> String {
    const PIECES: [&str; 16] = [
        "%2F", "%", "//", "/", "/./", "/../", "..", "+", " ", "  ", "é", "e\u{301}", "日本", "😀",
        "\u{a0}", "\u{7f}",
    ];
    let mut text = String::new();
    for _ in 0..rng.usize(..=longest) {
        match rng.u8(..8) {
            0 => text.push_str(choose(rng, &PIECES)),
            1 => text.push(rng.char('\0'..=' ')),
            2 => text.push(rng.char('\u{80}'..)),
            3 | 4 => text.push(rng.char('!'..='~')),
            _ => text.push(rng.alphanumeric()),
        }
    }
    text
}

fn query(rng: &mut Rng) -> Vec<(String, String)> {
    let count = rng.usize(..6);
    let parameter = |_| {
        // Some names occur twice.
        let name = match rng.u8(..4) {
            0 => text(rng, 6),
            _ => choose(rng, &PARAMETERS).to_owned(),
        };
        let value = if rng.u8(..4) == 0 {
            String::new()
        } else {
            text(rng, 20)
        };
        (name, value)
    };
    (0..count).map(parameter).collect()
}

/// Each name once: servers interpret repeated headers differently, so slim-s3 rejects them.
fn headers(rng: &mut Rng) -> Vec<(String, String)> {
    let mut names: Vec<&str> = [&SIGNED[..], &UNSIGNED[..]].concat();
    rng.shuffle(&mut names);
    names.truncate(rng.usize(..8));
    names
        .into_iter()
        .map(|name| (name.to_owned(), header_value(rng, name)))
        .collect()
}

fn header_value(rng: &mut Rng, name: &str) -> String {
    if name == "Range" {
        // slim-s3 rejects an empty range.
        let first = rng.u32(..1000);
        return format!("bytes={first}-{}", first + rng.u32(..1000));
    }
    // Spaces, but no tabs: slim-s3 rejects control characters, and aws-sigv4 collapses only spaces.
    let mut value = " ".repeat(rng.usize(..3));
    for _ in 0..rng.usize(1..5) {
        value += &graphic(rng, 1..12, |_| true);
        value += &" ".repeat(rng.usize(..4));
    }
    value
}

/// Printable ASCII without spaces.
fn graphic(rng: &mut Rng, lengths: std::ops::Range<usize>, is_allowed: fn(char) -> bool) -> String {
    let length = rng.usize(lengths);
    std::iter::repeat_with(|| rng.char('!'..='~'))
        .filter(|c| is_allowed(*c))
        .take(length)
        .collect()
}

fn region(rng: &mut Rng) -> String {
    match rng.u8(..4) {
        0 => (0..rng.usize(1..20)).map(|_| rng.lowercase()).collect(),
        _ => choose(
            rng,
            &[
                "us-east-1",
                "eu-central-1",
                "auto",
                "garage",
                "us-gov-west-1",
            ],
        )
        .to_owned(),
    }
}
