//! `sign`: shows how any request is signed, and sends it.

use std::io::Write as _;
use std::time::{Duration, SystemTime};

use clap::Args;
use slim_s3::mismatch::Cause;
use slim_s3::operation::{Effect, OperationSpec};
use slim_s3::{
    AmzDate, Call, Client, ClientBuilder, Credentials, Error, Operation, PayloadHash,
    PresignedRequest, Request, Response,
};

use crate::connect::Global;
use crate::failure::Failure;
use crate::object_options::header;
use crate::output::{print, to_stderr};
use crate::session::Session;
use crate::sign_diff;
use crate::sign_show::{Show, Signed, show};
use crate::sign_target::{SignTarget, parse};
use crate::stdio::read_stdin;
use crate::units;

/// Show how a request is signed
#[derive(Args, Clone, Debug)]
#[command(
    visible_alias = "explain",
    after_help = "\
Example:
  slim-s3 sign -X PUT --body @hello s3://photos/note.txt
  slim-s3 sign --show curl 'http://127.0.0.1:9000/photos?list-type=2'"
)]
pub struct Sign {
    /// s3://BUCKET/KEY, or the URL of a request
    #[arg(value_name = "TARGET")]
    target: String,
    /// The method
    #[arg(short = 'X', long, value_name = "METHOD", default_value = "GET")]
    method: String,
    /// A header
    #[arg(short = 'H', long, value_name = "NAME: VALUE", value_parser = header)]
    header: Vec<(String, String)>,
    /// The body: a file, - for standard input, or @ and a text
    #[arg(long, value_name = "FILE|-|@TEXT")]
    body: Option<String>,
    /// The body is signed, unsigned, or has this SHA-256
    #[arg(long, value_name = "HOW", default_value = "signed", value_parser = payload)]
    payload: Payload,
    /// Sign for this time instead of now, such as 20260102T030405Z
    #[arg(long, value_name = "TIME", value_parser = date)]
    date: Option<AmzDate>,
    /// What to print: text, json, html, curl or header
    #[arg(
        long,
        value_name = "FORM",
        default_value = "text",
        hide_possible_values = true
    )]
    show: Show,
    /// Show the keys that are derived from the secret access key, too
    #[arg(long)]
    keys: bool,
    /// Sign in the query, for a URL that works without keys
    #[arg(long, conflicts_with_all = ["body", "send"])]
    query: bool,
    /// How long the URL works [default: 1h]
    #[arg(long, value_name = "TIME", requires = "query", value_parser = units::limit)]
    expires: Option<Duration>,
    /// Send the request, and print the response
    #[arg(long, conflicts_with = "show")]
    send: bool,
    /// Compare with what an error response quotes: its body
    #[arg(long, value_name = "FILE|-", conflicts_with_all = ["show", "send", "keys"])]
    diff: Option<String>,
}

#[derive(Clone, Copy, Debug)]
enum Payload {
    Signed,
    Chosen(PayloadHash),
}

/// Any request, whose response is returned as it is.
#[derive(Debug)]
pub struct AnyRequest;

impl Operation for AnyRequest {
    type Output = Response;
    const SPEC: OperationSpec = OperationSpec::new("Request", Effect::Writes)
        .streams_body()
        .not_idempotent();

    fn parse(response: Response) -> Result<Response, Error> {
        Ok(response)
    }
}

impl Sign {
    /// A client for the store of the target, with the date of the option.
    pub async fn client(&self, global: &Global) -> Result<(Client, Option<Credentials>), Failure> {
        let SignTarget { endpoint, .. } = parse(&self.target)?;
        let finished = |mut builder: ClientBuilder| {
            if let Some(endpoint) = &endpoint {
                builder = builder.endpoint(endpoint);
            }
            if let Some(date) = self.date {
                builder = builder.clock(move || SystemTime::from(date));
            }
            builder.build()
        };
        let client = finished(global.builder().await?)?;
        let Some(credentials) = client.credentials().await? else {
            return Ok((client, None));
        };
        // Explaining does not wait for credentials that come from elsewhere.
        let client = finished(global.settings()?.credentials(credentials.clone()))?;
        Ok((client, Some(credentials)))
    }

    pub async fn run(
        self,
        session: &Session,
        credentials: Option<Credentials>,
    ) -> Result<(), Failure> {
        let client = &session.client;
        let call = self.call(client, self.read_body().await?)?;
        if let Some(path) = &self.diff {
            let body = sign_diff::read(path).await?;
            let at = self.date.or_else(|| sign_diff::date(&body));
            let at = at.unwrap_or_else(|| client.now());
            return sign_diff::run(session.output, path, body, &call, at);
        }
        let at = self.date.unwrap_or_else(|| client.now());
        let (explanation, request) = match self.query {
            true => {
                let expires = self.expires.unwrap_or(Duration::from_secs(3600));
                let link = call.presign(at, expires)?;
                (call.explain_presigned(at, expires)?, request_of(&link)?)
            }
            false => (call.explain(at)?, call.sign(at)?),
        };
        let signed = Signed {
            explanation,
            request,
            keys: credentials.filter(|_| self.keys),
            body: self.body.clone(),
        };
        if self.send {
            return self.send(session, call, &signed).await;
        }
        let form = match session.output.json {
            true => Show::Json,
            false => self.show,
        };
        session.output.data(&show(&signed, form))
    }

    fn call(&self, client: &Client, body: Vec<u8>) -> Result<Call<AnyRequest>, Failure> {
        let method = http::Method::from_bytes(self.method.as_bytes());
        let method =
            method.map_err(|_| Failure::Usage(format!("{:?}: not a method", self.method)))?;
        let SignTarget { target, query, .. } = parse(&self.target)?;
        let mut request = Request::new(method, target).with_body(body.into());
        request.query = query;
        let mut call = Call::new(client, request, AnyRequest);
        for (name, value) in &self.header {
            call = call.header(name, value);
        }
        if let Payload::Chosen(hash) = self.payload {
            call = call.payload_hash(hash);
        }
        Ok(call)
    }

    async fn send(
        &self,
        session: &Session,
        call: Call<AnyRequest>,
        signed: &Signed,
    ) -> Result<(), Failure> {
        let response = match call.send().await {
            Ok(response) => response,
            Err(error) => {
                if !session.output.json {
                    self.explain_failure(&session.client, signed, &error).await;
                }
                return Err(error.into());
            }
        };
        if !session.output.quiet && !session.output.json {
            to_stderr(&format!(
                "{:?} {}",
                http::Version::HTTP_11,
                response.status()
            ));
            for (name, value) in response.headers() {
                to_stderr(&format!(
                    "{name}: {}",
                    String::from_utf8_lossy(value.as_bytes())
                ));
            }
        }
        let mut body = response.into_body();
        while let Some(chunk) = body.chunk().await? {
            print(&chunk)?;
        }
        Ok(())
    }

    /// Shows what was signed, and why the store has rejected the signature.
    async fn explain_failure(&self, client: &Client, signed: &Signed, error: &Error) {
        let Some(mismatch) = error.signature_mismatch() else {
            return;
        };
        let text = if mismatch.echo().is_some() {
            mismatch.to_string()
        } else {
            show(signed, Show::Text)
        };
        let _ = std::io::stderr().write_all(text.as_bytes());
        if *mismatch.cause() == Cause::Unknown
            && let Ok(call) = self.call(client, Vec::new())
        {
            match client.diagnose(call).await {
                Ok(diagnosis) => to_stderr(diagnosis.to_string().trim_end()),
                Err(error) => to_stderr(&error.to_string()),
            }
        }
    }

    async fn read_body(&self) -> Result<Vec<u8>, Failure> {
        match self.body.as_deref() {
            None => Ok(Vec::new()),
            Some("-") => read_stdin().await,
            Some(body) => match body.strip_prefix('@') {
                Some(text) => Ok(text.as_bytes().to_vec()),
                None => std::fs::read(body)
                    .map_err(|error| Failure::local(body, "cannot be read", &error)),
            },
        }
    }
}

/// What the holder of a URL sends.
fn request_of(link: &PresignedRequest) -> Result<http::Request<bytes::Bytes>, Failure> {
    let mut request = http::Request::builder()
        .method(link.method())
        .uri(link.url());
    for (name, value) in link.headers() {
        request = request.header(name, value);
    }
    let request = request.body(bytes::Bytes::new());
    request.map_err(|error| Failure::Usage(format!("not a request: {error}")))
}

fn payload(text: &str) -> Result<Payload, String> {
    let digest = || -> Option<[u8; 32]> { hex::decode(text).ok()?.try_into().ok() };
    match text {
        "signed" => Ok(Payload::Signed),
        "unsigned" => Ok(Payload::Chosen(PayloadHash::Unsigned)),
        _ => digest()
            .map(|digest| Payload::Chosen(PayloadHash::Sha256(digest)))
            .ok_or_else(|| "expected signed, unsigned, or a SHA-256 of 64 hex digits".to_owned()),
    }
}

fn date(text: &str) -> Result<AmzDate, String> {
    AmzDate::parse(text).ok_or_else(|| "expected a time such as 20260102T030405Z".to_owned())
}
