//! The command line: the global options and the commands. Each command's own arguments are in its file.

use clap::{ArgAction, Command, CommandFactory, Parser, Subcommand};

use crate::completions::{Completions, Man};
use crate::connect::Global;
use crate::cp::Cp;
use crate::doctor::Doctor;
use crate::get::Get;
use crate::ls::Ls;
use crate::mb::Mb;
use crate::parts::Parts;
use crate::presign::Presign;
use crate::put::Put;
use crate::rb::Rb;
use crate::rm::Rm;
use crate::sign::Sign;
use crate::stat::Stat;

/// Stores, reads and manages objects in S3 and compatible stores.
#[derive(Debug, Parser)]
#[command(
    name = "slim-s3",
    version,
    disable_help_subcommand = true,
    disable_version_flag = true,
    after_help = "\
Keys come from AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, the store from AWS_ENDPOINT_URL_S3,
the region from AWS_REGION.

Exit codes: 0 done, 1 failed for good, 2 usage, 3 configuration or credentials, 4 not found,
5 temporary, 6 exists already or has changed, 130 and 143 interrupted.

Example:
  slim-s3 put cat.jpg s3://photos/2026/
  slim-s3 put --help"
)]
pub struct Cli {
    #[command(flatten)]
    pub global: Global,
    /// Print the version
    #[arg(short = 'V', long, action = ArgAction::Version)]
    version: Option<bool>,
    #[command(subcommand)]
    pub verb: Verb,
}

#[derive(Debug, Subcommand)]
pub enum Verb {
    Put(Put),
    Get(Get),
    Ls(Ls),
    Rm(Rm),
    Cp(Cp),
    Stat(Stat),
    Mb(Mb),
    Rb(Rb),
    Presign(Presign),
    Parts(Parts),
    Sign(Sign),
    Doctor(Doctor),
    Completions(Completions),
    Man(Man),
}

/// The definition of the command line. The global options are in the help of `slim-s3` only, so that the help of a command
/// fits on a screen.
pub fn command() -> Command {
    Cli::command()
}

/// The same, with the global options hidden, for the help of a command.
pub fn command_for_verb() -> Command {
    let hidden = command().mut_args(|argument| {
        let is_global = argument.is_global_set();
        argument.hide(is_global)
    });
    hidden.mut_subcommands(|verb| {
        let example = verb.get_after_help().cloned().unwrap_or_default();
        verb.after_help(format!(
            "{example}\n\nslim-s3 --help lists the options of all commands."
        ))
    })
}
