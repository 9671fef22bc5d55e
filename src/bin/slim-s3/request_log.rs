//! `--verbose`: a line on standard error for each request, from the events of the library.

use std::fmt;

use serde_json::{Map, Value, json};
use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Metadata, Subscriber};

use crate::output::{escaped, to_stderr};

/// Prints a line for each request from now on.
pub fn start(json: bool) {
    // It fails only if there is one already.
    let _ = tracing::subscriber::set_global_default(RequestLog { json });
}

struct RequestLog {
    json: bool,
}

impl Subscriber for RequestLog {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        metadata.target() == "slim_s3" && metadata.is_event()
    }

    fn new_span(&self, _: &Attributes<'_>) -> Id {
        Id::from_u64(1)
    }

    fn record(&self, _: &Id, _: &Record<'_>) {}

    fn record_follows_from(&self, _: &Id, _: &Id) {}

    fn event(&self, event: &Event<'_>) {
        let mut fields = Fields::default();
        event.record(&mut fields);
        let is_request = fields.0.contains_key("method");
        if is_request {
            // It only repeats the other fields.
            fields.0.remove("message");
        }
        to_stderr(&match (is_request, self.json) {
            (true, true) => json!({ "request": fields.0 }).to_string(),
            (true, false) => fields.line(),
            // Such as a file of keys that others can read.
            (false, true) => json!({ "warning": fields.warning() }).to_string(),
            (false, false) => format!("slim-s3: {}", fields.warning()),
        });
    }

    fn enter(&self, _: &Id) {}

    fn exit(&self, _: &Id) {}
}

/// The fields that are shown, by name.
#[derive(Default)]
struct Fields(Map<String, Value>);

impl Fields {
    fn add(&mut self, field: &Field, value: Value) {
        let name = field.name();
        if let "method" | "url" | "status" | "ms" | "request_id" | "error" | "retry_after_ms"
        | "path" | "message" = name
        {
            self.0.insert(name.to_owned(), value);
        }
    }

    fn text(&self, name: &str) -> String {
        match self.0.get(name) {
            Some(Value::String(text)) => escaped(text),
            Some(value) => value.to_string(),
            None => "-".to_owned(),
        }
    }

    fn warning(&self) -> String {
        format!("{}: {}", self.text("path"), self.text("message"))
    }

    /// Method, URL, status, duration and request ID; the error, if there was no response.
    fn line(&self) -> String {
        let mut line = format!(
            "{} {} {} {}ms {}",
            self.text("method"),
            self.text("url"),
            self.text("status"),
            self.text("ms"),
            self.text("request_id"),
        );
        if !self.0.contains_key("status") {
            line.push(' ');
            line.push_str(&self.text("error"));
        }
        line
    }
}

impl Visit for Fields {
    fn record_u64(&mut self, field: &Field, value: u64) {
        self.add(field, value.into());
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        self.add(field, value.into());
    }

    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        self.add(field, format!("{value:?}").into());
    }
}
