//! The profiles in the two shared files: `~/.aws/credentials` and `~/.aws/config`.
//!
//! <https://docs.aws.amazon.com/sdkref/latest/guide/file-location.html>

use super::choice::Choice;
use super::environment::Environment;
use super::profile_file::Section;
use super::shared_file::SharedFile;
use crate::client::credentials::Credentials;
use crate::error::Error;
use crate::send::telemetry;

/// Both files, read and parsed.
pub(super) struct Profiles {
    pub(super) credentials: SharedFile,
    pub(super) config: SharedFile,
}

impl Profiles {
    pub(super) fn read(environment: &Environment) -> Result<Profiles, Error> {
        let credentials = SharedFile::read(
            environment,
            "AWS_SHARED_CREDENTIALS_FILE",
            "~/.aws/credentials",
        )?;
        let config = SharedFile::read(environment, "AWS_CONFIG_FILE", "~/.aws/config")?;
        for file in [&credentials, &config] {
            if file.is_exposed && file.holds_a_secret() {
                telemetry::exposed_file(&file.shown);
            }
        }
        Ok(Profiles {
            credentials,
            config,
        })
    }

    /// The chosen profile. Only the default one need not exist.
    pub(super) fn chosen(&self, choice: &Choice) -> Result<Profile<'_>, Error> {
        let profile = self.find(&choice.name);
        if profile.exists() || choice.name == "default" {
            return Ok(profile);
        }
        Err(self.missing(choice.field(), &choice.name))
    }

    /// A profile that another one names in `source_profile`.
    pub(super) fn source(&self, named_by: &str, name: &str) -> Result<Profile<'_>, Error> {
        let profile = self.find(name);
        if profile.exists() {
            return Ok(profile);
        }
        Err(self.missing(&format!("source_profile of profile {named_by}"), name))
    }

    /// A profile of the same name.
    pub(super) fn same(&self, profile: &Profile<'_>) -> Profile<'_> {
        self.find(&profile.name)
    }

    fn find(&self, name: &str) -> Profile<'_> {
        let in_credentials = self.credentials.sections();
        // `[profile default]` comes before `[default]`.
        let prefixed = self
            .config
            .sections()
            .filter(|section| is_profile(section, name));
        let bare = self
            .config
            .sections()
            .filter(|section| name == "default" && section.name == "default");
        Profile {
            files: self,
            name: name.to_owned(),
            credentials: in_credentials
                .filter(|section| unquoted(&section.name) == name)
                .collect(),
            config: bare.chain(prefixed).collect(),
        }
    }

    /// The endpoint of a service in the section `[services NAME]`.
    pub(super) fn service_endpoint(&self, services: &str, service: &str) -> Option<&str> {
        let sections = self.config.sections();
        sections
            .filter(|section| words(section) == Some(("services", services)))
            .filter_map(|section| section.nested(service, "endpoint_url"))
            .last()
    }

    fn missing(&self, field: &str, name: &str) -> Error {
        let (credentials, config) = (&self.credentials.shown, &self.config.shown);
        let mut names: Vec<&str> = Vec::new();
        let in_config = self
            .config
            .sections()
            .filter_map(|section| match words(section) {
                Some(("profile", name)) => Some(name),
                _ => (section.name == "default").then_some("default"),
            });
        let in_credentials = self.credentials.sections();
        let in_credentials = in_credentials.map(|section| unquoted(&section.name));
        for known in in_credentials.chain(in_config) {
            if !names.contains(&known) {
                names.push(known);
            }
        }
        let mut files = [&self.credentials, &self.config].into_iter();
        let existing = if let Some(file) = files.find(|file| file.is_forbidden) {
            format!("this user must not read {}", file.shown)
        } else if names.is_empty() {
            "no profile exists there".to_owned()
        } else {
            format!("these exist: {}", names.join(", "))
        };
        let mut sections = self.config.sections();
        let remedy = if sections.any(|section| section.name == name) {
            format!("write [profile {name}] instead of [{name}] in {config}")
        } else {
            "use one of those, or add the profile".to_owned()
        };
        Error::invalid(
            field,
            format!("{name:?} is in neither {credentials} nor {config}; {existing}"),
            remedy,
        )
    }
}

/// One profile: its sections in both files.
pub(super) struct Profile<'a> {
    files: &'a Profiles,
    pub(super) name: String,
    credentials: Vec<&'a Section>,
    config: Vec<&'a Section>,
}

impl<'a> Profile<'a> {
    pub(super) fn exists(&self) -> bool {
        !self.credentials.is_empty() || !self.config.is_empty()
    }

    /// A setting, from the credentials file if it is there.
    pub(super) fn get(&self, name: &str) -> Option<&'a str> {
        find(&self.credentials, name).or_else(|| find(&self.config, name))
    }

    /// A setting in the nested block `block`.
    pub(super) fn nested(&self, block: &str, name: &str) -> Option<&'a str> {
        let mut sections = self.config.iter().chain(&self.credentials).rev();
        sections.find_map(|section| section.nested(block, name))
    }

    /// The endpoint of a service: of the profile's `services` section, else the profile's own.
    pub(super) fn endpoint(&self, service: &str) -> Option<(String, &'a str)> {
        let services = self.get("services");
        let of_service = services.and_then(|services| {
            let url = self.files.service_endpoint(services, service)?;
            Some((
                format!("endpoint_url of {service} in services {services}"),
                url,
            ))
        });
        of_service.or_else(|| {
            let setting = format!("endpoint_url of profile {}", self.name);
            Some((setting, self.get("endpoint_url")?))
        })
    }

    pub(super) fn keys_in_credentials_file(&self) -> Result<Option<Credentials>, Error> {
        self.keys(&self.files.credentials, &self.credentials)
    }

    pub(super) fn keys_in_config_file(&self) -> Result<Option<Credentials>, Error> {
        self.keys(&self.files.config, &self.config)
    }

    pub(super) fn has_keys(&self) -> bool {
        self.get("aws_access_key_id").is_some() || self.get("aws_secret_access_key").is_some()
    }

    fn keys(
        &self,
        file: &SharedFile,
        sections: &[&'a Section],
    ) -> Result<Option<Credentials>, Error> {
        let get = |name| find(sections, name);
        let missing = |name: &str, other: &str| {
            Err(Error::invalid(
                &format!("{name} of profile {} in {}", self.name, file.shown),
                format!("not set, although {other} is"),
                "set both, or neither",
            ))
        };
        let mut credentials = match (get("aws_access_key_id"), get("aws_secret_access_key")) {
            (None, None) => return Ok(None),
            (Some(_), None) => return missing("aws_secret_access_key", "aws_access_key_id"),
            (None, Some(_)) => return missing("aws_access_key_id", "aws_secret_access_key"),
            (Some(id), Some(secret)) => Credentials::new(id, secret),
        };
        if let Some(token) = get("aws_session_token") {
            credentials = credentials.with_session_token(token);
        }
        credentials.check().map_err(|error| {
            error.with_field(|field| {
                let name = match field {
                    "access key ID" => "aws_access_key_id",
                    "session token" => "aws_session_token",
                    _ => "aws_secret_access_key",
                };
                format!(
                    "{name} of profile {} in {}{}",
                    self.name,
                    file.shown,
                    file.note()
                )
            })
        })?;
        Ok(Some(credentials))
    }
}

fn find<'a>(sections: &[&'a Section], name: &str) -> Option<&'a str> {
    sections.iter().rev().find_map(|section| section.get(name))
}

/// The two words of a section such as `[profile x]`. A name in quotes may contain spaces.
fn words(section: &Section) -> Option<(&str, &str)> {
    let (kind, name) = section.name.split_once([' ', '\t'])?;
    Some((kind, unquoted(name.trim())))
}

fn is_profile(section: &Section, name: &str) -> bool {
    words(section) == Some(("profile", name))
}

fn unquoted(name: &str) -> &str {
    let quoted = |quote: char| name.strip_prefix(quote)?.strip_suffix(quote);
    quoted('"').or_else(|| quoted('\'')).unwrap_or(name)
}
