//! The file that a download writes: a temporary file in the folder of the target, which gets the target's name at the end.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use bytes::Bytes;

use crate::body::blocking::blocking;
use crate::error::{Error, TransportKind};
use crate::request::Request;
use crate::transfer::download_resume::{self as resume, Kept};
use crate::transfer::final_name::{Name, open_folder};
use crate::transfer::ranges::Object;

/// A temporary file, deleted on drop unless [`rename`](PartFile::rename) has succeeded, or a record says what it has.
pub(crate) struct PartFile {
    file: Arc<File>,
    pub(super) temporary: PathBuf,
    target: PathBuf,
    record: Option<Record>,
}

/// The record of a file that a later download can resume.
#[derive(Clone)]
struct Record {
    path: PathBuf,
    file: Arc<File>,
}

impl PartFile {
    /// Creates it before anything is requested, so that a folder that is missing or cannot be written costs nothing.
    pub(crate) async fn create(
        target: PathBuf,
        resume: bool,
        name: Name,
    ) -> Result<PartFile, Error> {
        let path = target.display().to_string();
        let created = blocking(move || name.check(&target).and_then(|()| create(target, resume)));
        let created = created.await;
        created
            .and_then(|created| created)
            .map_err(|error| cannot_create(&path, error))
    }

    /// Opens the file that an earlier download has left for this target, if it is of this request. Damaged ones are deleted.
    pub(super) async fn reopen(
        target: &Path,
        request: &Request,
    ) -> Result<Option<(PartFile, Kept)>, Error> {
        let path = resume::path(target);
        let Ok(Ok(text)) = blocking(move || fs::read_to_string(path)).await else {
            return Ok(None);
        };
        let kept = Kept::parse(&text, request, target);
        let (path, target) = (target.display().to_string(), target.to_owned());
        let opened = blocking(move || reopen(target, kept)).await;
        opened
            .and_then(|opened| opened)
            .map_err(|error| cannot_create(&path, error))
    }

    /// Deletes the file and its record: the object has changed.
    pub(super) fn discard(mut self) {
        if let Some(record) = self.record.take() {
            let _ = fs::remove_file(record.path);
        }
    }

    /// Keeps the file for a later download, which finds it by its record.
    pub(super) async fn record(&mut self, request: &Request, object: &Object) -> Result<(), Error> {
        let part = self.temporary.file_name().and_then(|name| name.to_str());
        let Some(text) = part.and_then(|part| resume::first_lines(request, object, part)) else {
            return Ok(());
        };
        let (path, new) = (
            resume::path(&self.target),
            self.temporary.with_extension("new"),
        );
        let written = blocking(move || write_record(path, &new, &text)).await;
        let record = written.and_then(|written| written);
        self.record = Some(record.map_err(|error| self.failed("recorded", error))?);
        Ok(())
    }

    /// Records a range that was written, once it is on the disk: a record must never be ahead of the data.
    pub(super) async fn record_done(&self, range: Range<u64>) -> Result<(), Error> {
        let Some(record) = self.record.clone() else {
            return Ok(());
        };
        let file = self.file.clone();
        let recorded = blocking(move || {
            file.sync_data()?;
            // One write, so that no other process writes within the line.
            (&*record.file).write_all(resume::done_line(&range).as_bytes())
        });
        let recorded = recorded.await.and_then(|recorded| recorded);
        recorded.map_err(|error| self.failed("recorded", error))
    }

    pub(crate) async fn write(&self, bytes: Bytes, position: u64) -> Result<(), Error> {
        let file = self.file.clone();
        let written = blocking(move || write_all_at(&file, &bytes, position)).await;
        written
            .and_then(|written| written)
            .map_err(|error| self.failed("written", error))
    }

    /// Gives the file, which must have `size` bytes, the name of the target. What had this name is gone, unless it must not exist.
    pub(crate) async fn rename(self, size: u64, sync: bool, name: Name) -> Result<(), Error> {
        let file = self.file.clone();
        let record = self.record.clone();
        let (from, to) = (self.temporary.clone(), self.target.clone());
        let rename = move || {
            let written = file.metadata()?.len();
            if written != size {
                let problem = format!("it has {written} bytes instead of {size}");
                return Err(io::Error::other(problem));
            }
            let mut folder = None;
            if sync {
                file.sync_all()?;
                // Opened before the rename, so that a folder that cannot be read is reported while nothing has changed.
                folder = open_folder(&to)?;
            }
            name.give(&from, &to)?;
            if let Some(record) = record {
                let _ = fs::remove_file(record.path);
            }
            folder.map_or(Ok(()), |folder| folder.sync_all())
        };
        let renamed = blocking(rename).await;
        renamed
            .and_then(|renamed| renamed)
            .map_err(|error| self.failed("completed", error))
    }

    #[cold]
    pub(super) fn failed(&self, what: &str, error: io::Error) -> Error {
        let path = self.target.display();
        let message = format!("the file {path} cannot be {what}: {error}");
        Error::transport(TransportKind::File, message, Some(error.into()))
    }
}

impl Drop for PartFile {
    fn drop(&mut self) {
        // After a rename there is nothing to delete.
        if self.record.is_none() {
            let _ = fs::remove_file(&self.temporary);
        }
    }
}

#[cold]
fn cannot_create(path: &str, error: io::Error) -> Error {
    Error::invalid(
        "file",
        format!("{path} cannot be created: {error}"),
        "use the path of a file in a writable folder",
    )
    .with_source(error.into())
}

fn invalid(problem: &str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidInput, problem)
}

/// What a symbolic link points to in the end, whether it exists or not; the path itself if it is not a link.
pub(super) async fn follow_link(path: PathBuf) -> Result<PathBuf, Error> {
    let shown = path.display().to_string();
    let followed = blocking(move || {
        let mut path = path;
        // As many as Linux follows.
        for _ in 0..40 {
            match fs::read_link(&path) {
                // Relative to the folder of the link.
                Ok(target) => path = path.parent().unwrap_or(Path::new("")).join(target),
                Err(_) => return Ok(path),
            }
        }
        Err(invalid("too many symbolic links"))
    });
    let followed = followed.await.and_then(|followed| followed);
    followed.map_err(|error| cannot_create(&shown, error))
}

/// Opens the part file of a record, if it has the bytes that the record says. Otherwise deletes both.
fn reopen(target: PathBuf, kept: Option<Kept>) -> io::Result<Option<(PartFile, Kept)>> {
    let path = resume::path(&target);
    let Some(kept) = kept else {
        let _ = fs::remove_file(path);
        return Ok(None);
    };
    let temporary = target.with_file_name(&kept.part);
    let opened = (|| {
        let is_whole =
            |metadata: fs::Metadata| metadata.is_file() && metadata.len() >= kept.length();
        if !is_whole(fs::symlink_metadata(&temporary)?) {
            return Err(invalid("the temporary file is not the recorded one"));
        }
        let file = Arc::new(OpenOptions::new().write(true).open(&temporary)?);
        let record = open_record(path.clone())?;
        Ok((file, record))
    })();
    let Ok((file, record)) = opened else {
        let _ = fs::remove_file(path);
        let _ = fs::remove_file(temporary);
        return Ok(None);
    };
    let file = PartFile {
        file,
        temporary,
        target,
        record: Some(record),
    };
    Ok(Some((file, kept)))
}

/// Writes the first lines of a record, which appears with all of them.
fn write_record(path: PathBuf, new: &Path, text: &str) -> io::Result<Record> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let written = options
        .open(new)
        .and_then(|mut file| file.write_all(text.as_bytes()))
        .and_then(|()| fs::rename(new, &path));
    if let Err(error) = written {
        let _ = fs::remove_file(new);
        return Err(error);
    }
    open_record(path)
}

fn open_record(path: PathBuf) -> io::Result<Record> {
    let file = Arc::new(OpenOptions::new().append(true).open(&path)?);
    Ok(Record { path, file })
}

fn create(target: PathBuf, resume: bool) -> io::Result<PartFile> {
    // A rename to `folder/name/` would fail after the download.
    let text = target.as_os_str().as_encoded_bytes();
    let ends_in_folder = text
        .rsplit(|byte| std::path::is_separator(char::from(*byte)))
        .next()
        .is_none_or(|name| name.is_empty() || name == b".");
    if target.file_name().is_none() || ends_in_folder {
        return Err(invalid("the path does not end with a file name"));
    }
    // Of the link itself: a link is replaced, and what it points to is left alone.
    let existing = match fs::symlink_metadata(&target) {
        Ok(metadata) if metadata.is_file() => Some(metadata.permissions()),
        Ok(metadata) if metadata.is_symlink() => None,
        Ok(_) => return Err(invalid("it exists and is not a regular file")),
        Err(error) if error.kind() == io::ErrorKind::NotFound => None,
        Err(error) => return Err(error),
    };
    // Without the target's name, which may be as long as names can be.
    let prefix = if resume {
        resume::prefix(&target)
    } else {
        ".slim-s3".to_owned()
    };
    let hidden = format!("{prefix}-{:016x}.part", fastrand::u64(..));
    let temporary = target.with_file_name(hidden);
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    if existing.is_some() {
        // Nobody else may open it before it has the mode of the existing file.
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    }
    let file = options.open(&temporary)?;
    let created = PartFile {
        file: Arc::new(file),
        temporary,
        target,
        record: None,
    };
    #[cfg(not(unix))]
    let _ = existing;
    #[cfg(unix)]
    if let Some(permissions) = existing {
        use std::os::unix::fs::PermissionsExt;
        // Without the bits that let a program run as the file's owner.
        let mode = permissions.mode() & 0o777;
        created
            .file
            .set_permissions(fs::Permissions::from_mode(mode))?;
    }
    Ok(created)
}

#[cfg(unix)]
fn write_all_at(file: &File, bytes: &[u8], position: u64) -> io::Result<()> {
    std::os::unix::fs::FileExt::write_all_at(file, bytes, position)
}

#[cfg(windows)]
fn write_all_at(file: &File, mut bytes: &[u8], mut position: u64) -> io::Result<()> {
    while !bytes.is_empty() {
        match std::os::windows::fs::FileExt::seek_write(file, bytes, position) {
            Ok(0) => return Err(io::ErrorKind::WriteZero.into()),
            Ok(count) => {
                bytes = bytes.get(count..).unwrap_or_default();
                position += count as u64;
            }
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(())
}
