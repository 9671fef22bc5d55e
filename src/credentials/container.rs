//! The credentials service of a container: of ECS, of EKS Pod Identity, and of others that set the same variables.
//!
//! <https://docs.aws.amazon.com/sdkref/latest/guide/feature-container-credentials.html>

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use http::{HeaderValue, Uri};
use zeroize::Zeroizing;

use super::chain::{Chain, Looked};
use super::environment::Environment;
use super::exchange::{body, failed, fetch, named};
use super::json;
use crate::client::credentials::Credentials;
use crate::error::Error;
use crate::http::{Fetcher, HttpSettings};

const RELATIVE: &str = "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI";
const FULL: &str = "AWS_CONTAINER_CREDENTIALS_FULL_URI";
const TOKEN_FILE: &str = "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE";
const TOKEN: &str = "AWS_CONTAINER_AUTHORIZATION_TOKEN";

/// The address of ECS, and the two of EKS.
const ECS: Ipv4Addr = Ipv4Addr::new(169, 254, 170, 2);
const EKS: Ipv4Addr = Ipv4Addr::new(169, 254, 170, 23);
const EKS_V6: Ipv6Addr = Ipv6Addr::new(0xfd00, 0xec2, 0, 0, 0, 0, 0, 0x23);

const ATTEMPTS: u32 = 3;

pub(super) async fn look(chain: &Chain) -> Result<Looked, Error> {
    let environment = &chain.environment;
    let uri = if let Some(path) = environment.variable(RELATIVE)? {
        if !path.starts_with('/') {
            return Err(invalid(RELATIVE, "does not start with a slash"));
        }
        checked(RELATIVE, &format!("http://{ECS}{path}"))?
    } else if let Some(uri) = environment.variable(FULL)? {
        checked(FULL, &uri)?
    } else {
        return Ok(Looked::nothing(format!(
            "neither {RELATIVE} nor {FULL} is set"
        )));
    };
    let token = authorization(environment)?;
    let credentials = request(&chain.http, uri, token).await;
    let credentials = credentials.map_err(|error| named(error, "container credentials"))?;
    Ok(Looked::Found(credentials))
}

async fn request(
    http: &HttpSettings,
    uri: Uri,
    token: Option<HeaderValue>,
) -> Result<Credentials, Error> {
    let fetcher = Fetcher::local(http, uri.scheme_str() == Some("https"))?;
    let mut request = http::Request::new(Vec::new());
    *request.uri_mut() = uri;
    let headers = request.headers_mut();
    headers.insert("accept", HeaderValue::from_static("application/json"));
    if let Some(token) = token {
        headers.insert("authorization", token);
    }
    let response = fetch(&fetcher, ATTEMPTS, &request).await?;
    let document = Zeroizing::new(body(response)?);
    let document = json::parse(&document);
    let credentials = document.and_then(|document| json::credentials(document, "Token"));
    credentials.map_err(|problem| failed(format!("malformed response: {problem}"), None))
}

/// Allows https, and over http only this machine and the addresses of ECS and EKS: elsewhere, others could read the keys.
fn checked(variable: &str, uri: &str) -> Result<Uri, Error> {
    let uri: Uri = uri.parse().map_err(|_| invalid(variable, "not a URL"))?;
    if uri
        .authority()
        .is_none_or(|authority| authority.as_str().contains('@'))
    {
        return Err(invalid(variable, "has no host, or a user name"));
    }
    match uri.scheme_str() {
        Some("https") => Ok(uri),
        Some("http") if is_allowed(uri.host().unwrap_or_default()) => Ok(uri),
        _ => Err(invalid(
            variable,
            "neither https nor an address of this machine, ECS or EKS over http",
        )),
    }
}

fn is_allowed(host: &str) -> bool {
    let host = host.trim_start_matches('[').trim_end_matches(']');
    match host.parse() {
        Ok(IpAddr::V4(address)) => address.is_loopback() || [ECS, EKS].contains(&address),
        Ok(IpAddr::V6(address)) => address.is_loopback() || address == EKS_V6,
        Err(_) => host.eq_ignore_ascii_case("localhost"),
    }
}

/// The value of the header, read anew for each renewal.
fn authorization(environment: &Environment) -> Result<Option<HeaderValue>, Error> {
    let (variable, token) = if let Some(path) = environment.variable(TOKEN_FILE)? {
        (TOKEN_FILE, environment.read_value(TOKEN_FILE, &path)?)
    } else if let Some(token) = environment.variable(TOKEN)? {
        (TOKEN, Zeroizing::new(token))
    } else {
        return Ok(None);
    };
    let mut value = HeaderValue::from_str(&token).map_err(|_| {
        invalid(
            variable,
            "contains a line end or another character that a header cannot hold",
        )
    })?;
    value.set_sensitive(true);
    Ok(Some(value))
}

#[cold]
fn invalid(variable: &str, problem: &str) -> Error {
    Error::invalid(variable, problem, "set it as the container service does")
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Over http, keys are only requested from where no other computer can read them.
    #[test]
    fn only_https_and_local_addresses_are_allowed() {
        for (uri, is_expected) in [
            ("http://127.0.0.1/x", true),
            ("http://127.8.9.1:80/x", true),
            ("http://[::1]:8080/x?y=z", true),
            ("http://localhost:1/x", true),
            ("http://169.254.170.2/x", true),
            ("http://169.254.170.23/v1/credentials", true),
            ("http://[fd00:ec2::23]/x", true),
            ("https://keys.example.com/x", true),
            ("http://keys.example.com/x", false),
            ("http://169.254.170.3/x", false),
            ("http://169.254.169.254/x", false),
            ("http://10.0.0.1/x", false),
            ("http://[fd00:ec2::24]/x", false),
            ("http://localhost.example.com/x", false),
            ("http://127.0.0.1@example.com/x", false),
            ("http://127.0.0.1.example.com/x", false),
            ("ftp://127.0.0.1/x", false),
            ("127.0.0.1/x", false),
            ("/x", false),
            ("", false),
        ] {
            assert_eq!(checked(FULL, uri).is_ok(), is_expected, "{uri}");
        }
    }
}
