//! `get -r`: all objects below a prefix, to a folder.

use std::path::{Path, PathBuf};
use std::time::Instant;

use futures_util::{StreamExt, TryStreamExt};
use serde_json::json;
use slim_s3::operation::Object;

use crate::failure::Failure;
use crate::folder::path_below;
use crate::get::{check_target, exists_or};
use crate::many::Tally;
use crate::progress::Progress;
use crate::session::Session;
use crate::url::Location;

pub struct Options {
    pub jobs: usize,
    pub part_size: Option<u64>,
    pub resume: bool,
    pub no_clobber: bool,
}

pub async fn run(
    session: &Session,
    source: &Location,
    folder: Option<&Path>,
    options: Options,
) -> Result<(), Failure> {
    let folder = check(source, folder)?;
    let mut tally = Tally::new();
    let progress = Progress::new(&session.output, "get");
    let list = session.client.list_objects_v2(&source.bucket);
    let (options, shown) = (&options, &progress);
    let mut downloads =
        list.prefix(&source.key)
            .objects()
            .map_err(Failure::from)
            .map(|object| async move {
                download(session, source, object?, folder, options, shown).await
            })
            .buffer_unordered(options.jobs);
    let all = async {
        while let Some(outcome) = downloads.next().await {
            progress.count_file();
            match outcome {
                Ok(Some(bytes)) => tally.succeeded(bytes),
                Ok(None) => {}
                Err(Failure::ClosedPipe) => return Err(Failure::ClosedPipe),
                Err(failure) => progress.suspend(|| tally.failed(session, &failure)),
            }
        }
        Ok(())
    };
    let ended = session.interrupt.or(Box::pin(all)).await;
    progress.finish();
    if let Err(Failure::ClosedPipe) = ended {
        return Err(Failure::ClosedPipe);
    }
    let summary = format!("get {source} {}", folder.display());
    tally.end(session, &summary)
}

fn check<'a>(source: &Location, folder: Option<&'a Path>) -> Result<&'a Path, Failure> {
    if !source.is_folder() {
        return Err(Failure::Usage(format!(
            "{source}: names one object; -r needs a prefix that ends in /, such as {source}/"
        )));
    }
    let folder = folder.filter(|folder| folder.as_os_str() != "-");
    let folder = folder.ok_or_else(|| {
        Failure::Usage("-r: name the folder to download to, such as .".to_owned())
    })?;
    match std::fs::metadata(folder) {
        Ok(metadata) if !metadata.is_dir() => Err(Failure::Usage(format!(
            "{}: exists, and is no folder",
            folder.display()
        ))),
        _ => Ok(folder),
    }
}

/// Returns the number of bytes, or `None` for the marker of a folder.
async fn download(
    session: &Session,
    source: &Location,
    object: Object,
    folder: &Path,
    options: &Options,
    progress: &Progress,
) -> Result<Option<u64>, Failure> {
    let Object { key, size, .. } = object;
    let rest = key.strip_prefix(&source.key).unwrap_or(&key);
    // Some tools store an empty object for each folder.
    if size == 0 && (rest.is_empty() || rest.ends_with('/')) {
        return Ok(None);
    }
    let started = Instant::now();
    let path = prepare(folder, rest, &source.with_key(&*key), options.no_clobber)?;
    let download = session.client.download_file(&source.bucket, &key, &path);
    let mut download = download.on_event(progress.one_of_many());
    if options.resume {
        download = download.resume();
    }
    if options.no_clobber {
        download = download.create_new();
    }
    if let Some(bytes) = options.part_size {
        download = download.part_size(bytes);
    }
    let received = download.send().await;
    let received = received.map_err(|error| exists_or(&path, error))?;
    if session.output.json {
        session.output.object(&json!({
            "op": "get",
            "bucket": source.bucket,
            "key": key,
            "file": path.display().to_string(),
            "size": received.size,
            "etag": received.etag.as_ref().map(|etag| etag.as_str()),
            "seconds": started.elapsed().as_secs_f64(),
        }))?;
    }
    Ok(Some(received.size))
}

/// The file for an object, in a folder that exists.
fn prepare(
    folder: &Path,
    rest: &str,
    object: &Location,
    no_clobber: bool,
) -> Result<PathBuf, Failure> {
    let refused = |why| {
        let folder = folder.display();
        Failure::Local(format!(
            "{object}: refused, because it would not be stored below {folder}: {why}"
        ))
    };
    let path = path_below(folder, rest).map_err(refused)?;
    if let Some(parent) = path.parent() {
        std::fs::create_dir_all(parent).map_err(|error| {
            Failure::local(&parent.display().to_string(), "cannot be created", &error)
        })?;
    }
    check_target(&path, no_clobber)?;
    Ok(path)
}
