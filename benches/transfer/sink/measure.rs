//! `measure COMMAND...` runs a command, and prints what it took: wall, user and system time in seconds, its peak RSS in
//! KiB, and its exit status. The command's standard output is discarded.
//!
//! A program of its own, and small: the peak RSS of a process includes that of the one that started it, so Python's would
//! hide a client's.

use std::process::{Command, ExitCode, Stdio};
use std::time::Instant;

use nix::sys::resource::{UsageWho, getrusage};
use nix::sys::time::TimeValLike;

fn main() -> ExitCode {
    let mut arguments = std::env::args_os().skip(1);
    let Some(program) = arguments.next() else {
        eprintln!("usage: measure COMMAND...");
        return ExitCode::FAILURE;
    };
    let mut command = Command::new(program);
    command.args(arguments).stdout(Stdio::null());
    let started = Instant::now();
    let status = match command.status() {
        Ok(status) => status.code().unwrap_or(-1),
        Err(error) => {
            eprintln!("measure: {}: {error}", command.get_program().display());
            return ExitCode::FAILURE;
        }
    };
    let wall = started.elapsed().as_secs_f64();
    let Ok(usage) = getrusage(UsageWho::RUSAGE_CHILDREN) else {
        eprintln!("measure: the system does not tell what the command took");
        return ExitCode::FAILURE;
    };
    let user = usage.user_time().num_microseconds() as f64 / 1e6;
    let system = usage.system_time().num_microseconds() as f64 / 1e6;
    println!(
        "{wall:.4} {user:.4} {system:.4} {} {status}",
        usage.max_rss()
    );
    ExitCode::SUCCESS
}
