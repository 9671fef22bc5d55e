//! `rm`: deletes objects, named one by one, below a prefix, or on standard input.

use clap::Args;
use futures_util::{StreamExt, stream};

use crate::deletion::{KEYS, Tally};
use crate::failure::Failure;
use crate::session::Session;
use crate::stdio::{Lines, check_stdin};
use crate::url::Location;

/// Delete objects; what does not exist is a success
#[derive(Args, Clone, Debug)]
#[command(after_help = "\
Example:
  slim-s3 rm s3://photos/cat.jpg s3://photos/dog.jpg
  slim-s3 rm -r -n s3://photos/2025/
  slim-s3 rm s3://photos - < keys.txt")]
pub struct Rm {
    /// s3://BUCKET/KEY; - reads them from standard input, or keys after s3://BUCKET
    #[arg(required = true, value_name = "TARGET")]
    targets: Vec<String>,
    /// Delete everything below a prefix that ends in /, or in a bucket
    #[arg(short, long)]
    recursive: bool,
    /// Print what would be deleted, and delete nothing
    #[arg(short = 'n', long)]
    dry_run: bool,
    /// The lines of standard input end with a NUL
    #[arg(short = '0', long = "null")]
    null: bool,
}

impl Rm {
    pub async fn run(self, session: &Session) -> Result<(), Failure> {
        let mut tally = Tally::new(session, self.dry_run);
        match self.targets.as_slice() {
            [input] if input == "-" => self.delete_input(&mut tally, None).await?,
            [bucket, input] if input == "-" => {
                let bucket = location(bucket)?;
                if !bucket.key.is_empty() {
                    return Err(Failure::Usage(format!(
                        "{bucket}: expected s3://BUCKET before -, because standard input has whole keys"
                    )));
                }
                self.delete_input(&mut tally, Some(&bucket)).await?;
            }
            targets => {
                let targets: Vec<Location> = targets
                    .iter()
                    .map(|text| location(text))
                    .collect::<Result<_, _>>()?;
                for target in &targets {
                    self.check(target)?;
                }
                if self.recursive {
                    for target in &targets {
                        tally.delete_below(target).await?;
                    }
                } else {
                    tally.delete_all(targets).await?;
                }
            }
        }
        tally.end()
    }

    fn check(&self, target: &Location) -> Result<(), Failure> {
        if self.recursive && !target.is_folder() {
            return Err(Failure::Usage(format!(
                "{target}: names one object; -r needs a prefix that ends in /, such as {target}/"
            )));
        }
        if !self.recursive && target.key.is_empty() {
            return Err(Failure::Usage(format!(
                "{target}: names no object; add a key, or delete everything in the bucket with -r"
            )));
        }
        Ok(())
    }

    /// Deletes the objects that standard input names, while it is read.
    async fn delete_input(
        &self,
        tally: &mut Tally<'_>,
        bucket: Option<&Location>,
    ) -> Result<(), Failure> {
        if self.recursive {
            return Err(Failure::Usage(
                "-: standard input names objects, not prefixes; leave out -r".to_owned(),
            ));
        }
        check_stdin()?;
        let mut lines = Lines::of_stdin(if self.null { b'\0' } else { b'\n' })?;
        let first = self.batch(&mut lines, bucket).await?;
        if first.len() < KEYS {
            return tally.delete_all(first).await;
        }
        let rest = stream::unfold(Some(lines), async |lines| {
            let mut lines = lines?;
            match self.batch(&mut lines, bucket).await {
                Ok(batch) if batch.is_empty() => None,
                Ok(batch) => Some((Ok(batch), Some(lines))),
                Err(failure) => Some((Err(failure), None)),
            }
        });
        let batches = stream::iter([Ok(first)]).chain(rest);
        tally.delete_batches(batches).await
    }

    /// The next thousand objects; fewer at the end.
    async fn batch(
        &self,
        lines: &mut Lines,
        bucket: Option<&Location>,
    ) -> Result<Vec<Location>, Failure> {
        let mut batch = Vec::new();
        while batch.len() < KEYS
            && let Some(line) = lines.next().await?
        {
            batch.push(self.object(&line, bucket)?);
        }
        Ok(batch)
    }

    fn object(&self, line: &str, bucket: Option<&Location>) -> Result<Location, Failure> {
        let object = match bucket {
            Some(bucket) => bucket.with_key(line),
            None => location(line)?,
        };
        self.check(&object)?;
        Ok(object)
    }
}

fn location(text: &str) -> Result<Location, Failure> {
    text.parse()
        .map_err(|problem| Failure::Usage(format!("{text:?}: {problem}")))
}
