//! Region, endpoint and addressing, from the environment and the profile.

use super::environment::Environment;
use super::profiles::Profile;
use crate::client::Client;
use crate::client::builder::{ClientBuilder, check_region};
use crate::client::endpoint::{Addressing, Endpoint};
use crate::error::Error;

/// A setting's value, and the name of the setting, for messages.
type Named = (String, String);

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
    if let Some((name, region)) = environment.first(["AWS_REGION", "AWS_DEFAULT_REGION"])? {
        return Ok(Some((name.to_owned(), region)));
    }
    let region = profile.get("region");
    let name = || format!("region of profile {}", profile.name);
    Ok(region.map(|region| (name(), region.to_owned())))
}

/// The file with the root certificates to trust.
pub(super) fn ca_bundle(
    environment: &Environment,
    profile: &Profile<'_>,
) -> Result<Option<Named>, Error> {
    if let Some(path) = environment.variable("AWS_CA_BUNDLE")? {
        return Ok(Some(("AWS_CA_BUNDLE".to_owned(), path)));
    }
    let path = profile.get("ca_bundle");
    let name = || format!("ca_bundle of profile {}", profile.name);
    Ok(path.map(|path| (name(), path.to_owned())))
}

/// A builder with all of these.
pub(super) fn builder(
    environment: &Environment,
    profile: &Profile<'_>,
) -> Result<ClientBuilder, Error> {
    let mut builder = Client::builder();
    builder.default_region = Some("us-east-1");
    let endpoint = endpoint(environment, profile, "s3")?;
    let has_endpoint = endpoint.is_some();
    // Checked here, where the name of the setting is known.
    if let Some((name, url)) = endpoint {
        Endpoint::parse(&url).map_err(|error| error.with_field(|_| name))?;
        builder = builder.endpoint(&url);
    }
    if let Some((name, region)) = region(environment, profile)? {
        let checked = if has_endpoint {
            check_region(&region)
        } else {
            Endpoint::aws(&region).map(drop)
        };
        checked.map_err(|error| error.with_field(|_| name))?;
        builder = builder.region(&region);
    }
    let setting = profile.nested("s3", "addressing_style");
    builder = match setting.map(str::to_ascii_lowercase).as_deref() {
        None | Some("auto") => builder,
        Some("path") => builder.addressing(Addressing::Path),
        Some("virtual") => builder.addressing(Addressing::VirtualHosted),
        Some(other) => {
            return Err(Error::invalid(
                &format!("addressing_style of profile {}", profile.name),
                format!("{other:?} is not an addressing style"),
                "use auto, path or virtual",
            ));
        }
    };
    if let Some((name, path)) = ca_bundle(environment, profile)? {
        let path = environment.expanded(&path)?;
        builder.http.set_ca_bundle(&name, path);
    }
    Ok(builder)
}
