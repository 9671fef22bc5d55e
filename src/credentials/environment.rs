//! Where the chain looks: variables and files, as values.

use std::collections::HashMap;
use std::ffi::OsString;
use std::fmt;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use zeroize::Zeroizing;

use crate::error::Error;

/// The variables and files that [`ClientBuilder::from_environment`](crate::ClientBuilder::from_environment) reads.
///
/// [`of_process`](Environment::of_process) is the usual choice of a program. A test passes its own variables and files, so
/// that it depends on neither the shell nor the home folder of whoever runs it.
///
/// ```
/// use slim_s3::ClientBuilder;
/// use slim_s3::credentials::Environment;
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), slim_s3::Error> {
/// let files = [("/home/kim/.aws/credentials", "\
/// [default]
/// aws_access_key_id = AKIDEXAMPLE
/// aws_secret_access_key = wJalrXUtnFEMI/K7MDENG/EXAMPLEKEY
/// ")];
/// let variables = [("HOME", "/home/kim"), ("AWS_REGION", "eu-central-1")];
/// let environment = Environment::new(variables).with_files(files);
/// let s3 = ClientBuilder::from_environment(&environment, None).await?.build()?;
/// assert_eq!(s3.region(), "eu-central-1");
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct Environment {
    variable: Arc<Variable>,
    read: Arc<ReadFile>,
}

type Variable = dyn Fn(&str) -> Option<OsString> + Send + Sync;
type ReadFile = dyn Fn(&Path) -> io::Result<FileContent> + Send + Sync;

/// A file's content, wiped when dropped, because it may hold keys.
pub(super) struct FileContent {
    pub(super) bytes: Zeroizing<Vec<u8>>,
    /// Whether other users can read the file.
    pub(super) is_exposed: bool,
}

impl Environment {
    /// The variables of this process, and the file system.
    pub fn of_process() -> Environment {
        Environment {
            variable: Arc::new(|name| std::env::var_os(name)),
            read: Arc::new(read_file),
        }
    }

    /// These variables and no others, and the file system.
    pub fn new<N: Into<String>, V: Into<String>>(
        variables: impl IntoIterator<Item = (N, V)>,
    ) -> Environment {
        let owned = |(name, value): (N, V)| (name.into(), Zeroizing::new(value.into()));
        let variables: HashMap<String, Zeroizing<String>> =
            variables.into_iter().map(owned).collect();
        Environment {
            variable: Arc::new(move |name| {
                let value = variables.get(name)?;
                Some(OsString::from(value.as_str()))
            }),
            ..Environment::of_process()
        }
    }

    /// Replaces the file system by these files: paths with their contents. A file of root certificates is still read from
    /// the file system, when the client is built.
    pub fn with_files<P: Into<PathBuf>, C: Into<Vec<u8>>>(
        mut self,
        files: impl IntoIterator<Item = (P, C)>,
    ) -> Environment {
        let owned = |(path, content): (P, C)| (path.into(), Zeroizing::new(content.into()));
        let files: HashMap<PathBuf, Zeroizing<Vec<u8>>> = files.into_iter().map(owned).collect();
        self.read = Arc::new(move |path| match files.get(path) {
            Some(bytes) => Ok(FileContent {
                bytes: bytes.clone(),
                is_exposed: false,
            }),
            None => Err(io::ErrorKind::NotFound.into()),
        });
        self
    }

    /// Files that only another user can read.
    #[cfg(test)]
    pub(super) fn with_forbidden_files(mut self) -> Environment {
        self.read = Arc::new(|_| Err(io::ErrorKind::PermissionDenied.into()));
        self
    }

    /// Sets a variable, also if it is set already.
    pub fn with_variable(mut self, name: &str, value: impl Into<OsString>) -> Environment {
        let (name, value, before) = (name.to_owned(), value.into(), self.variable);
        self.variable = Arc::new(move |asked| {
            if asked == name {
                Some(value.clone())
            } else {
                before(asked)
            }
        });
        self
    }

    /// A variable's value. An empty variable counts as unset.
    pub(super) fn variable(&self, name: &str) -> Result<Option<String>, Error> {
        match (self.variable)(name).map(OsString::into_string) {
            None => Ok(None),
            Some(Ok(value)) => Ok(Some(value).filter(|value| !value.is_empty())),
            Some(Err(_)) => Err(Error::invalid(name, "not UTF-8", "set it to plain text")),
        }
    }

    /// The first of these variables that is set, with its name.
    pub(super) fn first<'a>(
        &self,
        names: impl IntoIterator<Item = &'a str>,
    ) -> Result<Option<(&'a str, String)>, Error> {
        for name in names {
            if let Some(value) = self.variable(name)? {
                return Ok(Some((name, value)));
            }
        }
        Ok(None)
    }

    /// Whether a switch such as `AWS_EC2_METADATA_DISABLED` is on.
    pub(super) fn is_on(&self, name: &str) -> Result<bool, Error> {
        let value = self.variable(name)?;
        Ok(value.is_some_and(|value| value.eq_ignore_ascii_case("true")))
    }

    /// Small files, so they are read without another thread.
    pub(super) fn read(&self, path: &Path) -> io::Result<FileContent> {
        (self.read)(path)
    }

    /// A file of one value, such as a token, without the white space around it.
    pub(super) fn read_value(&self, setting: &str, path: &str) -> Result<Zeroizing<String>, Error> {
        let invalid = |problem: String| {
            Error::invalid(
                setting,
                format!("{path:?} {problem}"),
                "name a file that holds the token, on one line",
            )
        };
        let content = self
            .read(&self.expanded(path)?)
            .map_err(|error| invalid(format!("cannot be read: {error}")))?;
        let text = std::str::from_utf8(&content.bytes)
            .map_err(|_| invalid("is not UTF-8".to_owned()))?
            .trim();
        if text.is_empty() {
            return Err(invalid("is empty".to_owned()));
        }
        if text.chars().any(char::is_control) {
            return Err(invalid(
                "contains a line end or another control character".to_owned(),
            ));
        }
        Ok(Zeroizing::new(text.to_owned()))
    }

    /// The user's home folder.
    pub(super) fn home(&self) -> Result<Option<PathBuf>, Error> {
        let name = if cfg!(windows) { "USERPROFILE" } else { "HOME" };
        Ok(self.variable(name)?.map(PathBuf::from))
    }

    /// A path with the home folder in place of a leading `~`.
    pub(super) fn expanded(&self, path: &str) -> Result<PathBuf, Error> {
        let rest = path.strip_prefix("~/");
        Ok(match (rest, self.home()?) {
            (Some(rest), Some(home)) => home.join(rest),
            _ => PathBuf::from(path),
        })
    }

    /// A path in a message: with `~` in place of the home folder.
    pub(super) fn shown(&self, path: &Path) -> String {
        let home = self.home().ok().flatten();
        let rest = home
            .as_deref()
            .and_then(|home| path.strip_prefix(home).ok());
        match rest {
            Some(rest) => format!("~/{}", rest.display()),
            None => path.display().to_string(),
        }
    }
}

impl fmt::Debug for Environment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Environment").finish_non_exhaustive()
    }
}

fn read_file(path: &Path) -> io::Result<FileContent> {
    let bytes = Zeroizing::new(std::fs::read(path)?);
    Ok(FileContent {
        bytes,
        is_exposed: is_exposed(path),
    })
}

#[cfg(unix)]
fn is_exposed(path: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt;
    // Readable by the group or by all.
    std::fs::metadata(path).is_ok_and(|metadata| metadata.permissions().mode() & 0o044 != 0)
}

#[cfg(not(unix))]
fn is_exposed(_: &Path) -> bool {
    false
}
