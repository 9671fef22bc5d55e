//! Signs a case with slim-s3.

use std::time::Duration;

use slim_s3::operation::{Effect, OperationSpec, Target};
use slim_s3::sigv4::AmzDate;
use slim_s3::{
    Addressing, Call, Client, Credentials, Error, Operation, PayloadHash, Request, Response,
};

use crate::Signed;
use crate::case::{Case, Location, Payload};

#[derive(Debug)]
struct Any;

impl Operation for Any {
    type Output = ();
    const SPEC: OperationSpec = OperationSpec::new("Any", Effect::Reads);

    fn parse(_: Response) -> Result<(), Error> {
        Ok(())
    }
}

pub fn sign(case: &Case) -> Signed {
    let signed = match case.location {
        Location::Headers => in_headers(case),
        Location::Query => in_query(case),
    };
    signed.unwrap_or_else(|error| panic!("slim-s3: {error}: {case:#?}"))
}

fn in_headers(case: &Case) -> Result<Signed, Error> {
    let mut call = call(case)?;
    call = match &case.payload {
        Payload::Bytes(_) => call,
        Payload::Unsigned => call.payload_hash(PayloadHash::Unsigned),
    };
    let request = call.sign(AmzDate::from_unix_seconds(case.seconds))?;
    let value = |name: &str| {
        let value = request.headers().get(name)?;
        Some((name.to_owned(), value.to_str().unwrap().to_owned()))
    };
    let names = [
        "authorization",
        "x-amz-content-sha256",
        "x-amz-date",
        "x-amz-security-token",
    ];
    let explanation = call.explain(AmzDate::from_unix_seconds(case.seconds))?;
    Ok(Signed {
        values: names.into_iter().filter_map(value).collect(),
        canonical_request: explanation.canonical_request().to_string(),
    })
}

fn in_query(case: &Case) -> Result<Signed, Error> {
    let mut call = call(case)?;
    let payload_hash = match &case.payload {
        Payload::Bytes(bytes) => PayloadHash::of(bytes),
        Payload::Unsigned => PayloadHash::Unsigned,
    };
    call = call.payload_hash(payload_hash);
    let at = AmzDate::from_unix_seconds(case.seconds);
    let presigned = call.presign(at, Duration::from_secs(case.expires.into()))?;

    // The URL is the canonical request's, and the signature its last parameter.
    let (place, query) = presigned.url().split_once('?').unwrap();
    let (query, _) = query.rsplit_once("&X-Amz-Signature=").unwrap();
    let (_, authority_and_path) = place.split_once("://").unwrap();
    let (host, path) = authority_and_path.split_at(authority_and_path.find('/').unwrap());
    let mut headers: Vec<(&str, &str)> = presigned.headers().chain([("host", host)]).collect();
    headers.sort();
    let lines: String = headers
        .iter()
        .map(|(name, value)| format!("{name}:{value}\n"))
        .collect();
    let names: Vec<&str> = headers.iter().map(|(name, _)| *name).collect();
    let canonical_request = format!(
        "{}\n{path}\n{query}\n{lines}\n{}\n{payload_hash}",
        presigned.method(),
        names.join(";")
    );

    let (_, query) = presigned.url().split_once('?').unwrap();
    let parameters = form_urlencoded::parse(query.as_bytes()).into_owned();
    let mut values: Vec<(String, String)> = parameters
        .filter(|(name, _)| name.starts_with("X-Amz-"))
        .collect();
    values.sort();
    Ok(Signed {
        values,
        canonical_request,
    })
}

fn call(case: &Case) -> Result<Call<Any>, Error> {
    let mut credentials = Credentials::new(&*case.access_key_id, &*case.secret_access_key);
    if let Some(token) = &case.session_token {
        credentials = credentials.with_session_token(&**token);
    }
    let addressing = if case.store.virtual_hosted {
        Addressing::VirtualHosted
    } else {
        Addressing::Path
    };
    let client = Client::builder()
        .endpoint(case.store.endpoint)
        .region(&case.region)
        .addressing(addressing)
        .credentials(credentials)
        .allow_leading_slash()
        .build()?;
    let target = match (&case.bucket, &case.key) {
        (Some(bucket), Some(key)) => Target::Object {
            bucket: bucket.clone(),
            key: key.clone(),
        },
        (Some(bucket), None) => Target::Bucket(bucket.clone()),
        _ => Target::Service,
    };
    let mut request = Request::new(case.method.clone(), target);
    request.query = case.query.clone();
    request.headers = case.headers.clone();
    if let (Payload::Bytes(bytes), Location::Headers) = (&case.payload, case.location) {
        request.body = bytes.as_slice().into();
    }
    Ok(Call::new(&client, request, Any))
}
