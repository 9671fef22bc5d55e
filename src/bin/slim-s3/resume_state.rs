//! Where an upload that can be resumed is remembered: a small file in the user's cache folder for each source and target.

use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use slim_s3::PayloadHash;
use slim_s3::error::ResumeToken;

use crate::failure::Failure;
use crate::url::Location;

/// The file that remembers one upload.
#[derive(Clone, Debug)]
pub struct ResumeState {
    path: PathBuf,
}

impl ResumeState {
    /// The state of the upload of `source` to `target`. `endpoint` tells apart stores that have the same bucket.
    pub fn of(source: &Path, target: &Location, endpoint: &str) -> Result<ResumeState, Failure> {
        let absolute = std::path::absolute(source)
            .map_err(|error| Failure::local(&source.display().to_string(), "not a path", &error))?;
        let mut identity = absolute.into_os_string().into_encoded_bytes();
        for text in [&target.bucket, &target.key, endpoint] {
            identity.push(0);
            identity.extend_from_slice(text.as_bytes());
        }
        let hash = PayloadHash::of(&identity).to_string();
        let name = hash.get(..32).unwrap_or_default();
        let folder = folder()?;
        check_writable(&folder).map_err(|error| {
            Failure::Configuration(format!(
                "--resume: {} cannot be written, and an upload could not be remembered: {error}; set XDG_CACHE_HOME to another folder",
                folder.display()
            ))
        })?;
        Ok(ResumeState {
            path: folder.join(name),
        })
    }

    /// The token of an earlier upload, if there is one that can be read.
    pub fn load(&self) -> Option<ResumeToken> {
        fs::read_to_string(&self.path).ok()?.parse().ok()
    }

    /// Writes the token. A file that is there always has a whole token.
    pub fn save(&self, token: &ResumeToken) -> io::Result<()> {
        let Some(folder) = self.path.parent() else {
            return Ok(());
        };
        create_private(folder)?;
        let mut file = tempfile::NamedTempFile::new_in(folder)?;
        writeln!(file, "{token}")?;
        file.as_file().sync_data()?;
        file.persist(&self.path)?;
        Ok(())
    }

    /// Forgets the upload.
    pub fn remove(&self) {
        // A state that stays is compared with the store the next time.
        let _ = fs::remove_file(&self.path);
    }
}

/// `$XDG_CACHE_HOME/slim-s3`, or `~/.cache/slim-s3`.
fn folder() -> Result<PathBuf, Failure> {
    let variable = |name| {
        let value = std::env::var_os(name).map(PathBuf::from);
        // As the specification of these folders demands, a relative path is ignored.
        value.filter(|path| path.is_absolute())
    };
    let cache = variable("XDG_CACHE_HOME").or_else(|| Some(variable("HOME")?.join(".cache")));
    let cache = cache.ok_or_else(|| {
        Failure::Configuration(
            "--resume: neither XDG_CACHE_HOME nor HOME names a folder to remember the upload in; set one of them"
                .to_owned(),
        )
    })?;
    Ok(cache.join("slim-s3").join("uploads"))
}

/// Before the upload: afterwards it would be too late.
fn check_writable(folder: &Path) -> io::Result<()> {
    create_private(folder)?;
    tempfile::NamedTempFile::new_in(folder).map(drop)
}

#[cfg(unix)]
fn create_private(folder: &Path) -> io::Result<()> {
    use std::os::unix::fs::DirBuilderExt;
    fs::DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(folder)
}

#[cfg(not(unix))]
fn create_private(folder: &Path) -> io::Result<()> {
    fs::create_dir_all(folder)
}
