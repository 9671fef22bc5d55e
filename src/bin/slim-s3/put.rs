//! `put`: uploads a file, standard input, or folders.

use std::io;
use std::path::{Path, PathBuf};
use std::time::Instant;

use clap::Args;
use serde_json::json;
use slim_s3::{Error, OnFailure, TransferEvent, Upload, UploadOutput};

use crate::failure::Failure;
use crate::folder_put;
use crate::object_options::ObjectOptions;
use crate::output::amount;
use crate::progress::Progress;
use crate::resume_find::Resumed;
use crate::session::Session;
use crate::stdio::stdin_is_null;
use crate::units;
use crate::url::Location;

/// Upload files, standard input or folders
#[derive(Args, Clone, Debug)]
#[command(after_help = "\
Example:
  slim-s3 put --resume disk.img s3://backups/disk.img
  tar c home | slim-s3 put - s3://backups/home.tar
  slim-s3 put -r photos s3://photos/2026/")]
pub struct Put {
    /// The files; - is standard input
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
    /// s3://BUCKET/KEY; one that ends in / gets the name of the file
    #[arg(value_name = "TARGET")]
    target: Location,
    /// Upload folders with everything in them
    #[arg(short, long)]
    recursive: bool,
    #[command(flatten)]
    options: ObjectOptions,
    /// Go on with an upload that was interrupted
    #[arg(long)]
    resume: bool,
    /// How large standard input is about, such as 200G
    #[arg(long, value_name = "SIZE", value_parser = units::size)]
    expected_size: Option<u64>,
}

impl Put {
    pub async fn run(self, session: &Session) -> Result<(), Failure> {
        let [file] = self.files.as_slice() else {
            return folder_put::run(session, &self.files, &self.target, self.folder_options())
                .await;
        };
        if file.as_os_str() == "-" {
            return self.put_stdin(session).await;
        }
        let metadata = std::fs::metadata(file).map_err(|error| {
            Failure::local(&file.display().to_string(), "cannot be read", &error)
        })?;
        match (metadata.is_dir(), self.recursive) {
            (true, true) => {
                folder_put::run(session, &self.files, &self.target, self.folder_options()).await
            }
            (true, false) => Err(Failure::Usage(format!(
                "{}: is a folder; upload it with -r, to a target that ends in /",
                file.display()
            ))),
            (false, true) => Err(Failure::Usage(format!(
                "{}: not a folder; leave out -r",
                file.display()
            ))),
            (false, false) => self.put_file(session, file).await,
        }
    }

    fn folder_options(&self) -> folder_put::Options<'_> {
        folder_put::Options {
            object: &self.options,
            recursive: self.recursive,
            resume: self.resume,
        }
    }

    async fn put_file(&self, session: &Session, file: &Path) -> Result<(), Failure> {
        let target = self.target.for_file(file).ok_or_else(|| {
            Failure::Usage(format!(
                "{}: the name is not UTF-8, or not a file's; write the whole key",
                file.display()
            ))
        })?;
        let part_size = self.options.part_size;
        let resumed = match self.resume {
            true => Some(Resumed::of(session, file, &target, part_size).await?),
            false => None,
        };
        let upload = session
            .client
            .upload_file(&target.bucket, &target.key, file);
        let upload = self.options.apply(upload, file);
        let name = file.display().to_string();
        self.send(session, upload, &name, &target, resumed).await
    }

    async fn put_stdin(&self, session: &Session) -> Result<(), Failure> {
        if self.target.is_folder() {
            return Err(Failure::Usage(
                "-: standard input has no name; write the whole key".to_owned(),
            ));
        }
        if self.recursive || self.resume {
            return Err(Failure::Usage(
                "-: standard input is not a folder, and cannot be read again; leave out -r and --resume"
                    .to_owned(),
            ));
        }
        // An empty object instead of the expected data would be a loss.
        if self.expected_size != Some(0) && stdin_is_null() {
            return Err(Failure::Usage(
                "-: standard input is closed or /dev/null; pipe data into it, or store an empty object with --expected-size 0"
                    .to_owned(),
            ));
        }
        let target = &self.target;
        let upload = session
            .client
            .upload_blocking(&target.bucket, &target.key, io::stdin());
        let mut upload = self.options.apply(upload, Path::new(&target.key));
        if let Some(bytes) = self.expected_size {
            upload = upload.size_hint(bytes);
        }
        self.send(session, upload, "-", target, None).await
    }

    async fn send(
        &self,
        session: &Session,
        upload: Upload,
        name: &str,
        target: &Location,
        resumed: Option<Resumed>,
    ) -> Result<(), Failure> {
        let started = Instant::now();
        let progress = Progress::new(&session.output, name);
        let upload = upload.concurrency(self.options.jobs.into());
        let shown = progress.clone();
        let stop = session.interrupt.clone().signal();
        let stored = upload_to_the_end(session, upload, resumed, stop, move |event| {
            shown.update(&event)
        });
        let stored = stored.await;
        progress.finish();
        report(session, name, target, &stored?, started)
    }
}

/// Sends an upload, so that a signal aborts it, or keeps its parts to go on with later.
pub async fn upload_to_the_end(
    session: &Session,
    upload: Upload,
    resumed: Option<Resumed>,
    stop: impl Future + Send + 'static,
    listener: impl Fn(TransferEvent) + Send + Sync + 'static,
) -> Result<UploadOutput, Failure> {
    let mut upload = upload.cancel_on(stop);
    let (state, token) = resumed.map_or((None, None), |Resumed { state, token }| {
        (Some(state), token)
    });
    if state.is_some() {
        upload = upload.on_failure(OnFailure::Keep);
    }
    if let Some(token) = token {
        upload = upload.resume_or_restart(&token.to_string());
    }
    let (saved, output) = (state.clone(), session.output);
    let upload = upload.on_event(move |event| {
        if let (
            Some(state),
            TransferEvent::Created {
                resume_token: Some(token),
                ..
            },
        ) = (&saved, &event)
            && let Err(error) = state.save(token)
        {
            output.warn(&format!(
                "--resume: the upload cannot be remembered: {error}"
            ));
        }
        listener(event);
    });
    match upload.send().await {
        Ok(stored) => {
            if let Some(state) = state {
                state.remove();
            }
            Ok(stored)
        }
        Err(error) => {
            let Some(signal) = session.interrupt.received() else {
                return Err(error.into());
            };
            let left = left_of(&error, state.is_some());
            Err(Failure::Interrupted { signal, left })
        }
    }
}

/// What a signal has left of an upload or a copy.
pub fn left_of(error: &Error, is_remembered: bool) -> String {
    match &error.context().upload_id {
        Some(_) if is_remembered => "; the same command goes on".to_owned(),
        Some(_) => format!(": {error}"),
        None if error.context().abort_failure.is_some() => format!(": {error}"),
        None if error.is_outcome_unknown() => "; the object may be stored".to_owned(),
        None => "; nothing is left at the store".to_owned(),
    }
}

/// Prints what was stored.
pub fn report(
    session: &Session,
    source: &str,
    target: &Location,
    stored: &UploadOutput,
    started: Instant,
) -> Result<(), Failure> {
    let elapsed = started.elapsed();
    if session.output.json {
        return session.output.object(&json!({
            "op": "put",
            "source": source,
            "bucket": target.bucket,
            "key": target.key,
            "size": stored.size,
            "etag": stored.etag.as_str(),
            "parts": stored.parts,
            "version_id": stored.version_id,
            "checksum": stored.checksum.as_ref().map(|checksum| &checksum.value),
            "seconds": elapsed.as_secs_f64(),
        }));
    }
    let amount = amount(stored.size, elapsed);
    session
        .output
        .note(&format!("put {target} {amount} etag {}", stored.etag));
    Ok(())
}
