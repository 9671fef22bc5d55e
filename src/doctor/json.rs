//! The report as JSON. The names are those of the methods of [`DoctorReport`].

use std::fmt::{self, Write};

use super::report::DoctorReport;

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
        let mut json = String::new();
        // Writing to a String cannot fail.
        let _ = self.write_json(&mut json);
        json
    }

    fn write_json(&self, out: &mut String) -> fmt::Result {
        write!(out, "{{\"endpoint\":{}", Text(&self.endpoint))?;
        write!(out, ",\"bucket\":{}", Text(&self.bucket))?;
        match &self.server {
            Some(server) => write!(out, ",\"server\":{}", Text(server))?,
            None => out.push_str(",\"server\":null"),
        }
        write!(out, ",\"write\":{}", self.wrote)?;
        write!(out, ",\"requests\":{}", self.requests)?;
        write!(out, ",\"bytes_sent\":{}", self.bytes_sent)?;
        write!(out, ",\"milliseconds\":{}", self.milliseconds)?;
        write!(out, ",\"prefix\":{}", Text(&self.prefix))?;
        out.push_str(",\"checks\":[");
        for (index, check) in self.checks.iter().enumerate() {
            let (name, verdict) = (Text(check.name), Text(check.verdict.name()));
            let detail = Text(&check.detail);
            write!(
                out,
                "{}{{\"name\":{name},\"verdict\":{verdict},\"detail\":{detail}}}",
                separator(index)
            )?;
        }
        match &self.error {
            Some(error) => write!(out, "],\"error\":{}", Text(&error.to_string()))?,
            None => out.push_str("],\"error\":null"),
        }
        out.push_str(",\"left\":[");
        for (index, left) in self.left.iter().enumerate() {
            write!(out, "{}{}", separator(index), Text(left))?;
        }
        let code = Text(&self.builder_code);
        write!(
            out,
            "],\"settings\":{{\"builder\":{code},\"environment\":{{"
        )?;
        for (index, (name, value)) in self.environment.iter().enumerate() {
            write!(out, "{}{}:{}", separator(index), Text(name), Text(value))?;
        }
        out.push_str("}}}");
        Ok(())
    }
}

fn separator(index: usize) -> &'static str {
    if index == 0 { "" } else { "," }
}

/// A string of JSON: RFC 8259, section 7.
struct Text<'a>(&'a str);

impl fmt::Display for Text<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_char('"')?;
        for character in self.0.chars() {
            match character {
                '"' => f.write_str("\\\"")?,
                '\\' => f.write_str("\\\\")?,
                '\n' => f.write_str("\\n")?,
                control if control < ' ' => write!(f, "\\u{:04x}", u32::from(control))?,
                other => f.write_char(other)?,
            }
        }
        f.write_char('"')
    }
}
