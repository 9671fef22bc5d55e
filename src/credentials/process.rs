//! `credential_process`: a program that prints credentials, such as a helper of a vault or of single sign-on.
//!
//! <https://docs.aws.amazon.com/sdkref/latest/guide/feature-process-credentials.html>

use std::io;
use std::process::{ExitStatus, Stdio};
use std::time::Duration;

use futures_util::future::join3;
use tokio::io::{AsyncRead, AsyncReadExt};
use tokio::process::Command;
use zeroize::Zeroizing;

use super::chain::Looked;
use super::exchange::{failed, named};
use super::json;
use super::profiles::Profile;
use crate::client::credentials::Credentials;
use crate::error::{Error, milliseconds, shortened};
use crate::http::{check_runtime, within};

/// The time that a program has. Some wait for a person to touch a key.
const LIMIT: Duration = Duration::from_secs(60);

/// How much of its output is read.
const MAX_OUTPUT: u64 = 64 << 10;

pub(super) async fn look(profile: &Profile<'_>) -> Result<Looked, Error> {
    let Some(command) = profile.get("credential_process") else {
        return Ok(Looked::nothing(format!(
            "profile {} has none",
            profile.name
        )));
    };
    let words = split(command).map_err(|problem| {
        Error::invalid(
            &format!("credential_process of profile {}", profile.name),
            problem,
            "write a program and its arguments, in quotes where they contain spaces",
        )
    })?;
    let credentials = run(&words, LIMIT).await;
    let credentials = credentials.map_err(|error| named(error, "credential_process"))?;
    Ok(Looked::Found(credentials))
}

/// Runs the program. If this future is dropped, the program is killed.
async fn run(words: &[String], limit: Duration) -> Result<Credentials, Error> {
    check_runtime()?;
    let (program, arguments) = words
        .split_first()
        .map_or(("", &[][..]), |(first, rest)| (first.as_str(), rest));
    // Only the program is named: an argument may be a secret.
    let problem = |text: String| failed(format!("{program:?} {text}"), None);
    let mut child = Command::new(program)
        .args(arguments)
        // The caller's input can be data.
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .map_err(|error| problem(format!("cannot be started: {error}")))?;
    let (stdout, stderr) = (read(child.stdout.take()), read(child.stderr.take()));
    let ended = within(limit, join3(stdout, stderr, child.wait())).await;
    let Some((stdout, stderr, status)) = ended else {
        // Also waits for its end, but not for long.
        let _ = within(Duration::from_secs(1), child.kill()).await;
        let limit = milliseconds(limit);
        return Err(problem(format!(
            "did not end within {limit}, and was killed"
        )));
    };
    let unreadable = |error: io::Error| problem(format!("cannot be read: {error}"));
    let (stdout, stderr) = (stdout.map_err(unreadable)?, stderr.map_err(unreadable)?);
    let status = status.map_err(unreadable)?;
    if !status.success() {
        let reason = String::from_utf8_lossy(&stderr);
        let reason = shortened(reason.trim(), 300);
        let separator = if reason.is_empty() { "" } else { ": " };
        return Err(problem(format!("{}{separator}{reason}", ending(status))));
    }
    if stdout.len() as u64 >= MAX_OUTPUT {
        return Err(problem(format!("printed more than {MAX_OUTPUT} bytes")));
    }
    parse(&stdout).map_err(|text| problem(format!("printed no credentials: {text}")))
}

fn ending(status: ExitStatus) -> String {
    match status.code() {
        Some(code) => format!("failed with exit code {code}"),
        None => format!("was ended by a signal ({status})"),
    }
}

/// Reads a pipe to its end, and keeps the start.
async fn read(pipe: Option<impl AsyncRead + Unpin>) -> io::Result<Zeroizing<Vec<u8>>> {
    let mut output = Zeroizing::new(Vec::new());
    if let Some(mut pipe) = pipe {
        (&mut pipe)
            .take(MAX_OUTPUT)
            .read_to_end(&mut output)
            .await?;
        // A program that cannot write would never end.
        tokio::io::copy(&mut pipe, &mut tokio::io::sink()).await?;
    }
    Ok(output)
}

fn parse(output: &[u8]) -> Result<Credentials, String> {
    let document = json::parse(output)?;
    match document.get("Version") {
        Some(version) if version.as_u64() == Some(1) => {}
        Some(version) => {
            let version = shortened(&version.to_string(), 20);
            return Err(format!("Version is {version}, expected 1"));
        }
        None => return Err("Version is missing, expected 1".to_owned()),
    }
    json::credentials(document, "SessionToken")
}

/// Splits a command into words as a POSIX shell does, without running one.
fn split(command: &str) -> Result<Vec<String>, &'static str> {
    let mut words = Vec::new();
    let mut word: Option<String> = None;
    let mut quote = None;
    let mut characters = command.chars();
    while let Some(character) = characters.next() {
        match (quote, character) {
            (Some(open), character) if character == open => quote = None,
            (None, '"' | '\'') => {
                quote = Some(character);
                word.get_or_insert_default();
            }
            // On Windows it separates folders.
            (None | Some('"'), '\\') if !cfg!(windows) => {
                let next = characters.next().ok_or("it ends with a backslash")?;
                let word = word.get_or_insert_default();
                if quote.is_some() && !matches!(next, '"' | '\\' | '$' | '`') {
                    word.push('\\');
                }
                word.push(next);
            }
            (None, character) if character.is_whitespace() => words.extend(word.take()),
            (_, character) => word.get_or_insert_default().push(character),
        }
    }
    if quote.is_some() {
        return Err("a quote is not closed");
    }
    words.extend(word);
    if words.is_empty() {
        return Err("it names no program");
    }
    Ok(words)
}

#[cfg(test)]
mod tests {
    use std::time::Instant;

    use super::*;

    #[test]
    fn a_command_is_split_as_a_shell_does() {
        for (command, expected) in [
            ("helper", &["helper"][..]),
            (" helper  --x\ty ", &["helper", "--x", "y"]),
            (
                r#""/opt/my tools/helper" 'a b' c"d e"f ''"#,
                &["/opt/my tools/helper", "a b", "cd ef", ""],
            ),
            (r#"a "b \"c\" \d" '\e'"#, &["a", r#"b "c" \d"#, r"\e"]),
        ] {
            assert_eq!(split(command).unwrap(), expected, "{command}");
        }
        for command in ["", "  ", "a 'b", "a \"b"] {
            assert!(split(command).is_err(), "{command}");
        }
    }

    #[cfg(unix)]
    async fn error_of(script: &str, limit: Duration) -> String {
        let words = ["/bin/sh", "-c", script].map(str::to_owned);
        let error = run(&words, limit).await.unwrap_err();
        error.to_string()
    }

    #[cfg(unix)]
    #[tokio::test]
    async fn a_program_that_hangs_is_killed_and_named() {
        let started = Instant::now();
        let id = std::env::temp_dir().join(format!("slim-s3-helper-{}", std::process::id()));
        let script = format!("echo $$ > {}; exec sleep 600", id.display());
        let error = error_of(&script, Duration::from_secs(2)).await;
        assert!(
            error.contains("\"/bin/sh\" did not end within 2s, and was killed"),
            "{error}"
        );
        assert!(started.elapsed() < Duration::from_secs(20));
        let pid = std::fs::read_to_string(&id).unwrap();
        std::fs::remove_file(id).unwrap();
        let alive = std::path::Path::new("/proc").join(pid.trim());
        assert!(!alive.exists(), "{} is still there", alive.display());
    }

    /// The program's child holds its output open.
    #[cfg(unix)]
    #[tokio::test]
    async fn a_program_whose_child_hangs_is_not_waited_for() {
        let error = error_of("sleep 3 & exit 0", Duration::from_millis(500)).await;
        assert!(error.contains("did not end within 500ms"), "{error}");
    }

    #[cfg(unix)]
    #[tokio::test]
    async fn a_dropped_run_kills_its_program() {
        let id = std::env::temp_dir().join(format!("slim-s3-dropped-{}", std::process::id()));
        let script = format!("echo $$ > {}; exec sleep 600", id.display());
        let words = ["/bin/sh".to_owned(), "-c".to_owned(), script];
        let written = async {
            loop {
                match std::fs::read_to_string(&id) {
                    Ok(text) if text.ends_with('\n') => break text,
                    _ => tokio::time::sleep(Duration::from_millis(10)).await,
                }
            }
        };
        let pid = tokio::select! {
            output = run(&words, Duration::from_secs(60)) => panic!("{output:?}"),
            pid = written => pid,
        };
        std::fs::remove_file(id).unwrap();
        let stat = std::path::Path::new("/proc").join(pid.trim()).join("stat");
        for _ in 0..100 {
            // Until tokio waits for it, it is a zombie.
            match std::fs::read_to_string(&stat) {
                Ok(text) if !text.contains(") Z ") => {
                    tokio::time::sleep(Duration::from_millis(50)).await;
                }
                _ => return,
            }
        }
        panic!("the program still runs");
    }

    #[cfg(unix)]
    #[tokio::test]
    async fn output_without_end_is_not_kept() {
        let error = error_of("head -c 200000 /dev/zero", Duration::from_secs(60)).await;
        assert!(error.contains("printed more than 65536 bytes"), "{error}");
    }
}
