//! Several transfers at a time, of which some may fail.

use std::time::{Duration, Instant};

use crate::exit_code;
use crate::failure::Failure;
use crate::output::amount;
use crate::session::Session;

/// What became of the transfers so far.
pub struct Tally {
    started: Instant,
    files: u64,
    bytes: u64,
    failures: Vec<u8>,
}

impl Tally {
    pub fn new() -> Tally {
        Tally {
            started: Instant::now(),
            files: 0,
            bytes: 0,
            failures: Vec::new(),
        }
    }

    pub fn succeeded(&mut self, bytes: u64) {
        self.files += 1;
        self.bytes += bytes;
    }

    /// Reports a failure. What a signal has ended is reported once, at the end.
    pub fn failed(&mut self, session: &Session, failure: &Failure) {
        if !matches!(failure, Failure::Interrupted { .. }) {
            session.output.failure(failure);
            self.failures.push(exit_code::of(failure));
        }
    }

    /// Prints the summary. It is a failure if one of the transfers failed.
    pub fn end(self, session: &Session, what: &str) -> Result<(), Failure> {
        let elapsed: Duration = self.started.elapsed();
        let (files, amount) = (self.files, amount(self.bytes, elapsed));
        session
            .output
            .note(&format!("{what} {files} files {amount}"));
        if let Some(signal) = session.interrupt.received() {
            return Err(Failure::Interrupted {
                signal,
                left: format!("; {files} files are done"),
            });
        }
        match self.failures.len() {
            0 => Ok(()),
            count => Err(Failure::Several {
                count,
                exit_code: exit_code::of_several(self.failures),
            }),
        }
    }
}
