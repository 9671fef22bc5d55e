//! A role that a profile assumes: `role_arn` with the `source_profile` or `credential_source` of the keys that sign the request.
//!
//! <https://docs.aws.amazon.com/sdkref/latest/guide/feature-assume-role-credentials.html>

use std::time::Duration;

use super::assume_role::AssumeRole;
use super::chain::{Chain, Looked, Source};
use super::profiles::{Profile, Profiles};
use crate::client::credentials::Credentials;
use crate::error::Error;

/// The shortest time that an STS issues credentials for, in seconds.
const MIN_SECONDS: u64 = 900;

pub(super) async fn look(
    chain: &Chain,
    profiles: &Profiles,
    profile: &Profile<'_>,
) -> Result<Looked, Error> {
    if !assumes_a_role(profile) {
        let name = &profile.name;
        return Ok(Looked::nothing(format!("profile {name} assumes none")));
    }
    let mut roles = Vec::new();
    let mut assuming = profiles.same(profile);
    let mut credentials = loop {
        check_cycle(&roles, &assuming)?;
        match next(chain, profiles, &assuming).await? {
            Next::Keys(credentials) => {
                roles.push(assuming);
                break credentials;
            }
            Next::Role(source) => roles.push(std::mem::replace(&mut assuming, source)),
        }
    };
    for profile in roles.iter().rev() {
        credentials = assume(chain, profile, credentials).await?;
    }
    Ok(Looked::Found(credentials))
}

/// Rejects a profile that was met before: it would need its own credentials.
fn check_cycle(roles: &[Profile<'_>], assuming: &Profile<'_>) -> Result<(), Error> {
    let Some(first) = roles.iter().position(|role| role.name == assuming.name) else {
        return Ok(());
    };
    let cycle = roles.iter().skip(first).chain([assuming]);
    let names: Vec<&str> = cycle.map(|role| role.name.as_str()).collect();
    let problem = format!("leads back to the profile itself: {}", names.join(" -> "));
    let remedy = "let one of these profiles have keys";
    Err(invalid(assuming, "source_profile", &problem, remedy))
}

/// Where the keys of a role come from.
enum Next<'a> {
    Keys(Credentials),
    /// A profile that assumes another role.
    Role(Profile<'a>),
}

fn assumes_a_role(profile: &Profile<'_>) -> bool {
    profile.get("role_arn").is_some() && profile.get("web_identity_token_file").is_none()
}

async fn next<'a>(
    chain: &Chain,
    profiles: &'a Profiles,
    profile: &Profile<'_>,
) -> Result<Next<'a>, Error> {
    let remedy = "set either source_profile or credential_source";
    let sources = match (
        profile.get("source_profile"),
        profile.get("credential_source"),
    ) {
        (Some(_), Some(_)) => {
            let problem = "set, and so is credential_source";
            return Err(invalid(profile, "source_profile", problem, remedy));
        }
        (None, None) => {
            let problem = "set, but neither source_profile nor credential_source is";
            return Err(invalid(profile, "role_arn", problem, remedy));
        }
        (None, Some(source)) => match source {
            "Environment" => &[Source::Variables][..],
            "EcsContainer" => &[Source::Container],
            "Ec2InstanceMetadata" => &[Source::InstanceMetadata],
            other => {
                let problem = format!("{other:?} is not a source");
                let remedy = "use Environment, EcsContainer or Ec2InstanceMetadata";
                return Err(invalid(profile, "credential_source", &problem, remedy));
            }
        },
        (Some(name), None) => {
            let source = profiles.source(&profile.name, name)?;
            // A profile can have both keys and a role that they assume.
            let has_own_keys = source.has_keys() || name == profile.name;
            if assumes_a_role(&source) && !has_own_keys {
                return Ok(Next::Role(source));
            }
            let chain = chain.of_profile(name);
            return first(&chain, profiles, &source, &Source::OF_A_PROFILE, profile).await;
        }
    };
    let same = profiles.same(profile);
    first(chain, profiles, &same, sources, profile).await
}

/// The credentials of the first of these sources that has some.
async fn first<'a>(
    chain: &Chain,
    profiles: &'a Profiles,
    source: &Profile<'_>,
    sources: &[Source],
    profile: &Profile<'_>,
) -> Result<Next<'a>, Error> {
    let mut reasons = Vec::new();
    for place in sources {
        match place.look_without_role(chain, profiles, source).await? {
            Looked::Found(credentials) => return Ok(Next::Keys(credentials)),
            Looked::Nothing(reason, _) => {
                reasons.push(format!("{}: {reason}", place.name(profiles)));
            }
        }
    }
    let problem = format!(
        "the keys that assume it are in none of these places: {}",
        reasons.join("; ")
    );
    Err(invalid(
        profile,
        "role_arn",
        &problem,
        "let source_profile or credential_source lead to keys",
    ))
}

async fn assume(
    chain: &Chain,
    profile: &Profile<'_>,
    credentials: Credentials,
) -> Result<Credentials, Error> {
    if profile.get("mfa_serial").is_some() {
        return Err(invalid(
            profile,
            "mfa_serial",
            "not supported: a library cannot ask for the code",
            "use a credential_process that does",
        ));
    }
    let owned = |name| profile.get(name).map(str::to_owned);
    let duration = match profile.get("duration_seconds") {
        None => None,
        Some(seconds) => match seconds.parse() {
            Ok(number) if number >= MIN_SECONDS => Some(Duration::from_secs(number)),
            _ => {
                let problem = format!("{seconds:?} is not a number of seconds from 900");
                return Err(invalid(
                    profile,
                    "duration_seconds",
                    &problem,
                    "use 900 or more, up to what the role allows",
                ));
            }
        },
    };
    let role = AssumeRole {
        role_arn: owned("role_arn"),
        session_name: owned("role_session_name"),
        external_id: owned("external_id"),
        duration,
        ..AssumeRole::new(credentials)
    };
    role.send_to(chain.sts(profile)?).await
}

fn invalid(profile: &Profile<'_>, setting: &str, problem: &str, remedy: &str) -> Error {
    let field = format!("{setting} of profile {}", profile.name);
    Error::invalid(&field, problem, remedy)
}
