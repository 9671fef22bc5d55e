//! The parts of a file, which are read while they are sent.

use std::fs::{File, Metadata};
use std::io;
use std::path::{Path, PathBuf};

use super::reader::{Reader, ReaderParts};
use super::{BoxResultFuture, PartSource};
use crate::body::Body;
use crate::body::blocking::blocking;
use crate::body::file::FileSource;
use crate::error::{Error, ResumeToken};

/// The parts of a file, which are read while they are sent.
pub(crate) enum FileParts {
    Closed(PathBuf),
    Open {
        file: FileSource,
        offset: u64,
    },
    /// A pipe or a device.
    Stream(ReaderParts),
}

impl FileParts {
    async fn open(path: PathBuf) -> Result<FileParts, Error> {
        let invalid = |problem: String| {
            Error::invalid(
                "file",
                format!("{} {problem}", path.display()),
                "use a readable file",
            )
        };
        let cannot_open = |error: io::Error| {
            invalid(format!("cannot be opened: {error}")).with_source(error.into())
        };
        let open = {
            let path = path.clone();
            move || open(&path)
        };
        let opened = blocking(open).await.and_then(|opened| opened);
        let Some((file, metadata)) = opened.map_err(cannot_open)? else {
            let reader = open_fifo(&path).map_err(cannot_open)?;
            return Ok(FileParts::Stream(ReaderParts::new(reader, None)));
        };
        if metadata.is_dir() {
            return Err(invalid("is a directory".to_owned()));
        }
        if !metadata.is_file() {
            let device = Reader::blocking(file);
            return Ok(FileParts::Stream(ReaderParts::new(device, None)));
        }
        let file = FileSource::new(file).map_err(|error| invalid(error.to_string()))?;
        Ok(FileParts::Open { file, offset: 0 })
    }
}

/// Opens a file; `None` for a pipe, which [`open_fifo`] opens.
fn open(path: &Path) -> io::Result<Option<(File, Metadata)>> {
    if is_fifo(&std::fs::metadata(path)?) {
        return Ok(None);
    }
    let file = File::open(path)?;
    let metadata = file.metadata()?;
    Ok(Some((file, metadata)))
}

/// Whether the runtime can wait for data from this file. A blocking read of a silent pipe would go on after its call was
/// dropped, and the runtime would wait for it when it shuts down.
#[cfg(any(target_os = "android", target_os = "linux"))]
fn is_fifo(metadata: &Metadata) -> bool {
    std::os::unix::fs::FileTypeExt::is_fifo(&metadata.file_type())
}

/// Elsewhere a pipe without a writer would look like one that has ended.
#[cfg(not(any(target_os = "android", target_os = "linux")))]
fn is_fifo(_: &Metadata) -> bool {
    false
}

#[cfg(any(target_os = "android", target_os = "linux"))]
fn open_fifo(path: &Path) -> io::Result<Reader> {
    let receiver = tokio::net::unix::pipe::OpenOptions::new().open_receiver(path)?;
    Ok(Reader::Async(Box::pin(receiver)))
}

#[cfg(not(any(target_os = "android", target_os = "linux")))]
fn open_fifo(_: &Path) -> io::Result<Reader> {
    Err(io::ErrorKind::Unsupported.into())
}

impl PartSource for FileParts {
    fn fill(&mut self, threshold: u64) -> BoxResultFuture<'_, u64> {
        Box::pin(async move {
            if let FileParts::Closed(path) = self {
                *self = FileParts::open(std::mem::take(path)).await?;
            }
            match self {
                FileParts::Stream(reader) => reader.fill(threshold).await,
                _ => Ok(self.length().unwrap_or_default()),
            }
        })
    }

    fn length(&self) -> Option<u64> {
        if let FileParts::Open { file, .. } = self {
            Some(file.length())
        } else {
            None
        }
    }

    fn modified(&self) -> Option<u128> {
        if let FileParts::Open { file, .. } = self {
            ResumeToken::nanoseconds(file.modified()?)
        } else {
            None
        }
    }

    fn is_buffered(&self) -> bool {
        matches!(self, FileParts::Stream(_))
    }

    fn next(&mut self, size: u64) -> BoxResultFuture<'_, Option<Body>> {
        match self {
            FileParts::Stream(reader) => reader.next(size),
            FileParts::Closed(_) => Box::pin(async { Ok(None) }),
            FileParts::Open { file, offset } => Box::pin(async move {
                let size = size.min(file.length() - *offset);
                // An empty file is an empty object: one empty body.
                if size == 0 && *offset > 0 {
                    return Ok(None);
                }
                let part = file.slice(*offset, size);
                *offset += size;
                Ok(Some(Body::file(part)))
            }),
        }
    }
}
