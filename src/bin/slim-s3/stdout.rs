//! Standard output for the content of objects: without the line buffer of text.

use std::io;

use tokio::io::AsyncWrite;

use crate::failure::Failure;

#[cfg(unix)]
pub fn writer() -> Result<impl AsyncWrite + Send + Unpin, Failure> {
    use std::os::fd::AsFd;
    let copy = io::stdout().as_fd().try_clone_to_owned();
    let copy = copy.map_err(|error| Failure::stdout(&error))?;
    Ok(tokio::fs::File::from_std(copy.into()))
}

#[cfg(not(unix))]
pub fn writer() -> Result<impl AsyncWrite + Send + Unpin, Failure> {
    let _ = io::stdout();
    Ok(tokio::io::stdout())
}
