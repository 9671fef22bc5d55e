//! Shows how any request is signed, as text, as JSON, or as a page for a browser. Nothing is sent.
//!
//! ```text
//! cargo run --no-default-features --example explain -- GET https://examplebucket.s3.amazonaws.com/test.txt \
//!     --header 'Range: bytes=0-9' --at 20130524T000000Z
//! cargo run --no-default-features --example explain -- PUT http://127.0.0.1:9000/photos/cat.jpg \
//!     --body meow --html explained.html
//! ```
//!
//! | option | |
//! |---|---|
//! | `--header 'NAME: VALUE'` | a header; may be repeated |
//! | `--body TEXT`, `--body @FILE` | the body |
//! | `--at TIME` | sign for this time instead of now, such as `20130524T000000Z` |
//! | `--region REGION` | the region to sign for; by default `us-east-1` |
//! | `--unsigned` | the signature does not cover the body |
//! | `--presign SECONDS` | a URL that is valid for this time |
//! | `--chunks BYTES` | the body in signed chunks of this size |
//! | `--json`, `--html FILE` | another form than text |
//! | `--signature` | shows the signature; the session token and customer keys stay masked |
//! | `--keys` | the same, with the four keys that are derived from the secret access key |
//!
//! The keys come from `AWS_ACCESS_KEY_ID`, `AWS_SECRET_ACCESS_KEY` and `AWS_SESSION_TOKEN`. Without them, those of AWS's
//! published examples sign.

#![allow(clippy::print_stderr)]

use std::error::Error;
use std::io::{ErrorKind, Write};
use std::process::ExitCode;
use std::str::FromStr;
use std::time::Duration;

use http::Method;
use slim_s3::operation::{Effect, OperationSpec, Target};
use slim_s3::sigv4::uri_decode;
use slim_s3::{AmzDate, Call, Client, Credentials, Operation, PayloadHash, Request, Response};

const USAGE: &str = "usage: explain METHOD URL [--header 'NAME: VALUE'] [--body TEXT|@FILE] [--at TIME] [--region REGION] \
    [--unsigned | --presign SECONDS | --chunks BYTES] [--json | --html FILE] [--signature | --keys]";

/// Any request.
#[derive(Debug)]
struct AnyRequest;

impl Operation for AnyRequest {
    type Output = Response;
    const SPEC: OperationSpec = OperationSpec::new("Request", Effect::Writes).not_idempotent();

    fn parse(response: Response) -> Result<Response, slim_s3::Error> {
        Ok(response)
    }
}

#[derive(Default)]
struct Options {
    headers: Vec<(String, String)>,
    body: Vec<u8>,
    at: Option<AmzDate>,
    region: Option<String>,
    is_unsigned: bool,
    presign: Option<Duration>,
    chunk_size: Option<u32>,
    json: bool,
    html: Option<String>,
    shows_signature: bool,
    shows_keys: bool,
}

fn main() -> ExitCode {
    match explain() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("explain: {error}");
            ExitCode::FAILURE
        }
    }
}

fn explain() -> Result<(), Box<dyn Error>> {
    let arguments = std::env::args_os().skip(1);
    let arguments = arguments.map(|argument| argument.into_string());
    let arguments: Result<Vec<String>, _> = arguments.collect();
    let arguments = arguments.map_err(|argument| format!("{argument:?} is not UTF-8"))?;
    let mut arguments = arguments.into_iter();
    let (Some(method), Some(url)) = (arguments.next(), arguments.next()) else {
        return Err(USAGE.into());
    };
    let options = options(arguments)?;
    let credentials = credentials();
    let (endpoint, target, query) = parts(&url)?;
    let region = options.region.as_deref().unwrap_or("us-east-1");
    let s3 = Client::builder()
        .endpoint(&endpoint)
        .region(region)
        .credentials(credentials.clone())
        .build()?;

    let method = Method::from_bytes(method.as_bytes());
    let method = method.map_err(|_| "the method is not a token of HTTP")?;
    let mut request = Request::new(method, target).with_body(options.body.clone().into());
    request.query = query;
    let mut call = Call::new(&s3, request, AnyRequest);
    for (name, value) in &options.headers {
        call = call.header(name, value);
    }
    if options.is_unsigned {
        call = call.payload_hash(PayloadHash::Unsigned);
    }
    let at = options.at.unwrap_or_else(|| s3.now());
    let explanation = match (options.presign, options.chunk_size) {
        (Some(expires), _) => call.explain_presigned(at, expires)?,
        (None, Some(bytes)) => call.chunk_size(bytes).explain_chunked(at)?,
        (None, None) => call.explain(at)?,
    };
    let view = match (options.shows_keys, options.shows_signature) {
        (true, _) => explanation.with_signature().with_keys(&credentials),
        (_, true) => explanation.with_signature(),
        _ => explanation.masked(),
    };
    let text = match &options.html {
        Some(path) => {
            return std::fs::write(path, view.to_html())
                .map_err(|error| format!("{path}: {error}").into());
        }
        None if options.json => view.to_json() + "\n",
        None => view.to_string(),
    };
    match std::io::stdout().write_all(text.as_bytes()) {
        // The reader has seen enough.
        Err(error) if error.kind() == ErrorKind::BrokenPipe => Ok(()),
        written => Ok(written?),
    }
}

fn options(mut arguments: impl Iterator<Item = String>) -> Result<Options, Box<dyn Error>> {
    let mut options = Options::default();
    while let Some(option) = arguments.next() {
        let mut value = || arguments.next().ok_or(USAGE);
        match option.as_str() {
            "--header" => {
                let header = value()?;
                let (name, value) = header.split_once(':').ok_or(USAGE)?;
                options
                    .headers
                    .push((name.trim().into(), value.trim().into()));
            }
            "--body" => {
                let body = value()?;
                options.body = match body.strip_prefix('@') {
                    Some(path) => {
                        std::fs::read(path).map_err(|error| format!("{path}: {error}"))?
                    }
                    None => body.into_bytes(),
                };
            }
            "--at" => options.at = Some(AmzDate::parse(&value()?).ok_or(USAGE)?),
            "--region" => options.region = Some(value()?),
            "--unsigned" => options.is_unsigned = true,
            "--presign" => options.presign = Some(Duration::from_secs(number(value()?)?)),
            "--chunks" => options.chunk_size = Some(number(value()?)?),
            "--json" => options.json = true,
            "--html" => options.html = Some(value()?),
            "--signature" => options.shows_signature = true,
            "--keys" => options.shows_keys = true,
            _ => return Err(USAGE.into()),
        }
    }
    Ok(options)
}

fn number<N: FromStr>(text: String) -> Result<N, String> {
    let number = text.parse();
    number.map_err(|_| format!("{text:?} is not a number that is small enough"))
}

fn credentials() -> Credentials {
    let variable = |name| std::env::var(name).ok().filter(|value| !value.is_empty());
    let (id, secret) = (
        variable("AWS_ACCESS_KEY_ID"),
        variable("AWS_SECRET_ACCESS_KEY"),
    );
    let Some((id, secret)) = id.zip(secret) else {
        let secret = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY";
        return Credentials::new("AKIAIOSFODNN7EXAMPLE", secret);
    };
    match variable("AWS_SESSION_TOKEN") {
        Some(token) => Credentials::new(id, secret).with_session_token(token),
        None => Credentials::new(id, secret),
    }
}

type Parts = (String, Target, Vec<(String, String)>);

/// The endpoint, the bucket and the key, and the query of a URL in path style, or of a bucket on AWS.
fn parts(url: &str) -> Result<Parts, Box<dyn Error>> {
    let (scheme, rest) = url.split_once("://").ok_or(USAGE)?;
    let (place, query) = rest.split_once('?').unwrap_or((rest, ""));
    let (host, path) = place.split_once('/').unwrap_or((place, ""));
    let path = decoded(path)?;
    let (host, bucket, key) = match host.split_once(".s3.") {
        Some((bucket, rest)) if rest.ends_with("amazonaws.com") => {
            (["s3.", rest].concat(), bucket.to_owned(), path)
        }
        _ => {
            let (bucket, key) = path.split_once('/').unwrap_or((&path, ""));
            (host.to_owned(), bucket.to_owned(), key.to_owned())
        }
    };
    let target = match (bucket.is_empty(), key.is_empty()) {
        (true, _) => Target::Service,
        (false, true) => Target::Bucket(bucket),
        (false, false) => Target::Object { bucket, key },
    };
    let mut parameters = Vec::new();
    for parameter in query.split('&').filter(|parameter| !parameter.is_empty()) {
        let (name, value) = parameter.split_once('=').unwrap_or((parameter, ""));
        parameters.push((decoded(name)?, decoded(value)?));
    }
    Ok((format!("{scheme}://{host}"), target, parameters))
}

fn decoded(text: &str) -> Result<String, String> {
    uri_decode(text).ok_or_else(|| format!("{text:?} is not percent-encoded UTF-8"))
}
