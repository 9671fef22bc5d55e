//! `cp`: copies an object within the store.

use std::path::Path;
use std::time::Instant;

use clap::Args;
use serde_json::json;

use crate::failure::Failure;
use crate::output::amount;
use crate::progress::Progress;
use crate::put::left_of;
use crate::session::Session;
use crate::url::Location;

/// Copy an object within the store, with its metadata and tags
#[derive(Args, Clone, Debug)]
#[command(after_help = "\
Example:
  slim-s3 cp s3://photos/cat.jpg s3://archive/2026/")]
pub struct Cp {
    /// s3://BUCKET/KEY
    #[arg(value_name = "SOURCE")]
    source: Location,
    /// s3://BUCKET/KEY; one that ends in / gets the name in the source
    #[arg(value_name = "TARGET")]
    target: Location,
    /// Fail if the target exists
    #[arg(long)]
    create_only: bool,
    /// Parts of a large object at a time
    #[arg(short, long, value_name = "N", default_value_t = 4, value_parser = clap::value_parser!(u16).range(1..))]
    jobs: u16,
    /// The storage class of the copy
    #[arg(long, value_name = "CLASS")]
    storage_class: Option<String>,
}

/// Fails if the object exists. MinIO, versitygw and others ignore the condition of a copy.
async fn check_absent(session: &Session, target: &Location) -> Result<(), Failure> {
    let head = session.client.head_object(&target.bucket, &target.key);
    match head.send().await {
        Ok(_) => Err(Failure::Exists(format!("{target}: exists already"))),
        Err(error) if error.is_not_found() => Ok(()),
        Err(error) => Err(error.into()),
    }
}

impl Cp {
    pub async fn run(self, session: &Session) -> Result<(), Failure> {
        self.source.check_object()?;
        let named = self.target.for_file(Path::new(self.source.file_name()));
        let target = named.ok_or_else(|| {
            Failure::Usage(format!(
                "{}: the key ends in /, so there is no name to add to {}",
                self.source, self.target
            ))
        })?;
        let started = Instant::now();
        let progress = Progress::new(&session.output, &self.source.key);
        let shown = progress.clone();
        let source = (self.source.bucket.as_str(), self.source.key.as_str());
        let mut copy = session
            .client
            .copy(source, &target.bucket, &target.key)
            .concurrency(self.jobs.into())
            .cancel_on(session.interrupt.clone().signal())
            .on_event(move |event| shown.update(&event));
        if self.create_only {
            check_absent(session, &target).await?;
            copy = copy.if_none_match("*");
        }
        if let Some(class) = &self.storage_class {
            copy = copy.storage_class(class);
        }
        let copied = copy.send().await;
        progress.finish();
        let copied = match (copied, session.interrupt.received()) {
            (Err(error), Some(signal)) => {
                let left = left_of(&error, false);
                return Err(Failure::Interrupted { signal, left });
            }
            (copied, _) => copied?,
        };
        if session.output.json {
            return session.output.object(&json!({
                "op": "cp",
                "source": { "bucket": self.source.bucket, "key": self.source.key },
                "bucket": target.bucket,
                "key": target.key,
                "size": copied.size,
                "etag": copied.etag.as_ref().map(|etag| etag.as_str()),
                "version_id": copied.version_id,
                "seconds": started.elapsed().as_secs_f64(),
            }));
        }
        let amount = amount(copied.size, started.elapsed());
        session
            .output
            .note(&format!("cp {} {target} {amount}", self.source));
        Ok(())
    }
}
