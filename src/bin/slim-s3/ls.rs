//! `ls`: lists buckets, one level below a prefix, or all objects below it.

use std::io::IsTerminal;
use std::time::SystemTime;

use clap::Args;
use serde_json::json;
use slim_s3::operation::{ListObjectsV2Output, Object};

use crate::failure::Failure;
use crate::output::{escaped, iso};
use crate::session::Session;
use crate::url::Location;

/// List buckets or objects: time, size and name
#[derive(Args, Clone, Debug)]
#[command(after_help = "\
Example:
  slim-s3 ls s3://photos/2026/
  slim-s3 ls -r0 s3://photos/2026/ | slim-s3 rm -0 s3://photos -")]
pub struct Ls {
    /// s3://BUCKET/PREFIX; without it, the buckets are listed
    #[arg(value_name = "PREFIX")]
    prefix: Option<Location>,
    /// List all objects below the prefix, with their whole keys
    #[arg(short, long)]
    recursive: bool,
    /// Print only whole keys, each followed by a NUL
    #[arg(short = '0', long = "null", requires = "prefix")]
    null: bool,
}

impl Ls {
    pub async fn run(self, session: &Session) -> Result<(), Failure> {
        match &self.prefix {
            Some(prefix) => self.objects(session, prefix).await,
            None => buckets(session).await,
        }
    }

    async fn objects(&self, session: &Session, prefix: &Location) -> Result<(), Failure> {
        let mut list = session
            .client
            .list_objects_v2(&prefix.bucket)
            .prefix(&prefix.key);
        if !self.recursive {
            list = list.delimiter("/");
        }
        let mut pages = list.pages();
        while let Some(page) = pages.next_page().await? {
            session.output.data(&self.page(session, prefix, page))?;
        }
        Ok(())
    }

    /// The lines of a page, in one text.
    fn page(&self, session: &Session, listed: &Location, page: ListObjectsV2Output) -> String {
        // The level that is listed ends with the last `/` of the prefix.
        let level = listed.key.rfind('/').map_or(0, |slash| slash + 1);
        let name = |key: &str| match self.recursive {
            true => escaped(key),
            false => escaped(key.get(level..).unwrap_or(key)),
        };
        // A terminal would obey control characters.
        let is_raw = !std::io::stdout().is_terminal();
        let whole = |key: &str| if is_raw { key.to_owned() } else { escaped(key) };
        let mut text = String::new();
        for prefix in &page.common_prefixes {
            text += &match (session.output.json, self.null) {
                (true, _) => format!("{}\n", json!({ "bucket": listed.bucket, "prefix": prefix })),
                (_, true) => format!("{}\0", whole(prefix)),
                _ => row(None, "PRE", &name(prefix)),
            };
        }
        for object in &page.contents {
            text += &match (session.output.json, self.null) {
                (true, _) => format!("{}\n", json_of(&listed.bucket, object)),
                (_, true) => format!("{}\0", whole(&object.key)),
                _ => {
                    let size = object.size.to_string();
                    row(object.last_modified, &size, &name(&object.key))
                }
            };
        }
        text
    }
}

fn json_of(bucket: &str, object: &Object) -> serde_json::Value {
    json!({
        "bucket": bucket,
        "key": object.key,
        "size": object.size,
        "etag": object.etag.as_ref().map(|etag| etag.as_str()),
        "last_modified": object.last_modified.map(iso),
        "storage_class": object.storage_class,
    })
}

async fn buckets(session: &Session) -> Result<(), Failure> {
    let mut pages = session.client.list_buckets().pages();
    while let Some(page) = pages.next_page().await? {
        let mut text = String::new();
        for bucket in page.buckets {
            text += &match session.output.json {
                true => format!(
                    "{}\n",
                    json!({
                        "bucket": bucket.name,
                        "created": bucket.creation_date.map(iso),
                        "region": bucket.region,
                    })
                ),
                false => row(bucket.creation_date, "", &escaped(&bucket.name)),
            };
        }
        session.output.data(&text)?;
    }
    Ok(())
}

/// A line that sorts by time.
fn row(time: Option<SystemTime>, size: &str, name: &str) -> String {
    let time = time.map(iso).unwrap_or_default();
    format!("{time:20} {size:>11} {name}\n")
}
