//! `completions` and `man`: made from the definition of the command line.

use clap::Args;
use clap_complete::Shell;

use crate::arguments::{command, command_for_verb};
use crate::failure::Failure;
use crate::output::print;

/// Print the completions for a shell
#[derive(Args, Clone, Debug)]
#[command(after_help = "\
Example:
  slim-s3 completions bash > /etc/bash_completion.d/slim-s3")]
pub struct Completions {
    /// The shell
    shell: Shell,
}

impl Completions {
    pub fn run(self) -> Result<(), Failure> {
        let mut text = Vec::new();
        clap_complete::generate(self.shell, &mut command(), "slim-s3", &mut text);
        print(&text)
    }
}

/// Print the manual page, or that of a command
#[derive(Args, Clone, Debug)]
#[command(after_help = "\
Example:
  slim-s3 man > slim-s3.1
  slim-s3 man put > slim-s3-put.1")]
pub struct Man {
    /// The command
    #[arg(value_name = "COMMAND")]
    verb: Option<String>,
}

impl Man {
    pub fn run(self) -> Result<(), Failure> {
        let page = match &self.verb {
            None => command(),
            Some(verb) => {
                let mut all = command_for_verb();
                all.build();
                let found = all.find_subcommand(verb).cloned();
                found.ok_or_else(|| Failure::Usage(format!("{verb:?}: not a command")))?
            }
        };
        let mut text = Vec::new();
        clap_mangen::Man::new(page)
            .render(&mut text)
            .map_err(|error| Failure::stdout(&error))?;
        print(&text)
    }
}
