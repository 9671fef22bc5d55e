//! Which profile to use, and who says so.

use super::environment::Environment;
use crate::error::Error;

/// Which profile to use, and who says so.
#[derive(Clone, Debug)]
pub(super) struct Choice {
    pub(super) name: String,
    pub(super) chosen_by: ChosenBy,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum ChosenBy {
    /// The program. The profile's keys come before those in the environment.
    Argument,
    Variable(&'static str),
    /// Nobody. The default profile need not exist.
    Default,
}

impl Choice {
    pub(super) fn new(environment: &Environment, argument: Option<&str>) -> Result<Choice, Error> {
        if let Some(name) = argument {
            return Ok(Choice::explicit(name));
        }
        Ok(
            match environment.first(["AWS_PROFILE", "AWS_DEFAULT_PROFILE"])? {
                Some((variable, name)) => Choice {
                    name,
                    chosen_by: ChosenBy::Variable(match variable {
                        "AWS_PROFILE" => "AWS_PROFILE",
                        _ => "AWS_DEFAULT_PROFILE",
                    }),
                },
                None => Choice {
                    name: "default".to_owned(),
                    chosen_by: ChosenBy::Default,
                },
            },
        )
    }

    pub(super) fn explicit(name: &str) -> Choice {
        Choice {
            name: name.to_owned(),
            chosen_by: ChosenBy::Argument,
        }
    }

    pub(super) fn is_explicit(&self) -> bool {
        self.chosen_by == ChosenBy::Argument
    }

    /// The setting that names the profile, for messages.
    pub(super) fn field(&self) -> &'static str {
        match self.chosen_by {
            ChosenBy::Variable(name) => name,
            ChosenBy::Argument | ChosenBy::Default => "profile",
        }
    }
}
