//! The file that a download writes: a temporary file in the folder of the target, which gets the target's name at the end.

use std::fs::{self, File, OpenOptions};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use bytes::Bytes;

use crate::body::blocking::blocking;
use crate::error::{Error, TransportKind};

/// A temporary file, deleted on drop unless [`rename`](PartFile::rename) has succeeded.
pub(crate) struct PartFile {
    file: Arc<File>,
    temporary: PathBuf,
    target: PathBuf,
}

impl PartFile {
    /// Creates it before anything is requested, so that a folder that is missing or cannot be written costs nothing.
    pub(crate) async fn create(target: PathBuf) -> Result<PartFile, Error> {
        let path = target.display().to_string();
        let created = blocking(move || create(target)).await;
        created.and_then(|created| created).map_err(|error| {
            Error::invalid(
                "file",
                format!("{path} cannot be created: {error}"),
                "use the path of a file in a writable folder",
            )
            .with_source(error.into())
        })
    }

    pub(crate) async fn write(&self, bytes: Bytes, position: u64) -> Result<(), Error> {
        let file = self.file.clone();
        let written = blocking(move || write_all_at(&file, &bytes, position)).await;
        written
            .and_then(|written| written)
            .map_err(|error| self.failed("written", error))
    }

    /// Gives the file, which must have `size` bytes, the name of the target, whose previous content is gone.
    pub(crate) async fn rename(&self, size: u64, sync: bool) -> Result<(), Error> {
        let file = self.file.clone();
        let (from, to) = (self.temporary.clone(), self.target.clone());
        let rename = move || {
            let written = file.metadata()?.len();
            if written != size {
                let problem = format!("it has {written} bytes instead of {size}");
                return Err(io::Error::other(problem));
            }
            if !sync {
                return fs::rename(&from, &to);
            }
            file.sync_all()?;
            // Opened before the rename, so that a folder that cannot be read is reported while nothing has changed.
            let folder = open_folder(&to)?;
            fs::rename(&from, &to)?;
            folder.map_or(Ok(()), |folder| folder.sync_all())
        };
        let renamed = blocking(rename).await;
        renamed
            .and_then(|renamed| renamed)
            .map_err(|error| self.failed("completed", error))
    }

    #[cold]
    fn failed(&self, what: &str, error: io::Error) -> Error {
        let path = self.target.display();
        let message = format!("the file {path} cannot be {what}: {error}");
        Error::transport(TransportKind::File, message, Some(error.into()))
    }
}

impl Drop for PartFile {
    fn drop(&mut self) {
        // After a rename there is nothing to delete.
        let _ = fs::remove_file(&self.temporary);
    }
}

fn create(target: PathBuf) -> io::Result<PartFile> {
    let invalid = |problem: &str| io::Error::new(io::ErrorKind::InvalidInput, problem);
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
    let hidden = format!(".slim-s3-{:016x}.part", fastrand::u64(..));
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

/// The folder of a file, to make a new name survive a power failure. Other systems than Unix cannot open it.
fn open_folder(path: &Path) -> io::Result<Option<File>> {
    if cfg!(not(unix)) {
        return Ok(None);
    }
    let folder = path.parent().filter(|folder| folder.as_os_str() != "");
    File::open(folder.unwrap_or(Path::new("."))).map(Some)
}
