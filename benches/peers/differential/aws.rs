//! Signs a case with aws-sigv4, with the settings that AWS's SDK has for S3.

use std::fmt::Debug;
use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime};

use aws_credential_types::Credentials;
use aws_sigv4::http_request::{
    PayloadChecksumKind, PercentEncodingMode, SignableBody, SignableRequest, SignatureLocation,
    SigningSettings, UriPathNormalizationMode, sign as aws_sign,
};
use aws_sigv4::sign::v4::SigningParams;
use slim_s3::PayloadHash;
use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Metadata, Subscriber};

use crate::Signed;
use crate::case::{Case, Location, Payload, UNSIGNED};

pub fn sign(case: &Case) -> Signed {
    let credentials = Credentials::new(
        &*case.access_key_id,
        &*case.secret_access_key,
        case.session_token.clone(),
        None,
        "differential",
    );
    let identity = credentials.into();
    let mut settings = SigningSettings::default();
    settings.percent_encoding_mode = PercentEncodingMode::Single;
    settings.uri_path_normalization_mode = UriPathNormalizationMode::Disabled;
    settings.payload_checksum_kind = PayloadChecksumKind::XAmzSha256;
    match case.location {
        Location::Headers => settings.excluded_headers = Some(UNSIGNED.map(Into::into).to_vec()),
        Location::Query => {
            settings.signature_location = SignatureLocation::QueryParams;
            settings.expires_in = Some(Duration::from_secs(case.expires.into()));
            settings.excluded_headers = None;
        }
    }
    let params = SigningParams::builder()
        .identity(&identity)
        .region(&case.region)
        .name("s3")
        .time(SystemTime::UNIX_EPOCH + Duration::from_secs(case.seconds))
        .settings(settings)
        .build()
        .unwrap()
        .into();

    let mut headers: Vec<(&str, &str)> = case
        .headers
        .iter()
        .map(|(name, value)| (name.as_str(), value.as_str()))
        .collect();
    let hash;
    let body = match &case.payload {
        Payload::Unsigned => SignableBody::UnsignedPayload,
        Payload::Bytes(bytes) => {
            if case.location == Location::Query {
                // aws-sigv4 adds this header only to requests that are signed in headers.
                hash = PayloadHash::of(bytes).to_string();
                headers.push(("x-amz-content-sha256", &hash));
            }
            SignableBody::Bytes(bytes)
        }
    };
    let request =
        SignableRequest::new(case.method.as_str(), case.url(), headers.into_iter(), body).unwrap();

    let printed = CanonicalRequest::default();
    let (instructions, _) =
        tracing::subscriber::with_default(printed.clone(), || aws_sign(request, &params).unwrap())
            .into_parts();
    let headers = instructions
        .headers()
        .map(|(name, value)| (name.to_owned(), value.to_owned()));
    let parameters = instructions
        .params()
        .iter()
        .map(|(name, value)| (name.to_string(), value.to_string()));
    let mut values: Vec<(String, String)> = headers.chain(parameters).collect();
    values.sort();
    let canonical_request = printed.0.lock().unwrap().clone();
    Signed {
        values,
        canonical_request,
    }
}

/// aws-sigv4 returns no canonical request, but traces it, with the session token redacted.
#[derive(Clone, Default)]
struct CanonicalRequest(Arc<Mutex<String>>);

impl Subscriber for CanonicalRequest {
    fn enabled(&self, _: &Metadata<'_>) -> bool {
        true
    }

    fn new_span(&self, _: &Attributes<'_>) -> Id {
        Id::from_u64(1)
    }

    fn record(&self, _: &Id, _: &Record<'_>) {}

    fn record_follows_from(&self, _: &Id, _: &Id) {}

    fn event(&self, event: &Event<'_>) {
        event.record(&mut self.clone());
    }

    fn enter(&self, _: &Id) {}

    fn exit(&self, _: &Id) {}
}

impl Visit for CanonicalRequest {
    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        if field.name() == "canonical_request" {
            *self.0.lock().unwrap() = format!("{value:?}");
        }
    }
}
