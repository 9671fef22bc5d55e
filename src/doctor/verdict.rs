//! The verdict that an error leads to by itself.

use super::report::Verdict;
use crate::error::{Error, escaped};

/// The verdict, and the detail of its row.
pub(super) fn verdict_of(error: &Error) -> (Verdict, String) {
    let verdict = match error {
        Error::Invalid(_) => Verdict::Skipped,
        Error::Transport(_) | Error::Malformed(_) => Verdict::Unknown,
        Error::Service(error) => match error.status.as_u16() {
            // They are about the moment, not about the request.
            408 | 429 | 500 | 502..=599 => Verdict::Unknown,
            _ => Verdict::Refused,
        },
    };
    let message = error.service().map(|error| error.message.as_str());
    let detail = match message.filter(|message| !message.is_empty()) {
        Some(message) => format!("{}: {}", error.cause(), escaped(message, 120)),
        None => error.cause(),
    };
    (verdict, detail)
}
