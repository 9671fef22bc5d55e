//! All integration tests, in one binary.
//!
//! `guide`, `signing`, `explain`, `requests`, `responses` and `validation` send nothing and run with every set of features. `wire`,
//! `settings`, `sequences`, `retries`, `timeouts`, `hostile`, `secrets`, `telemetry` and `tls` use servers on loopback.
//! `credentials` plays the services that issue keys. `exchanges` replays recorded responses of stores. `live` requires a live store, which `tests/run` starts.
//! `conformance` runs public data that is not part of the project, if it is present. `documents` checks the examples
//! in the documents, `doctor` the examination of stores, `guide` the chapters on signing, `testing` contains those of docs/testing.md, `tool` runs the
//! command-line tool, and `tidy` checks the structure of the sources.

// Tests fail by panicking. The library must never panic.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stdout
)]

#[cfg(feature = "blocking")]
mod blocking;
mod chunked;
mod conformance;
mod explain;
mod guide;
mod requests;
mod responses;
mod signing;
mod support;
mod tidy;
mod validation;

#[cfg(feature = "credentials")]
mod credentials;
#[cfg(feature = "reqwest")]
mod doctor;
#[cfg(feature = "reqwest")]
mod documents;
#[cfg(feature = "reqwest")]
mod ends;
#[cfg(feature = "reqwest")]
mod exchanges;
#[cfg(feature = "reqwest")]
mod hostile;
#[cfg(feature = "reqwest")]
mod live;
#[cfg(feature = "reqwest")]
mod retries;
#[cfg(feature = "reqwest")]
mod secrets;
#[cfg(feature = "reqwest")]
mod sequences;
#[cfg(feature = "reqwest")]
mod settings;
#[cfg(feature = "tracing")]
mod telemetry;
#[cfg(feature = "reqwest")]
mod testing;
#[cfg(feature = "reqwest")]
mod timeouts;
#[cfg(any(feature = "rustls", feature = "webpki-roots"))]
mod tls;
#[cfg(all(feature = "cli", unix))]
mod tool;
#[cfg(feature = "reqwest")]
mod wire;
#[cfg(feature = "reqwest")]
mod workbook;
