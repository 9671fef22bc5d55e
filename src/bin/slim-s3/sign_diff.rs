//! What `sign --send` and `sign --diff` print about a signature that was rejected.

use bytes::Bytes;
use serde_json::{Value, json};
use slim_s3::mismatch::{Cause, Document, ServerEcho};
use slim_s3::{AmzDate, Call, Error, Operation, SignatureMismatch};

use crate::failure::Failure;
use crate::output::Output;
use crate::sign::AnyRequest;
use crate::stdio::read_stdin;

/// Reads the error response that a store has sent: its body.
pub async fn read(path: &str) -> Result<Bytes, Failure> {
    if path == "-" {
        return Ok(read_stdin().await?.into());
    }
    let read = std::fs::read(path);
    let bytes = read.map_err(|error| Failure::local(path, "cannot be read", &error))?;
    Ok(bytes.into())
}

/// The time in the string to sign of the store: the request was signed then, not now.
pub fn date(body: &[u8]) -> Option<AmzDate> {
    let echo = ServerEcho::parse(body)?;
    AmzDate::parse(echo.string_to_sign()?.lines().nth(1)?)
}

/// Prints how a request differs from the one in an error response.
pub fn run(
    output: Output,
    path: &str,
    body: Bytes,
    call: &Call<AnyRequest>,
    at: AmzDate,
) -> Result<(), Failure> {
    let explanation = call.explain(at)?;
    let signing = explanation.signing().ok_or_else(|| {
        Failure::Usage("--diff: an anonymous request has no signature".to_owned())
    })?;
    // The status is that of a rejected signature: a body alone has none.
    let mut response = http::Response::new(body);
    *response.status_mut() = http::StatusCode::FORBIDDEN;
    let mismatch = match AnyRequest::parse_http(call.request(), response) {
        Ok(_) => None,
        Err(error) => error.signature_mismatch_of(signing),
    };
    let mismatch = mismatch.ok_or_else(|| {
        Failure::Local(format!("{path}: not an error response about a signature"))
    })?;
    match output.json {
        true => output.object(&json_of(&mismatch)),
        false => output.data(&mismatch.to_string()),
    }
}

fn json_of(mismatch: &SignatureMismatch) -> Value {
    let difference = mismatch.difference().map(|difference| {
        json!({
            "document": match difference.document {
                Document::StringToSign => "string_to_sign",
                _ => "canonical_request",
            },
            "line": difference.line,
            "byte": difference.byte,
            "signed": difference.signed,
            "received": difference.received,
        })
    });
    json!({
        "cause": mismatch.cause().to_string(),
        "remedy": mismatch.cause().remedy(),
        "difference": difference,
    })
}

/// The cause of a rejected signature, where it is certain.
pub fn certain_cause(error: &Error) -> Option<Cause> {
    let mismatch = error.signature_mismatch()?;
    Some(mismatch.cause().clone()).filter(|cause| *cause != Cause::Unknown)
}

/// What to add to the line of an error: its cause and the remedy.
pub fn addition(error: &Error) -> Option<String> {
    let cause = certain_cause(error)?;
    let remedy = cause.remedy();
    Some(match cause {
        // The line names it.
        Cause::WrongSecret | Cause::ClockSkew { .. } | Cause::Body => format!("; {remedy}"),
        cause => format!("; {cause}; {remedy}"),
    })
}
