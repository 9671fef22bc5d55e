//! The client's settings from the environment.

use crate::client::Client;
use crate::client::builder::{ClientBuilder, check_region};
use crate::client::credentials::Credentials;
use crate::client::endpoint::Endpoint;
use crate::error::Error;

/// Reads a variable. An empty one counts as unset.
type Variable<'a> = &'a dyn Fn(&str) -> Result<Option<String>, Error>;

impl ClientBuilder {
    /// A builder with the settings of [`Client::from_env`], to which you can add others.
    ///
    /// # Errors
    ///
    /// [`Error::Invalid`] names the variable that is missing or wrong.
    pub fn from_env() -> Result<ClientBuilder, Error> {
        let variable = |name: &str| match std::env::var(name) {
            Ok(value) if value.is_empty() => Ok(None),
            Ok(value) => Ok(Some(value)),
            Err(std::env::VarError::NotPresent) => Ok(None),
            Err(std::env::VarError::NotUnicode(_)) => {
                Err(Error::invalid(name, "not UTF-8", "set it to plain text"))
            }
        };
        let first = |names: [&'static str; 2]| -> Result<Option<(&'static str, String)>, Error> {
            for name in names {
                if let Some(value) = variable(name)? {
                    return Ok(Some((name, value)));
                }
            }
            Ok(None)
        };
        let credentials = keys_in(&variable)?.ok_or_else(|| not_set("AWS_ACCESS_KEY_ID"))?;
        let mut builder = Client::builder().credentials(credentials);
        // Without the feature, a program would weigh 20 KiB more for what it may not need.
        #[cfg(feature = "credentials")]
        if let Some(path) = variable("AWS_CA_BUNDLE")? {
            builder.http.set_ca_bundle("AWS_CA_BUNDLE", path.into());
        }
        // Checked here, where the name of the variable is known.
        let region = first(["AWS_REGION", "AWS_DEFAULT_REGION"])?;
        if let Some((name, url)) = first(["AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT_URL"])? {
            Endpoint::parse(&url).map_err(|error| error.with_field(|_| name))?;
            builder.endpoint = Some(url);
        }
        if let Some((name, region)) = region {
            let checked = match builder.endpoint {
                Some(_) => check_region(&region),
                None => Endpoint::aws(&region).map(drop),
            };
            checked.map_err(|error| error.with_field(|_| name))?;
            builder.region = Some(region);
        }
        Ok(builder)
    }
}

/// The keys in these variables; `None` if neither is set. An access key ID without a secret, or the reverse, is an error.
pub(crate) fn keys_in(variable: Variable<'_>) -> Result<Option<Credentials>, Error> {
    let (id, secret) = (
        variable("AWS_ACCESS_KEY_ID")?,
        variable("AWS_SECRET_ACCESS_KEY")?,
    );
    let mut credentials = match (id, secret) {
        (None, None) => return Ok(None),
        (None, Some(_)) => return Err(not_set("AWS_ACCESS_KEY_ID")),
        (Some(_), None) => return Err(not_set("AWS_SECRET_ACCESS_KEY")),
        (Some(id), Some(secret)) => Credentials::new(id, secret),
    };
    if let Some(token) = variable("AWS_SESSION_TOKEN")? {
        credentials = credentials.with_session_token(token);
    }
    credentials.check().map_err(|error| {
        error.with_field(|field| match field {
            "access key ID" => "AWS_ACCESS_KEY_ID",
            "session token" => "AWS_SESSION_TOKEN",
            _ => "AWS_SECRET_ACCESS_KEY",
        })
    })?;
    Ok(Some(credentials))
}

#[cold]
fn not_set(name: &str) -> Error {
    Error::invalid(
        name,
        "not set",
        "set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or build the client with credentials or anonymous",
    )
}
