//! `get`: downloads an object to a file or to standard output, or all objects below a prefix to a folder.

use std::path::{Path, PathBuf};
use std::time::Instant;

use clap::Args;
use serde_json::json;
use slim_s3::error::TransportKind;
use slim_s3::{DownloadOutput, Error, TransferEvent};

use crate::failure::{Failure, is_caused_by};
use crate::output::amount;
use crate::progress::Progress;
use crate::range::{ByteRange, Target, get_range};
use crate::session::Session;
use crate::url::Location;
use crate::{folder_get, stdio, units};

/// Download an object, or everything below a prefix
#[derive(Args, Clone, Debug)]
#[command(after_help = "\
Example:
  slim-s3 get s3://photos/2026/cat.jpg
  slim-s3 get s3://backups/home.tar - | tar x
  slim-s3 get -r s3://photos/2026/ photos")]
pub struct Get {
    /// s3://BUCKET/KEY
    #[arg(value_name = "SOURCE")]
    source: Location,
    /// The file, or - for standard output; without it the name in the key
    #[arg(value_name = "FILE")]
    file: Option<PathBuf>,
    /// Download everything below the prefix to a folder
    #[arg(short, long)]
    recursive: bool,
    /// Only these bytes, such as 0-1023, 1024- or -512
    #[arg(long, value_name = "A-B", conflicts_with_all = ["recursive", "resume"], allow_hyphen_values = true)]
    range: Option<ByteRange>,
    /// Go on with a download that was interrupted
    #[arg(long)]
    resume: bool,
    /// Only if the object has not this ETag
    #[arg(long, value_name = "ETAG", conflicts_with_all = ["recursive", "resume"])]
    if_none_match: Option<String>,
    /// Fail if the file exists
    #[arg(long)]
    no_clobber: bool,
    /// The size of the ranges that are requested [default: 8M]
    #[arg(short, long, value_name = "SIZE", value_parser = units::size)]
    part_size: Option<u64>,
    /// How many ranges or files at a time
    #[arg(short, long, value_name = "N", default_value_t = 4, value_parser = clap::value_parser!(u16).range(1..))]
    jobs: u16,
}

impl Get {
    pub async fn run(self, session: &Session) -> Result<(), Failure> {
        if self.recursive {
            let options = folder_get::Options {
                jobs: self.jobs.into(),
                part_size: self.part_size,
                resume: self.resume,
                no_clobber: self.no_clobber,
            };
            return folder_get::run(session, &self.source, self.file.as_deref(), options).await;
        }
        if self.source.key.is_empty() {
            return Err(Failure::Usage(format!(
                "{}: names no object; add a key, or download the whole bucket with -r",
                self.source
            )));
        }
        match &self.file {
            Some(file) if file.as_os_str() == "-" => self.get_to_stdout(session).await,
            Some(file) => self.get_to_file(session, file).await,
            None => match self.source.file_name() {
                "" => Err(Failure::Usage(format!(
                    "{}: the key ends in /, so the file has no name; name it, or use -r",
                    self.source
                ))),
                name => self.get_to_file(session, Path::new(name)).await,
            },
        }
    }

    async fn get_to_file(&self, session: &Session, file: &Path) -> Result<(), Failure> {
        let started = Instant::now();
        check_target(file, self.no_clobber)?;
        let name = file.display().to_string();
        if let Some(range) = self.range {
            let etag = self.if_none_match.as_deref();
            let target = match self.no_clobber {
                true => Target::New(file),
                false => Target::File(file),
            };
            let received = get_range(session, &self.source, range, etag, target);
            let (size, etag) = received.await?;
            return self.report(session, &name, size, etag, started);
        }
        let Location { bucket, key } = &self.source;
        let progress = Progress::new(&session.output, &name);
        let shown = progress.clone();
        let mut download = session
            .client
            .download_file(bucket, key, file)
            .concurrency(self.jobs.into())
            .on_event(move |event: TransferEvent| shown.update(&event));
        if self.resume {
            download = download.resume();
        }
        if self.no_clobber {
            download = download.create_new();
        }
        if let Some(bytes) = self.part_size {
            download = download.part_size(bytes);
        }
        if let Some(etag) = &self.if_none_match {
            download = download.header("if-none-match", &condition(etag));
        }
        let received = async {
            let received = download.send().await;
            received.map_err(|error| exists_or(file, error))
        };
        let received = session.interrupt.or(Box::pin(received)).await;
        progress.finish();
        let received = received.map_err(|failure| explain_interruption(failure, self.resume))?;
        let DownloadOutput { size, etag, .. } = received;
        self.report(
            session,
            &name,
            size,
            etag.map(|etag| etag.as_str().to_owned()),
            started,
        )
    }

    async fn get_to_stdout(&self, session: &Session) -> Result<(), Failure> {
        if self.resume || self.no_clobber {
            return Err(Failure::Usage(
                "-: standard output is no file; leave out --resume and --no-clobber".to_owned(),
            ));
        }
        let started = Instant::now();
        if let Some(range) = self.range {
            let etag = self.if_none_match.as_deref();
            let received = get_range(session, &self.source, range, etag, Target::Stdout);
            let (size, _) = received.await?;
            self.note(session, "-", size, started);
            return Ok(());
        }
        let Location { bucket, key } = &self.source;
        let progress = Progress::new(&session.output, key);
        let shown = progress.clone();
        let mut download = session
            .client
            .download_writer(bucket, key, stdio::writer()?)
            .concurrency(self.jobs.into())
            .on_event(move |event: TransferEvent| shown.update(&event));
        if let Some(bytes) = self.part_size {
            download = download.part_size(bytes);
        }
        if let Some(etag) = &self.if_none_match {
            download = download.header("if-none-match", &condition(etag));
        }
        let received = async {
            download.send().await.map_err(|error| {
                // The connection to the store can break in the same way.
                let is_local =
                    matches!(&error, Error::Transport(error) if error.kind == TransportKind::File);
                if is_local && is_caused_by(&error, std::io::ErrorKind::BrokenPipe) {
                    Failure::ClosedPipe
                } else {
                    error.into()
                }
            })
        };
        let received = session.interrupt.or(Box::pin(received)).await;
        progress.finish();
        self.note(session, "-", received?.size, started);
        Ok(())
    }

    fn report(
        &self,
        session: &Session,
        file: &str,
        size: u64,
        etag: Option<String>,
        started: Instant,
    ) -> Result<(), Failure> {
        if session.output.json {
            return session.output.object(&json!({
                "op": "get",
                "bucket": self.source.bucket,
                "key": self.source.key,
                "file": file,
                "size": size,
                "etag": etag,
                "seconds": started.elapsed().as_secs_f64(),
            }));
        }
        self.note(session, file, size, started);
        Ok(())
    }

    fn note(&self, session: &Session, file: &str, size: u64, started: Instant) {
        let amount = amount(size, started.elapsed());
        session
            .output
            .note(&format!("get {} {file} {amount}", self.source));
    }
}

/// Rejects a target that is not a file, or must not be replaced.
pub fn check_target(file: &Path, no_clobber: bool) -> Result<(), Failure> {
    let name = file.display();
    // A link that leads nowhere exists, too.
    if std::fs::symlink_metadata(file).is_err() {
        return Ok(());
    }
    match std::fs::metadata(file) {
        Ok(metadata) if metadata.is_dir() => Err(Failure::Usage(format!(
            "{name}: is a folder; name the file in it"
        ))),
        Ok(metadata) if !metadata.is_file() || is_descriptor(file) => Err(Failure::Usage(format!(
            "{name}: is no regular file, and would be replaced by one; write to it with - > {name}"
        ))),
        _ if no_clobber => Err(exists(file)),
        _ => Ok(()),
    }
}

/// Whether the name leads to a descriptor of a process, as `/dev/stdout` does, which is a file only after a redirection.
fn is_descriptor(file: &Path) -> bool {
    // The system itself follows no more links.
    const LINKS: usize = 40;
    let mut path = file.to_owned();
    for _ in 0..LINKS {
        let folder = path.parent().filter(|folder| *folder != Path::new(""));
        let folder = std::fs::canonicalize(folder.unwrap_or(Path::new("."))).unwrap_or_default();
        if folder.starts_with("/proc") || folder.starts_with("/dev/fd") {
            return true;
        }
        match std::fs::read_link(&path) {
            Ok(link) => path = folder.join(link),
            Err(_) => return false,
        }
    }
    false
}

/// A file that must not be replaced.
pub fn exists(file: &Path) -> Failure {
    Failure::Exists(format!("{}: exists already", file.display()))
}

/// The failure of a download. The file may have been created since it was checked.
pub fn exists_or(file: &Path, error: Error) -> Failure {
    match is_caused_by(&error, std::io::ErrorKind::AlreadyExists) {
        true => exists(file),
        false => error.into(),
    }
}

/// Says what a signal has left of a download.
pub fn explain_interruption(failure: Failure, resume: bool) -> Failure {
    match failure {
        Failure::Interrupted { signal, .. } => Failure::Interrupted {
            signal,
            left: if resume {
                "; the same command goes on".to_owned()
            } else {
                "; the file is as it was before".to_owned()
            },
        },
        other => other,
    }
}

/// An ETag as a condition: in quotes, except for `*`.
pub fn condition(etag: &str) -> String {
    match etag {
        "*" => etag.to_owned(),
        etag => format!("\"{}\"", etag.trim_matches('"')),
    }
}
