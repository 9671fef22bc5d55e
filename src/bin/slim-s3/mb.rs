//! `mb`: creates a bucket.

use clap::Args;
use serde_json::json;

use crate::failure::Failure;
use crate::session::Session;
use crate::url::Location;

/// Create a bucket
#[derive(Args, Clone, Debug)]
#[command(after_help = "\
Example:
  slim-s3 mb s3://photos --region eu-central-1")]
pub struct Mb {
    /// s3://BUCKET
    #[arg(value_name = "BUCKET")]
    bucket: Location,
}

impl Mb {
    pub async fn run(self, session: &Session) -> Result<(), Failure> {
        let bucket = only_bucket(&self.bucket)?;
        session.client.create_bucket(bucket).send().await?;
        report(session, "mb", bucket)
    }
}

/// The bucket of a location without a key.
pub fn only_bucket(location: &Location) -> Result<&str, Failure> {
    if location.key.is_empty() {
        return Ok(&location.bucket);
    }
    Err(Failure::Usage(format!(
        "{location}: names an object; expected s3://{}",
        location.bucket
    )))
}

pub fn report(session: &Session, op: &str, bucket: &str) -> Result<(), Failure> {
    if session.output.json {
        return session
            .output
            .object(&json!({ "op": op, "bucket": bucket }));
    }
    session.output.note(&format!("{op} s3://{bucket}"));
    Ok(())
}
