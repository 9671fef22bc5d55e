//! The report as JSON. The names are those of the methods of [`DoctorReport`].

use std::fmt::{self, Write};

use super::report::DoctorReport;
use crate::sigv4::json;

impl DoctorReport {
    /// The report as one JSON object on one line: `endpoint`, `bucket`, `server`, `write`, `requests`, `bytes_sent`,
    /// `milliseconds`, `prefix`, `checks`, `error`, `left` and `settings`.
    ///
    /// `checks` is a list of objects with `name`, `verdict` and `detail`. `error` and `server` can be `null`. `settings` has the
    /// code of a client as `builder`, and the variables as `environment`. The names do not change between versions.
    ///
    /// ```no_run
    /// # async fn example(s3: slim_s3::Client) {
    /// let report = s3.doctor("photos").send().await;
    /// println!("{}", report.to_json());
    /// # }
    /// ```
    pub fn to_json(&self) -> String {
        let mut text = String::new();
        // Writing to a String cannot fail.
        let _ = self.write_json(&mut text);
        text
    }

    fn write_json(&self, out: &mut String) -> fmt::Result {
        write!(out, "{{\"endpoint\":{}", json(&self.endpoint))?;
        write!(out, ",\"bucket\":{}", json(&self.bucket))?;
        match &self.server {
            Some(server) => write!(out, ",\"server\":{}", json(server))?,
            None => out.push_str(",\"server\":null"),
        }
        write!(out, ",\"write\":{}", self.wrote)?;
        write!(out, ",\"requests\":{}", self.requests)?;
        write!(out, ",\"bytes_sent\":{}", self.bytes_sent)?;
        write!(out, ",\"milliseconds\":{}", self.milliseconds)?;
        write!(out, ",\"prefix\":{}", json(&self.prefix))?;
        out.push_str(",\"checks\":[");
        for (index, check) in self.checks.iter().enumerate() {
            let (name, verdict) = (json(check.name), json(check.verdict.name()));
            let detail = json(&check.detail);
            write!(
                out,
                "{}{{\"name\":{name},\"verdict\":{verdict},\"detail\":{detail}}}",
                separator(index)
            )?;
        }
        match &self.error {
            Some(error) => write!(out, "],\"error\":{}", json(&error.to_string()))?,
            None => out.push_str("],\"error\":null"),
        }
        out.push_str(",\"left\":[");
        for (index, left) in self.left.iter().enumerate() {
            write!(out, "{}{}", separator(index), json(left))?;
        }
        let code = json(&self.builder_code);
        write!(
            out,
            "],\"settings\":{{\"builder\":{code},\"environment\":{{"
        )?;
        for (index, (name, value)) in self.environment.iter().enumerate() {
            write!(out, "{}{}:{}", separator(index), json(name), json(value))?;
        }
        out.push_str("}}}");
        Ok(())
    }
}

fn separator(index: usize) -> &'static str {
    if index == 0 { "" } else { "," }
}
