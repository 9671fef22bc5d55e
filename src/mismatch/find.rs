//! Decides about the cause: by the error code, and by the parts in which the documents differ.

use std::time::SystemTime;

use super::documents::{CanonicalParts, StringToSignParts, is_of_chunk};
use super::echo::element;
use super::{Cause, ServerEcho, path};
use crate::error::ServiceError;
use crate::sigv4::Signing;
use crate::timestamp;
use crate::xml::Element;

/// The cause of an error response; `None` if it is not about the signature.
pub(super) fn cause(
    service: &ServiceError,
    document: Option<&Element>,
    echo: Option<&ServerEcho>,
    signing: &Signing,
) -> Option<Cause> {
    let says = |text: &str| service.message.contains(text);
    let element = |name| document.and_then(|document| element(document, name));
    let signed = &signing.string_to_sign.scope.region;
    Some(match service.code.as_str() {
        "SignatureDoesNotMatch" => echo.map_or(Cause::Unknown, |echo| of_echo(echo, signing)),
        // Garage's.
        "AccessDenied" if says("Invalid signature") => Cause::Unknown,
        "AccessDenied" if says("No such key") => Cause::UnknownAccessKey,
        "AccessDenied" if says("expired") && is_presigned(signing) => Cause::Expired,
        "AccessDenied" if says("not valid yet") => skew(service, None, signing),
        "AccessDenied" => match element("HeadersNotSigned") {
            Some(names) => Cause::UnsignedHeaders {
                names: names
                    .split(',')
                    .map(|name| name.trim().to_owned())
                    .collect(),
            },
            // MinIO's message names none.
            None if says("not signed") => Cause::UnsignedHeaders { names: Vec::new() },
            None => return None,
        },
        "RequestTimeTooSkewed" => skew(service, element("ServerTime"), signing),
        "AuthorizationHeaderMalformed"
        | "AuthorizationQueryParametersError"
        | "AuthorizationParametersError" => {
            let expected = service
                .region
                .clone()
                .or_else(|| expected(&service.message));
            match expected {
                Some(expected) if expected != *signed => Cause::WrongRegion {
                    signed: signed.clone(),
                    expected: Some(expected),
                },
                _ if says("region") => Cause::WrongRegion {
                    signed: signed.clone(),
                    expected: None,
                },
                // The endpoint is not one of S3.
                _ if says("service") => Cause::Unknown,
                _ if is_presigned(signing) => Cause::Query { parameter: None },
                _ => Cause::Authorization,
            }
        }
        "XAmzContentSHA256Mismatch" => Cause::Body,
        // The others are versitygw's and s3s's.
        "InvalidAccessKeyId" | "XAdminUserNotFound" | "NotSignedUp" => Cause::UnknownAccessKey,
        // The third is MinIO's.
        "InvalidToken" | "ExpiredToken" | "InvalidTokenId" => Cause::RejectedToken,
        "InvalidRequest" if says("Missing") && says("x-amz-content-sha256") => {
            Cause::MissingPayloadHash
        }
        _ => return None,
    })
}

/// The region that a message expects: `the region … is wrong; expecting "us-east-1"`, in either kind of quotes.
fn expected(message: &str) -> Option<String> {
    let (_, message) = message.split_once("region")?;
    let (_, rest) = message.split_once("expecting ")?;
    let mut parts = rest.split(['"', '\'']);
    let region = parts.nth(1)?;
    let is_region = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-';
    (!region.is_empty() && region.bytes().all(is_region)).then(|| region.to_owned())
}

/// By the time in the document, which is the one that the store compares with, or else by the header.
fn skew(service: &ServiceError, server_time: Option<&str>, signing: &Signing) -> Cause {
    let stated = server_time.and_then(timestamp::parse_iso);
    let signed_at = SystemTime::from(signing.string_to_sign.scope.at);
    let seconds = stated.or(service.date).map(|date| {
        let seconds =
            |duration: std::time::Duration| i64::try_from(duration.as_secs()).unwrap_or(i64::MAX);
        match signed_at.duration_since(date) {
            Ok(ahead) => seconds(ahead),
            Err(behind) => -seconds(behind.duration()),
        }
    });
    // A store allows more than a minute, so it compares with another clock.
    Cause::ClockSkew {
        seconds: seconds.filter(|seconds| seconds.unsigned_abs() > 60),
    }
}

/// By the first part in which the documents differ.
fn of_echo(echo: &ServerEcho, signing: &Signing) -> Cause {
    let string_to_sign = echo.string_to_sign().unwrap_or_default();
    if is_of_chunk(string_to_sign) {
        // A store checks the signature of the request first, so it has accepted that.
        return match signing.canonical_request.payload_hash.signs_chunks() {
            true => Cause::Body,
            false => Cause::Unknown,
        };
    }
    let is_other = |received: Option<&str>, sent: &str| {
        received.is_some_and(|received| !received.eq_ignore_ascii_case(sent))
    };
    // First, because the rest is then of another request, or signed by a proxy.
    if is_other(echo.signature(), &signing.signature.to_hex())
        || is_other(echo.access_key_id(), &signing.access_key_id)
    {
        return Cause::Authorization;
    }
    let signed = signing.canonical_request.to_string();
    let in_canonical = echo
        .canonical_request()
        // What is cut short differs in nothing else.
        .filter(|received| !signed.starts_with(received))
        .and_then(|received| {
            in_canonical_request(
                &CanonicalParts::of(&signed)?,
                &CanonicalParts::of(received)?,
            )
        });
    if let Some(cause) = in_canonical.or_else(|| in_string_to_sign(string_to_sign, signing)) {
        return cause;
    }
    // Its last line is the hash of the canonical request.
    if string_to_sign == signing.string_to_sign.to_string() {
        Cause::WrongSecret
    } else {
        Cause::Unknown
    }
}

fn in_canonical_request(
    signed: &CanonicalParts<'_>,
    received: &CanonicalParts<'_>,
) -> Option<Cause> {
    if signed.method != received.method {
        return Some(Cause::Method);
    }
    if signed.path != received.path {
        let change = path::change(signed.path, received.path);
        return Some(Cause::Path { change });
    }
    if signed.query != received.query {
        return Some(Cause::Query {
            parameter: other_parameter(signed, received),
        });
    }
    let names = signed.headers.iter().chain(&received.headers);
    let mut names = names.map(|(name, _)| *name);
    if let Some(name) = names.find(|name| !signed.values(name).eq(received.values(name))) {
        return Some(match name {
            "host" => Cause::Host {
                received: received.values(name).next().map(str::to_owned),
            },
            name => Cause::Header {
                name: name.to_owned(),
            },
        });
    }
    if signed.signed_headers != received.signed_headers {
        return Some(Cause::Authorization);
    }
    (signed.payload_hash != received.payload_hash).then_some(Cause::PayloadHash)
}

/// The first parameter that was changed, added or removed; `None` if only their order or their form differs.
fn other_parameter(signed: &CanonicalParts<'_>, received: &CanonicalParts<'_>) -> Option<String> {
    fn count(parts: &CanonicalParts<'_>, parameter: (&str, &str)) -> usize {
        parts.parameters().filter(|one| *one == parameter).count()
    }
    let changed = |one: &(&str, &str)| count(signed, *one) != count(received, *one);
    let added = |one: &(&str, &str)| count(signed, *one) == 0;
    let mut parameters = signed.parameters();
    let found = parameters.find(changed);
    let (name, _) = found.or_else(|| received.parameters().find(added))?;
    Some(name.to_owned())
}

fn in_string_to_sign(received: &str, signing: &Signing) -> Option<Cause> {
    let text = signing.string_to_sign.to_string();
    if text.starts_with(received) {
        return None;
    }
    let received = StringToSignParts::of(received)?;
    let signed = StringToSignParts::of(&text)?;
    if signed.date != received.date {
        return Some(match is_presigned(signing) {
            true => Cause::Query {
                parameter: Some("X-Amz-Date".to_owned()),
            },
            false => Cause::Header {
                name: "x-amz-date".to_owned(),
            },
        });
    }
    let [signed_day, signed_region, signed_rest @ ..] = signed.scope;
    let [day, region, rest @ ..] = received.scope;
    if signed_region != region {
        return Some(Cause::WrongRegion {
            signed: signed_region.to_owned(),
            expected: Some(region.to_owned()),
        });
    }
    (signed_day != day || signed_rest != rest).then(|| credential(signing))
}

/// Whether the signature is in the query.
fn is_presigned(signing: &Signing) -> bool {
    let mut query = signing.canonical_request.query.iter();
    query.any(|(name, _)| name == "X-Amz-Credential")
}

/// What contains the credential scope was changed.
fn credential(signing: &Signing) -> Cause {
    match is_presigned(signing) {
        true => Cause::Query {
            parameter: Some("X-Amz-Credential".to_owned()),
        },
        false => Cause::Authorization,
    }
}
