//! Standard input and output as they are, without the buffers for lines.

use std::io::{self, Read};

use tokio::io::{AsyncBufReadExt, AsyncRead, AsyncReadExt, AsyncWrite, BufReader};

use crate::failure::Failure;

/// The longest line that is read. Keys have up to 1,024 bytes.
const MAX_LINE: u64 = 16 << 10;

/// Whether a descriptor was closed when the process started. The standard library then opens `/dev/null` in its place, for both
/// reading and writing, which a redirection of a shell never does.
#[cfg(unix)]
fn is_closed(descriptor: &impl std::os::fd::AsFd) -> bool {
    use rustix::fs::{OFlags, fcntl_getfl};
    let is_both = fcntl_getfl(descriptor).is_ok_and(|flags| flags & OFlags::RWMODE == OFlags::RDWR);
    is_both && is_null(descriptor)
}

/// Whether a descriptor is `/dev/null`.
#[cfg(unix)]
fn is_null(descriptor: &impl std::os::fd::AsFd) -> bool {
    use std::os::unix::fs::MetadataExt;
    let copy = descriptor.as_fd().try_clone_to_owned();
    let copy = copy.and_then(|copy| std::fs::File::from(copy).metadata());
    match (copy, std::fs::metadata("/dev/null")) {
        (Ok(copy), Ok(null)) => (copy.dev(), copy.ino()) == (null.dev(), null.ino()),
        _ => false,
    }
}

/// Whether nothing was redirected to standard input: it is closed, or `/dev/null`.
#[cfg(unix)]
pub fn stdin_is_null() -> bool {
    is_null(&io::stdin())
}

#[cfg(not(unix))]
pub fn stdin_is_null() -> bool {
    false
}

/// Rejects a standard input that is closed: it does not say that there is nothing to read.
pub fn check_stdin() -> Result<(), Failure> {
    #[cfg(unix)]
    if is_closed(&io::stdin()) {
        return Err(Failure::Usage(
            "-: standard input is closed; redirect a file or a pipe to it, or with < /dev/null nothing"
                .to_owned(),
        ));
    }
    Ok(())
}

#[cfg(unix)]
/// Standard output, for the content of objects.
pub fn writer() -> Result<impl AsyncWrite + Send + Unpin, Failure> {
    use std::os::fd::AsFd;
    let copy = io::stdout().as_fd().try_clone_to_owned();
    let copy = copy.map_err(|error| Failure::stdout(&error))?;
    Ok(tokio::fs::File::from_std(copy.into()))
}

#[cfg(not(unix))]
/// Standard output, for the content of objects.
pub fn writer() -> Result<impl AsyncWrite + Send + Unpin, Failure> {
    let _ = io::stdout();
    Ok(tokio::io::stdout())
}

/// The lines of standard input, without empty ones. A signal ends the wait for the next one.
pub struct Lines {
    reader: BufReader<Box<dyn AsyncRead + Send + Unpin>>,
    separator: u8,
}

impl Lines {
    #[cfg(unix)]
    pub fn of_stdin(separator: u8) -> Result<Lines, Failure> {
        use std::os::fd::AsFd;
        let copy = io::stdin().as_fd().try_clone_to_owned();
        let copy = copy.map_err(|error| stdin_failed(&error))?;
        let reader: Box<dyn AsyncRead + Send + Unpin> =
            Box::new(tokio::fs::File::from_std(copy.into()));
        let reader = BufReader::new(reader);
        Ok(Lines { reader, separator })
    }

    #[cfg(not(unix))]
    pub fn of_stdin(separator: u8) -> Result<Lines, Failure> {
        let reader: Box<dyn AsyncRead + Send + Unpin> = Box::new(tokio::io::stdin());
        let reader = BufReader::new(reader);
        Ok(Lines { reader, separator })
    }

    pub async fn next(&mut self) -> Result<Option<String>, Failure> {
        loop {
            let mut line = Vec::new();
            let mut limited = (&mut self.reader).take(MAX_LINE);
            let read = limited.read_until(self.separator, &mut line).await;
            if read.map_err(|error| stdin_failed(&error))? == 0 {
                return Ok(None);
            }
            if line.last() == Some(&self.separator) {
                line.pop();
            } else if line.len() as u64 == MAX_LINE {
                return Err(Failure::Usage(format!(
                    "standard input: a line is longer than {MAX_LINE} bytes, and no key"
                )));
            }
            if !line.is_empty() {
                let line = String::from_utf8(line);
                return line
                    .map(Some)
                    .map_err(|_| Failure::Usage("standard input: a key is not UTF-8".to_owned()));
            }
        }
    }
}

fn stdin_failed(error: &io::Error) -> Failure {
    Failure::local("standard input", "cannot be read", error)
}

/// All of standard input. It is read on another thread, so that a signal ends the wait.
pub async fn read_stdin() -> Result<Vec<u8>, Failure> {
    let read = tokio::task::spawn_blocking(|| {
        let mut bytes = Vec::new();
        io::stdin().read_to_end(&mut bytes).map(|_| bytes)
    });
    let read = read.await.unwrap_or_else(|error| Err(error.into()));
    read.map_err(|error| stdin_failed(&error))
}
