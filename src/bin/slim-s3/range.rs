//! `get --range`: some bytes of an object, with one request.

use std::io::{self, Write};
use std::path::Path;
use std::str::FromStr;

use slim_s3::{Call, operation::GetObject};

use crate::failure::Failure;
use crate::get::exists;
use crate::output::print;
use crate::session::Session;
use crate::url::Location;

/// Which bytes.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum ByteRange {
    /// From the first to the last of these positions.
    Closed(u64, u64),
    /// From this position on.
    From(u64),
    /// The last ones, this many.
    Last(u64),
}

impl FromStr for ByteRange {
    type Err = String;

    fn from_str(text: &str) -> Result<ByteRange, String> {
        let number = |digits: &str| digits.parse::<u64>().ok();
        let range = text
            .split_once('-')
            .and_then(|(first, last)| match (first, last) {
                ("", count) => Some(ByteRange::Last(number(count)?)),
                (first, "") => Some(ByteRange::From(number(first)?)),
                (first, last) => {
                    let (first, last) = (number(first)?, number(last)?);
                    (first <= last).then_some(ByteRange::Closed(first, last))
                }
            });
        range.ok_or_else(|| "expected positions such as 0-1023, 1024- or -512".to_owned())
    }
}

impl ByteRange {
    fn set(self, call: Call<GetObject>) -> Call<GetObject> {
        match self {
            ByteRange::Closed(first, last) => call.range(first..=last),
            ByteRange::From(first) => call.range(first..),
            ByteRange::Last(count) => call.last_bytes(count),
        }
    }
}

/// Where the bytes go.
#[derive(Clone, Copy)]
pub enum Target<'a> {
    /// A file, which is replaced when they are complete.
    File(&'a Path),
    /// A file that must not exist.
    New(&'a Path),
    Stdout,
}

/// Receives the bytes. Returns their number and the object's ETag.
pub async fn get_range(
    session: &Session,
    source: &Location,
    range: ByteRange,
    if_none_match: Option<&str>,
    target: Target<'_>,
) -> Result<(u64, Option<String>), Failure> {
    let mut get = range.set(session.client.get_object(&source.bucket, &source.key));
    if let Some(etag) = if_none_match {
        get = get.if_none_match(etag);
    }
    let receive = async {
        let object = get.send().await?;
        let (mut body, mut size) = (object.body, 0);
        let mut writer = Writer::new(target)?;
        while let Some(chunk) = body.chunk().await? {
            size += chunk.len() as u64;
            writer.write(&chunk)?;
        }
        writer.finish(target)?;
        let etag = object.etag.map(|etag| etag.as_str().to_owned());
        Ok((size, etag))
    };
    session.interrupt.or(Box::pin(receive)).await
}

enum Writer {
    File(tempfile::NamedTempFile),
    Stdout,
}

impl Writer {
    fn new(target: Target<'_>) -> Result<Writer, Failure> {
        match target {
            Target::File(file) | Target::New(file) => Ok(Writer::File(temporary_beside(file)?)),
            Target::Stdout => Ok(Writer::Stdout),
        }
    }

    fn write(&mut self, chunk: &[u8]) -> Result<(), Failure> {
        match self {
            Writer::File(file) => {
                let written = file.write_all(chunk);
                written.map_err(|error| cannot_write(file.path(), &error))
            }
            Writer::Stdout => print(chunk),
        }
    }

    /// Gives the temporary file its name.
    fn finish(self, target: Target<'_>) -> Result<(), Failure> {
        let (file, kept) = match (self, target) {
            (Writer::File(temporary), Target::File(file)) => {
                let kept = keep_mode(&temporary, file)
                    .and_then(|()| Ok(temporary.persist(file)?))
                    .map(drop);
                (file, kept)
            }
            (Writer::File(temporary), Target::New(file)) => {
                let kept = temporary.persist_noclobber(file);
                (file, kept.map(drop).map_err(Into::into))
            }
            _ => return Ok(()),
        };
        kept.map_err(|error: io::Error| match error.kind() {
            io::ErrorKind::AlreadyExists => exists(file),
            _ => cannot_write(file, &error),
        })
    }
}

/// A temporary file in the same folder, with the permissions of a new file.
fn temporary_beside(file: &Path) -> Result<tempfile::NamedTempFile, Failure> {
    let folder = match file.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    };
    let mut builder = tempfile::Builder::new();
    builder.prefix(".slim-s3-");
    #[cfg(unix)]
    builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o666));
    builder
        .tempfile_in(folder)
        .map_err(|error| cannot_write(file, &error))
}

/// A file that is replaced keeps its permissions.
#[cfg(unix)]
fn keep_mode(temporary: &tempfile::NamedTempFile, file: &Path) -> io::Result<()> {
    use std::os::unix::fs::PermissionsExt;
    match std::fs::metadata(file) {
        Ok(metadata) => {
            let mode = metadata.permissions().mode() & 0o777;
            let permissions = std::fs::Permissions::from_mode(mode);
            temporary.as_file().set_permissions(permissions)
        }
        Err(_) => Ok(()),
    }
}

#[cfg(not(unix))]
fn keep_mode(_: &tempfile::NamedTempFile, _: &Path) -> io::Result<()> {
    Ok(())
}

fn cannot_write(file: &Path, error: &io::Error) -> Failure {
    Failure::local(&file.display().to_string(), "cannot be written", error)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_range_has_a_first_or_a_last_position() {
        for (text, expected) in [
            ("0-0", ByteRange::Closed(0, 0)),
            ("5-9", ByteRange::Closed(5, 9)),
            ("5-", ByteRange::From(5)),
            ("-5", ByteRange::Last(5)),
        ] {
            assert_eq!(text.parse(), Ok(expected));
        }
        for text in ["", "-", "5", "9-5", "a-b", "1-2-3", "1--2"] {
            text.parse::<ByteRange>().unwrap_err();
        }
    }
}
