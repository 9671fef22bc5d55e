//! `parts`: lists or aborts uploads that were not completed.

use std::time::{Duration, SystemTime};

use clap::Args;
use serde_json::json;
use slim_s3::operation::MultipartUpload;

use crate::exit_code;
use crate::failure::Failure;
use crate::output::{escaped, iso};
use crate::session::Session;
use crate::units;
use crate::url::Location;

/// List or abort unfinished uploads: time, ID and key
#[derive(Args, Clone, Debug)]
#[command(after_help = "\
Example:
  slim-s3 parts s3://backups
  slim-s3 parts --abort --older-than 7d s3://backups")]
pub struct Parts {
    /// s3://BUCKET/PREFIX; without it, the uploads of all buckets are listed
    #[arg(value_name = "PREFIX")]
    prefix: Option<Location>,
    /// Abort them, which deletes their parts
    #[arg(long, requires = "prefix")]
    abort: bool,
    /// Only those that were begun longer ago
    #[arg(long, value_name = "TIME", value_parser = units::duration)]
    older_than: Option<Duration>,
}

impl Parts {
    pub async fn run(self, session: &Session) -> Result<(), Failure> {
        match &self.prefix {
            Some(prefix) if self.abort => self.abort(session, prefix).await,
            Some(prefix) => self.list(session, prefix).await,
            None => {
                let mut pages = session.client.list_buckets().pages();
                while let Some(page) = pages.next_page().await? {
                    for bucket in page.buckets {
                        let (bucket, key) = (bucket.name, String::new());
                        self.list(session, &Location { bucket, key }).await?;
                    }
                }
                Ok(())
            }
        }
    }

    async fn list(&self, session: &Session, prefix: &Location) -> Result<(), Failure> {
        let now = SystemTime::from(session.client.now());
        let is_old = |upload: &MultipartUpload| match (self.older_than, upload.initiated) {
            (Some(limit), Some(begun)) => now.duration_since(begun).is_ok_and(|age| age > limit),
            (limit, _) => limit.is_none(),
        };
        let list = session.client.list_multipart_uploads(&prefix.bucket);
        let mut pages = list.prefix(&prefix.key).pages();
        while let Some(page) = pages.next_page().await? {
            let uploads = page.uploads.iter().filter(|upload| is_old(upload));
            let lines = uploads.map(|upload| line(session, prefix, upload));
            session.output.data(&lines.collect::<String>())?;
        }
        Ok(())
    }

    async fn abort(&self, session: &Session, prefix: &Location) -> Result<(), Failure> {
        let older_than = self.older_than.unwrap_or_default();
        let abort = session.client.abort_incomplete(&prefix.bucket, older_than);
        let output = abort.prefix(&prefix.key).send().await?;
        if session.output.json {
            let lines = output.aborted.iter();
            let lines = lines.map(|upload| line(session, prefix, upload));
            session.output.data(&lines.collect::<String>())?;
        }
        let count = output.aborted.len();
        session
            .output
            .note(&format!("parts {prefix} {count} aborted"));
        let mut codes = Vec::new();
        for (_, error) in output.failed {
            let failure = Failure::S3(error);
            session.output.failure(&failure);
            codes.push(exit_code::of(&failure));
        }
        match codes.len() {
            0 => Ok(()),
            count => Err(Failure::Several {
                count,
                exit_code: exit_code::of_several(codes),
            }),
        }
    }
}

fn line(session: &Session, place: &Location, upload: &MultipartUpload) -> String {
    let (id, key) = (&upload.upload_id, &upload.key);
    if session.output.json {
        let object = json!({
            "bucket": place.bucket,
            "key": key,
            "upload_id": id,
            "initiated": upload.initiated.map(iso),
        });
        return format!("{object}\n");
    }
    let time = upload.initiated.map(iso).unwrap_or_default();
    let location = escaped(&place.with_key(key).to_string());
    format!("{time:20} {} {location}\n", escaped(id))
}
