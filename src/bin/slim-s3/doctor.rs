//! `doctor`: examines a store.

use clap::Args;

use crate::failure::Failure;
use crate::session::Session;
use crate::url::Location;

/// Examine the store of a bucket: what it supports, and which settings to use
#[derive(Args, Clone, Debug)]
#[command(after_help = "\
Example:
  slim-s3 doctor s3://photos
  slim-s3 doctor --write --json s3://photos")]
pub struct Doctor {
    /// s3://BUCKET
    #[arg(value_name = "BUCKET")]
    bucket: Location,
    /// Store objects of up to 5 MiB too, and delete them again
    #[arg(short, long)]
    write: bool,
}

impl Doctor {
    pub async fn run(self, session: &Session) -> Result<(), Failure> {
        let Location { bucket, key } = &self.bucket;
        if !key.is_empty() {
            return Err(Failure::Usage(format!(
                "{}: names an object; the doctor examines s3://{bucket}",
                self.bucket
            )));
        }
        let doctor = session.client.doctor(bucket).write(self.write);
        let doctor = doctor.cancel_on(session.interrupt.clone().signal());
        let report = doctor.send().await;
        if session.output.json {
            session.output.data(&format!("{}\n", report.to_json()))?;
        } else {
            session.output.data(&report.to_string())?;
        }
        let left = match report.left() {
            [] => String::new(),
            left => format!("; left: {}", left.join(", ")),
        };
        match (report.into_error(), session.interrupt.received()) {
            (Some(_), Some(signal)) => Err(Failure::Interrupted { signal, left }),
            (Some(error), None) => Err(error.into()),
            (None, _) if !left.is_empty() => {
                let text = format!("not everything could be deleted{left}");
                Err(Failure::Local(text))
            }
            (None, _) => Ok(()),
        }
    }
}
