//! Standard output is for data only: content, listings, URLs, JSON. Everything else goes to standard error.

use std::fmt::Write as _;
use std::io::{self, IsTerminal, Write};
use std::time::{Duration, SystemTime};

use serde_json::{Map, Value, json};
use slim_s3::{AmzDate, Error};

use crate::exit_code;
use crate::failure::{Failure, cause_of};
use crate::sign_diff::{addition, certain_cause};
use crate::signals::Signal;

/// What the options ask for.
#[derive(Clone, Copy, Debug)]
pub struct Output {
    pub json: bool,
    pub quiet: bool,
    pub verbose: bool,
}

impl Output {
    /// Writes text to standard output. It must end with a line end, unless something else separates it.
    pub fn data(&self, text: &str) -> Result<(), Failure> {
        print(text.as_bytes())
    }

    /// Writes one JSON object on a line of standard output.
    pub fn object(&self, object: &Value) -> Result<(), Failure> {
        self.data(&format!("{object}\n"))
    }

    /// Tells a person what was done. Programs read the JSON instead.
    pub fn note(&self, text: &str) {
        if !self.quiet && !self.json {
            to_stderr(&escaped(text));
        }
    }

    /// Tells what must not be overlooked, also with `--quiet`.
    pub fn warn(&self, text: &str) {
        if self.json {
            to_stderr(&json!({ "warning": text }).to_string());
        } else {
            to_stderr(&format!("slim-s3: {}", escaped(text)));
        }
    }

    /// Reports that the command is cleaning up after a signal. It takes the place of the progress line.
    pub fn stopping(&self) {
        if self.draws_progress() {
            let _ = io::stderr().lock().write_all(b"\r\x1b[2K");
        }
        self.note("slim-s3: stopping; a second Ctrl-C stops at once");
    }

    /// Reports a failure. Keys and messages of the store can contain anything.
    pub fn failure(&self, failure: &Failure) {
        let text = text_of(failure);
        if text.is_empty() {
            return;
        }
        if self.json {
            to_stderr(&json_of(failure, &text).to_string());
        } else {
            to_stderr(&format!("slim-s3: {}", escaped(&text)));
        }
    }

    /// Whether a progress line may be drawn.
    pub fn draws_progress(&self) -> bool {
        !self.json && !self.quiet && !self.verbose && io::stderr().is_terminal()
    }
}

/// Writes to standard output.
pub fn print(data: &[u8]) -> Result<(), Failure> {
    let mut stdout = io::stdout().lock();
    let written = stdout.write_all(data);
    written
        .and_then(|()| stdout.flush())
        .map_err(|error| Failure::stdout(&error))
}

/// A line on standard error. Nobody is left to tell if it cannot be written.
pub fn to_stderr(line: &str) {
    let _ = io::stderr()
        .lock()
        .write_all(format!("{line}\n").as_bytes());
}

fn text_of(failure: &Failure) -> String {
    match failure {
        Failure::Usage(text)
        | Failure::Configuration(text)
        | Failure::Local(text)
        | Failure::Exists(text) => text.clone(),
        Failure::S3(error) => error.to_string() + &addition(error).unwrap_or_default(),
        Failure::Object {
            location,
            code,
            message,
        } => format!("{location}: {code}: {message}"),
        Failure::Several { count, .. } => format!("{count} failed"),
        Failure::Interrupted { signal, left } => {
            let name = match signal {
                Signal::Interrupt => "interrupted",
                Signal::Terminate => "terminated",
                Signal::HangUp => "hung up",
            };
            [name, left].concat()
        }
        Failure::ClosedPipe => String::new(),
    }
}

/// One object, `{"error": {…}}`.
fn json_of(failure: &Failure, text: &str) -> Value {
    let mut error = Map::new();
    error.insert("exit_code".into(), exit_code::of(failure).into());
    error.insert("message".into(), text.into());
    if let Failure::S3(s3) = failure {
        add_call(&mut error, s3);
    }
    if let Failure::Object { location, code, .. } = failure {
        error.insert("location".into(), location.as_str().into());
        error.insert("code".into(), code.as_str().into());
    }
    json!({ "error": error })
}

fn add_call(object: &mut Map<String, Value>, error: &Error) {
    let context = error.context();
    let mut add = |name: &str, value: Option<Value>| {
        if let Some(value) = value {
            object.insert(name.to_owned(), value);
        }
    };
    let operation = Some(context.operation).filter(|operation| !operation.is_empty());
    add("op", operation.map(Value::from));
    // If the credentials are missing, the response is one to their source.
    let answered = cause_of(error).unwrap_or(error);
    add("bucket", context.bucket.clone().map(Value::from));
    add("key", context.key.clone().map(Value::from));
    add(
        "attempts",
        Some(context.attempts).filter(|n| *n > 0).map(Value::from),
    );
    add("upload_id", context.upload_id.clone().map(Value::from));
    add(
        "status",
        answered.status().map(|status| status.as_u16().into()),
    );
    add("code", answered.code().map(Value::from));
    add("request_id", answered.request_id().map(Value::from));
    let cause = certain_cause(error);
    add("cause", cause.map(|cause| cause.to_string().into()));
    add(
        "outcome_unknown",
        error.is_outcome_unknown().then(|| true.into()),
    );
}

/// A time as in `2026-01-02T03:04:05Z`.
pub fn iso(time: SystemTime) -> String {
    let mut text = String::with_capacity(20);
    for (index, letter) in AmzDate::from(time).to_string().chars().enumerate() {
        match index {
            4 | 6 => text.push('-'),
            11 | 13 => text.push(':'),
            _ => {}
        }
        text.push(letter);
    }
    text
}

/// A text without control characters and marks that change the direction of text, for one line of a terminal or a pipe.
pub fn escaped(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    for letter in text.chars() {
        let is_mark = matches!(letter, '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}');
        if letter.is_control() || is_mark {
            // Writing to a String cannot fail.
            let _ = write!(shown, "{}", letter.escape_default());
        } else {
            shown.push(letter);
        }
    }
    shown
}

/// `1073741824 bytes 9.1s 112.3 MiB/s`.
pub fn amount(bytes: u64, time: Duration) -> String {
    let seconds = time.as_secs_f64();
    // Exact up to 8 PiB.
    let rate = bytes as f64 / f64::from(1 << 20) / seconds.max(0.001);
    format!("{bytes} bytes {seconds:.1}s {rate:.1} MiB/s")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_prints_in_utc() {
        let time = SystemTime::UNIX_EPOCH + Duration::from_secs(1_767_323_045);
        assert_eq!(iso(time), "2026-01-02T03:04:05Z");
    }

    #[test]
    fn control_characters_are_escaped() {
        assert_eq!(
            escaped("a\nb\x1b[31m\u{85}é\u{202e}"),
            "a\\nb\\u{1b}[31m\\u{85}é\\u{202e}"
        );
    }

    #[test]
    fn an_amount_has_a_rate() {
        let text = amount(10 << 20, Duration::from_secs(2));
        assert_eq!(text, "10485760 bytes 2.0s 5.0 MiB/s");
    }
}
