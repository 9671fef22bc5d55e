//! The tool `slim-s3` as a process, without a store: bad input, exit codes, help, signing, signals.
//!
//! `live::tool` runs every command on a live store.

mod bad_input;
mod credentials;
mod exit_codes;
mod help;
mod interruption;
mod output;
mod progress;
mod resume;
mod rm;
mod sign;
mod sign_diff;

use std::process::{Command, Stdio};

use crate::support::script::Server;
use crate::support::server::{ACCESS_KEY_ID, SECRET_ACCESS_KEY};
use crate::support::tool::{Ended, run, tool_at};

/// The program, for scripts.
const TOOL: &str = env!("CARGO_BIN_EXE_slim-s3");

/// A port on which nobody listens.
const CLOSED: &str = "http://127.0.0.1:9";

/// The tool, with keys and an endpoint that nobody serves.
fn tool() -> Command {
    tool_at(CLOSED, ACCESS_KEY_ID, SECRET_ACCESS_KEY)
}

/// The tool, with a scripted server as its store.
fn tool_for(server: &Server) -> Command {
    let endpoint = format!("http://{}", server.address);
    tool_at(&endpoint, ACCESS_KEY_ID, SECRET_ACCESS_KEY)
}

/// A shell with the environment of this command.
fn shell(tool: &Command) -> Command {
    let mut command = Command::new("sh");
    let variables = tool.get_envs();
    command
        .env_clear()
        .envs(variables.filter_map(|(name, value)| Some((name, value?))))
        .stdin(Stdio::null());
    command
}

/// Runs the tool while the server of this test goes on.
async fn run_beside(command: Command, arguments: &[&str]) -> Ended {
    let arguments: Vec<String> = arguments.iter().map(|text| (*text).to_owned()).collect();
    let ended = tokio::task::spawn_blocking(move || run(command, &arguments));
    ended.await.unwrap()
}
