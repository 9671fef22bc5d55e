//! `put` of several files, and of folders.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::pin::pin;
use std::time::Instant;

use futures_util::future::select;
use futures_util::{StreamExt, stream};
use tokio::sync::watch;

use crate::failure::Failure;
use crate::folder::{Files, files_below};
use crate::many::Tally;
use crate::object_options::ObjectOptions;
use crate::progress::Progress;
use crate::put::{report, upload_to_the_end};
use crate::resume_find::Resumed;
use crate::session::Session;
use crate::url::Location;

pub struct Options<'a> {
    pub object: &'a ObjectOptions,
    pub recursive: bool,
    pub resume: bool,
}

pub async fn run(
    session: &Session,
    sources: &[PathBuf],
    target: &Location,
    options: Options<'_>,
) -> Result<(), Failure> {
    if !target.is_folder() {
        return Err(Failure::Usage(format!(
            "{target}: names one object; several files need a prefix that ends in /, such as {target}/"
        )));
    }
    let Files { files, problems } = collect(sources, options.recursive)?;
    reject_duplicates(&files)?;
    let mut tally = Tally::new();
    for problem in problems {
        tally.failed(session, &Failure::Local(problem));
    }
    let progress = Progress::new(&session.output, "put");
    let sizes = files.iter().filter_map(|(path, _)| path.metadata().ok());
    progress.set_size(sizes.map(|metadata| metadata.len()).sum());
    let (options, shown) = (&options, &progress);
    // The uploads that are running when standard output is closed are aborted, not dropped.
    let (close, closed) = watch::channel(false);
    let closed = &closed;
    let mut uploads = stream::iter(files)
        .map(|(path, key)| async move {
            let key = target.with_key(format!("{}{key}", target.key));
            upload(session, &path, &key, options, shown, closed.clone()).await
        })
        .buffer_unordered(options.object.jobs.into());
    while let Some(outcome) = uploads.next().await {
        progress.count_file();
        match outcome {
            Ok(bytes) => tally.succeeded(bytes),
            Err(Failure::ClosedPipe) => {
                close.send_replace(true);
            }
            Err(_) if *closed.borrow() => {}
            Err(failure) => progress.suspend(|| tally.failed(session, &failure)),
        }
    }
    progress.finish();
    if *closed.borrow() {
        return Err(Failure::ClosedPipe);
    }
    tally.end(session, &format!("put {target}"))
}

/// The files of all sources, with their keys below the target.
fn collect(sources: &[PathBuf], recursive: bool) -> Result<Files, Failure> {
    let mut all = Files::default();
    for source in sources {
        let name = source.display();
        if source.as_os_str() == "-" {
            return Err(Failure::Usage(
                "-: standard input has no name; upload it alone, to a whole key".to_owned(),
            ));
        }
        let metadata = std::fs::metadata(source)
            .map_err(|error| Failure::local(&name.to_string(), "cannot be read", &error))?;
        if metadata.is_dir() {
            if !recursive {
                return Err(Failure::Usage(format!("{name}: is a folder; use -r")));
            }
            let found = files_below(source);
            all.files.extend(found.files);
            all.problems.extend(found.problems);
        } else {
            let key = source.file_name().and_then(|name| name.to_str());
            let key = key.ok_or_else(|| {
                Failure::Usage(format!("{name}: the name is not UTF-8, as a key must be"))
            })?;
            all.files.push((source.clone(), key.to_owned()));
        }
    }
    Ok(all)
}

/// The second file would replace the first.
fn reject_duplicates(files: &[(PathBuf, String)]) -> Result<(), Failure> {
    let mut known: HashMap<&str, &Path> = HashMap::with_capacity(files.len());
    for (path, key) in files {
        if let Some(other) = known.insert(key, path) {
            return Err(Failure::Usage(format!(
                "{} and {} would get the same key {key:?}; upload them one after the other, to different keys",
                other.display(),
                path.display()
            )));
        }
    }
    Ok(())
}

/// Completes at a signal, or when standard output is closed.
async fn either(signal: impl Future, mut closed: watch::Receiver<bool>) {
    let closing = closed.wait_for(|is_closed| *is_closed);
    select(pin!(signal), pin!(closing)).await;
}

async fn upload(
    session: &Session,
    path: &Path,
    target: &Location,
    options: &Options<'_>,
    progress: &Progress,
    closed: watch::Receiver<bool>,
) -> Result<u64, Failure> {
    if *closed.borrow() {
        return Err(Failure::ClosedPipe);
    }
    if let Some(signal) = session.interrupt.received() {
        let left = String::new();
        return Err(Failure::Interrupted { signal, left });
    }
    let part_size = options.object.part_size;
    let resumed = match options.resume {
        true => Some(Resumed::of(session, path, target, part_size).await?),
        false => None,
    };
    let started = Instant::now();
    let upload = session
        .client
        .upload_file(&target.bucket, &target.key, path);
    let upload = options.object.apply(upload, path);
    let stop = either(session.interrupt.clone().signal(), closed);
    let stored = upload_to_the_end(session, upload, resumed, stop, progress.one_of_many()).await?;
    if session.output.json {
        report(
            session,
            &path.display().to_string(),
            target,
            &stored,
            started,
        )?;
    }
    Ok(stored.size)
}
