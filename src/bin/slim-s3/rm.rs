//! `rm`: deletes objects, named one by one, below a prefix, or on standard input.

use std::collections::BTreeMap;
use std::time::Instant;

use clap::Args;
use futures_util::{StreamExt, TryStreamExt, stream};
use serde_json::json;
use slim_s3::DeleteManyOutput;

use crate::exit_code;
use crate::failure::Failure;
use crate::session::Session;
use crate::stdio::read_stdin;
use crate::url::Location;

/// How many requests of up to 1,000 keys are sent at a time.
const AT_A_TIME: usize = 4;
/// The maximum of DeleteObjects.
const KEYS: usize = 1_000;

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
            [input] if input == "-" => tally.delete_all(self.input(None).await?).await?,
            [bucket, input] if input == "-" => {
                let bucket = location(bucket)?;
                if !bucket.key.is_empty() {
                    return Err(Failure::Usage(format!(
                        "{bucket}: expected s3://BUCKET before -, because standard input has whole keys"
                    )));
                }
                tally.delete_all(self.input(Some(&bucket)).await?).await?;
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

    /// The objects that standard input names.
    async fn input(&self, bucket: Option<&Location>) -> Result<Vec<Location>, Failure> {
        if self.recursive {
            return Err(Failure::Usage(
                "-: standard input names objects, not prefixes; leave out -r".to_owned(),
            ));
        }
        let input = String::from_utf8(read_stdin().await?)
            .map_err(|_| Failure::Usage("standard input: a key is not UTF-8".to_owned()))?;
        let separator = if self.null { '\0' } else { '\n' };
        let mut objects = Vec::new();
        for line in input.split(separator) {
            if line.is_empty() {
                continue;
            }
            let object = match bucket {
                Some(bucket) => bucket.with_key(line),
                None => location(line)?,
            };
            self.check(&object)?;
            objects.push(object);
        }
        Ok(objects)
    }
}

fn location(text: &str) -> Result<Location, Failure> {
    text.parse()
        .map_err(|problem| Failure::Usage(format!("{text:?}: {problem}")))
}

/// What was deleted, and what was not.
struct Tally<'a> {
    session: &'a Session,
    dry_run: bool,
    started: Instant,
    deleted: usize,
    failures: Vec<u8>,
}

impl<'a> Tally<'a> {
    fn new(session: &'a Session, dry_run: bool) -> Tally<'a> {
        Tally {
            session,
            dry_run,
            started: Instant::now(),
            deleted: 0,
            failures: Vec::new(),
        }
    }

    /// Deletes these objects; those of one bucket together.
    async fn delete_all(&mut self, objects: Vec<Location>) -> Result<(), Failure> {
        if self.dry_run {
            return self.print(objects);
        }
        if let [object] = objects.as_slice() {
            let Location { bucket, key } = object;
            self.session
                .client
                .delete_object(bucket, key)
                .send()
                .await?;
            return self.count(object);
        }
        let mut buckets: BTreeMap<String, Vec<String>> = BTreeMap::new();
        for Location { bucket, key } in objects {
            buckets.entry(bucket).or_default().push(key);
        }
        for (bucket, keys) in buckets {
            let client = &self.session.client;
            let name = bucket.as_str();
            let batches: Vec<Vec<String>> = keys.chunks(KEYS).map(<[String]>::to_vec).collect();
            let mut batches = stream::iter(batches)
                .map(|keys| client.delete_many(name, keys).send())
                .buffer_unordered(AT_A_TIME);
            while let Some(output) = batches.next().await {
                self.add(name, output?)?;
            }
        }
        Ok(())
    }

    /// Deletes what a listing returns, while it goes on.
    async fn delete_below(&mut self, folder: &Location) -> Result<(), Failure> {
        let client = &self.session.client;
        let list = client.list_objects_v2(&folder.bucket).prefix(&folder.key);
        let pages = list.pages().into_stream().map_err(Failure::from);
        if self.dry_run {
            let mut pages = pages;
            while let Some(page) = pages.try_next().await? {
                let keys = page.contents.into_iter().map(|object| object.key);
                self.print(keys.map(|key| folder.with_key(key)).collect())?;
            }
            return Ok(());
        }
        let delete = |page: slim_s3::operation::ListObjectsV2Output| {
            let keys: Vec<String> = page.contents.into_iter().map(|object| object.key).collect();
            let delete = client.delete_many(&folder.bucket, keys);
            async move { delete.send().await.map_err(Failure::from) }
        };
        let mut outputs = pages.map_ok(delete).try_buffer_unordered(AT_A_TIME);
        while let Some(output) = outputs.try_next().await? {
            self.add(&folder.bucket, output)?;
        }
        Ok(())
    }

    fn print(&self, objects: Vec<Location>) -> Result<(), Failure> {
        let lines = objects.iter().map(|object| match self.session.output.json {
            true => format!(
                "{}\n",
                json!({ "bucket": object.bucket, "key": object.key, "dry_run": true })
            ),
            false => format!("{}\n", crate::output::escaped(&object.to_string())),
        });
        self.session.output.data(&lines.collect::<String>())
    }

    fn add(&mut self, bucket: &str, output: DeleteManyOutput) -> Result<(), Failure> {
        let location = |key: String| Location {
            bucket: bucket.to_owned(),
            key,
        };
        for object in output.deleted {
            self.count(&location(object.key))?;
        }
        for error in output.errors {
            let failure = Failure::Object {
                location: location(error.key).to_string(),
                code: error.code,
                message: error.message,
            };
            self.session.output.failure(&failure);
            self.failures.push(exit_code::of(&failure));
        }
        Ok(())
    }

    fn count(&mut self, object: &Location) -> Result<(), Failure> {
        self.deleted += 1;
        if !self.session.output.json {
            return Ok(());
        }
        let Location { bucket, key } = object;
        let object = json!({ "op": "rm", "bucket": bucket, "key": key });
        self.session.output.object(&object)
    }

    fn end(self) -> Result<(), Failure> {
        if !self.dry_run {
            let (count, seconds) = (self.deleted, self.started.elapsed().as_secs_f64());
            let noun = if count == 1 { "object" } else { "objects" };
            self.session
                .output
                .note(&format!("rm {count} {noun} {seconds:.1}s"));
        }
        match self.failures.len() {
            0 => Ok(()),
            count => Err(Failure::Several {
                count,
                exit_code: exit_code::of_several(self.failures),
            }),
        }
    }
}
