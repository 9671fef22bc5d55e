//! One of the two shared files, read and parsed.

use std::io;
use std::path::PathBuf;

use super::environment::Environment;
use super::profile_file::{Section, parse};
use crate::error::Error;

pub(super) struct SharedFile {
    /// The path, for messages.
    pub(super) shown: String,
    /// `None` if there is no such file.
    sections: Option<Vec<Section>>,
    pub(super) is_exposed: bool,
    /// Whether it is in the usual place, which may be that of another user, and this one must not read it.
    pub(super) is_forbidden: bool,
}

impl SharedFile {
    pub(super) fn read(
        environment: &Environment,
        variable: &str,
        default: &str,
    ) -> Result<SharedFile, Error> {
        let chosen = environment.variable(variable)?;
        let path: PathBuf = environment.expanded(chosen.as_deref().unwrap_or(default))?;
        let shown = environment.shown(&path);
        let mut is_forbidden = false;
        let (sections, is_exposed) = match environment.read(&path) {
            Ok(content) => {
                let sections = parse(&content.bytes).map_err(|error| {
                    Error::invalid(
                        &shown,
                        format!("line {}: {}", error.line, error.problem),
                        "correct the line",
                    )
                })?;
                (Some(sections), content.is_exposed)
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => (None, false),
            // A parent that is a file.
            Err(error) if error.kind() == io::ErrorKind::NotADirectory => (None, false),
            Err(error) if error.kind() == io::ErrorKind::PermissionDenied && chosen.is_none() => {
                is_forbidden = true;
                (None, false)
            }
            Err(error) => {
                return Err(Error::invalid(
                    &shown,
                    format!("cannot be read: {error}"),
                    "allow this user to read the file",
                ));
            }
        };
        Ok(SharedFile {
            shown,
            sections,
            is_exposed,
            is_forbidden,
        })
    }

    pub(super) fn exists(&self) -> bool {
        self.sections.is_some()
    }

    pub(super) fn sections(&self) -> impl Iterator<Item = &Section> {
        self.sections.iter().flatten()
    }

    /// Whether a profile in it has a secret key or a session token.
    pub(super) fn holds_a_secret(&self) -> bool {
        let names = ["aws_secret_access_key", "aws_session_token"];
        let mut sections = self.sections();
        sections.any(|section| names.iter().any(|name| section.get(name).is_some()))
    }

    /// A warning for messages about the file.
    pub(super) fn note(&self) -> &'static str {
        if self.is_exposed {
            " (which other users can read: chmod 600)"
        } else {
            ""
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use crate::client::builder::ClientBuilder;
    use crate::credentials::environment::Environment;

    const KEYS: [(&str, &str); 2] = [("AWS_ACCESS_KEY_ID", "AK"), ("AWS_SECRET_ACCESS_KEY", "SK")];

    fn environment(variables: &[(&str, &str)]) -> Environment {
        let others = [("HOME", "/home/kim"), ("AWS_EC2_METADATA_DISABLED", "true")];
        let variables = others.into_iter().chain(variables.iter().copied());
        Environment::new(variables).with_forbidden_files()
    }

    async fn error_of(environment: &Environment) -> String {
        let found = ClientBuilder::from_environment(environment, None).await;
        found.map(drop).unwrap_err().to_string()
    }

    /// A service may have the home folder of the user who has started it.
    #[tokio::test]
    async fn files_of_another_user_do_not_hide_the_variables() {
        let found = ClientBuilder::from_environment(&environment(&KEYS), None).await;
        assert!(found.is_ok());
    }

    #[tokio::test]
    async fn files_of_another_user_are_named_if_they_are_needed() {
        let error = error_of(&environment(&[])).await;
        let expected = "~/.aws/credentials: this user must not read it";
        assert!(error.contains(expected), "{error}");
        let error = error_of(&environment(&[("AWS_PROFILE", "work")])).await;
        assert!(
            error.contains("this user must not read ~/.aws/credentials"),
            "{error}"
        );
        let named = [KEYS[0], KEYS[1], ("AWS_CONFIG_FILE", "/etc/aws")];
        let error = error_of(&environment(&named)).await;
        assert!(error.contains("/etc/aws: cannot be read: "), "{error}");
    }
}
