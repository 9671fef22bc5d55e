//! Folders: what is in one, and which paths below one a key may name.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

/// The files below a folder, each with its path relative to the folder, in order; and what could not be read.
#[derive(Debug, Default)]
pub struct Files {
    pub files: Vec<(PathBuf, String)>,
    pub problems: Vec<String>,
}

/// Walks through a folder. Links to files count as files. Links to folders are not followed, because they may lead in a circle.
pub fn files_below(root: &Path) -> Files {
    let mut found = Files::default();
    let mut folders = vec![(root.to_owned(), String::new())];
    while let Some((folder, prefix)) = folders.pop() {
        let entries = fs::read_dir(&folder).and_then(Iterator::collect::<io::Result<Vec<_>>>);
        let entries = match entries {
            Ok(entries) => entries,
            Err(error) => {
                let path = folder.display();
                found
                    .problems
                    .push(format!("{path}: cannot be read: {error}"));
                continue;
            }
        };
        for entry in entries {
            let path = entry.path();
            let name = entry.file_name();
            let Some(name) = name.to_str() else {
                let path = path.display();
                found.problems.push(format!(
                    "{path}: the name is not UTF-8, as a key must be; rename the file"
                ));
                continue;
            };
            let key = format!("{prefix}{name}");
            match kind(&path) {
                Ok(Kind::File) => found.files.push((path, key)),
                Ok(Kind::Folder) => folders.push((path, key + "/")),
                Ok(Kind::Other(what)) => {
                    let path = path.display();
                    found.problems.push(format!("{path}: {what}"));
                }
                Err(error) => {
                    let path = path.display();
                    found
                        .problems
                        .push(format!("{path}: cannot be read: {error}"));
                }
            }
        }
    }
    found.files.sort();
    found.problems.sort();
    found
}

enum Kind {
    File,
    Folder,
    Other(&'static str),
}

fn kind(path: &Path) -> io::Result<Kind> {
    let itself = fs::symlink_metadata(path)?;
    let metadata = fs::metadata(path)?;
    Ok(if metadata.is_file() {
        Kind::File
    } else if !metadata.is_dir() {
        Kind::Other("not a file, but a pipe, a socket or a device")
    } else if itself.is_symlink() {
        Kind::Other("a link to a folder, which is not followed")
    } else {
        Kind::Folder
    })
}

/// The path below `root` that the rest of a key names. An error says why it would lead elsewhere.
pub fn path_below(root: &Path, rest: &str) -> Result<PathBuf, String> {
    let mut path = root.to_owned();
    let mut names = rest.split('/').peekable();
    while let Some(name) = names.next() {
        if !is_plain(name) {
            return Err(format!("{name:?} in it is no name of a file"));
        }
        path.push(name);
        if names.peek().is_some() {
            match fs::symlink_metadata(&path) {
                Ok(metadata) if metadata.is_symlink() => {
                    let path = path.display();
                    return Err(format!(
                        "{path} is a link, which may lead out of the folder"
                    ));
                }
                _ => {}
            }
        }
    }
    Ok(path)
}

/// Whether a name names an entry of its folder, and nothing else.
fn is_plain(name: &str) -> bool {
    let mut components = Path::new(name).components();
    let is_one =
        matches!(components.next(), Some(std::path::Component::Normal(found)) if found == name);
    is_one && components.next().is_none() && !name.contains('\0')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_that_lead_out_of_the_folder_are_refused() {
        let root = Path::new("/nowhere/target");
        for rest in [
            "",
            "../x",
            "a/../x",
            "/etc/passwd",
            "a//b",
            "a/./b",
            ".",
            "..",
            "a/",
            "a\0b",
        ] {
            path_below(root, rest).unwrap_err();
        }
        for rest in ["x", "a/b", "..x", "a..", "...", "a b/é", "-"] {
            assert_eq!(path_below(root, rest), Ok(root.join(rest)));
        }
    }

    #[cfg(unix)]
    #[test]
    fn a_link_on_the_way_is_refused_and_the_last_name_may_be_one() {
        let root = tempfile::tempdir().unwrap();
        std::os::unix::fs::symlink("/", root.path().join("link")).unwrap();
        let error = path_below(root.path(), "link/etc/passwd").unwrap_err();
        assert!(error.contains("is a link"), "{error}");
        assert_eq!(
            path_below(root.path(), "link"),
            Ok(root.path().join("link"))
        );
    }

    #[cfg(unix)]
    #[test]
    fn a_folder_is_walked_without_following_links_to_folders() {
        let root = tempfile::tempdir().unwrap();
        let path = |name: &str| root.path().join(name);
        fs::create_dir_all(path("b/c")).unwrap();
        for name in ["a", "b/c/d", "b/e"] {
            fs::write(path(name), name).unwrap();
        }
        std::os::unix::fs::symlink("a", path("link")).unwrap();
        std::os::unix::fs::symlink("..", path("b/circle")).unwrap();
        std::os::unix::fs::symlink("missing", path("b/nothing")).unwrap();
        let found = files_below(root.path());
        let keys: Vec<_> = found.files.iter().map(|(_, key)| key.as_str()).collect();
        assert_eq!(keys, ["a", "b/c/d", "b/e", "link"]);
        assert_eq!(found.problems.len(), 2, "{:?}", found.problems);
        assert!(found.problems[0].contains("circle: a link to a folder"));
        assert!(found.problems[1].contains("nothing: cannot be read"));
    }
}
