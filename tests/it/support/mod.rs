//! Test support: fixtures, an independent signature verifier, scripted servers, certificates, recordings, live stores, the tool.

#[cfg(feature = "reqwest")]
pub mod certificates;
#[cfg(feature = "reqwest")]
pub mod differences;
pub mod encoding;
#[cfg(feature = "reqwest")]
pub mod exchange;
pub mod fixtures;
#[cfg(feature = "reqwest")]
pub mod live;
#[cfg(feature = "reqwest")]
pub mod log_capture;
#[cfg(feature = "reqwest")]
pub mod masking;
#[cfg(feature = "reqwest")]
pub mod proxy;
#[cfg(feature = "reqwest")]
pub mod s3s_fs;
#[cfg(feature = "reqwest")]
pub mod script;
#[cfg(feature = "reqwest")]
pub mod server;
#[cfg(all(feature = "cli", unix))]
pub mod tool;
#[cfg(feature = "reqwest")]
pub mod verifier;
#[cfg(feature = "reqwest")]
pub mod workbook;
