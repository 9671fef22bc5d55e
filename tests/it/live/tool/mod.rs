//! Every command of the tool on a live store, driven as a process: what it prints, its exit code, and what it has done.

mod buckets;
mod doctor;
mod document;
mod folders;
mod resume;
mod transfers;
mod urls;

use std::process::Command;

use crate::support::live;
use crate::support::tool::tool_at;

/// The tool, with the store in its environment.
fn tool() -> Command {
    tool_on(&live::endpoint())
}

/// The tool, with a proxy of the store in its environment.
fn tool_on(endpoint: &str) -> Command {
    let (id, secret) = live::keys();
    let mut command = tool_at(endpoint, &id, &secret);
    command.env("AWS_REGION", live::region());
    if let Some(ca) = std::env::var_os("S3_TEST_CA") {
        command.env("AWS_CA_BUNDLE", ca);
    }
    command
}
