//! Standard input and output as they are, without the buffers for lines.

use std::io::{self, Read};

use tokio::io::AsyncWrite;

use crate::failure::Failure;

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

/// All of standard input. It is read on another thread, so that a signal ends the wait.
pub async fn read_stdin() -> Result<Vec<u8>, Failure> {
    let read = tokio::task::spawn_blocking(|| {
        let mut bytes = Vec::new();
        io::stdin().read_to_end(&mut bytes).map(|_| bytes)
    });
    let read = read.await.unwrap_or_else(|error| Err(error.into()));
    read.map_err(|error| Failure::local("standard input", "cannot be read", &error))
}
