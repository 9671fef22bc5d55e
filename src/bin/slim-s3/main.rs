//! `slim-s3`: stores, reads and manages objects from a shell. docs/tool.md describes it.

// `arguments` is the command line. Each command is in the file of its name; `session` is what it gets. Start with `run`.

mod arguments;
mod completions;
mod connect;
mod cp;
mod deletion;
mod doctor;
mod exit_code;
mod failure;
mod folder;
mod folder_get;
mod folder_put;
mod get;
mod ls;
mod many;
mod mb;
mod object_options;
mod output;
mod parts;
mod presign;
mod progress;
mod put;
mod range;
mod rb;
mod request_log;
mod resume_find;
mod resume_state;
mod rm;
mod session;
mod sign;
mod sign_diff;
mod sign_show;
mod sign_target;
mod signals;
mod stat;
mod stdio;
mod units;
mod url;

use clap::FromArgMatches;

use crate::arguments::{Cli, Verb};
use crate::connect::Global;
use crate::failure::Failure;
use crate::output::{Output, to_stderr};
use crate::session::Session;
use crate::signals::{Interrupt, Running};

fn main() {
    let cli = match parse() {
        Ok(cli) => cli,
        Err(code) => std::process::exit(code.into()),
    };
    let output = cli.global.output();
    let code = match run(cli) {
        Ok(()) => exit_code::DONE,
        Err(failure) => {
            output.failure(&failure);
            exit_code::of(&failure)
        }
    };
    // Without waiting for threads: one may wait for data on standard input.
    std::process::exit(code.into());
}

/// The command line. If there is nothing to run, prints the help or what is wrong, and returns the exit code.
fn parse() -> Result<Cli, u8> {
    // In the help of `slim-s3` itself, the global options are shown.
    let verbs = arguments::command();
    let is_verb = |argument: &str| verbs.find_subcommand(argument).is_some();
    let mut arguments = std::env::args_os().skip(1);
    let is_for_verb = arguments.any(|argument| argument.to_str().is_some_and(is_verb));
    let command = if is_for_verb {
        arguments::command_for_verb()
    } else {
        arguments::command()
    };
    let parsed = command
        .try_get_matches()
        .and_then(|matches| Cli::from_arg_matches(&matches));
    parsed.map_err(|error| {
        if !error.use_stderr() {
            // The help and the version are data.
            let printed = output::print(error.render().to_string().as_bytes());
            return printed.map_or_else(|failure| exit_code::of(&failure), |()| exit_code::DONE);
        }
        let text = error.render().to_string();
        let text = text.trim_end();
        if std::env::args_os().any(|argument| argument == "--json") {
            let json = true;
            let output = Output {
                json,
                quiet: false,
                verbose: false,
            };
            output.failure(&Failure::Usage(text.to_owned()));
        } else {
            to_stderr(text);
        }
        exit_code::USAGE
    })
}

fn run(cli: Cli) -> Result<(), Failure> {
    let verb = match cli.verb {
        Verb::Completions(completions) => return completions.run(),
        Verb::Man(man) => return man.run(),
        verb => verb,
    };
    let global = cli.global;
    let runtime =
        runtime().map_err(|error| Failure::local("the runtime", "cannot be started", &error))?;
    let cleans_up = matches!(
        verb,
        Verb::Put(_) | Verb::Get(_) | Verb::Cp(_) | Verb::Doctor(_)
    );
    let interrupt = Interrupt::listen(cleans_up, global.output());
    let ended = runtime.block_on(async {
        if global.verbose {
            request_log::start(global.json);
        }
        run_verb(verb, &global, interrupt).await
    });
    // A blocking read of standard input may never return.
    runtime.shutdown_background();
    ended
}

/// A runtime on one thread: files are read and hashed on others.
fn runtime() -> std::io::Result<tokio::runtime::Runtime> {
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
}

async fn run_verb(verb: Verb, global: &Global, interrupt: Interrupt) -> Result<(), Failure> {
    let (client, credentials) = match &verb {
        Verb::Sign(sign) => interrupt.or(Box::pin(sign.client(global))).await?,
        _ => (interrupt.or(Box::pin(global.client())).await?, None),
    };
    let session = &Session {
        client,
        output: global.output(),
        interrupt,
    };
    let running: Running<'_, ()> = match verb {
        // They clean up after a signal.
        Verb::Put(put) => return Box::pin(put.run(session)).await,
        Verb::Get(get) => return Box::pin(get.run(session)).await,
        Verb::Cp(cp) => return Box::pin(cp.run(session)).await,
        Verb::Doctor(doctor) => return Box::pin(doctor.run(session)).await,
        // They leave nothing half done.
        Verb::Ls(ls) => Box::pin(ls.run(session)),
        Verb::Rm(rm) => Box::pin(rm.run(session)),
        Verb::Stat(stat) => Box::pin(stat.run(session)),
        Verb::Mb(mb) => Box::pin(mb.run(session)),
        Verb::Rb(rb) => Box::pin(rb.run(session)),
        Verb::Presign(presign) => Box::pin(presign.run(session)),
        Verb::Parts(parts) => Box::pin(parts.run(session)),
        Verb::Sign(sign) => Box::pin(sign.run(session, credentials)),
        Verb::Completions(completions) => return completions.run(),
        Verb::Man(man) => return man.run(),
    };
    session.interrupt.or(running).await
}
