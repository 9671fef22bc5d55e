//! How a temporary file that is complete gets its final name.

use std::fs::{self, File, OpenOptions};
use std::io;
use std::path::Path;

/// What becomes of another file that has the name.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Name {
    /// It is replaced.
    Replace,
    /// It stays, and the download fails.
    New,
}

impl Name {
    /// Before the download: afterwards [`give`](Name::give) decides.
    pub(super) fn check(self, target: &Path) -> io::Result<()> {
        match self {
            // A link that leads nowhere exists, too.
            Name::New if fs::symlink_metadata(target).is_ok() => {
                Err(io::ErrorKind::AlreadyExists.into())
            }
            _ => Ok(()),
        }
    }

    /// Renames the file.
    pub(super) fn give(self, from: &Path, to: &Path) -> io::Result<()> {
        if self == Name::Replace {
            return fs::rename(from, to);
        }
        // Unlike a rename, a hard link never replaces a file.
        match fs::hard_link(from, to) {
            Ok(()) => {
                let _ = fs::remove_file(from);
                Ok(())
            }
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Err(error),
            Err(_) => take_and_rename(from, to),
        }
    }
}

/// For a file system without hard links, such as FAT: an empty file takes the name, and is replaced.
fn take_and_rename(from: &Path, to: &Path) -> io::Result<()> {
    OpenOptions::new().write(true).create_new(true).open(to)?;
    let renamed = fs::rename(from, to);
    if renamed.is_err() {
        let _ = fs::remove_file(to);
    }
    renamed
}

/// The folder of a file, to make a new name survive a power failure. Other systems than Unix cannot open it.
pub(super) fn open_folder(path: &Path) -> io::Result<Option<File>> {
    if cfg!(not(unix)) {
        return Ok(None);
    }
    let folder = path.parent().filter(|folder| folder.as_os_str() != "");
    File::open(folder.unwrap_or(Path::new("."))).map(Some)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_new_name_never_replaces_a_file() {
        let folder = std::env::temp_dir().join(format!("slim-s3-name-{}", std::process::id()));
        fs::create_dir(&folder).unwrap();
        let path = |name: &str| folder.join(name);
        let read = |name: &str| fs::read_to_string(path(name)).unwrap_or_default();
        let give: [fn(&Path, &Path) -> io::Result<()>; 2] =
            [|from, to| Name::New.give(from, to), take_and_rename];
        for give in give {
            fs::write(path("part"), "new").unwrap();
            fs::write(path("other"), "old").unwrap();
            let error = give(&path("part"), &path("other")).unwrap_err();
            assert_eq!(error.kind(), io::ErrorKind::AlreadyExists);
            assert_eq!((&*read("other"), &*read("part")), ("old", "new"));
            give(&path("part"), &path("free")).unwrap();
            assert_eq!((&*read("free"), path("part").exists()), ("new", false));
            fs::remove_file(path("free")).unwrap();
        }
        fs::write(path("part"), "new").unwrap();
        Name::Replace.give(&path("part"), &path("other")).unwrap();
        assert_eq!(read("other"), "new");
        fs::remove_dir_all(folder).unwrap();
    }
}
