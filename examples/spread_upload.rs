//! Uploads one file from several processes, of which only the first has the keys.
//!
//! ```text
//! cargo run --release --example spread_upload -- FILE BUCKET KEY [WORKERS]
//! ```
//!
//! The first process creates the upload, presigns a URL for each part, and completes the upload. The workers hold nothing but
//! the file and these URLs, and could as well run on other machines. If a worker ends, its part is given to another, with a new
//! URL. The store and the keys are those of the usual AWS variables, such as `AWS_ENDPOINT_URL_S3`.
//!
//! The workers send with ureq, which this example uses without TLS: for an https endpoint, turn on a TLS feature of ureq.

#![allow(clippy::print_stdout, clippy::print_stderr)]

use std::collections::VecDeque;
use std::error::Error;
use std::fs::File;
use std::io::{BufRead, BufReader, Read, Seek, SeekFrom, Write, stdin};
use std::process::{Child, Command, Stdio};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use slim_s3::operation::CompletedPart;
use slim_s3::{Client, ETag};

type Result<T> = std::result::Result<T, Box<dyn Error + Send + Sync>>;

/// The smallest size that AWS allows. An upload has at most 10,000 parts, so a file over 50 GB needs larger ones.
const PART_SIZE: u64 = 5 << 20;

/// How long a worker may take to begin the upload of a part.
const URL_EXPIRES: Duration = Duration::from_secs(900);

#[tokio::main]
async fn main() -> Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match arguments[..] {
        ["worker", file] => work(file),
        [file, bucket, key] => upload(file, bucket, key, 3).await,
        [file, bucket, key, workers] => upload(file, bucket, key, workers.parse()?).await,
        _ => Err("usage: spread_upload FILE BUCKET KEY [WORKERS]".into()),
    }
}

/// In a worker: uploads the parts that are named on standard input, and prints the ETag of each.
fn work(path: &str) -> Result<()> {
    let mut file = File::open(path)?;
    for line in stdin().lines() {
        let line = line?;
        let [offset, length, url] = line.split(' ').collect::<Vec<_>>()[..] else {
            return Err(format!("expected an offset, a length and a URL, got {line:?}").into());
        };
        let mut part = vec![0; length.parse()?];
        file.seek(SeekFrom::Start(offset.parse()?))?;
        file.read_exact(&mut part)?;
        let response = ureq::put(url).send(&part[..])?;
        let etag = response.headers().get("etag").ok_or("no ETag")?;
        println!("{}", etag.to_str()?);
    }
    Ok(())
}

/// What the threads that drive the workers share.
struct Parts<'a> {
    s3: &'a Client,
    file: &'a str,
    bucket: &'a str,
    key: &'a str,
    upload_id: String,
    size: u64,
    state: Mutex<State>,
    changed: Condvar,
}

struct State {
    waiting: VecDeque<u32>,
    done: Vec<CompletedPart>,
    total: usize,
}

async fn upload(file: &str, bucket: &str, key: &str, workers: usize) -> Result<()> {
    let s3 = Client::from_env()?;
    let size = std::fs::metadata(file)?.len();
    // An empty file is one empty part.
    let total = u32::try_from(size.div_ceil(PART_SIZE).max(1))?;
    let created = s3.create_multipart_upload(bucket, key).send().await?;
    let parts = Parts {
        s3: &s3,
        file,
        bucket,
        key,
        upload_id: created.upload_id,
        size,
        state: Mutex::new(State {
            waiting: (1..=total).collect(),
            done: Vec::new(),
            total: total as usize,
        }),
        changed: Condvar::new(),
    };
    tokio::task::block_in_place(|| parts.spread(workers));
    match parts.complete().await {
        Ok(etag) => {
            println!("{bucket}/{key}: {size} bytes in {total} parts, ETag {etag}");
            Ok(())
        }
        Err(error) => {
            let abort = s3.abort_multipart_upload(bucket, key, &parts.upload_id);
            // The first error is the one to report.
            if let Err(abort_error) = abort.send().await {
                eprintln!("the upload could not be aborted: {abort_error}");
            }
            Err(error)
        }
    }
}

impl Parts<'_> {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Runs the workers until all parts are done, or no worker is left.
    fn spread(&self, workers: usize) {
        std::thread::scope(|scope| {
            for number in 1..=workers {
                scope.spawn(move || {
                    if let Err(error) = self.drive(number) {
                        eprintln!("worker {number} failed: {error}");
                    }
                });
            }
        });
    }

    fn drive(&self, number: usize) -> Result<()> {
        let mut worker = Command::new(std::env::current_exe()?)
            .args(["worker", self.file])
            // It must not inherit the keys.
            .env_clear()
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()?;
        let mut etags = BufReader::new(worker.stdout.take().ok_or("no standard output")?);
        let mut outcome = Ok(());
        while let Some(part) = self.next() {
            println!("worker {number}, process {}: part {part}", worker.id());
            match self.send(part, &mut worker, &mut etags) {
                Ok(etag) => self.finish(part, etag),
                Err(error) => {
                    println!("worker {number} ended: part {part} is given to another");
                    self.give_back(part);
                    outcome = Err(error);
                    break;
                }
            }
        }
        // The worker ends with its standard input.
        drop(worker.stdin.take());
        worker.wait()?;
        outcome
    }

    /// Has a worker upload a part.
    fn send(&self, part: u32, worker: &mut Child, etags: &mut impl BufRead) -> Result<ETag> {
        let offset = u64::from(part - 1) * PART_SIZE;
        let length = PART_SIZE.min(self.size - offset);
        let call = self
            .s3
            .upload_part(self.bucket, self.key, &self.upload_id, part, "");
        let presigned = call.presign(self.s3.now(), URL_EXPIRES)?;
        let stdin = worker.stdin.as_mut().ok_or("no standard input")?;
        writeln!(stdin, "{offset} {length} {}", presigned.url())?;
        let mut etag = String::new();
        etags.read_line(&mut etag)?;
        match etag.trim() {
            "" => Err("it sent no ETag".into()),
            etag => Ok(ETag::from(etag)),
        }
    }

    /// The next part; waits while others may still be given back. `None` when all are done.
    fn next(&self) -> Option<u32> {
        let mut state = self.state();
        loop {
            if let Some(part) = state.waiting.pop_front() {
                return Some(part);
            }
            if state.done.len() == state.total {
                return None;
            }
            let waited = self.changed.wait(state);
            state = waited.unwrap_or_else(PoisonError::into_inner);
        }
    }

    fn finish(&self, part_number: u32, etag: ETag) {
        self.state().done.push(CompletedPart { part_number, etag });
        self.changed.notify_all();
    }

    fn give_back(&self, part: u32) {
        self.state().waiting.push_front(part);
        self.changed.notify_all();
    }

    async fn complete(&self) -> Result<ETag> {
        let mut done = std::mem::take(&mut self.state().done);
        if done.len() != self.state().total {
            return Err(format!("only {} parts were uploaded", done.len()).into());
        }
        done.sort_by_key(|part| part.part_number);
        let complete =
            self.s3
                .complete_multipart_upload(self.bucket, self.key, &self.upload_id, &done);
        Ok(complete.send().await?.etag.ok_or("no ETag")?)
    }
}
