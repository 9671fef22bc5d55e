//! One line of progress on the terminal, erased at the end.

use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use slim_s3::TransferEvent;

use crate::output::{Output, escaped};

const KNOWN: &str = "{prefix}  {percent}%  {binary_bytes}/{binary_total_bytes}  {binary_bytes_per_sec}  {eta}  {msg}";
const UNKNOWN: &str = "{prefix}  {binary_bytes}  {binary_bytes_per_sec}  {elapsed}  {msg}";

/// The progress of one transfer, or of all transfers of a folder. It draws nothing unless standard error is a terminal.
#[derive(Clone)]
pub struct Progress {
    bar: ProgressBar,
    parts: Arc<Parts>,
}

#[derive(Default)]
struct Parts {
    done: AtomicU32,
    total: AtomicU32,
}

impl Progress {
    pub fn new(output: &Output, name: &str) -> Progress {
        let bar = if output.draws_progress() {
            ProgressBar::with_draw_target(None, ProgressDrawTarget::stderr_with_hz(10))
        } else {
            ProgressBar::hidden()
        };
        // First: what follows draws the line.
        bar.set_style(style(UNKNOWN));
        bar.set_prefix(escaped(name));
        let parts = Arc::default();
        Progress { bar, parts }
    }

    /// Sets the number of bytes that are to be transferred.
    pub fn set_size(&self, bytes: u64) {
        self.bar.set_style(style(KNOWN));
        self.bar.set_length(bytes);
    }

    /// Shows what happened in the only transfer.
    pub fn update(&self, event: &TransferEvent) {
        match event {
            TransferEvent::Started { size, parts, .. } => {
                if let Some(size) = size {
                    self.set_size(*size);
                }
                let total = parts.unwrap_or_default();
                self.parts.total.store(total, Ordering::Relaxed);
                self.show_parts(0);
            }
            TransferEvent::PartDone { .. } => self.show_parts(1),
            TransferEvent::Progress { bytes, .. } => self.bar.set_position(*bytes),
            TransferEvent::Retry { cause, .. } => {
                self.bar
                    .set_message(format!("retrying: {}", escaped(cause)));
            }
            _ => {}
        }
    }

    fn show_parts(&self, more: u32) {
        let done = self.parts.done.fetch_add(more, Ordering::Relaxed) + more;
        let total = self.parts.total.load(Ordering::Relaxed);
        if total > 1 {
            self.bar.set_message(format!("parts {done}/{total}"));
        }
    }

    /// A listener for one of several transfers, whose bytes are added to those of the others.
    pub fn one_of_many(&self) -> impl Fn(TransferEvent) + Send + Sync + 'static {
        let (bar, before) = (self.bar.clone(), Mutex::new(0));
        move |event| {
            if let TransferEvent::Progress { bytes, .. } = event {
                let mut before = before.lock().unwrap_or_else(PoisonError::into_inner);
                bar.inc(bytes.saturating_sub(*before));
                *before = bytes;
            }
        }
    }

    /// Counts a file of a folder that is done or has failed.
    pub fn count_file(&self) {
        let done = self.parts.done.fetch_add(1, Ordering::Relaxed) + 1;
        self.bar.set_message(format!("{done} files"));
    }

    /// Prints something while the line is erased.
    pub fn suspend(&self, print: impl FnOnce()) {
        self.bar.suspend(print);
    }

    /// Erases the line.
    pub fn finish(&self) {
        self.bar.finish_and_clear();
    }
}

fn style(template: &str) -> ProgressStyle {
    ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar())
}
