//! `rb`: deletes an empty bucket.

use clap::Args;

use crate::failure::Failure;
use crate::mb::{only_bucket, report};
use crate::session::Session;
use crate::url::Location;

/// Delete an empty bucket
#[derive(Args, Clone, Debug)]
#[command(after_help = "\
Example:
  slim-s3 rm -r s3://photos && slim-s3 rb s3://photos")]
pub struct Rb {
    /// s3://BUCKET
    #[arg(value_name = "BUCKET")]
    bucket: Location,
}

impl Rb {
    pub async fn run(self, session: &Session) -> Result<(), Failure> {
        let bucket = only_bucket(&self.bucket)?;
        session.client.delete_bucket(bucket).send().await?;
        report(session, "rb", bucket)
    }
}
