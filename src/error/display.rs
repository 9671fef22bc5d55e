//! How errors print: one line each, without secrets.

use std::error::Error as StdError;
use std::fmt::{self, Write};
use std::time::Duration;

use super::{Context, Error, InvalidRequest, MalformedError, ServiceError, TransportError};

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Error::Invalid(error) => error.fmt(f),
            Error::Transport(error) => error.fmt(f),
            Error::Service(error) => error.fmt(f),
            Error::Malformed(error) => error.fmt(f),
        }
    }
}

/// The line of `Display`, and the causes. A derived form would only repeat the public fields.
impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)?;
        let mut cause = StdError::source(self);
        while let Some(error) = cause {
            write!(f, "; caused by: {}", Escaped(&error.to_string()))?;
            cause = error.source();
        }
        Ok(())
    }
}

impl fmt::Display for Context {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.operation.is_empty() {
            "client"
        } else {
            self.operation
        })?;
        if let Some(bucket) = &self.bucket {
            write!(f, " {}", Escaped(bucket))?;
        }
        if let Some(key) = &self.key {
            write!(f, "/{}", Escaped(key))?;
        }
        Ok(())
    }
}

impl Context {
    /// Writes the notes that follow a message in parentheses.
    fn notes(&self, f: &mut fmt::Formatter<'_>, ids: &[(&str, Option<&str>)]) -> fmt::Result {
        let is_shown = self.attempts > 1 || !self.earlier.is_empty();
        let attempts = is_shown.then(|| {
            let mut attempts = self.attempts.to_string();
            let mut separator = ": ";
            for equal in self.earlier.chunk_by(|one, two| one.cause == two.cause) {
                let cause = equal.first().map_or("", |attempt| &attempt.cause);
                let longest = equal.iter().map(|attempt| attempt.delay).max();
                let times = match equal.len() {
                    1 => String::new(),
                    count => format!(" ({count} times)"),
                };
                let delay = milliseconds(longest.unwrap_or_default());
                attempts.push_str(&format!("{separator}{cause}{times}, retried after {delay}"));
                separator = "; ";
            }
            attempts
        });
        let upload = match self.abort_failure {
            Some(_) => "not confirmed as aborted: upload",
            None => "not aborted: upload",
        };
        let reason = match self.upload_id {
            Some(_) => "because",
            None => "not aborted:",
        };
        let all = ids.iter().copied().chain([
            ("part", self.part_number.as_deref()),
            ("attempts", attempts.as_deref()),
            ("not retried:", self.gave_up),
            (upload, self.upload_id.as_deref()),
            (reason, self.abort_failure.as_deref()),
        ]);
        let mut separator = " (";
        for (name, value) in all {
            if let Some(value) = value {
                write!(f, "{separator}{name} {}", Escaped(value))?;
                separator = ", ";
            }
        }
        if separator == ", " {
            f.write_char(')')
        } else {
            Ok(())
        }
    }
}

impl fmt::Display for InvalidRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let InvalidRequest {
            context,
            field,
            problem,
            remedy,
            ..
        } = self;
        write!(
            f,
            "{context}: {}: {}; {remedy}",
            Escaped(field),
            Long(problem)
        )?;
        context.notes(f, &[])
    }
}

impl fmt::Display for TransportError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.context, Escaped(&self.message))?;
        self.context.notes(f, &[])
    }
}

impl fmt::Display for ServiceError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{}: {} {}",
            self.context,
            self.status.as_u16(),
            Escaped(&self.code)
        )?;
        if self.code_is_inferred {
            f.write_str(" (inferred from the status)")?;
        }
        let message = match self.certain_cause() {
            // Ceph sends no message.
            Some(cause) if self.message.is_empty() => &cause.clone(),
            Some(cause) => &[self.message.trim_end_matches('.'), "; ", &cause].concat(),
            None => &self.message,
        };
        if !message.is_empty() {
            write!(f, ": {}", Escaped(message))?;
        }
        let ids = [
            ("request ID", self.request_id.as_deref()),
            ("host ID", self.host_id.as_deref()),
            ("region", self.region.as_deref()),
            ("redirects to", self.redirect.as_deref()),
        ];
        self.context.notes(f, &ids)
    }
}

impl fmt::Display for MalformedError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{}: malformed response: {}",
            self.context,
            Escaped(&self.problem)
        )?;
        let status = self.status.map(|status| status.as_u16().to_string());
        self.context.notes(
            f,
            &[
                ("status", status.as_deref()),
                ("request ID", self.request_id.as_deref()),
            ],
        )
    }
}

/// The first `limit` characters. An error may be kept for a long time, and a server may send long texts.
pub(crate) fn shortened(text: &str, limit: usize) -> String {
    text.chars().take(limit).collect()
}

/// A duration in a message: `60s`, `400ms`.
pub(crate) fn milliseconds(duration: Duration) -> String {
    // Formatting the u128 of `as_millis` would add 1 KiB to the binary.
    match (duration.as_secs(), duration.subsec_millis()) {
        (seconds, 0) if seconds > 0 => format!("{seconds}s"),
        (seconds, milliseconds) => {
            let milliseconds = u64::from(milliseconds);
            format!(
                "{}ms",
                seconds.saturating_mul(1000).saturating_add(milliseconds)
            )
        }
    }
}

/// Text from outside, safe for one line: its first `limit` characters, with control characters escaped.
#[cfg(feature = "reqwest")]
pub(crate) fn escaped(text: &str, limit: usize) -> String {
    Escaped(&shortened(text, limit)).to_string()
}

/// Text from outside, safe for one line of a log: control characters escaped, and at most 500 bytes after that.
pub(crate) struct Escaped<'a>(pub(crate) &'a str);

impl fmt::Display for Escaped<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        escape(self.0, 500, f)
    }
}

/// The same with up to 4,000 bytes: a problem can list many places.
struct Long<'a>(&'a str);

impl fmt::Display for Long<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        escape(self.0, 4000, f)
    }
}

fn escape(text: &str, longest: usize, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    let mut length = 0;
    for character in text.chars() {
        // Terminals also act on line separators and on marks that change the direction of text.
        let is_mark = matches!(character, '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}');
        let is_escaped = character.is_control() || is_mark;
        length += if is_escaped {
            character.escape_default().len()
        } else {
            character.len_utf8()
        };
        if length > longest {
            return f.write_char('…');
        }
        if is_escaped {
            write!(f, "{}", character.escape_default())?
        } else {
            f.write_char(character)?
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use http::StatusCode;

    use super::*;

    #[test]
    fn an_error_is_two_words_wide_and_prints_one_line() {
        assert_eq!(size_of::<Error>(), 2 * size_of::<usize>());
        let context = Context {
            operation: "HeadObject",
            bucket: Some("b".into()),
            key: Some("a\r\nb".into()),
            attempts: 2,
            ..Context::default()
        };
        let error = Error::Service(Box::new(ServiceError {
            context,
            status: StatusCode::FORBIDDEN,
            code: "AccessDenied".into(),
            code_is_inferred: true,
            message: "no\u{1b}[31m\u{202e}".into(),
            request_id: Some("R\n1".into()),
            host_id: None,
            region: None,
            redirect: None,
            retry_after: None,
            date: None,
            evidence: None,
        }));
        assert_eq!(
            error.to_string(),
            "HeadObject b/a\\r\\nb: 403 AccessDenied (inferred from the status): no\\u{1b}[31m\\u{202e} (request ID R\\n1, attempts 2)"
        );
    }

    #[test]
    fn a_long_text_is_shortened() {
        assert_eq!(Escaped(&"é".repeat(300)).to_string(), "é".repeat(250) + "…");
        // Eight bytes each when they are escaped.
        assert_eq!(
            Escaped(&"\u{202e}".repeat(300)).to_string(),
            "\\u{202e}".repeat(62) + "…"
        );
    }
}
