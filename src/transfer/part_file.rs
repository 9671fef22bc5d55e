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
            if sync {
                file.sync_all()?;
            }
            fs::rename(&from, &to)?;
            if sync {
                sync_folder(&to)?;
            }
            Ok(())
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
    if target.file_name().is_none() {
        return Err(invalid("the path has no file name"));
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
    let file = options.write(true).create_new(true).open(&temporary)?;
    let created = PartFile {
        file: Arc::new(file),
        temporary,
        target,
    };
    if let Some(permissions) = existing {
        created.file.set_permissions(permissions)?;
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

/// Makes the new name survive a power failure. Other systems than Unix cannot open a folder.
fn sync_folder(path: &Path) -> io::Result<()> {
    #[cfg(unix)]
    {
        let folder = path.parent().filter(|folder| folder.as_os_str() != "");
        File::open(folder.unwrap_or(Path::new(".")))?.sync_all()
    }
    #[cfg(not(unix))]
    {
        let _ = path;
        Ok(())
    }
}
