//! The order in which the sources are looked at, and what is said if none has credentials.

use std::error::Error as StdError;
use std::sync::Arc;

use super::choice::Choice;
use super::environment::Environment;
use super::options::AwsHost;
use super::profiles::{Profile, Profiles};
use super::shared_file::SharedFile;
use super::sts::Sts;
use super::{container, instance_metadata, process, role, settings, web_identity};
use crate::client::credentials::Credentials;
use crate::client::environment::keys_in;
use crate::error::Error;
use crate::http::HttpSettings;

/// What the sources look at, and how they are reached.
#[derive(Clone)]
pub(super) struct Chain {
    pub(super) environment: Environment,
    pub(super) choice: Choice,
    pub(super) http: Arc<HttpSettings>,
}

/// What was found in one place.
pub(super) enum Looked {
    Found(Credentials),
    /// Why there is nothing; and the failure, if it may be temporary.
    Nothing(String, Option<Error>),
}

impl Looked {
    pub(super) fn nothing(reason: impl Into<String>) -> Looked {
        Looked::Nothing(reason.into(), None)
    }
}

/// A place where credentials can be.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Source {
    Variables,
    Role,
    WebIdentity,
    CredentialsFile,
    Process,
    ConfigFile,
    Container,
    InstanceMetadata,
}

impl Source {
    /// The order of boto3, which lacks only single sign-on.
    const ORDER: [Source; 8] = [
        Source::Variables,
        Source::Role,
        Source::WebIdentity,
        Source::CredentialsFile,
        Source::Process,
        Source::ConfigFile,
        Source::Container,
        Source::InstanceMetadata,
    ];

    /// Those that belong to a profile.
    pub(super) const OF_A_PROFILE: [Source; 4] = [
        Source::WebIdentity,
        Source::CredentialsFile,
        Source::Process,
        Source::ConfigFile,
    ];

    /// The name of the place, for messages.
    pub(super) fn name(self, profiles: &Profiles) -> &str {
        match self {
            Source::Variables => "environment",
            Source::Role => "role",
            Source::WebIdentity => "web identity",
            Source::CredentialsFile => &profiles.credentials.shown,
            Source::Process => "credential_process",
            Source::ConfigFile => &profiles.config.shown,
            Source::Container => "container",
            Source::InstanceMetadata => "instance metadata",
        }
    }

    async fn look(
        self,
        chain: &Chain,
        profiles: &Profiles,
        profile: &Profile<'_>,
    ) -> Result<Looked, Error> {
        if self == Source::Role {
            return role::look(chain, profiles, profile).await;
        }
        self.look_without_role(chain, profiles, profile).await
    }

    /// A role looks for its keys in the other places.
    pub(super) async fn look_without_role(
        self,
        chain: &Chain,
        profiles: &Profiles,
        profile: &Profile<'_>,
    ) -> Result<Looked, Error> {
        let in_file = |keys: Option<Credentials>, file: &SharedFile| match keys {
            Some(keys) => Looked::Found(keys),
            None if file.exists() => {
                Looked::nothing(format!("profile {} has no keys", profile.name))
            }
            None if file.is_forbidden => Looked::nothing("this user must not read it"),
            None => Looked::nothing("no such file"),
        };
        Ok(match self {
            Source::Variables => {
                let keys = keys_in(&|name| chain.environment.variable(name))?;
                keys.map_or_else(
                    || Looked::nothing("AWS_ACCESS_KEY_ID is not set"),
                    Looked::Found,
                )
            }
            Source::CredentialsFile => {
                in_file(profile.keys_in_credentials_file()?, &profiles.credentials)
            }
            Source::ConfigFile => in_file(profile.keys_in_config_file()?, &profiles.config),
            Source::WebIdentity => web_identity::look(chain, profile).await?,
            Source::Process => process::look(profile).await?,
            Source::Container => container::look(chain).await?,
            Source::InstanceMetadata => instance_metadata::look(chain, profile).await?,
            Source::Role => Looked::nothing("not looked at"),
        })
    }
}

impl Chain {
    /// The same, for the keys of another profile: variables do not replace them.
    pub(super) fn of_profile(&self, name: &str) -> Chain {
        Chain {
            choice: Choice::explicit(name),
            ..self.clone()
        }
    }

    /// The first credentials, and where they were found.
    pub(super) async fn find(
        &self,
        profiles: &Profiles,
        profile: &Profile<'_>,
    ) -> Result<(Source, Credentials), Error> {
        let mut reasons = Vec::new();
        let mut failure = None;
        for source in Source::ORDER {
            let looked = if source == Source::Variables && self.choice.is_explicit() {
                Looked::nothing("not used, because the program chose the profile")
            } else {
                source.look(self, profiles, profile).await?
            };
            match looked {
                Looked::Found(credentials) => return Ok((source, credentials)),
                Looked::Nothing(reason, error) => {
                    reasons.push(format!("{}: {reason}", source.name(profiles)));
                    failure = error;
                }
            }
        }
        let error = Error::invalid(
            "credentials",
            format!("found in none of these places: {}", reasons.join("; ")),
            "set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or add keys to a profile",
        );
        // On most computers there is no metadata service, and nothing follows from its silence.
        let is_there = instance_metadata::is_configured(&self.environment, profile)?;
        Err(match failure {
            Some(failure)
                if is_there || StdError::source(&failure).is_some_and(|e| e.is::<Error>()) =>
            {
                error.with_source(failure.into())
            }
            _ => error,
        })
    }

    /// New credentials from where the old ones were found. The files are read again.
    pub(super) async fn renew(&self, source: Source) -> Result<Credentials, Error> {
        let profiles = Profiles::read(&self.environment)?;
        let profile = profiles.chosen(&self.choice)?;
        match source.look(self, &profiles, &profile).await? {
            Looked::Found(credentials) => Ok(credentials),
            Looked::Nothing(_, Some(failure)) => Err(failure),
            Looked::Nothing(reason, None) => Err(Error::invalid(
                source.name(&profiles),
                format!("it had credentials before: {reason}"),
                "restore them, or build a new client",
            )),
        }
    }

    /// The STS for a profile: of its endpoint and region.
    pub(super) fn sts(&self, profile: &Profile<'_>) -> Result<Sts, Error> {
        let environment = &self.environment;
        let region = settings::region(environment, profile)?;
        let (setting, region) = region.unwrap_or_else(|| ("region".into(), "us-east-1".into()));
        let (setting, url) = match settings::endpoint(environment, profile, "sts")? {
            Some((setting, url)) => (setting, Some(url)),
            None => (setting, AwsHost::of(environment, profile)?.sts(&region)),
        };
        let sts = Sts::new(url.as_deref(), &region, &self.http);
        let sts = sts.map_err(|error| error.with_field(|_| setting))?;
        let ca_bundle = match settings::ca_bundle(environment, profile)? {
            Some((setting, path)) => Some((setting, environment.expanded(&path)?)),
            None => None,
        };
        Ok(sts.with_ca_bundle(ca_bundle))
    }
}
