//! How requests are sent, from the environment and the profile: retries, checksums, AWS's other hosts, and the block `s3`.
//!
//! <https://docs.aws.amazon.com/sdkref/latest/guide/settings-reference.html>

use super::environment::Environment;
use super::profiles::Profile;
use super::settings::{Named, first};
use crate::client::builder::ClientBuilder;
use crate::error::Error;
use crate::retry::RetryPolicy;

/// Adds the options to a builder, unless it has them already.
pub(super) fn apply(
    mut builder: ClientBuilder,
    environment: &Environment,
    profile: &Profile<'_>,
) -> Result<ClientBuilder, Error> {
    let setting = |variable, name| first(environment, [variable], profile, name);
    check_retry_mode(setting("AWS_RETRY_MODE", "retry_mode")?)?;
    if let Some(max_attempts) = attempts(setting("AWS_MAX_ATTEMPTS", "max_attempts")?)? {
        builder.retry.get_or_insert(RetryPolicy {
            max_attempts,
            ..RetryPolicy::default()
        });
    }
    let host = AwsHost::of(environment, profile)?;
    if let Some(setting) = host.fips.as_deref()
        && builder.endpoint.is_some()
    {
        return Err(Error::invalid(
            setting,
            "set, and so is an endpoint, which may not be a FIPS endpoint",
            "unset one of them",
        ));
    }
    builder.aws_host = Some(host.s3());

    let nested = |name: &str| {
        let value = profile.nested("s3", name)?;
        let setting = format!("{name} of s3 in profile {}", profile.name);
        Some((setting, value.to_owned()))
    };
    if let Some((_, false)) = switch(nested("payload_signing_enabled"))? {
        builder.defaults.unsigned_payload = true;
    }
    builder.defaults.threshold = size(nested("multipart_threshold"))?;
    builder.defaults.part_size = size(nested("multipart_chunksize"))?;

    let sent = "request_checksum_calculation";
    if let Some(setting) = when_supported(setting("AWS_REQUEST_CHECKSUM_CALCULATION", sent)?)? {
        builder = compute(builder, &setting)?;
    }
    let received = "response_checksum_validation";
    if let Some(setting) = when_supported(setting("AWS_RESPONSE_CHECKSUM_VALIDATION", received)?)? {
        builder = verify(builder, &setting)?;
    }
    Ok(builder)
}

/// The only mode is AWS's standard one. In another one, a program would expect other delays or a limit of its rate.
fn check_retry_mode(setting: Option<Named>) -> Result<(), Error> {
    let Some((name, mode)) = setting else {
        return Ok(());
    };
    let problem = match mode.to_ascii_lowercase().as_str() {
        "standard" => return Ok(()),
        "legacy" | "adaptive" => format!("the mode {mode:?} is not supported"),
        _ => format!("{mode:?} is not a retry mode"),
    };
    let remedy = "use standard; AWS_RETRY_MODE comes before the profile";
    Err(Error::invalid(&name, problem, remedy))
}

fn attempts(setting: Option<Named>) -> Result<Option<u32>, Error> {
    let Some((name, value)) = setting else {
        return Ok(None);
    };
    match value.parse() {
        Ok(attempts) if attempts > 0 => Ok(Some(attempts)),
        _ => Err(Error::invalid(
            &name,
            format!("{value:?} is not a number of attempts"),
            "use a whole number; 1 means no retries",
        )),
    }
}

/// The setting's name, and whether it is on.
fn switch(setting: Option<Named>) -> Result<Option<(String, bool)>, Error> {
    let Some((name, value)) = setting else {
        return Ok(None);
    };
    match value.to_ascii_lowercase().as_str() {
        "true" => Ok(Some((name, true))),
        "false" => Ok(Some((name, false))),
        _ => Err(Error::invalid(
            &name,
            format!("{value:?} is neither true nor false"),
            "use true or false",
        )),
    }
}

/// A number of bytes. As in the AWS CLI, `MB` and `MiB` are the same.
fn size(setting: Option<Named>) -> Result<Option<u64>, Error> {
    let Some((name, value)) = setting else {
        return Ok(None);
    };
    let end = value.find(|c: char| !c.is_ascii_digit());
    let (number, unit) = value.split_at(end.unwrap_or(value.len()));
    let shift = match unit.trim().to_ascii_lowercase().as_str() {
        "" => Some(0),
        "kb" | "kib" => Some(10),
        "mb" | "mib" => Some(20),
        "gb" | "gib" => Some(30),
        "tb" | "tib" => Some(40),
        _ => None,
    };
    let bytes = shift.and_then(|shift| number.parse::<u64>().ok()?.checked_mul(1 << shift));
    match bytes.filter(|bytes| *bytes > 0) {
        Some(bytes) => Ok(Some(bytes)),
        None => Err(Error::invalid(
            &name,
            format!("{value:?} is not a size"),
            "use a number of bytes, or one with KB, MB or GB",
        )),
    }
}

/// The setting's name, if it asks for checksums.
fn when_supported(setting: Option<Named>) -> Result<Option<String>, Error> {
    let Some((name, value)) = setting else {
        return Ok(None);
    };
    match value.to_ascii_lowercase().as_str() {
        "when_supported" => Ok(Some(name)),
        "when_required" => Ok(None),
        _ => Err(Error::invalid(
            &name,
            format!("{value:?} is neither when_supported nor when_required"),
            "use one of them",
        )),
    }
}

#[cfg(feature = "checksums")]
fn compute(builder: ClientBuilder, _: &str) -> Result<ClientBuilder, Error> {
    // The algorithm of boto3 and the AWS CLI.
    Ok(builder.compute_checksums(crate::checksum::ChecksumAlgorithm::Crc32))
}

#[cfg(feature = "checksums")]
fn verify(builder: ClientBuilder, _: &str) -> Result<ClientBuilder, Error> {
    Ok(builder.verify_checksums())
}

#[cfg(not(feature = "checksums"))]
fn compute(_: ClientBuilder, setting: &str) -> Result<ClientBuilder, Error> {
    Err(without_checksums(setting))
}

#[cfg(not(feature = "checksums"))]
fn verify(_: ClientBuilder, setting: &str) -> Result<ClientBuilder, Error> {
    Err(without_checksums(setting))
}

#[cfg(not(feature = "checksums"))]
fn without_checksums(setting: &str) -> Error {
    Error::invalid(
        setting,
        "when_supported requires checksums, which this build does not include",
        "enable the feature checksums, or use when_required",
    )
}

/// Which of AWS's hosts to use.
pub(super) struct AwsHost {
    /// The setting that asks for FIPS 140 endpoints.
    fips: Option<String>,
    /// Whether for those with IPv6, too.
    dual_stack: bool,
}

impl AwsHost {
    pub(super) fn of(environment: &Environment, profile: &Profile<'_>) -> Result<AwsHost, Error> {
        let setting = |variable, name| switch(first(environment, [variable], profile, name)?);
        let fips = setting("AWS_USE_FIPS_ENDPOINT", "use_fips_endpoint")?;
        let dual_stack = setting("AWS_USE_DUALSTACK_ENDPOINT", "use_dualstack_endpoint")?;
        Ok(AwsHost {
            fips: fips.and_then(|(name, is_on)| is_on.then_some(name)),
            dual_stack: dual_stack.is_some_and(|(_, is_on)| is_on),
        })
    }

    /// How the host of S3 starts: <https://docs.aws.amazon.com/general/latest/gr/s3.html>.
    fn s3(&self) -> &'static str {
        match (&self.fips, self.dual_stack) {
            (None, false) => "s3",
            (None, true) => "s3.dualstack",
            (Some(_), false) => "s3-fips",
            (Some(_), true) => "s3-fips.dualstack",
        }
    }

    /// The URL of the STS, unless it is the usual one: <https://docs.aws.amazon.com/general/latest/gr/sts.html>.
    pub(super) fn sts(&self, region: &str) -> Option<String> {
        let is_chinese = region.starts_with("cn-");
        let service = match &self.fips {
            // The usual hosts there are FIPS endpoints.
            Some(_) if !self.dual_stack && region.starts_with("us-gov-") => return None,
            Some(_) => "sts-fips",
            None if self.dual_stack => "sts",
            None => return None,
        };
        let domain = match (self.dual_stack, is_chinese) {
            (true, true) => "api.amazonwebservices.com.cn",
            (true, false) => "api.aws",
            (false, true) => "amazonaws.com.cn",
            (false, false) => "amazonaws.com",
        };
        Some(format!("https://{service}.{region}.{domain}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_read_as_the_aws_cli_does() {
        let named = |value: &str| Some(("x".to_owned(), value.to_owned()));
        for (text, bytes) in [
            ("5242880", 5 << 20),
            ("8MB", 8 << 20),
            ("8 MiB", 8 << 20),
            ("64kb", 64 << 10),
            ("1GB", 1 << 30),
            ("1TB", 1 << 40),
        ] {
            assert_eq!(size(named(text)).unwrap(), Some(bytes), "{text}");
        }
        for text in ["0", "8M", "MB", "-1", "1.5GB", "99999999TB", "8MB8"] {
            assert!(size(named(text)).is_err(), "{text}");
        }
    }

    #[test]
    fn the_sts_has_fips_and_dual_stack_hosts_of_its_own() {
        let url = |fips: bool, dual_stack, region| {
            let fips = fips.then(String::new);
            AwsHost { fips, dual_stack }.sts(region)
        };
        for (fips, dual_stack, region, host) in [
            (true, false, "us-east-1", "sts-fips.us-east-1.amazonaws.com"),
            (false, true, "eu-west-1", "sts.eu-west-1.api.aws"),
            (true, true, "us-east-1", "sts-fips.us-east-1.api.aws"),
            (
                false,
                true,
                "cn-north-1",
                "sts.cn-north-1.api.amazonwebservices.com.cn",
            ),
        ] {
            assert_eq!(
                url(fips, dual_stack, region),
                Some(format!("https://{host}"))
            );
        }
        assert_eq!(url(false, false, "us-east-1"), None);
        assert_eq!(url(true, false, "us-gov-west-1"), None);
    }
}
