//! Region, endpoint and addressing, from the environment and the profile.

use super::environment::Environment;
use super::options;
use super::profiles::Profile;
use crate::client::builder::{ClientBuilder, check_region};
use crate::client::endpoint::{Addressing, Endpoint};
use crate::error::Error;

/// A setting's name, for messages, and its value.
pub(super) type Named = (String, String);

/// The endpoint of a service, unless it is AWS's own: variables come before the profile.
pub(super) fn endpoint(
    environment: &Environment,
    profile: &Profile<'_>,
    service: &str,
) -> Result<Option<Named>, Error> {
    let switch = profile.get("ignore_configured_endpoint_urls");
    if environment.is_on("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS")?
        || switch.is_some_and(|value| value.eq_ignore_ascii_case("true"))
    {
        return Ok(None);
    }
    let of_service = format!("AWS_ENDPOINT_URL_{}", service.to_ascii_uppercase());
    let names = [of_service.as_str(), "AWS_ENDPOINT_URL"];
    if let Some((name, url)) = environment.first(names)? {
        return Ok(Some((name.to_owned(), url)));
    }
    let in_profile = profile.endpoint(service);
    Ok(in_profile.map(|(name, url)| (name, url.to_owned())))
}

pub(super) fn region(
    environment: &Environment,
    profile: &Profile<'_>,
) -> Result<Option<Named>, Error> {
    let variables = ["AWS_REGION", "AWS_DEFAULT_REGION"];
    first(environment, variables, profile, "region")
}

/// The file with the root certificates to trust.
pub(super) fn ca_bundle(
    environment: &Environment,
    profile: &Profile<'_>,
) -> Result<Option<Named>, Error> {
    first(environment, ["AWS_CA_BUNDLE"], profile, "ca_bundle")
}

/// A setting: of the first of these variables that is set, else of the profile.
pub(super) fn first<'a>(
    environment: &Environment,
    variables: impl IntoIterator<Item = &'a str>,
    profile: &Profile<'_>,
    name: &str,
) -> Result<Option<Named>, Error> {
    if let Some((variable, value)) = environment.first(variables)? {
        return Ok(Some((variable.to_owned(), value)));
    }
    let value = profile.get(name);
    let setting = || format!("{name} of profile {}", profile.name);
    Ok(value.map(|value| (setting(), value.to_owned())))
}

/// Adds all of these to a builder, unless it has them already.
pub(super) fn apply(
    mut builder: ClientBuilder,
    environment: &Environment,
    profile: &Profile<'_>,
) -> Result<ClientBuilder, Error> {
    builder.default_region = Some("us-east-1");
    let endpoint = endpoint(environment, profile, "s3")?;
    let has_endpoint = endpoint.is_some();
    // Checked here, where the name of the setting is known.
    if let Some((name, url)) = endpoint {
        Endpoint::parse(&url).map_err(|error| error.with_field(|_| name))?;
        builder.endpoint.get_or_insert(url);
    }
    if let Some((name, region)) = region(environment, profile)? {
        let checked = if has_endpoint {
            check_region(&region)
        } else {
            Endpoint::aws(&region).map(drop)
        };
        checked.map_err(|error| error.with_field(|_| name))?;
        builder.region.get_or_insert(region);
    }
    let setting = profile.nested("s3", "addressing_style");
    let addressing = match setting.map(str::to_ascii_lowercase).as_deref() {
        None | Some("auto") => None,
        Some("path") => Some(Addressing::Path),
        Some("virtual") => Some(Addressing::VirtualHosted),
        Some(other) => {
            return Err(Error::invalid(
                &format!("addressing_style of profile {}", profile.name),
                format!("{other:?} is not an addressing style"),
                "use auto, path or virtual",
            ));
        }
    };
    builder.addressing = builder.addressing.or(addressing);
    if let Some((name, path)) = ca_bundle(environment, profile)? {
        let path = environment.expanded(&path)?;
        builder.http.set_ca_bundle(&name, path);
    }
    options::apply(builder, environment, profile)
}
