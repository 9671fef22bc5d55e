//! The tool `slim-s3` as a process: its arguments, and what it printed and returned.

use std::ffi::OsStr;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::sync::Once;
use std::sync::atomic::{AtomicU32, Ordering};

use tokio::signal::unix::{SignalKind, signal};

/// How a run of the tool ended.
#[derive(Debug)]
pub struct Ended {
    pub code: Option<i32>,
    pub stdout: String,
    pub stderr: String,
}

impl From<Output> for Ended {
    fn from(output: Output) -> Ended {
        Ended {
            code: output.status.code(),
            stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
            stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
        }
    }
}

impl Ended {
    /// Asserts the exit code and all of standard output, and returns standard error.
    #[track_caller]
    pub fn assert(self, code: i32, stdout: &str) -> String {
        let actual = (self.code, self.stdout.as_str());
        assert_eq!(actual, (Some(code), stdout), "{}", self.stderr);
        self.stderr
    }

    /// Asserts success, with nothing on standard error but summaries, and returns standard output.
    #[track_caller]
    pub fn succeeded(self) -> String {
        assert_eq!(self.code, Some(0), "{}", self.stderr);
        assert!(!self.stderr.contains("slim-s3:"), "{}", self.stderr);
        self.stdout
    }

    /// Asserts a failure with this exit code, one line on standard error that contains `text`, and nothing on standard
    /// output.
    #[track_caller]
    pub fn failed(self, code: i32, text: &str) {
        let stderr = self.assert(code, "");
        assert!(stderr.contains(text), "no {text:?} in {stderr}");
    }
}

/// Keys and an endpoint, and no other variables: those of the caller would change what the tool does.
pub fn tool_at(endpoint: &str, key_id: &str, secret: &str) -> Command {
    restore_signals();
    let mut command = Command::new(env!("CARGO_BIN_EXE_slim-s3"));
    command
        .env_clear()
        .env("AWS_ACCESS_KEY_ID", key_id)
        .env("AWS_SECRET_ACCESS_KEY", secret)
        .env("AWS_ENDPOINT_URL_S3", endpoint)
        .env("AWS_EC2_METADATA_DISABLED", "true")
        .env("NO_PROXY", "*")
        .stdin(Stdio::null());
    command
}

/// The tool ignores the signals that it inherits as ignored, and a shell ignores SIGINT in the commands that it runs in the
/// background, such as these tests. A handler in this process makes them the default in its children.
fn restore_signals() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
        let set = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
        let ignored = set.map_or(0, |set| u64::from_str_radix(set.trim(), 16).unwrap());
        let kinds = [SignalKind::interrupt(), SignalKind::hangup()];
        let is_ignored = |kind: &SignalKind| ignored & (1 << (kind.as_raw_value() - 1)) != 0;
        let kinds: Vec<SignalKind> = kinds.into_iter().filter(is_ignored).collect();
        // A test may run in a runtime, which cannot wait for another one.
        let install = move || {
            let mut builder = tokio::runtime::Builder::new_current_thread();
            let runtime = builder.enable_all().build().unwrap();
            runtime.block_on(async {
                for kind in kinds {
                    drop(signal(kind).unwrap());
                }
            });
        };
        std::thread::spawn(install).join().unwrap();
    });
}

/// Runs to the end.
pub fn run<A: AsRef<OsStr>>(mut command: Command, arguments: &[A]) -> Ended {
    command.args(arguments).output().unwrap().into()
}

/// Runs to the end, with this on standard input.
pub fn run_with_input<A: AsRef<OsStr>>(
    mut command: Command,
    arguments: &[A],
    input: &[u8],
) -> Ended {
    command.args(arguments).stdin(Stdio::piped());
    let mut child = started(command);
    let (mut stdin, input) = (child.stdin.take().unwrap(), input.to_vec());
    // The tool may fail before it has read everything.
    let writer = std::thread::spawn(move || drop(stdin.write_all(&input)));
    let ended = child.wait_with_output().unwrap().into();
    writer.join().unwrap();
    ended
}

/// Starts a process whose output is captured.
pub fn started(mut command: Command) -> Child {
    command
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap()
}

/// Sends a signal to a process that this test has started.
pub fn send_signal(child: &Child, signal: &str) {
    let status = Command::new("kill")
        .args([signal, &child.id().to_string()])
        .status();
    assert!(status.unwrap().success());
}

/// A new folder, which is deleted on drop.
pub struct Folder(pub PathBuf);

impl Folder {
    pub fn new() -> Folder {
        static NUMBER: AtomicU32 = AtomicU32::new(0);
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let name = format!("slim-s3-tool-{}-{number}", std::process::id());
        let path = std::env::temp_dir().join(name);
        std::fs::create_dir_all(&path).unwrap();
        Folder(path)
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.0.join(name)
    }

    /// The path as text.
    pub fn name(&self, name: &str) -> String {
        self.path(name).to_str().unwrap().to_owned()
    }

    pub fn write(&self, name: &str, content: impl AsRef<[u8]>) -> String {
        let path = self.path(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, content).unwrap();
        self.name(name)
    }

    pub fn read(&self, name: &str) -> Vec<u8> {
        std::fs::read(self.path(name)).unwrap()
    }

    /// The names in it, in order.
    pub fn names(&self) -> Vec<String> {
        names_in(&self.0)
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

pub fn names_in(folder: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(folder).unwrap();
    let names = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let mut names: Vec<String> = names.collect();
    names.sort();
    names
}
