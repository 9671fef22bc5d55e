//! The client's settings from the environment.

use crate::client::Client;
use crate::client::builder::{ClientBuilder, check_region};
use crate::client::credentials::Credentials;
use crate::client::endpoint::Endpoint;
use crate::error::Error;

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
        let needed = |name: &str| {
            variable(name)?.ok_or_else(|| {
                Error::invalid(
                    name,
                    "not set",
                    "set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or build the client with credentials or anonymous",
                )
            })
        };
        let mut credentials = Credentials::new(
            needed("AWS_ACCESS_KEY_ID")?,
            needed("AWS_SECRET_ACCESS_KEY")?,
        );
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
        let mut builder = Client::builder().credentials(credentials);
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
