//! The metadata service of an EC2 instance, version 2: a token by PUT, then the role, then its credentials.
//!
//! <https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/instance-metadata-v2-how-it-works.html>

use http::{HeaderValue, Method};
use zeroize::Zeroizing;

use super::chain::{Chain, Looked};
use super::environment::Environment;
use super::exchange::{body, failed, fetch, named};
use super::json;
use super::profiles::Profile;
use crate::client::credentials::Credentials;
use crate::client::endpoint::Endpoint;
use crate::error::{Error, shortened};
use crate::http::{Fetcher, HttpSettings};

const DISABLED: &str = "AWS_EC2_METADATA_DISABLED";
const ENDPOINT: &str = "AWS_EC2_METADATA_SERVICE_ENDPOINT";
const MODE: &str = "AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE";
const ROLES: &str = "/latest/meta-data/iam/security-credentials/";

/// One retry: a computer without the service must not be kept waiting.
const ATTEMPTS: u32 = 2;

/// The last place of the chain: if the service cannot be reached, nothing was found.
pub(super) async fn look(chain: &Chain, profile: &Profile<'_>) -> Result<Looked, Error> {
    let environment = &chain.environment;
    if environment.is_on(DISABLED)? {
        return Ok(Looked::nothing(format!("{DISABLED} is true")));
    }
    let service = endpoint(environment, profile)?;
    match request(&chain.http, &service).await {
        Ok(credentials) => Ok(Looked::Found(credentials)),
        Err(error) => {
            let error = named(error, "instance metadata");
            let text = error.to_string();
            let reason = text.trim_start_matches("instance metadata: ");
            Ok(Looked::Nothing(reason.to_owned(), Some(error)))
        }
    }
}

/// Whether a setting says where the service is.
pub(super) fn is_configured(
    environment: &Environment,
    profile: &Profile<'_>,
) -> Result<bool, Error> {
    let is_set = environment.variable(ENDPOINT)?.is_some();
    Ok(is_set || profile.get("ec2_metadata_service_endpoint").is_some())
}

fn endpoint(environment: &Environment, profile: &Profile<'_>) -> Result<Endpoint, Error> {
    let of_profile = |name: &str| {
        let value = profile.get(name)?.to_owned();
        Some((format!("{name} of profile {}", profile.name), value))
    };
    let variable = |name: &str| -> Result<Option<(String, String)>, Error> {
        Ok(environment
            .variable(name)?
            .map(|value| (name.to_owned(), value)))
    };
    let chosen = variable(ENDPOINT)?.or_else(|| of_profile("ec2_metadata_service_endpoint"));
    if let Some((setting, url)) = chosen {
        return Endpoint::parse(&url).map_err(|error| error.with_field(|_| setting));
    }
    let mode = variable(MODE)?.or_else(|| of_profile("ec2_metadata_service_endpoint_mode"));
    match mode {
        Some((_, mode)) if mode.eq_ignore_ascii_case("ipv6") => {
            Endpoint::parse("http://[fd00:ec2::254]")
        }
        Some((setting, mode)) if !mode.eq_ignore_ascii_case("ipv4") => Err(Error::invalid(
            &setting,
            format!("{mode:?} is not a mode"),
            "use IPv4 or IPv6",
        )),
        _ => Endpoint::parse("http://169.254.169.254"),
    }
}

async fn request(http: &HttpSettings, service: &Endpoint) -> Result<Credentials, Error> {
    let fetcher = Fetcher::local(http, service.is_https())?;
    let root = service.root();
    let url = |path: &str| format!("{}{path}", root.trim_end_matches('/'));
    let ttl = HeaderValue::from_static("21600");
    let token = send(
        &fetcher,
        Method::PUT,
        &url("/latest/api/token"),
        ("x-aws-ec2-metadata-token-ttl-seconds", ttl),
    )
    .await?;
    let mut token = HeaderValue::from_bytes(token.trim_ascii()).map_err(|_| {
        failed(
            "the service returned a token that a header cannot hold",
            None,
        )
    })?;
    token.set_sensitive(true);
    let get = async |path: &str| {
        let header = ("x-aws-ec2-metadata-token", token.clone());
        send(&fetcher, Method::GET, &url(path), header).await
    };
    let roles = get(ROLES).await?;
    let roles = String::from_utf8_lossy(&roles);
    let role = roles.lines().next().unwrap_or_default().trim();
    let is_name = |byte: u8| byte.is_ascii_alphanumeric() || b"+=,.@_-".contains(&byte);
    if role.is_empty() || !role.bytes().all(is_name) {
        let shown = shortened(role, 100);
        return Err(failed(
            format!("the service returned {shown:?} as the name of the role"),
            None,
        ));
    }
    let document = Zeroizing::new(get(&format!("{ROLES}{role}")).await?);
    let malformed = |problem| failed(format!("malformed response: {problem}"), None);
    let parsed = json::parse(&document).map_err(malformed)?;
    let code = parsed.get("Code").and_then(|code| code.as_str());
    if code.is_some_and(|code| code != "Success") {
        let reason = json::error_message(&document);
        return Err(failed(
            format!("the role {role} has no credentials{reason}"),
            None,
        ));
    }
    json::credentials(parsed, "Token").map_err(malformed)
}

async fn send(
    fetcher: &Fetcher,
    method: Method,
    url: &str,
    (name, value): (&'static str, HeaderValue),
) -> Result<Vec<u8>, Error> {
    let request = http::Request::builder()
        .method(method)
        .uri(url)
        .header(name, value)
        .body(Vec::new())
        .map_err(|error| failed("the request cannot be built", Some(error.into())))?;
    body(fetch(fetcher, ATTEMPTS, &request).await?)
}
