//! `stat`: prints the properties of an object.

use std::fmt::Write as _;

use clap::Args;
use serde_json::{Map, Value, json};
use slim_s3::operation::HeadObjectOutput;

use crate::failure::Failure;
use crate::output::{escaped, iso};
use crate::session::Session;
use crate::url::Location;

/// Print the properties of an object
#[derive(Args, Clone, Debug)]
#[command(after_help = "\
Example:
  slim-s3 stat s3://photos/cat.jpg
  slim-s3 stat s3://photos/cat.jpg >/dev/null || echo missing")]
pub struct Stat {
    /// s3://BUCKET/KEY
    #[arg(value_name = "OBJECT")]
    object: Location,
}

impl Stat {
    pub async fn run(self, session: &Session) -> Result<(), Failure> {
        let Location { bucket, key } = &self.object;
        self.object.check_object()?;
        let head = session.client.head_object(bucket, key).send().await?;
        let properties = properties(&self.object, &head);
        if session.output.json {
            return session.output.object(&Value::Object(properties));
        }
        let mut text = String::new();
        for (name, value) in &properties {
            let value = match value {
                Value::Null => continue,
                Value::String(value) => escaped(value),
                Value::Object(metadata) => {
                    for (name, value) in metadata {
                        let value = value.as_str().unwrap_or_default();
                        // Writing to a String cannot fail.
                        let _ = writeln!(text, "metadata {}: {}", escaped(name), escaped(value));
                    }
                    continue;
                }
                value => value.to_string(),
            };
            let _ = writeln!(text, "{name}: {value}");
        }
        session.output.data(&text)
    }
}

fn properties(object: &Location, head: &HeadObjectOutput) -> Map<String, Value> {
    let metadata: Map<String, Value> = head
        .all_metadata()
        .map(|(name, value)| (name.to_owned(), value.into()))
        .collect();
    let header = |name: &str| {
        let value = head.headers.get(name)?;
        value.to_str().ok().map(str::to_owned)
    };
    let Value::Object(properties) = json!({
        "bucket": object.bucket,
        "key": object.key,
        "size": head.content_length,
        "etag": head.etag.as_ref().map(|etag| etag.as_str()),
        "last_modified": head.last_modified.map(iso),
        "content_type": head.content_type,
        "content_encoding": head.content_encoding,
        "cache_control": header("cache-control"),
        "storage_class": head.storage_class,
        "encryption": header("x-amz-server-side-encryption"),
        "version_id": head.version_id,
        "metadata": metadata,
    }) else {
        return Map::new();
    };
    properties
}
