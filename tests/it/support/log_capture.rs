//! Captures everything that is traced or logged on one thread, at every level.

use std::cell::RefCell;
use std::fmt::{Debug, Write};
use std::sync::{Arc, Mutex, Once};

use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Metadata, Subscriber};

/// The captured output, one line for each span, event and log record.
#[derive(Clone, Default)]
pub struct LogCapture(Arc<Mutex<Vec<String>>>);

thread_local! {
    static CAPTURED_LOG: RefCell<Option<LogCapture>> = const { RefCell::new(None) };
}

impl LogCapture {
    /// Runs a call on this thread and returns its outcome and output.
    pub async fn run<T>(call: impl Future<Output = T>) -> (T, Vec<String>) {
        static LOGGER: Once = Once::new();
        LOGGER.call_once(|| {
            log::set_logger(&Logger).unwrap();
            log::set_max_level(log::LevelFilter::Trace);
        });
        let capture = LogCapture::default();
        CAPTURED_LOG.set(Some(capture.clone()));
        let guard = tracing::subscriber::set_default(capture.clone());
        let outcome = call.await;
        drop(guard);
        CAPTURED_LOG.set(None);
        let lines = std::mem::take(&mut *capture.0.lock().unwrap());
        (outcome, lines)
    }

    fn write(&self, line: String) {
        self.0.lock().unwrap().push(line);
    }
}

struct Line(String);

impl Visit for Line {
    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        write!(self.0, " {field}={value:?}").unwrap();
    }
}

impl Subscriber for LogCapture {
    fn enabled(&self, _: &Metadata<'_>) -> bool {
        true
    }

    fn new_span(&self, attributes: &Attributes<'_>) -> Id {
        let metadata = attributes.metadata();
        let mut line = Line(format!("span {} {}", metadata.target(), metadata.name()));
        attributes.record(&mut line);
        self.write(line.0);
        Id::from_u64(self.0.lock().unwrap().len() as u64)
    }

    fn record(&self, _: &Id, values: &Record<'_>) {
        let mut line = Line("record".to_owned());
        values.record(&mut line);
        self.write(line.0);
    }

    fn record_follows_from(&self, _: &Id, _: &Id) {}

    fn event(&self, event: &Event<'_>) {
        let metadata = event.metadata();
        let mut line = Line(format!("event {} {}", metadata.target(), metadata.level()));
        event.record(&mut line);
        self.write(line.0);
    }

    fn enter(&self, _: &Id) {}

    fn exit(&self, _: &Id) {}
}

struct Logger;

impl log::Log for Logger {
    fn enabled(&self, _: &log::Metadata<'_>) -> bool {
        true
    }

    fn log(&self, record: &log::Record<'_>) {
        CAPTURED_LOG.with_borrow(|capture| {
            if let Some(capture) = capture {
                capture.write(format!("log {} {}", record.target(), record.args()));
            }
        });
    }

    fn flush(&self) {}
}
