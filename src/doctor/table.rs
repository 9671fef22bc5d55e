//! The report as a table of at most 100 columns. The code with a long endpoint can be wider.

use std::fmt;

use super::WRITING;
use super::report::DoctorReport;
use crate::call::presigned_request::quoted;

/// The width of the lines.
const WIDTH: usize = 100;
/// Where the details begin: after the longest name, the longest verdict and two times two blanks.
const INDENT: usize = 24 + 11;

impl fmt::Display for DoctorReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let server = self.server.as_deref().unwrap_or("not named");
        writeln!(f, "endpoint  {}", self.endpoint)?;
        writeln!(f, "bucket    {}", self.bucket)?;
        writeln!(f, "server    {server}")?;
        let seconds = self.milliseconds / 1000;
        let tenths = self.milliseconds % 1000 / 100;
        writeln!(
            f,
            "sent      {} requests with {} bytes in {seconds}.{tenths} s",
            self.requests, self.bytes_sent
        )?;
        writeln!(f)?;
        writeln!(f, "{:24}{:11}detail", "check", "verdict")?;
        for check in &self.checks {
            write!(f, "{:24}{:11}", check.name, check.verdict.name())?;
            wrapped(f, &check.detail, INDENT)?;
        }
        writeln!(f)?;
        self.end(f)?;
        writeln!(f, "Settings:\n")?;
        for line in self.builder_code.lines() {
            writeln!(f, "    {line}")?;
        }
        writeln!(f)?;
        for (name, value) in &self.environment {
            writeln!(f, "    export {name}={}", shell_value(value))?;
        }
        if !self.builder_code.contains(".anonymous()") {
            writeln!(f, "    export AWS_ACCESS_KEY_ID=… AWS_SECRET_ACCESS_KEY=…")?;
        }
        Ok(())
    }
}

impl DoctorReport {
    /// What became of the examination, and of what it has stored.
    fn end(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(error) = &self.error {
            wrapped(f, &format!("Ended early: {error}"), 0)?;
            writeln!(f)?;
        } else if !self.wrote {
            let count = WRITING.len();
            writeln!(
                f,
                "Nothing was written, which {count} more checks require.\n"
            )?;
        }
        if self.wrote && self.left.is_empty() {
            writeln!(f, "Nothing is left in the bucket.\n")?;
        } else if !self.left.is_empty() {
            let text = "These could not be deleted, or it is not known whether they exist:";
            writeln!(f, "{text}")?;
            for left in &self.left {
                write!(f, "    ")?;
                wrapped(f, left, 4)?;
            }
            writeln!(f)?;
        }
        Ok(())
    }
}

/// Writes a text whose first line begins at `indent`, and ends it. Words longer than a line are cut.
fn wrapped(f: &mut fmt::Formatter<'_>, text: &str, indent: usize) -> fmt::Result {
    let width = WIDTH - indent;
    let mut used = 0;
    for word in text.split_ascii_whitespace() {
        let mut rest = word;
        loop {
            let length = rest.chars().count();
            if used > 0 && used + 1 + length > width {
                write!(f, "\n{:indent$}", "")?;
                used = 0;
            }
            let cut = rest.char_indices().nth(width).map(|(at, _)| at);
            let (head, tail) = cut.map_or((rest, ""), |at| rest.split_at(at));
            let blank = if used > 0 { " " } else { "" };
            write!(f, "{blank}{head}")?;
            used += blank.len() + head.chars().count();
            if tail.is_empty() {
                break;
            }
            rest = tail;
        }
    }
    writeln!(f)
}

/// A value for a shell, quoted if it must be.
fn shell_value(value: &str) -> String {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~:/%[]".contains(&byte);
    // Brackets are patterns, which match nothing that begins with http.
    if value.bytes().all(is_plain) && !value.contains('[') {
        value.to_owned()
    } else {
        quoted(value)
    }
}
