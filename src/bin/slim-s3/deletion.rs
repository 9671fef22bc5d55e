//! Deletes the objects of `rm`, up to 1,000 with one request, and reports what became of them.

use std::collections::BTreeMap;
use std::pin::pin;
use std::time::Instant;

use futures_util::{Stream, StreamExt, TryStreamExt, stream};
use serde_json::json;
use slim_s3::{DeleteManyOutput, Error};

use crate::exit_code;
use crate::failure::Failure;
use crate::session::Session;
use crate::url::Location;

/// How many requests are sent at a time.
const AT_A_TIME: usize = 4;
/// The maximum of DeleteObjects.
pub const KEYS: usize = 1_000;

/// The objects of each bucket together.
fn by_bucket(objects: Vec<Location>) -> BTreeMap<String, Vec<String>> {
    let mut buckets: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for Location { bucket, key } in objects {
        buckets.entry(bucket).or_default().push(key);
    }
    buckets
}

/// Deletes objects of a bucket.
async fn delete_many(
    session: &Session,
    bucket: String,
    keys: Vec<String>,
) -> (String, Result<DeleteManyOutput, Error>) {
    let deleted = session.client.delete_many(&bucket, keys).send().await;
    (bucket, deleted)
}

/// Deletes the keys that a request can name, and returns the errors of the others: a listing may have some, such as `../x`.
async fn delete_possible(
    session: &Session,
    bucket: &str,
    keys: Vec<String>,
) -> Result<(Vec<DeleteManyOutput>, Vec<Error>), Failure> {
    let (mut outputs, mut rejected) = (Vec::new(), Vec::new());
    let mut pending = vec![keys];
    while let Some(mut keys) = pending.pop() {
        let delete = session.client.delete_many(bucket, keys.clone());
        match delete.send().await {
            Ok(output) => outputs.push(output),
            // Nothing was sent.
            Err(Error::Invalid(_)) if keys.len() > 1 => {
                pending.push(keys.split_off(keys.len() / 2));
                pending.push(keys);
            }
            Err(error @ Error::Invalid(_)) => rejected.push(error),
            Err(error) => return Err(error.into()),
        }
    }
    Ok((outputs, rejected))
}

/// What was deleted, and what was not.
pub struct Tally<'a> {
    session: &'a Session,
    dry_run: bool,
    started: Instant,
    deleted: usize,
    failures: Vec<u8>,
}

impl<'a> Tally<'a> {
    pub fn new(session: &'a Session, dry_run: bool) -> Tally<'a> {
        Tally {
            session,
            dry_run,
            started: Instant::now(),
            deleted: 0,
            failures: Vec::new(),
        }
    }

    /// Deletes these objects; those of one bucket together.
    pub async fn delete_all(&mut self, objects: Vec<Location>) -> Result<(), Failure> {
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
        for (bucket, keys) in by_bucket(objects) {
            let session = self.session;
            let batches: Vec<Vec<String>> = keys.chunks(KEYS).map(<[String]>::to_vec).collect();
            let mut batches = stream::iter(batches)
                .map(|keys| delete_many(session, bucket.clone(), keys))
                .buffer_unordered(AT_A_TIME);
            while let Some((bucket, output)) = batches.next().await {
                self.add(&bucket, output?)?;
            }
        }
        Ok(())
    }

    /// Deletes objects while the next ones come in. An error does not stop what has begun: the keys before one that is wrong, up to
    /// the last whole batch, are deleted.
    pub async fn delete_batches(
        &mut self,
        batches: impl Stream<Item = Result<Vec<Location>, Failure>>,
    ) -> Result<(), Failure> {
        let (session, dry_run) = (self.session, self.dry_run);
        let delete = async |batch: Result<Vec<Location>, Failure>| {
            let batch = batch?;
            if dry_run {
                return Ok((batch, Vec::new()));
            }
            let mut outputs = Vec::new();
            for (bucket, keys) in by_bucket(batch) {
                outputs.push(delete_many(session, bucket, keys).await);
            }
            Ok((Vec::new(), outputs))
        };
        let mut deleted = pin!(batches.map(delete).buffer_unordered(AT_A_TIME));
        let mut ended = Ok(());
        while let Some(outcome) = deleted.next().await {
            match outcome {
                Ok((shown, outputs)) => {
                    self.print(shown)?;
                    for (bucket, output) in outputs {
                        self.add(&bucket, output?)?;
                    }
                }
                Err(failure) => ended = Err(failure),
            }
        }
        ended
    }

    /// Deletes what a listing returns, while it goes on.
    pub async fn delete_below(&mut self, folder: &Location) -> Result<(), Failure> {
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
        let session = self.session;
        let delete = |page: slim_s3::operation::ListObjectsV2Output| {
            let keys = page.contents.into_iter().map(|object| object.key);
            delete_possible(session, &folder.bucket, keys.collect())
        };
        let mut outputs = pages.map_ok(delete).try_buffer_unordered(AT_A_TIME);
        while let Some((outputs, rejected)) = outputs.try_next().await? {
            for output in outputs {
                self.add(&folder.bucket, output)?;
            }
            for error in rejected {
                // A usage error only of an argument.
                self.fail(Failure::Local(error.to_string()));
            }
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
            self.fail(failure);
        }
        Ok(())
    }

    fn fail(&mut self, failure: Failure) {
        self.session.output.failure(&failure);
        self.failures.push(exit_code::of(&failure));
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

    pub fn end(self) -> Result<(), Failure> {
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
