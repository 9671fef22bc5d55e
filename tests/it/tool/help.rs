//! Help, version, completions and manual pages.

use std::process::{Command, Stdio};

use super::tool;
use crate::support::tool::run;

const VERBS: [&str; 14] = [
    "put",
    "get",
    "ls",
    "rm",
    "cp",
    "stat",
    "mb",
    "rb",
    "presign",
    "parts",
    "sign",
    "doctor",
    "completions",
    "man",
];

#[test]
fn the_help_of_a_command_fits_on_a_screen_and_has_an_example() {
    for verb in VERBS {
        for flag in ["--help", "-h"] {
            let help = run(tool(), &[verb, flag]).succeeded();
            let lines = help.lines().count();
            assert!(lines <= 32, "{verb}: {lines} lines");
            let widest = help.lines().map(|line| line.chars().count()).max();
            assert!(widest <= Some(100), "{verb}: {help}");
            assert!(help.contains("Example:\n  "), "{verb}: {help}");
            assert!(help.contains(&format!("slim-s3 {verb}")), "{verb}: {help}");
        }
    }
}

#[test]
fn the_help_of_the_tool_lists_commands_global_options_and_exit_codes() {
    let help = run(tool(), &["--help"]).succeeded();
    for expected in VERBS
        .into_iter()
        .chain(["--endpoint", "--profile", "Exit codes: 0 done"])
    {
        assert!(help.contains(expected), "no {expected}: {help}");
    }
    assert!(help.lines().count() <= 60, "{help}");
    let stderr = run(tool(), &[""; 0]).assert(2, "");
    assert!(stderr.contains("Usage: slim-s3"), "{stderr}");
}

#[test]
fn the_version_is_that_of_the_package() {
    let version = run(tool(), &["--version"]).succeeded();
    assert_eq!(
        version,
        concat!("slim-s3 ", env!("CARGO_PKG_VERSION"), "\n")
    );
    assert_eq!(run(tool(), &["-V"]).succeeded(), version);
}

#[test]
fn there_are_completions_for_each_shell() {
    for shell in ["bash", "zsh", "fish", "powershell", "elvish"] {
        let script = run(tool(), &["completions", shell]).succeeded();
        assert!(script.contains("presign"), "{shell}");
        assert!(script.contains("no-clobber"), "{shell}");
    }
    let script = run(tool(), &["completions", "bash"]).succeeded();
    let syntax = Command::new("bash")
        .args(["-n", "-c", &script])
        .stdout(Stdio::null())
        .status();
    assert!(syntax.unwrap().success());
}

#[test]
fn there_is_a_manual_page_for_the_tool_and_each_command() {
    let page = run(tool(), &["man"]).succeeded();
    assert!(page.starts_with(".ie"), "{page}");
    for verb in VERBS {
        assert!(page.contains(verb), "{verb}: {page}");
        let page = run(tool(), &["man", verb]).succeeded();
        assert!(page.contains("Example"), "{verb}: {page}");
    }
}

/// No keys, no folder, no network.
#[test]
fn help_needs_no_environment() {
    for arguments in [
        &["--help"][..],
        &["put", "--help"],
        &["man"],
        &["completions", "zsh"],
    ] {
        let mut command = tool();
        command.env_clear();
        run(command, arguments).succeeded();
    }
}
